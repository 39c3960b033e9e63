"""What a set of books costs in calls, what is left of them, and when what waits has left."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from apps.backoffice.frame.asked_once import while_shown
from apps.backoffice.frame.formatting import ago
from apps.connections.budget import Budget, Line, budget_of
from apps.connections.clock import now
from apps.connections.counted import Count
from apps.connections.models import Connection
from apps.connectors.limits import READ, Scope
from apps.sync.models import Cursor
from apps.sync.want.drained import Draining, draining
from apps.sync.want.rhythm import bounds_of, every, idle_calls

WHOSE = {
    Scope.CONNECTION: "for these books",
    Scope.ORGANISATION: "for these books",
    Scope.APP: "for all books together",
}
UNITS = ("B", "kB", "MB", "GB")
A_MINUTE = 60.0


@dataclass(frozen=True, kw_only=True)
class CallsPanel:
    name: str
    counts: tuple[tuple[str, Count, str], ...]  # of which, how many, bytes in words
    midnight: str
    reads_cost: bool
    limits: tuple[tuple[str, str, str, str, str], ...]  # words, whose, left, what they say, next
    silences: tuple[str, ...]
    rhythm: str
    waiting: str
    in_calls: tuple[str, ...]  # what reading and sending takes, in calls
    blocked: str


def calls_panel(connection: Connection) -> CallsPanel:
    budget, name = budget_of(connection), connection.system_name
    limits, waits = connection.capabilities.limits, draining(connection, budget)
    return CallsPanel(
        name=name,
        counts=tuple(_counts(budget)),
        midnight=_midnight(budget.zone, name),
        reads_cost=any(each.counts == READ for each in limits),
        limits=tuple(_limit(each, connection) for each in budget.limits),
        silences=tuple(_silences(connection, budget)),
        rhythm=_rhythm(connection),
        waiting=_waiting(waits, connection),
        in_calls=tuple(_in_calls(waits, connection)),
        blocked=_blocked(budget.blocked_until, connection),
    )


def _counts(budget: Budget) -> Iterator[tuple[str, Count, str]]:
    yield "Today", budget.today, weight(budget.today.size)
    yield "This month", budget.month, weight(budget.month.size)
    if budget.books > 1:
        whose = f"all {budget.books} sets of books"
        yield f"Today, {whose}", budget.all_today, weight(budget.all_today.size)
        yield f"This month, {whose}", budget.all_month, weight(budget.all_month.size)


def weight(size: int) -> str:
    """“1.4 MB”: in thousands, as traffic is sold."""
    amount, unit = float(size), UNITS[0]
    for unit in UNITS:
        if amount < 1000 or unit == UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit == UNITS[0] else f"{amount:.1f} {unit}"


def _midnight(zone: str, name: str) -> str:
    where = "UTC" if zone == "UTC" else zone.rsplit("/", 1)[-1].replace("_", " ")
    return f"A day and a month of {name} end at midnight in {where}."


def _limit(line: Line, connection: Connection) -> tuple[str, str, str, str, str]:
    said = "–"
    if line.said_left is not None:
        said = f"{line.said_left:,} left, {ago(line.said_at)}"
    words = line.limit.words
    if line.limit.span.is_long and line.amount != line.limit.amount:
        words = f"{line.amount:,} {line.limit.unit} {line.limit.span.words}, by their answers"
    upcoming = day_and_time(line.next_at, connection) if line.next_at else "now"
    # Of a second nothing is left, or all, before anybody has read it.
    left = f"{line.left:,}" if line.limit.span.longest >= A_MINUTE else "–"
    return words, WHOSE[line.limit.scope], left, said, upcoming


def _silences(connection: Connection, budget: Budget) -> Iterator[str]:
    """What a system does not say is said here: silence is no promise that there is no limit."""
    name = connection.system_name
    published = connection.capabilities.limits
    if not published:
        yield f"{name} publishes no limit."
    elif not any(each.span.is_long for each in published):
        yield f"{name} publishes no limit of a day or a month."
    if published and not any(each.left_header for each in published):
        yield f"{name} does not say in its answers how many calls are left: this is Tieout's count."
    if published and not budget.limits:
        yield "No limits are kept with simulated books here."


def _rhythm(connection: Connection) -> str:
    if not connection.is_live:
        return "Nothing is read while these books are not live."
    if not connection.by_schedule:
        return (
            "Changes are read when something happens here or is told from there, or a person "
            "presses Run now: running by schedule is switched off."
        )
    return f"Changes are read every {_duration(_period(connection))}."


def _period(connection: Connection) -> timedelta:
    return every(connection, _cursor(connection), now())


@while_shown
def _cursor(connection: Connection) -> Cursor | None:
    return Cursor.objects.filter(connection=connection).first()


def _in_calls(waits: Draining, connection: Connection) -> Iterator[str]:
    """What reading takes where nothing has changed, and what waits, in calls."""
    if connection.is_live and connection.by_schedule:
        takes = _calls(idle_calls(connection, _cursor(connection)))
        bound = ""
        if bounds_of(connection):
            bound = ", and at most a fifth of what is allowed goes to reading that finds nothing"
        yield f"Reading takes {takes} where nothing has changed{bound}."
    if waits.waiting:
        yield f"What waits to be sent takes about {_calls(waits.calls)}."


def _calls(number: int) -> str:
    return "1 call" if number == 1 else f"{number:,} calls"


def _duration(period: timedelta) -> str:
    seconds = period.total_seconds()
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    minutes = round(seconds / 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes / 60:.1f} hours".replace(".0 ", " ")


def _waiting(found: Draining, connection: Connection) -> str:
    if not found.waiting or found.until is None:
        return "Nothing waits to be sent."
    records = "1 record waits" if found.waiting == 1 else f"{found.waiting:,} records wait"
    state = f"{records} to be sent."
    if not connection.is_live:
        return f"{state} They go when these books are live."
    if not connection.by_schedule:
        return f"{state} What was put off goes with the next run."
    return f"{state} At the pace of late all have gone {day_and_time(found.until, connection)}."


def _blocked(until: datetime | None, connection: Connection) -> str:
    if until is None:
        return ""
    when = until_words(until, connection)
    return f"{connection.system_name} allows no more for now: nothing is read or sent {when}."


def until_words(until: datetime, connection: Connection) -> str:
    return f"before {day_and_time(until, connection).removeprefix('at ').removeprefix('on ')}"


def day_and_time(moment: datetime, connection: Connection) -> str:
    """In the company's zone, to the minute, never too early: “at 14:05”, “on 1 December at 08:00”."""
    zone = ZoneInfo(connection.company.time_zone)
    local = (moment + timedelta(seconds=59)).astimezone(zone).replace(second=0, microsecond=0)
    day = "" if local.date() == now().astimezone(zone).date() else f"on {local.day} {local:%B %Y} "
    return f"{day}at {local:%H:%M}"
