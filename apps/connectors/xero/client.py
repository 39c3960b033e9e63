"""Composes requests to one organisation and reads its answers."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from apps.connectors.errors import (
    CallRefused,
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RemoteGone,
    TryLater,
)
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.faults import RECONNECT, REPORT, field, messages_in, refusal_of
from apps.connectors.xero.wire import Json, dump, moment
from apps.core.numbers import whole

BASE = "/api.xro/2.0"
TENANT = "Xero-Tenant-Id"
KEY = "Idempotency-Key"
EXACT = ("unitdp", "4")  # else prices are rounded to two decimals, both ways
EACH_TOLD = ("summarizeErrors", "false")  # else one bad element hides the ids of the good ones
ELEMENTS = 50  # of one call
LARGEST = 3_000_000  # bytes of a body; they take 3.5 MB
PAGE = 1000
LOOK_AGAIN = "Tieout looks up whether it arrived before it sends again."
PAUSES = {"minute": 60.0, "appminute": 60.0, "concurrent": 5.0, "day": 3600.0}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A good answer. `at`: their time of it, where they tell one."""

    said: Any
    trace_id: str
    at: datetime | None = None

    def rows(self, plural: str) -> list[Mapping[str, Any]]:
        """The elements of an envelope; one that is missing was not answered."""
        listed = field(self.said, plural) if isinstance(self.said, Mapping) else None
        if listed is None and self.said == {}:
            return []  # not modified since
        if not isinstance(listed, list):
            raise TryLater(f"{NAME}'s answer has no {plural}.", trace_id=self.trace_id)
        return [each for each in listed if isinstance(each, Mapping)]


