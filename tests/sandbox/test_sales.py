"""Invoices, credit memos and payments: sums, links, versions, voids and the ledger behind them."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, payment, sale


@pytest.fixture
def customer(caller: Caller) -> str:
    identity: str = caller.customer()["Id"]
    return identity


def line_of(item: str = "1", **detail: Any) -> dict[str, Any]:
    return {
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}, **detail},
    }


def balances(server: SandboxServer, realm: str) -> dict[str, float]:
    rows = server.trial_balance(realm)["rows"]
    return {row["name"]: row["debit"] - row["credit"] for row in rows}


def test_the_server_computes_what_it_is_not_told(caller: Caller, customer: str) -> None:
    body = {
        "CustomerRef": {"value": customer},
        "TxnDate": "2026-01-15",
        "SalesTermRef": {"value": "4"},
        "Line": [{**line_of(Qty=3, UnitPrice="12.345"), "Description": "three"}],
    }
    made = caller.post("invoice", body)["Invoice"]
    assert made["DueDate"] == "2026-02-14"
    assert (made["TotalAmt"], made["Balance"]) == (37.04, 37.04)
    first, subtotal = made["Line"]
    assert (first["Id"], first["LineNum"], first["Amount"]) == ("1", 1, 37.04)
    assert subtotal == {
        "Amount": 37.04,
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }
    assert first["SalesItemLineDetail"]["ItemAccountRef"]["name"] == "Services"
    assert (made["Id"], made["SyncToken"], made["domain"]) == ("1", "0", "QBO")
    assert made["MetaData"]["CreateTime"][-6:] in ("-08:00", "-07:00")


def test_amounts_are_numbers_without_trailing_zeros(caller: Caller, customer: str) -> None:
    text = caller.call("POST", "invoice", sale(customer, 100)).text
    assert '"TotalAmt":100,' in text
    text = caller.call("POST", "invoice", sale(customer, 0.1)).text
    assert '"TotalAmt":0.1,' in text


def test_a_sparse_update_keeps_fields_but_replaces_lines(caller: Caller, customer: str) -> None:
    body = sale(customer, 100, PrivateNote="mine")
    body["Line"].append({**line_of(), "Amount": 50, "Description": "second"})
    made = caller.post("invoice", body)["Invoice"]
    kept = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    changed = caller.post("invoice", {**kept, "CustomerMemo": {"value": "hi"}})["Invoice"]
    assert (changed["PrivateNote"], changed["TotalAmt"], changed["SyncToken"]) == ("mine", 150, "1")
    second = {**line_of(), "Id": "2", "Amount": 60}
    body = {**kept, "SyncToken": "1", "Line": [second, {**line_of(), "Id": "77", "Amount": 1}]}
    changed = caller.post("invoice", body)["Invoice"]
    lines = [line for line in changed["Line"] if "Id" in line]
    assert [line["Id"] for line in lines] == ["2", "3"]
    assert "Description" not in lines[0]
    assert changed["TotalAmt"] == 61


def test_a_full_update_clears_what_is_not_sent(caller: Caller, customer: str) -> None:
    made = caller.invoice(customer, 100, PrivateNote="mine")
    body = {**sale(customer, 100), "Id": made["Id"], "SyncToken": "0"}
    assert "PrivateNote" not in caller.post("invoice", body)["Invoice"]


@pytest.mark.variants(keep=5)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"CustomerRef": {"value": "999"}}, "2500"),
        ({"CustomerRef": None}, "2020"),
        ({"Line": []}, "2020"),
        ({"DocNumber": "x" * 22}, "2050"),
        ({"PrivateNote": "x" * 4001}, "2050"),
        ({"TxnDate": "2026-02-30"}, "2090"),
        ({"EmailStatus": "Gone"}, "2170"),
        ({"EmailStatus": "NeedToSend"}, "6000"),
        ({"Line": [{**line_of(Qty=2, UnitPrice=10), "Amount": 21}]}, "6070"),
        ({"Line": [{**line_of("77"), "Amount": 21}]}, "2500"),
        ({"Line": [{**line_of(), "Amount": -1}]}, "6000"),
        ({"Line": [{**line_of(), "Amount": "much"}]}, "2080"),
        ({"Line": [{**line_of(TaxCodeRef={"value": "7"}), "Amount": 1}]}, "6100"),
        ({"CurrencyRef": {"value": "EUR"}}, "6000"),
        ({"Id": "4711", "SyncToken": "0"}, "610"),
    ],
)
def test_what_the_books_refuse(caller: Caller, customer: str, change: Any, code: str) -> None:
    status, found, _ = caller.refusal("POST", "invoice", {**sale(customer), **change})
    assert (status, found) == (400, code)
    assert caller.query("SELECT COUNT(*) FROM Invoice") == {"totalCount": 0}


def test_the_noise_clients_send_is_ignored(caller: Caller, customer: str) -> None:
    noise = {
        "SyncToken": 0,
        "domain": "QBO",
        "sparse": False,
        "DueDate": "",
        "TotalAmt": "",
        "ExchangeRate": 1,
        "GlobalTaxCalculation": "TaxExcluded",
        "Colour": "blue",
        "Id": None,
        "LinkedTxn": [],
    }
    body = {**sale(customer, 5), **noise}
    body["Line"][0] |= {"LineNum": 0, "Amount": "5.00"}
    body["Line"][0]["SalesItemLineDetail"] |= {"Qty": 0, "UnitPrice": 0, "TaxInclusiveAmt": 0}
    made = caller.post("invoice", body)["Invoice"]
    assert made["TotalAmt"] == 5
    assert "Colour" not in made


def test_a_number_is_used_once_per_kind_until_it_is_deleted(caller: Caller, customer: str) -> None:
    first = caller.invoice(customer, DocNumber="A-1")
    status, code, detail = caller.refusal("POST", "invoice", sale(customer, DocNumber="A-1"))
    assert (status, code) == (400, "6140")
    assert detail.endswith(f"DocNumber=A-1 is assigned to TxnType=Invoice with TxnId={first['Id']}")
    caller.post("creditmemo", sale(customer, DocNumber="A-1"))
    caller.post("invoice", sale(customer, DocNumber="A-1"), include="allowduplicatedocnum")
    caller.post("invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    status, code, _ = caller.refusal("GET", f"invoice/{first['Id']}")
    assert code == "610"


def test_numbers_are_given_after_the_highest_where_the_company_wants_it(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    assert "DocNumber" not in caller.invoice(customer)
    sandbox_server.set_up(realm, custom_txn_numbers=False)
    assert caller.invoice(customer)["DocNumber"] == "1001"
    caller.invoice(customer, DocNumber="2000")
    assert caller.invoice(customer)["DocNumber"] == "2001"


def test_a_payment_moves_both_sides_and_its_delete_moves_them_back(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    invoice = caller.invoice(customer, 100)["Id"]
    paid = caller.post("payment", payment(customer, 70, {invoice: 60}))["Payment"]
    assert (paid["UnappliedAmt"], paid["DepositToAccountRef"]["value"]) == (10, "4")
    found = caller.get(f"invoice/{invoice}")["Invoice"]
    assert (found["Balance"], found["SyncToken"]) == (40, "1")
    assert found["LinkedTxn"] == [{"TxnId": paid["Id"], "TxnType": "Payment"}]
    assert caller.get(f"customer/{customer}")["Customer"]["Balance"] == 30
    assert balances(sandbox_server, realm)["Undeposited Funds"] == 70
    caller.post("payment", {"Id": paid["Id"], "SyncToken": "0"}, operation="delete")
    found = caller.get(f"invoice/{invoice}")["Invoice"]
    assert (found["Balance"], found["SyncToken"], found["LinkedTxn"]) == (100, "2", [])
    assert "Undeposited Funds" not in balances(sandbox_server, realm)


def test_more_than_is_open_cannot_be_applied(caller: Caller, customer: str) -> None:
    invoice = caller.invoice(customer, 100)["Id"]
    assert caller.refusal("POST", "payment", payment(customer, 120, {invoice: 120}))[1] == "6000"
    assert caller.refusal("POST", "payment", payment(customer, 50, {invoice: 60}))[1] == "6000"
    other = caller.customer("Somebody else")["Id"]
    assert caller.refusal("POST", "payment", payment(other, 50, {invoice: 50}))[1] == "620"
    assert caller.get(f"invoice/{invoice}")["Invoice"]["SyncToken"] == "0"


def test_a_payments_lines_are_replaced_kept_or_emptied(caller: Caller, customer: str) -> None:
    first, second = (caller.invoice(customer, 100)["Id"] for _ in range(2))
    paid = caller.post("payment", payment(customer, 100, {first: 100}))["Payment"]
    base = {"Id": paid["Id"], "sparse": True, "CustomerRef": {"value": customer}, "TotalAmt": 100}
    caller.post("payment", {**base, "SyncToken": "0", "PrivateNote": "kept"})
    assert caller.get(f"invoice/{first}")["Invoice"]["Balance"] == 0
    lines = payment(customer, 100, {second: 30})["Line"]
    changed = caller.post("payment", {**base, "SyncToken": "1", "Line": lines})["Payment"]
    assert (changed["UnappliedAmt"], changed["PrivateNote"]) == (70, "kept")
    assert caller.get(f"invoice/{first}")["Invoice"]["Balance"] == 100
    assert caller.get(f"invoice/{second}")["Invoice"]["Balance"] == 70
    changed = caller.post("payment", {**base, "SyncToken": "2", "Line": []})["Payment"]
    assert changed["UnappliedAmt"] == 100
    assert caller.get(f"invoice/{second}")["Invoice"]["Balance"] == 100


def test_a_payment_of_nil_applies_a_credit(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    invoice = caller.invoice(customer, 100)["Id"]
    credit = caller.post("creditmemo", sale(customer, 30))["CreditMemo"]["Id"]
    before = balances(sandbox_server, realm)
    body = payment(customer, 0, {invoice: 30})
    body["Line"].append({"Amount": 30, "LinkedTxn": [{"TxnId": credit, "TxnType": "CreditMemo"}]})
    made = caller.post("payment", body)["Payment"]
    assert (made["TotalAmt"], made["UnappliedAmt"]) == (0, 0)
    assert "DepositToAccountRef" not in made
    assert caller.get(f"creditmemo/{credit}")["CreditMemo"]["RemainingCredit"] == 0
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 70
    assert balances(sandbox_server, realm) == before


def test_void_keeps_the_number_and_nothing_else(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    made = caller.invoice(customer, 100, DocNumber="V-1", PrivateNote="why")
    voided = caller.post("invoice", {"Id": made["Id"], "SyncToken": "0"}, operation="void")[
        "Invoice"
    ]
    assert (voided["DocNumber"], voided["TotalAmt"], voided["Balance"]) == ("V-1", 0, 0)
    assert voided["PrivateNote"].startswith("Voided")
    assert balances(sandbox_server, realm) == {}
    assert caller.refusal("POST", "invoice", sale(customer, DocNumber="V-1"))[1] == "6140"


def test_a_paid_invoice_is_voided_only_where_the_switch_says_so(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    invoice = caller.invoice(customer, 100)["Id"]
    paid = caller.post("payment", payment(customer, 40, {invoice: 40}))["Payment"]["Id"]
    body = {"Id": invoice, "SyncToken": "1"}
    assert caller.refusal("POST", "invoice", body, operation="void")[1] == "6000"
    sandbox_server.set_up(realm, void_paid="unapply")
    assert caller.post("invoice", body, operation="void")["Invoice"]["TotalAmt"] == 0
    left = caller.get(f"invoice/{invoice}")["Invoice"]
    assert (left["Balance"], left["LinkedTxn"]) == (0, [])
    found = caller.get(f"payment/{paid}")["Payment"]
    assert (found["UnappliedAmt"], found["Line"]) == (40, [])


def test_what_shrinks_below_its_payment_leaves_the_rest_on_account(
    caller: Caller, customer: str
) -> None:
    invoice = caller.invoice(customer, 100)["Id"]
    paid = caller.post("payment", payment(customer, 100, {invoice: 100}))["Payment"]["Id"]
    body = {**sale(customer, 80), "Id": invoice, "SyncToken": "1"}
    caller.post("invoice", body)
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 0
    found = caller.get(f"payment/{paid}")["Payment"]
    assert (found["UnappliedAmt"], found["Line"][0]["Amount"]) == (20, 80)


def test_a_credit_memo_cannot_be_voided_and_its_delete_reopens(
    caller: Caller, customer: str
) -> None:
    invoice = caller.invoice(customer, 100)["Id"]
    credit = caller.post("creditmemo", sale(customer, 30))["CreditMemo"]["Id"]
    body = payment(customer, 0, {invoice: 30})
    body["Line"].append({"Amount": 30, "LinkedTxn": [{"TxnId": credit, "TxnType": "CreditMemo"}]})
    caller.post("payment", body)
    asked = {"Id": credit, "SyncToken": "1"}
    assert caller.refusal("POST", "creditmemo", asked, operation="void")[1] == "500"
    caller.post("creditmemo", asked, operation="delete")
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 100


def test_a_deposited_payment_is_locked_until_the_deposit_goes(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    invoice = caller.invoice(customer, 100)["Id"]
    paid = caller.post("payment", payment(customer, 100, {invoice: 100}))["Payment"]["Id"]
    link = {"TxnId": paid, "TxnType": "Payment", "TxnLineId": "0"}
    body = {"DepositToAccountRef": {"value": "1"}, "Line": [{"Amount": 100, "LinkedTxn": [link]}]}
    deposit = caller.post("deposit", body)["Deposit"]
    assert balances(sandbox_server, realm)["Checking"] == 100
    asked = {"Id": paid, "SyncToken": "1"}
    assert caller.refusal("POST", "payment", asked, operation="delete")[1] == "6540"
    voided = caller.refusal("POST", "payment", {**asked, "sparse": True}, include="void")
    assert voided[1] == "6540"
    assert caller.refusal("POST", "deposit", body)[1] == "6000"
    caller.post("deposit", {"Id": deposit["Id"], "SyncToken": "0"}, operation="delete")
    caller.post("payment", {"Id": paid, "SyncToken": "2"}, operation="delete")
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 100


def test_paying_out_a_credit_leaves_receivable_and_bank_at_nil_with_the_refund(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    credit = caller.post("creditmemo", sale(customer, 30))["CreditMemo"]["Id"]
    detail = {"AccountRef": {"value": "3"}, "CustomerRef": {"value": customer}}
    line = {
        "Amount": 30,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": detail,
    }
    body = {"AccountRef": {"value": "1"}, "PaymentType": "Cash", "Line": [line]}
    refund = caller.post("purchase", body)["Purchase"]["Id"]
    links = [("Expense", refund), ("CreditMemo", credit)]
    lines = [
        {"Amount": 30, "LinkedTxn": [{"TxnId": identity, "TxnType": kind}]}
        for kind, identity in links
    ]
    caller.post("payment", {"CustomerRef": {"value": customer}, "TotalAmt": 0, "Line": lines})
    assert caller.get(f"customer/{customer}")["Customer"]["Balance"] == 0
    assert balances(sandbox_server, realm) == {"Checking": -30, "Services": 30}


def test_closed_books_refuse_by_the_entrys_own_date(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    old = caller.invoice(customer, 10, TxnDate="2026-01-31")
    sandbox_server.set_up(realm, book_close_date="2026-01-31")
    assert (
        caller.get("preferences")["Preferences"]["AccountingInfoPrefs"]["BookCloseDate"]
        == "2026-01-31"
    )
    for change in (
        {"TxnDate": "2026-01-31"},
        {"Id": old["Id"], "SyncToken": "0", "TxnDate": "2026-02-01"},
    ):
        assert caller.refusal("POST", "invoice", {**sale(customer), **change})[1] == "6200"
    asked = {"Id": old["Id"], "SyncToken": "0"}
    assert caller.refusal("POST", "invoice", asked, operation="void")[1] == "6200"
    sandbox_server.set_up(realm, book_close_password=True)
    assert caller.refusal("POST", "invoice", asked, operation="delete")[1] == "6210"
    caller.invoice(customer, 10, TxnDate="2026-02-01")
    caller.post("payment", {**payment(customer, 10, {old["Id"]: 10}), "TxnDate": "2026-02-01"})


def test_a_batch_items_cannot_see_each_other(caller: Caller, customer: str) -> None:
    following = str(int(caller.customer("Two")["Id"]) + 1)
    items = [
        {"bId": "1", "operation": "create", "Customer": {"DisplayName": "Three"}},
        {"bId": "2", "operation": "create", "Invoice": sale(following)},
        {"bId": "3", "Query": "SELECT COUNT(*) FROM Customer"},
    ]
    answers = caller.post("batch", {"BatchItemRequest": items})["BatchItemResponse"]
    by_id = {answer["bId"]: answer for answer in answers}
    assert by_id["1"]["Customer"]["Id"] == following
    assert by_id["2"]["Fault"]["Error"][0]["code"] == "2500"
    assert by_id["3"]["QueryResponse"] == {"totalCount": 2}
    assert caller.refusal("POST", "batch", {"BatchItemRequest": items * 11})[1] == "1040"


@pytest.mark.parametrize("profile", ["us_sales_tax", "us_manual_tax", "multicurrency", "uk"])
def test_companies_of_another_kind_say_so(sandbox_server: SandboxServer, profile: str) -> None:
    caller = sandbox_server.connect(sandbox_server.open_company("Other", profile=profile))
    preferences = caller.get("preferences")["Preferences"]
    on = (
        preferences["TaxPrefs"]["UsingSalesTax"],
        preferences["CurrencyPrefs"]["MultiCurrencyEnabled"],
    )
    assert on == (profile != "multicurrency", profile == "multicurrency")
    automated = preferences["TaxPrefs"].get("PartnerTaxEnabled")
    assert automated == (True if profile == "us_sales_tax" else None)
    country = caller.get(f"companyinfo/{caller.realm}")["CompanyInfo"]["Country"]
    assert country == ("GB" if profile == "uk" else "US")


def test_the_journal_says_what_each_transaction_posts(
    sandbox_server: SandboxServer, caller: Caller, realm: str, customer: str
) -> None:
    made = caller.post("invoice", sale(customer, 100))["Invoice"]
    rows = sandbox_server.control("GET", f"companies/{realm}/journal")
    assert {(one["kind"], one["id"], one["date"]) for one in rows} == {
        ("Invoice", made["Id"], made["TxnDate"])
    }
    assert {one["name"]: one["amount"] for one in rows} == {
        "Accounts Receivable (A/R)": "100.00",
        "Services": "-100.00",
    }
