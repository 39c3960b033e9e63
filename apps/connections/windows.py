"""What was spent of a limit and still counts: pure counting, in slots of its span.

A slot is known by its last call and counts until a whole span after it, so that no stretch of the
span ever holds more than the limit.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Self

from apps.connectors.limits import Limit, Sliding

# A short span is not spent in one go: who comes next would wait for all of it. A fifth may leave in
# one burst; beyond it calls keep a distance, a tenth less than the whole allows. So nobody waits for
# a minute's limit longer than 20 s.
BURST_SHARE = 0.2
PACE = 1.1
PACED_UP_TO = 120.0  # seconds of a span; longer ones are waited for by nobody
# Two processes that measured the database's clock are no further apart.
FURTHEST_AHEAD = 60.0

Stored = Sequence[
    tuple[float, int]
]  # [seconds since 1970 of the last call, how many], oldest first


@dataclass(slots=True)
class Window:
    """One limit at one moment (seconds since 1970). `elsewhere`: what they do not have any more
    beside what we spent: another amount than is published, or another's calls."""

    limit: Limit
    now: float
    slots: list[tuple[float, int]]
    elsewhere: list[tuple[float, int]] = field(default_factory=list)

    @classmethod
    def of(cls, limit: Limit, stored: Stored, now: float, elsewhere: Stored = ()) -> Self:
        """What a time far ahead says was written by a clock that was wrong: when, nobody knows."""

        def counting(listed: Stored) -> list[tuple[float, int]]:
            return [
                (min(last, now), spent)
                for last, spent in listed
                if last - now <= FURTHEST_AHEAD and limit.span.counts_until(last) > now
            ]

        return cls(limit, now, counting(stored), counting(elsewhere))

    @property
    def left(self) -> int:
        return max(0, self.amount - sum(spent for _, spent in self.slots))

    @property
    def amount(self) -> int:
        """How many there are for us, by their word as last heard."""
        return max(0, self.limit.amount - sum(spent for _, spent in self.elsewhere))

    def wait(self, cost: int, *, reserve: bool) -> float:
        """Seconds until so much may leave; 0 for now."""
        room = self.limit.amount - (0 if reserve else self.limit.reserve)
        return max(self._until(cost, room, self.limit.span.counts_until), self._paced(cost))

    def spend(self, cost: int) -> None:
        self._count(self.slots, cost)

    def lower_to(self, left: int) -> bool:
        """Count as spent now what they do not have any more; whether that was anything."""
        unknown = self.left - left
        if unknown > 0:
            self._count(self.elsewhere, unknown)
        return unknown > 0

    def _count(self, slots: list[tuple[float, int]], cost: int) -> None:
        same_slot = slots and self._slot(slots[-1][0]) == self._slot(self.now)
        already = slots.pop()[1] if same_slot else 0
        slots.append((self.now, already + cost))

    def _slot(self, moment: float) -> int:
        return self.limit.span.slot(moment)

    def _paced(self, cost: int) -> float:
        span, amount = self.limit.span, self.limit.amount
        if not (isinstance(span, Sliding) and span.seconds <= PACED_UP_TO and self.slots):
            return 0.0
        if amount - self.left + cost <= max(1, int(amount * BURST_SHARE)):
            return 0.0
        last, _ = self.slots[-1]
        return max(0.0, last + span.seconds / amount / PACE - self.now)

    def _until(self, cost: int, room: int, counts_until: Callable[[float], float]) -> float:
        # A call dearer than all there is leaves when nothing else counts.
        wanted = min(cost, room)
        both = sorted([*self.slots, *self.elsewhere])
        counting = [(counts_until(last), spent) for last, spent in both]
        counting = [(until, spent) for until, spent in counting if until > self.now]
        in_use, wait = sum(spent for _, spent in counting), 0.0
        for until, spent in counting:
            if in_use + wanted <= room:
                break
            in_use, wait = in_use - spent, until - self.now
        return wait
