"""Which mappings are still to be chosen, and what waits for each: of any number of books in a fixed number
of queries. Questions are put twice: what is needed, then how much waits for what is lacking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from apps.billing.models import (
    AccountRole,
    BankAccount,
    Change,
    Item,
    PaymentMethod,
    PaymentMethodPlace,
    TaxComponent,
    TaxRate,
)
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import Kind
from apps.core.together import Together
from apps.mappings.doubts import with_things
from apps.mappings.fit import KINDS, Thing
from apps.mappings.look_up import Mappings, key_of
from apps.mappings.missing import (
    Missing,
    missing_one,
    rates_in_use,
    refunds_with_fees,
    rows_with_roles,
)
from apps.mappings.models import Mapping
from apps.mappings.names import Key, field_of
from apps.mappings.taxes import asks_for_tax_codes, mismatch
from apps.sync.mapped.under_mapping import LINES, booked_under, labels_of, lines_of, sent_there
from apps.sync.models import SyncRecord
from apps.sync.want.wishes import in_scope

Subject = Mapping.Subject
PLACED = (Kind.PAYMENT, Kind.REFUND)  # money by a method
Stage = Connection.Stage


@dataclass(frozen=True, slots=True)
class Lacking:
    """One mapping that is still to be chosen, and how many records wait for it, by kind."""

    what: Missing
    blocks: dict[Kind, int]

    @property
    def key(self) -> Key:
        return self.what.subject, self.what.thing.pk if self.what.thing is not None else None

    @property
    def field(self) -> str:
        return field_of(*self.key)

    @property
    def count(self) -> int:
        return sum(self.blocks.values())

    @property
    def blocks_in_words(self) -> str:
        """“6 invoices and 1 payment”; "" where nothing waits yet."""
        words = [
            labels_of([kind]).removesuffix("s" if count == 1 else "") for kind, count in self.blocks.items()
        ]  # fmt: skip
        told = [f"{count} {word}" for count, word in zip(self.blocks.values(), words, strict=True)]
        return " and ".join(filter(None, (", ".join(told[:-1]), told[-1] if told else "")))


# --- What waits -----------------------------------------------------------------------------------


def document_kinds(connection: Connection) -> list[Kind]:
    """Of invoices and credit notes those that these books have."""
    return [kind for kind in LINES if kind in connection.capabilities.kinds]


def waiting_rows(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Records of ours that belong into these books and never went over."""
    rows = in_scope(connection, kind).exclude(sent_there(connection, kind))
    if connection.stage in (Stage.SETUP, Stage.DISCONNECTED):
        return rows
    # Of books that were opened all that waits is wished for, or was changed a moment ago: found there,
    # and not by a look at all that ever went over.
    wished = SyncRecord.objects.filter(connection=connection, kind=kind, sent=0)
    changed = Change.objects.filter(
        company=connection.company_id, sync_read_at=None, kind=kind.value
    )
    keys = wished.order_by().values(kind.value)
    return rows.filter(
        pk__in=keys.union(changed.order_by().values("subject_id"), all=True).order_by()
    )


def waiting_for(connection: Connection, key: Key) -> dict[Kind, QuerySet[Any]]:
    """Exactly those that wait for one mapping, by kind."""

    def waiting(kind: Kind) -> QuerySet[Any]:
        return waiting_rows(connection, kind)

    return {
        under.kind: waiting(under.kind).filter(pk__in=under.records.values("pk"))
        for under in booked_under(connection, key, waiting)
        if under.kind in connection.capabilities.kinds
    }


# --- What is lacking ------------------------------------------------------------------------------


