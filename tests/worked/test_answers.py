"""What an answer of the worked ledger means, and a feed that moves while it is read."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Fate, Purpose, Reply, Request, Settings
from tests.contract.sending import NothingKnown
from tests.worked.connector import connect
from tests.worked.connector.client import Calls, Write, content_of

CALLS = Calls("7")
READ = CALLS.get("/contacts/1")
WRITE = CALLS.write(Write(method="PUT", path="/contacts/1", fields={}), 1, Purpose.MASTERS)
PAGE_OF_A_GATEWAY = b"<html><h1>404 Not Found</h1></html>"


def said(code: str) -> bytes:
    return json.dumps({"error": code, "field": None, "message": "Their words."}).encode()


@pytest.mark.parametrize(
    ("status", "body", "of_a_write", "of_a_read"),
    [
        (401, b"", ConnectionLost, ConnectionLost),
        (404, said("unknown_organisation"), ConnectionLost, ConnectionLost),
        (404, said("not_found"), RemoteGone, RemoteGone),
        (404, PAGE_OF_A_GATEWAY, OutcomeUnknown, TryLater),
        (400, said("malformed"), RecordRefused, RecordRefused),
        (409, said("settled"), RecordRefused, RecordRefused),
        (412, said("changed"), RemoteIsNewer, RemoteIsNewer),
        (412, PAGE_OF_A_GATEWAY, OutcomeUnknown, TryLater),
        (422, said("sums"), RecordRefused, RecordRefused),
        (429, b"", TryLater, TryLater),
        (500, said("broken"), OutcomeUnknown, TryLater),
        (503, PAGE_OF_A_GATEWAY, OutcomeUnknown, TryLater),
        (302, b"", OutcomeUnknown, TryLater),
        (200, b"", OutcomeUnknown, TryLater),
        (200, b'{"id": "1"', OutcomeUnknown, TryLater),
        (200, b"[]", OutcomeUnknown, TryLater),
    ],
)
def test_only_their_books_refuse_and_whatever_else_fails_leaves_a_write_unknown(
    status: int,
    body: bytes,
    of_a_write: type[ConnectorError],
    of_a_read: type[ConnectorError],
) -> None:
    for request, meaning in ((WRITE, of_a_write), (READ, of_a_read)):
        with pytest.raises(ConnectorError) as told:
            content_of(request, Reply(fate=Fate.ANSWERED, status=status, body=body))
        assert type(told.value) is meaning


def test_what_was_never_sent_and_what_was_lost_are_told_apart() -> None:
    with pytest.raises(TryLater) as unsent:
        content_of(WRITE, Reply(fate=Fate.UNSENT))
    assert unsent.value.whole_connection
    with pytest.raises(OutcomeUnknown):
        content_of(WRITE, Reply(fate=Fate.LOST))


def test_a_throttled_call_waits_as_long_as_they_say_with_all_others() -> None:
    reply = Reply(fate=Fate.ANSWERED, status=429, headers={"retry-after": "17"})
    with pytest.raises(TryLater) as later:
        content_of(READ, reply)
    assert (later.value.retry_after, later.value.whole_connection) == (17.0, True)


class MovingFeed:
    """A feed of contacts, of which some change again between the first page and the second."""

    def __init__(self, number: int, *, changed_again: int) -> None:
        self.items = [{"kind": "contact", "id": str(n), "version": 1} for n in range(number)]
        self.changed_again = changed_again

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        for request in requests:
            content: dict[str, Any] = dict.fromkeys(
                ("contact", "product", "invoice", "credit", "receipt", "refund"), 0
            )
            if request.path == "/changes":
                after = int(dict(request.query)["after"])
                page = self.items[after : after + 100]
                content = {"items": page, "more": after + 100 < len(self.items)}
                content["now"] = "2026-11-20T10:00:00.000000Z"
            yield request, Reply(fate=Fate.ANSWERED, status=200, body=json.dumps(content).encode())
            if request.path == "/changes" and self.changed_again:
                again, self.items = (
                    self.items[: self.changed_again],
                    self.items[self.changed_again :],
                )
                self.items += [{**each, "version": 2} for each in again]
                self.changed_again = 0


def test_a_feed_that_moves_while_it_is_read_leaves_nothing_out() -> None:
    settings = Settings(
        remote_company_id="7",
        home_currency="EUR",
        today=lambda: date(2026, 11, 20),
        now=lambda: datetime.now(UTC),
    )
    seen: dict[str, str] = {}

    class Held(NothingKnown):
        def news(self, kind: str, versions: Any) -> list[str]:
            seen.update(versions)
            return []

    feed = MovingFeed(250, changed_again=3)
    (last,) = connect(settings).changes(datetime(2026, 1, 1, tzinfo=UTC), feed, Held())

    assert len(seen) == 250
    assert [seen[one] for one in ("0", "1", "2", "3")] == ["2", "2", "2", "1"]
    assert last.cursor == datetime(2026, 11, 20, 10, tzinfo=UTC)
