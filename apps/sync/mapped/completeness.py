"""How much of what waits can go, and which mapping each of the others waits for: a figure, not a
colour. It counts what was issued and recorded, and beside it what the next documents will need."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.billing.models import AccountRole, BankAccount, Item, PaymentMethod, TaxRate
from apps.connections.models import Connection
from apps.connectors.port import CodeKind
from apps.connectors.snapshots import Kind
from apps.mappings.fit import KINDS
from apps.mappings.look_up import Mappings
from apps.mappings.missing import Missing, missing, missing_one
from apps.mappings.models import Mapping
from apps.mappings.names import Key, field_of
from apps.mappings.taxes import asks_for_tax_codes, mismatch
from apps.sync.mapped.under_mapping import LINES, booked_under, labels_of, lines_of, sent_there
from apps.sync.models import Reason, State, SyncRecord
from apps.sync.want.wishes import in_scope

Subject = Mapping.Subject
MONEY = (Kind.PAYMENT, Kind.ADJUSTMENT, Kind.REFUND, Kind.DEPOSIT)


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


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of the documents that wait: how many there are, and how many a run sends as things are."""

    waiting: int = 0
    can_go: int = 0
    held_otherwise: int = 0  # by a closed month, or since a person has to decide something
    lacking: list[Lacking] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.lacking

    @property
    def blocked(self) -> int:
        """Documents that wait for a mapping."""
        return self.waiting - self.can_go - self.held_otherwise


def completeness(connection: Connection, lacking: list[Lacking] | None = None) -> Completeness:
    """`lacking`: what is still to be chosen, where it is known already. A number of queries that grows with the mappings that are missing, never with the documents.

    Documents are invoices and credit notes in scope that never went over. Money that waits is
    counted with the mapping that it lacks.
    """
    lacking = lacking_of(connection) if lacking is None else lacking
    waiting = can_go = held_otherwise = 0
    for kind in document_kinds(connection):
        rows = waiting_rows(connection, kind)
        blocked = Q(pk__in=[])
        for each in lacking:
            if each.blocks.get(kind):
                blocked |= Q(pk__in=waiting_for(connection, each.key)[kind].values("pk"))
        count = rows.count()
        if not count:
            continue
        held = rows.filter(held_for_another_reason(connection, kind)).exclude(blocked)
        others = held.count()
        waiting += count
        held_otherwise += others
        can_go += rows.exclude(blocked).count() - others
    return Completeness(waiting, can_go, held_otherwise, lacking)


def lacking_of(connection: Connection) -> list[Lacking]:
    """All that is to be chosen, with what waits for each."""
    return _lacking(connection, Mappings.of(connection))


def still_missing(connection: Connection) -> list[Missing]:
    """All that is to be chosen: for what waits, and for what comes next."""
    return [each.what for each in lacking_of(connection)]


def waiting_rows(connection: Connection, kind: Kind) -> QuerySet[Any]:
    """Records of ours that belong into these books and never went over."""
    return in_scope(connection, kind).exclude(sent_there(connection, kind))


def waiting_for(connection: Connection, key: Key) -> dict[Kind, QuerySet[Any]]:
    """Exactly those that wait for one mapping, by kind."""
    return {
        under.kind: waiting_rows(connection, under.kind).filter(pk__in=under.records.values("pk"))
        for under in booked_under(connection, key)
        if under.kind in connection.capabilities.kinds
    }


def held_for_another_reason(connection: Connection, kind: Kind) -> Q:
    """A closed month, or whatever a person must decide; a mapping is no such reason."""
    stuck = SyncRecord.objects.filter(
        connection=connection, state=State.NEEDS_PERSON, **{kind.value: OuterRef("pk")}
    ).exclude(reason__in=[Reason.MAPPING_MISSING, Reason.WAITS_FOR_RECORD])
    held = Q(Exists(stuck))
    if connection.remote_closing_date:
        held |= Q(issue_date__lte=connection.remote_closing_date)
    return held


def document_kinds(connection: Connection) -> list[Kind]:
    """Of invoices and credit notes those that these books have."""
    return [kind for kind in LINES if kind in connection.capabilities.kinds]


