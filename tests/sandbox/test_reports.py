"""Aged receivables, customer balances and tax summaries as of a day, by figures worked out by hand."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, payment, sale


def rows_of(found: Any) -> list[list[str]]:
    """Every row as its texts: a section's header, what lies in it, its summary."""
    out: list[list[str]] = []

    def walk(rows: list[Any]) -> None:
        for row in rows:
            if "Header" in row:
                out.append([cell["value"] for cell in row["Header"]["ColData"]])
            if "ColData" in row:
                out.append([cell["value"] for cell in row["ColData"]])
            walk(row.get("Rows", {}).get("Row", []))
            if "Summary" in row:
                out.append([cell["value"] for cell in row["Summary"]["ColData"]])

    walk(found["Rows"]["Row"])
    return out


def report(caller: Caller, name: str, **params: str) -> list[list[str]]:
    found = caller.get(f"reports/{name}", **params)
    titles = found["Columns"]["Column"]
    rows = rows_of(found)
    assert all(len(row) == len(titles) for row in rows), rows
    assert found["Header"]["ReportName"] == name
    return rows


def invoice(caller: Caller, customer: str, amount: float, day: str, due: str, **more: Any) -> str:
    made = caller.invoice(customer, amount, TxnDate=day, DueDate=due, **more)
    identity: str = made["Id"]
    return identity


def pay(caller: Caller, customer: str, amount: float, day: str, **invoices: float) -> str:
    body = {**payment(customer, amount, invoices), "TxnDate": day}
    identity: str = caller.post("payment", body)["Payment"]["Id"]
    return identity


@pytest.fixture
def ledger(caller: Caller) -> Caller:
    """Amy owes 100 (due 10 May), 200 (due 31 May, 50 paid on 20 June), has 30 in credit of 1 June.

    Ben owes 60 (due 30 June) and paid 25 on account on 5 June; Cas paid his 70 in full on 1 July.
    """
    amy, ben, cas = (caller.customer(name)["Id"] for name in ("Amy", "Ben", "Cas"))
    invoice(caller, amy, 100, "2026-04-10", "2026-05-10", DocNumber="A-1")
    second = invoice(caller, amy, 200, "2026-05-01", "2026-05-31", DocNumber="A-2")
    pay(caller, amy, 50, "2026-06-20", **{f"i{second}": 50})
    caller.post("creditmemo", sale(amy, 30, TxnDate="2026-06-01", DocNumber="C-1"))
    invoice(caller, ben, 60, "2026-05-31", "2026-06-30", DocNumber="B-1")
    pay(caller, ben, 25, "2026-06-05")
    third = invoice(caller, cas, 70, "2026-03-01", "2026-03-31", DocNumber="K-1")
    pay(caller, cas, 70, "2026-07-01", **{f"i{third}": 70})
    return caller


TITLES = ["", "Current", "1 - 30", "31 - 60", "61 - 90", "91 and over", "Total"]


def test_aged_receivables_are_what_was_open_on_a_day_by_days_overdue(ledger: Caller) -> None:
    found = ledger.get("reports/AgedReceivables", report_date="2026-06-30")
    assert [one["ColTitle"] for one in found["Columns"]["Column"]] == TITLES
    assert {"Name": "report_date", "Value": "2026-06-30"} in found["Header"]["Option"]
    assert rows_of(found) == [
        # 10 May is 51 days before 30 June; 31 May and the credit of 1 June are 30 and 29.
        ["Amy", "", "120.00", "100.00", "", "", "220.00"],
        # Due today is not overdue; the money on account is 25 days old.
        ["Ben", "60.00", "-25.00", "", "", "", "35.00"],
        # Paid the day after: 91 days overdue still.
        ["Cas", "", "", "", "", "70.00", "70.00"],
        ["TOTAL", "60.00", "95.00", "100.00", "0.00", "70.00", "325.00"],
    ]


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-01", [["Cas", "70.00", "", "", "", "", "70.00"]]),
        (
            "2026-06-19",
            [
                # Nothing of the payment of 20 June yet.
                ["Amy", "", "170.00", "100.00", "", "", "270.00"],
                ["Ben", "60.00", "-25.00", "", "", "", "35.00"],
                ["Cas", "", "", "", "70.00", "", "70.00"],
            ],
        ),
        # The second invoice is 31 days overdue, the credit 30 days old; Cas has paid.
        (
            "2026-07-01",
            [
                ["Amy", "", "-30.00", "250.00", "", "", "220.00"],
                ["Ben", "", "35.00", "", "", "", "35.00"],
                ["TOTAL", "0.00", "5.00", "250.00", "0.00", "0.00", "255.00"],
            ],
        ),
    ],
)
def test_every_day_has_its_own_figures(ledger: Caller, day: str, expected: Any) -> None:
    rows = report(ledger, "AgedReceivables", report_date=day)
    assert rows[: len(expected)] == expected


