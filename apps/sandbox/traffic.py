"""What was called: counters a test reads afterwards, per company, kept in this process's memory."""

import copy
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields


@dataclass
class Traffic:
    """Calls of one company by endpoint and by status, and how many ran at once."""

    calls: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    batch_items: int = 0
    metered: int = 0
    refreshes: int = 0
    replays: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    # When calls and batches came in, seconds, newest last: what the limits look at.
    call_times: deque[float] = field(default_factory=deque)
    batch_times: deque[float] = field(default_factory=deque)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def running(self) -> Iterator[int]:
        """Count a call as in flight; gives how many are, itself included."""
        with self.lock:
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            now = self.in_flight
        try:
            yield now
        finally:
            with self.lock:
                self.in_flight -= 1

    def note(self, endpoint: str, status: int) -> None:
        with self.lock:
            self.calls[endpoint] += 1
            self.statuses[f"{endpoint} {status}"] += 1

    def as_json(self) -> dict[str, object]:
        with self.lock:
            return {
                "calls": dict(self.calls),
                "statuses": dict(self.statuses),
                "total_calls": sum(self.calls.values()),
                "batch_items": self.batch_items,
                "metered": self.metered,
                "refreshes": self.refreshes,
                "replays": self.replays,
                "in_flight": self.in_flight,
                "most_in_flight": self.most_in_flight,
            }

    def copy(self) -> "Traffic":
        """The same counts with a life of their own; nothing of it is in flight."""
        with self.lock:
            counts = {
                each.name: copy.copy(getattr(self, each.name))
                for each in fields(self)
                if each.name not in ("lock", "in_flight")
            }
        return Traffic(**counts)


_all: dict[str, Traffic] = {}
_all_lock = threading.Lock()


def traffic_of(realm: str) -> Traffic:
    with _all_lock:
        return _all.setdefault(realm, Traffic())


def put(realm: str, counts: Traffic) -> None:
    with _all_lock:
        _all[realm] = counts


def forget(realm: str | None = None) -> None:
    with _all_lock:
        if realm is None:
            _all.clear()
        else:
            _all.pop(realm, None)
