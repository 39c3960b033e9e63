"""The closing date: nothing dated on or before it can be posted any more."""

from datetime import date

from django.db import transaction

from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.billing.rules.documents import require_reason


def set_closing_date(company: Company, to: date | None, *, reason: str) -> None:
    """Move a company's closing date, forward or back (None: nothing is closed), with a reason."""
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        _move(company, Company.locked(company.pk), to)


def raise_closing_date(company: Company, to: date, *, reason: str) -> bool:
    """Close up to a later lock date that was read in a ledger; never opens what is closed.

    Returns whether the date moved.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        locked = Company.locked(company.pk)
        later = not locked.is_closed_on(to)
        _move(company, locked, to if later else locked.closing_date)
    return later


def _move(company: Company, locked: Company, to: date | None) -> None:
    if locked.closing_date != to:
        locked.closing_date = to
        locked.save(update_fields=["closing_date"])
    company.closing_date = to