def test_the_total_of_a_day_is_the_receivable_of_the_trial_balance_of_that_day(
    ledger: Caller,
) -> None:
    for day in ("2026-03-01", "2026-05-15", "2026-06-05", "2026-06-30", "2026-07-01"):
        aged = report(ledger, "AgedReceivables", report_date=day)[-1][-1]
        balance = report(ledger, "CustomerBalance", report_date=day)[-1][-1]
        trial = {row[0]: row[1] for row in report(ledger, "TrialBalance", end_date=day)}
        assert aged == balance == trial["Accounts Receivable (A/R)"]


def test_aging_to_today_takes_what_is_open_today(ledger: Caller) -> None:
    asked = {"report_date": "2026-06-19", "aging_method": "Current"}
    rows = report(ledger, "AgedReceivables", **asked)
    # Paid since: nothing of Cas, 50 less of Amy; and long overdue by the real calendar.
    assert [row[-1] for row in rows] == ["220.00", "35.00", "255.00"]
    assert rows[0][1:3] == ["", ""]


def test_periods_and_customers_can_be_chosen(ledger: Caller) -> None:
    ben = ledger.query("SELECT * FROM Customer WHERE DisplayName = 'Ben'")["Customer"][0]["Id"]
    asked = {"report_date": "2026-06-30", "customer": ben, "aging_period": "10", "num_periods": "2"}
    found = ledger.get("reports/AgedReceivables", **asked)
    assert found["Header"]["Customer"] == ben
    titles = [one["ColTitle"] for one in found["Columns"]["Column"]]
    assert titles == ["", "Current", "1 - 10", "11 and over", "Total"]
    assert rows_of(found)[0] == ["Ben", "60.00", "", "-25.00", "35.00"]


def test_aging_may_count_from_the_date_of_a_document(
    sandbox_server: SandboxServer, ledger: Caller
) -> None:
    sandbox_server.set_up(ledger.realm, aging_from_txn_date=True)
    rows = report(ledger, "AgedReceivables", report_date="2026-06-30")
    # 10 April is 81 days before, 1 May 60, 31 May 30.
    assert rows[0] == ["Amy", "", "-30.00", "150.00", "100.00", "", "220.00"]
    assert rows[1] == ["Ben", "", "35.00", "", "", "", "35.00"]
    assert rows[2] == ["Cas", "", "", "", "", "70.00", "70.00"]


def test_the_detail_names_every_open_document_the_longest_due_first(ledger: Caller) -> None:
    asked = {"report_date": "2026-06-30", "columns": "doc_num,txn_type,subt_open_bal,cust_name"}
    found = ledger.get("reports/AgedReceivableDetail", **asked)
    assert [one["ColType"] for one in found["Columns"]["Column"]] == [
        "txn_type",
        "doc_num",
        "cust_name",
        "subt_open_bal",
    ]
    assert rows_of(found) == [
        ["91 or more days past due", "", "", ""],
        ["Invoice", "K-1", "Cas", "70.0"],
        ["Total for 91 or more days past due", "", "", "70.0"],
        ["31 - 60 days past due", "", "", ""],
        ["Invoice", "A-1", "Amy", "100.0"],
        ["Total for 31 - 60 days past due", "", "", "100.0"],
        ["1 - 30 days past due", "", "", ""],
        ["Invoice", "A-2", "Amy", "150.0"],
        ["Credit Memo", "C-1", "Amy", "-30.0"],
        ["Payment", "", "Ben", "-25.0"],
        ["Total for 1 - 30 days past due", "", "", "95.0"],
        ["Current", "", "", ""],
        ["Invoice", "B-1", "Ben", "60.0"],
        ["Total for Current", "", "", "60.0"],
        ["TOTAL", "", "", "325.0"],
    ]
    row = found["Rows"]["Row"][0]["Rows"]["Row"][0]
    assert ledger.get(f"invoice/{row['ColData'][0]['id']}")["Invoice"]["DocNumber"] == "K-1"


def test_the_detail_can_be_narrowed(ledger: Caller) -> None:
    asked = {"report_date": "2026-06-30", "columns": "doc_num"}
    late = report(ledger, "AgedReceivableDetail", past_due="60", **asked)
    assert [row[0] for row in late if row[0].startswith("K")] == ["K-1"]
    assert len(late) == 4
    due = {"start_duedate": "2026-05-01", "end_duedate": "2026-05-30"}
    assert len(report(ledger, "AgedReceivableDetail", **due, **asked)) == 4
    assert ledger.refusal("GET", "reports/AgedReceivableDetail", columns="colour")[1] == "2170"


