"""OAuth 2.0 as Xero runs it: consent with a choice of organisations, PKCE, rotation with a grace."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from ..client import client_credentials, told_credentials
from ..clock import clock, microseconds, moment_of
from ..models import ConnectionRow, ConsentRow, OrganisationRow, RefreshTokenRow
from ..server import LOSE
from ..storage import one_writer
from ..traffic import traffic_of
from . import scopes
from .injection import armory
from .limits import windows

SECOND = 1_000_000
ACCESS_LIFE = 1800
CODE_LIFE = 300
REFRESH_LIFE = 60 * 86_400
GRACE = 30 * 60
APP_NAME = "Tieout"
# An app of the type "Auth Code with PKCE" has no secret.
PKCE_CLIENT = "simulated-pkce-client"
KEY = b"the simulated Xero signs with this"


class App:
    """What is set for the app as a whole, over all organisations."""

    # Several organisations in one pass are for the Advanced tier.
    bulk_connections = True
    broad_scopes = "refuse"
    # A consent given again keeps its first event, or has a new one.
    reconsent_event = "first"
    # After the last organisation was disconnected a refresh still "renews", or is "refused".
    renews_when_closed = "renews"


app = App()


def now_us() -> int:
    return microseconds(clock.now())


# --- consent ----------------------------------------------------------------------------------
def authorize(request: HttpRequest) -> HttpResponse:
    """The page where a person chooses which organisations the app may use."""
    asked = request.POST if request.method == "POST" else request.GET
    problem = consent_problem(asked)
    if problem:
        return render(request, "xero/refused.html", {"problem": problem}, status=400)
    if request.method != "POST":
        known = OrganisationRow.objects.order_by("name")
        context = {"app": APP_NAME, "asked": asked.dict(), "organisations": known}
        return render(request, "xero/authorize.html", context | {"several": app.bulk_connections})
    back: dict[str, str] = {"state": asked["state"]} if asked.get("state") else {}
    if asked.get("decision") != "allow":
        return redirected(asked["redirect_uri"], {"error": "access_denied", **back})
    wanted = request.POST.getlist("tenant")
    found = OrganisationRow.objects.in_bulk(wanted)
    chosen = [found[one] for one in wanted if one in found]
    problem = choice_problem(chosen)
    if problem:
        return render(request, "xero/refused.html", {"problem": problem}, status=400)
    with one_writer:
        consent = ConsentRow.objects.create(
            code=secrets.token_urlsafe(32),
            person=chosen[0].person,
            client_id=asked["client_id"],
            event=str(uuid4()),
            tenants=[one.tenant for one in chosen],
            scope=asked["scope"],
            redirect_uri=asked["redirect_uri"],
            challenge=asked.get("code_challenge", ""),
            created_us=now_us(),
        )
    told = {"code": consent.code, "scope": asked["scope"], **back}
    return redirected(asked["redirect_uri"], told)


def redirected(address: str, told: dict[str, str]) -> HttpResponse:
    separator = "&" if "?" in address else "?"
    return HttpResponseRedirect(f"{address}{separator}{urlencode(told)}")


def choice_problem(chosen: list[OrganisationRow]) -> str:
    if not chosen:
        return "Choose the organisation to connect."
    if len({one.person for one in chosen}) > 1:
        return "These organisations belong to different people."
    if len(chosen) > 1 and not app.bulk_connections:
        return "This app may connect one organisation at a time."
    return ""


def consent_problem(asked: Any) -> str:
    """Why this request for consent is none; an empty text when it is."""
    target = urlsplit(asked.get("redirect_uri", ""))
    local = target.hostname in ("localhost", "127.0.0.1", "::1", "testserver")
    if asked.get("client_id") not in (client_credentials()[0], PKCE_CLIENT):
        return "unauthorized_client: the app is not known here."
    if asked.get("response_type") != "code":
        return "unsupported_response_type: only code is supported."
    if target.scheme != "https" and not (target.scheme == "http" and local):
        return "Invalid redirect_uri: it must use https, or http on this machine."
    challenge = asked.get("code_challenge", "")
    if challenge and asked.get("code_challenge_method") != "S256":
        return "invalid_request: transform algorithm not supported, use S256."
    if asked.get("client_id") == PKCE_CLIENT and not challenge:
        return "invalid_request: code challenge required."
    return scopes.problem(asked.get("scope", ""), broad_allowed=app.broad_scopes == "accept")


# --- tokens -----------------------------------------------------------------------------------
def known_client(request: HttpRequest) -> str:
    """The id of a client that proved itself; the PKCE app proves itself by its verifier."""
    name, secret = told_credentials(request)
    if (name, secret) == client_credentials():
        return name
    if name == PKCE_CLIENT and not secret:
        return name
    return ""


def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code or a refresh token for a pair of tokens."""
    client = known_client(request)
    if not client:
        return refused("invalid_client")
    kind = request.POST.get("grant_type")
    person = person_behind(request)
    names = trouble(person)
    if isinstance(names, HttpResponse):
        return names
    with one_writer, transaction.atomic(using="sandbox"):
        if kind == "authorization_code":
            content = by_code(request, client)
        elif kind == "refresh_token":
            content = by_refresh(request.POST.get("refresh_token", ""), client)
        else:
            return refused("unsupported_grant_type")
    for tenant in tenants_of(person):
        traffic = traffic_of(tenant)
        traffic.note("token", 200 if content else 400)
        if kind == "refresh_token" and content:
            with traffic.lock:
                traffic.refreshes += 1
    if content is None:
        return refused("invalid_grant")
    return lost() if "lose_after_commit" in names else JsonResponse(content)


