"""Reports say what the ledger holds, and their parameters have quirks."""

from decimal import Decimal
from typing import Any

import pytest

from tests.freshbooks_twin import EVER, FreshBooksCaller, FreshBooksTwin, line

TAXED = line(100, taxName1="VAT", taxAmount1="20")


@pytest.fixture
def client(fb: FreshBooksCaller) -> int:
    return fb.client(email="amy@birds.example")


def ages(fb: FreshBooksCaller, **query: Any) -> list[str]:
    totals = fb.report("accounts_aging", **query)["totals"]
    return [totals[name]["amount"] for name in ("0-30", "31-60", "61-90", "91+", "total")]


def test_dates_inside_search_are_ignored_and_today_is_answered(
    fb: FreshBooksCaller, client: int
) -> None:
    fb.invoice(client)
    path = "reports/accounting/trial_balance"
    told = {"search[start_date]": "2026-03-01", "search[end_date]": "2026-03-31"}
    today = fb.result("GET", path, params=told)["trial_balance"]
    assert today["data"] == []
    assert today["start_date"] == today["end_date"] != "2026-03-31"
    flat = fb.report("trial_balance", start_date="2026-03-01", end_date="2026-03-31")
    assert (flat["start_date"], flat["end_date"]) == ("2026-03-01", "2026-03-31")
    assert [one["account_name"] for one in flat["data"]] == ["Accounts Receivable", "Revenue"]
    assert (flat["company_name"], flat["currency_code"]) == ("Sample Business", "USD")
    for query in ({"start_date": "soon"}, {"start_date": "2026-04-01", "end_date": "2026-03-01"}):
        errno = 1033 if query["start_date"] == "soon" else 1007
        assert fb.refusal("GET", path, params=query)[1] == errno


def test_ages_are_counted_from_the_due_date_as_of_a_day(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client)["id"]  # due on 1 April
    assert ages(fb, end_date="2026-03-01") == ["0.00"] * 5
    assert ages(fb, end_date="2026-03-02") == ["100.00", "0.00", "0.00", "0.00", "100.00"]
    fb.pay(bill, 30, date="2026-05-05")
    assert ages(fb, end_date="2026-05-02") == ["0.00", "100.00", "0.00", "0.00", "100.00"]
    assert ages(fb, end_date="2026-05-05") == ["0.00", "70.00", "0.00", "0.00", "70.00"]
    assert ages(fb, end_date="2026-06-15") == ["0.00", "0.00", "70.00", "0.00", "70.00"]
    assert ages(fb, end_date="2026-12-31") == ["0.00", "0.00", "0.00", "70.00", "70.00"]
    [row] = fb.report("accounts_aging", end_date="2026-12-31")["accounts"]
    assert (row["userid"], row["email"], row["total"]["amount"]) == (
        client,
        "amy@birds.example",
        "70.00",
    )


def test_money_before_its_invoice_owes_the_client(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client, create_date="2026-03-10")["id"]
    fb.pay(bill, 40, date="2026-03-05")
    assert ages(fb, end_date="2026-03-05")[-1] == "-40.00"
    found = fb.trial_balance(start_date="1970-01-01", end_date="2026-03-05")
    assert found == {"1000-1": 40, "1200-1": -40}


def test_the_balance_sheet_balances_on_each_day(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client, lines=[TAXED])["id"]
    fb.pay(bill, 150, date="2026-03-20")
    days = ["2026-03-01", "2026-03-02", "2026-03-20"]
    told = fb.result("GET", "reports/accounting/balance_sheet", params={"dates[]": days})[
        "balance_sheet"
    ]
    assert told["dates"] == days
    for side in ("assets_total", "liabilities_and_equity_total"):
        assert [one["balance"]["amount"] for one in told[side]] == ["0.00", "120.00", "120.00"]
    names = {
        (one["account_type"], account["account_number"]): account["balances"][2]["balance"][
            "amount"
        ]
        for one in told["data"]
        for account in one["accounts"]
    }
    assert names["asset", "1000"] == "150.00"
    assert names["asset", "1201"] == "-30.00"
    assert names["liability", "2310"] == "20.00"
    assert names["equity", "3200"] == "100.00"


def test_taxes_collected_and_paid(twin: FreshBooksTwin, fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client, lines=[TAXED])["id"]
    fb.credit(client, lines=[line(10, taxName1="VAT", taxAmount1="20")])
    fb.pay(bill, 60, date="2026-04-20")
    category = fb.result("GET", "expenses/categories")["categories"][0]["id"]
    money = {"amount": {"amount": "12"}, "date": "2026-03-05", "taxName1": "VAT"}
    tax = {"taxAmount1": {"amount": "2"}, "categoryid": category, "staffid": 1}
    fb.make("expenses", {**money, **tax})

    def row(**query: Any) -> list[Decimal]:
        [one] = fb.report("taxsummary", **{**EVER, **query})["taxes"]
        names = ("taxable_amount_collected", "tax_collected", "taxable_amount_paid", "tax_paid")
        return [Decimal(one[name]["amount"]) for name in (*names, "net_tax")]

    assert row() == [90, 18, 10, 2, 16]
    assert row(cash_based="true") == [50, 10, 10, 2, 8]
    assert fb.report("taxsummary", **EVER)["total_invoiced"]["amount"] == "108.00"
    assert row(end_date="2026-03-04") == [100, 20, 0, 0, 20]
    assert fb.trial_balance()["2310-2"] == -16
    twin.set_up(fb.id, tax_summary_credits="left_out")
    assert row() == [100, 20, 10, 2, 18]


