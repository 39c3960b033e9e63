"""Whose a movement is, by what it names; and which payment a refund gives back."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.exchange.imports.money.payouts.links import Links
from apps.exchange.imports.money.payouts.movements import Movement
from apps.exchange.imports.money.payouts.whose import Whose
from apps.exchange.imports.money.payouts.words import numbers_in
from apps.exchange.profiles.movements import MovementKind
from tests.factories import make_company, make_customer, make_invoice

PLAIN = Movement(
    row=2,
    kind=MovementKind.CHARGE,
    key="key",
    transaction="txn",
    day=date(2026, 4, 1),
    currency="GBP",
    gross=Decimal(100),
    fee=Decimal(3),
    net=Decimal(97),
)


def movement(**told: Any) -> Movement:
    return replace(PLAIN, **told)


@pytest.mark.parametrize(
    ("told", "numbers"),
    [
        ({"description": "Order 1001"}, ["1001", "#1001"]),
        ({"description": "REFUND FOR CHARGE (Order #1001)"}, ["1001", "#1001"]),
        ({"description": "Payment for Invoice INV-2026/07."}, ["INV-2026/07", "#INV-2026/07"]),
        ({"description": "Rechnung Nr. RE-0007"}, ["RE-0007", "#RE-0007"]),
        ({"description": "Subscription of 12 months, 2026"}, []),  # a number alone names nothing
        ({"order": "#1001"}, ["#1001", "1001"]),
        ({"invoice": "7, 8"}, ["7, 8", "#7, 8", "7", "#7", "8", "#8"]),
    ],
)
def test_a_number_is_an_invoices_where_something_says_so(
    told: dict[str, str], numbers: list[str]
) -> None:
    assert set(numbers_in(movement(**told))) == set(numbers)


@pytest.mark.django_db
def test_it_is_found_by_code_invoice_address_or_name_and_never_guessed() -> None:
    company = make_company()
    ann = make_customer(company, name="Ann", code="A", email="ann@example.com")
    bo = make_customer(company, name="Bo", email="both@example.com")
    make_customer(company, name="Cy", email="Both@example.com")
    first = make_invoice(customer=ann, on_number="7")
    second = make_invoice(customer=ann, on_number="8")
    make_invoice(customer=bo, on_number="9")
    whose = Whose(company)

    def owner(**told: str) -> tuple[str, list[str | None]]:
        each = movement(**told)
        whose.find([each])
        found = whose.owner(each)
        return found.customer.name, [invoice.number for invoice in found.invoices]

    assert owner(invoice="7") == ("Ann", ["7"])
    assert owner(invoice="8, 7") == ("Ann", ["8", "7"])
    assert owner(invoice="c.41", description="Order 7") == ("Ann", ["7"])
    assert owner(invoice="7", description="Order 9") == ("Ann", ["7"])
    assert owner(customer_code="a", name="Somebody") == ("Ann", [])
    assert owner(email="ANN@example.com") == ("Ann", [])
    assert owner(name="bo", description="Order 404") == ("Bo", [])
    for told, why in (
        ({"customer_code": "Z"}, "there is no customer with the customer code “Z” here"),
        ({"email": "both@example.com"}, "more than one customer has the e-mail address"),
        ({"invoice": "7 9"}, "it names invoices of more than one customer: 7, 9"),
        ({"invoice": "9", "customer_code": "A"}, "it names the invoice 9, which is of Bo"),
        ({"name": "Nobody"}, "nobody can tell whose it is"),
    ):
        with pytest.raises(ValidationError, match=why):
            owner(**told)
    whose.taken[first.pk] = Decimal(100)
    assert (whose.open_of(first), whose.open_of(second)) == (0, 100)


def test_a_refund_gives_back_the_payment_that_it_names_and_none_for_its_amount() -> None:
    first = movement(transaction="t1", source="ch_1", order="1001")
    second = movement(row=3, transaction="t2", source="ch_2", order="1002", email="a@example.com")
    third = movement(row=4, transaction="t3", source="ch_3", order="1003", email="a@example.com")
    back = replace(PLAIN, kind=MovementKind.REFUND, gross=Decimal(-100), transaction="r", row=9)

    def given_back(**said: Any) -> Movement | None:
        refund = replace(back, **said)
        return Links.among([first, second, third, refund]).given_back(refund)

    assert given_back(original="t2") is second
    assert given_back(source="ch_3") is third
    assert given_back(order="1001") is first
    assert given_back(description="Order 1001") is first
    assert given_back(email="a@example.com") is None  # two may be meant
    assert given_back() is None
    assert given_back(order="1001", gross=Decimal(-101)) is None
    assert given_back(order="1001", day=date(2026, 3, 31)) is None
    assert given_back(order="1001", currency="EUR") is None
