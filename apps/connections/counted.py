"""How much was called today and this month, as the provider's calendar has it: pure counting.

It is kept in the row that a call writes anyway, so that a count costs no statement and is whole
whatever dies. A day ends at the provider's midnight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

# A day further ahead than this was written by a clock that was wrong.
AHEAD = timedelta(days=1)
Stored = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Count:
    """Calls, those of them that bring data out as the provider meters them, and bytes received."""

    calls: int = 0
    reads: int = 0
    size: int = 0

    def __add__(self, other: "Count") -> "Count":
        return Count(self.calls + other.calls, self.reads + other.reads, self.size + other.size)


def counted(stored: Stored, client_id: str, now: datetime, zone: str) -> tuple[Count, Count]:
    """Of today and of this month. What was counted for another registration of ours is none of it."""
    if stored.get("client") != client_id:
        return Count(), Count()
    day = _day(stored, now, zone)
    this_day = Count(*stored["today"]) if stored["day"] == day.isoformat() else Count()
    same_month = stored["day"][:7] == day.isoformat()[:7]
    return this_day, Count(*stored["month"]) if same_month else Count()


def with_more(
    stored: Stored, client_id: str, now: datetime, zone: str, more: Count
) -> dict[str, Any]:
    """What is to be kept once so much more was called."""
    today, month = (each + more for each in counted(stored, client_id, now, zone))
    return {
        "client": client_id,
        "day": _day(stored, now, zone).isoformat(),
        "today": [today.calls, today.reads, today.size],
        "month": [month.calls, month.reads, month.size],
    }


def _day(stored: Stored, now: datetime, zone: str) -> date:
    """Theirs. Of two hosts around midnight the one that is ahead has begun the day for both."""
    today = now.astimezone(ZoneInfo(zone)).date()
    begun = date.fromisoformat(stored["day"]) if stored.get("day") else today
    return begun if today < begun <= today + AHEAD else today
