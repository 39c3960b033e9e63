"""Token buckets as rows: every worker on every host keeps one provider's limits together."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from apps.connections import clock
from apps.connections.models import Bucket, Connection
from apps.connectors.limits import Limit

# The part of a limit that may leave in one burst; the rest is the steady rate. What leaves within
# any window is at most burst + rate × window = the limit, so a full bucket never earns a 429.
BURST_SHARE = 0.2
# How often a compare-and-set is tried before the caller is asked to wait a moment.
TRIES = 10
MOMENT = 0.05
# Two processes that measured the database's clock are no further apart.
FURTHEST_AHEAD = timedelta(minutes=1)


class RowBuckets:
    """The buckets of one connection. Main thread only; no lock is held between calls.

    The clock is the database's, as its opener last measured it.
    """

    def __init__(self, connection: Connection, limits: Sequence[Limit]) -> None:
        self._connection_id = connection.pk
        self._limits = {limit.name: limit for limit in limits}
        now = clock.now()
        Bucket.objects.bulk_create(
            (
                Bucket(
                    connection_id=connection.pk,
                    name=limit.name,
                    tokens=_burst(limit),
                    refilled_at=now,
                )
                for limit in limits
            ),
            ignore_conflicts=True,
        )

    def take(self, costs: dict[str, int]) -> float:
        """Take what a call costs and return 0, or take nothing and return the seconds to wait."""
        for _ in range(TRIES):
            wait = self._held_for()
            if wait:
                return wait
            wait_or_none = self._try(costs)
            if wait_or_none is not None:
                return wait_or_none
        return MOMENT

    def pause(self, seconds: float) -> None:
        """The provider asked us to hold: no call of this connection starts before."""
        until = clock.now() + timedelta(seconds=seconds)
        Connection.objects.filter(
            Q(paused_until=None) | Q(paused_until__lt=until), pk=self._connection_id
        ).update(paused_until=until)

    def _held_for(self) -> float:
        until = Connection.objects.values_list("paused_until", flat=True).get(
            pk=self._connection_id
        )
        return max(0.0, (until - clock.now()).total_seconds()) if until else 0.0

    def _try(self, costs: dict[str, int]) -> float | None:
        """0 when taken, seconds to wait, or None when another worker was faster."""
        wanted = {
            name: costs.get(name, 1 if name == "call" else 0) for name in sorted(self._limits)
        }
        with transaction.atomic():
            rows = Bucket.objects.filter(
                connection_id=self._connection_id,
                name__in=[name for name, cost in wanted.items() if cost],
            ).order_by("name")
            now = clock.now()
            offers = [(row, self._available(row, now)) for row in rows]
            wait = max(
                (self._wait(row.name, wanted[row.name], held) for row, held in offers), default=0.0
            )
            if wait > 0:
                return wait
            for row, held in offers:
                later = _refilled(row.refilled_at, now)
                if not Bucket.objects.filter(pk=row.pk, refilled_at=row.refilled_at).update(
                    tokens=held - wanted[row.name], refilled_at=later
                ):
                    transaction.set_rollback(True)
                    return None
        return 0.0

    def _available(self, row: Bucket, now: datetime) -> float:
        limit = self._limits[row.name]
        if row.refilled_at - now > FURTHEST_AHEAD:
            return _burst(limit)  # filled by a clock that was wrong: how long ago, nobody knows
        elapsed = max(0.0, (now - row.refilled_at).total_seconds())
        return min(_burst(limit), row.tokens + _rate(limit) * elapsed)

    def _wait(self, name: str, cost: int, held: float) -> float:
        limit = self._limits[name]
        # A call dearer than the burst leaves when the bucket is full, and leaves a debt behind.
        needed = min(float(cost), _burst(limit))
        return max(0.0, (needed - held) / _rate(limit))


def _refilled(before: datetime, now: datetime) -> datetime:
    """A time that differs from the one read, as the compare-and-set needs. It stays ahead of now by
    what a fast neighbour may be ahead; a time further off is a wrong clock's and keeps nobody away."""
    if before - now > FURTHEST_AHEAD:
        return now
    return max(now, before + timedelta(microseconds=1))


def _burst(limit: Limit) -> float:
    return max(1.0, limit.amount * BURST_SHARE)


def _rate(limit: Limit) -> float:
    """Tokens a second. A limit of one has no room for both: then the rate is the whole limit."""
    steady = limit.amount - _burst(limit)
    return (steady or limit.amount) / limit.seconds
