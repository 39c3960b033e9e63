"""Tax, currencies, deductions, refunds and bank deposits, worked by hand, on both sides."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    Deducted,
    DepositAmount,
    make_deposit,
    pay_refund,
    receive_payment,
)
from apps.billing.models import BankAccount, Deposit, Invoice, Payment, TaxRate
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.reconciliation.figures import Comparison
from tests.books import Books
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_tax_rate,
)
from tests.reconciliation.proven import compare_and_prove as compare
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger  # noqa: F401 - the simulated ledgers, as the engine's tests have them

pytestmark = pytest.mark.django_db(transaction=True)
DAY = date(2026, 3, 16)


@dataclass
class World:
    """British books with VAT and several currencies, live."""

    books: Books
    standard: TaxRate
    bank: BankAccount

    def taxed(self, net: str, **fields: Any) -> Invoice:
        line = (make_item(self.books.company), 1, Decimal(net), self.standard)
        return make_invoice(company=self.books.company, lines=[line], **fields)

    def accounts(self, found: Comparison) -> dict[str, tuple[Decimal, Decimal]]:
        """Name → ours with what is explained, theirs; what is nil on both sides left out."""
        return {
            line.name: (line.ours + line.explained, line.theirs)
            for line in found.accounts
            if line.ours or line.explained or line.theirs
        }


@pytest.fixture
def world(ledger: SandboxServer) -> World:  # noqa: F811 - the fixture of that name
    company = make_company(country="GB")
    books = Books(ledger, company=company, profile="uk", multicurrency=True)
    standard = make_tax_rate(company, 20)
    bank = BankAccount.objects.create(company=company, name="Current", currency="GBP")
    read_codes(books.connection)
    for subject, name, thing in (
        ("tax", "20.0% S", {"tax_rate": standard}),
        ("no_tax", "No VAT", {}),
        ("bank_account", "Checking", {"bank_account": bank}),
        ("bank_charge", "Bank Charges", {}),
        ("small_difference", "Bank Charges", {}),
    ):
        set_mapping(books.connection, subject, code=books.code(name), **thing)
    books.go_live()
    return World(books, standard, bank)


def both(amount: str) -> tuple[Decimal, Decimal]:
    return Decimal(amount), Decimal(amount)


@pytest.mark.slow
def test_tax_a_deduction_a_refund_and_a_deposit_tie_out_by_account(world: World) -> None:
    books = world.books
    # 100.00 + 20.00 tax; the bank kept 3.00 of it.
    first = world.taxed("100")
    paid = receive_payment(
        customer=first.customer,
        amount=Decimal(117),
        date=DAY,
        method=books.method,
        apply=[(first, Decimal(117))],
        deductions=[
            Deducted(invoice=first, role="bank_charge", amount=Decimal(3), reason="Transfer fee")
        ],
    )
    # 50.00 + 10.00 tax, paid, all of it credited and paid out again.
    second = world.taxed("50")
    returned = receive_payment(
        customer=second.customer,
        amount=Decimal(60),
        date=DAY,
        method=books.method,
        apply=[(second, Decimal(60))],
    )
    note = make_credit_note(invoice=second, issue_date=DAY)
    refund = pay_refund(note, amount=Decimal(60), on=DAY, method=books.method, reason="Sent back")
    # 117.00 + 60.00 - 60.00 - 2.00 is the line of the bank.
    fee = DepositAmount(role="bank_charge", amount=Decimal(-2), description="Card fees")
    make_deposit(world.bank, date=DAY, payments=[paid, returned], refunds=[refund], amounts=[fee])
    books.run()
    books.run()

    found = compare(books.connection)

    assert found.tied_out, (found.differences, found.only_here, found.doubles)
    # The test invoice of 100.00 without tax is open.
    assert world.accounts(found) == {
        "Accounts Receivable (A/R)": both("100"),
        "Sales of Product Income": both("-200"),
        "HM Revenue & Customs (HMRC) Payable": both("-20"),
        "Bank Charges": both("5"),
        "Checking": both("115"),
    }
    figures = {name: (each.ours, each.theirs) for name, each in found.sums.items()}
    assert figures["invoices: tax"] == both("30")
    assert figures["invoices: paid"] == both("177")
    assert figures["invoices: written off"] == both("3")
    assert figures["invoices: balance due"] == both("100")
    assert figures["credit notes: applied"] == both("60")
    assert figures["adjustments: amount"] == both("3")
    assert figures["refunds: amount"] == both("60")
    assert figures["bank deposits: bank line"] == both("115")
    assert (found.adjustments, found.refunds, found.deposits) == (1, 1, 1)


@pytest.mark.slow
def test_a_gain_of_exchange_on_money_recorded_there_ties_out(world: World) -> None:
    books = world.books
    customer = make_customer(books.company, currency="USD")
    line = (make_item(books.company), 1, 100)
    # USD 100.00 at 0.90: 90.00 of income.
    invoice = make_invoice(
        customer=customer, lines=[line], currency="USD", exchange_rate=Decimal("0.90")
    )
    books.run()
    there = books.record(invoice).remote_records.get(part="").remote_id
    books.server.act(
        books.realm,
        "record_payment",
        invoices=[there],
        date="2026-03-16",
        rate="0.92",
        account=books.code("Undeposited Funds").remote_id,
    )
    books.run()

    payment = Payment.objects.get()
    assert (payment.exchange_rate, payment.on_account) == (Decimal("0.92"), 0)
    allocation = payment.allocations.get()
    # It takes 90.00 off the receivable and is worth 92.00: a gain of 2.00.
    assert (allocation.home_amount, allocation.exchange_difference) == (90, 2)

    found = compare(books.connection)

    assert found.tied_out, (found.differences, found.only_here)
    accounts = world.accounts(found)
    assert accounts["Exchange Gain or Loss"] == both("-2")
    assert accounts["Undeposited Funds"] == both("92")
    assert accounts["Sales of Product Income"] == both("-190")
    assert "Accounts Receivable (A/R) - USD" not in accounts
    assert found.sums["invoices: home total"].theirs == 190
    assert found.sums["payments: home amount"].theirs == 92


@pytest.mark.slow
def test_a_receivable_that_they_opened_since_their_chart_was_read_is_compared_apart(
    world: World,
) -> None:
    books = world.books
    line = (make_item(books.company), 1, 100)
    # EUR 100.00 at 0.85: the first document in euro opens its receivable over there.
    make_invoice(
        customer=make_customer(books.company, currency="EUR"),
        lines=[line],
        currency="EUR",
        exchange_rate=Decimal("0.85"),
    )
    euro = "Accounts Receivable (A/R) - EUR"
    books.run()
    assert not books.connection.codes.filter(name=euro).exists()

    found = compare(books.connection)

    assert found.tied_out, (found.differences, found.only_here)
    assert world.accounts(found) == {
        "Accounts Receivable (A/R)": both("100"),
        euro: both("85"),
        "Sales of Product Income": both("-185"),
    }


@pytest.mark.slow
def test_a_deposit_made_there_is_one_here_and_ties_out(world: World) -> None:
    books = world.books
    invoice = world.taxed("100")
    books.run()
    there = books.record(invoice).remote_records.get(part="").remote_id
    payment = books.server.act(
        books.realm,
        "record_payment",
        invoices=[there],
        date="2026-03-16",
        account=books.code("Undeposited Funds").remote_id,
    )
    body = {
        "DepositToAccountRef": {"value": books.code("Checking").remote_id},
        "TxnDate": "2026-03-18",
        "Line": [
            {
                "Amount": 120,
                "LinkedTxn": [
                    {"TxnId": str(payment["Id"]), "TxnType": "Payment", "TxnLineId": "0"}
                ],
            },
            {
                "Amount": -2.5,
                "DetailType": "DepositLineDetail",
                "DepositLineDetail": {
                    "AccountRef": {"value": books.code("Bank Charges").remote_id}
                },
            },
        ],
    }
    books.server.act(books.realm, "create", kind="Deposit", body=body)
    books.run()

    deposit = Deposit.objects.get()
    assert (deposit.total, deposit.bank_account) == (Decimal("117.50"), world.bank)
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here)
    assert world.accounts(found)["Checking"] == both("117.50")

    # Deleted there: undone here, the money lies in the clearing account again.
    [theirs] = books.theirs("Deposit")
    books.server.act(books.realm, "delete_deposit", id=theirs["Id"])
    books.run()

    deposit.refresh_from_db()
    assert not deposit.is_made
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here)
    assert world.accounts(found)["Undeposited Funds"] == both("120")


@pytest.mark.slow
def test_a_journal_and_an_expense_of_theirs_explain_what_they_book(world: World) -> None:
    books = world.books
    paid = world.taxed("100")
    receive_payment(
        customer=paid.customer,
        amount=Decimal(120),
        date=DAY,
        method=books.method,
        apply=[(paid, Decimal(120))],
    )
    books.run()
    undeposited = {"value": books.code("Undeposited Funds").remote_id}
    fees = {"value": books.code("Bank Charges").remote_id}

    def line(amount: int, account: dict[str, str], side: str) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": account}
        kind = "JournalEntryLineDetail"
        return {"Amount": amount, "DetailType": kind, kind: detail}

    books.server.act(
        books.realm,
        "create",
        kind="JournalEntry",
        body={
            "TxnDate": "2026-03-20",
            "DocNumber": "J-1",
            "Line": [line(7, fees, "Debit"), line(7, undeposited, "Credit")],
        },
    )

    found = compare(books.connection)

    assert found.tied_out, (found.differences, found.only_here)
    [clearing] = [each for each in found.accounts if each.name == "Undeposited Funds"]
    assert (clearing.ours, clearing.explained, clearing.theirs) == (120, -7, 113)
    assert any("JournalEntry J-1" in each for each in found.only_there)
