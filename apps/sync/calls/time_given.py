"""How long a task may begin calls, and how long it may finish what it has begun."""

import time
from dataclasses import dataclass

from django.conf import settings

from apps.connections.courier import READS_UNTIL, WRITES_UNTIL
from apps.connectors.errors import TryLater

TIME_IS_UP = "This run's time is up; the next one goes on."


class Yielding(TryLater):
    """This task's time is up: the successor goes on where it stopped."""


@dataclass(frozen=True, slots=True)
class Time:
    """The time of one task, in seconds of time.monotonic()."""

    begun_at: float
    budget: float

    @classmethod
    def of_a_task(cls) -> "Time":
        return cls(time.monotonic(), settings.SYNC_TASK_BUDGET)

    @property
    def stop_at(self) -> float:
        return self.begun_at + self.budget

    def until(self, *, writes: bool) -> float:
        """By when a call of what was begun in time must start."""
        return self.begun_at + self.budget * (WRITES_UNTIL if writes else READS_UNTIL)
