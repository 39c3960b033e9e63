"""A bookkeeper's tables on Xero: journals worked by hand, and both sides agreeing on them."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    cancel_adjustment,
    deduct,
    hold_as_retainer,
    return_payment,
    use_retainer,
    write_off,
)
from apps.billing.models import Payment
from apps.reconciliation.compare import compare
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
from tests.kept_books import live_on
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


# What is done, and what their trial balance moves by: at 20 % in the United Kingdom, at 10 % in
# Australia. A debit is above nil.
TABLE: dict[str, tuple[Callable[[XeroBooks, Any], Any], dict[str, str], dict[str, str]]] = {
    "a sale of 100": (
        sold,
        {OWED: "120", SALES: "-100", "tax": "-20"},
        {OWED: "110", SALES: "-100", "tax": "-10"},
    ),
    "a sale that was paid": (
        lambda books, vat: paid(books, sold(books, vat)),
        {BANK: "120", SALES: "-100", "tax": "-20"},
        {BANK: "110", SALES: "-100", "tax": "-10"},
    ),
    "a credit note of 50 that stays open": (
        lambda books, vat: make_credit_note(
            customer=make_customer(books.company),
            lines=[(make_item(books.company), 1, 50, vat)],
            reason="Late",
        ),
        {OWED: "-60", SALES: "50", "tax": "10"},
        {OWED: "-55", SALES: "50", "tax": "5"},
    ),
    "a charge of 3 that the bank kept": (
        lambda books, vat: deducted(books, vat, "bank_charge", "3"),
        {BANK: "117", "Bank Fees": "3", SALES: "-100", "tax": "-20"},
        {BANK: "107", "Bank Fees": "3", SALES: "-100", "tax": "-10"},
    ),
    "30 written off": (
        lambda books, vat: write_off(
            sold(books, vat), amount=Decimal(30), on=DAY, reason="Insolvent"
        ),
        {OWED: "90", "Bad Debts": "30", SALES: "-100", "tax": "-20"},
        {OWED: "80", "Bad Debts": "30", SALES: "-100", "tax": "-10"},
    ),
    "30 written off and taken up again": (
        taken_up_again,
        {OWED: "120", SALES: "-100", "tax": "-20"},
        {OWED: "110", SALES: "-100", "tax": "-10"},
    ),
    "returned by the bank with a fee of 8": (
        returned,
        {OWED: "120", SALES: "-100", "tax": "-20", BANK: "-8", "Bank Fees": "8"},
        {OWED: "110", SALES: "-100", "tax": "-10", BANK: "-8", "Bank Fees": "8"},
    ),
    "500 held as a retainer, 60 of it used": (
        retained,
        {OWED: "60", SALES: "-100", "tax": "-20", BANK: "500", "retainer": "-440"},
        {OWED: "50", SALES: "-100", "tax": "-10", BANK: "500", "retainer": "-440"},
    ),
}


def opened(twin: XeroTwin, currency: str) -> XeroBooks:
    if currency == "GBP":
        return live_on(XeroBooks, twin)[0]
    books = XeroBooks(twin, company=make_company(home_currency=currency))
    books.go_live()
    return books


@pytest.mark.parametrize(
    ("currency", "percent", "tax", "column"), [("GBP", 20, "VAT", 1), ("AUD", 10, "GST", 2)]
)
def test_the_table_is_what_their_trial_balance_moves_by(
    twin: XeroTwin, db: None, currency: str, percent: int, tax: str, column: int
) -> None:
    """One set of books: each row from what stood before it, and both sides agree after it."""
    books = opened(twin, currency)
    vat = make_tax_rate(books.company, percent, country="GB" if currency == "GBP" else "AU")
    books.map_proposed()
    for role, account in ROLES.items():
        books.map_role(role, account)
    names = {"tax": tax, "retainer": ROLES["retainer"]}
    before = books.trial_balance()
    for words, row in TABLE.items():
        row[0](books, vat)
        for _ in range(3):
            books.run()
        now = books.trial_balance()
        moved = {
            name: now.get(name, Decimal(0)) - before.get(name, Decimal(0))
            for name in now.keys() | before.keys()
        }
        before = now
        worked: dict[str, str] = row[column]  # type: ignore[assignment]  # by the column's place
        expected = {names.get(name, name): Decimal(each) for name, each in worked.items()}
        assert sum(expected.values()) == 0, words
        assert {name: each for name, each in moved.items() if each} == expected, words
        assert not told(books), (words, [each.sentence for each in told(books)])
        assert what_is_apart(compare(books.connection)) == [], words
