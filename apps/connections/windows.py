"""What was spent of a limit and still counts: pure counting, in slots of its span.

A slot is known by its last call and counts until a whole span after it, so that no stretch of the
span ever holds more than the limit.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from apps.connectors.limits import Limit, Sliding

# A short span is not spent in one go: who comes next would wait for all of it. No more than a tenth
# leaves in one burst, and bursts follow each other a fifth faster than the whole allows; so the
# longest wait for a minute's limit is 16 s of 40 calls, and 18 s of 7.
BURST_SHARE = 0.1
PACE = 1.2
PACED_UP_TO = 120.0  # seconds of a span; longer ones are waited for by nobody
# Two processes that measured the database's clock are no further apart.
FURTHEST_AHEAD = 60.0

Stored = Sequence[
    tuple[float, int]
]  # [seconds since 1970 of the last call, how many], oldest first


@dataclass(slots=True)
class Window:
    """One limit at one moment (seconds since 1970)."""

    limit: Limit
    now: float
    slots: list[tuple[float, int]]

    @classmethod
    def of(cls, limit: Limit, stored: Stored, now: float) -> Self:
        """What a time far ahead says was written by a clock that was wrong: when, nobody knows."""
        return cls(
            limit,
            now,
            [
                (min(last, now), spent)
                for last, spent in stored
                if last - now <= FURTHEST_AHEAD and limit.span.counts_until(last) > now
            ],
        )

    @property
    def left(self) -> int:
        return max(0, self.limit.amount - sum(spent for _, spent in self.slots))

    def wait(self, cost: int, *, reserve: bool) -> float:
        """Seconds until so much may leave; 0 for now."""
        room = self.limit.amount - (0 if reserve else self.limit.reserve)
        return max(self._until(cost, room, self.limit.span.counts_until), self._paced(cost))

    def spend(self, cost: int) -> None:
        same_slot = self.slots and self._slot(self.slots[-1][0]) == self._slot(self.now)
        already = self.slots.pop()[1] if same_slot else 0
        self.slots.append((self.now, already + cost))

    def lower_to(self, left: int) -> bool:
        """Count as spent now what they do not have any more; whether that was anything."""
        unknown = self.left - left
        if unknown > 0:
            self.spend(unknown)
        return unknown > 0

    def _slot(self, moment: float) -> int:
        return self.limit.span.slot(moment)

    def _paced(self, cost: int) -> float:
        span = self.limit.span
        if not isinstance(span, Sliding) or span.seconds > PACED_UP_TO:
            return 0.0
        burst = math.ceil(self.limit.amount * BURST_SHARE)
        stretch = span.seconds * burst / self.limit.amount / PACE
        return self._until(cost, burst, lambda last: last + stretch)

    def _until(self, cost: int, room: int, counts_until: Callable[[float], float]) -> float:
        # A call dearer than all there is leaves when nothing else counts.
        wanted = min(cost, room)
        counting = [(counts_until(last), spent) for last, spent in self.slots]
        counting = [(until, spent) for until, spent in counting if until > self.now]
        in_use, wait = sum(spent for _, spent in counting), 0.0
        for until, spent in counting:
            if in_use + wanted <= room:
                break
            in_use, wait = in_use - spent, until - self.now
        return wait
