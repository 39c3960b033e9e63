"""Reports in Xero's shape of rows, to the cent what the ledger says."""

from typing import Any

import pytest

from tests.xero_twin import XeroCaller, XeroTwin


def cells(report: Any, kind: str = "Row") -> list[list[str]]:
    """The texts of all rows of a kind."""
    return [
        [cell["Value"] for cell in row["Cells"]]
        for section in report["Rows"]
        for row in section.get("Rows", ())
        if row["RowType"] == kind
    ]


def one(xero: XeroCaller, name: str, **params: Any) -> Any:
    return xero.get(f"Reports/{name}", **params)["Reports"][0]


def test_the_trial_balance_as_of_a_day(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    made = xero.invoice(contact, 100, Date="2026-04-02", DueDate="2026-05-01")
    xero.pay(made["InvoiceID"], 15, Date="2026-05-10")
    report = one(xero, "TrialBalance", date="2026-04-30")
    assert report["ReportTitles"][2] == "As at 30 April 2026"
    rows = {row[0]: row[3:] for row in cells(report)}
    assert rows == {
        "Sales (200)": ["", "100.00"],
        "Accounts Receivable (610)": ["115.00", ""],
        "GST (820)": ["", "15.00"],
    }
    assert cells(report, "SummaryRow") == [["Total", "115.00", "115.00", "115.00", "115.00"]]
    later = {row[0]: row[3:] for row in cells(one(xero, "TrialBalance", date="2026-05-31"))}
    assert later["Business Bank Account (090)"] == ["15.00", ""]
    assert later["Accounts Receivable (610)"] == ["100.00", ""]


def test_income_of_an_earlier_year_stands_in_retained_earnings(xero: XeroCaller) -> None:
    """The year ends on 31 March here."""
    xero.invoice(xero.contact(), 100, Date="2026-03-31")
    rows = {row[0]: row[3:] for row in cells(one(xero, "TrialBalance", date="2026-04-01"))}
    assert rows["Retained Earnings (960)"] == ["", "100.00"]
    assert "Sales (200)" not in rows
    before = {row[0] for row in cells(one(xero, "TrialBalance", date="2026-03-31"))}
    assert "Sales (200)" in before


def test_a_rows_account_is_told_by_its_id(xero: XeroCaller) -> None:
    xero.invoice(xero.contact())
    report = one(xero, "TrialBalance")
    sections = [each for each in report["Rows"] if each["RowType"] == "Section"]
    row = sections[0]["Rows"][0]
    attribute = row["Cells"][0]["Attributes"][0]
    assert attribute["Id"] == "account"
    found = xero.get(f"Accounts/{attribute['Value']}")["Accounts"][0]
    assert found["Class"] in ("REVENUE", "EXPENSE", "ASSET", "LIABILITY", "EQUITY")


def test_aged_receivables_are_the_receivable_of_that_day(xero: XeroCaller) -> None:
    contact = xero.contact()
    paid = xero.invoice(contact, 100, InvoiceNumber="A-1")["InvoiceID"]
    xero.invoice(contact, 200, InvoiceNumber="A-2", Date="2026-03-20")
    xero.credit_note(contact, 20, CreditNoteNumber="C-1", Date="2026-03-21")
    xero.overpayment(contact, 7, Date="2026-03-22")
    xero.pay(paid, 115, Date="2026-04-05")
    early = one(xero, "AgedReceivablesByContact", contactId=contact, date="2026-03-31")
    rows = {row[1]: row[4:] for row in cells(early)}
    assert rows["A-1"] == ["115.00", "0.00", "0.00", "115.00"]
    assert rows["C-1"] == ["-23.00", "0.00", "0.00", "-23.00"]
    assert cells(early, "SummaryRow")[-1][-1] == "315.00"
    late = one(xero, "AgedReceivablesByContact", contactId=contact, date="2026-04-30")
    assert "A-1" not in {row[1] for row in cells(late)}
    assert cells(late, "SummaryRow")[-1][-1] == "200.00"
    balance = {row[0]: row[3] for row in cells(one(xero, "TrialBalance", date="2026-04-30"))}
    assert balance["Accounts Receivable (610)"] == "200.00"
    unknown = xero.call("GET", "Reports/AgedReceivablesByContact", contactId="none")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("switch", "shown", "assets"),
    [("month_end", "As at 30 April 2026", "115.00"), ("asked", "As at 10 April 2026", "0.00")],
)
def test_the_balance_sheet(
    twin: XeroTwin, xero: XeroCaller, switch: str, shown: str, assets: str
) -> None:
    """Seen: it is drawn up as of the month's end, whatever day was asked."""
    twin.set_up(xero.tenant, balance_sheet_day=switch)
    xero.invoice(xero.contact(), 100, Date="2026-04-20", DueDate="2026-05-20")
    report = one(xero, "BalanceSheet", date="2026-04-10")
    assert report["ReportTitles"][2] == shown
    rows = dict(cells(report))
    assert rows["Total Assets"] == assets
    assert (rows.get("Current Year Earnings") == "100.00") is (switch == "month_end")


def test_a_tax_return_is_read_once_it_was_published(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    xero.invoice(contact, 100, Date="2026-04-02")
    xero.credit_note(contact, 40, Date="2026-04-05")
    assert xero.get("Reports")["Reports"] == []
    twin.act(xero.tenant, "publish_tax_return", first="2026-04-01", last="2026-05-31")
    listed = xero.get("Reports")["Reports"][0]
    assert listed["ReportType"] == "GSTReport"
    report = one(xero, listed["ReportID"])
    assert cells(report) == [["15% GST on Income", "60.00", "9.00"]]
