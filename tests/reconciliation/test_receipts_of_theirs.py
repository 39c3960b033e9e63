"""Sales that were paid at once over there, and their refunds: only theirs, and explained."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import proposed_deposits, receive_payment
from apps.connectors.port import Posting
from apps.connectors.quickbooks.bookings import postings_of
from apps.reconciliation.compare import compare
from apps.sync.models import RemoteRecord
from tests.reconciliation.test_worked_books import World, both
from tests.reconciliation.test_worked_books import world as world  # the fixture
from tests.sync.conftest import ledger as ledger  # the fixture

pytestmark = pytest.mark.django_db(transaction=True)


def receipt(world: World, kind: str, *lines: tuple[str, str], **more: Any) -> str:
    """A receipt of theirs, its lines as (net, tax code); its id."""
    books = world.books
    sales = books.code("Sales of Product Income").remote_id
    item = next(
        each["Id"]
        for each in books.theirs("Item")
        if each.get("IncomeAccountRef", {}).get("value") == sales
    )
    sold = [
        {
            "Amount": float(net),
            "DetailType": "SalesItemLineDetail",
            "SalesItemLineDetail": {
                "ItemRef": {"value": item},
                "TaxCodeRef": {"value": books.code(code).remote_id},
            },
        }
        for net, code in lines
    ]
    body = {
        "CustomerRef": {"value": books.theirs("Customer")[0]["Id"]},
        "CurrencyRef": {"value": "GBP"},
        "TxnDate": "2026-03-18",
        "DepositToAccountRef": {"value": books.code("Undeposited Funds").remote_id},
        "GlobalTaxCalculation": "TaxExcluded",
        "Line": sold,
        **more,
    }
    made = books.server.act(books.realm, "create", kind=kind, body=body)
    return str(made["Id"])


@pytest.mark.slow
def test_a_sale_paid_at_once_and_a_refund_receipt_explain_money_income_and_tax(
    world: World,
) -> None:
    books = world.books
    # 100.00 and 20.00 of ours, paid; 80.00 + 16.00 and 30.00 + 1.50 of theirs, less 10.00 + 2.00.
    ours = world.taxed("100")
    receive_payment(
        customer=ours.customer,
        amount=Decimal(120),
        date=date(2026, 3, 16),
        method=books.method,
        apply=[(ours, Decimal(120))],
    )
    books.run()
    receipt(world, "SalesReceipt", ("80", "20.0% S"), ("30", "5.0% R"), DocNumber="SR-1")
    receipt(world, "RefundReceipt", ("10", "20.0% S"), DocNumber="RR-1")

    found = compare(books.connection)

    assert found.tied_out, (found.differences, found.only_here)
    lines = {line.name: (line.ours, line.explained, line.theirs) for line in found.accounts}
    # The test invoice of 100.00 is in income, and open. 5 % was never mapped to a rate of ours.
    assert lines["Undeposited Funds"] == (120, Decimal("115.50"), Decimal("235.50"))
    assert lines["Sales of Product Income"] == (-200, -100, -300)
    tax = lines["HM Revenue & Customs (HMRC) Payable"]
    assert tax == (-20, Decimal("-15.50"), Decimal("-35.50"))
    assert lines["Accounts Receivable (A/R)"] == (100, 0, 100)
    told = [each for each in found.only_there if "Receipt" in each]
    assert [each.split(" of ")[0] for each in told] == ["SalesReceipt SR-1", "RefundReceipt RR-1"]


@pytest.mark.slow
def test_receipts_in_a_bank_deposit_of_theirs_leave_the_clearing_account(world: World) -> None:
    books = world.books
    ours = world.taxed("100")
    paid = receive_payment(
        customer=ours.customer,
        amount=Decimal(120),
        date=date(2026, 3, 16),
        method=books.method,
        apply=[(ours, Decimal(120))],
    )
    books.run()
    held = (
        (120, "Payment", books.record(paid).remote_records.get(part="").remote_id),
        (96, "SalesReceipt", receipt(world, "SalesReceipt", ("80", "20.0% S"))),
        (-12, "RefundReceipt", receipt(world, "RefundReceipt", ("10", "20.0% S"))),
    )
    body = {
        "DepositToAccountRef": {"value": books.code("Checking").remote_id},
        "TxnDate": "2026-03-19",
        "Line": [
            {"Amount": amount, "LinkedTxn": [{"TxnId": one, "TxnType": kind, "TxnLineId": "0"}]}
            for amount, kind, one in held
        ],
    }
    books.server.act(books.realm, "create", kind="Deposit", body=body)
    books.run()

    found = compare(books.connection)

    assert not found.differences, found.differences
    # Our payment lies in a bank deposit that is only theirs: it is noted, locked and proposed for
    # none here, so that nobody need be asked.
    assert found.tied_out, found.refusals
    assert proposed_deposits(books.company) == []
    accounts = world.accounts(found)
    assert accounts["Checking"] == both("204")
    assert "no account mapped" not in accounts
    [clearing] = [line for line in found.accounts if line.name == "Undeposited Funds"]
    # 96.00 less 12.00 came from receipts, and all of it left.
    assert (clearing.ours, clearing.explained, clearing.theirs) == (120, -120, 0)


@pytest.mark.slow
def test_receipts_come_with_the_feed_as_only_theirs_and_an_idle_run_costs_one_call(
    world: World,
) -> None:
    books = world.books
    books.run()
    receipt(world, "SalesReceipt", ("80", "20.0% S"))
    receipt(world, "RefundReceipt", ("10", "20.0% S"))

    assert books.run().calls == 1

    rows = RemoteRecord.objects.filter(kind__in=["SalesReceipt", "RefundReceipt"])
    assert sorted(rows.values_list("kind", "arrival", "amount", "sync_record")) == [
        ("RefundReceipt", "only_theirs", Decimal(12), None),
        ("SalesReceipt", "only_theirs", Decimal(96), None),
    ]
    assert [books.run().calls for _ in range(2)] == [1, 1]


@pytest.mark.slow
def test_a_foreign_receipt_is_explained_at_what_it_is_worth_at_home(world: World) -> None:
    books = world.books
    customer = books.server.act(
        books.realm, "create", kind="Customer",
        body={"DisplayName": "Bell in euro", "CurrencyRef": {"value": "EUR"}},
    )  # fmt: skip
    # EUR 33.33 + 6.67 at 0.8517: 34.068 of money, 28.387161 of income, 5.680839 of tax.
    receipt(
        world,
        "SalesReceipt",
        ("33.33", "20.0% S"),
        CustomerRef={"value": customer["Id"]},
        CurrencyRef={"value": "EUR"},
        ExchangeRate=0.8517,
    )
    world.taxed("100")
    books.run()

    found = compare(books.connection)

    assert found.tied_out, (found.differences, found.only_here)
    lines = {line.name: line.explained for line in found.accounts}
    assert lines["Sales of Product Income"] == Decimal("-28.39")
    assert lines["HM Revenue & Customs (HMRC) Payable"] == Decimal("-5.68")


# --- What a receipt books, by itself ------------------------------------------------------------

LINE = {
    "Amount": "10.01",
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "7"}},
}
SALE = {"TotalAmt": "10.01", "DepositToAccountRef": {"value": "4"}, "Line": [LINE]}


def debit(account: str, amount: str) -> Posting:
    return Posting(account_id=account, debit=Decimal(amount), credit=Decimal(0))


def credit(account: str, amount: str) -> Posting:
    return Posting(account_id=account, debit=Decimal(0), credit=Decimal(amount))


def test_a_line_that_names_no_account_is_told_by_its_item_and_tax_by_its_rate() -> None:
    tax = {
        "TotalTax": "2",
        "TaxLine": [{"Amount": "2", "TaxLineDetail": {"TaxRateRef": {"value": "3"}}}],
    }
    sold = {**SALE, "TotalAmt": "12.01", "TxnTaxDetail": tax}
    assert postings_of("SalesReceipt", sold, "USD") == (
        debit("4", "12.01"),
        credit("item:7", "10.01"),
        credit("tax:3", "2"),
    )
    assert postings_of("RefundReceipt", sold, "USD") == (
        credit("4", "12.01"),
        debit("item:7", "10.01"),
        debit("tax:3", "2"),
    )


def test_cents_of_a_rate_fall_on_the_largest_amount_and_the_money_is_their_home_total() -> None:
    other = {**LINE, "Amount": "5.00", "SalesItemLineDetail": {"ItemAccountRef": {"value": "9"}}}
    sold = {
        **SALE,
        "TotalAmt": "15.01",
        "ExchangeRate": "0.8517",
        "HomeTotalAmt": "12.79",
        "Line": [LINE, other],
    }
    # 8.525517 and 4.2585: 8.53 + 4.26 is 12.79; 12.784017 would be 12.78.
    assert postings_of("SalesReceipt", sold, "GBP") == (
        debit("4", "12.79"),
        credit("item:7", "8.53"),
        credit("9", "4.26"),
    )
    without = {name: value for name, value in sold.items() if name != "HomeTotalAmt"}
    assert postings_of("SalesReceipt", without, "GBP") == (
        debit("4", "12.78"),
        credit("item:7", "8.52"),
        credit("9", "4.26"),
    )


def test_a_receipt_whose_parts_are_not_its_total_books_nothing_that_can_be_told() -> None:
    assert postings_of("SalesReceipt", {**SALE, "TotalAmt": "11"}, "USD") == ()
