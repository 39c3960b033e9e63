"""Days by words that move with the day of a run: which ones an export is of."""

from datetime import date, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from apps.exchange.models import ScheduleRun

PERIODS: Final = {
    "all": "Everything",
    "day": "The day before",
    "week": "The seven days before",
    "month": "The month before",
    "this_month": "The month so far",
}


def day_before(run: ScheduleRun) -> date:
    """The last accounting day of the company that had ended when the run was due."""
    zone = ZoneInfo(run.schedule.company.time_zone)
    return run.due_at.astimezone(zone).date() - timedelta(days=1)


def days_of(period: str, last: date) -> tuple[date | None, date | None]:
    """(first, last) of a key of `PERIODS`, both included, seen from the day after `last`."""
    match period:
        case "day":
            return last, last
        case "week":
            return last - timedelta(days=6), last
        case "month":
            end = (last + timedelta(days=1)).replace(day=1) - timedelta(days=1)
            return end.replace(day=1), end
        case "this_month":
            return last.replace(day=1), last
    return None, None
