"""A person over there looks at the plain pages and changes things by hand."""

from typing import Any

import pytest
import requests

from tests.sandbox_server import CLIENT_ID, REDIRECT, SCOPE, Caller, SandboxServer


@pytest.fixture
def site(sandbox_server: SandboxServer, realm: str) -> str:
    return f"{sandbox_server.url}/quickbooks/app/{realm}"


def test_a_payment_recorded_on_the_page_pays_the_invoice_and_voiding_reopens_it(
    site: str, caller: Caller
) -> None:
    customer = caller.customer()["Id"]
    first, second = (caller.invoice(customer, amount)["Id"] for amount in (100, 50))
    form = {
        "customer": customer,
        f"invoice-{first}": "100",
        f"invoice-{second}": "20",
        "amount": "130",
    }
    page = requests.post(f"{site}/receive-payment", data=form, timeout=20)
    assert page.status_code == 200
    paid = caller.query("SELECT * FROM Payment")["Payment"][0]
    assert (paid["TotalAmt"], paid["UnappliedAmt"]) == (130, 10)
    assert caller.get(f"invoice/{second}")["Invoice"]["Balance"] == 30
    address = f"{site}/payment/{paid['Id']}"
    assert requests.post(address, data={"act": "void_payment"}, timeout=20).status_code == 200
    assert caller.get(f"invoice/{second}")["Invoice"]["Balance"] == 50


def test_a_line_is_recoded_by_hand(site: str, caller: Caller) -> None:
    invoice = caller.invoice(caller.customer()["Id"], 100)
    other = caller.item("Consulting", "Consulting Income")
    form = {
        "act": "change_line",
        "line": "1",
        "item": other["Id"],
        "description": "by hand",
        "amount": "100",
    }
    assert (
        requests.post(f"{site}/invoice/{invoice['Id']}", data=form, timeout=20).status_code == 200
    )
    line = caller.get(f"invoice/{invoice['Id']}")["Invoice"]["Line"][0]
    assert line["SalesItemLineDetail"]["ItemRef"]["value"] == other["Id"]
    assert line["Description"] == "by hand"
    assert line["SalesItemLineDetail"]["ItemAccountRef"]["name"] == "Consulting Income"


def test_what_cannot_be_done_is_said_on_the_page(site: str, caller: Caller) -> None:
    customer = caller.customer()["Id"]
    invoice = caller.invoice(customer, 100)["Id"]
    caller.pay(customer, 100, **{f"i{invoice}": 100})
    page = requests.post(f"{site}/invoice/{invoice}", data={"act": "void_invoice"}, timeout=20)
    assert page.status_code == 400
    assert "linked to a payment" in page.text


@pytest.mark.parametrize(
    "section",
    [
        "customers",
        "invoices",
        "creditmemos",
        "payments",
        "items",
        "accounts",
        "trial-balance",
        "receive-payment",
    ],
)
def test_every_page_opens(site: str, caller: Caller, section: str) -> None:
    caller.invoice(caller.customer()["Id"], 1234.5)
    page = requests.get(f"{site}/{section}", timeout=20)
    assert page.status_code == 200
    if section == "trial-balance":
        assert page.text.count("1,234.50") == 4


def asked(**changed: str) -> dict[str, Any]:
    return {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "scope": SCOPE,
        "redirect_uri": REDIRECT,
        "state": "a&b",
        **changed,
    }


def test_the_consent_page_names_app_scope_and_companies(
    sandbox_server: SandboxServer, realm: str
) -> None:
    address = f"{sandbox_server.url}/quickbooks/connect/oauth2"
    page = requests.get(address, params=asked(), timeout=20)
    assert page.status_code == 200
    for word in ("Tieout", SCOPE, realm, "Connect", "Deny"):
        assert word in page.text
    for wrong in (
        {"client_id": "x"},
        {"scope": "openid"},
        {"redirect_uri": "http://evil.example/"},
    ):
        assert requests.get(address, params=asked(**wrong), timeout=20).status_code == 400


def test_deny_leads_back_without_a_code(sandbox_server: SandboxServer, realm: str) -> None:
    back = sandbox_server.consent(realm, state="s-1", decision="deny")
    assert back == {"error": "access_denied", "state": "s-1"}
