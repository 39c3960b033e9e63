"""Accounting days: which day it is at a company."""

from datetime import date
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from apps.billing.models import Company


def today_at(company: Company) -> date:
    """The calendar day in the company's time zone, whatever the server's."""
    return timezone.localdate(timezone=ZoneInfo(company.time_zone))


def overdue() -> Q:
    """Invoices with money still due after their due date, each by its own company's day."""
    late = Q(pk__in=[])
    for company in Company.objects.all():
        late |= Q(company=company, due_date__lt=today_at(company))
    return late & Q(status="issued", balance_due__gt=0)
