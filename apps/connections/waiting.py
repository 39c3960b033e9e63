"""What a call that may not leave for long is told: the limit, and when the next one can go."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from apps.connections import clock
from apps.connections.models import Connection
from apps.connectors.errors import TryLater
from apps.connectors.limits import Wait

MINUTE = timedelta(minutes=1)


class LimitReached(TryLater):
    """A limit that we keep ourselves is used up; the sentence says when the next call can go."""


class OnlyReserveLeft(LimitReached):
    """What is left of a day's or a month's calls is kept for settling and payments."""


def limit_reached(connection: Connection, wait: Wait) -> LimitReached:
    """To be raised where the wait is longer than any process sleeps."""
    name, when = connection.system_name, next_call(connection, wait.seconds)
    if wait.limit is None:
        return LimitReached(
            f"{name} asks Tieout to call less often; the next call can go {when}.",
            retry_after=wait.seconds,
            whole_connection=True,
        )
    if wait.reserve_left:
        return OnlyReserveLeft(
            f"{name} allows {wait.limit.words}, and what is left is kept for payments and for "
            f"finding out what is unknown; anything else can go {when}.",
            retry_after=wait.seconds,
        )
    return LimitReached(
        f"{name} allows {wait.limit.words}; the next can go {when}.",
        retry_after=wait.seconds,
        whole_connection=True,
    )


def next_call(connection: Connection, seconds: float) -> str:
    """When that is, in the company's time zone: "at 14:05", or "on 3 March at 14:05"."""
    zone = ZoneInfo(connection.company.time_zone)
    today = clock.now().astimezone(zone).date()
    moment = (clock.now() + timedelta(seconds=seconds)).astimezone(zone)
    if moment.second or moment.microsecond:  # not a minute too early
        moment = moment.replace(second=0, microsecond=0) + MINUTE
    day = "" if moment.date() == today else f"on {moment.day} {moment:%B} "
    return f"{day}at {moment:%H:%M}"