def _lacking(connection: Connection, known: Mappings) -> list[Lacking]:
    """What blocks something, most first; then what nothing waits for yet."""
    found: dict[Key, Missing] = {}
    for each in (*_for_documents(connection, known), *_for_money(connection, known)):
        if connection.capabilities.accounts or KINDS[each.subject] is not CodeKind.ACCOUNT:
            found.setdefault(_key(each), each)
    default = (Subject.INCOME, None)
    for each in missing(connection):
        # Without a default every item lacks its account: that is one choice, not one per item.
        bare = each.subject == Subject.ITEM_ACCOUNT and _key(each) not in known.codes
        if bare and known.income_account(None) is None:
            found.setdefault(default, missing_one(connection, known, Subject.INCOME, None))
        else:
            found.setdefault(_key(each), each)
    lacking = [
        Lacking(
            each,
            {
                kind: count
                for kind, rows in waiting_for(connection, key).items()
                if (count := rows.count())
            },
        )
        for key, each in found.items()
    ]
    return sorted(lacking, key=lambda each: -each.count)


def _for_documents(connection: Connection, known: Mappings) -> Iterable[Missing]:
    """For the items, discounts and tax rates of documents that wait, whether active or not."""
    items: set[int | None] = set()
    rates: set[int | None] = set()
    for kind in document_kinds(connection):
        rows = waiting_rows(connection, kind)
        lines = lines_of(connection, kind).filter(document__in=rows.values("pk"))
        items |= set(lines.values_list("through", flat=True).distinct())
        items |= set(rows.values_list("discount_item", flat=True).distinct()) - {None}
        taxed = lines.exclude(item=None, net=0)
        rates |= set(taxed.values_list("tax_rate", flat=True).distinct())
    of_item = Item._base_manager.in_bulk(each for each in items if each)
    for item in (None, *of_item.values()):
        if item is None and None not in items:
            continue
        if known.income_account(item) is None:
            own = item is not None and (Subject.ITEM_ACCOUNT, item.pk) in known.codes
            subject = Subject.ITEM_ACCOUNT if own else known.default_of(item)
            yield missing_one(connection, known, subject, item if own else None)
    if not asks_for_tax_codes(connection):
        return
    borne = TaxRate._base_manager.filter(pk__in=[each for each in rates if each])
    for rate in borne.prefetch_related("components"):
        code = known.tax_code(rate)
        wrong = "" if code is None or connection.works_out_tax else mismatch(rate, code)
        if code is None or wrong:
            yield missing_one(connection, known, Subject.TAX, rate, wrong)
    if None in rates and connection.tax_code_on_every_line and known.no_tax() is None:
        yield missing_one(connection, known, Subject.NO_TAX, None)


def _for_money(connection: Connection, known: Mappings) -> Iterable[Missing]:
    """For the methods, bank accounts and roles of money that waits."""
    if not connection.capabilities.accounts:
        return
    rows = {
        kind: waiting_rows(connection, kind)
        for kind in MONEY
        if kind in connection.capabilities.kinds
    }
    methods: set[int | None] = set()
    for kind in (Kind.PAYMENT, Kind.REFUND):
        if kind in rows:
            methods |= set(rows[kind].values_list("method", flat=True).distinct())
    for method in PaymentMethod.objects.filter(pk__in=[each for each in methods if each]):
        if known.first_account(method) is None:
            yield missing_one(connection, known, Subject.METHOD_ACCOUNT, method)
        for place in known.places.of_method.get(method.pk, []):
            if known.place_account(place) is None:
                yield missing_one(connection, known, Subject.PLACE_ACCOUNT, place)
    if Kind.DEPOSIT in rows:
        banks = BankAccount.objects.filter(pk__in=rows[Kind.DEPOSIT].values("bank_account"))
        for bank in banks:
            if known.bank_account(bank) is None:
                yield missing_one(connection, known, Subject.BANK_ACCOUNT, bank)
    for role in _roles_of(rows):
        if known.role_account(role) is None:
            yield missing_one(connection, known, role, None)


def _roles_of(rows: dict[Kind, QuerySet[Any]]) -> list[str]:
    """The roles to which adjustments that wait are booked."""
    if Kind.ADJUSTMENT not in rows:
        return []
    roles = set(rows[Kind.ADJUSTMENT].values_list("role", flat=True).distinct())
    return [role for role in AccountRole.values if role in roles]


def _key(each: Missing) -> Key:
    return each.subject, each.thing.pk if each.thing is not None else None
