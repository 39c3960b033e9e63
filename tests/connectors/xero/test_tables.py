"""A bookkeeper's tables on Xero: journals worked by hand, and both sides agreeing on them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    Part,
    allocate,
    cancel_adjustment,
    credit_invoice,
    deduct,
    hold_as_retainer,
    issue,
    return_payment,
    use_retainer,
    write_off,
)
from apps.billing.models import Payment
from apps.reconciliation.compare import compare
from apps.sync.models import State
from tests.connectors.xero.live import XeroBooks
from tests.connectors.xero.test_not_done import apart as what_is_apart
from tests.connectors.xero.test_not_done import told
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)
from tests.xero_twin import XeroTwin

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = date(2026, 3, 20)
ROLES = {
    "bad_debt": "Bad Debts",
    "bank_charge": "Bank Fees",
    "small_difference": "Bank Fees",
    "early_discount": "Discount Allowed",
    "retainer": "Customer Deposits",
}
BANK, OWED, SALES = "Business Bank Account", "Accounts Receivable", "Sales"


def sold(books: XeroBooks, vat: Any, net: Any = 100, customer: Any = None) -> Any:
    customer = customer or make_customer(books.company)
    return make_invoice(customer=customer, lines=[(make_item(books.company), 1, net, vat)])


def paid(books: XeroBooks, invoice: Any, amount: Any = None) -> Payment:
    return make_payment(invoice=invoice, amount=amount, method=books.method, date=DAY)


def deducted(books: XeroBooks, vat: Any, role: str, amount: str, tax: Any = None) -> Any:
    invoice = sold(books, vat)
    paid(books, invoice, invoice.total - Decimal(amount))
    invoice.refresh_from_db()
    return deduct(invoice, role=role, amount=Decimal(amount), on=DAY, reason="Kept", tax_rate=tax)


def returned(books: XeroBooks, vat: Any) -> None:
    payment = paid(books, sold(books, vat))
    books.run()
    return_payment(payment, on=DAY, reason="No funds", fee=Decimal(8))


def retained(books: XeroBooks, vat: Any) -> None:
    invoice = sold(books, vat)
    money = make_payment(customer=invoice.customer, amount=500, method=books.method, date=DAY)
    hold_as_retainer(money, amount=Decimal(500), on=DAY)
    books.run()
    use_retainer(invoice, amount=Decimal(60), on=DAY)


def taken_up_again(books: XeroBooks, vat: Any) -> None:
    loss = write_off(sold(books, vat), amount=Decimal(30), on=DAY, reason="Gone")
    books.run()
    cancel_adjustment(loss, reason="Paid after all", on=DAY)


# What is done, and what their trial balance moves by, at 10 %. A debit is above nil.
TABLE: dict[str, tuple[Callable[[XeroBooks, Any], Any], dict[str, str]]] = {
    "a sale of 100": (
        sold,
        {OWED: "110", SALES: "-100", "tax": "-10"},
    ),
    "a sale that was paid": (
        lambda books, vat: paid(books, sold(books, vat)),
        {BANK: "110", SALES: "-100", "tax": "-10"},
    ),
    "a credit note of 50 that stays open": (
        lambda books, vat: make_credit_note(
            customer=make_customer(books.company),
            lines=[(make_item(books.company), 1, 50, vat)],
            reason="Late",
        ),
        {OWED: "-55", SALES: "50", "tax": "5"},
    ),
    "a charge of 3 that the bank kept": (
        lambda books, vat: deducted(books, vat, "bank_charge", "3"),
        {BANK: "107", "Bank Fees": "3", SALES: "-100", "tax": "-10"},
    ),
    "30 written off": (
        lambda books, vat: write_off(
            sold(books, vat), amount=Decimal(30), on=DAY, reason="Insolvent"
        ),
        {OWED: "80", "Bad Debts": "30", SALES: "-100", "tax": "-10"},
    ),
    "30 written off and taken up again": (
        taken_up_again,
        {OWED: "110", SALES: "-100", "tax": "-10"},
    ),
    "returned by the bank with a fee of 8": (
        returned,
        {OWED: "110", SALES: "-100", "tax": "-10", BANK: "-8", "Bank Fees": "8"},
    ),
    "500 held as a retainer, 60 of it used": (
        retained,
        {OWED: "50", SALES: "-100", "tax": "-10", BANK: "500", "retainer": "-440"},
    ),
}


def opened(twin: XeroTwin, currency: str) -> XeroBooks:
    books = XeroBooks(twin, company=make_company(home_currency=currency))
    books.go_live()
    return books


def test_the_table_is_what_their_trial_balance_moves_by_in_australia(
    twin: XeroTwin, db: None
) -> None:
    """One set of books: each row from what stood before it, and both sides agree after it. The
    table of the United Kingdom is that of all ledgers (`test_situations.py`)."""
    books = opened(twin, "AUD")
    gst = make_tax_rate(books.company, 10, country="AU")
    books.map_proposed()
    for role, account in ROLES.items():
        books.map_role(role, account)
    before = books.trial_balance()
    for words, (act, worked) in TABLE.items():
        act(books, gst)
        before = moved_by(books, before, worked, words, tax="GST")


# Currency and country, percentage, their account of tax, and the journals of a sale of three lines
# of 33.33, tax by line; of half of the first line credited on it; of the rest paid.
REGIMES = {
    # 5.00 each: 99.99 and 15.00. Credited 16.67 and 2.50.
    "New Zealand": (
        ("NZD", "NZ", "15", "GST"),
        {BANK: "95.82", SALES: "-83.32", "tax": "-12.50"},
    ),
    # 2.749725, so 2.75 each: 99.99 and 8.25. Credited 16.67 and 1.38 (1.375275).
    "United States": (
        ("USD", "US", "8.25", "Sales Tax"),
        {BANK: "90.19", SALES: "-83.32", "tax": "-6.87"},
    ),
    # 6.67 (6.666) each: 99.99 and 20.01. Credited 16.67 and 3.33.
    "elsewhere": (
        ("EUR", "DE", "20", "Sales Tax"),
        {BANK: "100.00", SALES: "-83.32", "tax": "-16.68"},
    ),
}


@pytest.mark.parametrize("where", REGIMES)
def test_a_sale_a_credit_and_the_rest_paid_in_each_regime(
    twin: XeroTwin, db: None, where: str
) -> None:
    (currency, country, percent, account), worked = REGIMES[where]
    books = opened(twin, currency)
    rate = make_tax_rate(books.company, percent, country=country)
    books.map_proposed()
    before = books.trial_balance()
    lines = [(make_item(books.company), 1, "33.33", rate)] * 3
    invoice = make_invoice(customer=make_customer(books.company), lines=lines)
    parts = [Part(line=invoice.lines.first(), net=Decimal("16.67"))]
    note = credit_invoice(invoice, reason="Broken", on=DAY, lines=parts)
    issue(note)
    note.refresh_from_db()
    allocate(note, invoice, note.total, on=DAY)
    invoice.refresh_from_db()
    paid(books, invoice)
    moved_by(books, before, worked, where, tax=account)


def moved_by(
    books: XeroBooks, before: dict[str, Decimal], worked: dict[str, str], words: str, *, tax: str
) -> dict[str, Decimal]:
    """Their trial balance after some runs, which is apart from `before` by what was worked out."""
    for _ in range(3):
        books.run()
        waiting = books.connection.sync_records.filter(state=State.WAITING, due_at__isnull=False)
        if not waiting.exists():
            break
    now = books.trial_balance()
    moved = {
        name: now.get(name, Decimal(0)) - before.get(name, Decimal(0))
        for name in now.keys() | before.keys()
    }
    names = {"tax": tax, "retainer": ROLES["retainer"]}
    expected = {names.get(name, name): Decimal(each) for name, each in worked.items()}
    assert sum(expected.values()) == 0, words
    assert {name: each for name, each in moved.items() if each} == expected, words
    assert not told(books), (words, [each.sentence for each in told(books)])
    assert what_is_apart(compare(books.connection)) == [], words
    return now
