"""Control: acts of somebody else, counted calls, books put aside, and a restart that forgets nothing."""

from pathlib import Path
from typing import Any

import pytest

from tests.freshbooks_twin import FreshBooksCaller, FreshBooksTwin
from tests.sandbox_server import SandboxServer


def test_somebody_else_acts_in_the_books(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    body = {"organization": "By hand", "email": "h@x.example"}
    client = twin.act(fb.id, "create", kind="clients", body=body)["id"]
    bill = fb.invoice(client, invoice_number="INV-1")["id"]
    assert twin.act(fb.id, "pay", number="INV-1", amount=40)["amount"]["amount"] == "40.00"
    credit = twin.act(fb.id, "credit", client=client, amount=30, notes="sorry")["id"]
    twin.act(fb.id, "spend", credit=credit, id=bill, amount=20)
    changed = twin.act(fb.id, "change_line", id=bill, unit_cost=80, description="less")
    assert (changed["amount"]["amount"], changed["outstanding"]["amount"]) == ("80.00", "20.00")
    twin.act(fb.id, "edit", kind="invoices", id=bill, body={"notes": "seen"})
    twin.act(fb.id, "delete", kind="invoices", id=bill)
    assert fb.ids("invoices", search__vis_state=1) == [bill]
    twin.act(fb.id, "undelete", kind="invoices", id=bill)
    twin.act(fb.id, "archive", kind="invoices", id=bill)
    assert fb.read("invoices", bill)["vis_state"] == 2
    assert fb.read("invoices", bill)["notes"] == "seen"
    twin.act(fb.id, "account", parent="6000", name="Bad debts")
    twin.act(fb.id, "journal", amount=7, debit="6000-6")
    twin.act(fb.id, "account", parent="1300", name="Clearing", type="asset")
    twin.act(fb.id, "journal", amount=3, debit="1300-1")
    found = twin.trial_balance(fb.id)
    assert (found["6000-6"], found["1300-1"]) == (7, 3)
    path = "journal_entry_accounts/journal_entry_accounts"
    chart = fb.result("GET", path)["journal_entry_accounts"]
    assert ("1300", "Clearing", "3.00") in [
        (one["account_number"], one["account_name"], one["balance"]) for one in chart
    ]
    with pytest.raises(RuntimeError, match="a new one has a type"):
        twin.act(fb.id, "account", parent="1400", name="None")
    rows = twin.control("GET", f"businesses/{fb.id}/journal")
    assert {one["kind"] for one in rows} == {"invoices", "credit_notes", "journal_entries"}


@pytest.mark.parametrize(
    ("act", "words"),
    [
        ({"act": "dance"}, "act must be one of"),
        ({"act": "pay", "colour": "red"}, "does not know colour"),
        ({"act": "pay", "number": "none"}, "was not found"),
        ({"act": "create", "kind": "nothing", "body": {}}, "there is no kind"),
        ({"act": "create", "kind": "clients", "body": {}}, "required"),
    ],
)
def test_an_act_that_cannot_be_done_says_so(
    twin: FreshBooksTwin, business: Any, act: Any, words: str
) -> None:
    with pytest.raises(RuntimeError, match=words):
        twin.control("POST", f"businesses/{business['business_id']}/act", act)


def test_what_control_does_not_know(twin: FreshBooksTwin, business: Any) -> None:
    number = business["business_id"]
    for method, what, body in (
        ("POST", f"businesses/{number}/set", {"colour": "red"}),
        ("POST", f"businesses/{number}/set", {"currency_code": "EUR"}),
        ("POST", f"businesses/{number}/set", {"limits": {"per_year": 1}}),
        ("POST", f"businesses/{number}/tokens", {}),
        ("POST", "businesses", {"role": "king"}),
        ("GET", "businesses/1", None),
        ("GET", f"businesses/{number}/objects/nothing", None),
        ("POST", f"businesses/{number}/bring-back", {}),
    ):
        with pytest.raises(RuntimeError, match=r"40[04]"):
            twin.control(method, what, body)


def test_calls_are_counted_by_endpoint(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    client = fb.client()
    fb.invoice(client)
    fb.listed("invoices")
    fb.trial_balance()
    fb.call("GET", "users/clients/1")
    told = twin.state(fb.id)
    assert told["calls"] == {"token": 1, "clients": 2, "invoices": 2, "reports": 1}
    assert told["statuses"]["clients 404"] == 1
    twin.control("DELETE", f"businesses/{fb.id}/traffic")
    assert twin.state(fb.id)["total_calls"] == 0


def test_doubles_are_named(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    twin.set_up(fb.id, duplicate_numbers="accept")
    client = fb.client()
    bill = fb.invoice(client, invoice_number="A")["id"]
    other = fb.invoice(client, invoice_number="A")["id"]
    fb.pay(bill, 5, note="n")
    fb.pay(bill, 5, note="n")
    fb.pay(other, 5, note="n")
    told = twin.state(fb.id)["doubles"]
    assert told == {"numbers": ["invoices A"], "notes": [f"payments n of {bill}"], "names": []}
    fb.change("invoices", other, {"vis_state": 1})
    assert twin.state(fb.id)["doubles"]["numbers"] == []


def test_books_are_put_aside_and_brought_back(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    bill = fb.invoice(fb.client())["id"]
    twin.control("POST", f"businesses/{fb.id}/keep")
    fb.pay(bill, 40)
    fresh = twin.refresh(fb.tokens["refresh_token"]).json()
    twin.arm(fb.id, "echo", match={"method": "POST"})
    twin.control("POST", f"businesses/{fb.id}/bring-back")
    assert fb.ids("payments") == []
    assert fb.read("invoices", bill)["paid"]["amount"] == "0.00"
    assert twin.refresh(fresh["refresh_token"]).status_code == 400
    assert twin.control("GET", f"businesses/{fb.id}/faults") == []


@pytest.mark.slow
def test_a_restart_forgets_nothing(tmp_path: Path) -> None:
    server = SandboxServer(tmp_path).start()
    try:
        twin = FreshBooksTwin(server)
        fb = twin.connect(twin.open())
        bill = fb.invoice(fb.client())["id"]
        fb.pay(bill, 130)
        before = twin.trial_balance(fb.id)
        server.stop()
        server.start()
        assert twin.trial_balance(fb.id) == before
        assert fb.read("invoices", bill)["payment_status"] == "paid"
        assert fb.invoice(fb.listed("clients")[0]["id"])["invoice_number"] == "0000002"
        server.control("POST", "reset")
        assert twin.control("GET", "businesses") == []
    finally:
        server.stop()


def test_the_consent_page_shows_people_and_their_businesses(
    twin: FreshBooksTwin, business: Any
) -> None:
    from tests.sandbox_server import CLIENT_ID, REDIRECT

    told = {"client_id": CLIENT_ID, "response_type": "code", "redirect_uri": REDIRECT}
    page = twin.http.get(f"{twin.url}/oauth/authorize/", params=told).text
    assert business["person"] in page
    assert "Sample Business" in page
    assert "Simulated FreshBooks" in page
