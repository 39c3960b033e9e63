"""Errors in each of their shapes, limits, lost answers, and answers that are not true."""

import time
from typing import Any

import pytest
import requests

from tests.freshbooks_twin import KINDS, FreshBooksCaller, FreshBooksTwin, line, payment, sale


@pytest.fixture
def client(fb: FreshBooksCaller) -> int:
    return fb.client(email="amy@birds.example")


# --- shapes of errors ---------------------------------------------------------------------------------
def test_the_older_and_the_newer_shape(fb: FreshBooksCaller) -> None:
    older = fb.call("GET", "users/clients/5")
    assert (older.status_code, older.json()["response"]["errors"]) == (
        404,
        [
            {
                "errno": 1012,
                "field": "userid",
                "message": "Client not found.",
                "object": "client",
                "value": "5",
            }
        ],
    )
    newer = fb.call("GET", "users/clients/5", headers={"X-API-VERSION": "2023-02-20"})
    assert (newer.status_code, newer.json()["code"]) == (404, 5)
    assert newer.json()["details"][0]["reason"] == "1012"
    assert newer.json()["details"][0]["metadata"]["message"] == "Client not found."


def test_who_is_not_known(twin: FreshBooksTwin, fb: FreshBooksCaller) -> None:
    nobody = {"Authorization": "Bearer nobody"}
    plain = fb.call("GET", "users/clients", headers=nobody)
    assert (plain.status_code, plain.json()["error"]) == (401, "unauthenticated")
    newer = fb.call("GET", "users/clients", headers={**nobody, "X-API-VERSION": "1"})
    assert (newer.status_code, newer.json()["code"]) == (401, 16)
    assert twin.me({"access_token": "nobody"}).status_code == 401
    twin.arm(fb.id, "expired_token", match={"endpoint": "clients"})
    assert fb.call("GET", "users/clients").status_code == 401
    assert fb.call("GET", "users/clients").status_code == 200


def test_the_newer_resources_and_the_events_have_shapes_of_their_own(
    fb: FreshBooksCaller,
) -> None:
    told = fb.call("POST", "ledger_accounts/accounts", {}, family="businesses")
    assert told.status_code == 400
    fields = [one["metadata"]["field"] for one in told.json()["errors"]["details"]]
    assert fields == ["name", "sub_type", "parent_account"]
    assert fb.call("GET", "ledger_accounts/accounts/x", family="businesses").status_code == 404
    told = fb.call("POST", "events/callbacks", {"callback": {"event": "x"}}, family="events")
    assert (told.status_code, told.json()["errno"], len(told.json()["details"])) == (422, 422, 2)
    told = fb.call("GET", "events/callbacks/1", family="events")
    assert (told.status_code, told.json()["errno"]) == (404, 404)


def test_paths_that_are_not_there(fb: FreshBooksCaller, client: int) -> None:
    for method, path in (
        ("GET", "nothing/nothing"),
        ("GET", "reports/accounting/nothing"),
        ("PUT", "journal_entries/journal_entries/1"),
        ("DELETE", f"users/clients/{client}"),
        ("PATCH", f"users/clients/{client}"),
        ("POST", "expenses/categories"),
    ):
        assert fb.refusal(method, path, {})[:2] == (404, 1012)


def test_a_body_that_is_none(fb: FreshBooksCaller) -> None:
    answer = fb.http.post(
        f"{fb.twin.url}/accounting/account/{fb.account}/users/clients",
        data="{half",
        headers={"Authorization": f"Bearer {fb.tokens['access_token']}"},
    )
    assert answer.json()["response"]["errors"][0]["errno"] == 1005


