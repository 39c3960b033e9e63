"""Opens a session with what staff filled in, over HTTP and beside the couriers: nothing of it is
written down but the session it gives, sealed."""

import json
from collections.abc import Mapping
from datetime import timedelta

from django.views.decorators.debug import sensitive_variables

from apps.connections import clock
from apps.connections.endpoints import CONNECT_SECONDS, READ_SECONDS, App, require_secure
from apps.connections.oauth import GrantRefused, Pair
from apps.connectors import http
from apps.connectors.access import Session
from apps.connectors.errors import ConnectionLost, ConnectorError, TryLater
from apps.connectors.moments import within
from apps.connectors.port import Fate, Reply, Request


@sensitive_variables()
def logged_in(app: App, access: Session, filled_in: Mapping[str, str], address: str) -> Pair:
    """A fresh session: its headers as the pair's access token. Raises `GrantRefused`, `TryLater`."""
    reply = _answer(access.login(filled_in), address or app.reached.api)
    if reply.fate is not Fate.ANSWERED:
        raise TryLater(f"{app.name} could not be reached ({reply.problem}).", whole_connection=True)
    if reply.status == 429 or reply.status >= 500:
        raise TryLater(
            f"{app.name} answered {reply.status} to the login of Tieout.", whole_connection=True
        )
    try:
        session = access.opened(reply)
        if not all(
            name and value.isascii() and value.isprintable() for name, value in session.headers
        ):
            raise ValueError("no header can carry it")
    except ConnectionLost as refusal:
        raise GrantRefused(refusal.sentence) from None
    except ConnectorError as trouble:
        raise TryLater(trouble.sentence, whole_connection=True) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise TryLater(
            f"{app.name} answered the login with something that cannot be read.",
            whole_connection=True,
        ) from None
    lives = timedelta(seconds=session.seconds) if session.seconds else None
    return Pair(
        access_token=json.dumps(session.headers),
        refresh_token="",
        access_expires_at=clock.now() + lives if lives else None,
        refresh_expires_at=None,
        refresh_hard_expires_at=None,
    )


@sensitive_variables()
def _answer(request: Request, base: str) -> Reply:
    require_secure(base)
    headers = {"Accept": "application/json", **dict(request.headers)}
    if request.body:
        headers["Content-Type"] = request.content_type
    with http.pooled_session(1) as session:
        return http.exchange(
            session,
            request.method,
            f"{base}/{request.path.lstrip('/')}",
            headers=headers,
            query=request.query,
            body=request.body,
            until=within(READ_SECONDS),
            connect_timeout=CONNECT_SECONDS,
        )
