"""What is called for a set of books, what is left, and until when nothing may leave: for people."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apps.connections import clock
from apps.connections.buckets import client_of, in_force, owner_of, window_of
from apps.connections.counted import Count, counted
from apps.connections.models import Bucket, Connection
from apps.connectors.limits import CALL, READ, Limit, Scope
from apps.connectors.registry import system

MOMENT = 1.0  # seconds: a shorter wait is no block


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One limit: how many there are, how many are left by our count, and what they last said."""

    limit: Limit
    amount: int  # by their word where that is less than is published
    left: int
    said_left: int | None
    said_at: datetime | None
    next_at: datetime | None  # when the next one can go; None for now


@dataclass(frozen=True, kw_only=True, slots=True)
class Budget:
    """`all_…` are of every set of books that our registration there is used for (`books` of them)."""

    today: Count
    month: Count
    all_today: Count
    all_month: Count
    books: int
    zone: str  # whose midnight ends the day and the month
    limits: tuple[Line, ...]
    blocked_until: datetime | None


def budget_of(connection: Connection) -> Budget:
    """Reads rows alone: no call, a handful of statements."""
    now = clock.now()
    zone = system(connection.system).capabilities.day_zone
    beside = list(
        Connection.objects.filter(system=connection.system, environment=connection.environment)
    )
    owners = {owner_of(each, scope) for each in beside for scope in _COUNTING}
    owners.add(owner_of(connection, Scope.APP))
    rows = {row.owner: row for row in Bucket.objects.filter(owner__in=owners)}
    client_id = client_of(connection)

    def called(books: Iterable[Connection]) -> tuple[Count, Count]:
        found = [owner_of(each, scope) for each in books for scope in _COUNTING]
        told = [counted(rows[each].counted, client_id, now, zone) for each in found if each in rows]
        return (
            sum((today for today, _ in told), Count()),
            sum((month for _, month in told), Count()),
        )

    today, month = called([connection])
    all_today, all_month = called(beside)
    lines = tuple(_line(each, connection, rows, now) for each in published(connection))
    return Budget(
        today=today,
        month=month,
        all_today=all_today,
        all_month=all_month,
        books=len(beside),
        zone=zone,
        limits=lines,
        blocked_until=_blocked(connection, rows, lines, now),
    )


# The rows in one of which the calls of a set of books are counted.
_COUNTING = (Scope.CONNECTION, Scope.ORGANISATION)


def published(connection: Connection) -> tuple[Limit, ...]:
    return in_force(connection, system(connection.system).capabilities.limits)


def _line(limit: Limit, connection: Connection, rows: dict[str, Bucket], now: datetime) -> Line:
    row = rows.get(owner_of(connection, limit.scope)) or Bucket()
    window = window_of(limit, row, now)
    wait = window.wait(1, reserve=True) if limit.span.is_long else 0.0
    told = [
        found
        for each in rows.values()
        if _is_of(connection, each) and (found := _said(each, limit))
    ]
    left, at = max(told, key=lambda each: each[1], default=(None, None))
    return Line(
        limit=limit,
        amount=window.amount,
        left=window.left,
        said_left=left,
        said_at=datetime.fromtimestamp(at, UTC) if at is not None else None,
        next_at=now + timedelta(seconds=wait) if wait > MOMENT else None,
    )


def _is_of(connection: Connection, row: Bucket) -> bool:
    return row.owner in {owner_of(connection, scope) for scope in _COUNTING}


def _said(row: Bucket, limit: Limit) -> tuple[int, float] | None:
    told = row.left.get(limit.name)
    return (int(told[0]), float(told[1])) if told else None


def _blocked(
    connection: Connection, rows: dict[str, Bucket], lines: Sequence[Line], now: datetime
) -> datetime | None:
    """The last of what they asked us to wait for, and of the limits that a call or a read needs."""
    until = [connection.paused_until]
    until += [row.held_until for row in rows.values() if _holds(connection, row)]
    until += [each.next_at for each in lines if each.limit.counts in (CALL, READ)]
    return max((each for each in until if each is not None and each > now), default=None)


def _holds(connection: Connection, row: Bucket) -> bool:
    return row.owner in {owner_of(connection, scope) for scope in Scope}
