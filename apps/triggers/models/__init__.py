"""What happened, who listens, what became of each telling, and who may ask."""

from apps.triggers.models.endpoints import Delivery, DeliveryAttempt, Endpoint
from apps.triggers.models.events import Event, EventType, Listening
from apps.triggers.models.keys import READS_EVENTS, ApiCall, ApiKey, ApiRequest, Scope

__all__ = [
    "READS_EVENTS",
    "ApiCall",
    "ApiKey",
    "ApiRequest",
    "Delivery",
    "DeliveryAttempt",
    "Endpoint",
    "Event",
    "EventType",
    "Listening",
    "Scope",
]
