"""What the daily report tells: per currency, by age, each record on one day."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from apps.billing import actions
from apps.exchange.models import ScheduledExport
from apps.exchange.schedules.daily import letter
from apps.exchange.schedules.daily_figures import Part, Report, by_age, report, totals
from apps.sync.models import Reason, State, SyncRecord
from tests.backoffice.world import make_connection
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_method,
    make_payment,
)

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 10)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(datetime(2026, 11, 10, 12, tzinfo=UTC), tick=False) as found:
        yield found


def records(found: Report, part: Part) -> list[str]:
    return [each.record for each in found.parts[part]]


def test_a_day_of_everything(clock: Any) -> None:
    company = make_company(legal_name="Thornfield & Sons", time_zone="America/New_York")
    make_exchange_rate(company, "EUR", "0.85")
    bell = make_customer(company, name="Bell <b>")
    euro = make_customer(company, name="Łódź", currency="EUR")
    card = make_method(company, name="Card")
    sold = [make_invoice(customer=each, issue_date=DAY) for each in (bell, bell, euro)]
    old = make_invoice(customer=bell, issue_date=date(2026, 7, 1), due_date=date(2026, 8, 1))
    make_payment(customer=bell, amount="30.00", date=DAY - timedelta(days=40), method=card)
    note = make_credit_note(invoice=sold[0], issue_date=DAY)
    actions.void(sold[1], on=DAY, reason="Typed twice")
    SyncRecord.objects.create(
        connection=make_connection(company), wanted=1, kind="invoice", invoice=sold[2],
        state=State.NEEDS_PERSON, reason=Reason.REFUSED, sentence="No code.", remedy="Map it.",
    )  # fmt: skip
    found = report(company, DAY, DAY)

    assert records(found, Part.INVOICES) == [each.number for each in sold]
    assert totals(found.parts[Part.INVOICES]) == {"EUR": Decimal(100), "GBP": Decimal(200)}
    assert totals(found.parts[Part.CREDIT_NOTES]) == {"GBP": -note.total}
    assert records(found, Part.TAKEN_BACK) == [sold[1].number]
    assert found.parts[Part.TAKEN_BACK][0].why == "Voided: Typed twice"
    # Both are of an earlier day, and were entered today.
    assert records(found, Part.LATER) == [old.number, "Payment"]
    assert [each.why for each in found.parts[Part.FAILED]] == ["No code. Map it."]
    assert by_age(found.parts[Part.OVERDUE]) == {"GBP": {"over 90 days": old.total}}
    assert by_age(found.parts[Part.UNAPPLIED])["GBP"]["31–60 days"] == Decimal(30)
    assert by_age(found.parts[Part.CLEARING]) == {"GBP": {"31–60 days": Decimal(30)}}

    told = letter(found, ScheduledExport(pk=1, company=company))
    assert told.subject == "Thornfield & Sons: Tuesday 10 November 2026"
    assert "Bell &lt;b&gt;" in told.html
    assert "Bell <b>" in told.text
    assert "100.00 EUR" in told.html
    assert f"/admin/billing/invoice/{sold[0].pk}/change/" in told.html


def test_the_day_is_that_of_the_companys_zone_and_each_record_is_told_once(clock: Any) -> None:
    company = make_company(time_zone="America/New_York")
    bell = make_customer(company)
    clock.move_to(datetime(2026, 11, 11, 4, 59, tzinfo=UTC))  # a minute before midnight there
    before = make_invoice(customer=bell, issue_date=DAY)
    ahead = make_invoice(customer=bell, issue_date=DAY + timedelta(days=1))
    clock.move_to(datetime(2026, 11, 11, 5, 0, tzinfo=UTC))
    after = make_invoice(customer=bell, issue_date=DAY)
    first, second = (report(company, each, each) for each in (DAY, DAY + timedelta(days=1)))

    assert records(first, Part.INVOICES) == [before.number]
    assert records(first, Part.LATER) == []
    assert records(second, Part.INVOICES) == [ahead.number]
    assert records(second, Part.LATER) == [after.number]
    both = report(company, DAY, DAY + timedelta(days=1))
    assert sorted(records(both, Part.INVOICES)) == sorted(
        [before.number, ahead.number, after.number]
    )


def test_a_day_without_anything_says_so_in_one_line(clock: Any) -> None:
    company = make_company()
    found = report(company, DAY, DAY)
    told = letter(found, ScheduledExport(pk=1, company=company))
    assert found.is_empty
    assert "Nothing was issued, received, taken back or refused on this day." in told.text
    assert "Invoices issued" not in told.html
