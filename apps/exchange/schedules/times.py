"""When a scheduled export is due: reckoned by the wall clock of its company.

Where the clock is put forward, a time that does not exist comes as much later as it jumped; where it
is put back, a time that exists twice is its first. So each comes once.
"""

from calendar import monthrange
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError
from django.core.exceptions import ValidationError

from apps.exchange.models import ScheduledExport

# How far back the latest of those that were missed is looked for, nearest first: an export of every
# minute is found in the first, one of a day in February in the last.
BACK: Final = (timedelta(days=2), timedelta(days=62), timedelta(days=1500))
JUMP: Final = timedelta(hours=3)  # more than any clock is put forward or back
CRON_FIELDS: Final = 5
# Just before a day, so that the first time found is the first of its day.
START: Final = datetime(2025, 12, 31, 23, 59)  # noqa: DTZ001 - a wall clock
LEAST_APART: Final = 15  # minutes from one run of a cron expression to the next
DAY: Final = 24 * 60  # minutes


def next_after(schedule: ScheduledExport, moment: datetime) -> datetime:
    """The first time, in UTC, at which it is due after this moment."""
    zone = schedule.zone
    wall = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    if moment.astimezone(zone).utcoffset() != (moment - JUMP).astimezone(zone).utcoffset():
        wall -= JUMP  # a time that was jumped over may still be to come
    while True:
        wall = _next_on_the_wall(schedule, wall)
        found = _instant(wall, zone)
        if found > moment:
            return found


def last_due(schedule: ScheduledExport, now: datetime) -> datetime:
    """Of the times from `next_due` up to now, the latest: what was missed is made up for by it."""
    assert schedule.next_due is not None  # only asked of those that are due
    for span in BACK:
        start = max(schedule.next_due, now - span)
        found, coming = None, next_after(schedule, start - timedelta(microseconds=1))
        while coming <= now:
            found, coming = coming, next_after(schedule, coming)
        if found is not None:
            return found
    return schedule.next_due


def refuse_bad_cron(expression: str) -> None:
    """Raises ValidationError for what is no cron expression, names a day that never comes, or comes
    more often than an export may."""
    apart = _least_apart(expression)
    if apart is None:
        raise ValidationError(
            f"“{expression}” is no cron expression that ever comes. Write minute, hour, day, month "
            "and weekday, such as “0 7 * * 1-5”."
        )
    if apart < LEAST_APART:
        minutes = "1 minute" if apart == 1 else f"{apart} minutes"
        raise ValidationError(
            f"“{expression}” comes again after {minutes}. Leave at least {LEAST_APART} minutes "
            f"between two runs, such as “*/{LEAST_APART} * * * *”."
        )


def _least_apart(expression: str) -> int | None:
    """The least minutes, by the wall clock, between two times at which it comes (at most those of a
    day); None where it never comes."""
    if len(expression.split()) != CRON_FIELDS:
        return None
    try:
        first: datetime = croniter(expression, START).get_next(datetime)
        at = _times_of(expression, first)
        apart = min((later - sooner for sooner, later in pairwise(at)), default=DAY)
        over_midnight = DAY - at[-1] + at[0]
        if over_midnight < min(apart, LEAST_APART) and _comes_on_days_in_a_row(expression, first):
            return over_midnight
    except (CroniterError, CroniterBadDateError, ValueError, KeyError):
        return None
    return apart


def _times_of(expression: str, first: datetime) -> list[int]:
    """Minutes of the day at which it comes: on each day on which it comes at all."""
    found, coming = [], first
    times = croniter(expression, first)
    while coming.date() == first.date():
        found.append(coming.hour * 60 + coming.minute)
        coming = times.get_next(datetime)
    return found


def _comes_on_days_in_a_row(expression: str, first: datetime) -> bool:
    """Looked at over four years, so that a leap day is among them."""
    days = croniter(" ".join(["0", "0", *expression.split()[2:]]), first - timedelta(days=1))
    last: datetime = days.get_next(datetime)
    while last < first + timedelta(days=4 * 366):
        coming: datetime = days.get_next(datetime)
        if coming - last == timedelta(days=1):
            return True
        last = coming
    return False


def in_words(schedule: ScheduledExport) -> str:
    """“Every Monday at 07:00”."""
    at = f"{schedule.at:%H:%M}"
    match schedule.every:
        case ScheduledExport.Every.WEEK:
            return f"Every {ScheduledExport.Weekday(schedule.weekday).label} at {at}"
        case ScheduledExport.Every.MONTH if schedule.month_day == ScheduledExport.LAST_DAY:
            return f"On the last day of the month at {at}"
        case ScheduledExport.Every.MONTH:
            return f"On day {schedule.month_day} of the month at {at}"
        case ScheduledExport.Every.CRON:
            return f"By “{schedule.cron}”"
    return f"Every day at {at}"


def _next_on_the_wall(schedule: ScheduledExport, wall: datetime) -> datetime:
    if schedule.every == ScheduledExport.Every.MONTH:
        return _next_of_months(schedule, wall)
    found: datetime = croniter(_expression(schedule), wall).get_next(datetime)
    return found


def _expression(schedule: ScheduledExport) -> str:
    if schedule.every == ScheduledExport.Every.CRON:
        return str(schedule.cron)
    days = schedule.weekday % 7 if schedule.every == ScheduledExport.Every.WEEK else "*"
    return f"{schedule.at.minute} {schedule.at.hour} * * {days}"


def _next_of_months(schedule: ScheduledExport, wall: datetime) -> datetime:
    year, month = wall.year, wall.month
    while True:
        day = min(schedule.month_day, monthrange(year, month)[1])
        found = datetime(year, month, day, schedule.at.hour, schedule.at.minute)  # noqa: DTZ001 - a wall clock
        if found > wall:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone).astimezone(UTC)
