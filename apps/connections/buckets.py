"""What was spent, as rows: every worker on every host keeps one provider's limits together."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Subquery

from apps.connections import clock
from apps.connections.endpoints import SIMULATED, app_of
from apps.connections.models import Bucket, Connection
from apps.connections.windows import Window
from apps.connectors.limits import CALL, Limit, Scope, Wait

# How often a compare-and-set is tried before the caller is asked to wait a moment.
TRIES = 10
MOMENT = 0.05


class Overtaken(Exception):
    """Another worker wrote the row since it was read."""


class RowBuckets:
    """The limits of one connection. Main thread only; no lock is held between calls.

    One row for each scope: the connection's, its organisation's, our app's. The clock is the
    database's, as its opener last measured it. Simulated books may be without limits.
    """

    def __init__(self, connection: Connection, limits: Sequence[Limit]) -> None:
        if connection.environment == SIMULATED and not settings.SIMULATED_LIMITS:
            limits = ()
        self._connection_id = connection.pk
        self._limits = {limit.name: limit for limit in limits}
        scopes = {Scope.CONNECTION, *(limit.scope for limit in limits)}
        self._owners = {scope: owner_of(connection, scope) for scope in scopes}
        self._left: dict[str, int] = {}  # by limit, after the last call that left
        self._make_rows()

    def spend(self, costs: Mapping[str, int], *, reserve: bool) -> Wait | None:
        """Spend what a call costs, or spend nothing and say how long to wait."""
        wanted = {
            name: cost
            for name, limit in self._limits.items()
            if (cost := costs.get(limit.counts, 1 if limit.counts == CALL else 0))
        }
        for _ in range(TRIES):
            with suppress(Overtaken):
                return self._try(wanted, reserve=reserve)
        return Wait(MOMENT)

    def noted(self, headers: Mapping[str, str]) -> None:
        """What an answer says is left is believed where it is less than we count, never where it
        is more: what flies beside it they have not counted yet. No statement where it is not."""
        said = {name: limit.said_left(headers) for name, limit in self._limits.items()}
        less = {
            name: left
            for name, left in said.items()
            if left is not None and left < self._left.get(name, self._limits[name].amount + 1)
        }
        for _ in range(TRIES if less else 0):
            with suppress(Overtaken):
                return self._lower(less)
        return None

    def pause(self, seconds: float, headers: Mapping[str, str]) -> None:
        """The provider asked us to hold. Never shortens what it asked before."""
        until = clock.now() + timedelta(seconds=seconds)
        Connection.objects.filter(
            Q(paused_until=None) | Q(paused_until__lt=until), pk=self._connection_id
        ).update(paused_until=until)
        wider = {
            self._owners[limit.scope]
            for limit in self._limits.values()
            if limit.scope != Scope.CONNECTION and limit.is_refused_by(headers)
        }
        if wider:
            Bucket.objects.filter(
                Q(held_until=None) | Q(held_until__lt=until), owner__in=wider
            ).update(held_until=until)

    def _try(self, wanted: Mapping[str, int], *, reserve: bool) -> Wait | None:
        """Raises `Overtaken` when another worker was faster."""
        now = clock.now()
        rows = self._rows()
        held = self._held(rows, now)
        if held:
            return Wait(held)
        windows = {name: self._window(name, rows, now) for name in wanted}
        waits = [(windows[name].wait(cost, reserve=reserve), name) for name, cost in wanted.items()]
        seconds, name = max(waits, default=(0.0, ""))
        if seconds > 0:
            from_reserve = windows[name].wait(wanted[name], reserve=True)
            return Wait(seconds, self._limits[name], reserve_left=not reserve and not from_reserve)
        for name, cost in wanted.items():
            windows[name].spend(cost)
        self._write(rows, windows)
        self._left |= {name: window.left for name, window in windows.items()}
        return None

    def _lower(self, said: Mapping[str, int]) -> None:
        now = clock.now()
        rows = self._rows()
        windows = {name: self._window(name, rows, now) for name in said}
        lowered = {name: each for name, each in windows.items() if each.lower_to(said[name])}
        if lowered:
            self._write(rows, lowered)
        self._left |= {name: window.left for name, window in windows.items()}

    def _window(self, name: str, rows: Mapping[str, Bucket], now: datetime) -> Window:
        limit = self._limits[name]
        stored = rows[self._owners[limit.scope]].spent.get(name, [])
        return Window.of(limit, stored, now.timestamp())

    # --- Rows -----------------------------------------------------------------------------------

    def _rows(self) -> Mapping[str, Bucket]:
        """By owner, with the pause of the connection beside each: one statement."""
        pause = Connection.objects.filter(pk=self._connection_id).values("paused_until")
        rows: QuerySet[Bucket] = Bucket.objects.filter(owner__in=self._owners.values())
        found = {row.owner: row for row in rows.annotate(paused_until=Subquery(pause))}
        if len(found) < len(self._owners):
            self._make_rows()
            raise Overtaken
        return found

    def _held(self, rows: Mapping[str, Bucket], now: datetime) -> float:
        """Seconds that they asked us to hold for still."""
        until = [row.held_until for row in rows.values()]
        until += [getattr(row, "paused_until", None) for row in rows.values()]
        return max(
            ((each - now).total_seconds() for each in until if each and each > now), default=0
        )

    def _write(self, rows: Mapping[str, Bucket], windows: Mapping[str, Window]) -> None:
        """All or nothing: each row as it was read, or `Overtaken`."""
        changed: dict[str, dict[str, list[tuple[float, int]]]] = {}
        for name, window in windows.items():
            changed.setdefault(self._owners[window.limit.scope], {})[name] = window.slots
        # In one order, so that no two workers wait for each other.
        with transaction.atomic() if len(changed) > 1 else nullcontext():
            for owner, spent in sorted(changed.items()):
                row = rows[owner]
                same = Bucket.objects.filter(pk=row.pk, version=row.version)
                if not same.update(spent=row.spent | spent, version=row.version + 1):
                    raise Overtaken

    def _make_rows(self) -> None:
        Bucket.objects.bulk_create(
            [Bucket(owner=owner) for owner in self._owners.values()], ignore_conflicts=True
        )


def owner_of(connection: Connection, scope: Scope) -> str:
    """Whose calls are counted together, as the key of their row."""
    books = (connection.system, connection.environment)
    match scope:
        case Scope.CONNECTION:
            whose = [str(connection.pk)]
        case Scope.ORGANISATION:
            whose = [*books, connection.remote_company_id]
        case Scope.APP:
            whose = [*books, app_of(*books).client_id]
    return ":".join([scope.value, *whose])
