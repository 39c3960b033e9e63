"""Control refuses with a sentence what it cannot do: nothing that it is told is ever ignored."""

from typing import Any

import pytest

from apps.sandbox.quickbooks.acts import ACTS, OPTIONS
from tests.sandbox_server import Caller, SandboxServer


def refused(server: SandboxServer, method: str, what: str, body: Any) -> str:
    """The sentence of a refusal."""
    answer = server.http.request(method, f"{server.url}/control/{what}", json=body, timeout=20)
    assert answer.status_code in (400, 404), answer.text
    sentence: str = answer.json()["error"]
    assert " " in sentence
    return sentence


@pytest.mark.parametrize(
    ("method", "what", "body", "says"),
    [
        ("POST", "companies", {"colour": "blue"}, "does not know colour"),
        ("POST", "companies", {"profile": "mars"}, "profile is one of"),
        ("POST", "companies", {"home_currency": "XXX"}, "home_currency is one of"),
        ("POST", "companies", {"zone": "Mars/Olympus"}, "zone is one of"),
        ("POST", "companies", {"name": ""}, "name may not be empty"),
        ("POST", "companies", {"name": 7}, "name is a text"),
        ("POST", "companies", ["Sample"], "an object, not by a list"),
        ("GET", "companies", {"name": "Sample"}, "does not know name"),
        ("POST", "clock", {}, "needs offset_seconds"),
        ("POST", "clock", {"offset_seconds": "1"}, "is a number"),
        ("POST", "clock", {"offset_seconds": 1e12}, "lies between"),
        ("POST", "clock", {"offset_seconds": 1, "zone": "UTC"}, "does not know zone"),
        ("POST", "shapes", {"recording": "yes"}, "true or false"),
        ("POST", "reset", {"really": True}, "does not know really"),
        ("POST", "weather", {}, "There is no control"),
        ("GET", "companies/0", None, "There is no company"),
    ],
)
def test_what_concerns_all_companies(
    sandbox_server: SandboxServer, method: str, what: str, body: Any, says: str
) -> None:
    assert says in refused(sandbox_server, method, what, body)


@pytest.mark.variants(keep=8)
@pytest.mark.parametrize(
    ("method", "what", "body", "says"),
    [
        ("POST", "set", {"colour": "blue"}, "does not know colour"),
        ("POST", "set", {"expired": "yes"}, "expired is true or false"),
        ("POST", "set", {"void_paid": "sometimes"}, "void_paid is one of"),
        ("POST", "set", {"book_close_date": "tomorrow"}, "Invalid isoformat"),
        ("POST", "set", {"book_close_date": 20260131}, "is a date"),
        ("POST", "set", {"rotation_seconds": "long"}, "number of seconds"),
        ("POST", "set", {"limits": {"per_century": 1}}, "limits do not know"),
        ("POST", "set", {"limits": 5}, "limits are an object"),
        ("POST", "set", {"limits": {"per_minute": "many"}}, "per_minute is a number"),
        ("POST", "set", {"fiscal_year_starts": "Brumaire"}, "is one of January"),
        ("POST", "set", {"country": "GB"}, "does not know country"),
        ("POST", "tokens", {}, "is true"),
        ("POST", "tokens", {"rotate_now": False}, "is true"),
        ("POST", "tokens", {"rotate_now": 1}, "true or false"),
        ("POST", "tokens", {"steal": True}, "does not know steal"),
        ("POST", "act", {"act": "burn_the_books"}, "act must be one of"),
        ("POST", "act", {}, "act must be one of"),
        ("POST", "act", {"act": "void_payment", "id": "1", "reason": "x"}, "does not know reason"),
        ("POST", "act", {"act": "void_payment", "id": "1", "amount": "5"}, "does not know amount"),
        ("POST", "act", {"act": "void_payment", "kind": "Invoice", "id": "1"}, "is for Payment"),
        ("POST", "act", {"act": "create", "kind": "Unicorn", "body": {}}, "no kind Unicorn"),
        ("POST", "act", {"act": "create", "kind": "Customer", "body": "Amy"}, "is an object"),
        ("POST", "act", {"act": "create", "kind": "Customer"}, "body is missing"),
        (
            "POST",
            "act",
            {"act": "create_customer", "name": "Amy", "body": {"Colour": "blue"}},
            "Customer does not keep Colour",
        ),
        ("GET", "objects", None, "There is no control"),
        ("GET", "objects/Unicorn", None, "4001"),
        ("GET", "objects/Invoice/5", None, "There is no control"),
        ("GET", "notes/Invoice", None, "There is no control"),
        ("GET", "notes/Unicorn/1", None, "4001"),
        ("GET", "notes/Invoice/99", None, "610"),
        ("GET", "trial-balance/today", None, "There is no control"),
        ("GET", "trial-balance", {"until": "2026-01-01"}, "does not know until"),
        ("DELETE", "faults", {"number": 1}, "does not know number"),
    ],
)
def test_what_concerns_one_company(
    sandbox_server: SandboxServer, realm: str, method: str, what: str, body: Any, says: str
) -> None:
    before = sandbox_server.state(realm)
    assert says in refused(sandbox_server, method, f"companies/{realm}/{what}", body)
    assert sandbox_server.state(realm) == before


