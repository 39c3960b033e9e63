"""The closing date: forward with a reason, back with a reason, and never back by accident."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import raise_closing_date, set_closing_date
from apps.billing.changes import made_by
from apps.billing.models import Company
from apps.staff.models import User
from tests.factories import make_company

pytestmark = pytest.mark.django_db

MARCH_31, APRIL_30 = date(2026, 3, 31), date(2026, 4, 30)


def closed_to(company: Company) -> date | None:
    return Company.objects.get(pk=company.pk).closing_date


def test_moving_it_is_logged_with_its_reason_and_its_person() -> None:
    company, fay = make_company(), User.objects.create_user("fay@example.com")
    with made_by(fay.pk):
        set_closing_date(company, MARCH_31, reason="First quarter filed")
    assert closed_to(company) == company.closing_date == MARCH_31
    newest = company.history.first()
    assert newest.history_user == fay
    assert newest.history_change_reason == "First quarter filed"


def test_it_moves_back_with_a_reason_alone() -> None:
    company = make_company(closing_date=APRIL_30)
    with pytest.raises(ValidationError, match="Give a reason"):
        set_closing_date(company, MARCH_31, reason=" ")
    company.closing_date = MARCH_31
    with pytest.raises(ValidationError, match="Give a reason to move the closing date back"):
        company.save()
    company.closing_date = None
    with pytest.raises(ValidationError, match="Give a reason to move the closing date back"):
        company.save(update_fields=["closing_date"])
    assert closed_to(company) == APRIL_30
    set_closing_date(company, None, reason="Opened for the auditor")
    assert closed_to(company) is None


def test_a_stale_copy_may_save_other_fields_without_moving_it() -> None:
    company = make_company()
    stale = Company.objects.get(pk=company.pk)
    set_closing_date(company, MARCH_31, reason="Filed")
    stale.phone = "01904 555 010"
    with pytest.raises(ValidationError, match="closing date back"):
        stale.save()
    stale.save(update_fields=["phone"])
    assert closed_to(company) == MARCH_31


def test_a_ledgers_lock_date_raises_it_and_never_lowers_it() -> None:
    company = make_company()
    assert raise_closing_date(company, APRIL_30, reason="Closed in QuickBooks")
    assert not raise_closing_date(company, MARCH_31, reason="Closed in QuickBooks")
    assert closed_to(company) == company.closing_date == APRIL_30
    assert company.history.count() == 2  # made, raised


def test_today_is_a_day_in_the_companys_time_zone(time_machine: object) -> None:
    time_machine.move_to("2026-03-31T23:30:00Z", tick=False)
    assert make_company(time_zone="Europe/London").today() == date(2026, 4, 1)
    assert make_company(time_zone="America/New_York").today() == MARCH_31
