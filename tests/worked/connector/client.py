"""Composes requests to one organisation and reads its answers."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Fate, Purpose, Reply, Request
from tests.worked.connector.capabilities import NAME
from tests.worked.connector.wire import Json, dump, money

CONTENT = "application/vnd.worked+json"
ORGANISATION, CONDITION = "X-Organisation", "If-Match"
STOOD = "stood"  # in the evidence: how much was set against the invoice before
PAGE = 50  # most objects of one list
LOOK_AGAIN = "Tieout looks up whether it arrived before it sends again."
RECONNECT = f"Connect {NAME} again."
REPORT = "Show this sentence to whoever looks after Tieout: it sent what cannot be understood."
REMEDIES = {
    "sums": REPORT,
    "too_great": REPORT,
    "sent_already": "Take it back here and issue another, or change it there.",
    "settled": "Un-apply what is set against it first.",
    "not_open": f"Look in {NAME} at what is already set against it.",
    "in_use": "Take back first what names it.",
    "void": "Void it here too, or issue it again under a new number.",
    "cancelled": "Cancel it here too, and enter it again if it is right.",
    "other_contact": "Settle only what is of one customer.",
    "other_currency": "Settle only what is in one currency.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Write:
    """One call that changes something there.

    `version`: it is done to this version alone. `stood`: how much of an allocation stood before it
    left; it is kept with the call as evidence and is what a lost answer is settled by, since an
    allocation has neither id nor mark.
    """

    method: str
    path: str
    fields: Json | None = None
    version: str = ""
    stood: Decimal | None = None


class Calls:
    """The requests to one organisation."""

    def __init__(self, organisation: str) -> None:
        self.organisation = organisation

    def get(
        self, path: str, purpose: Purpose = Purpose.READS, **query: str | int | None
    ) -> Request:
        asked = tuple((name, str(value)) for name, value in query.items() if value is not None)
        return Request(
            method="GET",
            path=path,
            query=asked,
            headers=((ORGANISATION, self.organisation),),
            purpose=purpose,
        )

    def write(self, write: Write, ref: int, purpose: Purpose) -> Request:
        headers = [(ORGANISATION, self.organisation)]
        if write.version:
            headers.append((CONDITION, write.version))
        return Request(
            method=write.method,
            path=write.path,
            headers=tuple(headers),
            body=b"" if write.fields is None else dump(write.fields),
            content_type=CONTENT,
            purpose=purpose,
            members=(ref,),
            writes=True,
            evidence="" if write.stood is None else dump({STOOD: money(write.stood)}).decode(),
        )


# --- What a stored request was ----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A write as it left: "receipt", "12", "allocations", "7" of DELETE /receipts/12/allocations/7."""

    method: str
    kind: str
    remote_id: str
    act: str
    target: str
    fields: Mapping[str, Any]
    version: str
    stood: str


_PATH = re.compile(r"/(\w+)s(?:/(\w+)(?:/(\w+)(?:/(\w+))?)?)?")


def asked_by(request: Request) -> Asked:
    """Raises ValueError where it is no request of this connector."""
    found = _PATH.fullmatch(request.path)
    if found is None:
        raise ValueError(f"{request.method} {request.path} is no write of {NAME}")
    kind, remote_id, act, target = (each or "" for each in found.groups())
    headers = dict(request.headers)
    return Asked(
        method=request.method,
        kind=kind,
        remote_id=remote_id,
        act=act,
        target=target,
        fields=json.loads(request.body) if request.body else {},
        version=headers.get(CONDITION, ""),
        stood=json.loads(request.evidence)[STOOD] if request.evidence else "",
    )


# --- Answers ----------------------------------------------------------------------------------


def content_of(request: Request, reply: Reply) -> Mapping[str, Any]:
    """The JSON of a good answer; raises what the reply means otherwise.

    Of a write, only what their books themselves say is believed to be a refusal: an error without
    their code (a page of a gateway), half a body and a 5xx leave the outcome unknown.
    """
    trace_id = reply.headers.get("x-request", "")
    if reply.fate is Fate.UNSENT:
        raise TryLater(
            f"{NAME} could not be reached ({reply.problem}).",
            "Tieout goes on by itself.",
            whole_connection=True,
        )
    if reply.fate is Fate.LOST:
        raise _unclear(request, f"{NAME}'s answer was lost ({reply.problem}).", "", trace_id)
    content = _json(reply.body)
    if 200 <= reply.status < 300:
        if content is not None:
            return content
        if reply.status == 204 and not reply.body:
            return {}
        raise _unclear(request, f"{NAME}'s answer could not be read.", "", trace_id)
    raise _error_of(request, reply, content or {}, trace_id)


def _json(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _error_of(
    request: Request, reply: Reply, said: Mapping[str, Any], trace_id: str
) -> ConnectorError:
    status = reply.status
    code = said.get("error")
    code = code if isinstance(code, str) else ""
    words = _words(said, status)
    if status == 401 or code == "unknown_organisation":
        # Of the organisation, not of what was asked for: nothing is gone there.
        return ConnectionLost(words, RECONNECT, code or "401", trace_id)
    if status == 429:
        return TryLater(
            f"{NAME} limits how often it may be called.",
            "Tieout goes on by itself.",
            code or "429",
            trace_id,
            retry_after=_seconds(reply) or 60.0,
            whole_connection=True,
        )
    if not code or status >= 500 or status < 400:
        trouble = _unclear(request, words, code or str(status), trace_id)
        if isinstance(trouble, TryLater):
            trouble.whole_connection = status >= 500
            trouble.retry_after = _seconds(reply)
        return trouble
    if status == 404:
        return RemoteGone(
            f"It does not stand in {NAME} any more.",
            "Decide whether it is to be created anew.",
            code,
            trace_id,
        )
    if status == 412:
        return RemoteIsNewer(
            words, "Tieout reads it again and compares before it sends.", code, trace_id
        )
    return RecordRefused(words, _remedy(code), code, trace_id)


def _remedy(code: str) -> str:
    if code.startswith("unknown_"):
        return f"See what became in {NAME} of what it names."
    return REMEDIES.get(code, REPORT)


def _words(said: Mapping[str, Any], status: int) -> str:
    message, field = said.get("message"), said.get("field")
    words = str(message) if message else f"{NAME} answered with status {status}."
    return f"{words} ({field})" if field and str(field) not in words else words


def _unclear(request: Request, sentence: str, code: str, trace_id: str) -> ConnectorError:
    if request.writes:
        return OutcomeUnknown(sentence, LOOK_AGAIN, code, trace_id)
    return TryLater(sentence, code=code, trace_id=trace_id)


def _seconds(reply: Reply) -> float | None:
    said = reply.headers.get("retry-after", "").strip()
    return float(said) if said.isdigit() else None
