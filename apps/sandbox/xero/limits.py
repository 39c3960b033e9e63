"""Xero's limits: calls in flight, a minute, a rolling day, and the app's over all organisations.

Off unless an organisation's settings switch them on; the headers are there in any case.
"""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any

from .. import asking
from ..clock import clock, keep_within
from .refusals import Reply, Stopped

PUBLISHED = {"in_flight": 5, "per_minute": 60, "per_day": 5000, "app_minute": 10_000}
STARTER_DAY = 1000
MINUTE, DAY = 60.0, 86_400.0


@dataclass(frozen=True)
class Limits:
    """Numbers of one organisation; None: no such limit."""

    in_flight: int | None = None
    per_minute: int | None = None
    per_day: int | None = None
    app_minute: int | None = None

    @classmethod
    def of(cls, settings: Any) -> "Limits":
        """From `{"published": true}`, `{"starter": true}` or single numbers; ValueError otherwise."""
        spec: asking.Spec = {
            "published": asking.flag,
            "starter": asking.flag,
            **dict.fromkeys(PUBLISHED, asking.whole(0)),
        }
        told = asking.read(spec, settings, "limits")
        published, starter = told.pop("published", False), told.pop("starter", False)
        chosen: dict[str, int] = dict(PUBLISHED) if published or starter else {}
        if starter:
            chosen["per_day"] = STARTER_DAY
        return cls(**{**chosen, **told})


class Windows:
    """When calls came in, in seconds of the servers' clock, newest last."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.calls: dict[str, deque[float]] = {}
        self.running: dict[str, int] = {}

    def forget(self, tenant: str | None = None) -> None:
        with self.lock:
            for name in [tenant] if tenant else list(self.calls):
                self.calls.pop(name, None)

    def _since(self, name: str, moment: float) -> int:
        return sum(1 for when in self.calls.get(name, ()) if when > moment)

    def enter(self, tenant: str, limits: Limits, *, fixed: bool) -> dict[str, str]:
        """Take the call in, or refuse it with 429; gives the headers that tell what is left.

        A refused call counts neither for the minute nor for the day.
        """
        now = clock.now().timestamp()
        with self.lock:
            calls = self.calls.setdefault(tenant, deque())
            app = self.calls.setdefault("", deque())
            keep_within(calls, DAY, now)
            keep_within(app, MINUTE, now)
            began = _window(tenant, now) if fixed else now - MINUTE
            minute = self._since(tenant, began)
            spent = {
                "in_flight": (self.running.get(tenant, 0), "concurrent", None),
                "app_minute": (len(app), "appminute", _until(app, now, MINUTE)),
                "per_day": (len(calls), "day", _until(calls, now, DAY)),
                "per_minute": (
                    minute,
                    "minute",
                    began + MINUTE - now if fixed else _until(calls, now, MINUTE, minute),
                ),
            }
            for name, (count, problem, after) in spent.items():
                most = getattr(limits, name)
                if most is not None and count >= most:
                    raise _refused(problem, after, self._headers(limits, minute, calls, app))
            calls.append(now)
            app.append(now)
            self.running[tenant] = self.running.get(tenant, 0) + 1
            return self._headers(limits, minute + 1, calls, app)

    def leave(self, tenant: str) -> None:
        with self.lock:
            self.running[tenant] -= 1

    def app_left(self) -> dict[str, str]:
        """All that a call without an organisation is told."""
        with self.lock:
            return {
                "X-AppMinLimit-Remaining": str(
                    PUBLISHED["app_minute"] - len(self.calls.get("", ()))
                )
            }

    @staticmethod
    def _headers(limits: Limits, minute: int, calls: Any, app: Any) -> dict[str, str]:
        """What is left; a limit that is not kept has all of it left."""

        def left(name: str, spent: int) -> str:
            most = getattr(limits, name)
            return str(PUBLISHED[name] if most is None else max(0, most - spent))

        return {
            "X-MinLimit-Remaining": left("per_minute", minute),
            "X-DayLimit-Remaining": left("per_day", len(calls)),
            "X-AppMinLimit-Remaining": left("app_minute", len(app)),
        }


def _window(tenant: str, now: float) -> float:
    """When the organisation's minute began: each has a beat of its own."""
    offset = int(tenant[:4] or "0", 16) % 60
    return now - ((now - offset) % MINUTE)


def _until(times: Any, now: float, span: float, counted: int | None = None) -> float:
    """Seconds until the oldest call that counts is a span ago."""
    if not times:
        return span
    oldest = times[0] if counted is None else times[-counted] if counted else now
    return float(oldest) + span - now


def _refused(problem: str, after: float | None, headers: dict[str, str]) -> Stopped:
    told = {**headers, "X-Rate-Limit-Problem": problem}
    if after is not None:
        told["Retry-After"] = str(max(1, int(after) + 1))
    return Stopped(Reply(429, content_type="", headers=told))


windows = Windows()
