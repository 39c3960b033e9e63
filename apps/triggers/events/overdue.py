"""Invoices whose due date goes by: looked for once a day, by the calendar of each company."""

from datetime import date
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.billing.models import Company, Document, Invoice
from apps.connections.times import today_in
from apps.triggers.events.facts import Fact, key_of
from apps.triggers.events.holding import held
from apps.triggers.events.of_documents import overdue_from
from apps.triggers.events.portions import Alike, in_portions
from apps.triggers.events.writing import write
from apps.triggers.faults import after_all
from apps.triggers.models import EventType, Listening

Due = tuple[int, date | None]


def look_at_due_dates() -> int:
    """Of all companies that are listened to; the number of events that are told."""
    told = 0
    with after_all("The look at due dates broke off") as faults:
        for listening in Listening.objects.select_related("company"):
            today = today_in(listening.company)
            if listening.overdue_until is None or listening.overdue_until < today:
                with faults.kept(f"due dates of company {listening.company_id}"):
                    told += _look(listening, today)
    return told


def _look(listening: Listening, today: date) -> int:
    """Invoices that were due between the last look and today. What was overdue when somebody began to
    listen happened before, and is told to nobody. Where one could not be told, the next look is at all
    of them again: what is an event already becomes none again."""
    company = listening.company
    # What was due on the day on which somebody began to listen is overdue after it.
    began = listening.since.astimezone(ZoneInfo(company.time_zone)).date()
    due = _due_between(company, listening.overdue_until or began, today)
    looked_at, is_held = 0, False

    def take(some: "QuerySet[Invoice, Due]") -> tuple[int, int]:
        nonlocal looked_at, is_held
        with transaction.atomic():
            reading = held(company.pk)
            is_held = reading is not None
            if reading is None:
                return 0, 0
            rows = list(some)
            made = write(reading, [_fact(pk, on, company) for pk, on in rows if on is not None])
        looked_at = max([looked_at, *(pk for pk, _ in rows)])
        return len(rows), made

    with after_all(f"Some due dates of company {company.pk} cannot be told") as faults:
        told = in_portions(lambda: due.filter(pk__gt=looked_at), take, _by_itself, faults)
    if is_held:
        Listening.objects.filter(pk=listening.pk).update(overdue_until=today)
    return told


def _due_between(company: Company, first: date, today: date) -> "QuerySet[Invoice, Due]":
    rows = Invoice.objects.filter(
        company=company,
        due_date__gte=first,
        due_date__lt=today,
        status=Document.Status.ISSUED,
        balance_due__gt=0,
    )
    return rows.order_by("pk").values_list("pk", "due_date")


def _by_itself(row: Due) -> Alike:
    return Alike(rows=Q(pk=row[0]), words=f"the due date of invoice {row[0]}")


def _fact(pk: int, due: date, company: Company) -> Fact:
    return Fact(
        type=EventType.INVOICE_OVERDUE,
        subject="invoice",
        subject_id=pk,
        key=key_of(EventType.INVOICE_OVERDUE, pk, due.isoformat()),
        happened_at=overdue_from(due, company),
    )
