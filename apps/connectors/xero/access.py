"""How Xero lets us in, and where it is reached."""

import dataclasses
from typing import Any

from apps.connectors.access import Environment, OAuth, Opened, Organisation
from apps.connectors.errors import TryLater
from apps.connectors.port import Courier, Purpose, Request
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import read_answer

CONNECTIONS = "/connections"
ORGANISATION = "ORGANISATION"  # beside it PRACTICE, whose books are those of its clients

# Granular ones alone: apps registered since 2 March 2026 get no others, and the broad ones end in
# September 2027. A scope that is asked for later wants another consent, so each report that is read
# is asked for at once.
SCOPES = (
    "offline_access",
    "accounting.invoices",
    "accounting.payments",
    "accounting.banktransactions",
    "accounting.contacts",
    "accounting.settings",
    "accounting.attachments",
    "accounting.reports.aged.read",
    "accounting.reports.trialbalance.read",
    "accounting.reports.balancesheet.read",
)


def organisations(courier: Courier) -> Opened:
    """Every organisation that whoever consented has opened to this app, practices left out.

    The consent just given is told by `authEventId`, which a consent given again may keep from its
    first time: so the whole list is offered, and a person chooses. Who consented stands in the
    access token alone, which no connector is shown.
    """
    found = _connections(courier)
    return Opened(
        organisations=tuple(
            Organisation(remote_id=_text(each, "tenantId"), name=_text(each, "tenantName"))
            for each in found
            if _text(each, "tenantType").upper() == ORGANISATION and _text(each, "tenantId")
        )
    )


def leave(remote_id: str, courier: Courier) -> None:
    """End the connection to one organisation. To withdraw the consent would end all of them."""
    for each in _connections(courier):
        if _text(each, "tenantId") == remote_id and _text(each, "id"):
            request = dataclasses.replace(
                _asked(f"{CONNECTIONS}/{_text(each, 'id')}"), method="DELETE"
            )
            for asked, reply in courier.carry([request]):
                if reply.status != 404:  # somebody ended it a moment ago
                    read_answer(asked, reply)


def _connections(courier: Courier) -> list[dict[str, Any]]:
    for request, reply in courier.carry([_asked(CONNECTIONS)]):
        said = read_answer(request, reply).said
        if not isinstance(said, list) or not all(isinstance(each, dict) for each in said):
            raise TryLater(f"{NAME} did not say which organisations are connected.")
        return said
    return []


def _text(source: dict[str, Any], name: str) -> str:
    value = source.get(name)
    return value if isinstance(value, str) else ""


def _asked(path: str) -> Request:
    """Identity knows no organisation: nothing says which."""
    return Request(
        method="GET", path=path, headers=(("Accept", "application/json"),), purpose=Purpose.READS
    )


ACCESS = OAuth(
    scopes=SCOPES,
    organisations=organisations,
    leave=leave,
    pkce=True,
    basic_auth=True,
    access_seconds=1800,
    reuses_refresh_token=False,
)

# No address of revocation: it ends every organisation of that person for the app, those of other
# consents included, and Tieout is not told who the person is.
ENVIRONMENTS = {
    "production": Environment(
        api="https://api.xero.com",
        web="https://go.xero.com",
        authorization="https://login.xero.com/identity/connect/authorize",
        token="https://identity.xero.com/connect/token",
    ),
    "simulated": Environment(
        api="/xero",
        web="/xero/app/{company}/{kind}/{id}",
        authorization="/xero/identity/connect/authorize",
        token="/xero/connect/token",
    ),
}
