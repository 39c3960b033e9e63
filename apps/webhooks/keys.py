"""What signs deliveries: by the rule of the environment's variables, or as the system told it."""

import logging
from collections.abc import Iterator
from uuid import UUID

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from apps.connections.endpoints import REAL, SIMULATED, setting_of
from apps.connectors.registry import System, systems
from apps.connectors.webhooks import Webhooks
from apps.core.sealing import CannotOpen, Sealer
from apps.webhooks.models import Registration

log = logging.getLogger(__name__)

SIMULATED_KEY = "simulated-webhook-key"


def webhooks_of(system: str) -> Webhooks | None:
    """How a system tells us by itself; None where it does not, or is not known."""
    found = systems().get(system)
    return found.webhooks if found is not None else None


def keys_of(system: str) -> list[tuple[str, str]]:
    """(environment, key), newest first. The simulated one has its own where it is reached."""
    found: System = systems()[system]
    given = []
    for environment in dict.fromkeys([REAL, *found.environments]):
        words = settings.WEBHOOK_KEYS.get(setting_of(system, environment, "webhook_key"), "")
        if not words and environment == SIMULATED and settings.SIMULATED_LEDGERS_URL:
            words = SIMULATED_KEY
        given += [(environment, key.strip()) for key in words.split(",") if key.strip()]
    return given


@sensitive_variables()
def told_keys(system: str, webhooks: Webhooks, body: bytes) -> Iterator[tuple[str, str]]:
    """The same of the company that a body says it is of: whether it is, its signature tells."""
    if webhooks.registering is None:
        return
    company = webhooks.registering.company(body)
    rows = Registration.objects.filter(
        connection__system=system, connection__remote_company_id=company
    ).exclude(key="")
    for row in rows.select_related("connection") if company else ():
        try:
            key = Sealer(settings.TOKEN_KEYS).open(row.key, row.connection.public_id)
        except CannotOpen as reason:
            log.warning("the key of %s's deliveries cannot be opened: %s", row, reason)
            continue
        yield row.connection.environment, key


def has_address(system: str, webhooks: Webhooks) -> bool:
    return bool(keys_of(system)) or webhooks.registering is not None


def owner_of(identity: str) -> UUID:
    """What a handshake's body is sealed for."""
    return UUID(identity[:32])
