"""Our side of a comparison: what should stand in these books, and which object of theirs it is."""

from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from operator import attrgetter
from sys import intern
from typing import Any

from apps.billing.models import (
    AccountRole,
    Adjustment,
    CreditNote,
    Deposit,
    Document,
    Invoice,
    Payment,
    Refund,
    Synced,
)
from apps.billing.standing.reading import Reading
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.reconciliation.applied import Applied
from apps.reconciliation.findings import About, Finding
from apps.reconciliation.kept_here import KeptHere, kept_here
from apps.reconciliation.models import Why
from apps.reconciliation.shelf_of_ours import (
    MONEY_KINDS,
    PORTION,
    Key,
    Places,
    Shelf,
    Subject,
    beside,
)
from apps.reconciliation.since import DATED, NOTHING, Place, Since, set_off_since
from apps.sync.models import OpeningItem, Reason, RemoteRecord, State, SyncRecord
from apps.sync.there.merges import ids_of_customers
from apps.sync.want.wishes import in_scope

NOTHING_KEPT = KeptHere()


@dataclass(frozen=True, slots=True)
class Expected:
    """A record of ours since the cut-off, and the objects of theirs that it is today."""

    subject: Synced
    keys: tuple[Key, ...] = ()
    left_out: str = ""  # why it does not go over, in words


@dataclass(slots=True)
class Ours:
    """What our rows say of one connection, now or at the end of the day `until`. Records are read
    again whenever they are looked at: the sums that they store are of now, `since` and the like tell
    those of the day."""

    connection: Connection
    until: date | None = None
    documents: Shelf[Document] = field(default_factory=Shelf)
    payments: Shelf[Payment] = field(default_factory=Shelf)
    entries: Shelf[Adjustment | Refund] = field(default_factory=Shelf)
    deposits: Shelf[Deposit] = field(default_factory=Shelf)
    customers: dict[int, frozenset[str]] = field(default_factory=dict)  # ours → their ids
    # Payment → what it is set against: their id of the target → amount.
    allocations: Mapping[int, Mapping[str, Decimal]] = field(default_factory=dict)
    # Of before the cut-off and linked: figures and postings of that time are theirs.
    opening: dict[Key, tuple[Invoice | CreditNote | Payment, OpeningItem]] = field(
        default_factory=dict
    )
    missing: list[Finding] = field(default_factory=list)  # should be there, is not
    left_out: list[str] = field(default_factory=list)
    # Expected there and no object of theirs: missing, or why it was left out.
    without: dict[Place, str] = field(default_factory=dict)
    several: frozenset[Kind] = frozenset()  # kinds of which one record may be several objects
    has_accounts: bool = True  # their ledger has a chart of them
    # What a part is set against, where that is several objects: kind of ours, their id → its name.
    targets: dict[tuple[str, str], str] = field(default_factory=dict)
    kept: Mapping[Place, KeptHere] = field(default_factory=dict)
    # As of a day: what is dated behind it, and of that what is dated by then over there.
    later: Shelf[Any] = field(default_factory=Shelf)
    ahead: Shelf[Any] = field(default_factory=Shelf)
    since: Mapping[Place, Since] = field(default_factory=dict)
    # The same two as they are now.
    allocations_now: Mapping[int, Mapping[str, Decimal]] = field(default_factory=dict)
    kept_now: Mapping[Place, KeptHere] = field(default_factory=dict)

    def as_they_stand(self, shelf: Shelf[Subject]) -> Iterator[tuple[tuple[Key, ...], Subject]]:
        """Each record with the objects that are it together. Where a record is one object, each
        object that stands for it is compared by itself."""
        return shelf.together(self.several)

    def kept_of(self, subject: Synced) -> KeptHere:
        """What of it is set off here by what this ledger has not."""
        return self.kept.get((Kind(subject.kind), subject.pk), NOTHING_KEPT)

    def kept_now_of(self, subject: Synced) -> KeptHere:
        return self.kept_now.get((Kind(subject.kind), subject.pk), NOTHING_KEPT)

    def since_of(self, subject: Synced) -> Since:
        """What was set off of it since the day."""
        return self.since.get((Kind(subject.kind), subject.pk), NOTHING)

    @property
    def known(self) -> Container[Key]:
        """Every object of theirs that stands for a record of ours."""
        return _Any((*self._shelves, self.later, self.opening))

    @property
    def posted(self) -> Container[Key]:
        """Those that our records post; what was open at the cut-off their books posted before."""
        return _Any((*self._shelves, self.later))

    @property
    def _shelves(self) -> tuple[Shelf[Any], ...]:
        return self.documents, self.payments, self.entries, self.deposits

    @property
    def expected(self) -> Iterator[Expected]:
        """What is in the books since the cut-off, is missing there, or was left out; as of a day,
        also what is dated behind it here alone."""
        for shelf in (*self._shelves, self.ahead):
            for keys, subject in shelf.together(MONEY_KINDS):
                yield Expected(subject, keys)
        codes = ((why, Places.code(*place)) for place, why in self.without.items())
        for why, subject in Places[Synced].read(codes):
            yield Expected(subject, left_out=why)

    @property
    def deductions(self) -> frozenset[str]:
        """Their ids of our adjustments."""
        return self._ids_of(Kind.ADJUSTMENT)

    @property
    def reliefs(self) -> frozenset[str]:
        """Their ids of the credit notes that write bad debts off with their tax."""
        notes = CreditNote.objects.filter(company=self.connection.company_id)
        relieving = notes.filter(relieves__isnull=False).values_list("pk", flat=True)
        return self._ids_of(Kind.CREDIT_NOTE, set(relieving))

    @property
    def retainers(self) -> frozenset[str]:
        """Their ids of the retainers that were used."""
        entries = Adjustment.objects.filter(company=self.connection.company_id)
        used = entries.filter(role=AccountRole.RETAINER).values_list("pk", flat=True)
        return self._ids_of(Kind.ADJUSTMENT, set(used))

    def _ids_of(self, kind: Kind, pks: Collection[int] | None = None) -> frozenset[str]:
        return SHELVES[kind](self).ids_of(kind, pks) | self.later.ids_of(kind, pks)

    def place(self, keys: Sequence[Key], kind: Kind, pk: int) -> None:
        """A record with the objects that it is; with none it is missing."""
        if not keys:
            self.without[kind, pk] = ""
            return
        shelf: Shelf[Any] = SHELVES[kind](self)
        shelf.put(keys, kind, pk)


