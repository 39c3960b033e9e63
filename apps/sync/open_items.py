"""What was open at the cut-off on either side, and which of ours may be which of theirs.

The day is the one before the cut-off: what is dated from the cut-off on is sent, and is not open
then. Ours is as of that day (`billing/as_of.py`). Of theirs is known what is open today, as last
read; what was set against it since is added again. A ledger that dates no application counts one
by the payment that made it.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from django.db.models import Q

from apps.billing.as_of import as_of
from apps.billing.models import Company, CreditNote, Customer, Invoice, Payment
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    PaymentSnapshot,
)
from apps.core.money import ZERO
from apps.sync.as_it_was import OPEN_KINDS, own_day
from apps.sync.models import OpeningItem, RemoteRecord, SyncRecord
from apps.sync.remote import as_object
from apps.sync.wording import day, money

Linked = Invoice | CreditNote | Payment
MODELS: dict[Kind, type[Linked]] = {
    Kind.INVOICE: Invoice,
    Kind.CREDIT_NOTE: CreditNote,
    Kind.PAYMENT: Payment,
}
WORDS = {Kind.INVOICE: "Invoice", Kind.CREDIT_NOTE: "Credit note", Kind.PAYMENT: "Payment"}
# An invoice is owed to us; credits and money on account are what we hold of the customer.
SIGN = {Kind.INVOICE: 1, Kind.CREDIT_NOTE: -1, Kind.PAYMENT: -1}
MOST_CANDIDATES = 5
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
    customer: str
    customers: frozenset[str]

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
    customer: str  # its name over there
    customer_id: str
    ours_customer: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One of ours and one of theirs. `differences` are sentences; `refusal`: they cannot be one."""

    ours: Ours
    theirs: Theirs
    differences: tuple[str, ...] = ()
    refusal: str = ""
    item: OpeningItem | None = None

    @property
    def agrees(self) -> bool:
        return not (self.differences or self.refusal)


@dataclass(frozen=True, kw_only=True, slots=True)
class OnlyHere:
    """One of ours that is linked with nothing, and what over there may be it, likeliest first."""

    ours: Ours
    candidates: Sequence[Pair] = ()

    @property
    def proposed(self) -> Pair | None:
        """The only one that agrees in everything."""
        found = [each for each in self.candidates if each.agrees]
        return found[0] if len(found) == 1 else None


@dataclass(kw_only=True, slots=True)
class Sum:
    """What a customer owed at the cut-off in one currency, less what we held of it.

    theirs = ours - only_here + only_there + linked: every difference is one of these three.
    """

    customer: str
    currency: str
    ours: Decimal = ZERO
    theirs: Decimal = ZERO
    only_here: Decimal = ZERO
    only_there: Decimal = ZERO
    linked: Decimal = ZERO  # by which theirs is more, of what is linked

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours


@dataclass(kw_only=True, slots=True)
class OpenItems:
    """Both sides at the end of `day`, the day before the cut-off."""

    day: date
    linked: list[Pair] = field(default_factory=list)
    only_here: list[OnlyHere] = field(default_factory=list)
    only_there: list[Theirs] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    is_read: bool = True  # whether their books were read at all

    @property
    def proposed(self) -> list[Pair]:
        """Pairs that agree in everything; a person says so."""
        return [each.proposed for each in self.only_here if each.proposed is not None]

    @property
    def agrees(self) -> bool:
        """Whether what customers owed was the same on both sides."""
        return not any(each.difference for each in self.sums)


def open_items(connection: Connection) -> OpenItems:
    """Everything that was open at the cut-off, read from our rows alone. Calls nobody.

    Raises ValueError where no cut-off is chosen.
    """
    desk = _Desk(connection)
    found = OpenItems(day=desk.day, is_read=bool(desk.theirs_customers))
    theirs = desk.theirs()
    tied = desk.tied({each.row.pk: each for each in theirs})
    items = {
        item.sync_record_id: item
        for item in OpeningItem.objects.filter(sync_record__connection=connection, unlinked_at=None)
    }
    linked_there: set[int] = set()
    alone: list[Ours] = []
    for each in desk.ours():
        record_pk, row = tied.get((each.kind, each.subject.pk), (None, None))
        if row is None:
            alone.append(each)
            continue
        item = items.get(record_pk or 0)
        linked_there.add(row.row.pk)
        # What went over before the cut-off was moved is linked too, and bears no item.
        found.linked.append(pair(each, row, item))
    found.only_there = [each for each in theirs if each.row.pk not in linked_there and each.open]
    found.only_here = [
        OnlyHere(ours=each, candidates=_candidates(each, found.only_there))
        for each in alone
        if each.open
    ]
    found.linked = [each for each in found.linked if each.ours.open or each.theirs.open]
    found.sums = _sums(found)
    return found


