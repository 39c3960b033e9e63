"""Getting in, limits, faults, the log and the controls."""

import re
import subprocess
import sys
import threading
import time
from typing import Any

import pytest
import requests

from tests.sandbox_server import ROOT
from tests.worked.caller import DAY, MEDIA, TIME, Caller
from tests.worked.service import Refused, Service
from tests.worked.service.books import Books


def test_a_key_opens_a_session_of_900_seconds_and_a_wrong_key_none(caller: Caller) -> None:
    answer = caller.call("POST", "/session", {"key": caller.key}, X_Organisation="", X_Session="")
    assert answer.status_code == 200
    assert set(answer.json()) == {"session", "expires_in"}
    assert answer.json()["expires_in"] == 900
    assert caller.refusal("POST", "/session", {"key": "x"}) == (403, "unknown_key", "key")
    assert caller.refusal("POST", "/session", {}) == (400, "not_understood", "key")
    assert caller.refusal("GET", "/session")[0] == 404


def test_a_request_without_a_session_or_after_its_end_is_401(
    service: Service, caller: Caller
) -> None:
    assert caller.refusal("GET", "/counts", X_Session="") == (401, "no_session", None)
    assert caller.refusal("GET", "/counts", X_Session="x") == (401, "no_session", None)
    service.move_clock(899)
    caller.get("/counts")
    service.move_clock(901)
    assert caller.refusal("GET", "/counts") == (401, "no_session", None)
    caller.open().get("/counts")


def test_sessions_of_one_organisation_are_ended_by_control(
    service: Service, caller: Caller
) -> None:
    other = Caller(service.address, *service.organisation()).open()
    service.end_session(caller.organisation)
    assert caller.refusal("GET", "/counts")[0] == 401
    other.get("/counts")
    service.end_session()
    assert other.refusal("GET", "/counts")[0] == 401
    other.http.close()


def test_an_organisation_is_named_and_is_the_sessions_own(service: Service, caller: Caller) -> None:
    other, _ = service.organisation()
    for named in ("", "W0", other):
        refused = caller.refusal("GET", "/counts", X_Organisation=named)
        assert refused == (404, "unknown_organisation", None)


def test_120_requests_a_minute_and_what_is_left_is_told(service: Service, caller: Caller) -> None:
    left = [int(caller.call("GET", "/counts").headers["X-Left"]) for _ in range(120)]
    assert left == list(range(119, -1, -1))
    answer = caller.call("GET", "/counts")
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many")
    assert answer.headers["X-Left"] == "0"
    wait = int(answer.headers["Retry-After"])
    assert 55 <= wait <= 60
    other = Caller(service.address, *service.organisation()).open()
    other.get("/counts")
    other.http.close()
    service.move_clock(wait)
    caller.get("/counts")


def test_refused_requests_do_not_count_and_a_session_neither(caller: Caller) -> None:
    caller.call("GET", "/counts", X_Session="")
    caller.open()
    assert caller.call("GET", "/contacts/7").headers["X-Left"] == "119"


def test_another_content_type_is_415_and_no_json_is_400(caller: Caller) -> None:
    body = b'{"name": "Amy"}'
    for told in ("application/json", "text/plain"):
        refused = caller.refusal("POST", "/contacts", body, Content_Type=told)
        assert refused == (415, "content_type", None)
    assert caller.call("POST", "/session", {"key": "x"}, Content_Type="a/b").status_code == 415
    made = caller.call("POST", "/contacts", body, Content_Type=f"{MEDIA}; charset=utf-8")
    assert made.status_code == 201
    for wrong in (b"{", b"\xff", b"[]", b"null", b""):
        assert caller.refusal("POST", "/contacts", wrong)[:2] == (400, "not_understood")
    assert caller.get("/counts")["contact"] == 1


def test_every_answer_bears_a_request_and_a_date_by_the_services_clock(
    service: Service, caller: Caller
) -> None:
    service.move_clock(-3 * 86400)
    caller.open()
    answers = [
        caller.call("GET", "/counts"),
        caller.call("GET", "/contacts/9"),
        caller.call("GET", "/counts", X_Session=""),
    ]
    assert len({answer.headers["X-Request"] for answer in answers}) == 3
    now = caller.get("/organisation")["now"]
    assert re.fullmatch(TIME, now)
    for answer in answers:
        assert answer.headers["Content-Type"] == MEDIA
        assert f" {int(now[8:10]):02} " in answer.headers["Date"]
        assert answer.headers["Date"].endswith(" GMT")


