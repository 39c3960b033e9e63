"""Days as a company sees them."""

from datetime import date
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.billing.models import Company


def today_in(company: Company) -> date:
    """Today in the company's time zone: accounting dates are never derived from UTC."""
    return timezone.now().astimezone(ZoneInfo(company.time_zone)).date()
