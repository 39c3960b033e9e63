"""Where an invoice or credit note stands, as finance speaks of it, and lists narrowed by that."""

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from apps.backoffice.frame.days import overdue
from apps.backoffice.frame.formatting import BAD, BUSY, GOOD, PLAIN, WARN
from apps.backoffice.frame.screens import OwnFilter
from apps.billing.models import CreditNote, Document, Invoice
from apps.sync.models import State, SyncRecord


def invoice_standing(invoice: Invoice) -> tuple[str, str]:
    """(words, colour) of an invoice as finance speaks of it."""
    if invoice.is_draft:
        return "Draft", PLAIN
    if invoice.status == Document.Status.VOID:
        return "Void", PLAIN
    if invoice.balance_due <= 0:
        return settled_words(invoice), GOOD
    if invoice.due_date and invoice.due_date < invoice.company.today():
        return "Overdue", BAD
    part = invoice.paid or invoice.credited or invoice.written_off
    return ("Part paid", WARN) if part else ("Open", BUSY)


def settled_words(invoice: Invoice) -> str:
    """By what nothing is due any more; cash first, where several did it."""
    if not invoice.total:
        return "Nothing to pay"
    if invoice.paid:
        return "Paid"
    return "Written off" if invoice.written_off and not invoice.credited else "Credited"


def credit_note_standing(note: CreditNote) -> tuple[str, str]:
    if note.is_draft:
        return "Draft", PLAIN
    if note.status == Document.Status.VOID:
        return "Void", PLAIN
    if note.relieves_id is not None:
        return "Bad debt", PLAIN
    if note.open_credit <= 0:
        return "Applied" if note.total else "Nothing to pay", GOOD
    return ("Part applied", WARN) if note.applied else ("Open", BUSY)


def _asking(model: type[Any]) -> QuerySet[Any]:
    """Keys of the documents of which a person is asked something."""
    name = model.kind
    asks = SyncRecord.objects.filter(state=State.NEEDS_PERSON, **{f"{name}__isnull": False})
    return asks.values(name)


class StandsFilter(OwnFilter):
    title = "where it stands"
    parameter_name = "stands"

    def lookups(self, request: HttpRequest, screen: Any) -> list[tuple[str, str]]:
        words = [("draft", "Draft"), ("open", "Open"), ("void", "Void")]
        if screen.model is Invoice:
            words[2:2] = [("overdue", "Overdue"), ("paid", "Paid")]
        return [*words, ("attention", "Needs a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        left = "balance_due" if queryset.model is Invoice else "open_credit"
        tests = {
            "draft": Q(status="draft"),
            "open": Q(status="issued", **{f"{left}__gt": 0}),
            "paid": Q(status="issued", **{f"{left}__lte": 0}),
            "void": Q(status="void"),
            "attention": Q(pk__in=_asking(queryset.model)),
        }
        if self.value() == "overdue":
            return queryset.filter(overdue())
        if self.value() not in tests:
            return queryset
        return queryset.filter(tests[self.value()])
