"""Money that moves at once, bank deposits of it, and what else stands on a customer's account."""

from typing import Any

import pytest

from tests.sandbox_server import Caller, SandboxServer, payment, sale


@pytest.fixture
def customer(caller: Caller) -> str:
    identity: str = caller.customer()["Id"]
    return identity


def balances(server: SandboxServer, realm: str) -> dict[str, float]:
    found = server.trial_balance(realm)
    assert found["debit"] == found["credit"]
    return {row["name"]: round(row["debit"] - row["credit"], 2) for row in found["rows"]}


def taken_out(amount: float, identity: str, kind: str) -> dict[str, Any]:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": identity, "TxnType": kind, "TxnLineId": "0"}]}


def fee(amount: float, account: str = "23", **detail: Any) -> dict[str, Any]:
    detail = {"AccountRef": {"value": account}, **detail}
    return {"Amount": amount, "DetailType": "DepositLineDetail", "DepositLineDetail": detail}


def applied(*parts: tuple[float, str, str]) -> list[dict[str, Any]]:
    return [
        {"Amount": amount, "LinkedTxn": [{"TxnId": identity, "TxnType": kind}]}
        for amount, kind, identity in parts
    ]


def owed(caller: Caller, customer: str) -> float:
    found: float = caller.get(f"customer/{customer}")["Customer"]["Balance"]
    return found


