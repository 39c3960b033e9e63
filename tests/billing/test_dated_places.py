"""A payment method that posts elsewhere from a day on: what came before stays where it was put."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    cancel_payment,
    make_deposit,
    pay_refund,
    post_elsewhere,
    proposed_deposits,
    set_closing_date,
)
from apps.billing.models import BankAccount, Company, PaymentMethod, PaymentMethodPlace
from tests.factories import make_company, make_customer, make_method, make_payment

pytestmark = pytest.mark.django_db
MARCH_10, MARCH_12, APRIL_1, APRIL_2 = (
    date(2026, 3, 10),
    date(2026, 3, 12),
    date(2026, 4, 1),
    date(2026, 4, 2),
)


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def bank(company: Company) -> BankAccount:
    return BankAccount.objects.create(company=company, name="Current", currency="GBP")


@pytest.fixture
def method(company: Company, bank: BankAccount) -> PaymentMethod:
    return make_method(company, posts_to="clearing", bank_account=bank)


def moved(method: PaymentMethod, since: date = APRIL_1, to: str = "bank") -> PaymentMethodPlace:
    return post_elsewhere(method, posts_to=to, since=since, reason="A new terminal")


def test_money_of_the_new_place_is_at_the_bank_and_earlier_money_is_still_to_be_banked(
    company: Company, bank: BankAccount, method: PaymentMethod
) -> None:
    old = make_payment(customer=make_customer(company), method=method, date=MARCH_10)
    moved(method)
    new = make_payment(customer=make_customer(company), amount="50", method=method, date=APRIL_2)

    (proposed,) = proposed_deposits(company, until=date(2026, 4, 30))
    assert proposed.payments == (old,)
    with pytest.raises(ValidationError, match="is on the bank already"):
        make_deposit(bank, date=APRIL_2, payments=[new])
    assert make_deposit(bank, date=APRIL_2, payments=[old]).total == 100
    # And back: from clearing to the bank to clearing again.
    moved(method, date(2026, 5, 1), to="clearing")
    may = make_payment(customer=make_customer(company), method=method, date=date(2026, 5, 3))
    (proposed,) = proposed_deposits(company, until=date(2026, 5, 30))
    assert proposed.payments == (may,)


@pytest.mark.parametrize("what", ["payment", "cancelled payment", "refund", "bank deposit"])
def test_a_day_on_which_money_moved_already_is_refused(
    company: Company, bank: BankAccount, method: PaymentMethod, what: str
) -> None:
    """Money of 10 March, banked on 12 March: the 10th and earlier would lie elsewhere than it was
    put, and so would the 11th, which the bank deposit of the 12th emptied."""
    day = MARCH_10
    if what == "refund":
        source = make_payment(customer=make_customer(company), method=make_method(company))
        day = date(2026, 3, 20)
        pay_refund(source, amount=Decimal(20), on=day, method=method, reason="Paid twice")
    else:
        payment = make_payment(customer=make_customer(company), method=method, date=day)
        if what == "cancelled payment":
            cancel_payment(payment, reason="Typed twice", on=day)
        if what == "bank deposit":
            make_deposit(bank, date=MARCH_12, payments=[payment])
            day = date(2026, 3, 11)
    for refused in (day, date(2026, 3, 1)):
        with pytest.raises(ValidationError, match="choose"):
            moved(method, refused)
    assert not PaymentMethodPlace.objects.exists()
    moved(method, MARCH_12 if what == "bank deposit" else date.fromordinal(day.toordinal() + 1))


def test_a_closed_month_an_earlier_day_and_no_reason_are_refused(
    company: Company, method: PaymentMethod
) -> None:
    set_closing_date(company, date(2026, 3, 31), reason="Year end")
    company.refresh_from_db()
    with pytest.raises(ValidationError, match="closed up to 31 March 2026"):
        moved(method, date(2026, 3, 31))
    with pytest.raises(ValidationError):
        post_elsewhere(method, posts_to="bank", since=APRIL_1, reason=" ")
    place = moved(method)
    with pytest.raises(ValidationError, match="posts elsewhere from 1 April 2026 already"):
        moved(method, APRIL_1)
    for change in (place.save, place.delete):
        with pytest.raises(ValidationError, match="Add another day"):
            change()
