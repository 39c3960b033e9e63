"""Customers, items and the other lists: names, references, queries and the change feed."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, sale


def test_a_new_company_has_what_a_new_company_has(caller: Caller) -> None:
    accounts = caller.query("SELECT * FROM Account MAXRESULTS 1000")["Account"]
    types = {one["AccountSubType"]: one["AccountType"] for one in accounts}
    assert types["UndepositedFunds"] == "Other Current Asset"
    assert types["AccountsReceivable"] == "Accounts Receivable"
    assert caller.query("SELECT * FROM Item")["Item"][0]["Id"] == "1"
    terms = {one["Name"]: one["DueDays"] for one in caller.query("SELECT * FROM Term")["Term"]}
    assert terms["Net 30"] == 30
    methods = caller.query("SELECT * FROM PaymentMethod")["PaymentMethod"]
    assert {one["Type"] for one in methods} == {"CREDIT_CARD", "NON_CREDIT_CARD"}


@pytest.mark.parametrize("kind", ["customer", "vendor", "employee"])
def test_names_are_shared_by_three_lists_and_by_inactive_ones(caller: Caller, kind: str) -> None:
    caller.post("vendor", {"DisplayName": "Paper Ltd"})
    status, code, _ = caller.refusal("POST", kind, {"DisplayName": "paper ltd "})
    assert (status, code) == (400, "6240")
    gone = caller.customer("Gone")
    asked = {"Id": gone["Id"], "SyncToken": "0", "sparse": True, "Active": False}
    inactive = caller.post("customer", asked)["Customer"]
    assert inactive["DisplayName"] == "Gone (deleted)"
    assert caller.refusal("POST", kind, {"DisplayName": "Gone"})[1] == "6240"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "6080"),
        ({"DisplayName": "a:b"}, "6000"),
        ({"DisplayName": "x" * 501}, "2050"),
        ({"DisplayName": "A", "GivenName": "x" * 101}, "2050"),
        ({"DisplayName": "A", "PrimaryPhone": {"FreeFormNumber": "x" * 31}}, "2050"),
        ({"DisplayName": "A", "PreferredDeliveryMethod": "Pigeon"}, "2170"),
        ({"DisplayName": "A", "SalesTermRef": {"value": "99"}}, "2500"),
        ({"DisplayName": "A", "CurrencyRef": {"value": "EUR"}}, "6000"),
    ],
)
def test_customers_that_are_refused(caller: Caller, body: Any, code: str) -> None:
    assert caller.refusal("POST", "customer", body)[:2] == (400, code)


def test_an_inactive_customer_is_found_only_when_asked_for(caller: Caller) -> None:
    caller.customer("Here")
    gone = caller.customer("Gone")
    caller.post("customer", {"Id": gone["Id"], "SyncToken": "0", "sparse": True, "Active": False})
    names = [one["DisplayName"] for one in caller.query("SELECT * FROM Customer")["Customer"]]
    assert names == ["Here"]
    both = caller.query("SELECT * FROM Customer WHERE Active IN (true, false)")["Customer"]
    assert len(both) == 2
    assert caller.refusal("POST", "invoice", sale(gone["Id"]))[1] == "610"
    assert caller.get(f"customer/{gone['Id']}")["Customer"]["Active"] is False


def test_sub_customers_carry_their_parents_name_and_may_be_paid_by_it(caller: Caller) -> None:
    parent = caller.customer("Parent")["Id"]
    child = caller.customer("Child", ParentRef={"value": parent}, Job=True)
    assert (child["FullyQualifiedName"], child["Level"]) == ("Parent:Child", 1)
    invoice = caller.invoice(child["Id"], 10)["Id"]
    caller.pay(parent, 10, **{f"i{invoice}": 10})
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 0


@pytest.mark.parametrize(
    ("account", "code"),
    [("Sales of Product Income", None), ("Customer Prepayments", None), ("Bad Debts", None)]
    + [
        (name, "6430")
        for name in ("Checking", "Accounts Receivable (A/R)", "Accounts Payable (A/P)")
    ],
)
def test_an_items_account_is_income_a_liability_or_an_expense(
    caller: Caller, account: str, code: str
) -> None:
    found = caller.query(f"SELECT * FROM Account WHERE Name = '{account}'")["Account"][0]["Id"]
    body = {"Name": "X", "Type": "Service", "IncomeAccountRef": {"value": found}}
    if code is None:
        assert caller.post("item", body)["Item"]["IncomeAccountRef"]["name"] == account
    else:
        assert caller.refusal("POST", "item", body)[1] == code


def test_class_ids_exceed_thirty_two_bits(caller: Caller) -> None:
    assert int(caller.post("class", {"Name": "North"})["Class"]["Id"]) > 2**32


def test_a_query_is_ordered_paged_and_capped(caller: Caller) -> None:
    for number in range(5):
        caller.customer(f"Customer {number}")
    newest_first = caller.query("SELECT * FROM Customer")
    assert newest_first["Customer"][0]["DisplayName"] == "Customer 4"
    page = caller.query("SELECT * FROM Customer ORDERBY Id STARTPOSITION 2 MAXRESULTS 2")
    assert [one["DisplayName"] for one in page["Customer"]] == ["Customer 1", "Customer 2"]
    assert (page["startPosition"], page["maxResults"]) == (2, 2)
    assert "totalCount" not in page
    assert caller.query("select * from Customer maxresults 2 startposition 9") == {}
    assert caller.query("SELECT COUNT(*) FROM Customer") == {"totalCount": 5}
    listed = caller.query("SELECT Id, DisplayName FROM Customer ORDER BY DisplayName DESC")
    assert set(listed["Customer"][0]) == {"Id", "DisplayName", "domain", "sparse"}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("DisplayName = 'Amy\\'s'", ["Amy's"]),
        ("DisplayName LIKE '%my%'", ["Amy's", "Tommy"]),
        ("DisplayName IN ('Amy\\'s', 'Nobody')", ["Amy's"]),
        ("Id > '1'", ["Tommy", "Zoe"]),
        ("Balance > '0'", ["Tommy"]),
        ("Active = True AND CompanyName = 'Drums'", ["Zoe"]),
        ("PrimaryEmailAddr = 'zoe@drums.example'", ["Zoe"]),
        ("MetaData.LastUpdatedTime > '2020-01-01T00:00:00-08:00'", ["Amy's", "Tommy", "Zoe"]),
    ],
)
def test_a_query_filters(caller: Caller, where: str, found: list[str]) -> None:
    caller.customer("Amy's")
    caller.invoice(caller.customer("Tommy")["Id"], 5)
    caller.customer("Zoe", CompanyName="Drums", PrimaryEmailAddr={"Address": "zoe@drums.example"})
    answer = caller.query(f"SELECT * FROM Customer WHERE {where} ORDERBY Id")
    assert [one["DisplayName"] for one in answer["Customer"]] == found


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("SELECT * FROM Invoice WHERE PrivateNote = 'x'", "4001"),
        ("SELECT * FROM Colour", "4001"),
        ("SELECT * FROM customer", "4001"),
        ("SELECT * FROM Customer STARTPOSITION 0", "4001"),
        ("SELECT * FROM Customer WHERE", "4000"),
        ("DELETE FROM Customer", "4000"),
        ("SELECT * FROM Customer WHERE Id = '1' OR Id = '2'", "4000"),
        ("SELECT * FROM Customer WHERE DisplayName != 'x'", "4000"),
    ],
)
def test_a_wrong_query_is_refused(caller: Caller, statement: str, code: str) -> None:
    assert caller.refusal("GET", "query", query=statement)[:2] == (400, code)


def test_items_show_their_sku_only_when_it_is_named(caller: Caller) -> None:
    item = caller.item("Nail")
    caller.post("item", {**item, "Sku": "N-1"})
    assert "Sku" not in caller.query("SELECT * FROM Item WHERE Name = 'Nail'")["Item"][0]
    assert caller.query("SELECT *, Sku FROM Item WHERE Name = 'Nail'")["Item"][0]["Sku"] == "N-1"


def test_sales_are_found_by_number_date_customer_and_amount(caller: Caller) -> None:
    customer = caller.customer()["Id"]
    made = caller.invoice(customer, 12.75, DocNumber="F-1", TxnDate="2026-03-02")["Id"]
    caller.invoice(customer, 99, DocNumber="F-2", TxnDate="2026-04-02")
    for where in (
        "DocNumber = 'F-1'",
        "DocNumber IN ('F-1')",
        f"CustomerRef = '{customer}' AND TotalAmt = '12.75'",
        "TxnDate < '2026-04-01'",
        "Balance <= '50'",
    ):
        answer = caller.query(f"SELECT * FROM Invoice WHERE {where}")
        assert [one["Id"] for one in answer["Invoice"]] == [made], where
        assert answer["totalCount"] == 1


@pytest.mark.slow
def test_the_feed_gives_changes_tombstones_and_inactive_ones(
    sandbox_server: SandboxServer, caller: Caller
) -> None:
    customer = caller.customer()["Id"]
    kept, gone = (caller.invoice(customer)["Id"] for _ in range(2))
    time.sleep(1.1)
    since = datetime.now(UTC).isoformat()
    caller.post("invoice", {"Id": gone, "SyncToken": "0"}, operation="delete")
    caller.post("invoice", {**sale(customer, 5), "Id": kept, "SyncToken": "0"})
    other = caller.customer("Other")["Id"]
    caller.post("customer", {"Id": other, "SyncToken": "0", "sparse": True, "Active": False})
    feed = caller.get("cdc", entities="Invoice,Customer,Item", changedSince=since)["CDCResponse"]
    invoices, customers, items = feed[0]["QueryResponse"]
    by_id = {one["Id"]: one for one in invoices["Invoice"]}
    assert by_id[kept]["TotalAmt"] == 5
    assert by_id[gone]["status"] == "Deleted"
    assert "SyncToken" not in by_id[gone]
    assert [one["Active"] for one in customers["Customer"]] == [False]
    assert items == {}


def test_the_feed_reaches_back_thirty_days(caller: Caller) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=31)).isoformat()
    assert caller.refusal("GET", "cdc", entities="Invoice", changedSince=long_ago)[0] == 400


def test_what_a_person_does_there(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    act = sandbox_server.act
    winner, loser = caller.customer("Winner")["Id"], caller.customer("Loser")["Id"]
    invoice = caller.invoice(loser, 10)["Id"]
    act(realm, "merge_customers", winner=winner, loser=loser)
    assert caller.get(f"invoice/{invoice}")["Invoice"]["CustomerRef"]["value"] == winner
    assert caller.refusal("GET", f"customer/{loser}")[1] == "610"
    act(realm, "rename_customer", id=winner, name="Champion")
    act(realm, "record_payment", invoices=[invoice])
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 0
    act(realm, "set_private_note", id=invoice, note="seen")
    act(realm, "create_vendor", name="Paper Ltd")
    typed = act(realm, "create_invoice", customer=winner, amount=5, number="TYPED-1")
    assert caller.get(f"invoice/{typed['Id']}")["Invoice"]["DocNumber"] == "TYPED-1"
    north = act(realm, "create_class", name="North")["Id"]
    act(realm, "change_line", number="TYPED-1", **{"class": north, "amount": 6})
    line = caller.get(f"invoice/{typed['Id']}")["Invoice"]["Line"][0]
    assert line["SalesItemLineDetail"]["ClassRef"]["value"] == north
    assert line["Amount"] == 6
    with pytest.raises(RuntimeError, match="act must be one of"):
        act(realm, "dance")