def person_behind(request: HttpRequest) -> str:
    consent = ConsentRow.objects.filter(pk=request.POST.get("code", "")).first()
    kept = RefreshTokenRow.objects.filter(pk=request.POST.get("refresh_token", "")).first()
    return consent.person if consent else kept.person if kept else ""


def tenants_of(person: str) -> list[str]:
    return list(OrganisationRow.objects.filter(person=person).values_list("pk", flat=True))


def trouble(person: str) -> set[str] | HttpResponse:
    """What a test armed for the token calls of this person's organisations."""
    names: set[str] = set()
    for tenant in tenants_of(person):
        for one in armory.take(tenant, "POST", "token", ""):
            if one.fault == "lose_before_commit":
                return lost()
            if one.fault == "delay":
                time.sleep(float(one.options.get("seconds", 1)))
            if one.fault == "status":
                return HttpResponse(status=int(one.options.get("status", 500)))
            names.add(one.fault)
    return names


def refused(error: str) -> HttpResponse:
    return JsonResponse({"error": error}, status=400)


def lost() -> HttpResponse:
    response = HttpResponse(status=500)
    response[LOSE] = "yes"
    return response


def by_code(request: HttpRequest, client: str) -> dict[str, Any] | None:
    """The consent behind a code: fresh, not used before, for this client, redirect and verifier."""
    consent = ConsentRow.objects.filter(pk=request.POST.get("code", "")).first()
    if consent is None or consent.used or consent.client_id != client:
        return None
    if consent.redirect_uri != request.POST.get("redirect_uri"):
        return None
    if now_us() > consent.created_us + CODE_LIFE * SECOND:
        return None
    if consent.challenge and not verified(request.POST.get("code_verifier", ""), consent.challenge):
        return None
    consent.used = True
    consent.save()
    for tenant in consent.tenants:
        connect(consent, tenant)
    earlier = RefreshTokenRow.objects.filter(person=consent.person, client_id=client)
    granted = {one for each in earlier for one in each.scope.split()} | set(consent.scope.split())
    return issue(consent.person, client, consent.event, " ".join(sorted(granted)))


def verified(verifier: str, challenge: str) -> bool:
    if not 43 <= len(verifier) <= 128:
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def connect(consent: ConsentRow, tenant: str) -> None:
    known = ConnectionRow.objects.filter(client_id=consent.client_id, tenant=tenant).first()
    if known is None:
        ConnectionRow.objects.create(
            connection=str(uuid4()),
            person=consent.person,
            client_id=consent.client_id,
            tenant=tenant,
            event=consent.event,
            created_us=now_us(),
            updated_us=now_us(),
        )
        return
    known.updated_us = now_us()
    if app.reconsent_event == "new":
        known.event = consent.event
    known.save()


def by_refresh(told: str, client: str) -> dict[str, Any] | None:
    """The old one works on for half an hour, in case the answer with the new one was lost."""
    kept = RefreshTokenRow.objects.filter(pk=told, client_id=client).first() if told else None
    if kept is None:
        return None
    now = now_us()
    if now > kept.created_us + REFRESH_LIFE * SECOND:
        return None
    if kept.superseded_us is not None and now > kept.superseded_us + GRACE * SECOND:
        return None
    connected = ConnectionRow.objects.filter(person=kept.person, client_id=client).exists()
    if not connected and app.renews_when_closed == "refused":
        return None
    if kept.superseded_us is None:
        kept.superseded_us = now
        kept.save()
    return issue(kept.person, client, kept.event, kept.scope)


