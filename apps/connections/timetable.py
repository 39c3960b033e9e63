"""When books that are handed files get them: with each run, or once a day at an hour of their company."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.connections.models import Connection


def next_hour(connection: Connection, after: datetime) -> datetime | None:
    """The first moment after this one at which what waits is handed over; None: with each run.

    A time that the clock jumps over comes as much later; one that exists twice is its first.
    """
    if connection.files_at is None:
        return None
    return next_at(connection.files_at, ZoneInfo(connection.company.time_zone), after)


def next_at(at: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first moment after this one, in UTC, at which the clocks of the zone show it."""
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        found = datetime.combine(day, at, tzinfo=zone).astimezone(UTC)
        if found > after:
            return found
        day += timedelta(days=1)
