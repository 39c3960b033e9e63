"""Reads what is exported from the books, document by document, in memory that stays flat.

Documents come by date, a batch at a time with their lines: a fixed number of queries a batch,
whatever a document is made of. Amounts are as the books hold them, in document currency.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import QuerySet

from apps.billing.models import (
    Allocation,
    Company,
    CreditNote,
    CreditNoteLine,
    Customer,
    Document,
    Invoice,
    InvoiceLine,
    Item,
    Payment,
    TaxRate,
)
from apps.billing.models.customers import LEVELS
from apps.core.money import ZERO

BATCH: Final = 1000
Each = TypeVar("Each")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which records of a company. Days are those of the documents, both included."""

    company: Company
    since: date | None = None
    until: date | None = None
    open_only: bool = False  # of documents and payments: what is not settled yet
    with_void: bool = False

    def of_days(self, rows: "QuerySet[Any]", field: str) -> "QuerySet[Any]":
        if self.since is not None:
            rows = rows.filter(**{f"{field}__gte": self.since})
        if self.until is not None:
            rows = rows.filter(**{f"{field}__lte": self.until})
        return rows


class Line(NamedTuple):
    """One line of an issued document, as it was frozen. Amounts are without tax."""

    position: int
    item_id: int | None
    item_code: str
    item_name: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal | None
    discount_amount: Decimal | None
    discount_net: Decimal
    tax_rate_id: int | None
    tax_code: str
    tax_percent: Decimal | None
    net: Decimal
    tax: Decimal
    origin_line: int | None = None  # of a credit note: which line of its invoice it takes back


class Head(NamedTuple):
    """An invoice or a credit note without its lines."""

    pk: int
    number: str
    status: str
    day: date
    currency: str
    rate: Decimal
    rate_day: date | None
    rate_source: str
    supply_day: date | None
    customer_id: int
    customer: str
    customer_code: str
    email: str
    address_lines: str
    city: str
    region: str
    postal_code: str
    country: str
    tax_number: str
    order: str
    message: str
    tax_mode: str
    discount_percent: Decimal | None
    discount_amount: Decimal | None
    net: Decimal
    tax: Decimal
    total: Decimal
    due_day: date
    terms: str
    open: Decimal
    origin: str  # the number of the invoice that a credit note takes back
    reason: str
    bad_debt: str  # the number of the document whose bad debt it books, or books again
    is_credit: bool

    @property
    def called(self) -> str:
        return f"{'Credit note' if self.is_credit else 'Invoice'} {self.number}"


@dataclass(slots=True)
class Sold:
    head: Head
    lines: list[Line]


_BOTH: Final = (
    "pk",
    "number",
    "status",
    "issue_date",
    "currency",
    "exchange_rate",
    "exchange_rate_date",
    "exchange_rate_source",
    "supply_date",
    "customer_id",
    "customer__name",
    "customer__code",
    "customer__email",
    "customer__address_lines",
    "customer__city",
    "customer__region",
    "customer__postal_code",
    "customer__country",
    "customer__tax_number",
    "purchase_order_number",
    "message",
    "tax_mode",
    "discount_percent",
    "discount_amount",
    "net",
    "tax",
    "total",
)
_LINE: Final = (
    "document_id",
    "position",
    "item_id",
    "item_code",
    "item__name",
    "description",
    "quantity",
    "unit_price",
    "discount_percent",
    "discount_amount",
    "discount_net",
    "tax_rate_id",
    "tax_code",
    "tax_percent",
    "net",
    "tax",
)

_OF_INVOICES: Final = ("due_date", "terms_text", "balance_due", "recovers__number")
_OF_CREDITS: Final = ("open_credit", "invoice__number", "reason", "relieves__number")


def documents(choice: Choice) -> Iterator[Sold]:
    """Invoices, then credit notes; each by date, with its lines in their order."""
    yield from _with_lines(map(_invoice, _rows(choice, Invoice, *_OF_INVOICES)), InvoiceLine, _LINE)
    yield from _with_lines(
        map(_note, _rows(choice, CreditNote, *_OF_CREDITS)),
        CreditNoteLine,
        (*_LINE, "invoice_line__position"),
    )


def count_documents(choice: Choice) -> tuple[int, int]:
    """How many invoices and how many credit notes."""
    return _chosen(choice, Invoice).count(), _chosen(choice, CreditNote).count()


def _chosen(choice: Choice, model: type[Document]) -> "QuerySet[Any]":
    states = [Document.Status.ISSUED, *([Document.Status.VOID] if choice.with_void else [])]
    rows: QuerySet[Any] = model._default_manager.filter(company=choice.company, status__in=states)
    if choice.open_only:
        rows = rows.filter(**{"balance_due__gt" if model is Invoice else "open_credit__gt": 0})
    return choice.of_days(rows, "issue_date")