def test_errors_may_come_under_http_200(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    twin.set_up(fb.id, errors_http="200")
    assert fb.refusal("GET", "users/clients/5")[:2] == (200, 1012)
    assert fb.refusal("POST", "users/clients", {"client": {}})[:2] == (200, 1001)
    told = {"client": {"updated": "x"}}
    assert fb.refusal("PUT", f"users/clients/{client}", told)[:2] == (403, 1038)


@pytest.mark.parametrize(
    ("form", "where"),
    [
        ("list", ("response", "errors", 0, "message")),
        ("single", ("response", "errors", "message")),
        ("newer", ("details", 0, "metadata", "message")),
        ("auth", ("error_description",)),
    ],
)
def test_an_error_under_200_in_each_of_its_forms(
    twin: FreshBooksTwin, fb: FreshBooksCaller, form: str, where: Any
) -> None:
    twin.arm(fb.id, "error_in_200", form=form, message="Access denied.")
    answer = fb.call("GET", "users/clients")
    found = answer.json()
    for step in where:
        found = found[step]
    assert (answer.status_code, found) == (200, "Access denied.")


# --- limits -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize("word", ["accounting", "empty"])
def test_too_many_calls(twin: FreshBooksTwin, fb: FreshBooksCaller, word: str) -> None:
    twin.set_up(fb.id, limits={"per_minute": 2}, limit_body=word)
    first = fb.call("GET", "users/clients")
    assert (first.headers["X-RateLimit-Limit"], first.headers["X-RateLimit-Remaining"]) == (
        "2",
        "1",
    )
    fb.call("GET", "users/clients")
    answer = fb.call("GET", "users/clients")
    assert answer.status_code == 429
    assert 50 <= int(answer.headers["Retry-After"]) <= 61
    assert (answer.content == b"") == (word == "empty")
    twin.set_up(fb.id, limits={"per_second": 0, "retry_after": False})
    assert "Retry-After" not in fb.call("GET", "users/clients").headers
    twin.set_up(fb.id, limits={"in_flight": 0})
    assert fb.call("GET", "users/clients").status_code == 429
    assert twin.state(fb.id)["statuses"]["clients 429"] == 3


# --- faults -------------------------------------------------------------------------------------------------
def writes(fb: FreshBooksCaller, client: int) -> dict[str, tuple[str, str, Any]]:
    """One write of each kind: (method, path, body)."""
    bill = fb.invoice(client, status=1)["id"]
    credit = {"clientid": client, "create_date": "2026-03-05", "lines": [line(5)]}
    money = {"amount": {"amount": "5"}, "date": "2026-03-05"}
    category = fb.result("GET", "expenses/categories")["categories"][0]["id"]
    return {
        "clients": ("POST", "users/clients", {"client": {"email": "new@x.example"}}),
        "items": ("POST", "items/items", {"item": {"name": "New"}}),
        "taxes": ("POST", "taxes/taxes", {"tax": {"name": "New", "amount": "5"}}),
        "invoices": ("POST", "invoices/invoices", {"invoice": sale(client)}),
        "payments": ("POST", "payments/payments", {"payment": payment(bill, 5)}),
        "credit_notes": ("POST", "credit_notes/credit_notes", {"credit_note": credit}),
        "expenses": (
            "POST",
            "expenses/expenses",
            {"expense": {**money, "categoryid": category, "staffid": 1}},
        ),
        "other_incomes": (
            "POST",
            "other_incomes/other_incomes",
            {"other_income": {**money, "source": "Shop"}},
        ),
    }


WRITES = ["clients", "items", "taxes", "invoices", "payments", "credit_notes", "expenses"]
WRITES += ["other_incomes"]


@pytest.mark.variants(keep=2)
@pytest.mark.parametrize("kind", WRITES)
def test_each_write_may_lie(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, kind: str
) -> None:
    """Echoed and not kept; kept and lost; refused with 200, 403, 429 and 500 and kept; kept twice."""
    method, path, body = writes(fb, client)[kind]
    match = {"endpoint": kind, "method": method}

    def count() -> int:
        return len(twin.objects(fb.id, kind))

    def call() -> requests.Response:
        if kind == "taxes":
            body["tax"]["name"] += "x"
        return fb.call(method, path, body)

    before = count()
    twin.arm(fb.id, "echo", match=match)
    echoed = call()
    assert echoed.status_code == 200
    assert "result" in echoed.json()["response"]
    assert count() == before
    twin.arm(fb.id, "lose_before_commit", match=match)
    with pytest.raises(requests.ConnectionError):
        call()
    assert count() == before
    twin.arm(fb.id, "lose_after_commit", match=match)
    with pytest.raises(requests.ConnectionError):
        call()
    assert count() == before + 1
    for index, (status, kept) in enumerate(((403, True), (429, True), (500, True), (503, False))):
        told = {"status": status, "body": "accounting", "after_commit": kept, "retry_after": 1}
        twin.arm(fb.id, "status", match=match, **told)
        answer = call()
        assert (answer.status_code, answer.headers["Retry-After"]) == (status, "1")
        assert count() == before + 2 + min(index, 2)
    twin.arm(fb.id, "error_in_200", match=match, errno=1003, after_commit=True)
    answer = call()
    assert (answer.status_code, answer.json()["response"]["errors"][0]["errno"]) == (200, 1003)
    assert count() == before + 5
    twin.arm(fb.id, "error_in_200", match=match, errno=12001)
    call()
    assert count() == before + 5
    if kind != "taxes":
        twin.arm(fb.id, "duplicate", match=match)
        assert call().status_code == 200
        assert count() == before + 7
    assert twin.state(fb.id)["ledger_difference"] == 0


@pytest.mark.parametrize("endpoint", ["invoices", "credit_notes"])
def test_a_field_is_dropped_without_a_word(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, endpoint: str
) -> None:
    match = {"endpoint": endpoint, "method": "POST"}
    twin.arm(fb.id, "drop_fields", match=match, fields=["notes", "taxName1"])
    lines = [line(10, taxName1="VAT", taxAmount1="20")]
    if endpoint == "invoices":
        made = fb.invoice(client, 10, "lines", lines=lines, notes="mark")
    else:
        body = {"clientid": client, "create_date": "2026-03-05", "notes": "mark", "lines": lines}
        made = fb.make("credit_notes", body, "lines")
    assert (made["notes"], made["lines"][0]["taxName1"], made["amount"]["amount"]) == (
        "",
        None,
        "10.00",
    )


@pytest.mark.parametrize("told", ["asked", "kept"])
def test_a_status_is_kept_otherwise(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int, told: str
) -> None:
    match = {"endpoint": "invoices", "method": "POST"}
    twin.arm(fb.id, "keep_status", match=match, status=1, told=told)
    made = fb.invoice(client)
    assert made["status"] == (2 if told == "asked" else 1)
    assert fb.read("invoices", made["id"])["v3_status"] == "draft"
    match["endpoint"] = "credit_notes"
    twin.arm(fb.id, "keep_status", match=match, status="draft", told=told)
    credit = fb.credit(client)
    assert credit["status"] == ("created" if told == "asked" else "draft")
    assert fb.read("credit_notes", credit["id"])["status"] == "draft"
    assert fb.trial_balance() == {}


def test_a_put_that_is_echoed_changes_nothing(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    bill = fb.invoice(client, status=1)["id"]
    for body in ({"action_mark_as_sent": True}, {"vis_state": 1}, {"notes": "n"}):
        twin.arm(fb.id, "echo", match={"endpoint": "invoices", "method": "PUT"})
        fb.change("invoices", bill, body)
        found = fb.read("invoices", bill)
        assert (found["status"], found["vis_state"], found["notes"]) == (1, 0, "")


def test_bodies_that_are_none_and_answers_that_are_slow(
    twin: FreshBooksTwin, fb: FreshBooksCaller
) -> None:
    twin.arm(fb.id, "empty_200")
    assert fb.call("GET", "users/clients").content == b""
    twin.arm(fb.id, "malformed")
    with pytest.raises(requests.exceptions.JSONDecodeError):
        fb.call("GET", "users/clients").json()
    twin.arm(fb.id, "malformed", body="html")
    assert fb.call("GET", "users/clients").text.startswith("<html>")
    for body in ("html", "newer", "empty"):
        twin.arm(fb.id, "status", status=502, body=body)
        assert fb.call("GET", "users/clients").status_code == 502
    began = time.monotonic()
    twin.arm(fb.id, "delay", seconds=0.05, when="before")
    twin.arm(fb.id, "delay", seconds=0.05, when="after")
    fb.call("GET", "users/clients")
    assert time.monotonic() - began >= 0.1


def test_somebody_changes_something_just_before(
    twin: FreshBooksTwin, fb: FreshBooksCaller, client: int
) -> None:
    bill = fb.invoice(client)["id"]
    act = {"act": "pay", "id": bill, "amount": 90}
    twin.arm(fb.id, "remote_edit", match={"endpoint": "payments", "method": "POST"}, act=act)
    made = fb.pay(bill, 50)
    assert made["amount"]["amount"] == "10.00"
    assert made["overpaymentid"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"fault": "nothing"},
        {"fault": "echo"},
        {"fault": "drop_fields", "match": {"method": "POST"}},
        {"fault": "duplicate", "match": {"method": "PUT"}},
        {"fault": "keep_status", "match": {"method": "POST", "endpoint": "items"}, "status": 1},
        {"fault": "delay", "colour": "red"},
        {"fault": "echo", "match": {"endpoint": "token"}},
        {"fault": "status", "match": {"endpoint": "nowhere"}},
        {"fault": "delay", "match": {"method": "GET", "contains": "x"}},
        {"fault": "remote_edit", "act": {"act": "dance"}},
    ],
)
def test_a_fault_that_no_call_could_meet_is_not_armed(
    twin: FreshBooksTwin, business: Any, wanted: Any
) -> None:
    with pytest.raises(RuntimeError, match="400"):
        twin.control("POST", f"businesses/{business['business_id']}/faults", wanted)
    assert twin.control("GET", f"businesses/{business['business_id']}/faults") == []


def test_the_kinds_of_writes_are_all_of_them() -> None:
    assert set(WRITES) == set(KINDS) - {"journal_entries"}