SHELVES: Mapping[Kind, Callable[[Ours], Shelf[Any]]] = {
    Kind.INVOICE: attrgetter("documents"),
    Kind.CREDIT_NOTE: attrgetter("documents"),
    Kind.PAYMENT: attrgetter("payments"),
    Kind.ADJUSTMENT: attrgetter("entries"),
    Kind.REFUND: attrgetter("entries"),
    Kind.DEPOSIT: attrgetter("deposits"),
}


class _Any:
    """What is on any of several shelves."""

    def __init__(self, shelves: Sequence[Container[Key]]) -> None:
        self._shelves = shelves

    def __contains__(self, key: object) -> bool:
        return any(key in shelf for shelf in self._shelves)


def ours_of(connection: Connection, until: date | None = None) -> Ours:
    """Everything of ours that should stand in these books, now or at the end of a day; keys alone,
    read in portions."""
    capabilities = connection.capabilities
    found = Ours(
        connection,
        until=until,
        several=capabilities.several_objects,
        has_accounts=capabilities.accounts,
    )
    items = {
        each.sync_record_id: each
        for each in OpeningItem.objects.filter(sync_record__connection=connection, unlinked_at=None)
    }
    for kind in MONEY_KINDS:
        for pk, subject_id, dated, keys, record in _records(connection, kind, items):
            if until is not None and dated is not None and dated > until:
                found.later.put(keys, kind, subject_id)
            elif record is None:
                found.place(keys, kind, subject_id)
            else:
                _sort(found, kind, record, keys, items.get(pk))
    for kind, subject in _never_begun(connection, until):
        name = About(subject)
        said = f"{name} was never sent to {connection.system_name}."
        found.missing.append(name.differs(Why.ONLY_HERE, said))
        found.without[kind, subject.pk] = ""
    found.customers = ids_of_customers(connection)
    found.targets = _targets(found)
    settles = connection, capabilities.kinds, found.payments.pks(), found.targets
    found.allocations = Applied(*settles, until)
    found.kept = kept_here(connection, capabilities.kinds, until)
    if until is not None:
        found.since = set_off_since(Reading(connection.company, until))
        found.allocations_now = Applied(*settles)
        found.kept_now = kept_here(connection, capabilities.kinds)
    return found


