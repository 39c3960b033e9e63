"""What happened, who listens, and what became of each telling."""

from apps.triggers.models.endpoints import Delivery, DeliveryAttempt, Endpoint
from apps.triggers.models.events import Event, EventType, Listening

__all__ = ["Delivery", "DeliveryAttempt", "Endpoint", "Event", "EventType", "Listening"]
