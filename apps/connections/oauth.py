"""Consent and its token endpoint: a code or a refresh token goes in, a pair of tokens comes out.

Nothing here touches the database. No token stands in any exception, log record or repr.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.views.decorators.debug import sensitive_variables
from oauthlib.oauth2 import OAuth2Error
from requests.auth import HTTPBasicAuth
from requests_oauthlib import OAuth2Session

from apps.connections import clock
from apps.connections.endpoints import TIMEOUT, App, endpoints_of
from apps.connectors.access import OAuth
from apps.connectors.errors import TryLater

# What the token endpoint says when it is our registration that is wrong, not the grant.
APP_REFUSED = ("invalid_client", "unauthorized_client")


class GrantRefused(Exception):
    """The code or the refresh token is not accepted (any more): only a person's consent helps."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """What a consent, a renewal or a login gave. Without `access_expires_at` it is used until it
    is refused."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_at: datetime | None
    refresh_expires_at: datetime | None
    refresh_hard_expires_at: datetime | None
    scopes: str = ""  # as they said; "" where they say nothing


@sensitive_variables()
def consent_address(app: App, *, redirect_uri: str, state: str) -> str:
    """The provider's page on which a person allows us in."""
    rules = rules_of(app)
    session = OAuth2Session(app.client_id, redirect_uri=redirect_uri, scope=list(rules.scopes))
    asked = dict(rules.consent_parameters)
    if rules.pkce:
        digest = hashlib.sha256(_verifier(state).encode()).digest()
        asked |= {"code_challenge": _as_text(digest), "code_challenge_method": "S256"}
    address, _ = session.authorization_url(endpoints_of(app).authorization, state=state, **asked)
    return str(address)


@sensitive_variables()
def exchange_code(app: App, *, code: str, redirect_uri: str, state: str) -> Pair:
    """The pair for a code of the callback. Raises `GrantRefused`, `TryLater`."""
    address = endpoints_of(app).token
    verifier: dict[str, Any] = {"code_verifier": _verifier(state)} if rules_of(app).pkce else {}
    with _session(app, redirect_uri=redirect_uri) as session, _named_errors(app):
        token = session.fetch_token(
            address,
            code=code,
            headers=_headers(app),
            timeout=TIMEOUT[1],
            **verifier,
            **_proof_of_app(app, in_body={"include_client_id": True}),
        )
    return _pair(app, token)


@sensitive_variables()
def renewed(app: App, refresh_token: str) -> Pair:
    """The next pair. Raises `GrantRefused` (invalid_grant), `TryLater`.

    Their answer may carry the same refresh token or a new one; once it has left them, the old one
    may be dead, so the caller saves the pair before anything else.
    """
    address = endpoints_of(app).token
    named: dict[str, Any] = {"redirect_uri": callback_address(app.system)}
    with _session(app) as session, _named_errors(app):
        token = session.refresh_token(
            address,
            refresh_token=refresh_token,
            headers=_headers(app),
            timeout=TIMEOUT[1],
            **(named if rules_of(app).redirect_on_renewal else {}),
            **_proof_of_app(app, in_body={"client_id": app.client_id}),
        )
    return _pair(app, token)


@sensitive_variables()
def revoke(app: App, token: str) -> None:
    """Tell the provider that this consent is over. Raises `TryLater` when that cannot be told."""
    address = endpoints_of(app).revocation
    if not address:
        raise TryLater(f"{app.name} offers no way to end a consent from here.")
    rules = rules_of(app)
    proof = _proof_of_app(app, in_body={"client_id": app.client_id})
    auth = proof.pop("auth", None)
    told = {"token": token, **proof}
    what = {"json": told} if rules.revoke_as_json else {"data": told}
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.post(
                address,
                headers={"Accept": "application/json"},
                auth=auth,
                timeout=TIMEOUT,
                allow_redirects=False,
                **what,  # type: ignore[arg-type] # one of two keyword arguments
            )
        except requests.RequestException as trouble:
            raise TryLater(f"{app.name} could not be reached ({type(trouble).__name__}).") from None
    if answer.status_code != 200:
        raise TryLater(f"{app.name} answered {answer.status_code} when told to end the consent.")


