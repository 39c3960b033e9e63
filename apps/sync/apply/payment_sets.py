"""Payments coming in, many at once: what is plain money of ours is received by the set.

Plain is a payment that stands for nothing of ours yet, of a customer of ours, in an open month, set
against invoices of ours or documents of theirs, that no payment of ours resembles. It is decided
here, from rows read for the whole set, just as `payments.apply_payment` decides it; whatever is not
plain is left to that, one by one, and so is everything after it of the same customer, since what
comes first takes first.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Exists, OuterRef, QuerySet

from apps.billing.actions import Outside
from apps.billing.acts.bulk import Part, Receipt, Received, receive_many
from apps.billing.changes import made_by
from apps.billing.models import Allocation, Customer, Payment
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.core.rows import update_rows
from apps.sync.apply.books import Books
from apps.sync.apply.linking import part_name
from apps.sync.apply.payments import look_again_at_deposits, method_of, rate_there
from apps.sync.apply.targets import label_of
from apps.sync.apply.verdicts import Arrival
from apps.sync.models import Agreed, RemoteRecord, State, SyncRecord
from apps.sync.there import ties
from apps.sync.there.compare import under_marker
from apps.sync.there.same_money import NEAR

TargetKey = tuple[str, str]  # kind and id of theirs


@dataclass(frozen=True, kw_only=True, slots=True)
class Plain:
    """A payment of theirs that can be received with others."""

    row: RemoteRecord
    remote: RemoteObject
    theirs: PaymentSnapshot
    receipt: Receipt
    targets: tuple[TargetKey, ...]  # of its parts, in their order; our word where it is ours


def receive_set(books: Books, keys: Sequence[int]) -> set[int]:
    """Receive what is plain among these arrivals; the keys of those received. Inside a transaction.

    Raises ValidationError where one of them cannot be posted: halve the set to find it.
    """
    rows = list(
        RemoteRecord.objects.select_for_update(of=("self",))
        .filter(pk__in=keys, arrival__in=[Arrival.NEW, Arrival.WAITS])
        .order_by("pk")
    )
    plain = _Desk(books, rows).plain()
    if not plain:
        return set()
    with made_by(origin=books.origin, reason=f"Recorded in {books.name}"):
        received = receive_many(books.company.pk, [each.receipt for each in plain])
    _tie(books, plain, received)
    return {each.row.pk for each in plain}


# --- What is plain --------------------------------------------------------------------------------


@dataclass(slots=True)
class _Desk:
    """The rows of a set, and what their payments refer to, read for all of them."""

    books: Books
    rows: Sequence[RemoteRecord]
    read: list[tuple[RemoteRecord, RemoteObject, PaymentSnapshot]] = field(init=False)
    taken_before: set[str] = field(init=False)
    customers: dict[str, Customer] = field(init=False)
    there: dict[str, list[RemoteRecord]] = field(init=False)
    stands: dict[int, str] = field(init=False)
    near: dict[tuple[str, Decimal], list[Payment]] = field(init=False)
    near_settle: dict[int, set[int]] = field(init=False)

    def plain(self) -> list[Plain]:
        """Those that go together; of one customer none that comes after one that does not."""
        self.read = [each for row in self.rows if (each := self._read(row)) is not None]
        if not self.read:
            return []
        self._look_up()
        found: list[Plain] = []
        apart: set[str] = set()
        read = {row.pk: (row, remote, theirs) for row, remote, theirs in self.read}
        for row in self.rows:
            known = read.get(row.pk)
            if known is None:
                apart.add(row.customer_id_there)
                continue
            customer_id = known[2].customer_id
            plain = None if customer_id in apart else self._decide(*known)
            if plain is None:
                apart.add(customer_id)
            else:
                found.append(plain)
        return found

    def _read(self, row: RemoteRecord) -> tuple[RemoteRecord, RemoteObject, PaymentSnapshot] | None:
        """What stands on its own, as their ledger holds it."""
        tied = row.sync_record_id is not None and not row.retired
        if tied or row.gone or row.void or row.marker or row.of_kind != Kind.PAYMENT:
            return None
        try:
            remote = self.books.read(row)
            theirs = remote.snapshot
            if remote.marker or not isinstance(theirs, PaymentSnapshot) or theirs.cancelled:
                return None
            held = self.books.projected(theirs)
        except Exception:  # noqa: BLE001 - one that cannot be read stops itself alone, one by one
            return None
        return (row, remote, held) if isinstance(held, PaymentSnapshot) else None

    def _look_up(self) -> None:
        theirs = [each for _, _, each in self.read]
        connection = self.books.connection
        rows = RemoteRecord.objects.filter(connection=connection).defer("packed_raw")
        ids = [row.remote_id for row, _, _ in self.read]
        kinds = {row.kind for row, _, _ in self.read}
        parts = rows.filter(kind__in=kinds, remote_id__in=ids).exclude(part="")
        self.taken_before = set(parts.values_list("remote_id", flat=True))
        self.customers = self._customers(rows, {each.customer_id for each in theirs})
        targets = {part.target_id for each in theirs for part in each.allocations}
        self.there = defaultdict(list)
        of_targets = rows.filter(remote_id__in=targets, part="").order_by("pk")
        for row in of_targets.select_related("sync_record__invoice"):
            self.there[row.remote_id].append(row)
        records = {row.sync_record_id for some in self.there.values() for row in some} - {None}
        live = rows.filter(sync_record__in=records, retired=False, gone=False)
        self.stands = {}
        for record, remote_id in live.order_by("part", "id").values_list(
            "sync_record_id", "remote_id"
        ):
            self.stands.setdefault(record or 0, remote_id)
        self._look_for_same_money(theirs)

    @staticmethod
    def _customers(rows: QuerySet[RemoteRecord], ids: set[str]) -> dict[str, Customer]:
        found: dict[str, Customer] = {}
        named: set[str] = set()
        for row in (
            rows.filter(of_kind=Kind.CUSTOMER, remote_id__in=ids - {""}, part="")
            .order_by("pk")
            .select_related("sync_record__customer")
        ):
            if row.remote_id in named:
                continue
            named.add(row.remote_id)
            record = row.sync_record
            if not row.retired and record is not None and record.customer is not None:
                found[row.remote_id] = record.customer
        return found

    def _look_for_same_money(self, theirs: Sequence[PaymentSnapshot]) -> None:
        """Payments of ours that stand for nothing over there and may be one of these."""
        days = [each.paid_on for each in theirs]
        linked = RemoteRecord.objects.filter(
            connection=self.books.connection,
            sync_record__payment=OuterRef("pk"),
            retired=False,
        )
        alike = Payment.objects.filter(
            company_id=self.books.connection.company_id,
            status=Payment.Status.RECEIVED,
            amount__in={each.amount for each in theirs},
            date__range=(min(days) - NEAR, max(days) + NEAR),
        ).exclude(Exists(linked))
        self.near = defaultdict(list)
        for each in alike:
            self.near[each.currency, each.amount].append(each)
        self.near_settle = defaultdict(set)
        if self.near:
            for payment, invoice in Allocation.objects.filter(
                payment__in=[each for some in self.near.values() for each in some],
                invoice__isnull=False,
                reversed_on=None,
            ).values_list("payment_id", "invoice_id"):
                self.near_settle[payment or 0].add(invoice or 0)

    def _decide(
        self, row: RemoteRecord, remote: RemoteObject, theirs: PaymentSnapshot
    ) -> Plain | None:
        books, first = self.books, self.books.connection.starts_on
        customer = self.customers.get(theirs.customer_id)
        if (
            customer is None
            or theirs.customer_id in books.merged.values()
            or row.remote_id in self.taken_before
            or theirs.currency != customer.currency
            or (first is not None and theirs.paid_on < first)
            or books.is_closed(theirs.paid_on)
        ):
            return None
        settled = [
            self._target(part.target_kind, part.target_id, customer) for part in theirs.allocations
        ]
        found = [each for each in settled if each is not None]
        keys = tuple(key for key, _ in found)
        invoices = [pk for _, pk in found if pk is not None]
        if (
            len(found) < len(settled)
            or len(set(keys)) < len(keys)
            or any(part.cancelled for part in theirs.allocations)
            or self._may_be_ours(theirs, customer, invoices)
        ):
            return None
        parts = [
            Part(amount=part.amount, invoice_id=pk, outside=self._outside(key, pk))
            for part, (key, pk) in zip(theirs.allocations, found, strict=True)
        ]
        order = sorted(range(len(parts)), key=lambda place: parts[place].invoice_id is None)
        receipt = Receipt(
            customer_id=customer.pk,
            amount=theirs.amount,
            date=theirs.paid_on,
            method=method_of(books, theirs),
            reference=theirs.reference,
            memo=theirs.memo[:400],
            parts=[parts[place] for place in order],
            **rate_there(books, theirs),
        )
        return Plain(
            row=row,
            remote=remote,
            theirs=theirs,
            receipt=receipt,
            targets=tuple(keys[place] for place in order),
        )

    def _target(
        self, kind: str, remote_id: str, customer: Customer
    ) -> tuple[TargetKey, int | None] | None:
        """What it is by our word and its key where it is an invoice of ours; None where it is
        something of ours that is rarer, of another customer, or under another id there by now, and
        where what it is waits to be found out."""
        word = str(kind)
        ours = next((row for row in self.there[remote_id] if self._is_ours(row, word)), None)
        if ours is None or ours.sync_record is None:
            waiting = any(row.arrival == Arrival.WAITS for row in self.there[remote_id])
            return None if waiting else ((word, remote_id), None)
        record = ours.sync_record
        invoice = record.invoice
        if invoice is None or invoice.customer_id != customer.pk:
            return None
        if self.stands.get(record.pk) != remote_id:
            return None
        return (str(Kind.INVOICE), remote_id), invoice.pk

    @staticmethod
    def _is_ours(row: RemoteRecord, word: str) -> bool:
        if row.retired or row.sync_record is None:
            return False
        return (row.sync_record.kind if word in set(Kind) else row.kind) == word

    def _outside(self, key: TargetKey, invoice_id: int | None) -> Outside | None:
        if invoice_id is not None:
            return None
        kind, remote_id = key
        ours = kind in set(Kind)
        # What Tieout holds no shape of has no kind of ours.
        row = next(
            (
                each
                for each in self.there[remote_id]
                if (each.of_kind in (kind, "") if ours else each.kind == kind)
            ),
            None,
        )
        return Outside(kind=kind, id=remote_id, label=label_of(self.books, kind, remote_id, row))

    def _may_be_ours(
        self, theirs: PaymentSnapshot, customer: Customer, invoices: Iterable[int]
    ) -> bool:
        settled = set(invoices)
        return any(
            abs(each.date - theirs.paid_on) <= NEAR
            and (each.customer_id == customer.pk or settled & self.near_settle[each.pk])
            for each in self.near[theirs.currency, theirs.amount]
        )


# --- Tied, part by part -----------------------------------------------------------------------------


def _tie(books: Books, plain: Sequence[Plain], received: Sequence[Received]) -> None:
    """Sync records in the books, ties, what both sides agree on, and how the look at each ended."""
    allocations = [each for some in received for each in some.allocations]
    records = _settled_records(books, [each.payment for each in received], allocations)
    for each, ours in zip(plain, received, strict=True):
        each.row.sync_record = records[Kind.PAYMENT, ours.payment.pk]
    rows = [each.row for each in plain]
    update_rows(RemoteRecord, rows, ["sync_record"])
    RemoteRecord.objects.filter(pk__in=[row.pk for row in rows]).update(
        retired=False, arrival=Arrival.APPLIED, sentence="", remedy="", waits_for=""
    )
    Agreed.objects.bulk_create(
        Agreed(
            record=records[Kind.PAYMENT, ours.payment.pk],
            packed_snapshot=Agreed.pack(under_marker(each.theirs, ours.payment.public_id.hex)),
        )
        for each, ours in zip(plain, received, strict=True)
    )
    RemoteRecord.objects.bulk_create(
        ties.new_part(
            each.row,
            part_name(each.remote, target),
            allocation,
            records[Kind.ALLOCATION, allocation.pk],
        )
        for each, ours in zip(plain, received, strict=True)
        for target, allocation in zip(each.targets, ours.allocations, strict=True)
    )
    look_again_at_deposits(books, min(each.payment.date for each in received))


def _settled_records(
    books: Books, payments: Sequence[Payment], allocations: Sequence[Allocation]
) -> Mapping[tuple[Kind, int], SyncRecord]:
    made = [
        SyncRecord(
            connection=books.connection,
            kind=each.kind,
            wanted=each.revision,
            sent=each.revision,
            state=State.IN_THE_BOOKS,
            **{f"{each.kind}_id": each.pk},
        )
        for each in (*payments, *allocations)
    ]
    SyncRecord.objects.bulk_create(made)
    return {(Kind(each.kind), each.subject_id): each for each in made}