def _records(
    connection: Connection, kind: Kind, read: Container[int]
) -> Iterator[tuple[int, int, date | None, list[Key], SyncRecord | None]]:
    """Of each sync record of a kind its key, that of its subject, its accounting date, and the objects
    of theirs that it is today. It is read itself where that does not say all: where it is not in the books, is nothing
    there, or is to be `read`."""
    records = SyncRecord.objects.filter(connection=connection, kind=kind).order_by("id")
    fields = [kind.value, *(f"{kind.value}__{each}" for each in beside(kind))]
    told = ("pk", f"{kind.value}_id", f"{kind.value}__{DATED[kind]}", "state")
    waiting = records.values_list(*told).iterator(PORTION)
    while portion := list(islice(waiting, PORTION)):
        tied = _tied(connection, [pk for pk, *_ in portion])
        apart = [
            pk
            for pk, _, _, state in portion
            if state != State.IN_THE_BOOKS or pk not in tied or pk in read
        ]
        whole = records.select_related(*fields).in_bulk(apart) if apart else {}
        for pk, subject_id, dated, _ in portion:
            yield pk, subject_id, dated, tied.get(pk, []), whole.get(pk)


def _tied(connection: Connection, records: Sequence[int]) -> dict[int, list[Key]]:
    found: dict[int, list[Key]] = {}
    objects = RemoteRecord.objects.filter(
        connection=connection, sync_record__in=records, retired=False, part=""
    ).order_by("id")
    for record_id, kind, remote_id in objects.values_list("sync_record_id", "kind", "remote_id"):
        found.setdefault(record_id or 0, []).append((intern(kind), remote_id))
    return found


def _sort(
    found: Ours, kind: Kind, record: SyncRecord, keys: list[Key], item: OpeningItem | None
) -> None:
    subject = record.subject
    name = About(subject, tuple(keys))
    if record.state == State.LEFT_OUT:
        why = record.sentence or record.get_reason_display()
        found.left_out.append(f"{name}: {why}")
        if record.reason != Reason.BEFORE_CUT_OFF:
            found.without[kind, subject.pk] = why
        return
    # Ended on both sides, though somebody may still have to say that nothing is sent again.
    is_gone = record.state == State.GONE or record.reason == Reason.GONE
    agrees_to_be_gone = is_gone and not stands(subject)
    if not agrees_to_be_gone and (record.state != State.IN_THE_BOOKS or not keys):
        why = record.sentence or record.get_state_display()
        said = f"{name} is not in {found.connection.system_name} as it is here: {why}"
        closed = record.reason == Reason.PERIOD_CLOSED
        cause = Why.CLOSED_MONTH if closed else Why.ONLY_HERE
        found.missing.append(name.differs(cause, said))
    if item is not None and isinstance(subject, Invoice | CreditNote | Payment):
        found.opening.update(dict.fromkeys(keys, (subject, item)))
    else:
        found.place(keys, kind, subject.pk)


STANDING = frozenset(
    {
        Document.Status.ISSUED.value,
        Payment.Status.RECEIVED.value,
        Adjustment.Status.MADE.value,
        Deposit.Status.MADE.value,
    }
)


def stands(subject: Synced) -> bool:
    """Whether it is in force here: issued, received, made; not void, cancelled or undone."""
    return getattr(subject, "status", "") in STANDING


def _never_begun(connection: Connection, until: date | None) -> Iterator[tuple[Kind, Synced]]:
    """Documents and money in the scope of the connection that have no sync record at all."""
    for kind in MONEY_KINDS:
        unseen = in_scope(connection, kind).exclude(sync_records__connection=connection)
        if until is not None:
            unseen = unseen.filter(**{f"{DATED[kind]}__lte": until})
        for each in unseen.order_by("pk").iterator(PORTION):
            yield kind, each


def _targets(found: Ours) -> dict[tuple[str, str], str]:
    """A refund that is several objects has a part of the payment in each: they are one target."""
    if Kind.REFUND not in found.several:
        return {}
    return {
        (Kind.REFUND.value, remote_id): f"{keys[0][0]} {keys[0][1]}"
        for keys, entry in found.as_they_stand(found.entries)
        for _, remote_id in keys
        if isinstance(entry, Refund)
    }
