"""Answers that are not true, answers that never came, and answers that came too often."""

from typing import Any

import pytest
import requests

from tests.xero_twin import XeroCaller, XeroTwin, sale


def arm(
    twin: XeroTwin, xero: XeroCaller, fault: str, method: str, endpoint: str, **told: Any
) -> None:
    twin.arm(xero.tenant, fault, match={"method": method, "endpoint": endpoint}, **told)


WRITES = [
    ("PUT", "Invoices", "invoices"),
    ("PUT", "Contacts", "contacts"),
    ("PUT", "Payments", "payments"),
    ("PUT", "CreditNotes", "creditnotes"),
    ("PUT", "BankTransactions", "banktransactions"),
    ("PUT", "BatchPayments", "batchpayments"),
]


def body_of(xero: XeroCaller, kind: str) -> dict[str, Any]:
    contact = xero.contact("For a lie")
    if kind == "Contacts":
        return {"Name": "A lie"}
    if kind == "Invoices":
        return sale(contact)
    if kind == "CreditNotes":
        return sale(contact, Type="ACCRECCREDIT")
    if kind == "BankTransactions":
        line = {"Description": "d", "Quantity": 1, "UnitAmount": 5}
        return {
            "Type": "RECEIVE-OVERPAYMENT",
            "Contact": {"ContactID": contact},
            "BankAccount": {"Code": "090"},
            "LineItems": [line],
        }
    invoice = {"InvoiceID": xero.invoice(contact)["InvoiceID"]}
    account = {"Code": "090"}
    if kind == "Payments":
        return {"Invoice": invoice, "Account": account, "Amount": 5}
    return {"Account": account, "Payments": [{"Invoice": invoice, "Amount": 5}]}


@pytest.mark.parametrize(("method", "kind", "endpoint"), WRITES)
def test_an_answer_that_echoes_what_was_asked_and_did_nothing(
    twin: XeroTwin, xero: XeroCaller, method: str, kind: str, endpoint: str
) -> None:
    body = body_of(xero, kind)
    before = twin.state(xero.tenant)
    arm(twin, xero, "echo", method, endpoint)
    told = xero.done(method, kind, {kind: [body]})
    assert told["Status"] == "OK"
    after = twin.state(xero.tenant)
    assert after["objects"] == before["objects"]
    assert after["ledger_difference"] == 0
    xero.done(method, kind, {kind: [body]})
    assert twin.state(xero.tenant)["objects"] != before["objects"]


def test_an_update_void_or_deletion_that_did_nothing(twin: XeroTwin, xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact())
    arm(twin, xero, "echo", "POST", "invoices", times=2)
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"})
    assert told["Status"] == "VOIDED"
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Reference": "r"})
    assert told["Reference"] == "r"
    read = xero.read("Invoices", made["InvoiceID"])
    assert (read["Status"], read["Reference"]) == ("AUTHORISED", "")
    paid = xero.pay(made["InvoiceID"], 5)
    arm(twin, xero, "echo", "POST", "payments")
    gone = xero.done("POST", f"Payments/{paid['PaymentID']}", {"Status": "DELETED"})
    assert gone["Payments"][0]["Status"] == "DELETED"
    assert xero.read("Payments", paid["PaymentID"])["Status"] == "AUTHORISED"


