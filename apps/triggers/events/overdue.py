"""Invoices whose due date goes by: looked for once a day, by the calendar of each company."""

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from django.db import transaction

from apps.billing.models import Company, Document, Invoice
from apps.connections.times import today_in
from apps.triggers.events.facts import Fact, key_of
from apps.triggers.events.holding import held
from apps.triggers.events.of_documents import overdue_from
from apps.triggers.events.writing import write
from apps.triggers.faults import after_all
from apps.triggers.models import EventType, Listening

AT_ONCE: Final = 100  # invoices in one transaction


def look_at_due_dates() -> int:
    """Of all companies that are listened to; the number of events that are told."""
    told = 0
    with after_all("The look at due dates broke off") as faults:
        for listening in Listening.objects.select_related("company"):
            today = today_in(listening.company)
            if listening.overdue_until is None or listening.overdue_until < today:
                with faults.kept(f"due dates of company {listening.company_id}"):
                    told += _look(listening.company_id, today)
    return told


def _look(company_id: int, today: date) -> int:
    """Invoices that were due between the last look and today. What was overdue when somebody began to
    listen happened before, and is told to nobody."""
    told, after = 0, 0
    while True:
        with transaction.atomic():
            listening = held(company_id)
            if listening is None:
                return told
            company = listening.company
            # What was due on the day on which somebody began to listen is overdue after it.
            began = listening.since.astimezone(ZoneInfo(company.time_zone)).date()
            keys = _due_between(company, listening.overdue_until or began, today, after)
            told += write(listening, [_fact(pk, due, company) for pk, due in keys])
            if len(keys) < AT_ONCE:
                Listening.objects.filter(pk=listening.pk).update(overdue_until=today)
                return told
            after = keys[-1][0]


def _due_between(company: Company, first: date, today: date, after: int) -> list[tuple[int, date]]:
    rows = Invoice.objects.filter(
        company=company,
        due_date__gte=first,
        due_date__lt=today,
        status=Document.Status.ISSUED,
        balance_due__gt=0,
        pk__gt=after,
    )
    found = rows.order_by("pk").values_list("pk", "due_date")[:AT_ONCE]
    return [(pk, due) for pk, due in found if due is not None]


def _fact(pk: int, due: date, company: Company) -> Fact:
    return Fact(
        type=EventType.INVOICE_OVERDUE,
        subject="invoice",
        subject_id=pk,
        key=key_of(EventType.INVOICE_OVERDUE, pk, due.isoformat()),
        happened_at=overdue_from(due, company),
    )
