"""What going live sets off: how many records, how much money, how many calls, how long. Rows alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, Sum

from apps.billing.models import Document
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import OPEN_STATES, RemoteRecord, SyncRecord, rows_of
from apps.sync.want.drained import drained
from apps.sync.want.wishes import DOCUMENTS, ON_DEMAND, in_scope


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """Records of a kind; of documents what they come to in a currency, and from when they are."""

    kind: Kind
    count: int
    currency: str = ""
    total: Decimal | None = None
    tax: Decimal | None = None  # of the total
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstRun:
    """`parts`: documents and money by kind and currency. `customers` and `items` are made over
    there for them. `linked`: customers and items that stand there already and are made the same
    where they differ. `before`: documents that are dated before the cut-off and stay here. `until` is
    None where nothing goes."""

    parts: tuple[Part, ...]
    customers: int
    items: int
    linked: Mapping[Kind, int]
    before: int
    calls: int
    until: datetime | None

    @property
    def records(self) -> int:
        made = sum(part.count for part in self.parts) + self.customers + self.items
        return made + sum(self.linked.values())

    @property
    def first(self) -> date | None:
        """Of the earliest document that goes."""
        return min((part.first for part in self.parts if part.first), default=None)

    @property
    def minutes(self) -> int:
        """Rounded up; 1 where anything goes at all."""
        if self.until is None:
            return 0
        return max(1, -int(-(self.until - now()).total_seconds() // 60))


def first_run(connection: Connection) -> FirstRun:
    """Of what has not gone over yet, by the cut-off that is chosen. About two queries a kind."""
    kinds = [
        kind for kind in Kind if kind not in ON_DEMAND and connection.capabilities.may_have(kind)
    ]
    parts = tuple(part for kind in kinds for part in _parts(connection, kind))
    customers, items = _made_with(connection)
    linked = {kind: _linked(connection, kind) for kind in (Kind.CUSTOMER, Kind.ITEM)}
    due = sum(part.count for part in parts) + customers + items + sum(linked.values())
    estimate = drained(connection, due)
    return FirstRun(
        parts=parts,
        customers=customers,
        items=items,
        linked=linked,
        before=_before(connection),
        calls=estimate.calls,
        until=estimate.until,
    )


def _parts(connection: Connection, kind: Kind) -> list[Part]:
    rows = in_scope(connection, kind).exclude(sync_records__connection=connection)
    if kind not in DOCUMENTS:
        waiting = SyncRecord.objects.filter(
            connection=connection, kind=kind, state__in=OPEN_STATES
        ).count()
        count = rows.count() + waiting
        return [Part(kind=kind, count=count)] if count else []
    not_sent = in_scope(connection, kind).exclude(
        sync_records__connection=connection, sync_records__sent__gt=0
    )
    found = (
        not_sent.order_by("currency")
        .values("currency")
        .annotate(
            count=Count("pk"),
            total_of=Sum("total"),
            tax_of=Sum("tax"),
            first=Min("issue_date"),
            last=Max("issue_date"),
        )
        .values_list("currency", "count", "total_of", "tax_of", "first", "last")
    )
    return [
        Part(
            kind=kind,
            count=count,
            currency=currency,
            total=total,
            tax=tax,
            first=first,
            last=last,
        )
        for currency, count, total, tax, first, last in found
    ]


def _linked(connection: Connection, kind: Kind) -> int:
    """Linked with one of theirs, and never sent."""
    theirs = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False, gone=False)
    records = SyncRecord.objects.filter(
        Exists(theirs), connection=connection, kind=kind, sent=0, state__in=OPEN_STATES
    )
    return records.count()


def _made_with(connection: Connection) -> tuple[int, int]:
    """Customers and items of these documents that their books do not have."""
    customers: set[int] = set()
    items: set[int] = set()
    for kind in DOCUMENTS:
        documents = in_scope(connection, kind).exclude(
            sync_records__connection=connection, sync_records__sent__gt=0
        )
        customers |= set(documents.values_list("customer_id", flat=True).distinct())
        of_lines = documents.filter(lines__item__isnull=False)
        items |= set(of_lines.values_list("lines__item_id", flat=True).distinct())
    return _absent(connection, Kind.CUSTOMER, customers), _absent(connection, Kind.ITEM, items)


def _absent(connection: Connection, kind: Kind, keys: set[int]) -> int:
    """Neither sent nor linked with one of theirs."""
    linked = Q(remote_records__retired=False, remote_records__gone=False)
    there = SyncRecord.objects.filter(Q(sent__gt=0) | linked, connection=connection, kind=kind)
    stand_there = set(there.values_list(f"{kind.value}_id", flat=True))
    return len(keys - stand_there)


def _before(connection: Connection) -> int:
    """Documents that are issued and dated before the cut-off."""
    if connection.starts_on is None:
        return 0
    return sum(
        rows_of(kind)
        .filter(
            company=connection.company_id,
            status=Document.Status.ISSUED,
            issue_date__lt=connection.starts_on,
        )
        .count()
        for kind in DOCUMENTS
    )
