"""How the worked ledger lets us in: by a key that opens sessions."""

import json
from collections.abc import Mapping

from apps.connectors.access import Field, Session, SessionOpened
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.port import Purpose, Reply, Request
from tests.worked.connector.capabilities import NAME
from tests.worked.connector.client import CONTENT
from tests.worked.connector.wire import dump


def login(filled_in: Mapping[str, str]) -> Request:
    return Request(
        method="POST",
        path="/session",
        body=dump({"key": filled_in["key"]}),
        content_type=CONTENT,
        purpose=Purpose.READS,
    )


def opened(reply: Reply) -> SessionOpened:
    if reply.status == 403:
        raise ConnectionLost(f"{NAME} does not know this key.")
    if reply.status != 200:
        raise TryLater(f"{NAME} answered {reply.status} when a session was asked for.")
    said = json.loads(reply.body)
    return SessionOpened(headers=(("X-Session", said["session"]),), seconds=said["expires_in"])


ACCESS = Session(
    fields=(
        Field(name="key", label="Key"),
        Field(name="organisation", label="Id of the organisation", secret=False),
    ),
    login=login,
    opened=opened,
    asks_address=True,
    company_field="organisation",
)
