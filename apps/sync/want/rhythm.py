"""How often what changed over there is read: as often as is wished for, and no more than a limit bears.

Readings that find nothing take at most a fifth of what a limit allows of a day or a month, for all
books together that share it. An object that a delivery tells is read at once, whatever the rhythm;
what only reading everything can tell, while calls are left for it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.conf import settings

from apps.connections.buckets import in_force, owner_of, window_of
from apps.connections.clock import now
from apps.connections.models import Bucket, Connection
from apps.connectors.limits import CALL, READ, Limit, Scope
from apps.sync.models import Cursor
from apps.webhooks.models import Notice

IDLE_SHARE = 5  # one in so many calls at most is for readings that find nothing

Sharing = Mapping[tuple[str, str], int]  # system, environment → live books


def is_late(connection: Connection, cursor: Cursor, moment: datetime) -> bool:
    """Whether their changes were read too long ago. What was read at a time to come was noted by a
    clock that is wrong."""
    return abs(moment - cursor.saved_at) >= every(connection, cursor, moment)


def every(connection: Connection, cursor: Cursor | None, moment: datetime) -> timedelta:
    """How old a reading of one set of books may get."""
    bounds = bounds_of(connection)
    rows = _rows([(connection, bounds)])
    live = Connection.objects.filter(stage=Connection.Stage.LIVE)
    shared = any(limit.scope == Scope.APP for limit in bounds)
    sharing = _shared_by(live) if shared else {}
    return _every(connection, cursor, bounds, rows, sharing, moment)


def late(moment: datetime) -> list[int]:
    """Live connections whose changes are to be read by schedule: two statements, whatever number
    there is."""
    live = Connection.objects.filter(stage=Connection.Stage.LIVE).select_related("cursor")
    bounded = [(each, bounds_of(each)) for each in live]
    rows, sharing = _rows(bounded), _shared_by(live)
    found = []
    for each, bounds in bounded:
        if not each.by_schedule:
            continue
        cursor = getattr(each, "cursor", None)
        period = _every(each, cursor, bounds, rows, sharing, moment)
        if cursor is None or abs(moment - cursor.saved_at) >= period:
            found.append(each.pk)
    return found


def _every(
    connection: Connection,
    cursor: Cursor | None,
    bounds: Sequence[Limit],
    rows: Mapping[str, Bucket],
    sharing: Sharing,
    moment: datetime,
) -> timedelta:
    calls = idle_calls(connection, cursor)
    shared = max(1, sharing.get((connection.system, connection.environment), 1))
    seconds = [float(settings.SYNC_PULL_EVERY)]
    for limit in bounds:
        row = rows.get(owner_of(connection, limit.scope))
        # At least one, so that books are read at all.
        amount = max(1, window_of(limit, row, moment).amount if row else limit.amount)
        books = shared if limit.scope == Scope.APP else 1
        seconds.append(limit.span.longest * IDLE_SHARE * calls * books / amount)
    return timedelta(seconds=max(seconds))


def may_hurry(connection: Connection, moment: datetime) -> bool:
    """Whether everything may be read because they told of a change, before the rhythm would: while
    half of each day's and month's calls is left. Else a busy day of theirs would use up the calls
    by which ours goes over."""
    bounds = bounds_of(connection)
    rows = _rows([(connection, bounds)])
    windows = [
        window_of(limit, row, moment)
        for limit in bounds
        if (row := rows.get(owner_of(connection, limit.scope)))
    ]
    return all(2 * window.left >= window.amount for window in windows)


def told_and_due() -> set[int]:
    """Live connections of which a delivery told something that may be read now."""
    told = Notice.objects.filter(
        state=Notice.State.WAITING, connection__stage=Connection.Stage.LIVE
    )
    found = set(told.exclude(kind="").values_list("connection_id", flat=True))
    by_the_feed = set(told.filter(kind="").values_list("connection_id", flat=True)) - found
    moment = now()
    hurried = (
        each for each in Connection.objects.filter(pk__in=by_the_feed) if may_hurry(each, moment)
    )
    return found | {each.pk for each in hurried}


def idle_calls(connection: Connection, cursor: Cursor | None) -> int:
    """As last measured; as its connector says at most, before the first time."""
    measured = cursor.idle_calls if cursor is not None else None
    return max(1, measured or connection.capabilities.idle_calls)


def bounds_of(connection: Connection) -> tuple[Limit, ...]:
    """The limits of a day and longer that reading counts against."""
    limits = in_force(connection, connection.capabilities.limits)
    return tuple(each for each in limits if each.span.is_long and each.counts in (CALL, READ))


def _rows(bounded: Sequence[tuple[Connection, Sequence[Limit]]]) -> dict[str, Bucket]:
    owners = {owner_of(each, limit.scope) for each, limits in bounded for limit in limits}
    return {row.owner: row for row in Bucket.objects.filter(owner__in=owners)} if owners else {}


def _shared_by(live: Iterable[Connection]) -> Sharing:
    return Counter((each.system, each.environment) for each in live)
