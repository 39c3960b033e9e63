"""Composes requests to one QuickBooks company and reads its answers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from apps.connectors.errors import ConnectionLost, ConnectorError, OutcomeUnknown, TryLater
from apps.connectors.limits import READ
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.connectors.quickbooks.faults import RECONNECT, Fault, error_of, faults_of, read_body
from apps.connectors.quickbooks.wire import Json, dump
from apps.core.numbers import whole

# Everything is answered as 75 since August 2025; naming it keeps later breaking changes out.
MINOR_VERSION = ("minorversion", "75")
BATCH = 30  # items of one batch: Intuit's documentation of 2023 and its .NET SDK
PAGE = 1000  # most rows of one query
LOOK_AGAIN = "Tieout looks up whether it arrived before it sends again."

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One write of a batch. `ref` is the push it carries."""

    ref: int
    entity: str
    operation: str  # create or update
    body: Json
    options: str = ""  # "void"


def batch_id(ref: int) -> str:
    """A bId of at most 10 characters, as a batch with a request id demands (base 36)."""
    found = ""
    while ref:
        ref, digit = divmod(ref, len(_DIGITS))
        found = _DIGITS[digit] + found
    return found or "0"


class Books:
    """The addresses of one company."""

    def __init__(self, company_id: str) -> None:
        self.company_id = company_id
        self.base = f"/v3/company/{company_id}"

    def batch(self, items: Sequence[Item], *, key: str, purpose: Purpose) -> Request:
        """Up to 30 writes in one call; `key` (at most 36 characters) makes it repeatable."""
        return Request(
            method="POST",
            path=f"{self.base}/batch",
            query=(MINOR_VERSION, ("requestid", key)),
            body=dump({"BatchItemRequest": [_as_json(item) for item in items]}),
            purpose=purpose,
            key=key,
            members=tuple(item.ref for item in items),
            cost={"batch": 1},
            writes=True,
        )

    def create(self, entity: str, body: Json, *, key: str, purpose: Purpose) -> Request:
        """One object by a call of its own, repeatable under its key; it is of no push."""
        return Request(
            method="POST",
            path=f"{self.base}/{entity.lower()}",
            query=(MINOR_VERSION, ("requestid", key)),
            body=dump(body),
            purpose=purpose,
            key=key,
            writes=True,
        )

    def queries(self, statements: Sequence[str], purpose: Purpose) -> Request:
        """Up to 30 statements in one call; `answers_to` takes the answers apart."""
        items = [
            {"bId": str(place), "Query": statement} for place, statement in enumerate(statements)
        ]
        return Request(
            method="POST",
            path=f"{self.base}/batch",
            query=(MINOR_VERSION,),
            body=dump({"BatchItemRequest": items}),
            purpose=purpose,
            # Each statement is metered as a call of its own.
            cost={"batch": 1, READ: len(items)},
        )

    def query(self, statement: str, purpose: Purpose) -> Request:
        """A statement of their query language, in the body: a list of numbers outgrows a URL."""
        return Request(
            method="POST",
            path=f"{self.base}/query",
            query=(MINOR_VERSION,),
            body=statement.encode(),
            content_type="application/text",
            purpose=purpose,
        )

    def get(
        self, path: str, purpose: Purpose, parameters: Iterable[tuple[str, str]] = ()
    ) -> Request:
        return Request(
            method="GET",
            path=f"{self.base}/{path}",
            query=(*parameters, MINOR_VERSION),
            purpose=purpose,
        )


def _as_json(item: Item) -> Json:
    head: Json = {"bId": batch_id(item.ref), "operation": item.operation}
    if item.options:
        head["optionsData"] = item.options
    return {**head, item.entity: item.body}


# --- The query language -----------------------------------------------------------------------


def quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def one_of(values: Iterable[str]) -> str:
    return f"({', '.join(quoted(value) for value in values)})"


def versions(entity: str, conditions: Sequence[str], start: int, most: int) -> str:
    """Ids and versions alone, by place in the order of ids: the first is 1."""
    order = f" ORDERBY Id STARTPOSITION {start} MAXRESULTS {most}"
    return f"SELECT Id, SyncToken FROM {entity}{_where(conditions)}{order}"  # noqa: S608 - their query language; values are escaped


def select(entity: str, conditions: Sequence[str] = (), *, ordered: bool = True) -> str:
    # An item's Sku is left out of `*`.
    fields = "*, Sku" if entity == "Item" else "*"
    order = " ORDERBY Id" if ordered else ""
    # Not SQL, and every value in a condition is quoted.
    return f"SELECT {fields} FROM {entity}{_where(conditions)}{order} MAXRESULTS {PAGE}"  # noqa: S608 - their query language; values are escaped


def count(entity: str, conditions: Sequence[str] = ()) -> str:
    return f"SELECT COUNT(*) FROM {entity}{_where(conditions)}"  # noqa: S608 - their query language; values are escaped


def first_day(entity: str, *, after: date | None = None, last: bool = False) -> str:
    """The day of the first of all that is dated there, or after a day; or of the last."""
    conditions = [f"TxnDate > {quoted(after.isoformat())}"] if after else []
    order = " ORDERBY TxnDate DESC MAXRESULTS 1" if last else " ORDERBY TxnDate MAXRESULTS 1"
    return f"SELECT TxnDate FROM {entity}{_where(conditions)}{order}"  # noqa: S608 - their query language; values are escaped


