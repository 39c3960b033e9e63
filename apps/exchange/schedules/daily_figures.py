"""What the daily report tells of a company's accounting days: records, and what stands open.

A day has what bears its date and was entered by its end; what is dated ahead is told on its date.
What is entered later for an older day is told on the day on which it was entered, as such: so each
record is told once, and no report changes a figure that another has told. The same holds for what
is void or cancelled, by the day of the act and the moment at which it was entered.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.urls import reverse

from apps.billing.acts.depositing import bank_currency, bank_line, proposed_deposits
from apps.billing.models import Company, CreditNote, Customer, Invoice, Payment, Refund
from apps.core.money import ZERO
from apps.exchange.printing.open_items import ItemKind, OpenItem, open_items
from apps.exchange.schedules.amendments import amended, told_before
from apps.exchange.schedules.report_words import Phrase
from apps.sync.models import RemoteRecord, State, SyncRecord


class Part(StrEnum):
    """The parts of the report, in their order, by their titles."""

    INVOICES = "Invoices issued"
    PAYMENTS = "Payments received"
    CREDIT_NOTES = "Credit notes"
    PAID_OUT = "Refunded or returned"
    TAKEN_BACK = "Voided or cancelled"
    LATER = "Entered later, for an earlier day"
    AMENDED = "Amended since it was told"
    FAILED = "Failed to sync"
    OVERDUE = "Overdue"
    UNAPPLIED = "Unapplied cash and credits"
    CLEARING = "In clearing, not banked yet"


OF_THE_DAY = (
    Part.INVOICES, Part.PAYMENTS, Part.CREDIT_NOTES, Part.PAID_OUT, Part.TAKEN_BACK, Part.LATER, Part.AMENDED,
    Part.FAILED,
)  # fmt: skip
BY_AGE = (Part.OVERDUE, Part.UNAPPLIED, Part.CLEARING)
AGES = ((30, "up to 30 days"), (60, "31–60 days"), (90, "61–90 days"))
OLDEST = "over 90 days"


@dataclass(frozen=True, kw_only=True, slots=True)
class Told:
    """One record of a part. `kind`: what it is; `days`: how old or overdue it is; `phrases`: what
    happened; `why`: the same, and what to do, as it was written by others."""

    record: str
    kind: str = ""
    customer: str = ""
    dated: date | None = None
    currency: str = ""
    amount: Decimal | None = None
    days: int | None = None
    phrases: tuple[Phrase, ...] = ()
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


def by_kind(rows: Iterable[Told]) -> dict[str, list[Told]]:
    """In the order in which the kinds first come: an invoice and its payment are no sum."""
    found: dict[str, list[Told]] = {}
    for row in rows:
        found.setdefault(row.kind, []).append(row)
    return found


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
            Part.INVOICES: list(map(_document, _each(window.invoices()))),
            Part.PAYMENTS: list(map(_money, _each(window.money(Payment)))),
            Part.CREDIT_NOTES: list(map(_document, _each(window.documents(CreditNote)))),
            Part.PAID_OUT: list(map(_money, _each(window.money(Refund)))),
            Part.TAKEN_BACK: list(window.taken_back()),
            Part.LATER: list(window.later()),
            Part.AMENDED: list(window.amended()),
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


def _each(rows: "QuerySet[Any]") -> Iterator[Any]:
    """As they come: on the day of a large import there are half a million of them."""
    return rows.iterator(chunk_size=1000)


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

    def invoices(self) -> "QuerySet[Invoice]":
        """Without those that an earlier day told under another date."""
        rows = self.documents(Invoice)
        return rows.exclude(pk__in=told_before(rows, self.company, self.first))

    def amended(self) -> Iterator[Told]:
        """Each with what it came to be more or less, so that all reports add up to the books."""
        for invoice, total, dated in amended(self.company, (self.begins, self.ends)):
            sums: dict[str, Decimal | date | str] = {
                "now": invoice.total,
                "was": total,
                "currency": invoice.currency,
            }
            moved = [] if dated == invoice.issue_date else [Phrase("dated_before", {"day": dated})]
            told = _document(invoice, Phrase("amended", sums), *moved)
            yield replace(told, amount=invoice.total - total)

    def money(self, model: type[Any]) -> "QuerySet[Any]":
        return self._moved(model).filter(
            date__gte=self.first, date__lte=self.last, created_at__lt=self.ends
        )

    def later(self) -> Iterator[Told]:
        for model in (Invoice, CreditNote):
            entered = self._issued(model).filter(
                issue_date__lt=self.first, issued_at__gte=self.begins, issued_at__lt=self.ends
            )
            yield from map(_document, _each(entered))
        for moved in (Payment, Refund):
            money = self._moved(moved).filter(
                date__lt=self.first, created_at__gte=self.begins, created_at__lt=self.ends
            )
            yield from map(_money, _each(money))

    def taken_back(self) -> Iterator[Told]:
        for model in (Invoice, CreditNote):
            for each in _each(self._ended(model, "void", "voided_on", "issue_date")):
                why = [Phrase("voided", {"reason": each.void_reason})] if each.void_reason else []
                yield _document(each, *why)
        for moved in (Payment, Refund):
            for money in _each(self._ended(moved, "cancelled", "cancelled_on", "date")):
                yield _money(money, Phrase("cancelled", {}))

    def _ended(self, model: type[Any], status: str, day: str, dated: str) -> "QuerySet[Any]":
        """Those whose act bears a day of these and was entered by their end, and those of an earlier
        day whose act was entered meanwhile: a second person approves it on another day."""
        written = model.history.filter(id=OuterRef("pk"), status=status).order_by("history_date")
        rows: QuerySet[Any] = model._default_manager.filter(company=self.company, status=status)
        rows = rows.annotate(entered=Subquery(written.values("history_date")[:1]))
        in_time = Q(**{f"{day}__range": (self.first, self.last)}) & (
            Q(entered=None) | Q(entered__lt=self.ends)
        )
        late = Q(**{f"{day}__lt": self.first}, entered__gte=self.begins, entered__lt=self.ends)
        return rows.filter(in_time | late).select_related("customer").order_by(dated, "pk")

    def _issued(self, model: type[Any]) -> "QuerySet[Any]":
        rows: QuerySet[Any] = model._default_manager.filter(
            company=self.company, status__in=("issued", "void")
        )
        return rows.select_related("customer").order_by("issue_date", "pk")

    def _moved(self, model: type[Any]) -> "QuerySet[Any]":
        rows: QuerySet[Any] = model._default_manager.filter(company=self.company)
        return rows.select_related("customer").order_by("date", "pk")


def _names(items: Iterable[OpenItem]) -> dict[int, str]:
    keys = sorted({each.customer_id for each in items})
    found: dict[int, str] = {}
    for start in range(0, len(keys), 500):
        rows = Customer.objects.filter(pk__in=keys[start : start + 500])
        found.update(rows.values_list("pk", "name"))
    return found


def _document(document: Any, *phrases: Phrase) -> Told:
    sign = -1 if isinstance(document, CreditNote) else 1
    return Told(
        record=str(document.number),
        kind=_kind_of(document),
        customer=document.customer.name,
        dated=document.issue_date,
        currency=document.currency,
        amount=sign * document.total,
        phrases=phrases,
        link=address("billing", document._meta.model_name, document.pk),
    )


def _kind_of(document: Any) -> str:
    """A bad debt is no credit to a customer, and what is booked again of it no sale."""
    if isinstance(document, CreditNote):
        return "Bad debt written off" if document.relieves_id is not None else "Credit note"
    return "Bad debt booked again" if document.recovers_id is not None else "Invoice"


def _money(money: Payment | Refund, *phrases: Phrase) -> Told:
    """What went out is below nil. A refund is called what it was: a bank took it back, or we paid it."""
    kind = money.get_why_display() if isinstance(money, Refund) else "Payment"
    return Told(
        record=money.reference or kind,
        kind=kind,
        customer=money.customer.name,
        dated=money.date,
        currency=money.currency,
        amount=-money.amount if isinstance(money, Refund) else money.amount,
        phrases=phrases,
        link=address("billing", money._meta.model_name or "", money.pk),
    )


def _failed(company: Company) -> Iterator[Told]:
    """What a person must see to, as it stands now: an older failure that stands is told again."""
    rows = SyncRecord.objects.filter(connection__company=company, state=State.NEEDS_PERSON)
    rows = rows.select_related("connection", *KINDS, *TARGETS).order_by("kind", "pk")
    for record in _each(rows):
        yield Told(
            record=f"{record.subject} → {record.connection}",
            kind="Not sent",
            why=f"{record.sentence} {record.remedy}".strip(),
            link=address("sync", "syncrecord", record.pk),
        )
    arrived = RemoteRecord.objects.filter(
        connection__company=company, arrival=RemoteRecord.Arrival.NEEDS_PERSON
    ).defer("packed_raw")
    for there in _each(arrived.select_related("connection").order_by("kind", "pk")):
        yield Told(
            record=f"{there} ← {there.connection}",
            kind="Arrived, not applied",
            why=f"{there.sentence} {there.remedy}".strip(),
            link=address("sync", "remoterecord", there.pk),
        )


KINDS = ("customer", "item", "invoice", "credit_note", "payment", "allocation", "adjustment",
         "refund", "deposit")  # fmt: skip
# What an allocation is called by.
TARGETS = ("allocation__invoice", "allocation__refund", "allocation__charge")
WORDS = {
    ItemKind.INVOICE: "Invoice",
    ItemKind.CREDIT_NOTE: "Credit note",
    ItemKind.PAYMENT: "Payment",
    ItemKind.REFUND: "Refund",
    ItemKind.RETURNED: "Payment returned",
    ItemKind.DEBITED: "Adjustment",
    ItemKind.DEDUCTION: "Deduction",
}


def _open(item: OpenItem, days: int, names: dict[int, str], sign: int = 1) -> Told:
    return Told(
        record=item.number or WORDS[item.kind],
        kind=WORDS[item.kind],
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
            kind = "Payment" if isinstance(each, Payment) else "Refund"
            yield Told(
                record=each.reference or kind,
                kind=kind,
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