def issue(person: str, client: str, event: str, scope: str) -> dict[str, Any]:
    content: dict[str, Any] = {
        "access_token": access_token(person, client, event, scope),
        "expires_in": ACCESS_LIFE,
        "token_type": "Bearer",
        "scope": scope,
    }
    # Kept in any case: what was granted grows until it is revoked.
    kept = RefreshTokenRow.objects.create(
        token=secrets.token_urlsafe(32),
        person=person,
        client_id=client,
        event=event,
        scope=scope,
        created_us=now_us(),
    )
    if "offline_access" in scope.split():
        content["refresh_token"] = kept.token
    return content


# --- access tokens ------------------------------------------------------------------------------
def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _signature(signed: str) -> str:
    return _encoded(hmac.new(KEY, signed.encode(), hashlib.sha256).digest())


def access_token(person: str, client: str, event: str, scope: str) -> str:
    now = now_us() / SECOND
    claims = {
        "nbf": int(now),
        "exp": int(now) + ACCESS_LIFE,
        "iss": "https://identity.xero.com",
        "aud": "https://identity.xero.com/resources",
        "client_id": client,
        "sub": hashlib.md5(person.encode(), usedforsecurity=False).hexdigest(),
        "auth_time": int(now),
        "xero_userid": person,
        "global_session_id": secrets.token_hex(16),
        "jti": secrets.token_hex(16),
        "authentication_event_id": event,
        "scope": scope.split(),
        # Ours: to the microsecond, so that control can let all that were given out expire.
        "iat_us": now_us(),
    }
    header = {"alg": "HS256", "kid": "simulated", "typ": "JWT"}
    parts = [_encoded(json.dumps(one).encode()) for one in (header, claims)]
    return ".".join([*parts, _signature(".".join(parts))])


def claims_of(request: HttpRequest) -> dict[str, Any] | None:
    """The claims of the bearer's token; None for none, or one that is not ours. Not its expiry."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    signed, _, signature = value.rpartition(".")
    if kind != "Bearer" or not hmac.compare_digest(_signature(signed), signature):
        return None
    body = signed.partition(".")[2]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def expired(claims: dict[str, Any]) -> bool:
    return bool(now_us() / SECOND >= claims["exp"])


# --- ends -----------------------------------------------------------------------------------------
def revocation(request: HttpRequest) -> HttpResponse:
    """Ends all organisations of the person for the app, and what was granted."""
    client = known_client(request)
    if not client:
        return refused("invalid_client")
    kept = RefreshTokenRow.objects.filter(pk=request.POST.get("token", "")).first()
    if kept is not None:
        with one_writer, transaction.atomic(using="sandbox"):
            for model in (ConnectionRow, RefreshTokenRow, ConsentRow):
                rows = model._default_manager.filter(person=kept.person, client_id=client)
                rows.delete()
    return HttpResponse(status=200)


def connections(request: HttpRequest, identity: str = "") -> HttpResponse:
    """What the person let the app use: listed, or one of it disconnected."""
    claims = claims_of(request)
    if claims is None or expired(claims):
        return with_app_limit(JsonResponse(unauthorized(), status=401))
    mine = ConnectionRow.objects.filter(person=claims["xero_userid"], client_id=claims["client_id"])
    if request.method == "DELETE":
        with one_writer:
            gone, _ = mine.filter(pk=identity.lower()).delete()
        return with_app_limit(HttpResponse(status=204 if gone else 404))
    if request.method != "GET" or identity:
        return with_app_limit(HttpResponse(status=404))
    event = request.GET.get("authEventId")
    if event:
        mine = mine.filter(event=event)
    names = dict(OrganisationRow.objects.values_list("pk", "name"))
    listed = [shown(one, names[one.tenant]) for one in mine.order_by("created_us")]
    return with_app_limit(JsonResponse(listed, safe=False))


def unauthorized() -> dict[str, Any]:
    return {
        "Type": None,
        "Title": "Unauthorized",
        "Status": 401,
        "Detail": "AuthenticationUnsuccessful",
        "Instance": str(uuid4()),
        "Extensions": {},
    }


def shown(one: ConnectionRow, name: str) -> dict[str, str]:
    def stamp(when: int) -> str:
        return moment_of(when).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0"

    return {
        "id": one.connection,
        "authEventId": one.event,
        "tenantId": one.tenant,
        "tenantType": "ORGANISATION",
        "tenantName": name,
        "createdDateUtc": stamp(one.created_us),
        "updatedDateUtc": stamp(one.updated_us),
    }


def with_app_limit(response: HttpResponse) -> HttpResponse:
    """A call without an organisation is told the app's limit alone."""
    for name, value in windows.app_left().items():
        response[name] = value
    return response