class Calls:
    """The requests to one organisation."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant

    def get(
        self,
        path: str,
        purpose: Purpose = Purpose.READS,
        *,
        since: str = "",
        exact: bool = True,
        **query: str | int | None,
    ) -> Request:
        """`exact`: the endpoint knows `unitdp`. `since`: for If-Modified-Since."""
        asked = [(name, str(value)) for name, value in query.items() if value is not None]
        if exact:
            asked.append(EXACT)
        headers = [(TENANT, self.tenant), ("Accept", "application/json")]
        if since:
            headers.append(("If-Modified-Since", since))
        return Request(
            method="GET",
            path=f"{BASE}/{path}",
            query=tuple(asked),
            headers=tuple(headers),
            purpose=purpose,
        )

    def write(
        self,
        method: str,
        path: str,
        body: Json | None,
        *,
        members: Sequence[int],
        identities: Sequence[str],
        purpose: Purpose,
        query: Sequence[tuple[str, str]] = (),
        evidence: str = "",
    ) -> Request:
        """One call that changes something, under a key made of who it is of and its very bytes.

        A deletion by DELETE has no key: a second one finds nothing to delete.
        """
        whole = f"{BASE}/{path}"
        content = b"" if body is None else dump(body)
        headers = [(TENANT, self.tenant), ("Accept", "application/json")]
        key = ""
        if method != "DELETE":
            key = _key(self.tenant, method, whole, query, identities, content)
            headers.append((KEY, key))
        return Request(
            method=method,
            path=whole,
            query=tuple(query),
            headers=tuple(headers),
            body=content,
            purpose=purpose,
            key=key,
            members=tuple(members),
            writes=True,
            evidence=evidence,
        )


def _key(*parts: Any) -> str:
    """At most 128 characters. Another generation, version or byte is another key."""
    told = json.dumps([each.decode() if isinstance(each, bytes) else each for each in parts])
    return f"tieout-{hashlib.sha256(told.encode()).hexdigest()}"


# --- Answers ----------------------------------------------------------------------------------


def read_answer(request: Request, reply: Reply) -> Answer:
    """The JSON of a good answer; raises what the reply means otherwise.

    `RemoteGone` for a 404, which says nothing else. Of a write, only what their books themselves
    say is believed to be a refusal: a gateway's page, half a body, a 5xx leave it unknown.
    """
    trace_id = reply.headers.get("xero-correlation-id", "")
    if reply.fate is Fate.UNSENT:
        raise TryLater(
            f"{NAME} could not be reached ({reply.problem}).",
            "Tieout goes on by itself.",
            whole_connection=True,
        )
    if reply.fate is Fate.LOST:
        raise unclear(request, f"{NAME}'s answer was lost ({reply.problem}).", "", trace_id)
    if reply.status == 304 and not request.writes:
        return Answer(said={}, trace_id=trace_id, at=_at({}, reply))
    said = _json(reply.body)
    if 200 <= reply.status < 300:
        if said is not None:
            return Answer(said=said, trace_id=trace_id, at=_at(said, reply))
        if reply.status == 204 and not reply.body:
            return Answer(said={}, trace_id=trace_id, at=_at({}, reply))
        raise unclear(request, f"{NAME}'s answer could not be read.", "", trace_id)
    raise _error_of(request, reply, said if isinstance(said, Mapping) else {}, trace_id)


def _json(body: bytes) -> Any:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, Mapping | list) else None


def _at(said: Any, reply: Reply) -> datetime | None:
    told = moment(said, "DateTimeUTC") if isinstance(said, Mapping) else None
    if told is not None:
        return told
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def _error_of(
    request: Request, reply: Reply, said: Mapping[str, Any], trace_id: str
) -> ConnectorError:
    status = reply.status
    words = _words(said, status)
    if status == 429:
        return _throttled(reply, trace_id)
    if status == 401 or (status == 403 and said):
        # The organisation was taken away, or a right: nothing of it was executed.
        return ConnectionLost(
            f"{NAME} does not let Tieout into this organisation: {words}",
            RECONNECT,
            str(status),
            trace_id,
        )
    if status == 403:
        return TryLater(
            f"{NAME}'s gateway refused the call (status 403).",
            code="403",
            trace_id=trace_id,
            retry_after=seconds_asked(reply),
            whole_connection=True,
        )
    if status == 404:
        return RemoteGone(
            f"It does not stand in {NAME} any more.",
            "Decide whether it is to be created anew.",
            "404",
            trace_id,
        )
    if status == 400 and field(said, "Elements") is not None:
        if len(request.members) > 1:
            # Only the bad ones are named, and whether the good ones stand is not.
            return unclear(request, words, "400", trace_id)
        return refusal_of(said, trace_id)
    if status in (400, 406, 413, 415, 501) and request.writes:
        return CallRefused(words, REPORT, str(field(said, "ErrorNumber") or status), trace_id)
    trouble = unclear(request, words, str(status), trace_id)
    if isinstance(trouble, TryLater):
        trouble.retry_after = seconds_asked(reply)
        trouble.whole_connection = status >= 500
    return trouble


def _throttled(reply: Reply, trace_id: str) -> TryLater:
    """An answer to a replay that was throttled tells nothing of the first call: limits are counted
    before keys are looked at."""
    problem = reply.headers.get("x-rate-limit-problem", "").strip().lower()
    return TryLater(
        f"{NAME} limits how often it may be called{f' ({problem})' if problem else ''}.",
        "Tieout goes on by itself.",
        "429",
        trace_id,
        retry_after=seconds_asked(reply) or PAUSES.get(problem, 60.0),
        whole_connection=True,
    )


def _words(said: Mapping[str, Any], status: int) -> str:
    found = messages_in(said)
    if not found:
        found = [
            str(each) for name in ("Detail", "Message", "Title") if (each := field(said, name))
        ][:1]
    return "; ".join(found) or f"{NAME} answered with status {status}."


def unclear(request: Request, sentence: str, code: str, trace_id: str) -> ConnectorError:
    if request.writes:
        return OutcomeUnknown(sentence, LOOK_AGAIN, code, trace_id)
    return TryLater(sentence, code=code, trace_id=trace_id)


def seconds_asked(reply: Reply) -> float | None:
    said = whole(reply.headers.get("retry-after", "").strip()[:9])
    return None if said is None else float(said)
