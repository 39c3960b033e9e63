"""Alerts, what was told of them and to whom, and the sign of life of the workers."""

from apps.alerts.models.alerts import SEVERITIES, SILENCES, Alert, Event, Kind, Pulse, Severity
from apps.alerts.models.rules import AlertRule, Delivery

__all__ = [
    "SEVERITIES",
    "SILENCES",
    "Alert",
    "AlertRule",
    "Delivery",
    "Event",
    "Kind",
    "Pulse",
    "Severity",
]