def test_the_organisation_tells_itself(caller: Caller) -> None:
    told = caller.get("/organisation")
    assert set(told) == {"id", "name", "country", "home_currency", "now"}
    assert (told["id"], told["name"]) == (caller.organisation, "Sample")
    assert (told["country"], told["home_currency"]) == ("IE", "EUR")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/journals"),
        ("POST", "/counts"),
        ("PUT", "/contacts"),
        ("PATCH", "/contacts/1"),
        ("POST", "/contacts/1/send"),
        ("POST", "/receipts/1/void"),
        ("POST", "/invoices/1/cancel"),
        ("GET", "/invoices/1/allocations"),
        ("GET", "/"),
    ],
)
def test_what_the_page_does_not_name_is_not_there(caller: Caller, method: str, path: str) -> None:
    caller.sent("invoice", caller.contact())
    caller.received("1")
    assert caller.refusal(method, path)[:2] == (404, "not_found")


# --- faults, the log, a person of theirs -------------------------------------------------------
LOST = {"lose_after": 1, "lose_before": 0}


@pytest.mark.parametrize(("kind", "executed"), LOST.items())
def test_a_lost_answer_is_lost_whether_executed_or_not(
    service: Service, caller: Caller, kind: str, executed: int
) -> None:
    service.fault(kind, "POST /contacts", 2, caller.organisation)
    caller.get("/contacts")
    for at in (1, 2):
        with pytest.raises(ConnectionError, match="without response"):
            caller.call("POST", "/contacts", {"name": "Amy"})
        assert caller.get("/counts")["contact"] == at * executed
    caller.post("/contacts", {"name": "Amy"})
    assert caller.get("/counts")["contact"] == 2 * executed + 1


@pytest.mark.parametrize("after", [True, False])
@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_status_comes_before_or_after_the_execution(
    service: Service, caller: Caller, status: int, after: bool
) -> None:
    organisation = caller.organisation
    service.fault("status", "/contacts", 1, organisation, status=status, after_execution=after)
    answer = caller.call("POST", "/contacts", {"name": "Amy"})
    assert (answer.status_code, answer.json()["error"]) == (status, "broken")
    assert ("Retry-After" in answer.headers) is (status != 500)
    assert caller.get("/counts")["contact"] == int(after)


def test_a_slow_answer_comes_late_and_holds_nobody_else(service: Service, caller: Caller) -> None:
    service.fault("slow", "POST /contacts", 1, caller.organisation, seconds=0.2)
    other = Caller(service.address, *service.organisation()).open()
    slow = threading.Thread(target=caller.post, args=("/contacts", {"name": "Amy"}))
    started = time.monotonic()
    slow.start()
    other.get("/counts")
    assert time.monotonic() - started < 0.15
    slow.join()
    assert time.monotonic() - started >= 0.2
    assert caller.get("/counts")["contact"] == 1
    other.http.close()