@dataclass
class Lacks:
    """Of one set of books, whose mappings were read: `ask`, then `keys`, then `ask_blocks`, then
    `lacking`."""

    connection: Connection
    rows: Sequence[Mapping]
    known: Mappings = field(init=False)

    def __post_init__(self) -> None:
        self.known = Mappings.from_rows(self.connection, self.rows)
        self.accounts = self.connection.capabilities.accounts
        self.taxed = asks_for_tax_codes(self.connection)

    def ask(self, asked: Together) -> None:
        """What is needed: by what waits, and by what comes next."""
        for kind in document_kinds(self.connection):
            rows = waiting_rows(self.connection, kind)
            lines = lines_of(self.connection, kind).filter(document__in=rows.values("pk"))
            self._distinct(asked, ("items", kind), lines, "through")
            self._distinct(asked, ("discounts", kind), rows, "discount_item")
            if self.taxed:
                self._distinct(asked, ("rates", kind), lines.exclude(item=None, net=0), "tax_rate")
        if self.taxed:
            self._ask_rates(asked)
        if self.accounts:
            self._ask_items(asked)
            self._ask_money(asked)

    def keys(self, asked: Together) -> dict[Key, str]:
        """What is to be chosen, and what is wrong with the code in force where one is."""
        if self.taxed:
            self._tell_components(asked)
        found: dict[Key, str] = {}
        for key, wrong in (
            *self._for_documents(asked),
            *self._for_money(asked),
            *self._next(asked),
        ):
            if self.accounts or KINDS[key[0]] is not CodeKind.ACCOUNT:
                found.setdefault(key, wrong)
        return found

    def ask_blocks(self, asked: Together, keys: Iterable[Key]) -> None:
        """How much waits for each."""
        for key in keys:
            for kind, rows in waiting_for(self.connection, key).items():
                asked.count(self._of((key, kind)), rows)

    def blocks(self, asked: Together, key: Key) -> dict[Kind, int]:
        counts = {kind: asked.count_of(self._of((key, kind))) for kind in self._kinds(key)}
        return {kind: count for kind, count in counts.items() if count}

    def lacking(self, asked: Together, then: Together, keys: dict[Key, str]) -> list[Lacking]:
        """What blocks something, most first; then what nothing waits for yet."""
        found = [
            Lacking(self._missing(asked, key, wrong), self.blocks(then, key))
            for key, wrong in keys.items()
        ]
        return sorted(found, key=lambda each: -each.count)

    # --- questions

    def _ask_rates(self, asked: Together) -> None:
        company = self.connection.company_id
        coded = [
            key
            for (subject, key), code in self.known.codes.items()
            if subject == Subject.TAX and key is not None and code.active
        ]
        uncoded = rates_in_use(self.connection).exclude(pk__in=coded)
        asked.rows(self._of("rates in use"), uncoded.order_by("pk"), "pk")
        asked.rows(self._of("rates"), TaxRate.objects.filter(company=company), "pk", "code", "name")
        parts = TaxComponent.objects.filter(rate__company=company)
        asked.rows(self._of("parts"), parts.order_by("position", "pk"), "rate", "percent")

    def _ask_items(self, asked: Together) -> None:
        """Whether an active item has no account of its own, which only a lacking default asks."""
        bad_debts = self.known.bad_debt_item
        own = Mapping.objects.filter(connection=self.connection, subject=Subject.ITEM_ACCOUNT)
        items = Item.objects.filter(company=self.connection.company_id, active=True)
        bare = items.exclude(pk__in=own.values("item"))
        ask = self.known.income_account(None) is None
        others = bare.exclude(pk=bad_debts) if bad_debts else bare
        asked.count(self._of("bare"), others if ask else others.none(), most=0)
        asked.count(self._of("bad debts"), bare.filter(pk=bad_debts or 0), most=0)

    def _ask_money(self, asked: Together) -> None:
        company, has = self.connection.company_id, self.connection.capabilities.kinds
        for kind, name in ((Kind.PAYMENT, "method"), (Kind.REFUND, "method"),
                           (Kind.DEPOSIT, "bank_account"), (Kind.ADJUSTMENT, "role")):  # fmt: skip
            if kind in has:
                self._distinct(asked, ("booked", kind), waiting_rows(self.connection, kind), name)
        methods = PaymentMethod.objects.filter(company=company).order_by("name")
        recorded = methods.filter(active=True, recorded_by=PaymentMethod.RecordedBy.TIEOUT)
        asked.rows(self._of("methods"), methods, "pk", "name")
        asked.rows(self._of("recorded"), recorded, "pk", "posts_to", "bank_account")
        places = PaymentMethodPlace.objects.filter(method__company=company).order_by("-since")
        asked.rows(self._of("places"), places, "pk", "method", "since")
        asked.rows(self._of("banks"), BankAccount.objects.filter(company=company), "pk", "name")
        for place, rows in enumerate(rows_with_roles(company)):
            asked.rows(self._of(("role", place)), rows, "role")
        for role, refunds in refunds_with_fees(company).items():
            asked.count(self._of(("fees", role)), refunds, most=0)

    def _distinct(self, asked: Together, what: Any, rows: QuerySet[Any], name: str) -> None:
        asked.rows(self._of(what), rows.order_by().values(name).distinct(), name)

    # --- answers

    def _for_documents(self, asked: Together) -> Iterable[tuple[Key, str]]:
        """For the items, discounts and tax rates of documents that wait, whether active or not."""
        items: set[str] = set()
        rates: set[str] = set()
        for kind in document_kinds(self.connection):
            items |= self._texts(asked, ("items", kind))
            items |= self._texts(asked, ("discounts", kind)) - {""}
            rates |= self._texts(asked, ("rates", kind)) if self.taxed else set()
        for item in sorted(int(each or 0) for each in items):
            own = (Subject.ITEM_ACCOUNT.value, item)
            default = Subject.INCOME if item != self.known.bad_debt_item else Subject.BAD_DEBT
            key: Key = own if own in self.known.codes else (default.value, None)
            if not self._holds(key):
                yield key, ""
        things = {key_of(row): row.tax_rate for row in self.rows if row.tax_rate is not None}
        for rate in sorted(int(each) for each in rates if each):
            key = (Subject.TAX.value, rate)
            wrong = ""
            if self._holds(key) and not self.connection.works_out_tax:
                wrong = mismatch(things[key], self.known.codes[key])
            if wrong or not self._holds(key):
                yield key, wrong
        if "" in rates and self.connection.tax_code_on_every_line:
            yield from self._unless_it_holds((Subject.NO_TAX.value, None))

    def _for_money(self, asked: Together) -> Iterable[tuple[Key, str]]:
        """For the methods, bank accounts and roles of money that waits."""
        if not self.accounts:
            return
        has = self.connection.capabilities.kinds
        booked = {
            kind: self._texts(asked, ("booked", kind)) - {""}
            for kind in (*PLACED, Kind.DEPOSIT, Kind.ADJUSTMENT)
            if kind in has
        }
        moved = {method for kind in PLACED for method in booked.get(kind, ())}
        yield from self._of_methods(asked, moved)
        for bank in sorted(map(int, booked.get(Kind.DEPOSIT, ()))):
            yield from self._unless_it_holds((Subject.BANK_ACCOUNT.value, bank))
        yield from self._of_roles(booked.get(Kind.ADJUSTMENT, set()))

    def _next(self, asked: Together) -> Iterable[tuple[Key, str]]:
        """For what comes next: active items, rates in use, methods whose money we record."""
        if self.accounts:
            for row in self.rows:
                if row.item is not None and row.item.active and not row.code.active:
                    yield key_of(row), ""
            if asked.count_of(self._of("bad debts")):
                yield from self._unless_it_holds((Subject.BAD_DEBT.value, None))
            if asked.count_of(self._of("bare")):
                yield from self._unless_it_holds((Subject.INCOME.value, None))
        if self.taxed:
            for (rate,) in asked.rows_of(self._of("rates in use")):
                yield (Subject.TAX.value, int(rate)), ""
            if self.connection.tax_code_on_every_line:
                yield from self._unless_it_holds((Subject.NO_TAX.value, None))
        if not self.accounts:
            return
        recorded = asked.rows_of(self._of("recorded"))
        yield from self._of_methods(asked, {method for method, _, _ in recorded})
        clearing = PaymentMethod.PostsTo.CLEARING
        for bank in sorted(
            {int(bank) for _, posts, bank in recorded if bank and posts == clearing}
        ):
            yield from self._unless_it_holds((Subject.BANK_ACCOUNT.value, bank))
        roles = {role for place in (0, 1) for (role,) in asked.rows_of(self._of(("role", place)))}
        fees = (AccountRole.BANK_CHARGE.value, AccountRole.INPUT_TAX.value)
        roles |= {role for role in fees if asked.count_of(self._of(("fees", role)))}
        yield from self._of_roles(roles)

    def _of_methods(self, asked: Together, wanted: set[str]) -> Iterable[tuple[Key, str]]:
        places = asked.rows_of(self._of("places"))
        for method, _ in asked.rows_of(self._of("methods")):
            if method in wanted:
                yield from self._unless_it_holds((Subject.METHOD_ACCOUNT.value, int(method)))
                for place, of, _ in places:
                    if of == method:
                        yield from self._unless_it_holds((Subject.PLACE_ACCOUNT.value, int(place)))

    def _of_roles(self, roles: set[str]) -> Iterable[tuple[Key, str]]:
        for role in AccountRole.values:
            if role in roles:
                yield from self._unless_it_holds((role, None))

    def _unless_it_holds(self, key: Key) -> Iterable[tuple[Key, str]]:
        if not self._holds(key):
            yield key, ""

    def _holds(self, key: Key) -> bool:
        code = self.known.codes.get(key)
        return code is not None and code.active

    # --- in words

    def _missing(self, asked: Together, key: Key, wrong: str) -> Missing:
        return missing_one(self.connection, self.known, key[0], self._thing(asked, key), wrong)

    def _thing(self, asked: Together, key: Key) -> Thing | None:
        """What of ours is to be mapped, with as much of it as its name takes."""
        subject, thing = key
        if thing is None:
            return None
        for row in self.rows:
            if key_of(row) == key:
                return row.thing  # type: ignore[return-value] # one of THINGS
        return self._unmapped(asked, subject, thing)

    def _unmapped(self, asked: Together, subject: str, thing: int) -> Thing:
        if subject == Subject.TAX:
            rates = {row[0]: row[1:] for row in asked.rows_of(self._of("rates"))}
            code, name = rates[str(thing)]
            return TaxRate(pk=thing, code=code, name=name)
        if subject == Subject.BANK_ACCOUNT:
            banks = {key: name for key, name in asked.rows_of(self._of("banks"))}  # noqa: C416 # of pairs
            return BankAccount(pk=thing, name=banks[str(thing)])
        methods = {key: name for key, name in asked.rows_of(self._of("methods"))}  # noqa: C416 # of pairs
        if subject == Subject.METHOD_ACCOUNT:
            return PaymentMethod(pk=thing, name=methods[str(thing)])
        places = {row[0]: row[1:] for row in asked.rows_of(self._of("places"))}
        method, since = places[str(thing)]
        of = PaymentMethod(pk=int(method), name=methods[method])
        return PaymentMethodPlace(pk=thing, method=of, since=date.fromisoformat(since))

    def _tell_components(self, asked: Together) -> None:
        """Tax rates that are mapped know their components, as if they had been read with them."""
        parts: dict[int, list[TaxComponent]] = {}
        for rate, percent in asked.rows_of(self._of("parts")):
            parts.setdefault(int(rate), []).append(TaxComponent(percent=Decimal(percent)))
        for row in self.rows:
            mapped: Any = row.tax_rate
            if mapped is not None:
                mapped._prefetched_objects_cache = {"components": parts.get(mapped.pk, [])}

    def _kinds(self, key: Key) -> list[Kind]:
        has = self.connection.capabilities.kinds
        return [under.kind for under in booked_under(self.connection, key) if under.kind in has]

    def _texts(self, asked: Together, what: Any) -> set[str]:
        return {text for (text,) in asked.rows_of(self._of(what))}

    def _of(self, what: Any) -> tuple[int, Any]:
        return self.connection.pk, what


def mappings_of(connections: Iterable[Connection]) -> dict[int, list[Mapping]]:
    """All mappings of these, with what they are for, by connection: one query."""
    found: dict[int, list[Mapping]] = {each.pk: [] for each in connections}
    for row in with_things(Mapping.objects.filter(connection__in=list(found))):
        found[row.connection_id].append(row)
    return found


def lacking_in(connections: Sequence[Connection]) -> dict[int, list[Lacking]]:
    """All that is to be chosen in each, with what waits for it: three queries."""
    asked, then, rows = Together(), Together(), mappings_of(connections)
    lacks = [Lacks(each, rows[each.pk]) for each in connections]
    for each in lacks:
        each.ask(asked)
    asked.ask()
    keys = {each.connection.pk: each.keys(asked) for each in lacks}
    for each in lacks:
        each.ask_blocks(then, keys[each.connection.pk])
    then.ask()
    return {
        each.connection.pk: each.lacking(asked, then, keys[each.connection.pk]) for each in lacks
    }
