"""What the daily report tells of a company's accounting days: records, and what stands open.

A day has what bears its date and was entered by its end; what is dated ahead is told on its date.
What is entered later for an older day is told on the day on which it was entered, as such: so each
record is told once, and no report changes a figure that another has told.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from apps.billing.acts.depositing import bank_currency, bank_line, proposed_deposits
from apps.billing.models import Company, CreditNote, Customer, Invoice, Payment, Refund
from apps.core.money import ZERO
from apps.exchange.printing.open_items import ItemKind, OpenItem, open_items
from apps.sync.models import State, SyncRecord


class Part(StrEnum):
    """The parts of the report, in their order, by their titles."""

    INVOICES = "Invoices issued"
    PAYMENTS = "Payments received"
    CREDIT_NOTES = "Credit notes"
    TAKEN_BACK = "Voided or cancelled"
    LATER = "Entered later, for an earlier day"
    FAILED = "Failed to sync"
    OVERDUE = "Overdue"
    UNAPPLIED = "Unapplied cash and credits"
    CLEARING = "In clearing, not banked yet"


OF_THE_DAY = (
    Part.INVOICES, Part.PAYMENTS, Part.CREDIT_NOTES, Part.TAKEN_BACK, Part.LATER, Part.FAILED,
)  # fmt: skip
BY_AGE = (Part.OVERDUE, Part.UNAPPLIED, Part.CLEARING)
AGES = ((30, "up to 30 days"), (60, "31–60 days"), (90, "61–90 days"))
OLDEST = "over 90 days"


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One record of a part. `days`: how old or overdue it is; `why`: what happened, what to do."""

    record: str
    customer: str = ""
    dated: date | None = None
    currency: str = ""
    amount: Decimal | None = None
    days: int | None = None
    why: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    company: Company
    first: date
    last: date
    parts: dict[Part, list[Told]] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Nothing happened; what stands open does so each day."""
        return not any(self.parts[each] for each in OF_THE_DAY)


def totals(rows: Iterable[Told]) -> dict[str, Decimal]:
    """Per currency, never added up across."""
    found: dict[str, Decimal] = {}
    for row in rows:
        if row.amount is not None:
            found[row.currency] = found.get(row.currency, ZERO) + row.amount
    return dict(sorted(found.items()))


def by_age(rows: Iterable[Told]) -> dict[str, dict[str, Decimal]]:
    """Currency → age → amount; ages without any are left out."""
    found: dict[str, dict[str, Decimal]] = {}
    for row in sorted(rows, key=lambda each: (each.currency, each.days or 0)):
        ages = found.setdefault(row.currency, {})
        age = next((words for most, words in AGES if (row.days or 0) <= most), OLDEST)
        ages[age] = ages.get(age, ZERO) + (row.amount or ZERO)
    return found


def report(company: Company, first: date, last: date) -> Report:
    """Of the days from `first` to `last`, both included, which have ended."""
    window = _Window(company, first, last)
    open_then = open_items(company, last)
    names = _names(open_then)
    return Report(
        company=company,
        first=first,
        last=last,
        parts={
            Part.INVOICES: [_document(each) for each in window.documents(Invoice)],
            Part.PAYMENTS: [_payment(each) for each in window.payments()],
            Part.CREDIT_NOTES: [_document(each) for each in window.documents(CreditNote)],
            Part.TAKEN_BACK: list(window.taken_back()),
            Part.LATER: list(window.later()),
            Part.FAILED: list(_failed(company)),
            Part.OVERDUE: [
                _open(each, each.days_overdue, names)
                for each in open_then
                if each.kind == ItemKind.INVOICE and each.days_overdue > 0
            ],
            Part.UNAPPLIED: [
                _open(each, (last - each.dated).days, names, sign=-1)
                for each in open_then
                if each.open < 0
            ],
            Part.CLEARING: list(_in_clearing(company, last)),
        },
    )


class _Window:
    """The accounting days, and the moments between which they were the day."""

    def __init__(self, company: Company, first: date, last: date) -> None:
        self.company, self.first, self.last = company, first, last
        zone = ZoneInfo(company.time_zone)
        self.begins = datetime.combine(first, time(), zone)
        self.ends = datetime.combine(last + timedelta(days=1), time(), zone)

    def documents(self, model: type[Any]) -> "QuerySet[Any]":
        return self._issued(model).filter(
            issue_date__gte=self.first, issue_date__lte=self.last, issued_at__lt=self.ends
        )

    def payments(self) -> "QuerySet[Payment]":
        return self._payments().filter(
            date__gte=self.first, date__lte=self.last, created_at__lt=self.ends
        )

    def later(self) -> Iterator[Told]:
        for model in (Invoice, CreditNote):
            entered = self._issued(model).filter(
                issue_date__lt=self.first, issued_at__gte=self.begins, issued_at__lt=self.ends
            )
            yield from map(_document, entered)
        money = self._payments().filter(
            date__lt=self.first, created_at__gte=self.begins, created_at__lt=self.ends
        )
        yield from map(_payment, money)

    def taken_back(self) -> Iterator[Told]:
        for model in (Invoice, CreditNote):
            void = model._default_manager.filter(
                company=self.company, voided_on__gte=self.first, voided_on__lte=self.last
            )
            for each in void.select_related("customer").order_by("issue_date", "pk"):
                yield _document(each, why=f"Voided: {each.void_reason}" if each.void_reason else "")
        gone = Payment.objects.filter(
            company=self.company, cancelled_on__gte=self.first, cancelled_on__lte=self.last
        )
        for payment in gone.select_related("customer").order_by("date", "pk"):
            yield _payment(payment, why="Cancelled")

    def _issued(self, model: type[Any]) -> "QuerySet[Any]":
        rows: QuerySet[Any] = model._default_manager.filter(
            company=self.company, status__in=("issued", "void")
        )
        return rows.select_related("customer").order_by("issue_date", "pk")

    def _payments(self) -> "QuerySet[Payment]":
        rows = Payment.objects.filter(company=self.company)
        found: QuerySet[Payment] = rows.select_related("customer").order_by("date", "pk")
        return found


def _names(items: Iterable[OpenItem]) -> dict[int, str]:
    keys = sorted({each.customer_id for each in items})
    found: dict[int, str] = {}
    for start in range(0, len(keys), 500):
        rows = Customer.objects.filter(pk__in=keys[start : start + 500])
        found.update(rows.values_list("pk", "name"))
    return found


def _document(document: Any, why: str = "") -> Told:
    sign = -1 if isinstance(document, CreditNote) else 1
    return Told(
        record=str(document.number),
        customer=document.customer.name,
        dated=document.issue_date,
        currency=document.currency,
        amount=sign * document.total,
        why=why,
        link=address("billing", document._meta.model_name, document.pk),
    )


def _payment(payment: Payment, why: str = "") -> Told:
    return Told(
        record=payment.reference or "Payment",
        customer=payment.customer.name,
        dated=payment.date,
        currency=payment.currency,
        amount=payment.amount,
        why=why,
        link=address("billing", "payment", payment.pk),
    )


def _failed(company: Company) -> Iterator[Told]:
    """What a person must see to, as it stands now: an older failure that stands is told again."""
    rows = SyncRecord.objects.filter(connection__company=company, state=State.NEEDS_PERSON)
    for record in rows.select_related("connection", *KINDS).order_by("kind", "pk"):
        yield Told(
            record=f"{record.subject} → {record.connection}",
            why=f"{record.sentence} {record.remedy}".strip(),
            link=address("sync", "syncrecord", record.pk),
        )


KINDS = ("customer", "item", "invoice", "credit_note", "payment", "allocation", "adjustment",
         "refund", "deposit")  # fmt: skip
WORDS = {
    ItemKind.INVOICE: "Invoice",
    ItemKind.CREDIT_NOTE: "Credit note",
    ItemKind.PAYMENT: "Payment",
    ItemKind.REFUND: "Refund",
    ItemKind.DEBITED: "Adjustment",
    ItemKind.DEDUCTION: "Deduction",
}


def _open(item: OpenItem, days: int, names: dict[int, str], sign: int = 1) -> Told:
    return Told(
        record=item.number or WORDS[item.kind],
        customer=names[item.customer_id],
        dated=item.dated,
        currency=item.currency,
        amount=sign * item.open,
        days=days,
    )


def _in_clearing(company: Company, last: date) -> Iterator[Told]:
    for proposed in proposed_deposits(company, last):
        members: list[Payment | Refund] = [*proposed.payments, *proposed.refunds]
        for each in members:
            yield Told(
                record=each.reference or ("Payment" if isinstance(each, Payment) else "Refund"),
                customer=each.customer.name,
                dated=each.date,
                currency=bank_currency(each),
                amount=bank_line(each),
                days=(last - each.date).days,
                why=str(proposed.method),
            )


def address(app: str, model: str, key: int) -> str:
    """Of a record's page, which asks to sign in."""
    return settings.SITE_URL.rstrip("/") + reverse(f"admin:{app}_{model}_change", args=[key])
