"""Foreign money reaches the bank: in the currency of its payments, out of undeposited funds.

By hand: an invoice of 150.00 € at 0.85 is worth 127.50 £; 100.00 € came as 85.73 £ and 50.00 € as
43.00 £, so undeposited funds hold 128.73 £ and 1.23 £ were gained. The processor keeps 2.50 £.
"""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import DepositAmount, make_deposit, receive_payment
from apps.billing.acts.depositing import proposed_deposits
from apps.billing.models import BankAccount, Deposit, Payment
from apps.mappings.choices import set_mapping
from tests.books import Books
from tests.factories import make_customer, make_exchange_rate, make_invoice, make_item, make_method
from tests.kept_books import live_books
from tests.reconciliation.proven import compare_and_prove as compare
from tests.sandbox_server import SandboxServer
from tests.sync.books.test_money import change, run

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

MARCH_9, MARCH_20 = date(2026, 3, 9), date(2026, 3, 20)
RECEIVABLE_EUR = "Accounts Receivable (A/R) - EUR"
CLEARING, CHARGES, CHECKING = "Undeposited Funds", "Bank Charges", "Checking"
GAINED = "Exchange Gain or Loss"


@pytest.fixture
def abroad(ledger: SandboxServer, db: None) -> Books:
    books = live_books(ledger, multicurrency=True)
    make_exchange_rate(books.company, "EUR", "0.85")
    return books


def in_pounds(books: Books) -> tuple[list[Payment], BankAccount]:
    """The two receipts, taken at the bank in the home currency."""
    customer = make_customer(books.company, currency="EUR")
    invoice = make_invoice(customer=customer, lines=[_lamp(books, 15)])
    account = BankAccount.objects.create(company=books.company, name=CHECKING, currency="GBP")
    books.map_proposed()
    paid = [
        receive_payment(
            customer=customer,
            amount=Decimal(amount),
            bank_amount=Decimal(came),
            date=MARCH_9,
            method=books.method,
            apply=[(invoice, Decimal(amount))],
        )
        for amount, came in (("100", "85.73"), ("50", "43.00"))
    ]
    return paid, account


def _lamp(books: Books, quantity: int) -> tuple[Any, int, int]:
    return (make_item(books.company), quantity, 10)


def test_payments_taken_in_home_currency_are_banked_in_their_own(abroad: Books) -> None:
    before = abroad.trial_balance()
    paid, account = in_pounds(abroad)
    deposit = make_deposit(
        account,
        date=MARCH_20,
        payments=paid,
        amounts=[DepositAmount(role="bank_charge", amount=Decimal("-2.50"))],
    )
    assert deposit.total == Decimal("126.23")
    run(abroad)
    [there] = abroad.theirs("Deposit")
    assert there["CurrencyRef"]["value"] == "EUR"
    assert change(abroad, before) == {
        "Sales of Product Income": Decimal("-127.50"),
        CHECKING: Decimal("126.23"),
        CHARGES: Decimal("2.50"),
        GAINED: Decimal("-1.23"),
    }
    outcome = compare(abroad.connection)
    assert outcome.differences == []


def test_payments_in_euro_reach_a_bank_in_euro_through_undeposited_funds(abroad: Books) -> None:
    before = abroad.trial_balance()
    customer = make_customer(abroad.company, currency="EUR")
    invoice = make_invoice(customer=customer, lines=[_lamp(abroad, 10)])
    cards = make_method(abroad.company, name="Cards in euro", currency="EUR")
    set_mapping(
        abroad.connection, "method_account", code=abroad.code(CLEARING), payment_method=cards
    )
    payment = receive_payment(
        customer=customer,
        amount=Decimal(100),
        date=MARCH_9,
        method=cards,
        apply=[(invoice, Decimal(100))],
    )
    run(abroad)
    assert change(abroad, before) == {
        "Sales of Product Income": Decimal(-85),
        CLEARING: Decimal(85),
    }
    [proposed] = [each for each in proposed_deposits(abroad.company) if each.currency == "EUR"]
    assert proposed.payments == (payment,)


def test_a_bank_deposit_of_two_currencies_is_proposed_as_two_and_held_as_one(
    abroad: Books,
) -> None:
    paid, account = in_pounds(abroad)
    home = receive_payment(
        customer=make_customer(abroad.company),
        amount=Decimal(10),
        date=MARCH_9,
        method=abroad.method,
    )
    proposed = [each.payments for each in proposed_deposits(abroad.company)]
    assert sorted(map(len, proposed)) == [1, 2]
    both = make_deposit(account, date=MARCH_20, payments=[*paid, home])
    abroad.run()
    record = abroad.record(both)
    assert record.get_state_display() == "Needs a person"
    assert "Its payments are in EUR and GBP" in record.sentence
    assert "one bank deposit for each currency" in record.remedy


def test_a_foreign_deposit_made_there_is_one_here(abroad: Books) -> None:
    paid, _ = in_pounds(abroad)
    run(abroad)
    lines = [
        {
            "Amount": float(each.amount),
            "LinkedTxn": [{"TxnId": _id(abroad, each), "TxnType": "Payment", "TxnLineId": "0"}],
        }
        for each in paid
    ]
    abroad.server.act(
        abroad.realm,
        "create",
        kind="Deposit",
        body={
            "DepositToAccountRef": {"value": abroad.code(CHECKING).remote_id},
            "TxnDate": "2026-03-20",
            "CurrencyRef": {"value": "EUR"},
            "ExchangeRate": 0.8582,
            "Line": lines,
        },
    )
    run(abroad)
    deposit = Deposit.objects.get()
    assert (deposit.currency, deposit.total) == ("GBP", Decimal("128.73"))
    assert compare(abroad.connection).differences == []


def _id(books: Books, payment: Payment) -> str:
    return books.record(payment).remote_records.get(part="").remote_id
