"""The API's gate: who calls, how often, what a test armed, and the answer as it goes out."""

import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

from django.db import connections as databases
from django.http import HttpRequest, HttpResponse

from ..injection import Armed
from ..models import ConnectionRow
from ..server import LOSE
from ..storage import one_writer
from ..traffic import traffic_of
from . import acts, identity, scopes, wire
from .execute import execute
from .injection import SUBS, armory
from .kinds import Call
from .limits import Limits, windows
from .refusals import Reply, Stopped, gateway, not_found
from .shapes import recorder
from .store import Organisation, organisation

HEADERS = ("Accept", "Content-Type", "Idempotency-Key", "If-Modified-Since")


@dataclass
class Visit:
    """One call on its way through the gate."""

    request: HttpRequest
    call: Call
    org: Organisation | None
    headers: dict[str, str] = field(default_factory=dict)
    firing: list[Armed] = field(default_factory=list)

    def armed(self, *names: str) -> list[Armed]:
        return [one for one in self.firing if one.fault in names]

    @property
    def endpoint(self) -> str:
        """The path's first word, or what lies below an object."""
        parts = [one.lower() for one in self.call.parts]
        below = parts[2] if len(parts) > 2 else ""
        return below if below in SUBS else parts[0]


def accounting(request: HttpRequest, path: str) -> HttpResponse:
    """Everything under `/api.xro/2.0/`."""
    call = call_of(request, path)
    org = organisation(request.headers.get("xero-tenant-id", "").lower())
    visit = Visit(request, call, org)
    try:
        reply = admitted(visit)
    except Stopped as stopped:
        reply = stopped.reply
    if org is not None:
        traffic_of(org.tenant).note(visit.endpoint, reply.status)
    return answer(visit, reply)


def call_of(request: HttpRequest, path: str) -> Call:
    return Call(
        method=request.method or "GET",
        parts=parts_of(request, path) or [""],
        params={key.lower(): value for key, value in request.GET.dict().items()},
        body=request.body,
        headers={name: request.headers[name] for name in HEADERS if name in request.headers},
    )


def parts_of(request: HttpRequest, path: str) -> list[str]:
    """The path's words, each decoded for itself: a contact's number may hold a slash."""
    raw = request.META.get("RAW_PATH", "").partition("?")[0].partition("/api.xro/2.0/")[2]
    return [unquote(part) for part in (raw or path).split("/") if part]


def admitted(visit: Visit) -> Reply:
    """Check token, organisation, scope and limits, let armed faults act, execute."""
    call, org = visit.call, visit.org
    if org is None:
        authenticated(visit)
        raise forbidden()
    body = call.body.decode(errors="replace")
    visit.firing = armory.take(org.tenant, call.method, visit.endpoint, body)
    for _ in visit.armed("lose_before_commit"):
        return Reply(0, lost=True)
    pause(visit, "before")
    for _ in visit.armed("disconnect"):
        with one_writer:
            ConnectionRow.objects.filter(tenant=org.tenant).delete()
    claims = authenticated(visit)
    check_connection(visit, claims)
    call.app = claims["client_id"]
    limits = Limits.of(org.settings["limits"])
    fixed = org.switch("minute_window") == "fixed"
    visit.headers = windows.enter(org.tenant, limits, fixed=fixed)
    try:
        with traffic_of(org.tenant).running():
            return worked(visit, org, claims)
    finally:
        windows.leave(org.tenant)


def worked(visit: Visit, org: Organisation, claims: dict[str, Any]) -> Reply:
    """What happens within the limits: refusals of the gateway, then the books, then what is lost."""
    call = visit.call
    if org.settings["offline"]:
        return Reply(
            503, content_type="text/html", text="<html><body>Organisation offline</body></html>"
        )
    if not scopes.allowed(set(claims["scope"]), call.method, call.parts):
        if org.switch("missing_scope") == "401":
            raise gateway(401, "Unauthorized", "AuthorizationUnsuccessful")
        raise forbidden()
    for one in visit.armed("status", "malformed", "empty_200"):
        if not one.options.get("after_commit", one.fault != "status"):
            return tampered(one, Reply(200, {}))
    for one in visit.armed("remote_edit"):
        acts.perform(org, one.options["act"])
    for one in visit.armed("item_fault"):
        index = int(one.options.get("index", 0))
        call.item_faults[index] = str(one.options.get("message", "A validation exception occurred"))
    for one in visit.armed("drop_fields"):
        call.dropped |= set(one.options["fields"])
    call.failing = {int(one.options.get("index", 0)) for one in visit.armed("fail_line")}
    reply = execute(org, call, keep=not visit.armed("echo"))
    pause(visit, "after")
    for _ in visit.armed("lose_after_commit"):
        return Reply(0, lost=True)
    for one in visit.armed("status", "malformed", "empty_200"):
        return tampered(one, reply)
    return reply