@pytest.mark.variants(keep=8)
@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ({}, "needs fault"),
        ({"fault": "earthquake"}, "fault is one of"),
        ({"fault": "delay", "hours": 1}, "does not know hours"),
        ({"fault": "delay", "status": 500}, "does not know status"),
        ({"fault": "delay", "seconds": "1"}, "is a number"),
        ({"fault": "delay", "when": "never"}, "when is one of"),
        ({"fault": "status", "status": 99}, "between 200 and 599"),
        ({"fault": "status", "body": "poem"}, "body is one of"),
        ({"fault": "status", "after_commit": "yes"}, "true or false"),
        ({"fault": "status", "status": 500, "code": "6000"}, "only where its body is fault"),
        ({"fault": "fault_in_200", "code": "1234"}, "code is one of"),
        ({"fault": "item_fault", "index": 30}, "between 0 and 29"),
        ({"fault": "item_fault", "index": True}, "is a number"),
        ({"fault": "empty_200", "times": 0}, "from 1 on"),
        ({"fault": "empty_200", "match": {"colour": "blue"}}, "match does not know colour"),
        ({"fault": "empty_200", "match": "batch"}, "match is an object"),
        ({"fault": "empty_200", "match": {"method": "PUT"}}, "method is one of"),
        ({"fault": "empty_200", "match": {"nth": 0}}, "from 1 on"),
        ({"fault": "empty_200", "match": {"contains": ""}}, "may not be empty"),
        ({"fault": "empty_200", "match": {"endpoint": "Invoice"}}, "endpoint is one of"),
        # What no call could ever meet.
        ({"fault": "item_fault", "match": {"endpoint": "invoice"}}, "never fires"),
        ({"fault": "missing_item", "match": {"method": "GET"}}, "never by GET"),
        ({"fault": "empty_200", "match": {"method": "GET", "contains": "x"}}, "a GET has none"),
        ({"fault": "empty_200", "match": {"endpoint": "token"}}, "at the token endpoint"),
        ({"fault": "delay", "match": {"endpoint": "cdc", "method": "POST"}}, "never by POST"),
        ({"fault": "remote_edit"}, "needs an act"),
        ({"fault": "remote_edit", "act": {"act": "burn"}}, "act must be one of"),
        ({"fault": "remote_edit", "act": {"act": "void_payment", "x": 1}}, "does not know x"),
    ],
)
def test_a_fault_that_could_not_do_what_it_says_is_not_armed(
    sandbox_server: SandboxServer, realm: str, fault: dict[str, Any], says: str
) -> None:
    assert says in refused(sandbox_server, "POST", f"companies/{realm}/faults", fault)
    assert sandbox_server.control("GET", f"companies/{realm}/faults") == []


def test_every_act_says_what_it_looks_at() -> None:
    assert set(OPTIONS) == set(ACTS)


def test_what_an_act_sent_and_the_books_did_not_keep_undoes_it(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    """A deposit while the preference is off is dropped for a caller, and refused to who sets the stage."""
    customer = caller.customer()["Id"]
    line = {
        "DetailType": "SalesItemLineDetail",
        "Amount": 10,
        "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
    }
    body = {"CustomerRef": {"value": customer}, "Line": [line], "Deposit": 5}
    with pytest.raises(RuntimeError, match="Invoice does not keep Deposit"):
        sandbox_server.act(realm, "create", kind="Invoice", body=body)
    assert sandbox_server.objects(realm, "Invoice") == []
    sandbox_server.set_up(realm, allow_deposit=True)
    assert sandbox_server.act(realm, "create", kind="Invoice", body=body)["Balance"] == 5
