"""The report TrialBalance: a fiscal year's income and expenses, older ones in Retained Earnings."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer

APRIL = {"start_date": "2025-04-01", "end_date": "2026-03-31"}


def report(caller: Caller, **params: str) -> dict[str, float]:
    """Account -> debit less credit, as the report says; its own total must be the sum of its rows."""
    found = caller.get("reports/TrialBalance", **params)
    rows = found["Rows"]["Row"]
    sides = [
        [cell["value"] for cell in row.get("ColData", row.get("Summary", {}).get("ColData"))]
        for row in rows
    ]
    debit = sum(float(side[1] or 0) for side in sides[:-1])
    credit = sum(float(side[2] or 0) for side in sides[:-1])
    assert sides[-1][0] == "TOTAL"
    assert round(debit - credit, 2) == 0
    assert round(debit - float(sides[-1][1] or 0), 2) == 0
    return {side[0]: round(float(side[1] or 0) - float(side[2] or 0), 2) for side in sides[:-1]}


@pytest.fixture
def realm(sandbox_server: SandboxServer) -> str:
    return sandbox_server.open_company("Years", fiscal_year_starts="April", fiscal_closing=True)


@pytest.fixture
def years(caller: Caller) -> Caller:
    """100 in the year to March 2025, 500 less 30 in the year to March 2026, 50 in the next one."""
    customer = caller.customer()["Id"]
    for amount, day in (
        (100, "2025-03-31"),
        (200, "2025-04-01"),
        (300, "2026-03-31"),
        (50, "2026-04-01"),
    ):
        caller.invoice(customer, amount, TxnDate=day)
    charge = {"AccountRef": {"value": account(caller, "Bank Charges")}}
    line = {
        "Amount": 30,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": charge,
    }
    checking = {"value": account(caller, "Checking")}
    body = {"AccountRef": checking, "PaymentType": "Cash", "TxnDate": "2025-06-01", "Line": [line]}
    caller.post("purchase", body)
    return caller


def account(caller: Caller, name: str) -> str:
    found = caller.query(f"SELECT * FROM Account WHERE Name = '{name}'")["Account"]
    identity: str = found[0]["Id"]
    return identity


def test_a_company_says_when_its_fiscal_year_begins(caller: Caller) -> None:
    info = caller.get(f"companyinfo/{caller.realm}")["CompanyInfo"]
    assert info["FiscalYearStartMonth"] == "April"
    preferences = caller.get("preferences")["Preferences"]
    assert preferences["AccountingInfoPrefs"]["FirstMonthOfFiscalYear"] == "April"


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            APRIL,
            {
                "Checking": -30,
                "Accounts Receivable (A/R)": 600,
                "Retained Earnings": -100,
                "Services": -500,
                "Bank Charges": 30,
            },
        ),
        (
            {"end_date": "2026-04-01"},
            {
                "Checking": -30,
                "Accounts Receivable (A/R)": 650,
                "Retained Earnings": -570,
                "Services": -50,
            },
        ),
        # From within the year on: what is older in it is with Retained Earnings too.
        (
            {"start_date": "2025-07-01", "end_date": "2026-03-31"},
            {
                "Checking": -30,
                "Accounts Receivable (A/R)": 600,
                "Retained Earnings": -270,
                "Services": -300,
            },
        ),
        # One that asks for all of it at once sees no income at all.
        (
            {"start_date": "1970-01-01", "end_date": "2999-12-31"},
            {"Checking": -30, "Accounts Receivable (A/R)": 650, "Retained Earnings": -620},
        ),
        ({"end_date": "2025-03-31"}, {"Accounts Receivable (A/R)": 100, "Services": -100}),
    ],
)
def test_older_years_lie_in_retained_earnings(
    years: Caller, params: dict[str, str], expected: dict[str, float]
) -> None:
    assert report(years, **params) == expected


def test_income_counts_from_the_years_first_day_where_the_reports_first_day_says_nothing(
    sandbox_server: SandboxServer, years: Caller
) -> None:
    sandbox_server.set_up(years.realm, trial_balance_profit="year")
    found = report(years, start_date="2025-07-01", end_date="2026-03-31")
    assert found == report(years, **APRIL)
    assert found["Services"] == -500


def test_nothing_is_posted_for_it_and_the_years_add_up_to_the_ledger(
    sandbox_server: SandboxServer, years: Caller
) -> None:
    before = sandbox_server.state(years.realm)["objects"]
    summed: dict[str, float] = {}
    for first in (2024, 2025, 2026):
        asked = {"start_date": f"{first}-04-01", "end_date": f"{first + 1}-03-31"}
        found = report(years, **asked)
        for name in ("Services", "Bank Charges"):
            summed[name] = summed.get(name, 0) + found.get(name, 0)
    assert summed == {"Services": -650, "Bank Charges": 30}
    assert sandbox_server.state(years.realm)["objects"] == before
    rows = sandbox_server.trial_balance(years.realm)["rows"]
    ledger = {row["name"]: row["debit"] - row["credit"] for row in rows}
    assert ledger == {
        "Checking": -30,
        "Accounts Receivable (A/R)": 650,
        "Services": -650,
        "Bank Charges": 30,
    }


def test_closing_can_be_off(sandbox_server: SandboxServer, years: Caller) -> None:
    sandbox_server.set_up(years.realm, fiscal_closing=False)
    found = report(years, start_date="1970-01-01", end_date="2999-12-31")
    assert (found["Services"], "Retained Earnings" in found) == (-650, False)


def test_a_journal_on_retained_earnings_stays_beside_what_the_years_left(years: Caller) -> None:
    def line(side: str, name: str) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": {"value": account(years, name)}}
        return {
            "Amount": 40,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": detail,
        }

    lines = [line("Debit", "Retained Earnings"), line("Credit", "Checking")]
    years.post("journalentry", {"TxnDate": "2025-05-01", "Line": lines})
    found = report(years, **APRIL)
    assert (found["Retained Earnings"], found["Checking"]) == (-60, -70)


@pytest.mark.parametrize(
    ("macro", "start", "end"),
    [
        ("This Fiscal Year", "04-01", "03-31"),
        ("last fiscal year", "04-01", "03-31"),
        ("Next Fiscal Quarter", None, None),
        ("This Week-to-date", None, None),
        ("Yesterday", None, None),
    ],
)
def test_standard_ranges_have_names(
    caller: Caller, macro: str, start: str | None, end: str | None
) -> None:
    header = caller.get("reports/TrialBalance", date_macro=macro)["Header"]
    assert header["DateMacro"] == macro.lower()
    assert header["StartPeriod"] <= header["EndPeriod"]
    if start and end:
        assert (header["StartPeriod"][5:], header["EndPeriod"][5:]) == (start, end)


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"start_date": "2026-04-02", "end_date": "2026-04-01"}, "2190"),
        ({"end_date": "the end"}, "2090"),
        ({"date_macro": "Once upon a time"}, "2170"),
        ({"accounting_method": "Cash"}, "500"),
        ({"accounting_method": "Gut feeling"}, "2170"),
        ({"summarize_column_by": "Month"}, "500"),
        ({"sort_order": "random"}, "2170"),
    ],
)
def test_what_a_report_cannot_do_is_refused(
    caller: Caller, params: dict[str, str], code: str
) -> None:
    assert caller.refusal("GET", "reports/TrialBalance", **params)[1] == code


def test_a_report_that_is_not_simulated_is_refused(caller: Caller) -> None:
    assert caller.refusal("GET", "reports/ProfitAndLoss")[1] == "500"
