"""Both sides compared on the simulated Xero: what agrees, to the penny, and what is explained."""

from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import (
    allocate,
    make_deposit,
    pay_refund,
    receive_payment,
    write_off,
)
from apps.billing.models import BankAccount
from apps.mappings.choices import set_mapping
from apps.reconciliation.models import Cause
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
from tests.reconciliation.proven import compare_and_prove as compare

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)


def calm(books: XeroBooks) -> None:
    for _ in range(4):
        books.run()


def apart(books: XeroBooks) -> list[str]:
    found = compare(books.connection)
    return [*found.differences, *found.only_here, *found.doubles, *map(str, found.questions)]


@pytest.mark.slow
def test_a_month_of_all_kinds_agrees_with_a_trial_balance_worked_by_hand(books: XeroBooks) -> None:
    """Standard rate 20 %. Each in debits and credits:

    invoice A 100 + 20: receivable 120, sales -100, VAT -20; invoice B 50 + 10: 60, -50, -10;
    a receipt of 150 over A (120) and B (30): bank 150, receivable -150;
    credit note 20 + 4, used on B: sales 20, VAT 4, receivable -24;
    6.00 of B written off: bad debts 6, receivable -6. B: 60 - 30 - 24 - 6 = 0;
    40.00 on account: bank 40, receivable -40; 15.00 of it paid back with a fee of 1.00:
    receivable 15, bank fees 1, bank -16.
    And the test invoice over 100.00 without tax: receivable 100, sales -100.
    """
    company = books.company
    vat = make_tax_rate(company, 20)
    books.map_proposed()
    books.map_role("bad_debt", "Bad Debts")
    books.map_role("bank_charge", "Bank Fees")
    item, customer = make_item(company), make_customer(company)
    one = make_invoice(customer=customer, lines=[(item, 1, 100, vat)])
    two = make_invoice(customer=customer, lines=[(item, 1, 50, vat)])
    both = [(one, Decimal(120)), (two, Decimal(30))]
    receive_payment(
        customer=customer, amount=Decimal(150), date=DAY, method=books.method, apply=both
    )
    note = make_credit_note(customer=customer, lines=[(item, 1, 20, vat)], reason="Late")
    allocate(note, two, Decimal(24), on=DAY)
    write_off(two, amount=Decimal(6), on=DAY, reason="Gone")
    kept = make_payment(customer=customer, amount=40, method=books.method, date=DAY)
    pay_refund(
        kept, amount=Decimal(15), fee=Decimal(1), on=DAY, method=books.method, reason="Too much"
    )

    calm(books)

    assert apart(books) == []
    assert books.trial_balance() == {
        "Accounts Receivable": Decimal(120 + 60 - 150 - 24 - 6 - 40 + 15 + 100),
        "Sales": Decimal(-100 - 50 + 20 - 100),
        "VAT": Decimal(-20 - 10 + 4),
        "Business Bank Account": Decimal(150 + 40 - 16),
        "Bad Debts": Decimal(6),
        "Bank Fees": Decimal(1),
    }


@pytest.mark.parametrize("reading", ["rounding_account", "largest_line"])
@pytest.mark.slow
def test_cents_that_rounding_leaves_are_explained_wherever_they_stand(
    books: XeroBooks, reading: str
) -> None:
    """At 0.8613 three lines of 33.33 EUR are 28.707129 each, so 28.71 and 86.13 together; the whole,
    99.99, is 86.121387, so 86.12: a cent is over. A receipt of 66.66 for two halves of it is 57.41,
    and two payments of 33.33 are 28.71 each, so 57.42."""
    books.server.set_up(books.realm, base_rounding=reading)
    books.server.act(books.realm, "add_currency", code="EUR")
    company = books.company
    customer = make_customer(company, currency="EUR")
    make_exchange_rate(company, "EUR", "0.8613")
    item = make_item(company)
    lines = [(item, 1, "33.33")] * 3
    one, two = (make_invoice(customer=customer, lines=lines) for _ in range(2))
    method = make_method(company, currency="EUR", posts_to="clearing")
    set_mapping(
        books.connection,
        "method_account",
        code=books.code("Card Clearing"),
        payment_method=method,
    )
    halves = [(one, Decimal("33.33")), (two, Decimal("33.33"))]
    receive_payment(
        customer=customer, amount=Decimal("66.66"), date=DAY, method=method, apply=halves
    )
    calm(books)

    found = compare(books.connection)

    assert found.tied_out, (found.differences, found.only_here, found.questions)
    said = " ".join(found.recoded)
    assert "what rounding amounts in other currencies to GBP leaves" in said
    moved = {line.name: line.explained for line in found.accounts if line.explained}
    assert sum(moved.values()) == 0
    assert all(abs(amount) <= Decimal("0.02") for amount in moved.values()), moved


@pytest.mark.slow
def test_more_than_rounding_can_leave_is_a_difference(books: XeroBooks) -> None:
    books.server.act(books.realm, "add_currency", code="EUR")
    make_exchange_rate(books.company, "EUR", "0.8613")
    customer = make_customer(books.company, currency="EUR")
    make_invoice(customer=customer, lines=[(make_item(books.company), 1, "33.33")])
    calm(books)
    assert apart(books) == []

    told = {"debit": "200", "credit": "860", "date": DAY.isoformat()}
    books.server.act(books.realm, "journal", amount="0.05", **told)

    said = " ".join(apart(books))
    assert "Sales" in said
    assert "0.05 GBP apart" in said


def test_a_pull_of_nothing_new_takes_eight_calls(books: XeroBooks) -> None:
    calm(books)
    assert books.run().calls <= 8


@pytest.mark.slow
def test_a_bank_deposit_that_it_has_not_is_asked_about_once_and_not_for_each_payment(
    books: XeroBooks,
) -> None:
    company = books.company
    bank = BankAccount.objects.create(company=company, name="Current", currency="GBP")
    cash = make_method(company, posts_to="clearing", bank_account=bank)
    for subject, thing, account in (
        ("method_account", {"payment_method": cash}, "Card Clearing"),
        ("bank_account", {"bank_account": bank}, books.received_on),
    ):
        set_mapping(books.connection, subject, code=books.code(account), **thing)
    customer = make_customer(company)
    paid = [
        make_payment(invoice=make_invoice(customer=customer), method=cash, date=DAY, amount=amount)
        for amount in (40, 60)
    ]
    make_deposit(bank, date=DAY, payments=paid)
    calm(books)

    found = compare(books.connection)

    assert [each.cause for each in found.questions] == [Cause.LEFT_OUT]
    assert [*found.differences, *found.only_here, *found.doubles] == []
    assert books.balance("Card Clearing") == Decimal(100)