def test_the_balance_of_each_customer_and_the_documents_that_make_it_up(ledger: Caller) -> None:
    rows = report(ledger, "CustomerBalance", report_date="2026-06-30")
    assert rows == [["Amy", "220.00"], ["Ben", "35.00"], ["Cas", "70.00"], ["TOTAL", "325.00"]]
    now = report(ledger, "CustomerBalance")
    assert now == [["Amy", "220.00"], ["Ben", "35.00"], ["TOTAL", "255.00"]]
    columns = "tx_date,subt_amount,subt_open_bal"
    asked = {"report_date": "2026-06-30", "columns": columns}
    assert report(ledger, "CustomerBalanceDetail", **asked)[:5] == [
        ["Amy", "", ""],
        ["2026-04-10", "100.0", "100.0"],
        ["2026-05-01", "200.0", "150.0"],
        ["2026-06-01", "-30.0", "-30.0"],
        ["Total for Amy", "270.0", "220.0"],
    ]
    paid = report(ledger, "CustomerBalanceDetail", arpaid="Paid", **asked)
    assert paid[1] == ["2026-06-20", "-50.0", "0.0"]
    assert ledger.refusal("GET", "reports/CustomerBalanceDetail", arpaid="Maybe")[1] == "2170"


def test_money_for_a_document_of_later_is_on_account_until_then(caller: Caller) -> None:
    customer = caller.customer("Early")["Id"]
    later = invoice(caller, customer, 80, "2026-05-10", "2026-06-09")
    pay(caller, customer, 80, "2026-05-01", **{f"i{later}": 80})
    assert report(caller, "CustomerBalance", report_date="2026-05-05")[0] == ["Early", "-80.00"]
    assert report(caller, "CustomerBalance", report_date="2026-05-10") == [["TOTAL", "0.00"]]


def test_a_credit_used_up_and_a_void_leave_nothing_open(caller: Caller) -> None:
    customer = caller.customer("Done")["Id"]
    sold = invoice(caller, customer, 80, "2026-05-01", "2026-05-31")
    memo = caller.post("creditmemo", sale(customer, 80, TxnDate="2026-05-02"))["CreditMemo"]["Id"]
    parts = [
        {"Amount": 80, "LinkedTxn": [{"TxnId": identity, "TxnType": kind}]}
        for identity, kind in ((sold, "Invoice"), (memo, "CreditMemo"))
    ]
    body = {"CustomerRef": {"value": customer}, "TotalAmt": 0, "Line": parts}
    caller.post("payment", {**body, "TxnDate": "2026-05-20"})
    wrong = invoice(caller, customer, 5, "2026-05-03", "2026-05-31")
    caller.post("invoice", {"Id": wrong, "SyncToken": "0"}, operation="void")
    # Until the credit was used it stood against the invoice: nil in sum, open in detail.
    assert report(caller, "CustomerBalance", report_date="2026-05-19") == [["TOTAL", "0.00"]]
    open_then = {"report_date": "2026-05-19", "columns": "subt_open_bal,txn_type"}
    assert [row[1] for row in report(caller, "AgedReceivableDetail", **open_then)] == [
        "",
        "-80.0",
        "-80.0",
        "",
        "80.0",
        "80.0",
        "0.0",
    ]
    assert report(caller, "AgedReceivableDetail", report_date="2026-05-20")[0][0] == "TOTAL"


def test_sub_customers_are_listed_under_their_parent_and_may_be_paid_by_it(
    sandbox_server: SandboxServer, caller: Caller
) -> None:
    parent = caller.customer("Parent")["Id"]
    child = caller.customer("Child", ParentRef={"value": parent}, Job=True)["Id"]
    sold = invoice(caller, child, 100, "2026-05-01", "2026-05-31")
    invoice(caller, parent, 7, "2026-05-01", "2026-05-31")
    pay(caller, parent, 60, "2026-05-02", **{f"i{sold}": 40})
    rows = report(caller, "CustomerBalance", report_date="2026-05-31")
    # The parent has 20 on account and owes 7; the child still owes 60.
    assert rows == [
        ["Parent", "-13.00"],
        ["Child", "60.00"],
        ["Total Parent", "47.00"],
        ["TOTAL", "47.00"],
    ]
    sandbox_server.set_up(caller.realm, sub_customer_rows="flat")
    flat = report(caller, "CustomerBalance", report_date="2026-05-31")
    assert flat == [["Parent", "-13.00"], ["Parent:Child", "60.00"], ["TOTAL", "47.00"]]


