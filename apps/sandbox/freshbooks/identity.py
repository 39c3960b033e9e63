"""OAuth 2.0 as FreshBooks runs it: one person's businesses at once, refresh tokens for a single use."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render

from ..client import client_credentials
from ..clock import clock, microseconds
from ..models import BusinessRow, SignInRow, TokenPairRow
from ..server import LOSE
from ..storage import one_writer
from ..traffic import traffic_of
from . import wire
from .injection import armory
from .store import Business
from .store import business as books_of

SECOND = 1_000_000
ACCESS_LIFE = 43_200
CODE_LIFE = 300
APP_NAME = "Tieout"
KEY = b"the simulated FreshBooks signs with this"
OBJECTS = wire.names(
    "bill_payments bill_vendors billable_items bills business clients credit_notes estimates "
    "expenses invoices journal_entries online_payments other_income payments projects retainers "
    "taxes teams time_entries uploads"
)
# These have no :write, and asking for one fails the whole consent.
READ_ONLY = ("profile", "notifications", "reports")
SCOPES = frozenset(
    [f"user:{one}:{way}" for one in OBJECTS for way in ("read", "write")]
    + [f"user:{one}:read" for one in READ_ONLY]
)
ALWAYS = "user:profile:read"


class App:
    """What is set for the app as a whole, over all businesses."""

    # A refresh may answer the first token's created_at with a second less to live.
    refresh_created_at = "now"
    # Whether a refresh must say the redirect_uri again.
    refresh_redirect = "required"
    # Whether the access token dies with the refresh token that it came with.
    old_access = "dies"


app = App()


def now_us() -> int:
    return microseconds(clock.now())


# --- consent ----------------------------------------------------------------------------------
def authorize(request: HttpRequest) -> HttpResponse:
    """The page where a person signs in and lets the app use all of their businesses."""
    asked = request.POST if request.method == "POST" else request.GET
    problem = consent_problem(asked)
    if problem:
        return render(request, "freshbooks/refused.html", {"problem": problem}, status=400)
    people: dict[str, list[str]] = {}
    for one in BusinessRow.objects.order_by("name"):
        people.setdefault(one.person, []).append(one.name)
    if request.method != "POST":
        context = {"app": APP_NAME, "asked": asked.dict(), "people": people.items()}
        return render(request, "freshbooks/authorize.html", context)
    back: dict[str, str] = {"state": asked["state"]} if asked.get("state") else {}
    if asked.get("decision") != "allow":
        return redirected(asked["redirect_uri"], {"error": "access_denied", **back})
    if asked.get("person") not in people:
        told = {"problem": "Choose who you are."}
        return render(request, "freshbooks/refused.html", told, status=400)
    wanted = asked.get("scope", "").split() or sorted(SCOPES)
    if set(wanted) - SCOPES:
        # Told only now, after the sign-in.
        words = "The requested scope is invalid, unknown, or malformed."
        told = {"error": "invalid_scope", "error_description": words, **back}
        return redirected(asked["redirect_uri"], told)
    with one_writer:
        consent = SignInRow.objects.create(
            code=secrets.token_hex(32),
            person=asked["person"],
            client_id=asked["client_id"],
            scope=" ".join(sorted({*wanted, ALWAYS})),
            redirect_uri=asked["redirect_uri"],
            challenge=asked.get("code_challenge", ""),
            created_us=now_us(),
        )
    return redirected(asked["redirect_uri"], {"code": consent.code, **back})


def redirected(address: str, told: dict[str, str]) -> HttpResponse:
    return HttpResponseRedirect(f"{address}?{urlencode(told)}")


def consent_problem(asked: Any) -> str:
    """Why this request for consent is none; an empty text when it is."""
    target = urlsplit(asked.get("redirect_uri", ""))
    local = target.hostname in ("localhost", "127.0.0.1", "::1", "testserver")
    if asked.get("client_id") != client_credentials()[0]:
        return "Client authentication failed due to unknown client."
    if asked.get("response_type") != "code":
        return "The authorization server does not support this response type."
    if target.scheme != "https" and not (target.scheme == "http" and local):
        return "The redirect uri must use https (here: or http on this machine)."
    if target.query:
        return "The redirect uri may not have a query."
    if asked.get("code_challenge") and asked.get("code_challenge_method") != "S256":
        return "The code challenge method must be S256."
    return ""


# --- tokens -----------------------------------------------------------------------------------
def form_of(request: HttpRequest) -> dict[str, str]:
    """Form-encoded; JSON is read too."""
    if request.content_type == "application/json":
        try:
            told = json.loads(request.body)
        except ValueError:
            return {}
        return {name: str(value) for name, value in told.items()} if isinstance(told, dict) else {}
    return {name: str(value) for name, value in request.POST.items()}


def known_client(form: dict[str, str]) -> bool:
    return (form.get("client_id"), form.get("client_secret")) == client_credentials()


def token(request: HttpRequest) -> HttpResponse:
    """Exchange a code or a refresh token for a pair of tokens."""
    form = form_of(request)
    if not known_client(form):
        return refused("invalid_client", "Client authentication failed.", 401)
    kind = form.get("grant_type", "")
    mine = businesses_of(person_behind(form))
    names = trouble(mine, request.body.decode(errors="replace"))
    if isinstance(names, HttpResponse):
        return names
    with one_writer, transaction.atomic(using="sandbox"):
        if kind == "authorization_code":
            content = by_code(form)
        elif kind == "refresh_token":
            content = by_refresh(form)
        else:
            return refused("unsupported_grant_type", "The grant type is not supported.")
    for one in mine:
        counts = traffic_of(one.key)
        counts.note("token", 200 if content else 400)
        if kind == "refresh_token" and content:
            with counts.lock:
                counts.refreshes += 1
    if content is None:
        words = "The provided authorization grant is invalid, expired, revoked, or was used."
        return refused("invalid_grant", words)
    return lost() if "lose_after_commit" in names else JsonResponse(content)


def refused(error: str, words: str, status: int = 400) -> HttpResponse:
    return JsonResponse({"error": error, "error_description": words}, status=status)


def lost() -> HttpResponse:
    response = HttpResponse(status=500)
    response[LOSE] = "yes"
    return response


def person_behind(form: dict[str, str]) -> str:
    consent = SignInRow.objects.filter(pk=form.get("code", "")).first()
    kept = TokenPairRow.objects.filter(pk=form.get("refresh_token", "")).first()
    return consent.person if consent else kept.person if kept else ""


def businesses_of(person: str) -> list[Business]:
    ids = BusinessRow.objects.filter(person=person).order_by("business")
    found = [books_of(one) for one in ids.values_list("pk", flat=True)] if person else []
    return [one for one in found if one is not None]


def trouble(mine: list[Business], body: str) -> set[str] | HttpResponse:
    """What a test armed for the token calls of this person's businesses."""
    names: set[str] = set()
    for books in mine:
        for one in armory.take(books.key, "POST", "token", body):
            if one.fault == "lose_before_commit":
                return lost()
            if one.fault == "delay":
                time.sleep(float(one.options.get("seconds", 1)))
            if one.fault == "status":
                return HttpResponse(status=int(one.options.get("status", 500)))
            names.add(one.fault)
    return names


