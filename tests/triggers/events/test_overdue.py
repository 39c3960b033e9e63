"""Due dates that go by, by the calendar of the company."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine

from apps.triggers.events.reader import look
from apps.triggers.models import Event, Listening
from tests.factories import make_company, make_customer, make_invoice, make_payment
from tests.triggers.events.ears import Ears

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as found:
        yield found


def at(clock: Any, *moment: int) -> None:
    clock.move_to(datetime(2026, *moment, tzinfo=UTC))


def test_it_is_overdue_from_midnight_where_the_company_is(clock: Any) -> None:
    """Auckland is thirteen hours ahead in March: its 12th begins at 11:00 UTC on the 11th."""
    company = make_company(time_zone="Pacific/Auckland")
    ears = Ears(company, "invoice.overdue")
    invoice = make_invoice(company=company, due_date=date(2026, 3, 11))
    look()

    at(clock, 3, 11, 10, 59)
    look()
    assert ears.heard() == []
    at(clock, 3, 11, 11, 1)
    look()
    [told] = ears.heard()

    assert (told["data"]["id"], told["data"]["overdue"]) == (str(invoice.public_id), True)
    assert told["timestamp"] == "2026-03-11T11:00:00.000000Z"
    look()
    assert ears.heard() == []


def test_what_is_paid_or_was_due_before_is_not_told(clock: Any) -> None:
    company = make_company()
    make_invoice(company=company, due_date=date(2026, 3, 9))
    at(clock, 3, 10, 12, 1)
    ears = Ears(company, "invoice.overdue")
    look()
    customer = make_customer(company)
    paid = make_invoice(customer=customer, due_date=date(2026, 3, 10))
    make_payment(invoice=paid, date=date(2026, 3, 10))
    make_invoice(customer=customer, due_date=date(2026, 3, 10), issued=False)

    at(clock, 3, 11, 1)
    look()

    assert ears.heard() == []
    assert Listening.objects.get().overdue_until == date(2026, 3, 11)


def test_due_on_the_day_on_which_somebody_began_to_listen_it_is_told(clock: Any) -> None:
    company = make_company()
    make_invoice(company=company, due_date=date(2026, 3, 10))
    ears = Ears(company, "invoice.overdue")

    at(clock, 3, 11, 1)
    look()

    assert ears.types() == ["invoice.overdue"]


def test_days_without_a_look_are_made_up_for(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """In portions, of which another worker may have done the first."""
    monkeypatch.setattr("apps.triggers.events.portions.AT_ONCE", 2)
    company = make_company()
    ears = Ears(company, "invoice.overdue")
    look()
    customer = make_customer(company)
    for day in (11, 12, 13, 14, 15):
        make_invoice(customer=customer, due_date=date(2026, 3, day))

    at(clock, 3, 15, 1)
    look()
    Listening.objects.update(overdue_until=date(2026, 3, 10))
    look()

    assert ears.types() == ["invoice.overdue"] * 4
    assert Event.objects.filter(type="invoice.overdue").count() == 4
