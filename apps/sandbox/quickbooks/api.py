"""The API's gate: who calls, how often, what a test armed, and the answer as it goes out."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.db import connections
from django.http import HttpRequest, HttpResponse

from ..clock import clock, microseconds
from ..injection import Armed
from ..models import AccessToken, Company
from ..server import LOSE
from ..shapes import recorder
from ..traffic import Traffic, traffic_of
from . import acts, files, wire
from .execute import Call, Reply, Tampering, execute
from .faults import GatewayRefused, Refused, language
from .injection import armory
from .limits import Limits

PACIFIC = ZoneInfo("America/Los_Angeles")
METERED = ("query", "cdc", "companyinfo", "preferences", "reports")


@dataclass
class Visit:
    """One call on its way through the gate."""

    request: HttpRequest
    call: Call
    company: Company | None
    traffic: Traffic
    firing: list[Armed] = field(default_factory=list)

    def armed(self, *names: str) -> list[Armed]:
        return [one for one in self.firing if one.fault in names]


def company_api(request: HttpRequest, realm: str, path: str) -> HttpResponse:
    """Everything under `/v3/company/{realm}/`."""
    call = call_of(request, realm, path)
    visit = Visit(request, call, Company.objects.filter(pk=realm).first(), traffic_of(realm))
    recorder.note("requests", call.endpoint, call.body)
    with visit.traffic.running() as running:
        try:
            reply = admitted(visit, running)
        except GatewayRefused as refused:
            reply = gateway_reply(visit, refused)
        visit.traffic.note(call.endpoint, reply.status)
    return answer(visit, reply)


def call_of(request: HttpRequest, realm: str, path: str) -> Call:
    parts = [part for part in path.split("/") if part]
    return Call(
        method=request.method or "GET",
        realm=realm,
        endpoint=parts[0].lower() if parts else "",
        rest=parts[1:],
        params={key.lower(): value for key, value in request.GET.dict().items()},
        body=request.body,
        content_type=request.headers.get("Content-Type", ""),
    )


def admitted(visit: Visit, running: int) -> Reply:
    """Check token and limits, let armed faults act, execute."""
    call = visit.call
    visit.firing = armory.take(
        call.realm, call.method, call.endpoint, call.body.decode(errors="replace")
    )
    for one in visit.armed("lose_before_commit"):
        return Reply(status=0, text="", lost=True, note=one.fault)
    pause(visit, "before")
    for one in visit.armed("status"):
        if not one.options.get("after_commit"):
            return refusal(visit, one)
    authenticate(visit)
    assert visit.company is not None
    language.set(visit.company.settings.get("language", "en"))
    files.origin.set(visit.request.build_absolute_uri("/").rstrip("/"))
    limits = Limits.of(visit.company.settings["limits"])
    limits.admit(visit.traffic, call.endpoint, call.batch_size(), running)
    meter(visit)
    if visit.company.settings["expired"]:
        fault = Refused("6190", "The subscription of this company has ended.").fault()
        return Reply(status=400, text=f'{{"Fault":{wire.encode(fault)}')
    for one in visit.armed("fault_in_200"):
        fault = Refused(str(one.options.get("code", "10000"))).fault()
        return Reply(status=200, text=f'{{"Fault":{wire.encode(fault)}')
    for one in visit.armed("malformed", "empty_200"):
        if not one.options.get("after_commit", True):
            return garbled(one, Reply(status=200, text=""))
    for one in visit.armed("remote_edit"):
        acts.perform(call.realm, one.options["act"])
    return after_commit(visit, execute(call, tampering_of(visit), visit.traffic))


def after_commit(visit: Visit, reply: Reply) -> Reply:
    """What may still go wrong once the books have it."""
    pause(visit, "after")
    for one in visit.armed("lose_after_commit"):
        return Reply(status=0, text="", lost=True, note=one.fault)
    for one in visit.armed("status"):
        return refusal(visit, one)
    for one in visit.armed("malformed", "empty_200"):
        return garbled(one, reply)
    return reply


def pause(visit: Visit, when: str) -> None:
    for one in visit.armed("delay"):
        if one.options.get("when", "before") == when:
            # Nobody waits on a connection while we pretend to be slow.
            connections["sandbox"].close()
            time.sleep(float(one.options.get("seconds", 1)))


def tampering_of(visit: Visit) -> Tampering:
    return Tampering(
        item_faults={
            int(one.options.get("index", 0)): str(one.options.get("code", "6000"))
            for one in visit.armed("item_fault")
        },
        missing={int(one.options.get("index", 0)) for one in visit.armed("missing_item")},
        doubled={int(one.options.get("index", 0)) for one in visit.armed("doubled_item")},
        reordered=bool(visit.armed("reordered_items")),
        swapped={int(one.options.get("index", 0)) for one in visit.armed("swapped_ids")},
    )


def authenticate(visit: Visit) -> None:
    """A live token of a grant for this very company; 401 3200, or 403 3100 for another company's."""
    kind, _, value = visit.request.headers.get("Authorization", "").partition(" ")
    token = AccessToken.objects.filter(pk=value).select_related("grant").first()
    if kind != "Bearer" or token is None or token.grant.revoked:
        raise GatewayRefused(401, "3200", "Token revoked")
    if token.expires_us <= microseconds(clock.now()):
        raise GatewayRefused(401, "3200", "Token expired")
    if visit.company is None or token.grant.realm != visit.call.realm:
        raise GatewayRefused(403, "3100", "The application is not authorised for this company.")


