"""The API's gate: who calls, how often, what a test armed, and the answer as it goes out."""

import time
from dataclasses import dataclass, field

from django.db import connections as databases
from django.http import HttpRequest, HttpResponse

from ..injection import Armed
from ..models import TokenPairRow
from ..server import LOSE
from ..traffic import traffic_of
from . import acts, callbacks, identity, me, wire
from .execute import Call, execute, ledger_accounts
from .injection import armory
from .kinds import KINDS
from .limits import Limits, windows
from .refusals import (
    Refused,
    Reply,
    Stopped,
    accounting,
    business_error,
    event_error,
    newer_shape,
    unauthenticated,
)
from .shapes import recorder
from .store import Business, business


@dataclass
class Visit:
    """One call on its way through the gate. `family`: accounting, businesses or events."""

    request: HttpRequest
    call: Call
    family: str
    books: Business | None
    headers: dict[str, str] = field(default_factory=dict)
    firing: list[Armed] = field(default_factory=list)

    def armed(self, *names: str) -> list[Armed]:
        return [one for one in self.firing if one.fault in names]

    @property
    def endpoint(self) -> str:
        """What counters and faults know it by: the second word, or the first of the newer ones."""
        parts = self.call.parts
        if self.family == "businesses" or parts[0] in ("reports", "systems"):
            return parts[0]
        return parts[1] if len(parts) > 1 else parts[0]


def account(request: HttpRequest, account: str, path: str) -> HttpResponse:
    return visited(request, "accounting", account, path)


def newer(request: HttpRequest, uuid: str, path: str) -> HttpResponse:
    return visited(request, "businesses", uuid, path)


def events(request: HttpRequest, account: str, path: str) -> HttpResponse:
    return visited(request, "events", account, path)


def visited(request: HttpRequest, family: str, owner: str, path: str) -> HttpResponse:
    call = Call(
        method=request.method or "GET",
        parts=[one for one in path.split("/") if one] or [""],
        query=request.GET,
        body=request.body,
        newer="X-API-VERSION" in request.headers,
    )
    found = business(owner)
    by_account = found is not None and owner == (
        found.uuid if family == "businesses" else found.account
    )
    visit = Visit(request, call, family, found if by_account else None)
    try:
        reply = admitted(visit)
    except Stopped as stopped:
        reply = stopped.reply
    if visit.books is not None:
        traffic_of(visit.books.key).note(visit.endpoint, reply.status)
        callbacks.collect(visit.books)
    return answer(visit, reply)


def admitted(visit: Visit) -> Reply:
    """Check token, account, role, scope and limits, let armed faults act, execute."""
    call, books = visit.call, visit.books
    if books is None:
        if identity.bearer(visit.request) is None:
            return unauthenticated(newer=call.newer)
        return nowhere(visit)
    body = call.body.decode(errors="replace")
    visit.firing = armory.take(books.key, call.method, visit.endpoint, body)
    for _ in visit.armed("lose_before_commit"):
        return Reply(0, lost=True)
    pause(visit, "before")
    kept = identity.bearer(visit.request)
    if kept is None or visit.armed("expired_token"):
        return unauthenticated(newer=call.newer)
    if kept.person != books.person or not me.has_account(books):
        return nowhere(visit)
    visit.headers = windows.enter(
        books.key, Limits.of(books.settings["limits"]), books.switch("limit_body")
    )
    try:
        with traffic_of(books.key).running():
            return worked(visit, books, kept)
    finally:
        windows.leave(books.key)


def nowhere(visit: Visit) -> Reply:
    if visit.family == "businesses":
        return business_error(404, ("Not found.", None))
    if visit.family == "events":
        return event_error(404, "Requested resource could not be found.")
    wrong = Refused(1012, "Account not found.", "accountid", object="account")
    return accounting(wrong, newer=visit.call.newer)


def worked(visit: Visit, books: Business, kept: TokenPairRow) -> Reply:
    """What happens within the limits: role and scope, then the books, then what is lost."""
    call = visit.call
    refusal = forbidden(visit, books, kept)
    if refusal is not None:
        return refusal
    for one in visit.armed("status", "malformed", "empty_200", "error_in_200"):
        default = one.fault in ("malformed", "empty_200")
        if not one.options.get("after_commit", default):
            return tampered(one, Reply(200, {"response": {}}))
    for one in visit.armed("remote_edit"):
        acts.perform(books, one.options["act"])
    for one in visit.armed("drop_fields"):
        call.dropped |= set(one.options["fields"])
    for one in visit.armed("keep_status"):
        call.keep_status, call.told = one.options["status"], one.options.get("told", "asked")
    call.twice = bool(visit.armed("duplicate"))
    reply = carried_out(visit, books)
    pause(visit, "after")
    for _ in visit.armed("lose_after_commit"):
        return Reply(0, lost=True)
    for one in visit.armed("status", "malformed", "empty_200", "error_in_200"):
        return tampered(one, reply)
    return reply


