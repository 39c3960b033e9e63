"""Which arrivals that wait may be looked at again: what they wait for has happened."""

from collections.abc import Iterable

from apps.billing.models import Allocation
from apps.connections.models import Connection
from apps.sync.apply.verdicts import Arrival
from apps.sync.models import On, RemoteRecord, SyncRecord, Wait
from apps.sync.there import ties


def ready_again(connection: Connection) -> list[int]:
    """Keys of waiting remote records whose reason to wait is gone. Reads a few rows, writes none.

    What waits for a decision is never ready by itself: whoever decides makes it new again.
    """
    rows = (
        RemoteRecord.objects.filter(connection=connection, arrival=Arrival.WAITS)
        .exclude(On.DECISION.rows)
        .values_list("pk", "waits_for", "dated")
    )
    waiting = [(pk, Wait(waits_for), dated) for pk, waits_for, dated in rows]
    if not waiting:
        return []
    closing = (
        type(connection.company)
        .objects.values_list("closing_date", flat=True)
        .get(pk=connection.company_id)
    )
    sends = set(
        SyncRecord.objects.filter(
            ties.UNDER_WAY, pk__in=_keys(waiting, On.SYNC_RECORD)
        ).values_list("pk", flat=True)
    )
    undecided = set(
        RemoteRecord.objects.filter(
            pk__in=_keys(waiting, On.REMOTE_RECORD), arrival__in=[Arrival.NEW, Arrival.WAITS]
        ).values_list("pk", flat=True)
    )
    undecided -= _in_circles(waiting)
    held = {On.SYNC_RECORD.of(pk) for pk in sends}
    held |= {On.REMOTE_RECORD.of(pk) for pk in undecided}
    held |= {On.STANDING.of(pk) for pk in _standing(_keys(waiting, On.STANDING))}
    return [
        pk
        for pk, wait, dated in waiting
        if wait not in held
        and not (wait.on == On.CLOSING_DATE and closing and dated and dated <= closing)
    ]


def _standing(keys: set[int]) -> Iterable[int]:
    """Allocations of ours that stand."""
    if not keys:
        return ()
    rows = Allocation.objects.filter(pk__in=keys, reversed_on=None)
    return rows.values_list("pk", flat=True)


def _in_circles(waiting: Iterable[tuple[int, Wait, object]]) -> set[int]:
    """Those that wait for each other, each for the next: one of them must be looked at first."""
    next_of = {pk: wait.key for pk, wait, _ in waiting if wait.on == On.REMOTE_RECORD}
    found: set[int] = set()
    for pk in next_of:
        path = [pk]
        while (ahead := next_of.get(path[-1])) is not None and ahead not in path:
            path.append(ahead)
        if ahead == pk:
            found |= set(path)
    return found


def _keys(waiting: Iterable[tuple[int, Wait, object]], on: On) -> set[int]:
    return {wait.key for _, wait, _ in waiting if wait.on == on}
