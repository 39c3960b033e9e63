"""Deliveries that nobody is to believe: counted by the hour, nothing of them kept.

Anybody may send them, as many as they like: so one row holds all of an hour, and a process writes it
once a second at most. What it has not written when it ends is not counted.
"""

import threading
import time
from collections import Counter

from django.db.models import F

from apps.connections.clock import now
from apps.webhooks.models import Delivery

WRITE_EVERY = 1.0  # seconds

Reason = Delivery.Reason
_lock = threading.Lock()
_counted: Counter[tuple[str, str]] = Counter()
_written_at = -WRITE_EVERY


def refused(system: str, reason: Delivery.Reason) -> None:
    """Count one; write down what was counted, unless that was done just now."""
    global _written_at
    with _lock:
        _counted[system, reason.value] += 1
        if time.monotonic() - _written_at < WRITE_EVERY:
            return
        _written_at = time.monotonic()
        told = dict(_counted)
        _counted.clear()
    for (of, why), times in sorted(told.items()):
        _write(of, why, times)


def _write(system: str, reason: str, times: int) -> None:
    moment = now()
    identity = f"refused {reason} {moment:%Y-%m-%d %H}"
    row = Delivery.objects.filter(system=system, environment="", identity=identity)
    if row.update(times=F("times") + times, received_at=moment):
        return
    new = Delivery(
        system=system,
        identity=identity,
        body=b"",
        state=Delivery.State.REFUSED,
        reason=reason,
        times=0,
        received_at=moment,
    )
    Delivery.objects.bulk_create([new], ignore_conflicts=True)
    row.update(times=F("times") + times)


def forget() -> None:
    """As a process that has just begun."""
    global _written_at
    with _lock:
        _counted.clear()
        _written_at = -WRITE_EVERY
