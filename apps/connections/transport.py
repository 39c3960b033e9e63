"""One pooled, authorised HTTP line to the books of a connection."""

from http.cookiejar import DefaultCookiePolicy
from typing import Self

from django.views.decorators.debug import sensitive_variables

from apps.connections.endpoints import App, app_of, require_secure
from apps.connections.models import Connection, Grant
from apps.connections.tokens import current, opened, renew
from apps.connectors import http
from apps.connectors.errors import ConnectionLost
from apps.connectors.port import Reply, Request
from apps.connectors.registry import system

USER_AGENT = "Tieout"


class Line:
    """HTTP to one set of books.

    Made and renewed in the main thread (both may touch the database and call the token endpoint);
    `exchange` may run in any thread and touches neither. Raises `ConnectionLost` where there is no
    authorisation, `TryLater` where it cannot be renewed now.
    """

    def __init__(self, connection: Connection) -> None:
        grant = connection.grant
        name = system(connection.system).capabilities.name
        if grant is None:
            raise ConnectionLost(f"{name} is not connected.", remedy=f"Connect {name}.")
        self._use(current(Grant.objects.get(pk=grant.pk)))
        self._open(app_of(connection.system, connection.environment))

    @classmethod
    @sensitive_variables()
    def with_token(cls, app: App, token: str) -> Self:
        """A line for a consent that is not saved yet: it cannot be renewed."""
        line = cls.__new__(cls)
        line._grant = None
        line._open(app)
        line._token = token
        return line

    def exchange(self, request: Request, *, deadline: float) -> Reply:
        """Send one request; `deadline` in seconds, from connecting to the last byte."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "application/json",
            "User-Agent": USER_AGENT,
        }
        if request.body:
            headers["Content-Type"] = request.content_type
        return http.exchange(
            self._session,
            request.method,
            f"{self._api}/{request.path.lstrip('/')}",
            headers=headers,
            query=request.query,
            body=request.body,
            deadline=deadline,
        )

    def renew(self, seen_401: bool) -> None:
        """Have a token that will do for the next calls. After a 401 the one in use is not it,
        whatever its dates say."""
        if self._grant is None:
            raise ConnectionLost("The authorisation just given is not accepted.")
        if seen_401:
            self._use(renew(self._grant, seen_version=self._grant.token_version))
        else:
            self._use(current(Grant.objects.get(pk=self._grant.pk)))

    def close(self) -> None:
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open(self, app: App) -> None:
        require_secure(app.api)
        self._api = app.api
        self._session = http.pooled_session(system(app.system).capabilities.in_flight)
        # A cookie of theirs has no say in what is sent, and no thread changes the jar.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @sensitive_variables()
    def _use(self, grant: Grant) -> None:
        self._token = opened(grant, grant.access_token)
        self._grant: Grant | None = grant
