"""The line and the courier of reads: authorised, renewed once, held when asked, and never telling."""

import dataclasses
import logging
import re
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection, Grant
from apps.connections.transport import HttpLine
from apps.connections.waiting import OnlyReserveLeft
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.limits import MINUTE, ROLLING_DAY, Limit, Scope, Wait
from apps.connectors.moments import within
from apps.connectors.port import Fate, Purpose, Request
from apps.connectors.registry import systems
from tests.connections.paper import Paper
from tests.connections.people import a_company, a_connection, a_grant

pytestmark = pytest.mark.django_db


def read(path: str = "books/77/company", **fields: Any) -> Request:
    return Request(method="GET", path=path, purpose=Purpose.READS, **fields)


def test_several_reads_are_answered_each_beside_its_request(
    paper: Paper, connection: Connection
) -> None:
    asked = [read(f"books/{number}/company") for number in range(9)]
    with ReadCourier(connection) as courier:
        answers = list(courier.carry(asked))
    assert [request for request, _ in answers] == asked
    assert {reply.status for _, reply in answers} == {200}
    assert courier.calls == 9


def test_each_read_leaves_when_its_token_is_taken(paper: Paper, connection: Connection) -> None:
    gone: list[int] = []

    class Slow:
        def spend(self, costs: Mapping[str, int], *, reserve: bool) -> Wait | None:
            until = time.monotonic() + 20
            while paper.asked["/books/77/company"] < len(gone) and time.monotonic() < until:
                time.sleep(0.01)
            gone.append(paper.asked["/books/77/company"])
            return None

        def noted(self, headers: Mapping[str, str], size: int = 0) -> None:
            pass

        def keep(self) -> None:
            pass

        def pause(self, seconds: float, headers: Mapping[str, str]) -> None:
            raise AssertionError("nobody asked for it")

    with ReadCourier(connection, buckets=Slow()) as courier:
        list(courier.carry([read(), read(), read()]))
    assert gone == [0, 1, 2]


def test_a_token_refused_with_401_is_renewed_once_for_all(
    paper: Paper, connection: Connection
) -> None:
    paper.access.clear()
    with ReadCourier(connection) as courier:
        answers = list(courier.carry([read(), read(), read()]))
    assert [reply.status for _, reply in answers] == [200, 200, 200]
    assert paper.asked["refresh_token"] == 1


def test_a_second_401_is_given_back_not_tried_again(paper: Paper, connection: Connection) -> None:
    paper.on_read = lambda: (401, {})
    with ReadCourier(connection) as courier, pytest.raises(ConnectionLost):
        open_connector(connection).company(courier)
    assert paper.asked["/books/77/company"] == 2
    assert paper.asked["refresh_token"] == 1


def test_a_429_holds_the_connection_for_as_long_as_they_said(
    paper: Paper, connection: Connection
) -> None:
    paper.on_read = lambda: (429, {})
    with ReadCourier(connection) as courier:
        assert [reply.status for _, reply in courier.carry([read()])] == [429]
        held = courier._buckets.spend({}, reserve=True)
    assert held is not None
    assert 5 < held.seconds <= 7


A_DAY = Limit(
    name="day", amount=60, span=ROLLING_DAY, left_header="x-day-left", scope=Scope.ORGANISATION
)
OF_THE_APP = Limit(
    name="app", amount=60, span=MINUTE, scope=Scope.APP, refusal=("x-problem", "appminute")
)


