"""Where an accounting system is reached: our app there, its consent page, its token endpoints."""

import re
from dataclasses import dataclass, field, replace
from functools import lru_cache

import requests
from django.conf import settings
from oauthlib.oauth2.rfc6749.utils import is_secure_transport

from apps.connectors.access import Access, Environment, Folder, Mailbox, OAuth
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.registry import systems

CONNECT_SECONDS = 5.0
READ_SECONDS = 10.0
TIMEOUT = (CONNECT_SECONDS, READ_SECONDS)

REAL = "production"  # the environment whose settings need not name it
SIMULATED = "simulated"  # the environment that our own servers play
SIMULATED_CLIENT = ("simulated-client", "simulated-secret")


class NotOffered(ConnectionLost):
    """No app of ours is registered for this system and environment: nothing to connect with."""


@dataclass(frozen=True, kw_only=True, slots=True)
class App:
    """Our place at a system, in one of its environments: its addresses, and by what we are known
    there (both empty where it asks for no registration)."""

    system: str
    environment: str
    reached: Environment
    client_id: str = ""
    client_secret: str = field(default="", repr=False)

    @property
    def name(self) -> str:
        """The accounting system, as staff read it."""
        return systems()[self.system].capabilities.name

    @property
    def chosen_as(self) -> str:
        """What it is called where books are chosen."""
        return systems()[self.system].capabilities.chosen_as or self.name

    @property
    def access(self) -> Access:
        return systems()[self.system].access

    @property
    def asks_consent(self) -> bool:
        """Whether connecting leads to a page of theirs; else staff fill in a form of ours."""
        return isinstance(self.access, OAuth)


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoints:
    authorization: str
    token: str
    revocation: str


def app_of(system: str, environment: str) -> App:
    """Our app there; raises `NotOffered` where the environment gives none."""
    name = systems()[system].capabilities.name if system in systems() else system
    reached = _reached(system, environment)
    app = reached and _registered(system, environment, reached)
    if not app:
        raise NotOffered(
            f"Tieout is not registered with {name} ({environment}).",
            remedy="An administrator gives the client id and secret in the environment.",
        )
    return app


def offered() -> list[App]:
    """Every system and environment that staff can connect to."""
    found = []
    for system, each in sorted(systems().items()):
        for environment in each.environments:
            try:
                found.append(app_of(system, environment))
            except NotOffered:
                continue
    return found


def settings_wanted() -> list[tuple[str, str]]:
    """Of each system that we are not registered with for real books: its name, and the setting
    that holds our id there."""
    return [
        (each.capabilities.name, client_setting(system, REAL) + "_ID")
        for system, each in sorted(systems().items())
        if isinstance(each.access, OAuth)
        and REAL in each.environments
        and not settings.LEDGER_CLIENTS.get(client_setting(system, REAL) + "_ID")
    ]


def client_setting(system: str, environment: str) -> str:
    """The settings that hold our registration begin so, and end in _ID and _SECRET."""
    return setting_of(system, environment, "client")


def setting_of(system: str, environment: str, word: str) -> str:
    """The rule by which the environment's variables are called."""
    words = [system, environment, word] if environment != REAL else [system, word]
    return re.sub(r"[^A-Z0-9]", "_", "_".join(words).upper())


def web_of(system: str, environment: str) -> str:
    """Where their web app shows an object; "" where that is not known."""
    reached = _reached(system, environment)
    return reached.web if reached else ""


def endpoints_of(app: App) -> Endpoints:
    """Given by the connector, or read from the discovery document (kept while the process lives).

    Raises `TryLater` when the document cannot be had.
    """
    if app.reached.token:
        return Endpoints(
            authorization=app.reached.authorization,
            token=app.reached.token,
            revocation=app.reached.revocation,
        )
    return _discovered(app.reached.discovery, app.name)


def _reached(system: str, environment: str) -> Environment | None:
    """The addresses of an environment, those of a simulated one made whole; None: not offered."""
    known = systems()[system].environments if system in systems() else {}
    found = known.get(environment)
    if found is None or environment != SIMULATED:
        return found
    base = settings.SIMULATED_LEDGERS_URL
    if not base:
        return None
    addresses = ("api", "web", "discovery", "authorization", "token", "revocation")
    below = {name: getattr(found, name) for name in addresses}
    return replace(found, **{name: base + path for name, path in below.items() if path})


def _registered(system: str, environment: str, reached: Environment) -> App | None:
    access = systems()[system].access
    if isinstance(access, Folder):
        usable = bool(settings.LEDGER_FOLDERS)
        return App(system=system, environment=environment, reached=reached) if usable else None
    if not isinstance(access, OAuth):
        usable = bool(reached.api) or access.asks_address or isinstance(access, Mailbox)
        return App(system=system, environment=environment, reached=reached) if usable else None
    simulated = SIMULATED_CLIENT if environment == SIMULATED else ("", "")
    setting = client_setting(system, environment)
    client_id = settings.LEDGER_CLIENTS.get(f"{setting}_ID", simulated[0])
    if not client_id or not reached.api:
        return None
    return App(
        system=system,
        environment=environment,
        reached=reached,
        client_id=client_id,
        client_secret=settings.LEDGER_CLIENTS.get(f"{setting}_SECRET", simulated[1]),
    )


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