def authenticated(visit: Visit) -> dict[str, Any]:
    """The claims of a live token; 401 says whether it is none, or expired."""
    claims = identity.claims_of(visit.request)
    if claims is None:
        raise gateway(401, "Unauthorized", "AuthenticationUnsuccessful")
    before = visit.org.settings.get("tokens_before", 0) if visit.org else 0
    ended = identity.expired(claims) or claims["iat_us"] <= before
    if ended or visit.armed("expired_token"):
        at = time.strftime("%m/%d/%Y %H:%M:%S", time.gmtime(claims["exp"]))
        raise gateway(401, "Unauthorized", f"TokenExpired: token expired at {at}")
    return claims


def forbidden() -> Stopped:
    return gateway(403, "Forbidden", "AuthenticationUnsuccessful")


def check_connection(visit: Visit, claims: dict[str, Any]) -> None:
    """Only organisations that the token's person let this app use, and still does."""
    assert visit.org is not None
    found = ConnectionRow.objects.filter(
        tenant=visit.org.tenant, client_id=claims["client_id"], person=claims["xero_userid"]
    )
    if not found.exists():
        raise forbidden()


def pause(visit: Visit, when: str) -> None:
    for one in visit.armed("delay"):
        if one.options.get("when", "before") == when:
            # Nobody waits on a connection while we pretend to be slow.
            databases["sandbox"].close()
            time.sleep(float(one.options.get("seconds", 1)))


def tampered(armed: Armed, reply: Reply) -> Reply:
    """The armed status, a body cut in half, a web page, or nothing."""
    told = armed.options
    if armed.fault == "empty_200":
        return Reply(200)
    if armed.fault == "malformed":
        if told.get("body") == "html":
            return Reply(200, content_type="text/html", text="<html><body>Sign in</body></html>")
        whole = wire.encode(reply.content or {"Id": "", "Status": "OK"})
        return Reply(200, text=whole[: max(1, len(whole) // 2)])
    status = int(told.get("status", 500))
    headers = {}
    if "retry_after" in told:
        headers["Retry-After"] = str(told["retry_after"])
    if "problem" in told:
        headers["X-Rate-Limit-Problem"] = told["problem"]
    body = told.get("body", "empty")
    if body == "json":
        content = {"Type": "InternalError", "Message": "An error occurred in Xero."}
        return Reply(status, content, headers=headers)
    text = f"<html><body><h1>{status}</h1></body></html>" if body == "html" else ""
    kind = "text/html" if body == "html" else ""
    return Reply(status, content_type=kind, text=text, headers=headers)


def answer(visit: Visit, reply: Reply) -> HttpResponse:
    """The reply as bytes, with the headers that every answer carries."""
    if reply.lost:
        response = HttpResponse(status=500)
        response[LOSE] = "yes"
        return response
    text, kind = reply.text or "", reply.content_type
    if reply.content is not None:
        text = wire.encode(reply.content)
    if reply.raw is None and kind.startswith("application/json"):
        recorder.note(visit.call, reply.status, text)
        if "json" not in visit.request.headers.get("Accept", ""):
            # Xero's default is XML: a client that forgets to ask for JSON shall notice here.
            content = wire.decode(text) if text else {}
            text, kind = wire.as_xml(content), "text/xml"
        kind = f"{kind}; charset=utf-8"
    body = text if reply.raw is None else reply.raw
    response = HttpResponse(body, status=reply.status, content_type=kind or "text/plain")
    if not kind:
        del response["Content-Type"]
    response["Xero-Correlation-Id"] = str(uuid4())
    for name, value in {**visit.headers, **reply.headers}.items():
        response[name] = value
    return response


def nowhere(request: HttpRequest, path: str = "") -> HttpResponse:
    return answer(Visit(request, call_of(request, path), None), not_found().reply)
