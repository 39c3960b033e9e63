"""Faults that a test arms: which requests they meet, what they do, how often."""

from dataclasses import dataclass
from typing import Any

from .values import Refused

KINDS = ("lose_after", "lose_before", "status", "slow")
# What each kind must be told beside, and of what type.
TOLD: dict[str, dict[str, type]] = {
    "status": {"status": int, "after_execution": bool},
    "slow": {"seconds": float},
}


@dataclass
class Fault:
    """One fault in waiting; `match` is a text in "METHOD /path?query"."""

    organisation: str
    kind: str
    match: str
    times: int
    status: int = 0
    after_execution: bool = False
    seconds: float = 0

    def meets(self, organisation: str, line: str) -> bool:
        return self.times > 0 and self.organisation == organisation and self.match in line


def read(organisation: str, kind: Any, match: Any = "", times: Any = 1, **told: Any) -> Fault:
    """A fault as it was asked for; Refused (400) where it would never fire or is not understood."""
    if kind not in KINDS:
        raise Refused(400, "not_understood", f"A fault is one of {', '.join(KINDS)}.", "kind")
    if not isinstance(match, str):
        raise Refused(400, "not_understood", "match is a text.", "match")
    if not isinstance(times, int) or isinstance(times, bool) or times < 1:
        raise Refused(400, "not_understood", "times is one or more.", "times")
    wanted = TOLD.get(kind, {})
    if kind == "status":
        told.setdefault("after_execution", False)
    if kind == "slow" and type(told.get("seconds")) is int:
        told["seconds"] = float(told["seconds"])
    if set(told) != set(wanted):
        words = f"{kind} is told {', '.join(wanted) or 'nothing'} beside."
        raise Refused(400, "not_understood", words, "kind")
    for name, type_ in wanted.items():
        if type(told[name]) is not type_:
            raise Refused(400, "not_understood", f"{name}: {type_.__name__} is wanted.", name)
    if not 400 <= told.get("status", 400) <= 599:
        raise Refused(400, "not_understood", "A status of an error is wanted.", "status")
    return Fault(organisation, kind, match, times, **told)