def callback_address(system: str) -> str:
    """The redirect address as registered at the provider, character by character."""
    return settings.SITE_URL.rstrip("/") + reverse("connections:callback", args=[system])


def rules_of(app: App) -> OAuth:
    """How this system asks for consent. Raises ValueError where it is entered otherwise."""
    access = app.access
    if not isinstance(access, OAuth):
        raise ValueError(f"{app.name} is not entered by a consent.")
    return access


@sensitive_variables()
def _verifier(state: str) -> str:
    """The secret half of PKCE, made of the state and a key of ours, so that no row keeps it: who
    sees the way back to us knows the state and the code, and still cannot use them."""
    return _as_text(salted_hmac("consent by PKCE", state, algorithm="sha256").digest())


def _as_text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _headers(app: App) -> dict[str, str]:
    return {
        "Accept": "application/json",
        "Content-Type": "application/x-www-form-urlencoded",
        **rules_of(app).token_headers,
    }


@sensitive_variables()
def _proof_of_app(app: App, *, in_body: dict[str, Any]) -> dict[str, Any]:
    if not app.client_secret:
        return in_body
    if rules_of(app).basic_auth:
        return {"auth": HTTPBasicAuth(app.client_id, app.client_secret)}
    return {**in_body, "client_secret": app.client_secret}


@contextmanager
def _session(app: App, redirect_uri: str | None = None) -> Iterator[OAuth2Session]:
    # No scope: with one, a wider scope in the answer would be raised as an exception.
    session = OAuth2Session(app.client_id, redirect_uri=redirect_uri)
    session.trust_env = False
    session.max_redirects = 0  # a redirected token request would hand the secret to another host
    for answer in ("access_token_response", "refresh_token_response"):
        session.register_compliance_hook(answer, _outages_refused(app))
    with session:
        yield session


def _outages_refused(app: App) -> Callable[[requests.Response], requests.Response]:
    def refuse(answer: requests.Response) -> requests.Response:
        if answer.status_code == 429 or answer.status_code >= 500:
            raise TryLater(
                f"{app.name} answered {answer.status_code} to the renewal of the authorisation.",
                whole_connection=True,
            )
        return answer

    return refuse


@contextmanager
def _named_errors(app: App) -> Iterator[None]:
    """Their refusals as ours; raised `from None`, since a cause may hold what was sent."""
    try:
        yield
    except OAuth2Error as refusal:
        if refusal.error == "invalid_grant":
            raise GrantRefused(f"{app.name} no longer accepts this authorisation.") from None
        if refusal.error in APP_REFUSED:
            raise TryLater(
                f"{app.name} does not accept the registration of Tieout.",
                remedy="An administrator checks the client id and secret in the settings.",
                code=refusal.error,
                whole_connection=True,
            ) from None
        raise TryLater(
            f"{app.name} gave no authorisation.", code=str(refusal.error), whole_connection=True
        ) from None
    except requests.RequestException as trouble:
        raise TryLater(
            f"{app.name} could not be reached ({type(trouble).__name__}).", whole_connection=True
        ) from None
    except ValueError:
        raise TryLater(
            f"{app.name} answered the renewal with something that cannot be read.",
            whole_connection=True,
        ) from None


@sensitive_variables()
def _pair(app: App, token: dict[str, Any]) -> Pair:
    rules = rules_of(app)
    made_at = token.get(rules.made_at_field) if rules.made_at_field else None
    since = datetime.fromtimestamp(int(made_at), UTC) if made_at else clock.now()

    def after(field_name: str) -> datetime | None:
        seconds = token.get(field_name) if field_name else None
        return since + timedelta(seconds=int(seconds)) if seconds else None

    scopes = token.get("scope") or ""
    return Pair(
        access_token=token["access_token"],
        refresh_token=token.get("refresh_token", ""),
        access_expires_at=after("expires_in") or since + timedelta(seconds=rules.access_seconds),
        refresh_expires_at=after(rules.refresh_expires_field),
        refresh_hard_expires_at=after(rules.refresh_hard_expires_field),
        scopes=scopes if isinstance(scopes, str) else " ".join(scopes),
    )
