"""What their books hold of fees that bear tax, and what the comparison says."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import DepositAmount, deduct, make_deposit
from apps.billing.models import BankAccount, Deposit
from apps.mappings.choices import set_mapping
from apps.mappings.codes import read_codes
from apps.reconciliation.compare import compare
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_company, make_invoice, make_payment, make_tax_rate
from tests.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db(transaction=True)

MARCH_16, MARCH_20 = date(2026, 3, 16), date(2026, 3, 20)
CLEARING, RECEIVABLE = "Undeposited Funds", "Accounts Receivable (A/R)"
FEES, FEE_TAX, BANK = "Bank Charges", "VAT on fees", "Checking"


def agreed(books: Books, before: dict[str, Decimal]) -> dict[str, Decimal]:
    """What their trial balance says since, after two runs and an agreeing comparison."""
    books.run()
    books.run()
    found = compare(books.connection)
    assert found.tied_out, (found.differences, found.only_here, found.only_there)
    after = books.trial_balance()
    names = before.keys() | after.keys()
    moved = {name: after.get(name, Decimal(0)) - before.get(name, Decimal(0)) for name in names}
    return {name: amount for name, amount in moved.items() if amount}


def on_account(amount: int, account: str) -> dict[str, Any]:
    """A line of a bank deposit of theirs."""
    detail = {"AccountRef": {"value": account}}
    return {"Amount": amount, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}


@pytest.mark.slow
def test_a_card_fee_and_its_tax_stand_apart_there_and_the_bank_shows_one_line(
    ledger: SandboxServer,
) -> None:
    company = make_company(country="GB")
    books = Books(ledger, company=company, profile="uk")
    rate = make_tax_rate(company, 20)
    books.go_live()
    bank = BankAccount.objects.create(company=company, name="Current", currency="GBP")
    account = {"Name": FEE_TAX, "AccountType": "Other Current Asset"}
    ledger.act(books.realm, "create", kind="Account", body=account)
    read_codes(books.connection)
    set_mapping(books.connection, "bank_account", code=books.code(BANK), bank_account=bank)
    books.map_role("bank_charge", FEES)
    before = books.trial_balance()
    payment = make_payment(company=company, amount=600, method=books.method)
    fee = DepositAmount(
        role="bank_charge", amount=Decimal(-12), description="Card fees", tax_rate=rate
    )
    deposit = make_deposit(bank, date=MARCH_20, payments=[payment], amounts=[fee])
    books.run()
    record = books.record(deposit)
    assert record.state == State.NEEDS_PERSON
    assert "no QuickBooks account is chosen for “Tax on fees, to be taken back”" in record.sentence

    books.map_role("input_tax", FEE_TAX)
    # Bank Dr 588, fees Dr 10, tax on fees Dr 2; the money came off the receivable before.
    made_here = {BANK: 588, FEES: 10, FEE_TAX: 2, RECEIVABLE: -600}
    assert agreed(books, before) == made_here

    # One made there, of a payment of ours: it is one here, with its two parts.
    second = make_payment(company=company, amount=600, method=books.method)
    books.run()
    [there] = books.record(second).remote_records.filter(part="")
    linked = {"TxnId": there.remote_id, "TxnType": "Payment", "TxnLineId": "0"}
    body = {
        "DepositToAccountRef": {"value": books.code(BANK).remote_id},
        "TxnDate": "2026-03-21",
        "Line": [
            {"Amount": 600, "LinkedTxn": [linked]},
            on_account(-10, books.code(FEES).remote_id),
            on_account(-2, books.code(FEE_TAX).remote_id),
        ],
    }
    ledger.act(books.realm, "create", kind="Deposit", body=body)
    assert agreed(books, before) == {name: 2 * amount for name, amount in made_here.items()}
    arrived = Deposit.objects.latest("pk")
    roles = dict(arrived.lines.exclude(role="").values_list("role", "amount"))
    assert (arrived.total, roles) == (588, {"bank_charge": -10, "input_tax": -2})

    # A bank's charge of 12.00 that the customer kept of an invoice of 100.00: the same two parts.
    invoice = make_invoice(company=company)
    deduct(
        invoice,
        role="bank_charge",
        amount=Decimal(12),
        on=MARCH_20,
        reason="Kept by the bank",
        tax_rate=rate,
    )
    assert agreed(books, before) == {
        BANK: 2 * 588,
        FEES: 30,
        FEE_TAX: 6,
        RECEIVABLE: -1200 + 88,
        "Sales of Product Income": -100,
    }
