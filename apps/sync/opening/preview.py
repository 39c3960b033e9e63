"""What falls on each side of a cut-off, before anybody says that it holds. Nothing is signed here."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Count, Q, QuerySet, Sum, When
from django.db.models.functions import Coalesce

from apps.billing.models import CreditNote, Invoice, Payment
from apps.billing.models.documents import Document
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.sync.models import RemoteRecord

LITTLE = 10  # documents and payments before a day, so few that they can be looked at one by one
LISTED = 8  # of what is open, by amount; the rest stands on its own page

COUNTED: Mapping[Kind, str] = {
    Kind.INVOICE: "Invoices",
    Kind.CREDIT_NOTE: "Credit notes",
    Kind.PAYMENT: "Payments",
}


@dataclass(kw_only=True, slots=True)
class Heap:
    """Records on one side of the day: how many, and what they come to per currency."""

    count: int = 0
    amounts: dict[str, Decimal] = field(default_factory=dict)


@dataclass(kw_only=True, slots=True)
class Row:
    """A kind: what stands here and there before the day, and from it on."""

    words: str
    here_before: Heap = field(default_factory=Heap)
    here_since: Heap = field(default_factory=Heap)
    there_before: Heap = field(default_factory=Heap)
    there_since: Heap = field(default_factory=Heap)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenOne:
    """Of before the day, and open today."""

    number: str
    customer: str
    dated: date | None
    open: Decimal
    currency: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    day: date
    rows: Sequence[Row]
    open_here: int
    open_there: int
    listed_here: Sequence[OpenOne]
    listed_there: Sequence[OpenOne]

    @property
    def since_here(self) -> int:
        """Documents and payments of ours from the day on."""
        return sum(each.here_since.count for each in self.rows)

    @property
    def since_there(self) -> int:
        return sum(each.there_since.count for each in self.rows)

    @property
    def before(self) -> int:
        """How much stands before the day, on either side."""
        return sum(each.here_before.count + each.there_before.count for each in self.rows)


@dataclass(frozen=True, kw_only=True, slots=True)
class Proposed:
    """A cut-off that is recommended, and why, in a sentence."""

    day: date
    why: str


def preview_of(connection: Connection, day: date) -> Preview:
    """From our rows alone, in a fixed number of queries. What is open is so today."""
    rows = {kind: Row(words=words) for kind, words in COUNTED.items()}
    for kind, ours, dated, amount in _ours(connection):
        for before, currency, count, total in _heaped(ours, Q(**{f"{dated}__lt": day}), amount):
            _add(
                rows[kind].here_before if before else rows[kind].here_since, currency, count, total
            )
    for kind, row in rows.items():
        theirs = _theirs(connection).filter(of_kind=kind, dated__isnull=False)
        for before, currency, count, total in _heaped(theirs, Q(dated__lt=day), "amount"):
            named = currency or connection.home_currency
            _add(row.there_before if before else row.there_since, named, count, total)
    open_here = Invoice.objects.filter(
        company=connection.company_id,
        status=Document.Status.ISSUED,
        issue_date__lt=day,
        balance_due__gt=0,
    )
    open_there = (
        _theirs(connection).filter(of_kind=Kind.INVOICE, dated__lt=day).exclude(balance=0)
    ).exclude(balance=None)
    return Preview(
        day=day,
        rows=list(rows.values()),
        open_here=open_here.count(),
        open_there=open_there.count(),
        listed_here=[
            OpenOne(
                number=each.number or "",
                customer=str(each.customer),
                dated=each.issue_date,
                open=each.balance_due,
                currency=each.currency,
            )
            for each in open_here.select_related("customer").order_by("-balance_due", "pk")[:LISTED]
        ],
        listed_there=_listed_there(connection, open_there),
    )


def proposed_cut_off(connection: Connection) -> Proposed:
    """The first of the next month; of this one where little stands before it and it is open."""
    today = connection.company.today()
    first = today.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    locked = connection.remote_closing_date
    if locked is not None and locked >= following:
        day = locked + timedelta(days=1)
        name = connection.system_name
        return Proposed(day=day, why=f"{name} is locked up to the day before.")
    before = 0 if locked is not None and locked >= first else _before(connection, first)
    if (locked is None or locked < first) and before <= LITTLE:
        words = (
            f"little stands before it ({before} in all)" if before else "nothing stands before it"
        )
        return Proposed(
            day=first, why=f"It is the first of this month, and {words} on either side."
        )
    return Proposed(
        day=following,
        why="A month begins with it, so that each month is kept in one way; and there is time to "
        "link what is open until then.",
    )


def _before(connection: Connection, day: date) -> int:
    """How much stands before a day, on either side; counted no further than is asked."""
    found = 0
    for _, ours, dated, _ in _ours(connection):
        found += ours.filter(**{f"{dated}__lt": day})[: LITTLE + 1].count()
    theirs = _theirs(connection).filter(of_kind__in=list(COUNTED), dated__lt=day)
    return int(found + theirs[: LITTLE + 1].count())


def _ours(connection: Connection) -> Iterable[tuple[Kind, QuerySet[Any], str, str]]:
    of_company = Q(company=connection.company_id)
    issued = Q(status=Document.Status.ISSUED)
    return (
        (Kind.INVOICE, Invoice.objects.filter(of_company, issued), "issue_date", "total"),
        (Kind.CREDIT_NOTE, CreditNote.objects.filter(of_company, issued), "issue_date", "total"),
        (
            Kind.PAYMENT,
            Payment.objects.filter(of_company, status=Payment.Status.RECEIVED),
            "date",
            "amount",
        ),
    )


def _theirs(connection: Connection) -> QuerySet[RemoteRecord]:
    return RemoteRecord.objects.filter(
        connection=connection, part="", void=False, gone=False, unreadable=""
    ).defer("packed_raw")


def _heaped(
    rows: QuerySet[Any], before: Q, amount: str
) -> Iterable[tuple[bool, str, int, Decimal]]:
    found = (
        rows.order_by()
        .annotate(is_before=Case(When(before, then=True), default=False))
        .values_list("is_before", "currency")
        .annotate(Count("pk"), total_there=Coalesce(Sum(amount), ZERO))
    )
    return list(found)


def _add(heap: Heap, currency: str, count: int, total: Decimal) -> None:
    heap.count += count
    heap.amounts[currency] = heap.amounts.get(currency, ZERO) + total


def _listed_there(connection: Connection, rows: QuerySet[RemoteRecord]) -> list[OpenOne]:
    found = list(rows.order_by("-balance", "pk")[:LISTED])
    names = dict(
        RemoteRecord.objects.filter(
            connection=connection,
            of_kind=Kind.CUSTOMER,
            remote_id__in={each.customer_id_there for each in found},
        ).values_list("remote_id", "name")
    )
    return [
        OpenOne(
            number=each.number,
            customer=names.get(each.customer_id_there, ""),
            dated=each.dated,
            open=each.balance or ZERO,
            currency=each.currency or connection.home_currency,
        )
        for each in found
    ]