def meter(visit: Visit) -> None:
    """CorePlus: reads count, each item of a batch as well; writes are free."""
    call, traffic = visit.call, visit.traffic
    with traffic.lock:
        traffic.batch_items += call.batch_size()
        if call.endpoint == "batch":
            traffic.metered += call.batch_size()
        elif call.method == "GET" or call.endpoint in METERED:
            traffic.metered += 1


def refusal(visit: Visit, armed: Armed) -> Reply:
    """The armed status with the body that was asked for."""
    status = int(armed.options.get("status", 500))
    body = armed.options.get("body", "gateway")
    after = armed.options.get("retry_after")
    if body == "html":
        text = f"<html><head><title>{status}</title></head><body><h1>Service unavailable</h1></body></html>"
        return Reply(status=status, text=text, content_type="text/html")
    if body == "fault":
        fault = Refused(str(armed.options.get("code", "10000"))).fault()
        return Reply(status=status, text=f'{{"Fault":{wire.encode(fault)}')
    code = {401: "3200", 403: "3100", 429: "3001"}.get(status, "10000")
    refused = GatewayRefused(
        status, code, "Armed by the simulation's control.", xml=body == "xml", retry_after=after
    )
    return gateway_reply(visit, refused)


def gateway_reply(visit: Visit, refused: GatewayRefused) -> Reply:
    now = clock.now()
    zone = ZoneInfo(visit.company.zone) if visit.company else PACIFIC
    text = refused.body(microseconds(now) // 1000, wire.answer_time(now, zone))
    headers: Mapping[str, str] = {}
    if refused.retry_after is not None:
        headers = {"Retry-After": str(refused.retry_after)}
    kind = "application/xml" if refused.xml else "application/json"
    return Reply(
        status=refused.status, text=text, content_type=kind, headers=headers, complete=True
    )


def garbled(armed: Armed, reply: Reply) -> Reply:
    if armed.fault == "empty_200":
        return Reply(status=200, text="", complete=True)
    if armed.options.get("body") == "html":
        page = "<html><body>Sign in to continue</body></html>"
        return Reply(status=200, text=page, content_type="text/html", complete=True)
    whole = reply.text or '{"QueryResponse":{'
    return Reply(status=200, text=whole[: max(1, len(whole) // 2)], complete=True)


def answer(visit: Visit, reply: Reply) -> HttpResponse:
    """Close the envelope with the time and put the headers on."""
    if reply.lost:
        response = HttpResponse(status=500)
        response[LOSE] = "yes"
        return response
    text, kind = reply.text, reply.content_type
    if kind == "application/json" and not reply.complete:
        zone = ZoneInfo(visit.company.zone) if visit.company else PACIFIC
        text = f'{text},"time":"{wire.answer_time(clock.now(), zone)}"}}'
        recorder.note("answers", visit.call.endpoint, text)
        if "json" not in visit.request.headers.get("Accept", ""):
            # QuickBooks' default is XML: a client that forgets to ask for JSON shall notice here.
            text, kind = wire.as_xml(wire.decode(text)), "application/xml"
    elif kind == "application/json":
        recorder.note("answers", visit.call.endpoint, text)
    response = HttpResponse(
        reply.raw or text, status=reply.status, content_type=f"{kind};charset=UTF-8"
    )
    response["intuit_tid"] = wire.trace_id()
    for name, value in reply.headers.items():
        response[name] = value
    return response
