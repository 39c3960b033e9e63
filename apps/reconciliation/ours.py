"""Our side of a comparison: what should stand in these books, and which object of theirs it is."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from apps.billing.models import (
    AccountRole,
    Adjustment,
    Allocation,
    CreditNote,
    Deposit,
    Document,
    Invoice,
    Payment,
    Refund,
    Synced,
)
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.reconciliation.findings import Finding, about
from apps.reconciliation.kept_here import KeptHere, Place, kept_here
from apps.reconciliation.models import Why
from apps.sync.models import OpeningItem, Reason, RemoteRecord, State, SyncRecord
from apps.sync.there.merges import ids_of_customers
from apps.sync.want.wishes import in_scope

MONEY_KINDS = (
    Kind.INVOICE,
    Kind.CREDIT_NOTE,
    Kind.PAYMENT,
    Kind.ADJUSTMENT,
    Kind.REFUND,
    Kind.DEPOSIT,
)
# What is read with a record, where it is not its customer alone.
BESIDE = {
    Kind.PAYMENT: ("customer", "method"),
    Kind.REFUND: ("customer", "method"),
    Kind.DEPOSIT: ("bank_account",),
}
WORDS = {
    Kind.INVOICE: "Invoice",
    Kind.CREDIT_NOTE: "Credit note",
    Kind.PAYMENT: "Payment of",
    Kind.ADJUSTMENT: "Adjustment",
    Kind.REFUND: "",  # it names itself: a refund, a returned payment, a chargeback
    Kind.DEPOSIT: "Bank deposit of",
}

Key = tuple[str, str]  # their kind, their id
Subject = TypeVar("Subject", bound=Synced)
NOTHING_KEPT = KeptHere()


@dataclass(frozen=True, slots=True)
class Expected:
    """A record of ours since the cut-off, and the objects of theirs that it is today."""

    subject: Synced
    keys: tuple[Key, ...] = ()
    left_out: str = ""  # why it does not go over, in words


@dataclass(slots=True)
class Ours:
    """What our rows say of one connection."""

    connection: Connection
    documents: dict[Key, Document] = field(default_factory=dict)
    payments: dict[Key, Payment] = field(default_factory=dict)
    entries: dict[Key, Adjustment | Refund] = field(default_factory=dict)
    deposits: dict[Key, Deposit] = field(default_factory=dict)
    customers: dict[int, frozenset[str]] = field(default_factory=dict)  # ours → their ids
    # Payment → what it is set against: their id of the target → amount.
    allocations: dict[int, dict[str, Decimal]] = field(default_factory=dict)
    # Of before the cut-off and linked: figures and postings of that time are theirs.
    opening: dict[Key, tuple[Invoice | CreditNote | Payment, OpeningItem]] = field(
        default_factory=dict
    )
    missing: list[Finding] = field(default_factory=list)  # should be there, is not
    left_out: list[str] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)  # in the books, missing or left out
    several: frozenset[Kind] = frozenset()  # kinds of which one record may be several objects
    has_accounts: bool = True  # their ledger has a chart of them
    # What a part is set against, where that is several objects: kind of ours, their id → its name.
    targets: dict[tuple[str, str], str] = field(default_factory=dict)
    kept: Mapping[Place, KeptHere] = field(default_factory=dict)

    def as_they_stand(self, shelf: dict[Key, Subject]) -> Iterator[tuple[tuple[Key, ...], Subject]]:
        """Each record with the objects that are it together. Where a record is one object, each
        object that stands for it is compared by itself."""
        together: dict[tuple[str, int], tuple[Key, ...]] = {}
        for key, subject in shelf.items():
            if Kind(subject.kind) in self.several:
                place = subject.kind, subject.pk
                together[place] = (*together.get(place, ()), key)
        for key, subject in shelf.items():
            keys = together.get((subject.kind, subject.pk), (key,))
            if keys[0] == key:
                yield keys, subject

    def kept_of(self, subject: Synced) -> KeptHere:
        """What of it is set off here by what this ledger has not."""
        return self.kept.get((Kind(subject.kind), subject.pk), NOTHING_KEPT)

    @property
    def known(self) -> set[Key]:
        """Every object of theirs that stands for a record of ours."""
        return {*self.posted, *self.opening}

    @property
    def posted(self) -> set[Key]:
        """Those that our records post; what was open at the cut-off their books posted before."""
        return {*self.documents, *self.payments, *self.entries, *self.deposits}

    @property
    def deductions(self) -> frozenset[str]:
        """Their ids of our adjustments."""
        return frozenset(
            remote_id
            for (_, remote_id), entry in self.entries.items()
            if isinstance(entry, Adjustment)
        )

    @property
    def reliefs(self) -> frozenset[str]:
        """Their ids of the credit notes that write bad debts off with their tax."""
        return frozenset(
            remote_id
            for (_, remote_id), document in self.documents.items()
            if isinstance(document, CreditNote) and document.relieves_id is not None
        )

    @property
    def retainers(self) -> frozenset[str]:
        """Their ids of the retainers that were used."""
        return frozenset(
            remote_id
            for (_, remote_id), entry in self.entries.items()
            if isinstance(entry, Adjustment) and entry.role == AccountRole.RETAINER
        )

    def put(self, keys: list[Key], subject: Synced) -> None:
        if isinstance(subject, Document):
            self.documents.update(dict.fromkeys(keys, subject))
        elif isinstance(subject, Payment):
            self.payments.update(dict.fromkeys(keys, subject))
        elif isinstance(subject, Adjustment | Refund):
            self.entries.update(dict.fromkeys(keys, subject))
        elif isinstance(subject, Deposit):
            self.deposits.update(dict.fromkeys(keys, subject))
        else:
            raise TypeError(f"A {subject.kind} is not compared by itself.")


def ours_of(connection: Connection) -> Ours:
    """Everything of ours that should stand in these books, read in a fixed number of queries."""
    capabilities = connection.capabilities
    found = Ours(
        connection, several=capabilities.several_objects, has_accounts=capabilities.accounts
    )
    items = {
        each.sync_record_id: each
        for each in OpeningItem.objects.filter(sync_record__connection=connection, unlinked_at=None)
    }
    for kind in MONEY_KINDS:
        for record, keys in _records(connection, kind):
            _sort(found, kind, record, keys, items.get(record.pk))
    for kind, subject in _never_begun(connection):
        name = about(called(kind, subject), subject)
        said = f"{name} was never sent to {connection.system_name}."
        found.missing.append(name.differs(Why.ONLY_HERE, said))
        found.expected.append(Expected(subject))
    found.customers = ids_of_customers(connection)
    found.targets = _targets(found)
    found.allocations = _allocations(found, capabilities.kinds)
    found.kept = kept_here(connection, capabilities.kinds)
    return found


def called(kind: Kind, subject: Synced) -> str:
    """As sentences name it: “Invoice INV-2026-00012”."""
    return f"{WORDS[kind]} {subject}".strip()


def _records(connection: Connection, kind: Kind) -> Iterator[tuple[SyncRecord, list[Key]]]:
    """Sync records of a kind, each with the objects of theirs that it is today."""
    tied: dict[int, list[Key]] = defaultdict(list)
    objects = RemoteRecord.objects.filter(
        connection=connection, sync_record__kind=kind, retired=False, part=""
    )
    for record_id, their_kind, remote_id in objects.values_list(
        "sync_record_id", "kind", "remote_id"
    ):
        tied[record_id or 0].append((their_kind, remote_id))
    beside = [f"{kind.value}__{each}" for each in BESIDE.get(kind, ("customer",))]
    records = SyncRecord.objects.filter(connection=connection, kind=kind)
    for record in records.select_related(kind.value, *beside).order_by("id"):
        yield record, tied.get(record.pk, [])


def _sort(
    found: Ours, kind: Kind, record: SyncRecord, keys: list[Key], item: OpeningItem | None
) -> None:
    subject = record.subject
    name = called(kind, subject)
    if record.state == State.LEFT_OUT:
        why = record.sentence or record.get_reason_display()
        found.left_out.append(f"{name}: {why}")
        if record.reason != Reason.BEFORE_CUT_OFF:
            found.expected.append(Expected(subject, left_out=why))
        return
    # Ended on both sides, though somebody may still have to say that nothing is sent again.
    is_gone = record.state == State.GONE or record.reason == Reason.GONE
    agrees_to_be_gone = is_gone and not stands(subject)
    if not agrees_to_be_gone and (record.state != State.IN_THE_BOOKS or not keys):
        why = record.sentence or record.get_state_display()
        said = f"{name} is not in {found.connection.system_name} as it is here: {why}"
        closed = record.reason == Reason.PERIOD_CLOSED
        cause = Why.CLOSED_MONTH if closed else Why.ONLY_HERE
        found.missing.append(about(name, subject, tuple(keys)).differs(cause, said))
    if item is not None and isinstance(subject, Invoice | CreditNote | Payment):
        found.opening.update(dict.fromkeys(keys, (subject, item)))
    else:
        found.put(keys, subject)
        found.expected.append(Expected(subject, tuple(keys)))


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


def _never_begun(connection: Connection) -> list[tuple[Kind, Synced]]:
    """Documents and money in the scope of the connection that have no sync record at all."""
    return [
        (kind, each)
        for kind in MONEY_KINDS
        for each in in_scope(connection, kind)
        .exclude(sync_records__connection=connection)
        .order_by("pk")
    ]


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


def _allocations(found: Ours, kinds: Collection[Kind]) -> dict[int, dict[str, Decimal]]:
    """Per payment what it settles today of the kinds that their ledger has: their id of the target →
    amount."""
    connection = found.connection
    invoices = ids_of(connection, Kind.INVOICE)
    refunds = ids_of(connection, Kind.REFUND)
    charges = ids_of(connection, Kind.ADJUSTMENT)
    settled: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    standing = Allocation.objects.filter(
        company=connection.company_id, payment__isnull=False, reversed_on=None
    ).values_list("payment_id", "invoice_id", "refund_id", "charge_id", "outside_id", "amount")
    for payment_id, invoice_id, refund_id, charge_id, outside_id, amount in standing:
        stays_here = (refund_id and Kind.REFUND not in kinds) or (
            charge_id and Kind.ADJUSTMENT not in kinds
        )
        if stays_here:
            continue
        refund = refunds.get(refund_id, "")
        target = (
            outside_id
            or invoices.get(invoice_id)
            or found.targets.get((Kind.REFUND.value, refund), refund)
            or charges.get(charge_id)
            or f"ours:{invoice_id or refund_id or charge_id}"
        )
        settled[payment_id][target] += amount
    return {payment_id: dict(parts) for payment_id, parts in settled.items()}


def ids_of(connection: Connection, kind: Kind) -> dict[int | None, str]:
    """Their id of each record of ours of a kind."""
    return dict(
        RemoteRecord.objects.filter(
            connection=connection, sync_record__kind=kind, retired=False, gone=False, part=""
        ).values_list(f"sync_record__{kind.value}_id", "remote_id")
    )
