"""What was open at the cut-off on both sides: linked, never sent, and paid since both ways."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import Payment
from apps.reconciliation.compare import compare
from apps.sync.models import RemoteRecord, State, SyncRecord
from apps.sync.open_items import open_items
from apps.sync.opening import link_open_item
from tests.books import Books
from tests.factories import make_invoice, make_item, make_payment
from tests.sync.theirs import pay_there, row_of

DECEMBER_10 = date(2025, 12, 10)
JANUARY_15 = date(2026, 1, 15)


def sold_there(books: Books, invoice: Any, amount: Any = None, **told: Any) -> str:
    """The same sale as it was typed over there long ago; its id."""
    customer = told.pop("customer", None) or customer_there(books, invoice)
    item = books.theirs("Item")[0]["Id"]
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": float(amount if amount is not None else invoice.total),
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    body = {
        "CustomerRef": {"value": customer},
        "TxnDate": invoice.issue_date.isoformat(),
        "DocNumber": invoice.number,
        "Line": [line],
        **told,
    }
    kind = "Invoice" if invoice.kind == "invoice" else "CreditMemo"
    return str(books.server.act(books.realm, "create", kind=kind, body=body)["Id"])


def customer_there(books: Books, invoice: Any) -> str:
    rows = RemoteRecord.objects.filter(
        connection=books.connection, sync_record__customer=invoice.customer, retired=False
    )
    return str(rows.get().remote_id)


@pytest.fixture
def customer(books: Books) -> Any:
    """One of ours that is in their books."""
    return SyncRecord.objects.get(connection=books.connection, kind="invoice").subject.customer


def old_invoice(customer: Any, total: int = 1000, **fields: Any) -> Any:
    return make_invoice(
        customer=customer,
        issue_date=DECEMBER_10,
        lines=[(make_item(customer.company), 1, total)],
        **fields,
    )


def test_an_invoice_of_before_the_cut_off_is_paid_on_both_sides_once_it_is_linked(
    books: Books, customer: Any
) -> None:
    """By hand: they have Dr receivable 1,000 Cr income 1,000 of December. 15 January, typed here:
    Dr undeposited funds 400, Cr receivable 400. Typed there: 600 likewise. Nothing else."""
    invoice = old_invoice(customer)
    remote_id = sold_there(books, invoice)
    payment = make_payment(invoice=invoice, amount=400, date=JANUARY_15, method=books.method)
    books.run()
    held = books.record(payment)
    assert held.state == State.NEEDS_PERSON
    assert "before the cut-off" in held.sentence
    assert "Open at the cut-off" in held.remedy
    before = books.trial_balance()

    found = open_items(books.connection)
    assert [(each.ours.open, each.theirs.open) for each in found.proposed] == [(1000, 1000)]
    link_open_item(
        books.connection, invoice, row_of(books, "Invoice", remote_id), user_id=books.fay.pk
    )
    books.run()

    assert books.record(payment).state == State.IN_THE_BOOKS
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert (
        len([each for each in books.theirs("Invoice") if each["DocNumber"] == invoice.number]) == 1
    )
    assert Decimal(str(books.their_invoice(invoice.number)["Balance"])) == 600
    moved = {
        account: amount - before.get(account, Decimal(0))
        for account, amount in books.trial_balance().items()
        if amount != before.get(account, Decimal(0))
    }
    assert moved == {"Undeposited Funds": 400, "Accounts Receivable (A/R)": -400}

    pay_there(books, invoice, date="2026-01-20")
    books.run()
    books.run()

    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert {each.amount for each in Payment.objects.all()} == {400, 600}
    assert books.balance("Undeposited Funds") == before.get("Undeposited Funds", 0) + 1000
    agreed = compare(books.connection)
    assert agreed.tied_out, agreed.refusals
    assert agreed.opening == [f"Invoice {invoice.number}: open with 1,000.00 GBP on both sides."]
    assert not agreed.only_there
