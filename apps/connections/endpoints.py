"""Where an accounting system is reached: our app there, its consent page, its token endpoints."""

from dataclasses import dataclass, field
from functools import lru_cache

import requests
from django.conf import settings
from oauthlib.oauth2.rfc6749.utils import is_secure_transport

from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.registry import systems

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)


class NotOffered(ConnectionLost):
    """No app of ours is registered for this system and environment: nothing to connect with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """Our registration at a system, in one of its environments. Addresses without a final slash."""

    system: str
    environment: str
    api: str
    web: str
    client_id: str
    client_secret: str = field(repr=False)
    discovery: str = ""

    @property
    def name(self) -> str:
        """The accounting system, as staff read it."""
        return systems()[self.system].capabilities.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    authorization: str
    token: str
    revocation: str


def app_of(system: str, environment: str) -> App:
    """Our app there; raises `NotOffered` where the settings hold none."""
    given = settings.LEDGER_APPS.get(system, {}).get(environment, {})
    if system not in systems() or not given.get("client_id") or not given.get("api"):
        raise NotOffered(
            f"Tieout is not registered with {system} ({environment}).",
            remedy="An administrator gives the client id and secret in the settings.",
        )
    return App(
        system=system,
        environment=environment,
        api=given["api"].rstrip("/"),
        web=given.get("web", "").rstrip("/"),
        client_id=given["client_id"],
        client_secret=given.get("client_secret", ""),
        discovery=given.get("discovery", ""),
    )


def offered() -> list[App]:
    """Every system and environment that staff can connect to."""
    found = []
    for system, environments in settings.LEDGER_APPS.items():
        for environment in environments:
            try:
                found.append(app_of(system, environment))
            except NotOffered:
                continue
    return found


def endpoints_of(app: App) -> Endpoints:
    """Given in the settings, or read from the discovery document (kept while the process lives).

    Raises `TryLater` when the document cannot be had.
    """
    given = settings.LEDGER_APPS[app.system][app.environment]
    if "token" in given:
        return Endpoints(
            authorization=given["authorization"],
            token=given["token"],
            revocation=given.get("revocation", ""),
        )
    return _discovered(app.discovery, app.name)


@lru_cache(maxsize=32)
def _discovered(address: str, name: str) -> Endpoints:
    require_secure(address)
    # trust_env off: neither a proxy nor a .netrc of the host has a say in who we authorise with.
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.get(
                address,
                headers={"Accept": "application/json"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
            document = answer.json() if answer.status_code == 200 else {}
        except (requests.RequestException, ValueError) as trouble:
            raise TryLater(
                f"{name} could not be reached ({type(trouble).__name__}).", whole_connection=True
            ) from None
    try:
        found = Endpoints(
            authorization=document["authorization_endpoint"],
            token=document["token_endpoint"],
            revocation=document.get("revocation_endpoint", ""),
        )
    except KeyError:
        raise TryLater(
            f"{name} did not say where its consent page is (status {answer.status_code}).",
            whole_connection=True,
        ) from None
    for each in (found.authorization, found.token, found.revocation):
        if each:
            require_secure(each)
    return found


def forget_discovered() -> None:
    """Read discovery documents anew."""
    _discovered.cache_clear()


def require_secure(address: str) -> None:
    """No secret leaves over plain HTTP; only tests and the demo switch that off, by oauthlib's
    own OAUTHLIB_INSECURE_TRANSPORT, which a system check refuses in production."""
    if not is_secure_transport(address):
        raise NotOffered("An address of this accounting system is not https.")
