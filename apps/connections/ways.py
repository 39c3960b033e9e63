"""The ways in: what a grant of each puts on a request, and how it comes by the next credential."""

import base64
import json
from collections.abc import Mapping

from django.views.decorators.debug import sensitive_variables

from apps.connections import oauth, sessions
from apps.connections.endpoints import App, app_of
from apps.connections.models import Grant
from apps.connections.oauth import GrantRefused, Pair
from apps.connections.sealed import opened, secrets_of
from apps.connectors.access import Access, FilledIn, Headers, Key, OAuth, Session
from apps.connectors.registry import system

NO_PAIR = Pair(
    access_token="",
    refresh_token="",
    access_expires_at=None,
    refresh_expires_at=None,
    refresh_hard_expires_at=None,
)


def access_of(grant: Grant) -> Access:
    return system(grant.system).access


@sensitive_variables()
def headers_of(grant: Grant) -> Headers:
    """What the line puts on every request of a saved grant. Raises `ConnectionLost`."""
    access = access_of(grant)
    if isinstance(access, Key):
        return key_headers(access, secrets_of(grant))
    if isinstance(access, OAuth | Session):
        return pair_headers(access, opened(grant, grant.access_token))
    return ()


@sensitive_variables()
def first_pair(app: App, access: FilledIn, filled_in: Mapping[str, str], address: str) -> Pair:
    """What the first of what staff filled in gives: a session, or nothing that ends.

    Raises `GrantRefused`, `TryLater`.
    """
    if isinstance(access, Session):
        return sessions.logged_in(app, access, filled_in, address)
    return NO_PAIR


@sensitive_variables()
def first_headers(access: FilledIn, filled_in: Mapping[str, str], pair: Pair) -> Headers:
    """What goes with the requests before the grant is saved."""
    if isinstance(access, Key):
        return key_headers(access, filled_in)
    return pair_headers(access, pair.access_token) if isinstance(access, Session) else ()


@sensitive_variables()
def next_pair(grant: Grant) -> Pair:
    """Ask for the next credential. Raises `GrantRefused` where only a person can give one,
    `TryLater`. The caller holds the grant's lease and saves the pair before anything else."""
    access = access_of(grant)
    app = app_of(grant.system, grant.environment)
    if isinstance(access, OAuth):
        return oauth.renewed(app, opened(grant, grant.refresh_token))
    if isinstance(access, Session):
        return sessions.logged_in(app, access, secrets_of(grant), grant.address)
    raise GrantRefused(f"{app.name} does not accept what was filled in to get in.")


@sensitive_variables()
def pair_headers(access: OAuth | Session, token: str) -> Headers:
    if isinstance(access, OAuth):
        return (("Authorization", f"Bearer {token}"), *access.api_headers)
    return tuple((name, value) for name, value in json.loads(token))


@sensitive_variables()
def key_headers(access: Key, filled_in: Mapping[str, str]) -> Headers:
    headers = [(name, value.format_map(filled_in)) for name, value in access.headers]
    if access.basic is not None:
        both = ":".join(part.format_map(filled_in) for part in access.basic)
        headers.append(("Authorization", f"Basic {base64.b64encode(both.encode()).decode()}"))
    return tuple(headers)
