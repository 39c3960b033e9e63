"""What assembling of every kind works with: their ids, the mappings, and the ways to be held up."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from apps.billing.models import Allocation, BankAccount, Item, PaymentMethod, Synced
from apps.connections.models import Connection
from apps.connectors.figures import with_decimals
from apps.connectors.lacking import foreign, lacking
from apps.connectors.port import CodeKind, Connector, Role
from apps.connectors.snapshots import Kind, Snapshot
from apps.mappings.look_up import Mappings
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.assemble.obstacles import Assembled, Obstacle, cannot_hold
from apps.sync.models import ENDED_STATES, Reason, RemoteRecord, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there.merge import is_taken_back
from apps.sync.there.merges import (
    WHERE,
    ids_of_survivors,
    kept_apart,
    open_merge_of,
    question_in_words,
)
from apps.sync.there.stands import may_not_be_named
from apps.sync.wording import day as in_words

DOCUMENTS = (Kind.INVOICE, Kind.CREDIT_NOTE)
FITTING = "Change the record here, so that it fits."
FROZEN = "It is issued and frozen: void or credit it here, then issue one that fits."


class Lookups:
    """One connection's ids and codes, loaded when first needed and kept until `forget`."""

    def __init__(self, connection: Connection, connector: Connector, mappings: Mappings) -> None:
        self.connection = connection
        self.connector = connector
        self.name = connector.capabilities.name
        self.mappings = mappings
        self._ids: dict[Kind, dict[int, str]] = defaultdict(dict)
        self._former: set[int] = set()  # customers that stood there, or stand there anew
        # Customers made again there after a merge → who bears what they had before.
        self.apart: dict[int, frozenset[str]] = {}
        self._receivables: list[RemoteCode] | None = None
        self._undone: set[tuple[Kind, int]] = set()  # of the records that are assembled now

    @property
    def plain_item_id(self) -> int | None:
        """The item through which a line without one goes over, where the ledger wants one."""
        if not self.connector.capabilities.item_on_every_amount:
            return None
        return self.connection.company.plain_item_id

    def forget(self) -> None:
        """After a wave: what was not there may be there now."""
        self._ids.clear()
        self._former.clear()
        self.apart.clear()
        self._receivables = None

    # --- Ids of theirs --------------------------------------------------------------------------

    def forget_absences(self) -> None:
        """After a send: what was not there may be there now; what was, still is."""
        for kind, known in self._ids.items():
            self._ids[kind] = {key: found for key, found in known.items() if found}

    def learn(self, kind: Kind, keys: Iterable[int | None]) -> None:
        """Load their ids of these records of ours, and remember which are not there. One of which
        a step is still to come is not there yet: what hangs on it would find half of it."""
        unknown = {key for key in keys if key} - self._ids[kind].keys()
        if not unknown:
            return
        # The connection is asked of both, so that the index of one record on one connection serves.
        rows = RemoteRecord.objects.filter(
            connection=self.connection,
            part="",
            sync_record__connection=self.connection,
            **{f"sync_record__{kind.value}__in": unknown},
        ).exclude(may_not_be_named(self.connection, kind))
        # Put in order here: ordered by the database, SQLite reads every row of the connection.
        said = sorted(
            rows.values_list(
                "pk", f"sync_record__{kind.value}_id", "remote_id", "retired", "gone",
                "sync_record__step",
            )
        )  # fmt: skip
        ids: dict[int, str] = {}
        former = set()
        for _, key, remote_id, retired, gone, step in said:
            if retired or gone:
                former.add(key)
            elif not step:
                ids.setdefault(key, remote_id)  # of several objects the first speaks for all
        self._ids[kind] |= dict.fromkeys(unknown, "") | ids
        if kind == Kind.CUSTOMER and former:
            self._former |= former
            self._ids[kind] |= ids_of_survivors(self.connection, former)
            self.apart |= kept_apart(self.connection, former)

    def has(self, kind: Kind, pk: int) -> bool:
        """Whether it stands there. `learn` first."""
        return bool(self._ids[kind].get(pk))

    def is_alias(self, customer_id: int) -> bool:
        """Whether it has no object of its own there since it was followed into another."""
        return bool(ids_of_survivors(self.connection, {customer_id}))

    def needed(self, kind: Kind, pk: int, word: str, obstacles: list[Obstacle]) -> str:
        """Their id of another record of ours, or an obstacle."""
        if pk not in self._ids[kind]:
            self.learn(kind, {pk})
        found = self._ids[kind].get(pk, "")
        if not found:
            was_there = kind == Kind.CUSTOMER and pk in self._former
            merge = open_merge_of(self.connection, pk) if was_there else None
            asked = question_in_words(self.name, merge) if merge is not None else ""
            held_by = merge.sync_record.customer_id if merge is not None else pk
            obstacles.append(
                Obstacle(
                    reason=Reason.WAITS_FOR_RECORD,
                    sentence=asked or f"its {word} is not in {self.name} yet",
                    remedy=f"{WHERE}." if asked else f"See what holds up the {word}.",
                    waits_for=On.RECORD.of(kind, held_by),
                )
            )
        return found

    # --- Taken back with the run that made it ---------------------------------------------------

    def learn_undone(self, kind: Kind, keys: Sequence[int]) -> None:
        """Which of these are to be taken back over there with their run. Asked for each batch: a
        person may have said so a moment ago."""
        found = SyncRecord.objects.filter(
            connection=self.connection,
            kind=kind,
            undo__isnull=False,
            **{f"{kind}__in": list(keys)},
        )
        self._undone = {(kind, pk) for pk in found.values_list(f"{kind}_id", flat=True)}

    def is_undone(self, kind: Kind, pk: int) -> bool:
        return (kind, pk) in self._undone

    def undone_here(self, kind: Kind) -> QuerySet[SyncRecord]:
        """All of a kind that are taken back with their runs, as a condition of other questions."""
        return SyncRecord.objects.filter(connection=self.connection, kind=kind, undo__isnull=False)

    def still_settles(self, kind: Kind, pk: int, obstacles: list[Obstacle]) -> None:
        """What stays in the books and is set against one that is to be taken back keeps it there:
        it may have come since a person had the run undone."""
        if not self.is_undone(kind, pk):
            return
        fields = {Kind.ADJUSTMENT: ("adjustment", "charge")}.get(kind, (kind.value,))
        ends = Q()
        for field in fields:
            ends |= Q(**{field: pk})
        stays = Allocation._base_manager.filter(ends, reversed_on=None).exclude(
            pk__in=self.undone_here(Kind.ALLOCATION).values("allocation_id")
        )
        found = stays.order_by("pk").first()
        if found is not None:
            obstacles.append(
                cannot_hold(
                    f"it was to be taken back with its run, and {found} stands against it by now",
                    "Leave it there on the page of that run; or un-apply what is set against it, "
                    "then press Retry.",
                )
            )

    # --- Accounts of theirs ---------------------------------------------------------------------

    def role(self, role: str, obstacles: list[Obstacle]) -> str:
        """The account of a role, or an obstacle."""
        if not self.connector.capabilities.accounts:
            return ""
        code = self.mappings.role_account(role)
        if code is None:
            label = Mapping.Subject(role).label
            obstacles.append(self.unmapped(role, f"no {self.name} account is chosen for “{label}”"))
        return code.remote_id if code else ""

    def income(self, item: Item | None, what: str, obstacles: list[Obstacle]) -> str:
        """The account of the sales of an item, or an obstacle."""
        if not self.connector.capabilities.accounts:
            return ""
        account = self.mappings.income_account(item)
        if account is None:
            sentence = f"no {self.name} account is chosen for the sales of {what}"
            own = (
                item is not None and (Mapping.Subject.ITEM_ACCOUNT, item.pk) in self.mappings.codes
            )
            named = f"item:{item.pk}" if item and own else self.mappings.default_of(item)
            obstacles.append(self.unmapped(named, sentence))
        return account.remote_id if account else ""

    def method(self, method: PaymentMethod, on: date, obstacles: list[Obstacle]) -> tuple[str, str]:
        """The account that money of this day by this method lies on, and what they call the
        method."""
        account, called = self.mappings.method_account(method, on), self.mappings.method(method)
        if account is None and self.connector.capabilities.accounts:
            place = self.mappings.places.on(method, on)
            obstacles.append(
                self.unmapped(
                    f"method_place:{place.pk}" if place else f"method:{method.pk}",
                    f"no {self.name} account is chosen for payments by {place or method}",
                )
            )
        words = called.remote_id if called else ""
        if self.connector.capabilities.method_as_text:
            words = method.name
        return account.remote_id if account else "", words

    def bank(self, account: BankAccount, obstacles: list[Obstacle]) -> str:
        """What a bank account of ours is called there, or an obstacle."""
        if not self.connector.capabilities.accounts:
            return ""
        code = self.mappings.bank_account(account)
        if code is None:
            sentence = f"no {self.name} account is chosen for bank account {account}"
            obstacles.append(self.unmapped(f"bank_account:{account.pk}", sentence))
        return code.remote_id if code else ""

    def receivable(self, currency: str, obstacles: list[Obstacle]) -> str:
        """Their receivable of this currency, or the one for all. One of a foreign currency comes
        into being with the first customer in it, so it may be younger than the codes that were read."""
        has = self.connector.capabilities
        if not has.accounts:
            return ""
        if self._receivables is None:
            accounts = RemoteCode.objects.filter(
                connection=self.connection, kind=CodeKind.ACCOUNT, active=True
            )
            self._receivables = sorted(
                (each for each in accounts if Role.RECEIVABLE in each.roles),
                key=lambda each: (len(each.remote_id), each.remote_id),
            )
        home = self.connection.home_currency
        one = not has.receivable_per_currency
        found = next(
            (each for each in self._receivables if one or (each.currency or home) == currency),
            None,
        )
        if found is None:
            obstacles.append(
                Obstacle(
                    reason=Reason.WAITS_FOR_RECORD,
                    sentence=f"{self.name} has no receivable account in {currency} yet",
                    remedy=f"Open one in {self.name}; Tieout reads the accounts daily.",
                    waits_for=On.ACCOUNT.of("receivable", currency),
                )
            )
        return found.remote_id if found else ""

    # --- What stands in the way -----------------------------------------------------------------

    def unmapped(self, what: str, sentence: str) -> Obstacle:
        return Obstacle(
            reason=Reason.MAPPING_MISSING,
            sentence=sentence,
            remedy="Choose it on the mapping page.",
            waits_for=On.MAPPING.of(what),
        )

    def refuse_closed(self, day: date, obstacles: list[Obstacle], *, changed: bool = False) -> None:
        """Only the entry's own date counts, never that of what it is set against. `changed`: it
        stands there, and what is set against it, which they keep inside it, is to change."""
        closed = self.connection.remote_closing_date
        if closed is None or day > closed:
            return
        if changed:
            obstacles.append(
                Obstacle(
                    reason=Reason.PERIOD_CLOSED,
                    sentence=f"it is dated {in_words(day)}, {self.name}'s books are closed up to "
                    f"{in_words(closed)}, and {self.name} keeps what a payment is set against "
                    "inside the payment: what was applied or taken back since is held here",
                    remedy=f"Move {self.name}'s closing date back: it then goes over by itself. Or "
                    "take back here what was applied since.",
                    waits_for=On.CLOSING_DATE.of(),
                )
            )
            return
        obstacles.append(
            Obstacle(
                reason=Reason.PERIOD_CLOSED,
                sentence=f"it is dated {in_words(day)} and {self.name}'s books are closed up to "
                f"{in_words(closed)}",
                remedy=f"Re-open the month in {self.name}, or correct it with a document of an "
                "open month.",
                waits_for=On.CLOSING_DATE.of(),
            )
        )

    def not_before(self, kind: Kind, keys: Iterable[int], word: str) -> list[Obstacle]:
        """What was taken back here and still stands there must end there first: an application
        before what it applies, a bank deposit before its payments."""
        known = SyncRecord.objects.filter(
            connection=self.connection, sent__gt=0, **{f"{kind.value}__in": list(keys)}
        )
        still = known.exclude(state__in=ENDED_STATES).order_by(kind.value)
        return [
            Obstacle(
                reason=Reason.WAITS_FOR_RECORD,
                sentence=f"{word} is still in {self.name}",
                remedy="See what holds that up.",
                waits_for=On.ENDED.of(kind, record.subject_id),
            )
            for record in still
        ]

    def checked(
        self, kind: Kind, record: Synced, snapshot: Snapshot, obstacles: list[Obstacle]
    ) -> Assembled:
        """The record with every obstacle; each named once."""
        made = Assembled(kind=kind, pk=record.pk, revision=record.revision)
        made.taken_back = is_taken_back(snapshot)
        snapshot = with_decimals(snapshot, self.connection.home_currency)
        can, home = self.connector.capabilities, self.connection.home_currency
        remedy = FROZEN if kind in DOCUMENTS else FITTING
        # With an id still missing it is not what would be sent, so their rules are not asked yet; but
        # a currency that they do not take keeps it here, whatever else it would have waited for.
        waits = [each for each in obstacles if each.reason == Reason.WAITS_FOR_RECORD]
        if waits:
            never = [cannot_hold(each, remedy) for each in foreign(can, home, snapshot)]
            others = [each for each in obstacles if each not in waits]
            made.obstacles = list(dict.fromkeys([*never, *others] if never else obstacles))
            return made
        made.snapshot = self.connector.project(snapshot)
        said = (*lacking(can, home, snapshot), *self.connector.objections(snapshot))
        obstacles += [cannot_hold(each, remedy) for each in said]
        made.obstacles = list(dict.fromkeys(obstacles))
        return made


def loaded(model: type[Synced], keys: Sequence[int], *related: str) -> list[Any]:
    """Rows by key, in the order of the keys."""
    rows = model._base_manager.select_related(*related) if related else model._base_manager.all()
    found = rows.in_bulk(list(keys))
    return [found[key] for key in keys if key in found]
