"""What Pebble's answers mean."""

import json
from collections.abc import Iterator
from typing import Any

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Courier, Fate, Purpose, Reply, Request
from apps.connectors.snapshots import Kind
from tests.pebble.connector.capabilities import NAME


def asked(
    courier: Courier, path: str, purpose: Purpose = Purpose.READS, **query: str
) -> dict[str, Any]:
    request = Request(method="GET", path=path, query=tuple(query.items()), purpose=purpose)
    ((_, reply),) = courier.carry([request])
    return said(request, reply)


def everything(courier: Courier, since: str, purpose: Purpose) -> Iterator[dict[str, Any]]:
    """Pages of their feed behind a version; "" is its beginning."""
    while True:
        page = asked(courier, "/v1/everything", purpose, since=since or "0")
        yield page
        if not page["more"]:
            return
        since = str(page["version"])


def said(request: Request, reply: Reply, kind: Kind | None = None) -> dict[str, Any]:
    """The JSON of a good answer; raises what any other means."""
    if reply.fate is Fate.UNSENT:
        raise TryLater(f"{NAME} could not be reached ({reply.problem}).", whole_connection=True)
    if reply.fate is Fate.LOST:
        raise _unclear(request, f"{NAME}'s answer was lost ({reply.problem}).")
    found = _json(reply)
    if not isinstance(found, dict):
        raise _unclear(request, f"{NAME}'s answer could not be read ({reply.status}).")
    if 200 <= reply.status < 300:
        return found
    error = found.get("error")
    error = error if isinstance(error, dict) else {}
    code, words = str(error.get("code", "")), str(error.get("message", ""))
    if reply.status == 401:
        raise ConnectionLost(f"{NAME} does not know this key.", "Fill in a valid key.", code)
    if reply.status == 429:
        wait = reply.headers.get("retry-after", "")
        raise TryLater(
            f"{NAME} limits how often it may be called.",
            code=code,
            retry_after=float(wait) if wait.isdigit() else 60.0,
            whole_connection=True,
        )
    if not code or reply.status >= 500:  # a gateway's, perhaps: only their own code is theirs
        raise _unclear(request, f"{NAME} answered {reply.status}.")
    if reply.status == 404:
        raise RemoteGone(f"It does not stand in {NAME} any more.", code=code)
    if reply.status == 412:
        raise RemoteIsNewer(f"It was changed in {NAME}.", code=code)
    if code == "taken":
        raise (NumberTaken if kind is Kind.INVOICE else NameTaken)(words, code=code)
    raise RecordRefused(words, f"Change it here or in {NAME}.", code)


def _json(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except ValueError:
        return None


def _unclear(request: Request, sentence: str) -> ConnectorError:
    return OutcomeUnknown(sentence) if request.writes else TryLater(sentence)
