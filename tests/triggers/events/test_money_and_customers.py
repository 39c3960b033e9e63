"""What is told of money and of customers, after the acts of billing."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    cancel_payment,
    make_deposit,
    merge_customers,
    pay_refund,
    receive_payment,
    return_payment,
)
from apps.billing.changes import made_by
from apps.billing.models import BankAccount, Company, Customer
from apps.triggers.models import Event
from tests.backoffice.world import make_connection
from tests.factories import (
    make_company,
    make_customer,
    make_invoice,
    make_method,
    make_paid_credit_note,
    make_payment,
)
from tests.triggers.events.ears import Ears

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 18)
MONEY = ("payment.received", "payment.returned", "refund.paid", "deposit.made")


@pytest.fixture
def company() -> Company:
    return make_company()


@pytest.fixture
def ears(company: Company) -> Ears:
    return Ears(company)


def of_money(ears: Ears) -> list[dict[str, Any]]:
    return [each for each in ears.heard() if each["type"] in MONEY]


def test_money_on_account_is_received(company: Company, ears: Ears) -> None:
    payment = make_payment(company=company, amount="62.50")

    [told] = of_money(ears)

    assert (told["type"], told["data"]["id"]) == ("payment.received", str(payment.public_id))
    assert (told["data"]["amount"], told["data"]["on_account"]) == ("62.50", "62.50")
    assert (told["source"], told["data"]["recorded_here"]) == ("", True)


def test_money_that_their_books_recorded_names_them(company: Company, ears: Ears) -> None:
    books = make_connection(company)
    customer = make_customer(company)

    with made_by(origin=books.origin, reason="Recorded there"):
        receive_payment(customer=customer, amount=Decimal(80), date=DAY)

    [told] = of_money(ears)
    assert (told["source"], told["data"]["recorded_here"]) == (str(books.public_id), False)


def test_what_was_typed_by_mistake_and_cancelled_at_once_is_not_told(
    company: Company, ears: Ears
) -> None:
    payment = make_payment(company=company)

    cancel_payment(payment, reason="Typed twice")

    assert of_money(ears) == []


@pytest.mark.parametrize(("chargeback", "why"), [(False, "returned"), (True, "chargeback")])
def test_money_that_went_back_is_a_returned_payment(
    company: Company, ears: Ears, chargeback: bool, why: str
) -> None:
    payment = make_payment(company=company, method=make_method(company))
    of_money(ears)

    return_payment(payment, on=DAY, reason="No funds", fee=5, chargeback=chargeback)

    [told] = of_money(ears)
    assert (told["type"], told["data"]["why"]) == ("payment.returned", why)
    assert (told["data"]["amount"], told["data"]["fee"]) == ("100.00", "5.00")


def test_a_credit_note_that_is_paid_out_is_a_refund(company: Company, ears: Ears) -> None:
    note = make_paid_credit_note(company)
    of_money(ears)

    pay_refund(note, amount=Decimal(100), on=DAY, method=make_method(company), reason="Sent back")

    [told] = of_money(ears)
    assert (told["type"], told["data"]["why"]) == ("refund.paid", "refund")
    assert [each["credit_note"]["number"] for each in told["data"]["pays_out"]] == [note.number]


def test_a_bank_deposit_is_told_with_its_lines(company: Company, ears: Ears) -> None:
    bank = BankAccount.objects.create(company=company, name="Barclays", currency="GBP")
    method = make_method(company, posts_to="clearing", bank_account=bank)
    payments = [make_payment(company=company, amount=each, method=method) for each in (30, 45)]
    of_money(ears)

    make_deposit(bank, date=DAY, payments=payments)

    [told] = of_money(ears)
    assert (told["type"], told["data"]["total"]) == ("deposit.made", "75.00")
    assert [each["amount"] for each in told["data"]["lines"]] == ["30.00", "45.00"]


# --- Customers ------------------------------------------------------------------------------------


def saved(customer: Customer, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(customer, name, value)
    customer.save()


def test_a_customer_is_created_once_and_as_it_stands(company: Company, ears: Ears) -> None:
    customer = make_customer(company, name="Bell")
    saved(customer, email="bell@example.org")

    [told] = ears.heard()

    assert (told["type"], told["data"]["email"]) == ("customer.created", "bell@example.org")
    assert ears.heard() == []


def test_edits_before_anybody_looked_are_one_update(company: Company, ears: Ears) -> None:
    customer = make_customer(company)
    ears.heard()

    saved(customer, phone="020 7946 0000")
    saved(customer, city="Leeds")

    [told] = ears.heard()
    assert (told["type"], told["data"]["revision"]) == ("customer.updated", 3)
    assert (told["data"]["phone"], told["data"]["city"]) == ("020 7946 0000", "Leeds")
    saved(customer, city="York")
    assert ears.types() == ["customer.updated"]


def test_nothing_that_others_see_is_no_update(company: Company, ears: Ears) -> None:
    customer, other = make_customer(company), make_customer(company)
    ears.heard()

    customer.save()
    saved(customer, notes="Rings on Fridays")
    merge_customers(other, customer, reason="The same")
    make_invoice(customer=customer)

    assert [each for each in ears.types() if each.startswith("customer")] == []


def test_an_edit_of_one_from_before_is_told(company: Company) -> None:
    customer = make_customer(company)
    ears = Ears(company)

    saved(customer, city="York")

    assert ears.types() == ["customer.updated"]


def test_events_of_one_record_stand_in_their_order(company: Company, ears: Ears) -> None:
    customer = make_customer(company)
    ears.heard()
    for city in ("Leeds", "York", "Hull"):
        saved(customer, city=city)
        ears.heard()

    rows = Event.objects.filter(subject="customer", subject_id=customer.pk).order_by("pk")
    assert list(rows.values_list("revision", flat=True)) == [1, 2, 3, 4]
