"""What signs deliveries, by the rule of the environment's variables."""

from django.conf import settings

from apps.connections.endpoints import REAL, SIMULATED, setting_of
from apps.connectors.registry import System, systems
from apps.connectors.webhooks import Webhooks

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


def takes_handshakes(system: str) -> bool:
    return system in settings.WEBHOOK_HANDSHAKES