def ours_open(connection: Connection, subject: Linked) -> Ours:
    """One of ours at the cut-off."""
    return _Desk(connection).ours_of(subject)


def open_there(connection: Connection, row: RemoteRecord) -> Theirs:
    """One of theirs at the cut-off. Raises ValueError where it is no invoice, credit note or payment
    of before it."""
    found = [each for each in _Desk(connection).theirs([row.pk]) if each.row.pk == row.pk]
    if not found:
        raise ValueError(f"{row} is no open item.")
    return found[0]


def pair(ours: Ours, theirs: Theirs, item: OpeningItem | None = None) -> Pair:
    """Both beside each other: what differs, and why they cannot be one at all."""
    refusal, differences = "", []
    if ours.kind != theirs.kind:
        refusal = f"One is {_a(ours.kind)}, the other {_a(theirs.kind)}."
    elif ours.currency != theirs.currency:
        refusal = f"One is in {ours.currency}, the other in {theirs.currency}."
    elif not same_customer(ours, theirs):
        refusal = (
            f"One is of {ours.subject.customer}, the other of {theirs.customer}. If both are one "
            "customer, link these first."
        )
    if ours.kind == Kind.PAYMENT:
        if ours.dated != theirs.dated:
            differences.append(f"It is dated {day(ours.dated)} here and {day(theirs.dated)} there.")
    elif ours.number != theirs.number:
        differences.append(
            f"Its number is {ours.number} here and {theirs.number or 'empty'} there."
        )
    if ours.currency == theirs.currency and ours.open != theirs.open:
        differences.append(
            f"{money(ours.open, ours.currency)} are open here and "
            f"{money(theirs.open, ours.currency)} there, "
            f"{money(abs(theirs.open - ours.open), ours.currency)} "
            f"{'more' if theirs.open > ours.open else 'less'} there."
        )
    return Pair(
        ours=ours, theirs=theirs, differences=tuple(differences), refusal=refusal, item=item
    )


def same_customer(ours: Ours, theirs: Theirs) -> bool:
    """Linked with each other; or linked with nothing, and of one name."""
    if ours.customers or theirs.ours_customer is not None:
        return theirs.customer_id in ours.customers
    return folded(theirs.customer) == ours.customer


def folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _a(kind: Kind) -> str:
    return {Kind.INVOICE: "an invoice", Kind.CREDIT_NOTE: "a credit note"}.get(kind, "a payment")


def _candidates(ours: Ours, theirs: Iterable[Theirs]) -> list[Pair]:
    """What may be it: of its kind and customer, with its number or its open amount."""
    found = []
    for each in theirs:
        if each.kind != ours.kind:
            continue
        both = pair(ours, each)
        numbered = bool(ours.number) and ours.number == each.number
        # Another currency or customer under one number is shown, so that somebody sees why not.
        if (both.refusal and numbered) or (
            not both.refusal and (numbered or ours.open == each.open)
        ):
            found.append(both)
    found.sort(key=lambda each: (bool(each.refusal), len(each.differences), each.theirs.row.pk))
    return found[:MOST_CANDIDATES]


def _sums(found: OpenItems) -> list[Sum]:
    by_customer: dict[tuple[str, str], Sum] = {}

    def at(customer: str, currency: str) -> Sum:
        key = (folded(customer), currency)
        return by_customer.setdefault(key, Sum(customer=customer, currency=currency))

    for both in found.linked:
        line = at(str(both.ours.subject.customer), both.ours.currency)
        sign = SIGN[both.ours.kind]
        line.ours += sign * both.ours.open
        line.theirs += sign * both.theirs.open
        line.linked += sign * (both.theirs.open - both.ours.open)
    for here in found.only_here:
        line = at(str(here.ours.subject.customer), here.ours.currency)
        line.ours += SIGN[here.ours.kind] * here.ours.open
        line.only_here += SIGN[here.ours.kind] * here.ours.open
    names = dict(
        Customer.objects.filter(
            pk__in=[each.ours_customer for each in found.only_there if each.ours_customer]
        ).values_list("pk", "name")
    )
    for there in found.only_there:
        line = at(names.get(there.ours_customer or 0, there.customer), there.currency)
        line.theirs += SIGN[there.kind] * there.open
        line.only_there += SIGN[there.kind] * there.open
    return sorted(by_customer.values(), key=lambda each: (each.customer, each.currency))