def test_fields_that_are_dropped_without_a_word(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    arm(twin, xero, "drop_fields", "PUT", "invoices", fields=["Reference", "DueDate"])
    made = xero.put("Invoices", {**sale(contact, Reference="PO 1"), "Status": "DRAFT"})
    assert (made["Reference"], "DueDate" in made) == ("", False)


def test_a_line_of_a_batch_that_fails_in_silence(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    ids = [xero.invoice(contact)["InvoiceID"] for _ in range(2)]
    arm(twin, xero, "fail_line", "PUT", "batchpayments", index=1)
    lines = [{"Invoice": {"InvoiceID": one}, "Amount": 10} for one in ids]
    made = xero.put("BatchPayments", {"Account": {"Code": "090"}, "Payments": lines})
    assert ["PaymentID" in one for one in made["Payments"]] == [True, False]
    assert [xero.read("Invoices", one)["AmountPaid"] for one in ids] == [10, 0]


def test_one_element_is_refused(twin: XeroTwin, xero: XeroCaller) -> None:
    contact = xero.contact()
    arm(twin, xero, "item_fault", "PUT", "invoices", index=1, message="No.")
    body = {"Invoices": [sale(contact), sale(contact)]}
    told = xero.done("PUT", "Invoices", body, summarizeErrors="false")["Invoices"]
    assert [one["HasErrors"] for one in told] == [False, True]
    assert told[1]["ValidationErrors"] == [{"Message": "No."}]


@pytest.mark.parametrize(("fault", "stands"), [("lose_before_commit", 0), ("lose_after_commit", 1)])
def test_an_answer_that_never_comes(
    twin: XeroTwin, xero: XeroCaller, fault: str, stands: int
) -> None:
    contact = xero.contact()
    arm(twin, xero, fault, "PUT", "invoices")
    key = {"Idempotency-Key": "lost"}
    body = {"Invoices": [sale(contact)]}
    with pytest.raises(requests.ConnectionError):
        xero.call("PUT", "Invoices", body, headers=key)
    assert len(twin.objects(xero.tenant, "Invoices")) == stands
    again = xero.call("PUT", "Invoices", body, headers=key)
    assert again.status_code == 200
    assert len(twin.objects(xero.tenant, "Invoices")) == 1


@pytest.mark.parametrize("status", [429, 503, 500])
@pytest.mark.parametrize("after", [False, True])
def test_a_status_before_or_after_everything_was_done(
    twin: XeroTwin, xero: XeroCaller, status: int, after: bool
) -> None:
    contact = xero.contact()
    told = {"status": status, "after_commit": after, "retry_after": 7, "problem": "minute"}
    arm(twin, xero, "status", "PUT", "invoices", **told)
    answer = xero.call("PUT", "Invoices", {"Invoices": [sale(contact)]})
    assert (answer.status_code, answer.content) == (status, b"")
    assert answer.headers["Retry-After"] == "7"
    assert len(twin.objects(xero.tenant, "Invoices")) == int(after)


@pytest.mark.parametrize(
    "told", [{"fault": "malformed"}, {"fault": "malformed", "body": "html"}, {"fault": "empty_200"}]
)
def test_bodies_that_are_none(twin: XeroTwin, xero: XeroCaller, told: dict[str, str]) -> None:
    twin.arm(xero.tenant, told.pop("fault"), match={"endpoint": "contacts"}, **told)
    answer = xero.call("PUT", "Contacts", {"Contacts": [{"Name": "A"}]})
    assert answer.status_code == 200
    with pytest.raises(ValueError):
        answer.json()
    assert len(twin.objects(xero.tenant, "Contacts")) == 1


def test_a_token_that_ends_in_the_middle_and_an_organisation_that_goes(
    twin: XeroTwin, xero: XeroCaller
) -> None:
    twin.arm(xero.tenant, "expired_token", match={"endpoint": "contacts"})
    expired = xero.call("GET", "Contacts")
    assert (expired.status_code, expired.json()["Detail"][:12]) == (401, "TokenExpired")
    assert xero.call("GET", "Contacts").status_code == 200
    twin.arm(xero.tenant, "disconnect", match={"endpoint": "contacts"})
    assert xero.call("GET", "Contacts").status_code == 403
    assert xero.call("GET", "Organisation").status_code == 403


def test_somebody_changes_something_just_before(twin: XeroTwin, xero: XeroCaller) -> None:
    made = xero.invoice(xero.contact())
    act = {"act": "record_payment", "invoice": made["InvoiceID"]}
    twin.arm(xero.tenant, "remote_edit", match={"method": "POST", "endpoint": "invoices"}, act=act)
    told = xero.post("Invoices", {"InvoiceID": made["InvoiceID"], "Status": "VOIDED"})
    assert told["HasErrors"]
    assert xero.read("Invoices", made["InvoiceID"])["Status"] == "PAID"


def test_an_organisation_that_is_offline(twin: XeroTwin, xero: XeroCaller) -> None:
    twin.set_up(xero.tenant, offline=True)
    answer = xero.call("GET", "Organisation")
    assert (answer.status_code, "html" in answer.headers["Content-Type"]) == (503, True)


@pytest.mark.parametrize(
    "told",
    [
        {"fault": "no_such"},
        {"fault": "echo"},
        {"fault": "echo", "match": {"method": "GET"}},
        {"fault": "drop_fields", "match": {"method": "PUT"}},
        {"fault": "lose_after_commit", "match": {"endpoint": "nowhere"}},
        {"fault": "lose_after_commit", "seconds": 3},
        {"fault": "expired_token", "match": {"endpoint": "token"}},
        {"fault": "fail_line", "match": {"method": "PUT", "endpoint": "invoices"}},
        {"fault": "remote_edit", "act": {"act": "nothing"}},
    ],
)
def test_what_no_call_could_meet_is_not_armed(
    twin: XeroTwin, tenant: str, told: dict[str, Any]
) -> None:
    with pytest.raises(RuntimeError, match=": 400 "):
        twin.control("POST", f"organisations/{tenant}/faults", told)
    assert twin.control("GET", f"organisations/{tenant}/faults") == []


@pytest.mark.parametrize(
    ("fault", "again"), [("lose_before_commit", True), ("lose_after_commit", True)]
)
def test_a_refresh_whose_answer_was_lost_is_asked_again(
    twin: XeroTwin, xero: XeroCaller, fault: str, again: bool
) -> None:
    twin.arm(xero.tenant, fault, match={"endpoint": "token"})
    with pytest.raises(requests.ConnectionError):
        twin.refresh(xero.tokens["refresh_token"])
    assert (twin.refresh(xero.tokens["refresh_token"]).status_code == 200) is again
