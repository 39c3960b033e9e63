"""What FreshBooks cannot hold: each is provoked, and `docs/ledgers.md` says what staff read then."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    hold_as_retainer,
    make_deposit,
    receive_payment,
    return_payment,
    take_surplus,
    use_retainer,
)
from apps.connections.models import Connection
from apps.sync.assemble.foretold import foretold
from apps.sync.models import Reason, State
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.freshbooks.shop import FreshBooksShop
from tests.connectors.page import provoked, rows
from tests.factories import make_customer, make_exchange_rate, make_invoice, make_tax_rate
from tests.freshbooks_twin import FreshBooksTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MARCH_20 = date(2026, 3, 20)


def paid_out(shop: FreshBooksShop) -> Any:
    invoice = shop.sale()
    shop.paid(invoice, "120")
    return shop.refund(shop.credit(invoice, day=17), "120")


def returned(shop: FreshBooksShop) -> Any:
    payment = shop.paid(shop.sale(), "120", method=shop.transfer)
    shop.settle()
    return return_payment(payment, on=MARCH_20, reason="No funds", fee=Decimal(8))


def banked(shop: FreshBooksShop) -> Any:
    return make_deposit(shop.account, date=MARCH_20, payments=[shop.paid(shop.sale(), "120")])


def on_account(shop: FreshBooksShop) -> Any:
    return shop.money(shop.sale().customer, "40")


def over_two(shop: FreshBooksShop) -> Any:
    customer = make_customer(shop.company)
    parts = [(shop.sale(customer=customer), Decimal(120)) for _ in range(2)]
    return receive_payment(
        customer=customer, amount=Decimal(240), date=MARCH_20, method=shop.method, apply=parts
    )


def retained(shop: FreshBooksShop) -> Any:
    money = shop.money(shop.sale().customer, "40")
    return hold_as_retainer(money, amount=Decimal(40), on=MARCH_20)


def retainer_used(shop: FreshBooksShop) -> Any:
    invoice = shop.sale()
    money = shop.money(invoice.customer, "40")
    hold_as_retainer(money, amount=Decimal(40), on=MARCH_20)
    return use_retainer(invoice, amount=Decimal(40), on=MARCH_20)


def surplus(shop: FreshBooksShop) -> Any:
    payment = shop.paid(shop.sale(), "120.02")
    return take_surplus(payment, amount=Decimal("0.02"), on=MARCH_20, reason="Not worth a letter")


def in_euro(shop: FreshBooksShop) -> Any:
    return shop.in_euro()


def money_in_euro(shop: FreshBooksShop) -> Any:
    make_exchange_rate(shop.company, "EUR", "0.85")
    customer = make_customer(shop.company, currency="EUR")
    return shop.money(customer, "40", method=shop.euro_transfer)


def three_taxes(shop: FreshBooksShop) -> Any:
    customer = shop.sale().customer
    shop.settle()
    rate = make_tax_rate(shop.company, "5", "7", "2", code="THREE")
    return make_invoice(customer=customer, lines=[(shop.item, 1, 100, rate)])


def three_decimals(shop: FreshBooksShop) -> Any:
    """Four of a percentage, under a tax of theirs that rounds them."""
    body = {"name": "Fine", "amount": "9.9755"}
    shop.server.act(shop.business, "create", kind="taxes", body=body)
    rate = make_tax_rate(shop.company, "9.9755", code="FINE")
    shop.map()
    lines = [(shop.item, 1, 100, rate)]
    return make_invoice(customer=make_customer(shop.company), lines=lines)


def rounded_by_us(shop: FreshBooksShop) -> Any:
    """Two lines of 0.33 with the tax in them, 0.28 and 0.05 each."""
    lines = [(shop.item, 1, "0.33", shop.standard)] * 2
    return make_invoice(customer=make_customer(shop.company), lines=lines, tax_mode="inclusive")


ACTS = {
    "a refund": paid_out,
    "a payment that the bank took back": returned,
    "a bank deposit": banked,
    "money on account": on_account,
    "a receipt over several invoices": over_two,
    "a retainer": retained,
    "a retainer that is used": retainer_used,
    "pennies too much, taken to the small differences": surplus,
    "a document in another currency": in_euro,
    "money in another currency": money_in_euro,
    "a tax of three parts": three_taxes,
    "a percentage of four decimals": three_decimals,
    "tax that comes to another cent there": rounded_by_us,
}


def test_the_page_says_what_staff_read(twin: FreshBooksTwin, db: None) -> None:
    found = provoked(FreshBooksShop(twin), ACTS)
    assert rows("FreshBooks", told=False) == found, "\n".join(map(str, found))


def test_what_is_in_another_currency_is_foretold_to_be_held(twin: FreshBooksTwin) -> None:
    shop = FreshBooksShop(twin)
    make_exchange_rate(shop.company, "EUR", "0.85")
    customer = make_customer(shop.company, currency="EUR")
    [told] = foretold(make_invoice(customer=customer, issued=False))
    assert "is made in FreshBooks" not in told.sentence
    assert "Tieout will hold it: FreshBooks takes and tells no exchange rate" in told.sentence
    [at_home] = foretold(make_invoice(company=shop.company))
    assert "is made in FreshBooks" in at_home.sentence


def test_what_was_issued_in_another_currency_before_these_books_says_why_it_stays(
    books: FreshBooksBooks,
) -> None:
    """Its customer is not there either, for the same reason: that is not what is told first."""
    Connection.objects.update(stage=Connection.Stage.DISCONNECTED)
    make_exchange_rate(books.company, "EUR", "0.85")
    invoice = make_invoice(customer=make_customer(books.company, currency="EUR"))
    Connection.objects.update(stage=Connection.Stage.LIVE)
    books.run()
    record = books.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CANNOT_HOLD)
    assert record.sentence.startswith("FreshBooks takes and tells no exchange rate")
    assert "void or credit it here" in record.remedy
