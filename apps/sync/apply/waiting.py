"""Which arrivals that wait may be looked at again: what they wait for has happened."""

from collections.abc import Iterable

from apps.billing.models import Allocation
from apps.connections.models import Connection
from apps.sync import ties
from apps.sync.apply.verdicts import Arrival
from apps.sync.models import RemoteRecord, SyncRecord


def ready_again(connection: Connection) -> list[int]:
    """Keys of waiting remote records whose reason to wait is gone. Reads a few rows, writes none.

    "decision" is never ready by itself: whoever decides makes it new again.
    """
    waiting = list(
        RemoteRecord.objects.filter(connection=connection, arrival=Arrival.WAITS)
        .exclude(waits_for="decision")
        .values_list("pk", "waits_for", "dated")
    )
    if not waiting:
        return []
    closing = (
        type(connection.company)
        .objects.values_list("closing_date", flat=True)
        .get(pk=connection.company_id)
    )
    sends = set(
        SyncRecord.objects.filter(ties.UNDER_WAY, pk__in=_keys(waiting, "sync_record")).values_list(
            "pk", flat=True
        )
    )
    undecided = set(
        RemoteRecord.objects.filter(
            pk__in=_keys(waiting, "remote_record"), arrival__in=[Arrival.NEW, Arrival.WAITS]
        ).values_list("pk", flat=True)
    )
    undecided -= _in_circles(waiting)
    held = {f"sync_record:{pk}" for pk in sends} | {f"remote_record:{pk}" for pk in undecided}
    held |= {f"standing:{pk}" for pk in _standing(_keys(waiting, "standing"))}
    return [
        pk
        for pk, waits_for, dated in waiting
        if waits_for not in held
        and not (waits_for == "closing_date" and closing and dated and dated <= closing)
    ]


def _standing(keys: set[int]) -> Iterable[int]:
    """Allocations of ours that stand."""
    if not keys:
        return ()
    rows = Allocation.objects.filter(pk__in=keys, reversed_on=None)
    return rows.values_list("pk", flat=True)


def _in_circles(waiting: Iterable[tuple[int, str, object]]) -> set[int]:
    """Those that wait for each other, each for the next: one of them must be looked at first."""
    next_of = {
        pk: int(waits_for.partition(":")[2])
        for pk, waits_for, _ in waiting
        if waits_for.startswith("remote_record:")
    }
    found: set[int] = set()
    for pk in next_of:
        path = [pk]
        while (ahead := next_of.get(path[-1])) is not None and ahead not in path:
            path.append(ahead)
        if ahead == pk:
            found |= set(path)
    return found


def _keys(waiting: Iterable[tuple[int, str, object]], of: str) -> set[int]:
    return {
        int(waits_for.partition(":")[2])
        for _, waits_for, _ in waiting
        if waits_for.startswith(f"{of}:")
    }