def test_a_statement_of_one_client(fb: FreshBooksCaller, client: int) -> None:
    bill = fb.invoice(client)["id"]
    fb.pay(bill, 30)
    fb.invoice(fb.client("Other"))
    told = fb.report(
        "account_statement", clientid=client, start_date="2026-03-10", end_date="2026-12-31"
    )
    assert [told[one]["amount"] for one in ("opening_balance", "closing_balance")] == [
        "100.00",
        "70.00",
    ]
    assert [(one["type"], one["amount"]["amount"]) for one in told["entries"]] == [
        ("payment", "-30.00")
    ]
    assert fb.refusal("GET", "reports/accounting/account_statement")[1] == 1012


def test_the_sums_of_invoice_details(fb: FreshBooksCaller, client: int) -> None:
    fb.pay(fb.invoice(client)["id"], 30)
    fb.invoice(client, status=1)
    summary = fb.report("invoice_details", **EVER)["summary"]
    assert {name: one["amount"] for name, one in summary.items()} == {
        "outstanding": "70.00",
        "paid": "30.00",
        "total": "100.00",
    }


# --- each reading ------------------------------------------------------------------------------------------
def test_a_trial_balance_may_hold_all_up_to_its_end(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    fb.pay(fb.invoice(client)["id"], 30, date="2026-04-20")
    april = {"start_date": "2026-04-01", "end_date": "2026-04-30"}
    assert fb.trial_balance(**april) == {"1000-1": 30, "1200-1": -30}
    twin.set_up(fb.id, trial_balance_range="as_of_end")
    assert fb.trial_balance(**april) == {"1000-1": 30, "1200-1": 70, "4000-1": -100}


def test_a_trial_balance_may_have_both_sides_and_long_numbers(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    fb.pay(fb.invoice(client)["id"], 30)

    def receivable() -> tuple[str, str, str]:
        rows = fb.report("trial_balance", **EVER)["data"]
        [row] = [one for one in rows if one["account_number"] == "1200"]
        return row["debit"]["amount"], row["credit"]["amount"], row["account_sub_number"]

    assert receivable() == ("70.00", "0.00", "1")
    twin.set_up(fb.id, trial_balance_sides="gross", trial_balance_sub_number="long")
    assert receivable() == ("100.00", "30.00", "1200-1")


def test_ages_may_count_otherwise(twin: FreshBooksTwin, fb: FreshBooksCaller, client: int) -> None:
    fb.invoice(client)
    fb.credit(client, 30)
    asked = {"end_date": "2026-05-02"}
    assert ages(fb, **asked) == ["0.00", "100.00", "0.00", "0.00", "100.00"]
    twin.set_up(fb.id, aging_from="create_date", aging_credits="subtracted")
    assert ages(fb, **asked) == ["0.00", "-30.00", "100.00", "0.00", "70.00"]
    twin.set_up(fb.id, aging_day="today")
    told = fb.report("accounts_aging", **asked)
    assert told["end_date"] != "2026-05-02"
    assert told["totals"]["91+"]["amount"] == "70.00"


def test_deposits_may_be_a_liability(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    fb.credit(client, 30, credit_type="prepayment")

    def sides() -> list[str]:
        told = fb.report("balance_sheet")
        names = ("assets_total", "liabilities_and_equity_total")
        return [told[one][0]["balance"]["amount"] for one in names]

    assert sides() == ["0.00", "0.00"]
    twin.set_up(fb.id, deposits_type="liability")
    assert sides() == ["30.00", "30.00"]


def test_foreign_documents_may_be_converted(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    fb.invoice(client, currency_code="EUR", lines=[line("33.33"), line("33.33")])
    twin.set_up(fb.id, rates={"EUR": "1.115"})
    assert fb.trial_balance() == {}
    assert fb.trial_balance(currency_code="EUR")["1200-1"] == Decimal("66.66")
    twin.set_up(fb.id, foreign_in_reports="converted")
    found = fb.trial_balance()
    assert found == {"1200-1": Decimal("74.33"), "4000-1": Decimal("-74.33")}


def test_taxes_may_share_one_account(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, tax_accounts="one")
    fb.invoice(client, lines=[TAXED])
    assert fb.trial_balance()["2310-1"] == -20
