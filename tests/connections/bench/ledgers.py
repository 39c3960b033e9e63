"""Connectors of the tests, one for each way in; none is found but by who registers it here."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.connectors import port
from apps.connectors.access import (
    Access,
    Environment,
    Field,
    Folder,
    Key,
    OAuth,
    Opened,
    Organisation,
    Session,
    SessionOpened,
)
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.limits import MINUTE, Limit
from apps.connectors.port import Courier, Purpose, Reply, Request
from apps.connectors.registry import System, systems
from apps.connectors.snapshots import Kind

CAPABILITIES = port.Capabilities(
    system="guild",
    name="Guild",
    kinds=frozenset(Kind),
    push_batch=1,
    in_flight=2,
    limits=(Limit(name="call", amount=1000, span=MINUTE),),
    number_length=21,
    decimals=2,
)


def read(path: str, **fields: Any) -> Request:
    return Request(method="GET", path=path, purpose=Purpose.READS, **fields)


def answered(courier: Courier, request: Request) -> Any:
    for _, reply in courier.carry([request]):
        if reply.status in (401, 403):
            raise ConnectionLost(f"Guild does not let us in ({reply.status}).")
        if reply.status not in (200, 204):
            raise TryLater(f"Guild answered {reply.status} {reply.problem}")
        return json.loads(reply.body) if reply.body else None
    raise TryLater("Guild was not asked.")


def organisations(courier: Courier) -> Opened:
    found = answered(courier, read("connections"))
    return Opened(
        person=found["person"],
        organisations=tuple(
            Organisation(remote_id=each["id"], name=each["name"], country=each["country"])
            for each in found["items"]
        ),
    )


def leave(remote_id: str, courier: Courier) -> None:
    answered(courier, replace(read(f"connections/{remote_id}"), method="DELETE"))


def login(filled_in: Mapping[str, str]) -> Request:
    return Request(
        method="POST",
        path="login",
        body=json.dumps(dict(filled_in)).encode(),
        purpose=Purpose.READS,
    )


def session(reply: Reply) -> SessionOpened:
    if reply.status == 403:
        raise ConnectionLost("Guild does not know this login.")
    found = json.loads(reply.body)
    return SessionOpened(
        headers=(("X-Guild-Session", found["session"]),), seconds=found["expires_in"]
    )


def consent(guild_url: str) -> tuple[Access, Environment]:
    access = OAuth(
        scopes=("books", "offline"),
        organisations=organisations,
        leave=leave,
        pkce=True,
        consent_parameters={"prompt": "consent"},
        api_headers=(("X-Guild-Version", "2"),),
    )
    return access, Environment(
        api=guild_url,
        authorization=f"{guild_url}/authorize",
        token=f"{guild_url}/token",
        revocation=f"{guild_url}/revoke",
    )


KEY = Key(
    fields=(
        Field(name="key", label="API key", help="Guild shows it under Settings, once."),
        Field(name="label", label="Called", secret=False, required=False),
    ),
    headers=(("X-Guild-Key", "{key}"),),
    another="Another key is made in Guild under Settings, API keys.",
)
SESSION = Session(
    fields=(
        Field(name="user", label="User", secret=False),
        Field(name="password", label="Password"),
    ),
    login=login,
    opened=session,
    asks_address=True,
    another="The registrar of Guild gives out another login.",
)


class GuildConnector:
    """Reads companies; the rest of the port is not asked of it."""

    capabilities = CAPABILITIES

    def __init__(self, settings: port.Settings) -> None:
        self.settings = settings

    def company(self, courier: Courier) -> port.Company:
        chosen = self.settings.remote_company_id
        headers = (("X-Organisation", chosen),) if chosen else ()
        return company_of(answered(courier, read("api/organisation", headers=headers)))


class FolderConnector(GuildConnector):
    """Its company is a file."""

    def company(self, courier: Courier) -> port.Company:
        return company_of(answered(courier, read("company.json")))


def company_of(found: Mapping[str, Any]) -> port.Company:
    return port.Company(
        remote_id=found["id"],
        name=found["name"],
        country=found["country"],
        home_currency=found["currency"],
        multi_currency=False,
        tax_regime="none",
        closing_date=None,
    )


def register(name: str, access: Access, reached: Environment, environment: str = "test") -> None:
    connect = FolderConnector if isinstance(access, Folder) else GuildConnector
    systems()[name] = System(
        replace(CAPABILITIES, system=name),
        access,
        {environment: reached},
        connect,
    )


def register_all(guild_url: str) -> None:
    register("guild", *consent(guild_url))
    register("guild_key", KEY, Environment(api=guild_url))
    register("guild_session", SESSION, Environment())
    register("guild_folder", Folder(), Environment())


def forget_all() -> None:
    for name in ("guild", "guild_key", "guild_session", "guild_folder"):
        systems().pop(name, None)
