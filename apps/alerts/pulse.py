"""The sign of life of the workers: written by each look, read by whoever stands outside the queue."""

from datetime import datetime, timedelta
from typing import Final

from apps.alerts.models import Pulse

NAME: Final = "worker"
GONE: Final = timedelta(minutes=5)  # a look comes each minute
NEVER: Final = "No worker has run yet."


def beat(now: datetime) -> None:
    Pulse.objects.update_or_create(name=NAME, defaults={"at": now})


def silence(now: datetime) -> str:
    """A sentence where no worker runs, "" where one does: one statement."""
    last = Pulse.objects.filter(name=NAME).values_list("at", flat=True).first()
    if last is None:
        return NEVER
    if now - last < GONE:
        return ""
    return f"The worker gave its last sign of life {long(now - last)} ago, and nothing is sent or read."


def long(span: timedelta) -> str:
    """“12 minutes”, “3 hours”, “2 days”."""
    minutes = int(span.total_seconds() // 60)
    for size, name in ((24 * 60, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{minutes // size:,} {name}s"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
