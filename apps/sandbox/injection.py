"""Faults that a test arms: which call they meet, what they do, how often."""

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

# What may be armed, and what each may be told beside.
FAULTS: dict[str, frozenset[str]] = {
    "lose_before_commit": frozenset(),
    "lose_after_commit": frozenset(),
    "delay": frozenset({"seconds", "when"}),
    "status": frozenset({"status", "body", "retry_after", "after_commit", "code"}),
    "malformed": frozenset({"body", "after_commit"}),
    "empty_200": frozenset({"after_commit"}),
    "fault_in_200": frozenset({"code"}),
    "item_fault": frozenset({"code", "index"}),
    "missing_item": frozenset({"index"}),
    "doubled_item": frozenset({"index"}),
    "reordered_items": frozenset(),
    "swapped_ids": frozenset({"index"}),
    "remote_edit": frozenset({"act"}),
}
MATCHES = frozenset({"method", "endpoint", "nth", "contains"})


@dataclass
class Armed:
    """One fault in waiting. `nth` counts the calls that match, from 1; `times` how often it fires."""

    number: int
    realm: str
    fault: str
    match: dict[str, Any]
    options: dict[str, Any]
    times: int = 1
    seen: int = 0
    fired: int = 0

    def meets(self, method: str, endpoint: str, body: str) -> bool:
        """Whether it fires on this call; counts the call when it matches."""
        match = self.match
        if match.get("method", method) != method or match.get("endpoint", endpoint) != endpoint:
            return False
        if match.get("contains", "") not in body:
            return False
        self.seen += 1
        return self.seen >= match.get("nth", 1) and self.fired < self.times

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "fault": self.fault,
            "match": self.match,
            "times": self.times,
            "seen": self.seen,
            "fired": self.fired,
            **self.options,
        }


@dataclass
class Armory:
    armed: list[Armed] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, realm: str, wanted: dict[str, Any]) -> Armed:
        """Arm a fault; ValueError names what is not understood, so that no test arms nothing."""
        fault = wanted.get("fault")
        if fault not in FAULTS:
            raise ValueError(f"fault must be one of {', '.join(FAULTS)}")
        match = wanted.get("match", {})
        if unknown := set(match) - MATCHES:
            raise ValueError(f"match does not know {', '.join(sorted(unknown))}")
        options = {k: v for k, v in wanted.items() if k not in ("fault", "match", "times")}
        if unknown := set(options) - FAULTS[fault]:
            raise ValueError(f"{fault} does not know {', '.join(sorted(unknown))}")
        with self.lock:
            armed = Armed(
                next(self.numbers), realm, fault, match, options, times=int(wanted.get("times", 1))
            )
            self.armed.append(armed)
            return armed

    def take(self, realm: str, method: str, endpoint: str, body: str) -> list[Armed]:
        """The faults that fire on this call."""
        with self.lock:
            firing = [
                one
                for one in self.armed
                if one.realm == realm and one.meets(method, endpoint, body)
            ]
            for one in firing:
                one.fired += 1
            return firing

    def of(self, realm: str) -> list[dict[str, Any]]:
        with self.lock:
            return [one.as_json() for one in self.armed if one.realm == realm]

    def disarm(self, realm: str | None = None) -> None:
        with self.lock:
            self.armed = [one for one in self.armed if realm is not None and one.realm != realm]


armory = Armory()