def carried_out(visit: Visit, books: Business) -> Reply:
    if visit.family == "events":
        return callbacks.execute(books, visit.call)
    if visit.family == "businesses":
        if visit.call.path != "ledger_accounts/accounts":
            return business_error(404, ("Not found.", None))
        return ledger_accounts(books, visit.call)
    return execute(books, visit.call, keep=not visit.armed("echo"))


def forbidden(visit: Visit, books: Business, kept: TokenPairRow) -> Reply | None:
    """403: a client of this account writes nothing, and each object has its scopes."""
    writes = visit.call.method != "GET"
    if writes and books.settings["role"] == "client":
        words = "The server could not verify that you are authorized to access the URL requested."
        return accounting(Refused(1003, words), newer=visit.call.newer)
    needed = scope_of(visit, writes=writes)
    given = set(kept.scope.split())
    if needed and needed not in given:
        words = f"Insufficient scope: given {' '.join(sorted(given))}, needed {needed}."
        return accounting(Refused(1003, words), newer=visit.call.newer)
    return None


def scope_of(visit: Visit, *, writes: bool) -> str:
    """`user:invoices:read`; nothing where none is known."""
    call, way = visit.call, "write" if writes else "read"
    if visit.family != "accounting":
        return ""
    if call.parts[0] == "reports":
        return "user:reports:read"
    if call.parts[0] in ("journal_entry_accounts", "journal_entries"):
        return f"user:journal_entries:{way}"
    kind = KINDS.get(call.path)
    return f"user:{kind.scope}:{way}" if kind else ""


def pause(visit: Visit, when: str) -> None:
    for one in visit.armed("delay"):
        if one.options.get("when", "before") == when:
            # Nobody waits on a connection while we pretend to be slow.
            databases["sandbox"].close()
            time.sleep(float(one.options.get("seconds", 1)))


def tampered(armed: Armed, reply: Reply) -> Reply:
    """The armed status, an error that says 200, a body cut in half, a web page, or nothing."""
    told = armed.options
    if armed.fault == "empty_200":
        return Reply(200)
    if armed.fault == "error_in_200":
        wrong = Refused(int(told.get("errno", 1003)), str(told.get("message", "Access denied.")))
        return in_200(wrong, str(told.get("form", "list")))
    if armed.fault == "malformed":
        if told.get("body") == "html":
            return Reply(200, text="<html><body>Sign in</body></html>", content_type="text/html")
        whole = wire.encode(reply.content or {"response": {"result": {}}})
        return Reply(200, text=whole[: max(1, len(whole) // 2)])
    status = int(told.get("status", 500))
    headers = {"Retry-After": str(told["retry_after"])} if "retry_after" in told else {}
    body, errno = told.get("body", "empty"), int(told.get("errno", status))
    if body == "accounting":
        error = {"errno": errno, "field": "", "message": "Refused.", "object": "", "value": ""}
        return Reply(status, {"response": {"errors": [error]}}, headers)
    if body == "newer":
        metadata = {"object": "", "message": "Refused.", "value": "", "field": ""}
        return Reply(status, newer_shape(status, str(errno), metadata), headers)
    if body == "html":
        text = f"<html><body><h1>{status}</h1></body></html>"
        return Reply(status, None, headers, text, "text/html")
    return Reply(status, None, headers)


def in_200(wrong: Refused, form: str) -> Reply:
    """HTTP 200 with an error in one of its forms: a list, one alone, the newer shape, or as of auth."""
    if form == "auth":
        return Reply(200, {"error": "access_denied", "error_description": wrong.message})
    reply = accounting(wrong, newer=form == "newer", as_200=True)
    if form == "single":
        reply.content["response"]["errors"] = reply.content["response"]["errors"][0]
    return reply


def answer(visit: Visit, reply: Reply) -> HttpResponse:
    if reply.lost:
        response = HttpResponse(status=500)
        response[LOSE] = "yes"
        return response
    text = reply.text or ""
    if reply.content is not None:
        text = wire.encode(reply.content)
        recorder.note(exchange_of(visit), reply.status, text)
    response = HttpResponse(text, status=reply.status, content_type=reply.content_type)
    if not text:
        del response["Content-Type"]
    for name, value in {**visit.headers, **reply.headers}.items():
        response[name] = value
    return response


def exchange_of(visit: Visit) -> str:
    """`PUT invoices/invoices/{}`; reports keep their name."""
    parts = visit.call.parts
    if parts[0] != "reports" and len(parts) > 2:
        parts = [*parts[:2], "{}", *parts[3:]]
    return f"{visit.call.method} {'/'.join(parts)}"
