"""Limits of calls. FreshBooks publishes none: off unless a business's settings name numbers."""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from .. import asking
from ..clock import clock, keep_within
from .refusals import Reply, Stopped

MINUTE = 60.0
SPEC: asking.Spec = {
    "per_second": asking.whole(0),
    "per_minute": asking.whole(0),
    "in_flight": asking.whole(0),
    "retry_after": asking.flag,
}


@dataclass(frozen=True)
class Limits:
    """Numbers of one business; None: no such limit. `retry_after`: a refusal says how long."""

    per_second: int | None = None
    per_minute: int | None = None
    in_flight: int | None = None
    retry_after: bool = True

    @classmethod
    def of(cls, settings: Any) -> "Limits":
        return cls(**asking.read(SPEC, settings, "limits"))


class Windows:
    """When calls came in, in seconds of the servers' clock, newest last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls: dict[str, deque[float]] = {}
        self.running: dict[str, int] = {}

    def forget(self, key: str | None = None) -> None:
        with self.lock:
            for name in [key] if key else list(self.calls):
                self.calls.pop(name, None)

    def enter(self, key: str, limits: Limits, body: str) -> dict[str, str]:
        """Take the call in, or refuse it with 429; gives the headers that tell what is left."""
        now = clock.now().timestamp()
        with self.lock:
            calls = self.calls.setdefault(key, deque())
            keep_within(calls, MINUTE, now)
            second = [one for one in calls if one > now - 1]
            headers = {}
            if limits.per_minute is not None:
                headers = {
                    "X-RateLimit-Limit": str(limits.per_minute),
                    "X-RateLimit-Remaining": str(max(0, limits.per_minute - len(calls) - 1)),
                    "X-RateLimit-Reset": str(int((calls[0] if calls else now) + MINUTE)),
                }
            for most, count, after in (
                (limits.in_flight, self.running.get(key, 0), 1.0),
                (limits.per_second, len(second), second[0] + 1 - now if second else 1.0),
                (limits.per_minute, len(calls), calls[0] + MINUTE - now if calls else MINUTE),
            ):
                if most is not None and count >= most:
                    wait = {"Retry-After": str(max(1, int(after) + 1))}
                    told = {**headers, **(wait if limits.retry_after else {})}
                    raise Stopped(too_many(body, told))
            calls.append(now)
            self.running[key] = self.running.get(key, 0) + 1
            return headers

    def leave(self, key: str) -> None:
        with self.lock:
            self.running[key] -= 1


def too_many(body: str, headers: dict[str, str]) -> Reply:
    """429; nobody recorded its body."""
    if body == "empty":
        return Reply(429, headers=headers)
    error = {"errno": 429, "field": "", "message": "Too many requests.", "object": "", "value": ""}
    return Reply(429, {"response": {"errors": [error]}}, headers)


windows = Windows()
