"""The simulated service behind its doors: requests, faults, the log, and the controls."""

import copy
import itertools
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from . import faults, paths
from .clock import Clock
from .gate import Gate, Member
from .values import Refused, currency, text, written

MEDIA = "application/vnd.worked+json"
OURS = {"x-session", "host", "connection", "content-length", "accept-encoding"}


class Lost(Exception):
    """The connection is closed, and nobody is told a thing."""


@dataclass
class Request:
    """A request as it came over the wire."""

    method: str
    address: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())

    @property
    def line(self) -> str:
        return f"{self.method} {self.address}"

    @property
    def path(self) -> str:
        return self.address.partition("?")[0]


@dataclass
class Answer:
    """Status, content (None where there is no body) and the headers that it bears beside."""

    status: int
    content: Any
    headers: dict[str, str] = field(default_factory=dict)


def parsed(request: Request, media: str | None = MEDIA) -> Any:
    """The JSON of a body, None where there is none; 415 and 400 as the page says."""
    if not request.body:
        return None
    said = (request.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media is not None and said != media:
        raise Refused(415, "content_type", f"Requests are {media}.")
    try:
        return json.loads(request.body.decode())
    except ValueError as wrong:
        raise Refused(400, "not_understood", f"This is no JSON in UTF-8: {wrong}.") from wrong


class Simulation:
    """Everything but the sockets. One lock for all: whoever executes, executes alone."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clock = Clock()
        self.gate = Gate(self.clock)
        self.armed: list[faults.Fault] = []
        self.asked: list[dict[str, Any]] = []
        self.numbers = itertools.count(1)

    # --- requests of programs --------------------------------------------------------------------
    def answer(self, request: Request) -> Answer:
        """Answer a request; Lost where its connection is to be closed without a byte."""
        with self.lock:
            noted = self._note(request)
            number = noted["request"]
        answer: Answer | None = None
        try:
            answer = self._met(request, noted)
            answer.headers["X-Request"] = number
            return answer
        finally:
            with self.lock:
                noted["status"] = answer.status if answer is not None else None

    def _note(self, request: Request) -> dict[str, Any]:
        """Write down what is asked, before anything is done: never a session, never a key."""
        noted = {
            "request": f"q-{next(self.numbers):06d}",
            "organisation": request.header("X-Organisation"),
            "method": request.method,
            "path": request.address,
            "headers": {name: told for name, told in request.headers.items() if name not in OURS},
            "body": "" if request.path == "/session" else request.body.decode(errors="replace"),
            "executed": False,
            "status": None,
        }
        self.asked.append(noted)
        return noted

    def _met(self, request: Request, noted: dict[str, Any]) -> Answer:
        """Let the request in, let the fault do its work, execute."""
        headers: dict[str, str] = {}
        try:
            with self.lock:
                member = self._enter(request, headers)
                fault = self._take(member, request)
            if fault is None:
                return self._execute(member, request, noted, headers)
            if fault.kind == "lose_before":
                raise Lost
            if fault.kind == "slow":
                time.sleep(fault.seconds)
            if fault.kind != "status" or fault.after_execution:
                answer = self._execute(member, request, noted, headers)
            if fault.kind == "lose_after":
                raise Lost
            if fault.kind == "slow":
                return answer
            raise Refused(fault.status, "broken", "The service has broken down.", retry_after=1)
        except Refused as refused:
            return _refusal(refused, headers)

    def _enter(self, request: Request, headers: dict[str, str]) -> Member | None:
        """The organisation of a request, counted; of a session yet to be opened, its key's."""
        if request.path == "/session":
            body = parsed(request)
            return self.gate.of_key(body.get("key") if isinstance(body, dict) else None)
        member = self.gate.enter(request.header("X-Session"), request.header("X-Organisation"))
        headers["X-Left"] = "0"
        headers["X-Left"] = str(self.gate.count(member))
        return member

    def _take(self, member: Member | None, request: Request) -> faults.Fault | None:
        """The first fault that meets the request, used up by one."""
        for fault in self.armed:
            if member is not None and fault.meets(member.books.id, request.line):
                fault.times -= 1
                return fault
        return None

    def _execute(
        self,
        member: Member | None,
        request: Request,
        noted: dict[str, Any],
        headers: dict[str, str],
    ) -> Answer:
        """Do what is asked, alone; a refusal is an answer too."""
        with self.lock:
            noted["executed"] = True
            try:
                body = parsed(request)
                if member is None or request.path == "/session":
                    return Answer(200, self._open_session(request, body), headers)
                asked = paths.Asked(
                    request.method, request.address, body, request.header("If-Match")
                )
                status, content = paths.answer(member.books, asked)
                return Answer(status, content, headers)
            except Refused as refused:
                return _refusal(refused, headers)

    def _open_session(self, request: Request, body: Any) -> Any:
        if request.method != "POST":
            raise Refused(404, "not_found", f"There is no {request.method} /session.")
        if not isinstance(body, dict) or set(body) != {"key"}:
            raise Refused(400, "not_understood", "A key is wanted, and nothing else.", "key")
        return self.gate.open(body["key"])

    # --- controls --------------------------------------------------------------------------------
    def control(self, name: str, told: Any) -> Any:
        """`POST /control/<name>`; Refused for what is not understood, so that no test arms nothing."""
        controls: dict[str, Callable[..., Any]] = {
            "organisation": self.organisation,
            "fault": self.fault,
            "disarm": self.disarm,
            "end_session": self.end_session,
            "log": self.log,
            "act": self.act,
            "clock": self.move_clock,
        }
        if name not in controls:
            raise Refused(404, "not_found", f"There is no control {name}.")
        if not isinstance(told, dict):
            raise Refused(400, "not_understood", "An object of JSON is wanted.")
        try:
            with self.lock:
                return controls[name](**told)
        except (TypeError, ValueError) as wrong:
            raise Refused(400, "not_understood", f"{name}: {wrong}.") from wrong

    def organisation(self, name: str, country: str, home_currency: str) -> dict[str, str]:
        member = self.gate.make(text(1, 80)(name), text(2, 2)(country), currency(home_currency))
        return {"id": member.books.id, "key": member.key}

    def fault(self, organisation: str | None = None, **told: Any) -> dict[str, Any]:
        self.armed.append(faults.read(self.member(organisation).books.id, **told))
        return {}

    def disarm(self) -> dict[str, Any]:
        self.armed.clear()
        return {}

    def end_session(self, organisation: str | None = None) -> dict[str, int]:
        if organisation is not None:
            self.member(organisation)
        return {"ended": self.gate.end(organisation)}

    def log(self, organisation: str | None = None) -> dict[str, Any]:
        with self.lock:
            wanted = (one for one in self.asked if organisation in (None, one["organisation"]))
            return {"items": [{**one, "headers": dict(one["headers"])} for one in wanted]}

    def move_clock(self, offset_seconds: float) -> dict[str, str]:
        self.clock.offset = timedelta(seconds=offset_seconds)
        return {"now": written(self.clock.now())}

    def act(
        self,
        method: str,
        path: str,
        body: Any = None,
        organisation: str | None = None,
        version: int | None = None,
    ) -> dict[str, Any]:
        """A person of theirs: no session, limit, fault or log; `PUT` of what they see."""
        with self.lock:
            asked = paths.Asked(method, path, body, None if version is None else str(version))
            books = self.member(organisation).books
            try:
                if method == "PUT" and version is None:
                    seen = paths.answer(books, paths.Asked("GET", path))[1]
                    asked.version = str(seen["version"])
                status, content = paths.answer(books, asked)
            except Refused as refused:
                return {"status": refused.status, "answer": refused.content}
            return {"status": status, "answer": copy.deepcopy(content)}

    def receivable(self, organisation: str | None, day: str) -> dict[str, Decimal]:
        with self.lock:
            sums = self.member(organisation).books.receivable(day)
            return {currency: Decimal(amount) for currency, amount in sums.items()}

    def member(self, organisation: str | None) -> Member:
        """The organisation of this id; the only one there is where none is named."""
        members = self.gate.members
        if organisation is None and len(members) == 1:
            return next(iter(members.values()))
        if organisation not in members:
            words = f"There is no organisation {organisation}."
            raise Refused(404, "unknown_organisation", words)
        return members[organisation]


def _refusal(refused: Refused, headers: dict[str, str]) -> Answer:
    content = dict(refused.content)
    wait = content.pop("retry_after", None)
    waits = refused.status in (429, 503) and wait is not None
    more = {"Retry-After": str(wait)} if waits else {}
    return Answer(refused.status, content, {**headers, **more})
