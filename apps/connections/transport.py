"""One pooled, authorised HTTP line to the books of a connection."""

from http.cookiejar import DefaultCookiePolicy
from typing import Self

from django.views.decorators.debug import sensitive_variables

from apps.connections.endpoints import App, app_of, require_secure
from apps.connections.models import Connection, Grant
from apps.connections.tokens import current, renew
from apps.connections.ways import headers_of
from apps.connectors import http
from apps.connectors.access import Headers, Session
from apps.connectors.errors import ConnectionLost
from apps.connectors.port import Fate, Reply, Request
from apps.connectors.registry import system

USER_AGENT = "Tieout"
# What HTTP itself needs, and what this line says of the body.
OWN_HEADERS = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "user-agent",
    }
)
UNAUTHORIZED = 401
LONG_ENOUGH = 16  # a credential of so many characters is found in an answer by no chance


class HttpLine:
    """HTTP to one set of books, with whatever headers let us in.

    Made and renewed in the main thread (both may touch the database and call the token endpoint);
    `exchange` may run in any thread and touches neither. Raises `ConnectionLost` where there is no
    authorisation, `TryLater` where it cannot be renewed now.
    """

    def __init__(self, connection: Connection) -> None:
        grant = connection.grant
        name = connection.capabilities.name
        if grant is None:
            raise ConnectionLost(f"{name} is not connected.", remedy=f"Connect {name}.")
        self._use(current(Grant.objects.get(pk=grant.pk)))
        self._open(app_of(connection.system, connection.environment), grant.address)

    @classmethod
    @sensitive_variables()
    def unsaved(cls, app: App, credential: Headers, address: str = "") -> Self:
        """A line for a grant that is not saved yet: it cannot be renewed."""
        line = cls.__new__(cls)
        line._grant = None
        line._open(app, address)
        line._credential = dict(credential)
        return line

    @property
    def adds(self) -> frozenset[str]:
        return OWN_HEADERS | {name.lower() for name in self._credential}

    def exchange(self, request: Request, *, until: float) -> Reply:
        credential = self._credential  # a renewal meanwhile is for the next request
        headers = {"accept": "application/json", "user-agent": USER_AGENT}
        if request.body:
            headers["content-type"] = request.content_type
        headers |= {name.lower(): value for name, value in request.headers}
        reply = http.exchange(
            self._session,
            request.method,
            f"{self._api}/{request.path.lstrip('/')}",
            headers={**headers, **credential},
            query=request.query,
            body=request.body,
            until=until,
        )
        return self._without_secrets(reply, credential)

    def renew(self, *, seen_401: bool) -> None:
        """Have a credential that will do for the next calls. After a 401 the one in use is not it,
        whatever its dates say."""
        if self._grant is None:
            raise ConnectionLost(f"{self._name} does not accept what was just given to get in.")
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

    def _open(self, app: App, address: str) -> None:
        self._api = address or app.reached.api
        require_secure(self._api)
        self._name, access = app.name, app.access
        self._refused = access.refused if isinstance(access, Session) else None
        self._session = http.pooled_session(system(app.system).capabilities.in_flight)
        # A cookie of theirs has no say in what is sent, and no thread changes the jar.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    @sensitive_variables()
    def _use(self, grant: Grant) -> None:
        self._credential = dict(headers_of(grant))
        self._grant: Grant | None = grant

    @sensitive_variables()
    def _without_secrets(self, reply: Reply, credential: dict[str, str]) -> Reply:
        """Their answer as everybody may see it: with no cookie, and where it repeats what let us
        in, without that. A session that has ended is a 401, however they say it."""
        if reply.fate is not Fate.ANSWERED:
            return reply
        body, status = reply.body, reply.status
        for value in credential.values():
            for secret in (value, value.partition(" ")[2]):
                if len(secret) >= LONG_ENOUGH:
                    body = body.replace(secret.encode(), b"***")
        if self._refused is not None and self._refused(reply):
            status = UNAUTHORIZED
        return Reply(
            fate=reply.fate,
            status=status,
            headers={name: each for name, each in reply.headers.items() if name != "set-cookie"},
            body=body,
            seconds=reply.seconds,
            problem=reply.problem,
        )
