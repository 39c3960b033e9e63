"""What Xero cannot hold: each is provoked, and `docs/ledgers.md` says what staff read then."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    allocate,
    cancel_payment,
    change_open_fields,
    issue,
    make_deposit,
    pay_refund,
)
from tests.connectors.page import provoked, rows
from tests.connectors.xero.shop import XeroShop
from tests.factories import (
    make_credit_note,
    make_customer,
    make_exchange_rate,
    make_invoice,
    make_item,
)
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MARCH_20 = date(2026, 3, 20)


def banked(shop: XeroShop) -> Any:
    return make_deposit(shop.account, date=MARCH_20, payments=[shop.paid(shop.sale(), "120")])


def on_account_cancelled(shop: XeroShop) -> Any:
    money = shop.money(make_customer(shop.company), "40")
    shop.settle()
    cancel_payment(money, reason="Entered twice", on=MARCH_20)
    return money


def abroad_from_home(shop: XeroShop) -> Any:
    invoice = shop.in_euro()
    shop.paid(invoice, "120", method=shop.transfer, exchange_rate=Decimal("0.85"))
    return pay_refund(
        shop.credit(invoice, day=17),
        amount=Decimal(120),
        on=MARCH_20,
        method=shop.transfer,
        reason="Sent back",
        exchange_rate=Decimal("0.85"),
    )


def reconciled(shop: XeroShop) -> Any:
    payment = shop.paid(shop.sale(), "120", method=shop.transfer)
    shop.settle()
    there = shop.record(payment).remote_records.get(part="", retired=False).remote_id
    shop.server.act(shop.realm, "reconcile", kind="Payments", id=there)
    cancel_payment(payment, reason="Entered twice", on=MARCH_20)
    return payment


def archived(shop: XeroShop) -> Any:
    customer = shop.sale().customer
    shop.settle()
    there = shop.record(customer).remote_records.get(part="", retired=False).remote_id
    body = {"ContactID": there, "ContactStatus": "ARCHIVED"}
    shop.server.act(shop.realm, "update", kind="Contacts", body=body)
    customer.refresh_from_db()
    customer.email = "accounts@example.com"
    customer.save()
    return customer


def taken_name(shop: XeroShop) -> Any:
    shop.server.act(shop.realm, "create", kind="Contacts", body={"Name": "Twice & Sons"})
    return shop.sale(customer=make_customer(shop.company, name="Twice & Sons")).customer


def long_code(shop: XeroShop) -> Any:
    item = make_item(shop.company, code="L" * 31)
    make_invoice(customer=make_customer(shop.company), lines=[(item, 1, 10, shop.standard)])
    return item


def three_decimals(shop: XeroShop) -> Any:
    make_exchange_rate(shop.company, "KWD", "2.5")
    customer = make_customer(shop.company, currency="KWD")
    lines = [(shop.item, 1, "10.005", shop.standard)]
    return issue(make_invoice(customer=customer, lines=lines, issued=False))


def large_and_abroad(shop: XeroShop) -> Any:
    make_exchange_rate(shop.company, "EUR", "0.8613579")
    customer = make_customer(shop.company, currency="EUR")
    lines = [(shop.item, 1, "98765432.10", shop.standard)]
    return make_invoice(customer=customer, lines=lines)


def settled_in_a_closed_month(shop: XeroShop) -> Any:
    invoice = shop.sale()
    note = make_credit_note(
        customer=invoice.customer, lines=[(shop.item, 1, 50, shop.standard)], reason="Late"
    )
    shop.settle()
    shop.server.set_up(shop.realm, period_lock_date="2026-03-31")
    return allocate(note, invoice, Decimal(60), on=date(2026, 4, 10))


def settled_edit(shop: XeroShop) -> Any:
    shop.server.set_up(shop.realm, part_paid_edits="refuse")
    invoice = shop.sale()
    shop.paid(invoice, "60")
    shop.settle()
    change_open_fields(invoice, due_date=date(2026, 5, 5), reason="Asked for it")
    return invoice


ACTS = {
    "a bank deposit": banked,
    "money on account that is cancelled": on_account_cancelled,
    "a refund in another currency than its bank account": abroad_from_home,
    "a payment that is cancelled and was reconciled": reconciled,
    "a customer who was archived there": archived,
    "a customer of a name that is taken there": taken_name,
    "an item with a long code": long_code,
    "an amount of three decimals": three_decimals,
    "a rate that is too fine for a large amount": large_and_abroad,
    "another due date of an invoice that is paid in part": settled_edit,
    "a credit of a closed month that is applied later": settled_in_a_closed_month,
}


def test_the_page_says_what_staff_read(twin: XeroTwin, db: None) -> None:
    found = provoked(XeroShop(twin), ACTS)
    assert rows("Xero", told=False) == found, "\n".join(map(str, found))
