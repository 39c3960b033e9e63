"""Composes requests to one account and reads its answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    TryLater,
)
from apps.connectors.freshbooks.capabilities import NAME
from apps.connectors.freshbooks.faults import CONFLICT, RECONNECT, faults_in, meaning
from apps.connectors.freshbooks.wire import Json, Raw, dump
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.core.numbers import whole

# No version is named: a newer one changes the shape of errors, both of which are read.
HEADERS = (("Accept", "application/json"),)
PAGE = 100  # most of a list; more is cut to it without a word
LOOK_AGAIN = "Tieout looks up whether it arrived before it sends again."
GOES_ON = "Tieout goes on by itself."

CLIENT, ITEM, TAX = "client", "item", "tax"
INVOICE, PAYMENT, CREDIT = "invoice", "payment", "credit_note"
PATHS = {
    CLIENT: "users/clients",
    ITEM: "items/items",
    TAX: "taxes/taxes",
    INVOICE: "invoices/invoices",
    PAYMENT: "payments/payments",
    CREDIT: "credit_notes/credit_notes",
}
LIST = {
    CLIENT: "clients",
    ITEM: "items",
    TAX: "taxes",
    INVOICE: "invoices",
    PAYMENT: "payments",
    CREDIT: "credit_notes",
}
WITH_LINES = (INVOICE, CREDIT)  # whose lines are absent unless asked for
Query = Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A good answer. `at`: their time of it, where they tell one."""

    said: Any  # what stands in `response`, and in its `result` where there is one
    at: datetime | None = None

    def one(self, kind: str) -> Raw | None:
        found = self.said.get(kind) if isinstance(self.said, Mapping) else None
        return found if isinstance(found, Mapping) else None

    def rows(self, kind: str) -> list[Raw]:
        """Raises TryLater where there is no such list: it is not an empty one."""
        listed = self.said.get(LIST[kind]) if isinstance(self.said, Mapping) else None
        if not isinstance(listed, list):
            raise TryLater(f"{NAME}'s answer has no list of {LIST[kind]}.")
        return [each for each in listed if isinstance(each, Mapping)]

    def number(self, name: str) -> int | None:
        value = self.said.get(name) if isinstance(self.said, Mapping) else None
        return value if isinstance(value, int) and not isinstance(value, bool) else None


class Calls:
    """The requests to one account."""

    def __init__(self, account: str) -> None:
        self.account = account
        self.base = f"/accounting/account/{account}"

    def get(
        self, kind: str, remote_id: str = "", query: Query = (), purpose: Purpose = Purpose.READS
    ) -> Request:
        path = f"{self.base}/{PATHS[kind]}" + (f"/{remote_id}" if remote_id else "")
        return Request(
            method="GET",
            path=path,
            query=(*query, *_lines_of(kind)),
            headers=HEADERS,
            purpose=purpose,
        )

    def page(self, kind: str, page: int, query: Query, purpose: Purpose = Purpose.READS) -> Request:
        paged = (("page", str(page)), ("per_page", str(PAGE)))
        return self.get(kind, "", (*query, *paged), purpose)

    def report(self, name: str, query: Query) -> Request:
        """The keys are flat: days inside `search[…]` are ignored, and today is answered."""
        return Request(
            method="GET",
            path=f"{self.base}/reports/accounting/{name}",
            query=tuple(query),
            headers=HEADERS,
            purpose=Purpose.PROOF,
        )

    def write(
        self,
        kind: str,
        remote_id: str,
        fields: Json,
        *,
        ref: int | None,
        purpose: Purpose,
        base: str = "",
    ) -> Request:
        """A creation, or the change of an object; `ref` of the push, None of what is none. `base` is the version that a change is based on:
        there is no lock, so it settles a lost answer and is sent to nobody."""
        path = f"{self.base}/{PATHS[kind]}" + (f"/{remote_id}" if remote_id else "")
        return Request(
            method="PUT" if remote_id else "POST",
            path=path,
            query=_lines_of(kind),
            headers=HEADERS,
            body=dump({kind: fields}),
            purpose=purpose,
            members=() if ref is None else (ref,),
            writes=True,
            evidence=dump({"base": base}).decode() if base else "",
        )


def _lines_of(kind: str) -> tuple[tuple[str, str], ...]:
    return (("include[]", "lines"),) if kind in WITH_LINES else ()


# --- What a stored request was ----------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A write as it left."""

    kind: str
    remote_id: str  # "" of a creation
    fields: Raw
    base: str