def test_a_fault_meets_its_organisation_its_query_and_its_session(
    service: Service, caller: Caller
) -> None:
    other = Caller(service.address, *service.organisation()).open()
    service.fault("lose_before", "GET /contacts?remark=", 1, caller.organisation)
    other.get("/contacts?remark=x")
    caller.get("/contacts")
    with pytest.raises(ConnectionError):
        caller.get("/contacts?remark=x")
    service.fault("status", "POST /session", 1, caller.organisation, status=500)
    other.open()
    assert caller.refusal("POST", "/session", {"key": caller.key}) == (500, "broken", None)
    caller.open()
    other.http.close()


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "lose"},
        {"kind": "slow"},
        {"kind": "status"},
        {"kind": "status", "status": 200},
        {"kind": "lose_after", "seconds": 1},
        {"kind": "lose_after", "times": 0},
        {"kind": "lose_after", "match": 1},
    ],
)
def test_a_fault_that_would_do_nothing_is_refused(
    service: Service, caller: Caller, told: dict[str, Any]
) -> None:
    body = {"organisation": caller.organisation, **told}
    answer = requests.post(f"{service.address}/control/fault", json=body, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (400, "not_understood")


def test_the_log_tells_what_was_asked_but_no_session_and_no_key(
    service: Service, caller: Caller
) -> None:
    service.fault("lose_after", "POST /contacts", 1, caller.organisation)
    with pytest.raises(ConnectionError):
        caller.call("POST", "/contacts?", b'{"name":  "Amy"}', If_Match="7")
    caller.refusal("GET", "/counts?x=1")
    caller.refusal("GET", "/counts", X_Session="wrong")
    asked = [one for one in service.log if one["organisation"] == caller.organisation]
    session, lost, refused, outside = asked
    assert (session["path"], session["body"], session["status"]) == ("/session", "", 200)
    assert (lost["method"], lost["body"]) == ("POST", '{"name":  "Amy"}')
    assert (lost["executed"], lost["status"]) == (True, None)
    assert lost["headers"]["if-match"] == "7"
    assert (refused["path"], refused["status"]) == ("/counts?x=1", 400)
    assert (outside["executed"], outside["status"]) == (False, 401)
    whole = repr(service.log)
    assert caller.session not in whole
    assert caller.key not in whole


def test_a_person_of_theirs_acts_without_limits_faults_or_log(
    service: Service, caller: Caller
) -> None:
    organisation = caller.organisation
    service.fault("lose_before", "contacts", 1, organisation)
    before = len(service.log)
    for _ in range(130):
        made = service.act("POST", "/contacts", {"name": "Amy"}, organisation)
    path = f"/contacts/{made['id']}"
    assert service.act("PUT", path, {"name": "Bill"}, organisation)["version"] == 2
    with pytest.raises(Refused, match="404 not_found"):
        service.act("GET", "/contacts/999", None, organisation)
    assert service.act("DELETE", path, None, organisation) is None
    assert len(service.log) == before
    assert caller.get("/counts")["contact"] == 129


def test_controls_answer_other_processes(service: Service) -> None:
    def control(name: str, body: Any) -> requests.Response:
        return requests.post(f"{service.address}/control/{name}", json=body, timeout=5)

    told = {"name": "Other", "country": "GB", "home_currency": "GBP"}
    made = control("organisation", told).json()
    caller = Caller(service.address, made["id"], made["key"]).open()
    act = {"organisation": made["id"], "method": "POST", "path": "/contacts"}
    done = control("act", {**act, "body": {"name": "Amy"}}).json()
    assert (done["status"], done["answer"]["id"]) == (201, "1")
    done = control("act", {**act, "body": {}}).json()
    assert (done["status"], done["answer"]["field"]) == (400, "name")
    control("fault", {"organisation": made["id"], "kind": "lose_before", "match": "GET"})
    with pytest.raises(ConnectionError):
        caller.get("/counts")
    log = control("log", {"organisation": made["id"]}).json()["items"]
    assert [one["path"] for one in log] == ["/session", "/counts"]
    assert control("end_session", {"organisation": made["id"]}).json() == {"ended": 1}
    assert caller.refusal("GET", "/counts")[0] == 401
    assert re.fullmatch(TIME, control("clock", {"offset_seconds": 0}).json()["now"])
    for name, body in (("colour", {}), ("organisation", {"x": 1}), ("act", {"organisation": "x"})):
        assert control(name, body).status_code in (400, 404)
    caller.http.close()


# --- together ----------------------------------------------------------------------------------
def test_two_at_once_settle_no_more_than_is_open(
    service: Service, caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    contact = caller.contact()
    invoice = caller.sent("invoice", contact, "10.00")
    receipts = [caller.received(contact, "10.00") for _ in range(2)]
    callers = [Caller(service.address, caller.organisation, caller.key).open() for _ in receipts]
    statuses: list[int] = []
    alike = Books._check_alike

    def thoughtful(*told: Any) -> None:
        """Whoever executes beside another is in the other's way."""
        within.append(None)
        crowds.append(len(within))
        time.sleep(0.001)
        alike(*told)
        within.pop()

    within: list[None] = []
    crowds: list[int] = []
    monkeypatch.setattr(Books, "_check_alike", thoughtful)

    def settle(one: Caller, receipt: str) -> None:
        body = {"invoice": invoice, "amount": "1.00", "dated": DAY}
        for _ in range(10):
            answer = one.call("POST", f"/receipts/{receipt}/allocations", body)
            statuses.append(answer.status_code)

    pairs = zip(callers, receipts, strict=True)
    threads = [threading.Thread(target=settle, args=pair) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(crowds) == {1}
    assert sorted(statuses) == [201] * 10 + [422] * 10
    settled = caller.get(f"/invoices/{invoice}")
    assert (settled["paid"], settled["open"], settled["version"]) == ("10.00", "0.00", 12)
    for one in callers:
        one.http.close()


def test_the_service_ends_with_its_connections(service: Service) -> None:
    with Service() as other:
        caller = Caller(other.address, *other.organisation()).open()
    with pytest.raises(ConnectionError):
        caller.get("/counts")
    caller.http.close()


@pytest.mark.processes
def test_the_service_runs_alone_in_a_process() -> None:
    command = [sys.executable, "-m", "tests.worked.service", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("worked service ready on ")
            address = said.removeprefix("worked service ready on ").strip()
            told = {"name": "Other", "country": "GB", "home_currency": "GBP"}
            made = requests.post(f"{address}/control/organisation", json=told, timeout=5).json()
            caller = Caller(address, made["id"], made["key"]).open()
            assert caller.get("/organisation")["home_currency"] == "GBP"
            caller.http.close()
        finally:
            process.terminate()
