"""Carry out one call that was let in, and keep its answer where it carries a request id."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..clock import microseconds
from ..models import Replay
from ..traffic import Traffic
from . import batch, cdc, faults, files, operations, query_run, reports, uploads, wire
from .book import Book, reading, writing
from .entities.company import SINGLETONS
from .entities.currency import read_rate, set_rate
from .entities.tax import tax_service
from .faults import Refused
from .kinds import Options
from .sending import pdf, send

LONGEST_REQUEST_ID = 50
# A void of these is answered as a success, and nothing is done: seen in live runs.
SILENTLY_NOT_VOIDED = ("JournalEntry",)


@dataclass
class Call:
    """What was asked: `endpoint` is the first path segment, `rest` what follows it."""

    method: str
    realm: str
    endpoint: str
    rest: list[str]
    params: dict[str, str]
    body: bytes
    content_type: str = ""
    parsed: Any = None

    def json(self) -> Any:
        """The body as JSON; 2010 for what is none."""
        if self.parsed is None:
            try:
                self.parsed = wire.decode(self.body)
            except ValueError:
                raise Refused("2110", "The request body is not valid JSON.") from None
        return self.parsed

    def batch_size(self) -> int:
        """How many items a batch carries; 0 for any other call and for what cannot be read."""
        if self.endpoint != "batch":
            return 0
        try:
            return len(self.json().get("BatchItemRequest", ()))
        except (Refused, AttributeError, TypeError):
            return 0

    def fingerprint(self) -> str:
        """What a request id stands for: the same id with anything else is refused."""
        options = {k: v for k, v in self.params.items() if k not in ("requestid", "minorversion")}
        said = json.dumps([self.method, self.endpoint, self.rest, sorted(options.items())]).encode()
        return hashlib.sha256(said + b"\n" + self.body).hexdigest()

    def statement(self) -> str:
        """The query: a parameter, else the body."""
        return self.params.get("query") or self.body.decode(errors="replace")


@dataclass
class Reply:
    """An answer; its text lacks the closing `time` unless it is complete."""

    status: int
    text: str
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    complete: bool = False
    lost: bool = False
    note: str = ""
    raw: bytes | None = None


@dataclass
class Tampering:
    """What a test armed for the items of a batch, by position."""

    item_faults: dict[int, str] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    reordered: bool = False
    swapped: set[int] = field(default_factory=set)  # with the next one: each bears the other's bId

    def apply(self, answers: list[str]) -> list[str]:
        for position in self.swapped:
            (one, its), (other, ids) = map(_apart, answers[position : position + 2])
            answers = [*answers[:position], one + ids, other + its, *answers[position + 2 :]]
        out: list[str] = []
        for position, answer in enumerate(answers):
            if position not in self.missing:
                out.extend([answer] * (2 if position in self.doubled else 1))
        return out[::-1] if self.reordered else out


def _apart(answer: str) -> tuple[str, str]:
    """An answer of a batch, and the bId that ends it."""
    body, mark, its = answer.rpartition(',"bId":')
    return body, mark + its


def execute(call: Call, tampering: Tampering, traffic: Traffic) -> Reply:
    """Answer a call; faults are answers too."""
    try:
        request_id = call.params.get("requestid", "")
        if request_id and call.method == "POST":
            return _once(call, request_id, tampering, traffic)
        return _dispatch(call, tampering)
    except Refused as refused:
        return Reply(status=refused.status, text=f'{{"Fault":{wire.encode(refused.fault())}')


def _once(call: Call, request_id: str, tampering: Tampering, traffic: Traffic) -> Reply:
    """Execute under a request id, or give again the answer that was given under it.

    Kept with the write itself, in one transaction; a refusal executed nothing and is not kept.
    """
    if len(request_id) > LONGEST_REQUEST_ID:
        raise Refused("2050", f"requestid may have {LONGEST_REQUEST_ID} characters", "requestid")
    if call.endpoint == "batch":
        _check_batch_key(call, request_id)
    with writing(call.realm) as book:
        kept = Replay.objects.filter(realm=call.realm, request_id=request_id).first()
        if kept is not None:
            if kept.fingerprint != call.fingerprint():
                raise Refused("600", "The request id was already used with another request.")
            with traffic.lock:
                traffic.replays += 1
            return Reply(status=kept.status, text=kept.answer)
        reply = _write(book, call, tampering)
        Replay.objects.create(
            realm=call.realm,
            request_id=request_id,
            fingerprint=call.fingerprint(),
            status=reply.status,
            answer=reply.text,
            created_us=microseconds(book.now),
        )
        return reply


def _check_batch_key(call: Call, request_id: str) -> None:
    if len(request_id) > batch.LONGEST_KEY:
        raise Refused(
            "2050", f"A batch's requestid may have {batch.LONGEST_KEY} characters", "requestid"
        )
    for item in batch.items_of(call.json()):
        if len(str(item.get("bId", ""))) > batch.LONGEST_ITEM_ID_WITH_KEY:
            raise Refused(
                "2050",
                f"With a requestid a bId may have {batch.LONGEST_ITEM_ID_WITH_KEY} characters",
                "bId",
            )


def _dispatch(call: Call, tampering: Tampering) -> Reply:
    reader = READERS.get(call.endpoint)
    if reader is not None:
        return reader(reading(call.realm), call)
    if call.method == "GET" and call.endpoint == "exchangerate":
        return _exchange_rate(reading(call.realm), call)
    if call.method == "GET":
        return _read(reading(call.realm), call)
    with writing(call.realm) as book:
        return _write(book, call, tampering)


def _write(book: Book, call: Call, tampering: Tampering) -> Reply:
    if call.method != "POST":
        raise Refused("500", f"Operation {call.method} is not supported.")
    if call.endpoint == "batch":
        items = batch.items_of(call.json())
        answers = tampering.apply(batch.run(book, items, tampering.item_faults))
        return Reply(status=200, text=f'{{"BatchItemResponse":[{",".join(answers)}]')
    if call.endpoint in WRITERS:
        return WRITERS[call.endpoint](book, call)
    if call.rest[1:] == ["send"]:
        kind = operations.kind_at_path(call.endpoint)
        return _one(
            book, kind.name, send(book, kind, call.rest[0], call.params.get("sendto", "")).body
        )
    return _single(book, call)


def _single(book: Book, call: Call) -> Reply:
    kind = operations.kind_at_path(call.endpoint)
    sent = call.json()
    if not isinstance(sent, dict):
        raise Refused("2010", "The request body must be an object.")
    include = frozenset(part for part in call.params.get("include", "").lower().split(",") if part)
    operation = call.params.get("operation", "").lower() or "update"
    if operation not in ("create", "update", "delete", "void"):
        raise Refused("500", f"Operation {operation} is not supported.")
    silent = kind.name in SILENTLY_NOT_VOIDED
    if operation == "void" and kind.void_by != "operation" and not silent:
        raise Refused("500", "Operation void is not supported.")
    if operation == "update" and "void" in include:
        operation = "void"
    if operation == "void" and kind.name in SILENTLY_NOT_VOIDED:
        return Reply(status=200, text='{"BatchItemResponse":[]')
    stored = operations.perform(book, kind, operation, sent, Options(include=include))
    if operation == "delete":
        return _one(book, kind.name, wire.encode(operations.tombstone(stored)))
    if kind.enrich:
        kind.enrich(book, [stored])
        return _one(book, kind.name, wire.encode(stored.content))
    return _one(book, kind.name, stored.body)


def _read(book: Book, call: Call) -> Reply:
    kind = operations.kind_at_path(call.endpoint)
    if kind.name in SINGLETONS:
        return _one(book, kind.name, wire.encode(SINGLETONS[kind.name](book)))
    if not call.rest:
        raise faults.missing("Id")
    if call.rest[1:] == ["pdf"]:
        page = pdf(book, operations.read(book, kind, call.rest[0]))
        return Reply(status=200, text="", content_type="application/pdf", raw=page, complete=True)
    return _one(book, kind.name, wire.encode(operations.read(book, kind, call.rest[0]).content))


def _one(book: Book, name: str, text: str) -> Reply:
    return Reply(status=200, text=f'{{"{name}":{text}')


def _query(book: Book, call: Call) -> Reply:
    return Reply(status=200, text=f'{{"QueryResponse":{query_run.run(book, call.statement())}')


def _cdc(book: Book, call: Call) -> Reply:
    found = cdc.run(book, call.params.get("entities", ""), call.params.get("changedsince", ""))
    return Reply(status=200, text=f'{{"CDCResponse":[{found}]')


def _report(book: Book, call: Call) -> Reply:
    report = reports.run(book, "/".join(call.rest), call.params)
    return Reply(status=200, text=wire.encode(report), complete=True)


def _tax_service(book: Book, call: Call) -> Reply:
    """The one answer without an envelope: neither the entity's name nor the time around it."""
    if call.rest != ["taxcode"]:
        raise Refused("500", "Operation is not supported.")
    made = tax_service(book, call.json())
    return Reply(status=200, text=wire.encode(made), complete=True)