def by_code(form: dict[str, str]) -> dict[str, Any] | None:
    """The consent behind a code: fresh, not used before, for this client and redirect."""
    consent = SignInRow.objects.filter(pk=form.get("code", "")).first()
    if consent is None or consent.used or consent.client_id != form["client_id"]:
        return None
    if consent.redirect_uri != form.get("redirect_uri"):
        return None
    if now_us() > consent.created_us + CODE_LIFE * SECOND:
        return None
    if consent.challenge and not verified(form.get("code_verifier", ""), consent.challenge):
        return None
    consent.used = True
    consent.save()
    return issue(consent.person, consent.client_id, consent.scope, now_us())


def verified(verifier: str, challenge: str) -> bool:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == challenge


def by_refresh(form: dict[str, str]) -> dict[str, Any] | None:
    """A new pair; the old one is dead from here on, whoever did not get the answer."""
    told = form.get("refresh_token", "")
    kept = TokenPairRow.objects.filter(pk=told, client_id=form["client_id"]).first()
    if kept is None or kept.refreshed or kept.dead:
        return None
    if app.refresh_redirect == "required" and not form.get("redirect_uri"):
        return None
    kept.refreshed = True
    if app.old_access == "dies":
        kept.dead = True
    kept.save()
    first = app.refresh_created_at == "first" and now_us() < kept.expires_us - 60 * SECOND
    since = kept.created_us if first else now_us()
    return issue(kept.person, kept.client_id, kept.scope, since, ACCESS_LIFE - (1 if first else 0))


def issue(
    person: str, client: str, scope: str, since: int, life: int = ACCESS_LIFE
) -> dict[str, Any]:
    kept = TokenPairRow.objects.create(
        refresh=secrets.token_hex(32),
        access=secrets.token_hex(20),
        person=person,
        client_id=client,
        scope=scope,
        created_us=since,
        expires_us=since + life * SECOND,
    )
    return {
        "access_token": access_token(kept),
        "token_type": "Bearer",
        "expires_in": life,
        "refresh_token": kept.refresh,
        "scope": scope,
        "created_at": since // SECOND,
    }


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _signature(signed: str) -> str:
    return _encoded(hmac.new(KEY, signed.encode(), hashlib.sha256).digest())


def access_token(kept: TokenPairRow) -> str:
    """A JWT; who reads one finds a long text, and its id decides."""
    claims = {"jti": kept.access, "sub": kept.person, "scope": kept.scope.split()}
    parts = [_encoded(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT"}, claims)]
    return ".".join([*parts, _signature(".".join(parts))])


def bearer(request: HttpRequest) -> TokenPairRow | None:
    """The live token that a request carries; None for none, or one that is dead or too old."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return alive(value) if kind == "Bearer" else None


def alive(value: str) -> TokenPairRow | None:
    signed, _, signature = value.rpartition(".")
    if not hmac.compare_digest(_signature(signed), signature):
        return None
    body = signed.partition(".")[2]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    kept = TokenPairRow.objects.filter(access=claims["jti"], dead=False).first()
    return kept if kept is not None and now_us() < kept.expires_us else None


def revoke(request: HttpRequest) -> HttpResponse:
    """`200 {}`, and the token, either of the pair, is dead at once."""
    form = form_of(request)
    if not known_client(form):
        return refused("invalid_client", "Client authentication failed.", 401)
    told = form.get("token", "")
    kept = TokenPairRow.objects.filter(pk=told).first() or alive(told)
    if kept is not None:
        with one_writer:
            TokenPairRow.objects.filter(pk=kept.pk).update(dead=True)
    return JsonResponse({})


def discovery(request: HttpRequest) -> HttpResponse:
    root = request.build_absolute_uri(request.path).partition("/.well-known")[0]
    below = f"{root}/service/auth/oauth"
    return JsonResponse(
        {
            "issuer": root,
            "authorization_endpoint": f"{below}/authorize",
            "token_endpoint": f"{below}/token",
            "revocation_endpoint": f"{below}/revoke",
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
        }
    )
