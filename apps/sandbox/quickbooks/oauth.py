"""OAuth 2.0 as Intuit runs it: discovery, consent, codes used once, tokens that rotate and die."""

import json
import secrets
import time
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from ..client import client_credentials, client_is_known
from ..clock import clock, microseconds
from ..injection import Armed
from ..models import AccessToken, Company, Grant
from ..server import LOSE
from ..storage import one_writer
from ..traffic import traffic_of
from .injection import armory
from .wire import trace_id

SECOND = 1_000_000
ACCESS_LIFE = 3600
CODE_LIFE = 600
# Rolling: each use starts it anew. 101 days, as the service answers it.
REFRESH_LIFE = 8_726_400
# Announced 2025-11-12: no refresh token outlives five years, whatever it is used for.
HARD_LIFE = int(timedelta(days=5 * 365).total_seconds())
ACCOUNTING = "com.intuit.quickbooks.accounting"
APP_NAME = "Tieout"


def now_us() -> int:
    return microseconds(clock.now())


def answer(content: dict[str, Any], status: int = 200) -> JsonResponse:
    response = JsonResponse(content, status=status)
    response["intuit_tid"] = trace_id()
    return response


def discovery(request: HttpRequest) -> HttpResponse:
    def url(name: str) -> str:
        return request.build_absolute_uri(reverse(name))

    return answer(
        {
            "issuer": request.build_absolute_uri("/quickbooks/op/v1"),
            "authorization_endpoint": url("consent"),
            "token_endpoint": url("tokens"),
            "userinfo_endpoint": url("userinfo"),
            "revocation_endpoint": url("revoke"),
            "jwks_uri": url("keys"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "email", "profile", "address", "phone"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "claims_supported": ["aud", "exp", "iat", "iss", "realmid", "sub"],
        }
    )


def keys(request: HttpRequest) -> HttpResponse:
    return answer({"keys": []})


# --- consent ----------------------------------------------------------------------------------
def consent(request: HttpRequest) -> HttpResponse:
    """The page where a person connects a company to the app, or does not."""
    asked = request.POST if request.method == "POST" else request.GET
    problem = consent_problem(asked)
    if problem:
        return render(request, "quickbooks/refused.html", {"problem": problem}, status=400)
    if request.method != "POST":
        companies = Company.objects.order_by("name")
        context = {"app": APP_NAME, "asked": asked.dict(), "companies": companies}
        return render(request, "quickbooks/consent.html", context)
    back: dict[str, str] = {"state": asked["state"]} if "state" in asked else {}
    company = Company.objects.filter(pk=asked.get("realm", "")).first()
    if asked.get("decision") != "connect":
        back["error"] = "access_denied"
    elif company is None:
        problem = "Choose the company to connect."
        return render(request, "quickbooks/refused.html", {"problem": problem}, status=400)
    else:
        with one_writer:
            grant = Grant.objects.create(
                realm=company.realm,
                client_id=asked["client_id"],
                scope=asked["scope"],
                redirect_uri=asked["redirect_uri"],
                code=f"AB1{secrets.token_hex(20)}",
                created_us=now_us(),
            )
        back = {"code": grant.code, **back, "realmId": company.realm}
    separator = "&" if "?" in asked["redirect_uri"] else "?"
    return HttpResponseRedirect(f"{asked['redirect_uri']}{separator}{urlencode(back)}")


def consent_problem(asked: Any) -> str:
    """Why this request for consent is none; an empty text when it is."""
    target = urlsplit(asked.get("redirect_uri", ""))
    local = target.hostname in ("localhost", "127.0.0.1", "::1", "testserver")
    if asked.get("client_id") != client_credentials()[0]:
        return "The app is not known here (invalid client_id)."
    if asked.get("response_type") != "code":
        return "Only response_type=code is supported."
    if ACCOUNTING not in asked.get("scope", "").split():
        return f"The scope must contain {ACCOUNTING}."
    if target.scheme != "https" and not (target.scheme == "http" and local):
        return "The redirect_uri must use https, or http on this machine."
    return ""


# --- tokens -----------------------------------------------------------------------------------
def tokens(request: HttpRequest) -> HttpResponse:
    """Exchange a code or a refresh token for a pair of tokens."""
    body = request.body.decode(errors="replace")  # before the form is parsed: it can be read once
    if not client_is_known(request):
        return answer({"error": "invalid_client"}, 401)
    kind = request.POST.get("grant_type")
    armed = armed_for(request, body)
    names = {one.fault for one in armed}
    if "lose_before_commit" in names:
        return lost()
    for one in armed:
        if one.fault == "delay":
            time.sleep(float(one.options.get("seconds", 1)))
        if one.fault == "status" and not one.options.get("after_commit"):
            return answer({"error": "temporarily_unavailable"}, int(one.options["status"]))
    with one_writer, transaction.atomic(using="sandbox"):
        if kind == "authorization_code":
            grant = grant_of_code(request)
        elif kind == "refresh_token":
            grant = grant_of_refresh(request.POST.get("refresh_token", ""))
        else:
            return answer({"error": "unsupported_grant_type"}, 400)
        if grant is None:
            return refused("invalid_grant")
        hard = request.headers.get("x-include-refresh-token-hard-expires-in") == "true"
        content = issue(grant, include_hard_expiry=hard)
    traffic = traffic_of(grant.realm)
    traffic.note("token", 200)
    if kind == "refresh_token":
        with traffic.lock:
            traffic.refreshes += 1
    if "lose_after_commit" in names:
        return lost()
    return answer(content)


def armed_for(request: HttpRequest, body: str) -> list[Armed]:
    """What a test armed for the token calls of the company behind this code or token."""
    code, token = request.POST.get("code"), request.POST.get("refresh_token")
    grant = Grant.objects.filter(Q(code=code or "-") | Q(refresh_token=token or "-")).first()
    if grant is None:
        return []
    return armory.take(grant.realm, "POST", "token", body)


def refused(error: str) -> HttpResponse:
    return answer({"error": error}, 400)


def lost() -> HttpResponse:
    response = HttpResponse(status=500)
    response[LOSE] = "yes"
    return response


def grant_of_code(request: HttpRequest) -> Grant | None:
    """The consent behind a code: fresh, not used before, for the same redirect."""
    grant = Grant.objects.filter(code=request.POST.get("code", "")).first()
    if grant is None or grant.code_used or grant.revoked:
        return None
    if grant.redirect_uri != request.POST.get("redirect_uri"):
        return None
    if now_us() > grant.created_us + CODE_LIFE * SECOND:
        return None
    grant.code_used = True
    return grant


def grant_of_refresh(token: str) -> Grant | None:
    """The grant whose newest refresh token this is; an older one is dead."""
    grant = Grant.objects.filter(refresh_token=token).first() if token else None
    if grant is None or grant.revoked:
        return None
    now = now_us()
    if (
        now > grant.refreshed_us + REFRESH_LIFE * SECOND
        or now > grant.created_us + HARD_LIFE * SECOND
    ):
        return None
    return grant


def issue(grant: Grant, *, include_hard_expiry: bool) -> dict[str, Any]:
    """A new access token, and a new refresh token when the old one is a day old."""
    now = now_us()
    company = Company.objects.get(pk=grant.realm)
    rotation = float(company.settings["rotation_seconds"])
    due = now >= grant.rotated_us + int(rotation * SECOND)
    if not grant.refresh_token or due or grant.rotate_next:
        grant.refresh_token = f"RT1-{secrets.token_hex(24)}"
        grant.rotated_us = now
        grant.rotate_next = False
    grant.refreshed_us = now
    grant.save()
    token = AccessToken.objects.create(
        token=f"eyJhbGciOiJkaXIi.{secrets.token_hex(32)}",
        grant=grant,
        expires_us=now + ACCESS_LIFE * SECOND,
    )
    hard = (grant.created_us + HARD_LIFE * SECOND - now) // SECOND
    content: dict[str, Any] = {
        "token_type": "bearer",
        "access_token": token.token,
        "expires_in": ACCESS_LIFE,
        "refresh_token": grant.refresh_token,
        "x_refresh_token_expires_in": min(REFRESH_LIFE, hard),
    }
    if include_hard_expiry:
        content["x_refresh_token_hard_expires_in"] = hard
    return content


def revoke(request: HttpRequest) -> HttpResponse:
    """End the grant behind a refresh or access token."""
    if not client_is_known(request):
        return answer({"error": "invalid_client"}, 401)
    try:
        token = json.loads(request.body).get("token", "")
    except (ValueError, AttributeError):
        token = request.POST.get("token", "")
    access = AccessToken.objects.filter(pk=token).select_related("grant").first()
    grant = access.grant if access else Grant.objects.filter(refresh_token=token or None).first()
    if grant is None:
        return refused("invalid_request")
    with one_writer:
        Grant.objects.filter(pk=grant.pk).update(revoked=True)
    traffic_of(grant.realm).note("revoke", 200)
    response = HttpResponse(status=200)
    response["intuit_tid"] = trace_id()
    return response


def userinfo(request: HttpRequest) -> HttpResponse:
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    token = AccessToken.objects.filter(pk=value).select_related("grant").first()
    if kind != "Bearer" or token is None or token.grant.revoked or token.expires_us <= now_us():
        return answer({"error": "invalid_token"}, 401)
    return answer(
        {
            "sub": "1182d6ec-0000-4aa3-af3f-000000000001",
            "email": "owner@company.example",
            "emailVerified": True,
            "givenName": "Olga",
            "familyName": "Owner",
        }
    )
