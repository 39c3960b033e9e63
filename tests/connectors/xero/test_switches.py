"""Every switch of the simulated Xero in its other values, under a season of live records."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    allocate,
    change_open_fields,
    pay_refund,
    receive_payment,
    reverse,
    void,
    write_off,
)
from apps.mappings.choices import set_mapping
from apps.reconciliation.compare import compare
from apps.sandbox.xero.switches import SWITCHES
from apps.sync.models import State
from tests.connectors.xero.live import XeroBooks
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
    make_method,
    make_payment,
    make_tax_rate,
)
from tests.readings import some_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = date(2026, 3, 20)
OTHERS = [(name, value) for name, values in SWITCHES.items() for value in values[1:]]


def season(books: XeroBooks) -> None:
    """Twenty per cent of tax. Debits and credits at home, the test invoice of 100 beside them:

    A 100 + 20, paid by a batch with 50 of B: bank 170; B 50 + 10 of which 10 are left;
    C 180 + 36 = 216, its due date is moved, 16 of it are paid by their staff: bank 16;
    40 on account, 10 of it applied to B later, 15 paid back: bank 40 - 15;
    a credit note 20 + 4 used on C and taken off again, and left open;
    6 of C written off; D 80 + 16 voided; E 100 EUR at 0.80 = 80, paid at 0.80: clearing 80.

    Receivable 100 + (120 + 60 + 216) - 170 - 16 - 40 + 15 - 24 - 6 = 255.
    """
    company = books.company
    vat = make_tax_rate(company, 20)
    books.map_proposed()
    books.map_role("bad_debt", "Bad Debts")
    books.server.act(books.realm, "add_currency", code="EUR")
    item, customer = make_item(company), make_customer(company)
    a = make_invoice(customer=customer, lines=[(item, 1, 100, vat)])
    b = make_invoice(customer=customer, lines=[(item, 1, 50, vat)])
    c = make_invoice(customer=customer, lines=[(item, 1, 180, vat)], purchase_order_number="PO 7")
    d = make_invoice(customer=customer, lines=[(item, 1, 80, vat)])
    parts = [(a, Decimal(120)), (b, Decimal(50))]
    receive_payment(
        customer=customer, amount=Decimal(170), date=DAY, method=books.method, apply=parts
    )
    money = make_payment(customer=customer, amount=40, method=books.method, date=DAY)
    note = make_credit_note(customer=customer, lines=[(item, 1, 20, vat)], reason="Late")
    make_exchange_rate(company, "EUR", "0.8")
    foreign = make_customer(company, currency="EUR")
    e = make_invoice(customer=foreign, lines=[(item, 1, 100)])
    cards = make_method(company, currency="EUR", posts_to="clearing")
    set_mapping(
        books.connection, "method_account", code=books.code("Card Clearing"), payment_method=cards
    )
    receive_payment(
        customer=foreign, amount=Decimal(100), date=DAY, method=cards, apply=[(e, Decimal(100))]
    )
    calm(books)
    allocate(money, b, Decimal(10), on=DAY)
    used = allocate(note, c, Decimal(24), on=DAY)
    write_off(c, amount=Decimal(6), on=DAY, reason="Gone")
    calm(books)
    reverse(used, on=DAY, reason="Not for this one")
    change_open_fields(c, due_date=date(2026, 5, 5), reason="Asked for it")
    pay_refund(money, amount=Decimal(15), on=DAY, method=books.method, reason="Too much")
    void(d, reason="Wrong customer", on=DAY)
    calm(books)
    books.server.act(
        books.realm, "record_payment", number=c.number, amount="16", date=DAY.isoformat()
    )
    calm(books)


def calm(books: XeroBooks) -> None:
    for _ in range(3):
        books.run()


WORKED = {
    "Accounts Receivable": Decimal(255),
    "Sales": Decimal(-100 - 100 - 50 - 180 + 20 - 80),
    "VAT": Decimal(-20 - 10 - 36 + 4),
    "Business Bank Account": Decimal(170 + 16 + 40 - 15),
    "Bad Debts": Decimal(6),
    "Card Clearing": Decimal(80),
}
# Where their books refuse something for good: what a person is told. Figures agree all the same.
TOLD = {
    ("part_paid_edits", "refuse"): [
        "This document cannot be edited as it has a payment or credit note allocated to it."
    ]
}


@pytest.mark.parametrize(
    ("switch", "value"), [("", ""), *some_of(OTHERS, 6)], ids=lambda each: each or "as it is"
)
def test_a_season_agrees_under_every_switch(books: XeroBooks, switch: str, value: str) -> None:
    if switch:
        books.server.set_up(books.realm, **{switch: value})
    season(books)

    waiting = books.connection.sync_records.exclude(state=State.IN_THE_BOOKS)
    found: Any = compare(books.connection)
    apart = [*found.differences, *found.only_here, *found.doubles, *map(str, found.questions)]
    told = TOLD.get((switch, value), [])
    assert [each.sentence for each in waiting] == told
    assert all(each.remedy for each in waiting)
    assert len(apart) == len(told)
    assert all(any(sentence in each for sentence in told) for each in apart), apart
    assert books.trial_balance() == WORKED
    doubles = books.server.state(books.realm)["doubles"]
    assert not any(doubles.values()), doubles
