"""The line and the courier of reads: authorised, renewed once, held when asked, and never telling."""

import logging
import time
from datetime import timedelta
from typing import Any

import pytest

from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection, Grant
from apps.connections.transport import HttpLine
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.port import Fate, Purpose, Request
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
        def take(self, costs: dict[str, int]) -> float:
            until = time.monotonic() + 20
            while paper.asked["/books/77/company"] < len(gone) and time.monotonic() < until:
                time.sleep(0.01)
            gone.append(paper.asked["/books/77/company"])
            return 0.0

        def pause(self, seconds: float) -> None:
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
        held = courier._buckets.take({})
    assert 5 < held <= 7


def test_a_long_wait_is_left_to_the_caller(paper: Paper, connection: Connection) -> None:
    with ReadCourier(connection) as courier:
        courier._buckets.pause(600)
        with pytest.raises(TryLater) as later:
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
        line.exchange(read(), deadline=5)  # Paper sets a cookie with every answer
        reply = line.exchange(read(), deadline=5)
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
        seen.append(str(line.exchange(read(), deadline=5)))
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
