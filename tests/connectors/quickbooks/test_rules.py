"""What QuickBooks cannot hold is said before any call, and what it will book is known before it."""

import dataclasses
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from apps.connectors.quickbooks.rules import effect, objections
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    Snapshot,
)
from tests.connectors.quickbooks.strategies import credit_notes, invoices, payments

DAY = date(2026, 3, 1)
CUSTOMER = CustomerSnapshot(marker="m", name="Brass & Oak", currency="USD")
ITEM = ItemSnapshot(marker="m", code="HOUR", name="Hour", account_id="16")
LINE = Line(
    key="1", net=Decimal(10), unit_price=Decimal(10), item_id="1", account_id="16", description="x"
)
INVOICE = InvoiceSnapshot(
    marker="m",
    number="INV-1",
    customer_id="1",
    issue_date=DAY,
    currency="USD",
    lines=(LINE,),
    net=Decimal(10),
    tax=Decimal(0),
    total=Decimal(10),
)
PAYMENT = PaymentSnapshot(
    marker="m", customer_id="1", paid_on=DAY, currency="USD", amount=Decimal(10), account_id="1"
)
PART = AllocationSnapshot(
    marker="m",
    source=Kind.PAYMENT,
    source_id="",
    target_kind=Kind.INVOICE,
    target_id="5",
    amount=Decimal(10),
    currency="USD",
    applied_on=DAY,
    customer_id="1",
)


@pytest.mark.parametrize(
    "fits",
    [
        CUSTOMER,
        ITEM,
        INVOICE,
        PAYMENT,
        dataclasses.replace(PART, source=Kind.CREDIT_NOTE, source_id="8"),
        dataclasses.replace(CUSTOMER, name="Over: there\tLtd", phone="+44 (0)20 7946 - 0000 x 12"),
        dataclasses.replace(CUSTOMER, address=Address(lines=tuple("ABCDEFGH"))),
        dataclasses.replace(INVOICE, void=True),
    ],
)
def test_what_fits_meets_no_objection(fits: Snapshot) -> None:
    assert objections(fits, "USD") == ()


@pytest.mark.parametrize(
    ("record", "change", "said"),
    [
        (CUSTOMER, {"name": " \t "}, "name"),
        (CUSTOMER, {"name": "x" * 501}, "501"),
        (CUSTOMER, {"email": "x" * 101}, "e-mail"),
        (CUSTOMER, {"phone": "1" * 22}, "telephone"),
        (CUSTOMER, {"currency": "EUR"}, "EUR"),
        (ITEM, {"account_id": ""}, "income account"),
        (ITEM, {"description": "x" * 4001}, "4001"),
        (INVOICE, {"number": "x" * 22}, "22"),
        (INVOICE, {"number": ""}, "number"),
        (INVOICE, {"message": "x" * 1001}, "message"),
        (INVOICE, {"currency": "EUR"}, "EUR"),
        (INVOICE, {"tax": Decimal(2), "total": Decimal(12)}, "tax"),
        (INVOICE, {"lines": ()}, "line"),
        (INVOICE, {"net": Decimal(11)}, "add up"),
        (INVOICE, {"total": Decimal(-1)}, "below nil"),
        (INVOICE, {"lines": (dataclasses.replace(LINE, item_id=""),)}, "no item"),
        (INVOICE, {"lines": (dataclasses.replace(LINE, net=Decimal("9.999")),)}, "decimals"),
        (PAYMENT, {"amount": Decimal("1.005")}, "decimals"),
        (PAYMENT, {"reference": "x" * 22}, "reference"),
        (PAYMENT, {"amount": Decimal(5), "allocations": (PART,)}, "More is set"),
        (PAYMENT, {"allocations": (dataclasses.replace(PART, target_id=""),)}, "not in QuickBooks"),
    ],
)
def test_what_does_not_fit_is_said_in_a_sentence(
    record: Any, change: dict[str, Any], said: str
) -> None:
    found = objections(dataclasses.replace(record, **change), "USD")
    assert any(said in sentence for sentence in found), found
    assert all(sentence.endswith(".") for sentence in found)


def by_account(snapshot: Snapshot) -> dict[str, Decimal]:
    return {each.account_id: each.debit - each.credit for each in effect(snapshot, "USD")}


def test_what_a_document_and_its_money_will_book() -> None:
    assert by_account(INVOICE) == {"receivable": 10, "16": -10}
    assert by_account(PAYMENT) == {"1": 10, "receivable": -10}
    assert by_account(PART) == {}
    assert by_account(dataclasses.replace(INVOICE, void=True)) == {}
    assert by_account(dataclasses.replace(PAYMENT, cancelled=True)) == {}


@given(invoices() | credit_notes() | payments())
def test_debits_equal_credits(ours: Snapshot) -> None:
    found = effect(ours, "USD")
    assert sum(each.debit for each in found) == sum(each.credit for each in found)
    assert all((each.debit > 0) != (each.credit > 0) for each in found)


@given(invoices())
def test_a_credit_note_books_the_reverse_of_its_invoice(invoice: InvoiceSnapshot) -> None:
    credit = CreditNoteSnapshot(
        **{name: getattr(invoice, name) for name in CreditNoteSnapshot.__dataclass_fields__}
    )
    mirrored = {account: -amount for account, amount in by_account(credit).items()}
    assert by_account(invoice) == mirrored