def _set_rate(book: Book, call: Call) -> Reply:
    return _one(book, "ExchangeRate", wire.encode(set_rate(book, call.json())))


def _exchange_rate(book: Book, call: Call) -> Reply:
    params = call.params
    found = read_rate(book, params.get("sourcecurrencycode", ""), params.get("asofdate", ""))
    return _one(book, "ExchangeRate", wire.encode(found))


def _upload(book: Book, call: Call) -> Reply:
    answers = uploads.upload(book, call.content_type, call.body)
    return Reply(status=200, text=f'{{"AttachableResponse":[{",".join(answers)}]')


def _download(book: Book, call: Call) -> Reply:
    """A text of one line: where the file lies, for a quarter of an hour."""
    if call.method != "GET":
        raise Refused("500", f"Operation {call.method} is not supported.")
    if len(call.rest) != 1:
        raise faults.missing("Id")
    address = files.download(book, call.rest[0])
    return Reply(status=200, text=address, content_type="text/plain", complete=True)


WRITERS: dict[str, Callable[[Book, Call], Reply]] = {
    "taxservice": _tax_service,
    "exchangerate": _set_rate,
    "upload": _upload,
}
READERS: dict[str, Callable[[Book, Call], Reply]] = {
    "query": _query,
    "cdc": _cdc,
    "reports": _report,
    "download": _download,
}
