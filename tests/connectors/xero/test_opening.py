"""What was open in Xero at the cut-off: linked, never sent, and what comes of it since.

Each journal is worked by hand, a debit above nil: their books had the sale, the credit and the money
of December long before (ACCOUNTING.md, Whose is what: Cut-off).
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, pay_refund, reverse, write_off
from apps.reconciliation.compare import compare
from apps.sync.models import State
from apps.sync.opening.items import open_items
from apps.sync.opening.linking import link_open_item
from tests.connectors.xero.shop import XeroShop
from tests.factories import make_credit_note, make_customer, make_invoice, make_item, make_payment
from tests.reconciliation.table import refusals
from tests.sync.opening.of_before import (
    DECEMBER_10,
    DECEMBER_20,
    JANUARY_15,
    MARCH_20,
    customer_there,
    old_invoice,
)
from tests.sync.theirs import row_of
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.fixture
def shop(twin: XeroTwin, db: None) -> XeroShop:
    return XeroShop(twin)


def known_there(shop: XeroShop, currency: str = "GBP") -> Any:
    """A customer of ours that stands there, by a sale of since."""
    customer = make_customer(shop.company, currency=currency)
    rate = {"exchange_rate": Decimal("0.9")} if currency != "GBP" else {}
    make_invoice(customer=customer, **rate)
    shop.settle()
    shop.change()
    return customer


def typed(shop: XeroShop, document: Any, **told: Any) -> str:
    """The same as it was typed over there in December, and read since; its id."""
    kind = "Invoices" if document.kind == "invoice" else "CreditNotes"
    number = "InvoiceNumber" if document.kind == "invoice" else "CreditNoteNumber"
    line = {
        "Description": "As ever",
        "Quantity": 1,
        "UnitAmount": str(document.total),
        "AccountCode": "200",
        "TaxType": "NONE",
    }
    body = {
        "Type": "ACCREC" if document.kind == "invoice" else "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": customer_there(shop, document)},
        number: document.number,
        "Date": document.issue_date.isoformat(),
        "LineAmountTypes": "Exclusive",
        "LineItems": [line],
        **({"DueDate": "2026-01-10"} if document.kind == "invoice" else {}),
        **told,
    }
    made = shop.server.act(shop.realm, "create", kind=kind, body=body)
    return str(made[f"{kind[:-1]}ID"])


def link(shop: XeroShop, kind: str, subject: Any, remote_id: str) -> None:
    row = row_of(shop, kind, remote_id)
    reason = "Theirs was booked at another rate" if subject.currency != "GBP" else ""
    link_open_item(shop.connection, subject, row, user_id=shop.fay.pk, reason=reason)


def held_before(shop: XeroShop, subject: Any) -> bool:
    record = shop.record(subject)
    said = "before the cut-off" in record.sentence and "Open at the cut-off" in record.remedy
    return record.state == State.NEEDS_PERSON and said


def test_an_invoice_of_before_is_paid_here_and_there_and_written_off_once_linked(
    shop: XeroShop,
) -> None:
    """Of 1,000.00 typed in December 400 come here, 500 there, and 100 are lost."""
    customer = known_there(shop)
    invoice = old_invoice(customer)
    remote_id = typed(shop, invoice)
    assert shop.change() == {"receivable": 1000, "income": -1000}
    payment = make_payment(invoice=invoice, amount=400, date=JANUARY_15, method=shop.transfer)
    shop.settle()
    assert held_before(shop, payment)
    assert shop.change() == {}

    pairs = open_items(shop.connection).proposed
    assert [(each.ours.open, each.theirs.open) for each in pairs] == [(1000, 1000)]
    link(shop, "Invoice", invoice, remote_id)
    shop.settle()
    assert shop.record(payment).state == State.IN_THE_BOOKS
    assert shop.change() == {"bank": 400, "receivable": -400}

    told = {"amount": "500", "date": "2026-01-20", "account": "090"}
    shop.server.act(shop.realm, "record_payment", invoice=remote_id, **told)
    shop.settle()
    invoice.refresh_from_db()
    assert invoice.balance_due == 100
    assert shop.change() == {"bank": 500, "receivable": -500}
    write_off(invoice, amount=Decimal(100), on=MARCH_20, reason="Gone")
    shop.settle()
    assert shop.change() == {"bad debts": 100, "receivable": -100}
    assert shop.stands()[invoice.number].due == 0
    found = compare(shop.connection)
    assert refusals(found) == []
    assert found.opening == [f"Invoice {invoice.number}: open with 1,000.00 GBP on both sides."]


def test_a_credit_and_money_on_account_of_before_are_used_and_paid_out_since(
    shop: XeroShop,
) -> None:
    """100 of credit and 100 on account: 60 of the one and 40 of the other pay a sale of March, 30 of
    the money are paid out, and their staff set the last 30 of it against another sale."""
    customer = known_there(shop)
    item = make_item(shop.company)
    note = make_credit_note(
        customer=customer, issue_date=DECEMBER_10, lines=[(item, 1, 100)], reason="Loyalty"
    )
    money = make_payment(customer=customer, amount=100, date=DECEMBER_20, method=shop.transfer)
    their_note = typed(shop, note)
    told = {"contact": customer_there(shop, note), "amount": "100", "date": "2025-12-20"}
    their_money = str(shop.server.act(shop.realm, "overpayment", **told)["OverpaymentID"])
    assert shop.change() == {"income": 100, "bank": 100, "receivable": -200}
    invoice, other = (make_invoice(customer=customer, lines=[(item, 1, net)]) for net in (100, 30))
    parts = [
        allocate(note, invoice, Decimal(60), on=MARCH_20),
        allocate(money, invoice, Decimal(40), on=MARCH_20),
    ]
    shop.settle()
    assert all(held_before(shop, part) for part in parts)
    assert shop.change() == {"receivable": 130, "income": -130}

    assert len(open_items(shop.connection).proposed) == 2
    link(shop, "CreditNote", note, their_note)
    link(shop, "Overpayment", money, their_money)
    shop.settle()
    assert [shop.record(part).state for part in parts] == [State.IN_THE_BOOKS] * 2
    assert shop.stands()[invoice.number].due == 0
    assert shop.change() == {}
    pay_refund(money, amount=Decimal(30), on=MARCH_20, method=shop.transfer, reason="Asked for it")
    shop.settle()
    assert shop.change() == {"receivable": 30, "bank": -30}
    against = shop.record(other).remote_records.get(part="").remote_id
    told = {"id": their_money, "invoice": against, "amount": "30"}
    shop.server.act(shop.realm, "allocate", kind="Overpayments", **told)
    shop.settle()
    other.refresh_from_db()
    money.refresh_from_db()
    assert (other.balance_due, money.on_account) == (0, 0)
    assert shop.change() == {}
    assert refusals(compare(shop.connection)) == []

    reverse(parts[0], on=date(2026, 3, 21), reason="For another one")
    shop.settle()
    assert shop.stands()[invoice.number].due == 60
    assert shop.change() == {}
    assert refusals(compare(shop.connection)) == []


def test_another_rate_there_is_theirs_and_what_money_realises_on_it_too(shop: XeroShop) -> None:
    """EUR 1,000 stand there at 0.80, ours were booked at 0.85. 400 of them come at 0.90: bank 360,
    receivable 320, so 40 are gained. A credit of 100 takes our 0.85, so 85 of income, for 80 of
    theirs: 5 are gained."""
    customer = known_there(shop, "EUR")
    invoice = old_invoice(customer, exchange_rate=Decimal("0.85"))
    remote_id = typed(shop, invoice, CurrencyCode="EUR", CurrencyRate="1.25")
    assert shop.change() == {"receivable": 800, "income": -800}
    shop.settle()
    link(shop, "Invoice", invoice, remote_id)
    make_payment(
        invoice=invoice,
        amount=400,
        date=JANUARY_15,
        method=shop.euro_transfer,
        exchange_rate=Decimal("0.90"),
    )
    shop.settle()
    assert shop.change() == {"bank EUR": 360, "receivable": -320, "exchange": -40}
    assert refusals(compare(shop.connection)) == []

    note = shop.credit(invoice, "100")
    shop.used(note, invoice, "100")
    shop.settle()
    assert shop.change() == {"income": 85, "receivable": -80, "exchange": -5}
    assert refusals(compare(shop.connection)) == []


def test_a_credit_of_before_at_another_rate_there_is_set_against_a_sale_of_since(
    shop: XeroShop,
) -> None:
    """Their credit of EUR 100 was booked at 0.80, ours at 0.85; the sale of March at 0.90. Set
    against it, 80 of theirs take 90 off the receivable: 10 are lost."""
    customer = known_there(shop, "EUR")
    note = make_credit_note(
        customer=customer,
        issue_date=DECEMBER_10,
        lines=[(make_item(shop.company), 1, 100)],
        reason="Loyalty",
        exchange_rate=Decimal("0.85"),
    )
    remote_id = typed(shop, note, CurrencyCode="EUR", CurrencyRate="1.25")
    invoice = make_invoice(customer=customer, exchange_rate=Decimal("0.9"))
    shop.settle()
    assert shop.change() == {"income": 80 - 90, "receivable": 90 - 80}
    link(shop, "CreditNote", note, remote_id)
    shop.used(note, invoice, "100", day=20)
    shop.settle()
    assert shop.stands()[invoice.number].due == 0
    assert shop.change() == {"receivable": -10, "exchange": 10}
    assert refusals(compare(shop.connection)) == []


def test_a_credit_of_since_is_set_against_what_is_linked(shop: XeroShop) -> None:
    customer = known_there(shop)
    invoice = old_invoice(customer)
    remote_id = typed(shop, invoice)
    shop.settle()
    link(shop, "Invoice", invoice, remote_id)
    shop.change()
    note = make_credit_note(invoice=invoice)
    allocate(note, invoice, Decimal(1000), on=MARCH_20)
    shop.settle()
    assert shop.record(note).state == State.IN_THE_BOOKS, shop.record(note).sentence
    assert shop.change() == {"income": 1000, "receivable": -1000}
    assert shop.stands()[invoice.number].due == 0
    assert refusals(compare(shop.connection)) == []