# --- Reading both sides ---------------------------------------------------------------------------


class _Desk:
    """The rows of one connection that a list of open items looks at."""

    def __init__(self, connection: Connection) -> None:
        if connection.starts_on is None:
            raise ValueError("No cut-off is chosen.")
        self.connection = connection
        self.first = connection.starts_on
        self.day = self.first - timedelta(days=1)
        self.company = Company.objects.get(pk=connection.company_id)
        self.connector: Connector = open_connector(connection)
        rows = RemoteRecord.objects.filter(
            connection=connection, of_kind=Kind.CUSTOMER, part=""
        ).select_related("sync_record")
        self.theirs_customers = {each.remote_id: each for each in rows.defer("packed_raw")}
        self.ids: dict[int, set[str]] = defaultdict(set)
        for each in self.theirs_customers.values():
            record = each.sync_record
            if record is not None and record.customer_id is not None and not each.retired:
                self.ids[record.customer_id].add(each.remote_id)

    # --- Ours

    def ours(self) -> Iterator[Ours]:
        """What was open of ours, and what is linked whether or not it was."""
        shelves = self._open_then(None)
        for kind, model in MODELS.items():
            tied = SyncRecord.objects.filter(connection=self.connection, kind=kind, opening=True)
            keys = {pk for pk, amount in shelves[kind].items() if amount}
            keys |= set(tied.values_list(f"{kind.value}_id", flat=True))
            rows: list[Linked] = list(
                model._base_manager.select_related("customer").in_bulk(keys).values()
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
            customer=folded(row.customer.name),
            customers=frozenset(self.ids.get(row.customer_id, ())),
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
        open, and those that are asked for or stand for one of ours."""
        since = self._set_off_since()
        before = RemoteRecord.objects.filter(
            connection=self.connection,
            of_kind__in=OPEN_KINDS,
            part="",
            dated__lt=self.first,
            void=False,
            gone=False,
            unreadable="",
        ).order_by("dated", "pk")
        wanted = [
            pk
            for pk, kind, remote_id, balance, record in before.values_list(
                "pk", "of_kind", "remote_id", "balance", "sync_record"
            )
            if balance or record or (kind, remote_id) in since or (keys and pk in keys)
        ]
        found = []
        for start in range(0, len(wanted), AT_ONCE):
            some = before.filter(pk__in=wanted[start : start + AT_ONCE])
            for row in some.select_related("sync_record"):
                snapshot = as_object(row, self.connector).snapshot
                if isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot | PaymentSnapshot):
                    found.append(self._one(row, snapshot, since))
        return found

    def _one(
        self,
        row: RemoteRecord,
        snapshot: InvoiceSnapshot | CreditNoteSnapshot | PaymentSnapshot,
        since: Mapping[tuple[Kind, str], Decimal],
    ) -> Theirs:
        kind = Kind(row.of_kind)
        amount = (row.balance or ZERO) + since.get((kind, row.remote_id), ZERO)
        customer = self.theirs_customers.get(snapshot.customer_id)
        record = customer.sync_record if customer is not None and not customer.retired else None
        return Theirs(
            row=row,
            kind=kind,
            number=row.number,
            dated=row.dated or self.day,
            currency=snapshot.currency or row.currency or self.company.home_currency,
            open=amount,
            customer=customer.name if customer is not None else snapshot.customer_id,
            customer_id=snapshot.customer_id,
            ours_customer=record.customer_id if record is not None else None,
        )

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
        rows = RemoteRecord.objects.filter(
            connection=self.connection, of_kind__in=OPEN_KINDS, part="", dated__isnull=False
        )
        return {
            (kind, remote_id): dated
            for kind, remote_id, dated in rows.values_list("of_kind", "remote_id", "dated")
            if dated is not None
        }


def set_off_since(
    parts: Iterable[AllocationSnapshot], first: date, days: Mapping[tuple[str, str], date]
) -> Mapping[tuple[Kind, str], Decimal]:
    """What of these applications was not there before the cut-off, by both of its ends.

    One counts from its own date or, where that is later, from the date of either end.
    """
    found: dict[tuple[Kind, str], Decimal] = defaultdict(Decimal)
    for each in parts:
        ends = [(str(each.source), each.source_id), (str(each.target_kind), each.target_id)]
        on = max([each.applied_on, *(days[end] for end in ends if end in days)])
        if on < first or each.cancelled:
            continue
        for kind, remote_id in ends:
            if kind in set(OPEN_KINDS) and remote_id:
                found[Kind(kind), remote_id] += each.amount
    return found
