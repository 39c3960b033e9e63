"""Throttling as published, off unless a company's settings switch it on."""

import time
from dataclasses import dataclass
from typing import Any

from .. import asking
from ..traffic import Traffic
from .faults import GatewayRefused

# Intuit, "API call limits and throttles". The older texts' 40 batches a minute is the stricter
# reading of two; 120 applies in production since 2025-10-31.
PUBLISHED = {"per_minute": 500, "in_flight": 10, "per_second": 10, "batches_per_minute": 40}
KNOWN = {
    "published",
    "per_minute",
    "in_flight",
    "per_second",
    "batches_per_minute",
    "count_batch_items",
    "monthly",
    "xml",
    "retry_after",
}
SWITCHES = ("published", "count_batch_items", "xml")
MINUTE = 60.0


@dataclass(frozen=True)
class Limits:
    """Numbers of one company; None: no such limit. `monthly` counts metered (CorePlus) calls."""

    per_minute: int | None = None
    in_flight: int | None = None
    per_second: int | None = None
    batches_per_minute: int | None = None
    monthly: int | None = None
    count_batch_items: bool = False
    xml: bool = False
    retry_after: int | None = None

    @classmethod
    def of(cls, settings: dict[str, Any]) -> "Limits":
        """From `{"published": true}` or single numbers; ValueError for what is not known."""
        if not isinstance(settings, dict):
            raise ValueError("limits are an object, by the name of each limit")
        if unknown := set(settings) - KNOWN:
            raise ValueError(f"limits do not know {', '.join(sorted(unknown))}")
        for name, value in settings.items():
            (asking.flag if name in SWITCHES else asking.whole(0))(value, name)
        chosen = {**(PUBLISHED if settings.get("published") else {}), **settings}
        chosen.pop("published", None)
        return cls(**chosen)

    def admit(self, traffic: Traffic, endpoint: str, items: int, running: int) -> None:
        """Take the call in, or refuse it with 429; a refused call does not count."""
        now = time.monotonic()
        weight = items if endpoint == "batch" and self.count_batch_items else 1
        with traffic.lock:
            _forget_before(traffic, now - MINUTE)
            calls, batches = traffic.call_times, traffic.batch_times
            last_second = sum(1 for when in reversed(calls) if when > now - 1.0)
            over = (
                (self.in_flight is not None and running > self.in_flight)
                or (self.per_minute is not None and len(calls) + weight > self.per_minute)
                or (self.per_second is not None and last_second + 1 > self.per_second)
                or (
                    endpoint == "batch"
                    and self.batches_per_minute is not None
                    and len(batches) >= self.batches_per_minute
                )
                or (self.monthly is not None and traffic.metered >= self.monthly)
            )
            if over:
                raise GatewayRefused(
                    429,
                    "3001",
                    "The request limit was reached.",
                    xml=self.xml,
                    retry_after=self.retry_after,
                )
            calls.extend([now] * weight)
            if endpoint == "batch":
                batches.append(now)


def _forget_before(traffic: Traffic, moment: float) -> None:
    for times in (traffic.call_times, traffic.batch_times):
        while times and times[0] < moment:
            times.popleft()