@pytest.fixture
def limited(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> Paper:
    """Paper with limits of a day and over all connections, and headers that tell of them."""
    known = systems()["paper"]
    claims = dataclasses.replace(known.capabilities, limits=(A_DAY, OF_THE_APP))
    monkeypatch.setitem(systems(), "paper", dataclasses.replace(known, capabilities=claims))
    return paper


def test_what_an_answer_says_is_left_is_known_to_every_process(
    limited: Paper, connection: Connection
) -> None:
    limited.says = {"X-Day-Left": "4"}  # of which three are kept
    for _ in range(2):
        with ReadCourier(connection) as courier:
            list(courier.carry([read()]))
    with ReadCourier(connection) as courier, pytest.raises(TryLater) as later:
        list(courier.carry([read()]))
    assert re.match(r"Paper allows 60 calls a day.* at \d\d:\d\d\.$", later.value.sentence)
    assert later.value.retry_after > 80_000
    assert limited.asked["/books/77/company"] == 2


@pytest.mark.parametrize(("problem", "held"), [("AppMinute", True), ("minute", False)])
def test_a_429_that_names_the_limit_of_our_app_holds_every_connection_of_it(
    limited: Paper, connection: Connection, problem: str, held: bool
) -> None:
    other = a_connection(limited, a_company("Alder Ltd"), remote_id="78")
    limited.says = {"X-Problem": problem}
    limited.on_read = lambda: (429, {})
    with ReadCourier(connection) as courier:
        assert [reply.status for _, reply in courier.carry([read()])] == [429]
        assert courier._buckets.spend({}, reserve=True) is not None
    with ReadCourier(other) as courier:
        assert (courier._buckets.spend({}, reserve=True) is not None) == held


def test_what_is_kept_of_a_day_is_not_for_reading(limited: Paper, connection: Connection) -> None:
    limited.says = {"X-Day-Left": "3"}
    with ReadCourier(connection) as courier:
        list(courier.carry([read()]))
        with pytest.raises(OnlyReserveLeft, match="kept for payments"):
            list(courier.carry([read()]))
        assert [
            reply.status
            for _, reply in courier.carry([dataclasses.replace(read(), purpose=Purpose.RETRIES)])
        ] == [200]


def test_a_long_wait_is_left_to_the_caller(paper: Paper, connection: Connection) -> None:
    with ReadCourier(connection) as courier:
        courier._buckets.pause(600, {})
        with pytest.raises(TryLater, match=r"Paper asks Tieout to call less often") as later:
            list(courier.carry([read()]))
    assert later.value.retry_after > 500
    assert paper.asked["/books/77/company"] == 0


def test_a_write_is_not_carried_without_an_intent(paper: Paper, connection: Connection) -> None:
    with ReadCourier(connection) as courier, pytest.raises(ValueError, match="intent"):
        list(courier.carry([read(writes=True)]))


def test_a_lost_grant_opens_no_line(paper: Paper, connection: Connection) -> None:
    Grant.objects.update(status=Grant.Status.LOST, lost_reason="Ended by their administrator.")
    with pytest.raises(ConnectionLost, match="Ended by their administrator"):
        HttpLine(connection)


def test_books_never_connected_open_no_line(paper: Paper) -> None:
    unconnected = a_connection(paper, a_company())
    unconnected.grant = None
    with pytest.raises(ConnectionLost, match="Paper is not connected"):
        HttpLine(unconnected)


def test_plain_http_is_refused_outside_tests(
    paper: Paper, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OAUTHLIB_INSECURE_TRANSPORT")
    with pytest.raises(ConnectionLost, match="not https"):
        HttpLine(connection)


def test_the_line_asks_for_json_and_carries_no_cookie(paper: Paper, connection: Connection) -> None:
    with HttpLine(connection) as line:
        line.exchange(read(), until=within(5))  # Paper sets a cookie with every answer
        reply = line.exchange(read(), until=within(5))
    assert reply.fate is Fate.ANSWERED
    assert paper.headers[-1]["accept"] == "application/json"
    assert "cookie" not in paper.headers[-1]


def test_no_token_stands_in_any_log_exception_or_repr(
    paper: Paper, caplog: pytest.LogCaptureFixture
) -> None:
    """The canary: everything is logged, everything fails once, and no token is to be seen."""
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    grant = a_grant(paper, lives=timedelta(minutes=1))
    connection = a_connection(paper, a_company(), grant=grant)
    with HttpLine(connection) as line:
        seen.append(str(line.exchange(read(), until=within(5))))
        seen.append(repr(vars(line).keys()))
        paper.access.clear()
        for fault in ((503, {}), (400, {"error": "invalid_request"}), (200, b"nonsense")):
            paper.on_refresh = lambda fault=fault: fault
            with pytest.raises(TryLater) as trouble:
                line.renew(seen_401=True)
            seen += chain(trouble.value)
        paper.on_refresh = lambda: None
        paper.refresh.clear()
        with pytest.raises(ConnectionLost) as lost:
            line.renew(seen_401=True)
        seen += chain(lost.value)
    seen += [record.getMessage() for record in caplog.records]
    seen += [str(Grant.objects.values().get(pk=grant.pk)), repr(grant), caplog.text]
    told = "\n".join(seen)
    assert "token" in told  # the endpoint is named, so something was looked at
    assert len(paper.issued) >= 4
    assert [token for token in paper.issued if token in told] == []


def chain(error: BaseException | None) -> list[str]:
    """An exception with everything that led to it, as a traceback would print it."""
    found = []
    while error is not None:
        found.append(f"{error!r} {error} {error.args}")
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found
