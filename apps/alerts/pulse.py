"""Signs of life, written by each look and read by whoever stands outside the queue."""

from datetime import datetime, timedelta
from typing import Final

from apps.alerts.models import Pulse

BEGUN: Final = "begun"  # a worker began a look: workers run
LOOKED: Final = "looked"  # it came to its end: what is wrong is seen
GONE: Final = timedelta(minutes=5)  # a look comes each minute
NEVER: Final = "No worker has run yet."


def beat(name: str, now: datetime) -> None:
    Pulse.objects.update_or_create(name=name, defaults={"at": now})


def silence(now: datetime) -> str:
    """A sentence where no worker runs, or none can look for what is wrong; "" where all is well. One
    statement."""
    last = dict(Pulse.objects.values_list("name", "at"))
    if BEGUN not in last:
        return NEVER
    if now - last[BEGUN] >= GONE:
        span = long(now - last[BEGUN])
        return f"The worker gave its last sign of life {span} ago, and nothing is sent or read."
    # Where no look ever came to its end, this is the first.
    if LOOKED in last and now - last[LOOKED] >= GONE:
        span = long(now - last[LOOKED])
        return (
            f"What is wrong was last looked for {span} ago: that breaks off. See the failed tasks."
        )
    return ""


def long(span: timedelta) -> str:
    """“12 minutes”, “3 hours”, “2 days”."""
    minutes = int(span.total_seconds() // 60)
    for size, name in ((24 * 60, "day"), (60, "hour")):
        if minutes >= 2 * size:
            return f"{minutes // size:,} {name}s"
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
