"""Faults that a test arms: which call they meet, what they do, how often."""

import itertools
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
# Reads what was asked for: name, match, options, times. ValueError names what is not understood.
Reader = Callable[[Json], tuple[str, Json, Json, int]]


@dataclass
class Armed:
    """One fault in waiting. `nth` counts the calls that match, from 1; `times` how often it fires."""

    number: int
    realm: str
    fault: str
    match: Json
    options: Json
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

    def as_json(self) -> Json:
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
    """The armed faults of one ledger's companies."""

    read: Reader
    armed: list[Armed] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arm(self, realm: str, wanted: Json) -> Armed:
        """Arm a fault; ValueError names what is not understood, so that no test arms nothing."""
        fault, match, options, times = self.read(wanted)
        with self.lock:
            armed = Armed(next(self.numbers), realm, fault, match, options, times=times)
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

    def of(self, realm: str) -> list[Json]:
        with self.lock:
            return [one.as_json() for one in self.armed if one.realm == realm]

    def disarm(self, realm: str | None = None) -> None:
        with self.lock:
            self.armed = [one for one in self.armed if realm is not None and one.realm != realm]