def test_journals_refunds_and_deposits_on_the_receivable_are_open_items_too(
    caller: Caller,
) -> None:
    customer = caller.customer("Odd")["Id"]
    entity = {"Type": "Customer", "EntityRef": {"value": customer}}

    def line(side: str, account: str, **more: Any) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": {"value": account}, **more}
        return {
            "Amount": 12,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": detail,
        }

    lines = [line("Debit", "3", Entity=entity), line("Credit", "16")]
    caller.post("journalentry", {"TxnDate": "2026-05-01", "Line": lines})
    detail = {"AccountRef": {"value": "3"}, "CustomerRef": {"value": customer}}
    spent = {
        "Amount": 5,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }
    body = {"AccountRef": {"value": "1"}, "PaymentType": "Cash", "TxnDate": "2026-05-02"}
    caller.post("purchase", {**body, "Line": [spent]})
    banked = {"AccountRef": {"value": "3"}, "Entity": {"value": customer}}
    deposit = {"Amount": 4, "DetailType": "DepositLineDetail", "DepositLineDetail": banked}
    body = {"DepositToAccountRef": {"value": "1"}, "TxnDate": "2026-05-03", "Line": [deposit]}
    caller.post("deposit", body)
    asked = {"report_date": "2026-05-31", "columns": "txn_type,subt_open_bal"}
    assert report(caller, "CustomerBalanceDetail", **asked)[1:-2] == [
        ["Journal Entry", "12.0"],
        ["Expense", "5.0"],
        ["Deposit", "-4.0"],
    ]
    assert report(caller, "CustomerBalance", report_date="2026-05-02")[0] == ["Odd", "17.00"]


# --- several currencies --------------------------------------------------------------------------
def test_summaries_are_in_the_home_currency_and_details_in_each_documents_own(
    sandbox_server: SandboxServer,
) -> None:
    caller = sandbox_server.connect(sandbox_server.open_company("Abroad", profile="multicurrency"))
    euros = caller.customer("Euro Kunde", CurrencyRef={"value": "EUR"})["Id"]
    home = caller.customer("Home")["Id"]
    sold = invoice(caller, euros, 100.01, "2026-05-01", "2026-05-31", ExchangeRate=1.23456)
    invoice(caller, home, 50, "2026-05-01", "2026-05-31")
    body = {**payment(euros, 60.01, {sold: 40.01}), "TxnDate": "2026-06-15", "ExchangeRate": 1.5}
    caller.post("payment", body)
    # 100.01 at 1.23456 is 123.47; 60.00 of it are worth 74.07, the 20.00 on account 30.00.
    assert report(caller, "CustomerBalance", report_date="2026-06-14")[0] == [
        "Euro Kunde",
        "123.47",
    ]
    assert report(caller, "CustomerBalance", report_date="2026-06-15") == [
        ["Euro Kunde", "44.07"],
        ["Home", "50.00"],
        ["TOTAL", "94.07"],
    ]
    trial = {row[0]: row[1] for row in report(caller, "TrialBalance", end_date="2026-06-15")}
    assert trial["Accounts Receivable (A/R) - EUR"] == "44.07"
    found = caller.get("reports/CustomerBalanceDetail", report_date="2026-06-15")
    kinds = [one["ColType"] for one in found["Columns"]["Column"]]
    assert kinds[-3:] == ["currency", "foreign_amount", "foreign_open_bal"]
    assert [row[-3:] for row in rows_of(found)] == [
        ["", "", ""],
        ["EUR", "100.01", "60.0"],
        ["EUR", "-60.01", "-20.0"],
        ["", "40.0", "40.0"],
        ["", "", ""],
        ["USD", "50.0", "50.0"],
        ["", "50.0", "50.0"],
        # Euros and dollars have no sum.
        ["", "", ""],
    ]
    aged = report(caller, "AgedReceivables", report_date="2026-06-15")
    assert aged[0] == ["Euro Kunde", "-30.00", "74.07", "", "", "", "44.07"]


