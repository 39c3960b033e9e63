"""Setting the stage: acts of people there, what stands twice, keeping and bringing back."""

from typing import Any

import pytest

from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroCaller, XeroTwin, sale


@pytest.mark.parametrize(
    ("method", "what", "body"),
    [
        ("POST", "organisations", {"colour": "red"}),
        ("POST", "organisations", {"version": "FR"}),
        ("POST", "organisations/{}/set", {"half_rounding": "sideways"}),
        ("POST", "organisations/{}/set", {"period_lock_date": "yesterday"}),
        ("POST", "organisations/{}/set", {"limits": {"per_year": 1}}),
        ("POST", "organisations/{}/set", {"base_currency": "EUR"}),
        ("POST", "organisations/{}/act", {"act": "dance"}),
        ("POST", "organisations/{}/act", {"act": "void", "colour": "red"}),
        ("POST", "organisations/{}/act", {"act": "void", "number": "NONE"}),
        ("POST", "organisations/{}/tokens", {}),
        ("POST", "organisations/{}/bring-back", None),
        ("POST", "app", {"broad_scopes": "perhaps"}),
    ],
)
def test_what_is_not_understood_does_nothing(
    twin: XeroTwin, tenant: str, method: str, what: str, body: Any
) -> None:
    with pytest.raises(RuntimeError, match=": 400 "):
        twin.control(method, what.format(tenant), body)


@pytest.mark.parametrize("what", ["nothing", "organisations/none", "organisations/{}/objects/Dogs"])
def test_what_is_not_there(twin: XeroTwin, tenant: str, what: str) -> None:
    with pytest.raises(RuntimeError, match=": 404 "):
        twin.control("GET", what.format(tenant))