def _where(conditions: Sequence[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""


# --- Answers ----------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A whole answer without a fault of the call itself."""

    content: Mapping[str, Any]
    trace_id: str


def read_answer(request: Request, reply: Reply) -> Answer:
    """The JSON of a good answer.

    Raises what the reply means otherwise. For a write, whatever does not say that it was refused
    leaves its outcome unknown: a gateway's page, half a body, an empty one, a 5xx after the commit.
    """
    trace_id = reply.headers.get("intuit_tid", "")
    if reply.fate is Fate.UNSENT:
        raise TryLater(
            f"QuickBooks could not be reached ({reply.problem}).",
            "Tieout goes on by itself.",
            whole_connection=True,
        )
    if reply.fate is Fate.LOST:
        raise _unclear(request, f"QuickBooks' answer was lost ({reply.problem}).", trace_id)
    content, faults = read_body(reply.body)
    if faults:
        raise _fault_error(request, reply, faults, trace_id)
    if reply.status == 200:
        if not isinstance(content, Mapping) or not content:
            raise _unclear(request, "QuickBooks' answer could not be read.", trace_id)
        return Answer(content=content, trace_id=trace_id)
    raise _status_error(request, reply, trace_id)


def _fault_error(
    request: Request, reply: Reply, faults: list[Fault], trace_id: str
) -> ConnectorError:
    found = error_of(
        faults,
        writes=request.writes,
        trace_id=trace_id,
        retry_after=retry_after(reply),
    )
    if reply.status == 401:
        return ConnectionLost(found.sentence, RECONNECT, found.code, trace_id)
    if reply.status == 429 and not isinstance(found, TryLater):
        return _throttled(reply, trace_id)
    # What a server says while it fails is no proof that it did not commit.
    if reply.status >= 500 and request.writes:
        return OutcomeUnknown(found.sentence, LOOK_AGAIN, found.code, trace_id)
    return found


def _status_error(request: Request, reply: Reply, trace_id: str) -> ConnectorError:
    if reply.status == 401:
        return ConnectionLost(
            "QuickBooks does not accept Tieout's authorisation any more.",
            RECONNECT,
            "401",
            trace_id,
        )
    if reply.status == 429:
        return _throttled(reply, trace_id)
    if reply.status == 403:
        # Refused at the gate, before anything was executed.
        return TryLater(
            "QuickBooks' gateway refused the call (status 403).",
            code="403",
            trace_id=trace_id,
            retry_after=retry_after(reply),
            whole_connection=True,
        )
    found = _unclear(request, f"QuickBooks answered with status {reply.status}.", trace_id)
    found.code = str(reply.status)
    if isinstance(found, TryLater):
        found.retry_after = retry_after(reply)
        found.whole_connection = reply.status >= 500
    return found


def _throttled(reply: Reply, trace_id: str) -> TryLater:
    return TryLater(
        "QuickBooks limits how often it may be called.",
        "Tieout goes on by itself.",
        "429",
        trace_id,
        retry_after=retry_after(reply) or 60.0,
        whole_connection=True,
    )


def _unclear(request: Request, sentence: str, trace_id: str) -> ConnectorError:
    if request.writes:
        return OutcomeUnknown(sentence, LOOK_AGAIN, trace_id=trace_id)
    return TryLater(sentence, trace_id=trace_id)


def retry_after(reply: Reply) -> float | None:
    """Seconds that they ask us to wait; a date in that header is not believed."""
    said = whole(reply.headers.get("retry-after", "").strip()[:9])
    return None if said is None else float(said)


def batch_answers(answer: Answer) -> dict[str, Mapping[str, Any] | None]:
    """bId → its answer, in whatever order they came; None where one id was answered twice."""
    found: dict[str, Mapping[str, Any] | None] = {}
    listed = answer.content.get("BatchItemResponse")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, Mapping):
            name = str(each.get("bId"))
            found[name] = None if name in found else each
    return found


def answers_to(answer: Answer, number: int) -> list[Answer]:
    """The answers to the statements of one batch, in their order, each of the time of the whole.

    Raises TryLater where one is missing, doubled or a fault.
    """
    found = batch_answers(answer)
    each = [found.get(str(place)) for place in range(number)]
    if any(one is None or faults_of(one) for one in each):
        raise TryLater("QuickBooks did not answer every query.", trace_id=answer.trace_id)
    at = {"time": answer.content["time"]} if "time" in answer.content else {}
    return [Answer(content={**at, **(one or {})}, trace_id=answer.trace_id) for one in each]


def rows(answer: Answer, entity: str) -> list[Mapping[str, Any]]:
    """The rows of a query's answer; an empty answer has no key for them."""
    response = answer.content.get("QueryResponse")
    if not isinstance(response, Mapping):
        raise TryLater("QuickBooks' answer to a query could not be read.", trace_id=answer.trace_id)
    found = response.get(entity, [])
    if not isinstance(found, list):
        raise TryLater("QuickBooks' answer to a query could not be read.", trace_id=answer.trace_id)
    return [each for each in found if isinstance(each, Mapping)]


def total(answer: Answer) -> int:
    response = answer.content.get("QueryResponse")
    found = response.get("totalCount") if isinstance(response, Mapping) else None
    if not isinstance(found, int):
        raise TryLater("QuickBooks did not say how many there are.", trace_id=answer.trace_id)
    return found


def item_fault(item: Mapping[str, Any], trace_id: str) -> ConnectorError | None:
    """The error of one answer within a batch."""
    faults = faults_of(item)
    if not faults:
        return None
    return error_of(faults, writes=True, trace_id=trace_id, of_one_record=True)