def asked_by(request: Request) -> Asked:
    """Raises ValueError where it is no write of this connector."""
    for kind, path in PATHS.items():
        head, found, tail = request.path.partition(f"/{path}")
        if found and head.startswith("/accounting/account/"):
            return Asked(
                kind=kind,
                remote_id=tail.strip("/"),
                fields=json.loads(request.body)[kind],
                base=json.loads(request.evidence)["base"] if request.evidence else "",
            )
    raise ValueError(f"{request.method} {request.path} is no write of {NAME}")


# --- Answers ----------------------------------------------------------------------------------


def read_answer(request: Request, reply: Reply) -> Answer:
    """What a good answer says; raises what the reply means otherwise.

    The body decides: errors come under HTTP 200 too. Of a write, only what their books themselves
    say by a number of theirs is believed to be a refusal.
    """
    if reply.fate is Fate.UNSENT:
        raise TryLater(
            f"{NAME} could not be reached ({reply.problem}).", GOES_ON, whole_connection=True
        )
    if reply.fate is Fate.LOST:
        raise unclear(request, f"{NAME}'s answer was lost ({reply.problem}).")
    if reply.status == 429:
        raise _throttled(reply)
    said = _json(reply.body)
    if said is None:
        raise _unread(request, reply)
    faults = faults_in(said)
    if faults or not 200 <= reply.status < 300:
        raise _error_of(request, reply, said)
    response = said.get("response")
    if not isinstance(response, Mapping):
        if "data" in said:  # the newer resources have no envelope
            return Answer(said=said, at=_at(reply))
        raise unclear(request, f"{NAME}'s answer could not be read.", str(reply.status))
    return Answer(said=response.get("result", response), at=_at(reply))


def _json(body: bytes) -> Mapping[str, Any] | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, Mapping) else None


def _at(reply: Reply) -> datetime | None:
    try:
        return parsedate_to_datetime(reply.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        return None


def refuses_status(reply: Reply) -> bool:
    """Whether what they refuse is the status that a document was to be made with."""
    return any(each.field == "status" for each in faults_in(_json(reply.body)))


def _throttled(reply: Reply) -> TryLater:
    return TryLater(
        f"{NAME} limits how often it may be called.",
        GOES_ON,
        "429",
        retry_after=seconds_asked(reply) or 60.0,
        whole_connection=True,
    )


def _unread(request: Request, reply: Reply) -> ConnectorError:
    """No JSON: a gateway's page, half a body, nothing."""
    if reply.status == 401:
        return ConnectionLost(f"{NAME} does not let Tieout in.", RECONNECT, "401")
    trouble = unclear(request, f"{NAME}'s answer could not be read.", str(reply.status))
    return _with_pause(trouble, reply)


def _error_of(request: Request, reply: Reply, said: Mapping[str, Any]) -> ConnectorError:
    faults = faults_in(said)
    if not faults or reply.status >= 500:
        words = faults[0].words if faults else f"{NAME} answered with status {reply.status}."
        if reply.status == 401:
            return ConnectionLost(words, RECONNECT, "401")
        return _with_pause(unclear(request, words, str(reply.status)), reply)
    first = faults[0]
    if first.errno == 429:
        return _throttled(reply)
    creates = request.writes and request.method == "POST"
    if first.errno == CONFLICT or reply.status == 409:
        # Somebody else writes at the same time. Of what is made nobody says whether it was.
        if creates:
            return unclear(request, first.words, "409")
        return TryLater(first.words, GOES_ON, "409", retry_after=5.0)
    words = "; ".join(dict.fromkeys(each.words for each in faults))
    found = meaning(first, creates=creates, status=reply.status)
    if found is None:
        return _with_pause(unclear(request, words, str(first.errno or reply.status)), reply)
    if len(faults) > 1 and type(found).__name__ == "RecordRefused":
        found.sentence = words
    return found


def _with_pause(trouble: ConnectorError, reply: Reply) -> ConnectorError:
    if isinstance(trouble, TryLater):
        trouble.retry_after = seconds_asked(reply)
        trouble.whole_connection = reply.status >= 500
    return trouble


def unclear(request: Request, sentence: str, code: str = "") -> ConnectorError:
    if request.writes:
        return OutcomeUnknown(sentence, LOOK_AGAIN, code)
    return TryLater(sentence, GOES_ON, code)


def seconds_asked(reply: Reply) -> float | None:
    said = whole(reply.headers.get("retry-after", "").strip()[:9])
    return None if said is None else float(said)