def test_a_sale_paid_at_once_never_stands_on_the_receivable(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    made = caller.post("salesreceipt", sale(customer, 80, DocNumber="SR-1"))["SalesReceipt"]
    assert (made["TotalAmt"], made["Balance"], owed(caller, customer)) == (80, 0, 0)
    assert balances(sandbox_server, realm) == {"Undeposited Funds": 80, "Services": -80}
    asked = {"Id": made["Id"], "SyncToken": "0", "sparse": True}
    voided = caller.post("salesreceipt", asked, include="void")["SalesReceipt"]
    assert (voided["TotalAmt"], voided["PrivateNote"]) == (0, "Voided")
    assert balances(sandbox_server, realm) == {}


def test_a_refund_receipt_reverses_the_sale_and_pays_it_out(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    assert caller.refusal("POST", "refundreceipt", sale(customer, 30))[1] == "2020"
    caller.post("salesreceipt", sale(customer, 30, DepositToAccountRef={"value": "1"}))
    body = sale(customer, 30, DepositToAccountRef={"value": "1"})
    made = caller.post("refundreceipt", body)["RefundReceipt"]
    assert balances(sandbox_server, realm) == {}
    asked = {"Id": made["Id"], "SyncToken": "0"}
    assert caller.refusal("POST", "refundreceipt", asked, operation="void")[1] == "500"
    caller.post("refundreceipt", asked, operation="delete")
    assert balances(sandbox_server, realm) == {"Checking": 30, "Services": -30}


def test_a_refund_receipt_beside_a_credit_memo_reverses_the_sale_twice(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    invoice = caller.invoice(customer, 30)["Id"]
    caller.post("payment", payment(customer, 30, {invoice: 30}))
    caller.post("creditmemo", sale(customer, 30))
    caller.post("refundreceipt", sale(customer, 30, DepositToAccountRef={"value": "4"}))
    found = balances(sandbox_server, realm)
    assert found == {"Accounts Receivable (A/R)": -30, "Services": 30}


def test_a_deposit_takes_payments_receipts_and_refunds_less_a_fee(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    paid = caller.post("payment", payment(customer, 100, {}))["Payment"]["Id"]
    receipt = caller.post("salesreceipt", sale(customer, 80))["SalesReceipt"]["Id"]
    body = sale(customer, 30, DepositToAccountRef={"value": "4"})
    refund = caller.post("refundreceipt", body)["RefundReceipt"]["Id"]
    lines = [
        taken_out(100, paid, "Payment"),
        taken_out(80, receipt, "SalesReceipt"),
        taken_out(-30, refund, "RefundReceipt"),
        fee(-4.5),
    ]
    deposit = {"DepositToAccountRef": {"value": "1"}, "Line": lines}
    wrong = {**deposit, "Line": [taken_out(30, refund, "RefundReceipt")]}
    assert caller.refusal("POST", "deposit", wrong)[1] == "6000"
    made = caller.post("deposit", deposit)["Deposit"]
    assert made["TotalAmt"] == 145.5
    found = balances(sandbox_server, realm)
    assert (found["Checking"], found["Bank Charges"]) == (145.5, 4.5)
    assert "Undeposited Funds" not in found
    for kind, identity in (("salesreceipt", receipt), ("refundreceipt", refund)):
        asked = {"Id": identity, "SyncToken": "1"}
        assert caller.refusal("POST", kind, asked, operation="delete")[1] == "6540"
    changed = {**sale(customer, 81), "Id": receipt, "SyncToken": "1"}
    assert caller.refusal("POST", "salesreceipt", changed)[1] == "6540"
    caller.post("deposit", {"Id": made["Id"], "SyncToken": "0"}, operation="delete")
    caller.post("salesreceipt", {"Id": receipt, "SyncToken": "2"}, operation="delete")


def test_a_deposit_line_on_the_receivable_is_money_of_its_customer(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    invoice = caller.invoice(customer, 60)["Id"]
    nameless = {"DepositToAccountRef": {"value": "1"}, "Line": [fee(60, "3")]}
    assert caller.refusal("POST", "deposit", nameless)[1] == "6000"
    entity = {"value": customer, "type": "Customer"}
    body = {**nameless, "Line": [fee(60, "3", Entity=entity)]}
    made = caller.post("deposit", body)["Deposit"]
    assert owed(caller, customer) == 0
    lines = applied((60, "Invoice", invoice), (60, "Deposit", made["Id"]))
    caller.post("payment", {"CustomerRef": {"value": customer}, "TotalAmt": 0, "Line": lines})
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 0
    assert balances(sandbox_server, realm) == {"Checking": 60, "Services": -60}
    asked = {"Id": made["Id"], "SyncToken": "1"}
    assert caller.refusal("POST", "deposit", asked, operation="delete")[1] == "6000"


def test_a_journal_writes_a_deduction_off_through_the_payment(
    sandbox_server: SandboxServer, caller: Caller, customer: str, realm: str
) -> None:
    invoice = caller.invoice(customer, 100)["Id"]

    def entry(side: str, account: str, **more: Any) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": {"value": account}, **more}
        return {
            "Amount": 3,
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": detail,
        }

    entity = {"Type": "Customer", "EntityRef": {"value": customer}}
    body = {"DocNumber": "T1", "Line": [entry("Debit", "23"), entry("Credit", "3", Entity=entity)]}
    assert (
        caller.refusal(
            "POST", "journalentry", {"Line": [entry("Debit", "23"), entry("Credit", "3")]}
        )[1]
        == "6000"
    )
    journal = caller.post("journalentry", body)["JournalEntry"]
    assert owed(caller, customer) == 97
    lines = applied((100, "Invoice", invoice), (3, "JournalEntry", journal["Id"]))
    paid = {"CustomerRef": {"value": customer}, "TotalAmt": 97, "Line": lines}
    caller.post("payment", paid)
    assert caller.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 0
    assert owed(caller, customer) == 0
    assert balances(sandbox_server, realm) == {
        "Undeposited Funds": 97,
        "Bank Charges": 3,
        "Services": -100,
    }
    emptied = {**body, "Id": journal["Id"], "SyncToken": "1"}
    emptied["Line"] = [{**one, "Amount": 0} for one in body["Line"]]
    assert caller.refusal("POST", "journalentry", emptied)[1] == "6000"


def test_the_feed_and_queries_know_receipts(caller: Caller, customer: str) -> None:
    made = caller.post("salesreceipt", sale(customer, 5))["SalesReceipt"]
    back = sale(customer, 5, DepositToAccountRef={"value": "1"})
    caller.post("refundreceipt", back)
    since = made["MetaData"]["CreateTime"]
    found = caller.get("cdc", entities="SalesReceipt,RefundReceipt", changedSince=since)
    answers = found["CDCResponse"][0]["QueryResponse"]
    assert [next(iter(answer)) for answer in answers] == ["SalesReceipt", "RefundReceipt"]
    asked = f"SELECT * FROM RefundReceipt WHERE CustomerRef = '{customer}'"
    assert len(caller.query(asked)["RefundReceipt"]) == 1
