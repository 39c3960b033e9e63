"""What was open of each side's records at the end of the day before the cut-off.

What is dated from the cut-off on is sent, and is not open then. Ours is as of that day
(`billing/sums/as_of.py`). Of theirs is known what is open today, as last read; what was set off since is
added again. A ledger that dates no application counts one by the payment that made it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Q

from apps.billing.models import Company, CreditNote, Customer, Invoice, Payment
from apps.billing.sums.as_of import as_of
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import Connector, RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot
from apps.core.money import ZERO
from apps.sync.models import RemoteRecord, State, SyncRecord
from apps.sync.models.waits import Wait
from apps.sync.there.merges import ids_of_customers
from apps.sync.there.remote import as_object
from apps.sync.want.as_it_was import OPEN_KINDS, own_day
from apps.sync.want.carried import WITH_PAYMENT

Linked = Invoice | CreditNote | Payment
MODELS: dict[Kind, type[Linked]] = {
    Kind.INVOICE: Invoice,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.PAYMENT: Payment,
}
AT_ONCE = 500  # rows asked for by one statement


@dataclass(frozen=True, kw_only=True, slots=True)
class Ours:
    """A record of ours and what was open of it, in its currency. `customers` are the ids over there
    of its customer; `customer` its name, folded, where it is not linked."""

    subject: Linked
    kind: Kind
    number: str
    dated: date
    currency: str
    open: Decimal
    amount: Decimal  # the whole of it
    customer: str
    customers: frozenset[str]
    awaited: bool = False  # something of since waits for it: its bank deposit, a refund of it

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.subject.pk}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Theirs:
    """An object of theirs and what was open of it. `ours_customer` is the key of our customer that
    theirs stands for."""

    row: RemoteRecord
    kind: Kind
    number: str
    dated: date
    currency: str
    open: Decimal
    amount: Decimal
    customer: str  # its name over there
    customer_id: str
    ours_customer: int | None


def ours_open(connection: Connection, subject: Linked) -> Ours:
    """One of ours at the cut-off."""
    return Desk(connection).ours_of(subject)


def open_there(connection: Connection, row: RemoteRecord) -> Theirs:
    """One of theirs at the cut-off. Raises ValidationError, in words for staff, where it is no
    invoice, credit note or payment of before it, or was taken back over there meanwhile."""
    found = [each for each in Desk(connection).theirs([row.pk]) if each.row.pk == row.pk]
    if not found:
        raise ValidationError(
            f"{row} is not open at the cut-off any more: it was voided, deleted or dated anew in "
            f"{connection.system_name}. Look at the list again."
        )
    return found[0]


def folded(name: str) -> str:
    return " ".join(name.casefold().split())


class Desk:
    """The rows of one connection that a list of open items looks at."""

    def __init__(self, connection: Connection) -> None:
        if connection.starts_on is None:
            raise ValueError("No cut-off is chosen.")
        self.connection = connection
        self.first = connection.starts_on
        self.day = self.first - timedelta(days=1)
        self.company = Company.objects.get(pk=connection.company_id)
        self.connector: Connector = open_connector(connection)
        self.awaited = self._awaited()
        rows = RemoteRecord.objects.filter(
            connection=connection, of_kind=Kind.CUSTOMER, part=""
        ).select_related("sync_record")
        self.theirs_customers = {each.remote_id: each for each in rows.defer("packed_raw")}
        self.ids = ids_of_customers(connection)

    def _awaited(self) -> Mapping[int, tuple[Decimal, date]]:
        """Money of ours of before for which something of since is held, settled then or not: key →
        amount and date."""
        held = SyncRecord.objects.filter(
            connection=self.connection,
            state=State.NEEDS_PERSON,
            waits_for__startswith=WITH_PAYMENT,
        )
        keys = {Wait(each).key for each in held.values_list("waits_for", flat=True)}
        rows = Payment.objects.filter(pk__in=keys, date__lt=self.first)
        return {
            pk: (amount, dated) for pk, amount, dated in rows.values_list("pk", "amount", "date")
        }

    # --- Ours

    def ours(self) -> Iterator[Ours]:
        """What was open of ours, and what is linked whether or not it was."""
        shelves = self._open_then(None)
        for kind, model in MODELS.items():
            tied = SyncRecord.objects.filter(connection=self.connection, kind=kind, opening=True)
            keys = {pk for pk, amount in shelves[kind].items() if amount}
            keys |= set(tied.values_list(f"{kind.value}_id", flat=True))
            keys |= set(self.awaited) if kind == Kind.PAYMENT else set()
            rows: list[Linked] = list(
                model._base_manager.select_related("customer__merged_into").in_bulk(keys).values()
            )
            for row in sorted(rows, key=lambda each: (own_day(each) or self.day, each.pk)):
                yield self._ours(row, shelves)

    def ours_of(self, subject: Linked) -> Ours:
        return self._ours(subject, self._open_then(subject.customer))

    def _open_then(self, customer: Customer | None) -> Mapping[Kind, Mapping[int, Decimal]]:
        then = as_of(self.company, self.day, customer)
        return {
            Kind.INVOICE: {pk: each.due for pk, each in then.invoices.items()},
            Kind.CREDIT_NOTE: {pk: each.open for pk, each in then.credit_notes.items()},
            Kind.PAYMENT: {pk: each.open for pk, each in then.payments.items()},
        }

    def _ours(
        self,
        row: Linked,
        shelves: Mapping[Kind, Mapping[int, Decimal]],
    ) -> Ours:
        """Of what was void, cancelled or a draft nothing was open."""
        kind = Kind(row.kind)
        return Ours(
            subject=row,
            kind=kind,
            number=row.reference if isinstance(row, Payment) else row.number or "",
            dated=own_day(row) or self.day,
            currency=row.currency,
            open=shelves[kind].get(row.pk, ZERO),
            amount=row.amount if isinstance(row, Payment) else row.total,
            awaited=kind == Kind.PAYMENT and row.pk in self.awaited,
            customer=folded(row.customer.name),
            customers=self.ids.get(row.customer_id, frozenset()),
        )

    def tied(
        self, theirs: Mapping[int, Theirs]
    ) -> dict[tuple[Kind, int], tuple[int | None, Theirs | None]]:
        """Kind and key of ours → its sync record and what of theirs stands for it."""
        found: dict[tuple[Kind, int], tuple[int | None, Theirs | None]] = {}
        for each in theirs.values():
            record = each.row.sync_record
            if record is not None and not each.row.retired and record.kind in OPEN_KINDS:
                found[Kind(record.kind), record.subject_id] = (record.pk, each)
        return found

    # --- Theirs

    def theirs(self, keys: Sequence[int] | None = None) -> list[Theirs]:
        """Their invoices, credit notes and payments of before the cut-off of which something was
        open, and those that are asked for or stand for one of ours. What is linked stays on the list
        when it was voided or deleted there: nothing of it is open."""
        since = self._set_off_since()
        alike = set(self.awaited.values())
        before = RemoteRecord.objects.filter(
            connection=self.connection,
            of_kind__in=OPEN_KINDS,
            part="",
        )
        before = before.filter(
            Q(dated__lt=self.first, void=False, gone=False, unreadable="")
            | Q(sync_record__opening=True, retired=False)
        ).order_by("dated", "pk")
        wanted = [
            pk
            for pk, kind, remote_id, balance, record, amount, dated in before.values_list(
                "pk", "of_kind", "remote_id", "balance", "sync_record", "amount", "dated"
            )
            if balance
            or record
            or (kind, remote_id) in since
            or (keys and pk in keys)
            or (kind == Kind.PAYMENT and (amount, dated) in alike)
        ]
        found = []
        for start in range(0, len(wanted), AT_ONCE):
            some = before.filter(pk__in=wanted[start : start + AT_ONCE])
            for row in some.select_related("sync_record"):
                read = as_object(row, self.connector)
                if read.snapshot is not None or row.sync_record_id is not None:
                    found.append(self._one(row, read, since))
        return found

    def _one(
        self,
        row: RemoteRecord,
        read: RemoteObject,
        since: Mapping[tuple[Kind, str], Decimal],
    ) -> Theirs:
        kind = Kind(row.of_kind)
        amount = (row.balance or ZERO) + since.get((kind, row.remote_id), ZERO)
        customer = self.theirs_customers.get(read.customer_id)
        record = customer.sync_record if customer is not None and not customer.retired else None
        return Theirs(
            row=row,
            kind=kind,
            number=row.number,
            dated=row.dated or self.day,
            currency=read.currency or row.currency or self.company.home_currency,
            open=ZERO if row.void or row.gone or not self._is_before(row) else amount,
            amount=row.amount or ZERO,
            customer=customer.name if customer is not None else read.customer_id,
            customer_id=read.customer_id,
            ours_customer=record.customer_id if record is not None else None,
        )

    def _is_before(self, row: RemoteRecord) -> bool:
        """What is linked may be dated after a cut-off that was moved back since."""
        return row.dated is None or row.dated < self.first

    def _set_off_since(self) -> Mapping[tuple[Kind, str], Decimal]:
        """Kind and id of theirs → what was set against it, or it against, from the cut-off on."""
        rows = RemoteRecord.objects.filter(
            connection=self.connection,
            of_kind__in=[Kind.PAYMENT, Kind.ALLOCATION],
            gone=False,
            void=False,
            unreadable="",
        ).filter(
            # An old one that nobody touched since is set against nothing of since.
            Q(dated__gte=self.first)
            | Q(dated=None)
            | Q(remote_updated_at__gte=datetime.combine(self.day, time.min, UTC))
        )
        parts: list[AllocationSnapshot] = []
        for row in rows.iterator(chunk_size=500):
            if not row.raw:
                continue  # a line of a payment, which is counted with the whole
            snapshot = as_object(row, self.connector).snapshot
            if isinstance(snapshot, PaymentSnapshot) and not snapshot.cancelled:
                parts += [each for each in snapshot.allocations if not each.cancelled]
            elif isinstance(snapshot, AllocationSnapshot) and snapshot.source != Kind.PAYMENT:
                parts.append(snapshot)
        return set_off_since(parts, self.first, self._days())

    def _days(self) -> Mapping[tuple[str, str], date]:
        """Kind and id of theirs → its date."""
        rows = RemoteRecord.objects.filter(connection=self.connection, part="", dated__isnull=False)
        return {
            end_of(kind, remote_id): dated
            for kind, remote_id, dated in rows.values_list("of_kind", "remote_id", "dated")
            if dated is not None
        }


def end_of(kind: str, remote_id: str) -> tuple[str, str]:
    """What an application joins, as a key. A refund or an entry is an end too, and is told by its
    id alone: typed over there it has no kind of ours."""
    return (str(kind) if kind in OPEN_KINDS else "", remote_id)


def set_off_since(
    parts: Iterable[AllocationSnapshot], first: date, days: Mapping[tuple[str, str], date]
) -> Mapping[tuple[Kind, str], Decimal]:
    """What of these applications was not there before the cut-off, by both of its ends.

    One counts from its own date or, where that is later, from the date of either end.
    """
    found: dict[tuple[Kind, str], Decimal] = defaultdict(Decimal)
    for each in parts:
        ends = [end_of(each.source, each.source_id), end_of(each.target_kind, each.target_id)]
        on = max([each.applied_on, *(days[end] for end in ends if end in days)])
        if on < first or each.cancelled:
            continue
        for kind, remote_id in ends:
            if kind and remote_id:
                found[Kind(kind), remote_id] += each.amount
    return found