# --- tax -----------------------------------------------------------------------------------------
def taxed(customer: str, amount: float, code: str, day: str, **more: Any) -> Any:
    body = sale(customer, amount, TxnDate=day, **more)
    body["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] = {"value": code}
    return body


@pytest.fixture
def britain(sandbox_server: SandboxServer) -> Caller:
    return sandbox_server.connect(
        sandbox_server.open_company("Taxed", profile="uk", multicurrency=True)
    )


def codes(caller: Caller) -> dict[str, str]:
    found = caller.query("SELECT * FROM TaxCode MAXRESULTS 1000")["TaxCode"]
    return {one["Name"]: one["Id"] for one in found}


def agency(caller: Caller, name: str) -> str:
    found = caller.query("SELECT * FROM TaxAgency")["TaxAgency"]
    identity: str = next(one["Id"] for one in found if name in one["DisplayName"])
    return identity


def test_a_vat_return_adds_up_the_sales_of_a_period_less_what_was_credited(
    britain: Caller,
) -> None:
    code, hmrc = codes(britain), agency(britain, "HMRC")
    customer = britain.customer("Home")["Id"]
    euros = britain.customer("Euro", CurrencyRef={"value": "EUR"})["Id"]
    for day, amount, name in (
        ("2026-03-31", 500, "20.0% S"),
        ("2026-04-01", 100, "20.0% S"),
        ("2026-05-01", 40, "5.0% R"),
        ("2026-06-30", 30, "0.0% Z"),
        # Outside the scope of the tax: on no line of the return.
        ("2026-06-30", 999, "No VAT"),
    ):
        britain.post("invoice", taxed(customer, amount, code[name], day))
    abroad = taxed(euros, 200, code["20.0% S"], "2026-05-02", ExchangeRate=0.85)
    britain.post("invoice", abroad)
    britain.post("creditmemo", taxed(customer, 10, code["20.0% S"], "2026-06-01"))
    period = {"agency_id": hmrc, "start_date": "2026-04-01", "end_date": "2026-06-30"}
    found = britain.get("reports/TaxSummary", **period)
    assert (found["Header"]["StartPeriod"], found["Header"]["Currency"]) == ("2026-04-01", "GBP")
    boxes = {row[0][:5]: row[1] for row in rows_of(found)}
    # 20 + 2 + 0 + 34 (40 euros at 0.85) - 2; 100 + 40 + 30 + 170 - 10.
    assert boxes == {
        "Box 1": "54.00",
        "Box 2": "",
        "Box 3": "54.00",
        "Box 4": "",
        "Box 5": "54.00",
        "Box 6": "330.00",
        "Box 7": "",
    }
    empty = britain.get("reports/TaxSummary", **{**period, "end_date": "2026-04-01"})
    assert {row[0][:5]: row[1] for row in rows_of(empty)}["Box 1"] == "20.00"


def test_each_agency_has_its_own_return(sandbox_server: SandboxServer) -> None:
    caller = sandbox_server.connect(sandbox_server.open_company("Quebec", profile="ca"))
    customer = caller.customer("Montreal")["Id"]
    code = codes(caller)["GST/QST QC"]
    caller.post("invoice", taxed(customer, 100, code, "2026-05-01"))
    period = {"start_date": "2026-01-01", "end_date": "2026-12-31"}
    lines: dict[str, dict[str, str]] = {}
    for name in ("Canada Revenue", "Revenu"):
        found = caller.get("reports/TaxSummary", agency_id=agency(caller, name), **period)
        lines[name] = {row[0][:8]: row[1] for row in rows_of(found)}
    assert lines["Canada Revenue"]["Line 103"] == "5.00"
    assert lines["Revenu"]["Line 103"] == "9.98"
    assert lines["Revenu"]["Line 101"] == "100.00"


@pytest.mark.parametrize(
    ("profile", "params", "code"),
    [
        ("us_manual_tax", {"agency_id": "1"}, "5030"),
        ("uk", {}, "2020"),
        ("uk", {"agency_id": "99"}, "2500"),
    ],
)
def test_a_return_that_cannot_be_made_is_refused(
    sandbox_server: SandboxServer, profile: str, params: dict[str, str], code: str
) -> None:
    caller = sandbox_server.connect(sandbox_server.open_company("No return", profile=profile))
    assert caller.refusal("GET", "reports/TaxSummary", **params)[1] == code


# --- an independent client -----------------------------------------------------------------------
def test_an_independent_client_reads_every_report(books: Any, caller: Caller) -> None:
    customer = caller.customer("Amy")["Id"]
    invoice(caller, customer, 100, "2026-04-10", "2026-05-10")
    for name in (
        "AgedReceivables",
        "AgedReceivableDetail",
        "CustomerBalance",
        "CustomerBalanceDetail",
        "TrialBalance",
    ):
        found = books.get_report(name, {"report_date": "2026-05-31", "end_date": "2026-05-31"})
        texts = [text for row in rows_of(found) for text in row]
        assert "100.00" in texts or "100.0" in texts
        assert found["Header"]["ReportName"] == name
