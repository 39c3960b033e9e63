"""Bank deposits on the simulated Xero, where a person switched them on: one line of the bank over the
clearing account, to the penny."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import DepositAmount, make_deposit, pay_refund
from apps.billing.models import AccountRole, BankAccount, Deposit, PaymentMethod
from apps.connections.switching import switch
from apps.mappings.choices import set_mapping
from apps.reconciliation.compare import compare
from apps.sync.models import State
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_customer, make_invoice, make_item, make_method, make_payment

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)
CLEARING, BANK = "Card Clearing", "Business Bank Account"


class Desk:
    """Card money that lies on a clearing account, and the bank account that it goes to."""

    def __init__(self, books: XeroBooks) -> None:
        self.books = books
        self.bank = BankAccount.objects.create(
            company=books.company, name="Current", currency="GBP"
        )
        self.cards: PaymentMethod = make_method(
            books.company, posts_to="clearing", bank_account=self.bank
        )
        self.map(CLEARING)
        books.map_role("bank_charge", "Bank Fees")
        self.customer, self.item = make_customer(books.company), make_item(books.company)

    def map(self, clearing: str) -> None:
        for subject, thing, account in (
            ("method_account", {"payment_method": self.cards}, clearing),
            ("bank_account", {"bank_account": self.bank}, BANK),
        ):
            set_mapping(self.books.connection, subject, code=self.books.code(account), **thing)

    def paid(self, amount: int) -> Any:
        invoice = make_invoice(customer=self.customer, lines=[(self.item, 1, amount)])
        return make_payment(invoice=invoice, method=self.cards, date=DAY, amount=amount)

    def deposit(self, *amounts: int, fee: str = "") -> Deposit:
        fees = [DepositAmount(role=AccountRole.BANK_CHARGE, amount=-Decimal(fee))] if fee else []
        return make_deposit(
            self.bank, date=DAY, payments=[self.paid(each) for each in amounts], amounts=fees
        )

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Their lines of the bank that money was received or spent by, as they stand."""
        rows = self.books.theirs("BankTransactions")
        return [each for each in rows if each["Type"] in ("RECEIVE", "SPEND")]


@pytest.fixture
def desk(books: XeroBooks) -> Desk:
    switch(books.connection, ["bank_deposits"])
    return Desk(books)


def calm(books: XeroBooks) -> None:
    for _ in range(3):
        books.run()


def test_a_month_of_card_money_comes_to_the_figures_worked_by_hand(desk: Desk) -> None:
    """Card payments 100 + 50: clearing 150, receivable -150. On account 20, paid back: receivable
    20, clearing -20 (and its receipt, bank 20, receivable -20). Deposit of 100 + 50 - 20 - 4:
    bank 126, bank fees 4, clearing -130. Test invoice 100; invoices 100 + 50."""
    books = desk.books
    kept = make_payment(customer=desk.customer, amount=20, method=books.method, date=DAY)
    refund = pay_refund(kept, amount=Decimal(20), on=DAY, method=desk.cards, reason="Too much")
    deposit = make_deposit(
        desk.bank,
        date=DAY,
        payments=[desk.paid(100), desk.paid(50)],
        refunds=[refund],
        amounts=[DepositAmount(role=AccountRole.BANK_CHARGE, amount=Decimal(-4))],
    )
    calm(books)

    assert books.record(deposit).state == State.IN_THE_BOOKS
    (line,) = desk.lines
    assert [(each["AccountCode"], each["LineAmount"]) for each in line["LineItems"]]
    assert (line["Type"], Decimal(str(line["Total"]))) == ("RECEIVE", Decimal(126))
    stands = books.trial_balance()
    assert stands[BANK] == Decimal(126 + 20)
    assert stands["Bank Fees"] == Decimal(4)
    assert CLEARING not in stands  # 150 came, 20 went back, 130 went to the bank
    assert stands["Accounts Receivable"] == Decimal(100)
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here, found.questions)