def test_acts_of_people_there(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    contact = xero.contact()
    first = xero.invoice(contact, 100, InvoiceNumber="P-1")
    paid = twin.act(tenant, "record_payment", number="P-1", amount=15, date="2026-03-20")
    assert (paid["Amount"], paid["Reference"]) == (15, "")
    twin.act(tenant, "reconcile", kind="Payments", id=paid["PaymentID"])
    gone = twin.act(tenant, "delete_payment", id=paid["PaymentID"])
    assert gone["Status"] == "DELETED"
    edited = twin.act(tenant, "edit", id=first["InvoiceID"], amount=90, reference="theirs")
    assert (edited["SubTotal"], edited["Reference"]) == (90, "theirs")
    over = twin.act(tenant, "overpayment", contact=contact, amount=50)["OverpaymentID"]
    twin.act(
        tenant, "allocate", kind="Overpayments", id=over, invoice=first["InvoiceID"], amount=20
    )
    assert xero.read("Invoices", first["InvoiceID"])["AmountDue"] == 83.5
    assert twin.act(tenant, "delete_overpayment", id=over)["Status"] == "VOIDED"
    assert xero.read("Invoices", first["InvoiceID"])["AmountDue"] == 103.5
    twin.act(tenant, "deposit", amount=12, date="2026-03-20")
    twin.act(tenant, "journal", amount=7, date="2026-03-20")
    pre = twin.act(tenant, "prepayment", contact=contact, amount=30, date="2026-03-20")
    assert pre["RemainingCredit"] == 30
    assert twin.act(tenant, "void", number="P-1")["Status"] == "VOIDED"
    assert twin.trial_balance(tenant) == {
        "090": 42,
        "200": -7,
        "610": 7,
        "615": -12,
        "830": -30,
    }
    twin.set_up(tenant, journal_on_receivable="refuse")
    with pytest.raises(RuntimeError, match="System accounts"):
        twin.act(tenant, "journal", amount=7)


def test_a_person_creates_and_updates_anything(
    twin: XeroTwin, xero: XeroCaller, tenant: str
) -> None:
    made = twin.act(tenant, "create", kind="Invoices", body=sale(xero.contact()))
    told = {"InvoiceID": made["InvoiceID"], "Reference": "r"}
    assert twin.act(tenant, "update", kind="Invoices", body=told)["Reference"] == "r"
    with pytest.raises(RuntimeError, match="Contact"):
        twin.act(tenant, "create", kind="Invoices", body={"Type": "ACCREC"})


def test_a_demo_company_that_is_set_back(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    invoice = xero.invoice(xero.contact())["InvoiceID"]
    before = xero.get("Accounts")["Accounts"]
    twin.act(tenant, "reset_demo")
    assert xero.call("GET", f"Invoices/{invoice}").status_code == 404
    after = xero.get("Accounts")["Accounts"]
    assert [one["Code"] for one in after] == [one["Code"] for one in before]
    assert not {one["AccountID"] for one in after} & {one["AccountID"] for one in before}
    assert xero.invoice(xero.contact())["InvoiceNumber"] == "INV-0001"
    assert twin.trial_balance(tenant)["610"] == 115


def test_what_stands_twice(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    invoice = xero.invoice(xero.contact())["InvoiceID"]
    xero.pay(invoice, 5, Reference="T1")
    assert twin.state(tenant)["doubles"] == {"numbers": [], "references": [], "on_account": []}
    xero.pay(invoice, 5, Reference="T1")
    assert len(twin.state(tenant)["doubles"]["references"]) == 1


def test_kept_and_brought_back(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    held = xero.contact("Before")
    twin.control("POST", f"organisations/{tenant}/keep")
    xero.contact("After")
    xero.post("Contacts", {"ContactID": held, "Name": "Changed"})
    twin.set_up(tenant, offline=True)
    twin.arm(tenant, "lose_before_commit")
    twin.control("POST", f"organisations/{tenant}/bring-back")
    assert [one["Name"] for one in xero.get("Contacts")["Contacts"]] == ["Before"]
    assert twin.control("GET", f"organisations/{tenant}/faults") == []
    assert xero.contact("After")


def test_calls_are_counted(twin: XeroTwin, xero: XeroCaller, tenant: str) -> None:
    xero.contact()
    xero.get("Contacts")
    state = twin.state(tenant)
    assert state["calls"]["contacts"] == 2
    assert state["statuses"]["contacts 200"] == 2
    assert state["in_flight"] == 0
    twin.control("DELETE", f"organisations/{tenant}/traffic")
    assert twin.state(tenant)["total_calls"] == 0


@pytest.mark.slow
def test_books_outlive_the_process(tmp_path: Any) -> None:
    server = SandboxServer(tmp_path).start()
    twin = XeroTwin(server)
    tenant = twin.open()
    xero = twin.connect(tenant)
    made = xero.invoice(xero.contact(), 33.33, InvoiceNumber="K-1")
    before = twin.trial_balance(tenant)
    server.stop()
    server.start()
    try:
        assert twin.trial_balance(tenant) == before
        assert xero.read("Invoices", made["InvoiceID"])["Total"] == made["Total"]
        body = {"Invoices": [sale(made["Contact"]["ContactID"], InvoiceNumber="K-1")]}
        assert "unique" in xero.refusal("PUT", "Invoices", body)
        server.control("POST", "reset")
        assert twin.control("GET", "organisations") == []
    finally:
        server.stop()


def test_the_journal_says_what_each_object_posts(
    twin: XeroTwin, xero: XeroCaller, tenant: str
) -> None:
    made = xero.invoice(xero.contact())
    rows = twin.control("GET", f"organisations/{tenant}/journal")
    assert {(one["kind"], one["id"]) for one in rows} == {("Invoices", made["InvoiceID"])}
    assert {one["code"]: one["amount"] for one in rows} == {
        "610": "115.00",
        "200": "-100.00",
        "820": "-15.00",
    }
    xero.post(f"Invoices/{made['InvoiceID']}", {"Status": "VOIDED"})
    assert twin.control("GET", f"organisations/{tenant}/journal") == []
