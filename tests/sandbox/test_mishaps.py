"""Tokens, limits, request ids and the faults that a test can arm."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.sandbox_server import REDIRECT, Caller, SandboxServer, sale

pytestmark = pytest.mark.slow


def count(caller: Caller, kind: str = "Customer") -> int:
    found: int = caller.query(f"SELECT COUNT(*) FROM {kind}")["totalCount"]
    return found


# --- tokens ------------------------------------------------------------------------------------
def test_a_code_is_good_once_and_for_its_redirect(
    sandbox_server: SandboxServer, realm: str
) -> None:
    code = sandbox_server.consent(realm)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT}
    assert (
        sandbox_server.token_request({**form, "redirect_uri": "http://localhost/"}).status_code
        == 400
    )
    answer = sandbox_server.token_request(form)
    assert answer.json()["expires_in"] == 3600
    assert "intuit_tid" in answer.headers
    again = sandbox_server.token_request(form)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_grant"})


def test_the_hard_end_of_a_grant_is_told_who_asks(
    sandbox_server: SandboxServer, caller: Caller
) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": caller.tokens["refresh_token"]}
    assert "x_refresh_token_hard_expires_in" not in sandbox_server.token_request(form).json()
    answer = sandbox_server.token_request(
        form, **{"x-include-refresh-token-hard-expires-in": "true"}
    )
    assert answer.json()["x_refresh_token_hard_expires_in"] > 4 * 365 * 86400


def test_a_wrong_client_is_refused(sandbox_server: SandboxServer) -> None:
    address = f"{sandbox_server.url}/quickbooks/oauth2/v1/tokens/bearer"
    answer = requests.post(address, auth=("simulated-client", "wrong"), timeout=20)
    assert (answer.status_code, answer.json()) == (401, {"error": "invalid_client"})


def test_an_access_token_dies_after_an_hour_and_a_refresh_token_rotates_after_a_day(
    tmp_path: Path,
) -> None:
    # A server of its own: the clock is everybody's.
    server = SandboxServer(tmp_path).start()
    try:
        caller = server.connect(server.open_company())
        form = {"grant_type": "refresh_token", "refresh_token": caller.tokens["refresh_token"]}
        server.move_clock(3599)
        assert caller.call("GET", "preferences").status_code == 200
        server.move_clock(3601)
        refused = caller.call("GET", "preferences")
        assert refused.status_code == 401
        assert refused.json()["fault"]["error"][0]["code"] == "3200"
        same = server.token_request(form).json()
        assert same["refresh_token"] == form["refresh_token"]
        server.move_clock(25 * 3600)
        rotated = server.token_request(form).json()
        assert rotated["refresh_token"] != form["refresh_token"]
        assert server.token_request(form).json() == {"error": "invalid_grant"}
        server.move_clock(130 * 86400)
        form["refresh_token"] = rotated["refresh_token"]
        assert server.token_request(form).json() == {"error": "invalid_grant"}
    finally:
        assert server.stop() == 0


def test_a_revoked_grant_ends_both_tokens(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    sandbox_server.tokens(realm, "revoke_grant")
    assert caller.call("GET", "preferences").status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": caller.tokens["refresh_token"]}
    assert sandbox_server.token_request(form).json() == {"error": "invalid_grant"}


def test_another_companys_door_stays_closed(sandbox_server: SandboxServer, caller: Caller) -> None:
    caller.realm = sandbox_server.open_company("Somebody else's")
    answer = caller.call("GET", "preferences")
    assert answer.status_code == 403
    assert answer.json()["fault"]["error"][0]["code"] == "3100"


# --- request ids -------------------------------------------------------------------------------
def test_a_request_id_replays_its_answer_even_after_a_delete(caller: Caller) -> None:
    customer = caller.customer()["Id"]
    first = caller.post("invoice", sale(customer), requestid="k-1")["Invoice"]
    again = caller.post("invoice", sale(customer), requestid="k-1")["Invoice"]
    assert (again, count(caller, "Invoice")) == (first, 1)
    caller.post("invoice", {"Id": first["Id"], "SyncToken": "0"}, operation="delete")
    dead = caller.post("invoice", sale(customer), requestid="k-1")["Invoice"]
    assert (dead, count(caller, "Invoice")) == (first, 0)
    assert caller.refusal("POST", "invoice", sale(customer, 5), requestid="k-1")[1] == "600"


def test_a_batch_replays_with_its_faults(caller: Caller) -> None:
    customer = caller.customer()["Id"]
    items = [
        {"bId": str(number), "operation": "create", "Invoice": sale(one)}
        for number, one in enumerate((customer, "999"))
    ]
    body = {"BatchItemRequest": items}
    first = caller.post("batch", body, requestid="b-1")["BatchItemResponse"]
    assert caller.post("batch", body, requestid="b-1")["BatchItemResponse"] == first
    assert count(caller, "Invoice") == 1
    long_id = [{**items[0], "bId": "x" * 11}]
    assert (
        caller.refusal("POST", "batch", {"BatchItemRequest": long_id}, requestid="b-2")[1] == "2050"
    )


def test_a_refused_request_is_not_kept(caller: Caller) -> None:
    body = {"DisplayName": "Late"}
    taken = caller.customer("Late")
    assert caller.refusal("POST", "customer", body, requestid="r-1")[1] == "6240"
    caller.post("customer", {"Id": taken["Id"], "SyncToken": "0", "DisplayName": "Early"})
    assert caller.post("customer", body, requestid="r-1")["Customer"]["DisplayName"] == "Late"


# --- armed faults ------------------------------------------------------------------------------
@pytest.mark.parametrize(("fault", "kept"), [("lose_before_commit", 0), ("lose_after_commit", 1)])
def test_an_answer_gets_lost(
    sandbox_server: SandboxServer, caller: Caller, realm: str, fault: str, kept: int
) -> None:
    sandbox_server.arm(realm, fault, match={"endpoint": "customer", "contains": "Lost"})
    caller.customer("Not this one")
    with pytest.raises(requests.ConnectionError):
        caller.call("POST", "customer", {"DisplayName": "Lost"}, requestid="l-1")
    assert count(caller) == 1 + kept
    caller.post("customer", {"DisplayName": "Lost"}, requestid="l-1")
    assert count(caller) == 2


@pytest.mark.parametrize(
    ("told", "kind"),
    [
        ({"status": 503, "body": "html"}, "text/html"),
        ({"status": 429, "body": "xml", "retry_after": 7}, "application/xml"),
        ({"status": 429}, "application/json"),
        ({"status": 401}, "application/json"),
        ({"status": 500, "body": "fault"}, "application/json"),
    ],
)
def test_a_status_is_answered_in_place_of_the_work(
    sandbox_server: SandboxServer, caller: Caller, realm: str, told: Any, kind: str
) -> None:
    sandbox_server.arm(realm, "status", match={"method": "POST", "nth": 2}, **told)
    caller.customer("First")
    answer = caller.call("POST", "customer", {"DisplayName": "Second"})
    assert answer.status_code == told["status"]
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.headers.get("Retry-After") == (
        str(told["retry_after"]) if "retry_after" in told else None
    )
    assert count(caller) == 1
    caller.customer("Third")


@pytest.mark.parametrize(
    ("fault", "told", "kept"),
    [
        ("malformed", {}, 1),
        ("malformed", {"body": "html", "after_commit": False}, 0),
        ("empty_200", {}, 1),
        ("fault_in_200", {"code": "10000"}, 0),
        ("status", {"status": 500, "after_commit": True}, 1),
    ],
)
def test_answers_that_are_no_answers(
    sandbox_server: SandboxServer, caller: Caller, realm: str, fault: str, told: Any, kept: int
) -> None:
    sandbox_server.arm(realm, fault, **told)
    answer = caller.call("POST", "customer", {"DisplayName": "Odd"})
    assert answer.status_code == (500 if fault == "status" else 200)
    if fault == "fault_in_200":
        assert answer.json()["Fault"]["Error"][0]["code"] == "10000"
    elif fault != "status":
        with pytest.raises(requests.JSONDecodeError):
            answer.json()
    assert count(caller) == kept


def test_the_items_of_a_batch_are_tampered_with(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    def names(fault: str, **told: Any) -> list[str]:
        sandbox_server.arm(realm, fault, **told)
        items = [
            {"bId": str(at), "operation": "create", "Customer": {"DisplayName": f"{fault} {at}"}}
            for at in range(3)
        ]
        answers = caller.post("batch", {"BatchItemRequest": items})["BatchItemResponse"]
        return [f"{one['bId']}{'!' if 'Fault' in one else ''}" for one in answers]

    assert names("item_fault", index=1, code="6140") == ["0", "1!", "2"]
    assert names("missing_item", index=0) == ["1", "2"]
    assert names("doubled_item", index=2) == ["0", "1", "2", "2"]
    assert names("reordered_items") == ["2", "1", "0"]
    assert count(caller) == 11


def test_somebody_edits_in_between(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    customer = caller.customer("Old")
    act = {"act": "rename_customer", "id": customer["Id"], "name": "New"}
    sandbox_server.arm(realm, "remote_edit", act=act, match={"method": "POST"})
    body = {"Id": customer["Id"], "SyncToken": "0", "DisplayName": "Mine"}
    assert caller.refusal("POST", "customer", body)[1] == "5010"


def test_nothing_is_armed_that_is_not_understood(sandbox_server: SandboxServer, realm: str) -> None:
    for wrong in ({"fault": "earthquake"}, {"fault": "delay", "hours": 1}):
        with pytest.raises(RuntimeError):
            sandbox_server.control("POST", f"companies/{realm}/faults", wrong)
    with pytest.raises(RuntimeError):
        sandbox_server.set_up(realm, colour="blue")


def test_a_token_answer_gets_lost_after_the_rotation(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    sandbox_server.tokens(realm, "rotate_now")
    sandbox_server.arm(realm, "lose_after_commit", match={"endpoint": "token"})
    form = {"grant_type": "refresh_token", "refresh_token": caller.tokens["refresh_token"]}
    with pytest.raises(requests.ConnectionError):
        sandbox_server.token_request(form)
    assert sandbox_server.token_request(form).json() == {"error": "invalid_grant"}


# --- limits and parallel calls -----------------------------------------------------------------
def test_limits_are_off_until_they_are_switched_on(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    for number in range(15):
        caller.customer(f"Customer {number}")
    sandbox_server.set_up(realm, limits={"per_second": 3, "retry_after": 2})
    statuses = [caller.call("GET", "preferences").status_code for _ in range(6)]
    assert statuses.count(429) >= 2
    sandbox_server.set_up(realm, limits={"batches_per_minute": 1, "xml": True})
    query = {"BatchItemRequest": [{"bId": "1", "Query": "SELECT COUNT(*) FROM Item"}]}
    assert caller.call("POST", "batch", query).status_code == 200
    over = caller.call("POST", "batch", query)
    assert over.status_code == 429
    assert "003001" in over.text
    assert over.text.startswith("<?xml")


def test_ten_calls_run_at_once_and_each_takes_its_own_number(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    customer = caller.customer()["Id"]
    together = threading.Barrier(10)

    def make(number: int) -> str:
        own = Caller(sandbox_server, realm, caller.tokens)
        together.wait()
        return str(own.invoice(customer, number + 1)["Id"])

    with ThreadPoolExecutor(10) as pool:
        ids = list(pool.map(make, range(10)))
    assert len(set(ids)) == 10
    state = sandbox_server.state(realm)
    assert state["objects"]["Invoice"] == 10
    assert state["most_in_flight"] > 1
    assert state["ledger_difference"] == 0


def test_parallel_calls_with_one_request_id_make_one_object(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    def make(_: int) -> str:
        own = Caller(sandbox_server, realm, caller.tokens)
        return str(
            own.post("customer", {"DisplayName": "Once"}, requestid="same")["Customer"]["Id"]
        )

    with ThreadPoolExecutor(5) as pool:
        assert len(set(pool.map(make, range(5)))) == 1
    assert count(caller) == 1


def test_state_counts_calls_and_names_doubles(
    sandbox_server: SandboxServer, caller: Caller, realm: str
) -> None:
    customer = caller.customer()["Id"]
    for _ in range(2):
        caller.post(
            "invoice",
            sale(customer, DocNumber="D-1", PrivateNote="m-1"),
            include="allowduplicatedocnum",
        )
    state = sandbox_server.state(realm)
    assert state["doubles"] == {"numbers": ["Invoice D-1"], "markers": ["Invoice m-1"]}
    assert state["calls"]["invoice"] == 2
    assert state["statuses"]["customer 200"] == 1


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    server = SandboxServer(tmp_path).start()
    caller = server.connect(server.open_company())
    made = caller.customer("Durable")
    server.stop(sign=9)
    server = SandboxServer(tmp_path).start()
    try:
        again = Caller(server, caller.realm, caller.tokens)
        assert again.get(f"customer/{made['Id']}")["Customer"] == made
    finally:
        server.stop()


def test_who_does_not_ask_for_json_gets_xml(sandbox_server: SandboxServer, caller: Caller) -> None:
    address = f"{sandbox_server.api}/v3/company/{caller.realm}/preferences"
    headers = {"Authorization": f"Bearer {caller.tokens['access_token']}"}
    answer = requests.get(address, headers=headers, timeout=20)
    assert answer.text.startswith("<?xml")
    assert "<UsingSalesTax>false</UsingSalesTax>" in answer.text
