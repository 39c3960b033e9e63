"""What happened to invoices and credit notes: issued, paid, overdue by an act, voided."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.billing.models import Allocation, Change, Company, CreditNote, Document, Invoice
from apps.triggers.events.facts import Changes, Fact, made
from apps.triggers.models import EventType

Values = Mapping[str, Any]
Status = Document.Status
NAMES = ("pk", "status", "issued_at", "revision")
OF_INVOICES = (*NAMES, "due_date", "paid", "balance_due")


def credit_note_facts(changes: Changes) -> Iterator[Fact]:
    keys = changes.keys("credit_note")
    for note in CreditNote.objects.filter(pk__in=keys).values(*NAMES) if keys else ():
        change = _issued_with(changes, "credit_note", note)
        if change is not None:
            yield made(
                EventType.CREDIT_NOTE_ISSUED,
                change,
                happened_at=note["issued_at"],
                revision=note["revision"],
            )


def invoice_facts(changes: Changes, company: Company) -> Iterator[Fact]:
    """Of invoices that were changed, and of those whose allocations were."""
    allocations = _allocations(changes)
    keys = changes.keys("invoice") | {each["invoice_id"] for each in allocations}
    if not keys:
        return
    rows = Invoice.objects.filter(pk__in=keys).values(*OF_INVOICES)
    invoices = {each["pk"]: each for each in rows}
    for invoice in invoices.values():
        change = _issued_with(changes, "invoice", invoice)
        if change is not None:
            yield made(
                EventType.INVOICE_ISSUED,
                change,
                happened_at=invoice["issued_at"],
                revision=invoice["revision"],
            )
    yield from _paid(changes, invoices, allocations)
    yield from _overdue(changes, invoices, allocations, company)
    yield from _voided(changes, invoices)


def overdue_from(due: date, company: Company) -> datetime:
    """The midnight after a due date, by the company's calendar."""
    day = due + timedelta(days=1)
    return datetime.combine(day, time.min, tzinfo=ZoneInfo(company.time_zone))


def _issued_with(changes: Changes, kind: str, document: Values) -> Change | None:
    """The change that it was issued with, where that is among these."""
    if document["status"] == Status.DRAFT or document["issued_at"] is None:
        return None
    return changes.at(kind, document["pk"], document["issued_at"])


def _allocations(changes: Changes) -> list[Values]:
    keys = changes.keys("allocation")
    if not keys:
        return []
    rows = Allocation.objects.filter(pk__in=keys, invoice__isnull=False).order_by("pk")
    return list(rows.values("pk", "invoice_id", "amount", "created_at", "reversed_on"))


def _paid(
    changes: Changes, invoices: Mapping[int, Values], allocations: Collection[Values]
) -> Iterator[Fact]:
    """Nothing is due any more, and at least a part of it was paid in money. What settled the last of
    it may be a credit note or a deduction; what was credited or written off as a whole was not paid.

    It came true with the last of the allocations that stand; whose change is among others is told
    with them.
    """
    settled = {
        key: each
        for key, each in invoices.items()
        if each["status"] == Status.ISSUED and each["balance_due"] == 0 and each["paid"] > 0
    }
    touched = {each["invoice_id"] for each in allocations} & settled.keys()
    if not touched:
        return
    standing = Allocation.objects.filter(invoice__in=touched, reversed_on=None).order_by("pk")
    last = {each["invoice_id"]: each for each in standing.values("pk", "invoice_id", "created_at")}
    for key, allocation in last.items():
        rows = changes.of("allocation", allocation["pk"])
        if rows:
            yield made(
                EventType.INVOICE_PAID,
                rows[0],
                happened_at=allocation["created_at"],
                time=str(allocation["pk"]),
                subject=("invoice", key),
                revision=settled[key]["revision"],
            )


def _voided(changes: Changes, invoices: Mapping[int, Values]) -> Iterator[Fact]:
    void = {key: each for key, each in invoices.items() if each["status"] == Status.VOID}
    if not void:
        return
    history: Any = Invoice.history
    rows = history.filter(id__in=void, status=Status.VOID).order_by("-history_id")
    began = dict(rows.values_list("id", "history_date"))  # the first of each comes last
    for key, invoice in void.items():
        change = changes.at("invoice", key, began[key]) if key in began else None
        if change is not None:
            yield made(
                EventType.INVOICE_VOIDED,
                change,
                happened_at=began[key],
                revision=invoice["revision"],
            )


# --- Overdue by an act: issued so, due on another day, or money came back --------------------------


def _overdue(
    changes: Changes,
    invoices: Mapping[int, Values],
    allocations: Collection[Values],
    company: Company,
) -> Iterator[Fact]:
    """The calendar's own are looked for by the tick (`overdue.py`)."""
    today = company.today()
    late = {
        key: each
        for key, each in invoices.items()
        if each["status"] == Status.ISSUED
        and each["balance_due"] > 0
        and each["due_date"] is not None
        and each["due_date"] < today
    }
    if not late:
        return
    moved = _due_dates_since(late)
    for key, invoice in late.items():
        acts = (
            _issued_with(changes, "invoice", invoice),
            changes.at("invoice", key, moved[key]) if key in moved else None,
            _reopened_with(changes, invoice, allocations),
        )
        last = max(filter(None, acts), key=lambda each: each.made_at, default=None)
        if last is not None:
            yield made(
                EventType.INVOICE_OVERDUE,
                last,
                happened_at=max(last.made_at, overdue_from(invoice["due_date"], company)),
                time=invoice["due_date"].isoformat(),
                subject=("invoice", key),
                revision=invoice["revision"],
            )


def _due_dates_since(invoices: Mapping[int, Values]) -> dict[int, datetime]:
    """When each got the due date that it has."""
    history: Any = Invoice.history
    rows = history.filter(id__in=invoices).order_by("-history_id")
    since: dict[int, datetime] = {}
    ended: set[int] = set()
    for key, due, moment in rows.values_list("id", "due_date", "history_date"):
        if due != invoices[key]["due_date"]:
            ended.add(key)
        elif key not in ended:
            since[key] = moment
    return since


def _reopened_with(
    changes: Changes, invoice: Values, allocations: Collection[Values]
) -> Change | None:
    """The change that un-applied what had settled all of it."""
    undone = [
        each
        for each in allocations
        if each["invoice_id"] == invoice["pk"] and each["reversed_on"] is not None
    ]
    if sum((each["amount"] for each in undone), Decimal(0)) < invoice["balance_due"]:
        return None
    return changes.of("allocation", undone[-1]["pk"])[-1]
