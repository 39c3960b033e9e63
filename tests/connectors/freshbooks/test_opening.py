"""What was open in FreshBooks at the cut-off: linked, never sent, and what comes of it since."""

from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, write_off
from apps.reconciliation.compare import compare
from apps.sync.models import State
from apps.sync.opening.items import open_items
from apps.sync.opening.linking import link_open_item
from tests.connectors.freshbooks.shop import FreshBooksShop
from tests.factories import make_credit_note, make_customer, make_invoice, make_item, make_payment
from tests.freshbooks_twin import FreshBooksTwin
from tests.reconciliation.table import refusals
from tests.sync.opening.of_before import (
    DECEMBER_10,
    JANUARY_15,
    MARCH_20,
    customer_there,
    old_invoice,
)
from tests.sync.theirs import row_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def typed(shop: FreshBooksShop, invoice: Any) -> str:
    """The same invoice as it was typed over there in December; its id."""
    line = {"name": "As ever", "qty": "1", "unit_cost": {"amount": str(invoice.total)}}
    body = {
        "customerid": int(customer_there(shop, invoice)),
        "create_date": invoice.issue_date.isoformat(),
        "invoice_number": invoice.number,
        "status": 2,
        "lines": [line],
    }
    made = shop.server.act(shop.business, "create", kind="invoices", body=body)
    return str(made["id"])


def test_an_invoice_of_before_is_paid_here_and_there_credited_and_written_off_once_linked(
    twin: FreshBooksTwin, db: None
) -> None:
    """Of 1,000.00 typed in December 400 come here, 300 there, 200 are credited and 100 lost, which
    lowers income there, too."""
    shop = FreshBooksShop(twin)
    customer = make_customer(shop.company)
    make_invoice(customer=customer)
    shop.settle()
    shop.change()
    invoice = old_invoice(customer)
    remote_id = typed(shop, invoice)
    assert shop.change() == {"receivable": 1000, "income": -1000}
    payment = make_payment(invoice=invoice, amount=400, date=JANUARY_15, method=shop.method)
    shop.settle()
    held = shop.record(payment)
    assert held.state == State.NEEDS_PERSON
    assert "before the cut-off" in held.sentence
    assert shop.change() == {}

    pairs = open_items(shop.connection).proposed
    assert [(each.ours.open, each.theirs.open) for each in pairs] == [(1000, 1000)]
    row = row_of(shop, "invoice", remote_id)
    link_open_item(shop.connection, invoice, row, user_id=shop.fay.pk)
    shop.settle()
    assert shop.record(payment).state == State.IN_THE_BOOKS
    assert shop.change() == {"bank": 400, "receivable": -400}

    told = {"number": invoice.number, "amount": "300", "date": "2026-01-20"}
    shop.server.act(shop.business, "pay", **told)
    shop.settle()
    invoice.refresh_from_db()
    assert invoice.balance_due == 300
    assert shop.change() == {"bank": 300, "receivable": -300}
    note = make_credit_note(
        customer=customer, lines=[(make_item(shop.company), 1, 200)], reason="Late"
    )
    allocate(note, invoice, Decimal(200), on=MARCH_20)
    write_off(invoice, amount=Decimal(100), on=MARCH_20, reason="Gone")
    shop.settle()
    assert shop.change() == {"income": 300, "receivable": -300}
    assert shop.stands()[invoice.number].due == 0
    found = compare(shop.connection)
    assert refusals(found) == []
    assert found.opening == [f"Invoice {invoice.number}: open with 1,000.00 GBP on both sides."]
    assert invoice.issue_date == DECEMBER_10