def _rows(choice: Choice, model: type[Document], *own: str) -> Iterator[tuple[Any, ...]]:
    rows = _chosen(choice, model).order_by("issue_date", "pk")
    return rows.values_list(*_BOTH, *own).iterator(chunk_size=BATCH)


def _invoice(row: tuple[Any, ...]) -> Head:
    *both, due_day, terms, left, recovers = row
    return Head._make([*both, due_day or both[3], terms, left, "", "", recovers or "", False])


def _note(row: tuple[Any, ...]) -> Head:
    *both, left, origin, reason, relieves = row
    return Head._make([*both, both[3], "", left, origin or "", reason, relieves or "", True])


def _with_lines(heads: Iterable[Head], lines: Any, columns: tuple[str, ...]) -> Iterator[Sold]:
    for batch in batches(heads, BATCH):
        found: dict[int, list[Line]] = defaultdict(list)
        rows = lines.objects.filter(document__in=[each.pk for each in batch])
        for document_id, *row in rows.order_by("document", "position").values_list(*columns):
            found[document_id].append(Line(*row))
        for head in batch:
            yield Sold(head, found[head.pk])


def batches(rows: Iterable[Each], size: int) -> Iterator[list[Each]]:
    coming = iter(rows)
    while batch := list(islice(coming, size)):
        yield batch


# --- Customers, items, tax rates ------------------------------------------------------------------


def customers(choice: Choice, *, all_of_them: bool = False) -> Iterator[Customer]:
    """Those in use, or all, by name, and those above others before them; one that was merged into
    another stays out."""
    rows = _masters(Customer, choice, all_of_them).select_related("terms", "parent", "tax_rate")
    for level in range(LEVELS):
        above = "__".join(["parent"] * (level + 1))
        at_level = rows.filter(**{above: None})
        if level:
            at_level = at_level.exclude(**{above.removesuffix("__parent"): None})
        yield from at_level.order_by("name", "pk").iterator(BATCH)


def items(choice: Choice, *, all_of_them: bool = False) -> Iterator[Item]:
    """Those in use, or all, by code; one that was merged into another stays out."""
    rows = _masters(Item, choice, all_of_them).select_related("tax_rate", "company")
    yield from rows.order_by("code", "pk").iterator(BATCH)


def _masters(
    model: type[Customer] | type[Item], choice: Choice, all_of_them: bool
) -> "QuerySet[Any]":
    rows: QuerySet[Any] = model.objects.filter(company=choice.company, merged_into=None)
    return rows if all_of_them else rows.filter(active=True)


def tax_rates(choice: Choice) -> Iterator[TaxRate]:
    """By code, and one that others follow before them."""
    rows = TaxRate.objects.filter(company=choice.company).prefetch_related("components__agency")
    waiting = [*rows.select_related("follows").order_by("code", "pk")]
    told: set[int | None] = {None}
    while waiting:
        ready = [each for each in waiting if each.follows_id in told]
        yield from ready or waiting
        told |= {each.pk for each in ready or waiting}
        waiting = [each for each in waiting if each.pk not in told]


# --- Payments -------------------------------------------------------------------------------------


@dataclass(slots=True)
class Part:
    """What of a payment settles one invoice; without an invoice, what is left on account."""

    invoice: str
    day: date | None
    amount: Decimal


@dataclass(slots=True)
class Received:
    payment: Payment
    parts: list[Part]


def payments(choice: Choice) -> Iterator[Received]:
    """Payments received, by date, each with what it settles today, invoice by invoice.

    What it settles that is no invoice of ours (a refund, a document of other books) is part of no
    row: the amount of the payment says all of it.
    """
    rows: QuerySet[Any] = Payment.objects.filter(
        company=choice.company, status=Payment.Status.RECEIVED
    )
    if choice.open_only:
        rows = rows.filter(on_account__gt=0)
    rows = choice.of_days(rows, "date").select_related("customer", "method").order_by("date", "pk")
    for batch in batches(rows.iterator(BATCH), BATCH):
        parts: dict[int | None, list[Part]] = defaultdict(list)
        standing = Allocation.objects.filter(
            payment__in=batch, reversed_on=None, invoice__isnull=False
        ).order_by("pk")
        for payment_id, number, day, amount in standing.values_list(
            "payment_id", "invoice__number", "date", "amount"
        ):
            parts[payment_id].append(Part(number or "", day, amount))
        for payment in batch:
            yield Received(payment, parts[payment.pk] or [Part("", None, ZERO)])
