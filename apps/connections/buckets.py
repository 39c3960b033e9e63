"""What was spent, as rows: every worker on every host keeps one provider's limits together."""

from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Subquery

from apps.connections import clock
from apps.connections.counted import Count, with_more
from apps.connections.endpoints import SIMULATED, NotOffered, app_of, setting_of
from apps.connections.models import Bucket, Connection
from apps.connections.windows import Window
from apps.connectors.limits import CALL, READ, Limit, Scope, Wait
from apps.core.numbers import whole

# How often a compare-and-set is tried before the caller is asked to wait a moment.
TRIES = 10
MOMENT = 0.05


class Overtaken(Exception):
    """Another worker wrote the row since it was read."""


class RowBuckets:
    """The limits of one connection. Main thread only; no lock is held between calls. Of books that
    are just being connected those of their organisation and of our app (`before_they_are_saved`).

    One row for each scope: the connection's, its organisation's, our app's. The clock is the
    database's, as its opener last measured it. Simulated books may be without limits. Every call is
    counted in one of the rows, limits or not: its organisation's where there is a limit of it.
    """

    def __init__(self, connection: Connection, limits: Sequence[Limit]) -> None:
        limits = in_force(connection, limits)
        self._connection_id = connection.pk
        self._limits = {limit.name: limit for limit in limits}
        scopes = {limit.scope for limit in limits}
        if connection.pk is not None:
            scopes.add(Scope.CONNECTION)
        self._owners = {scope: owner_of(connection, scope) for scope in scopes}
        self._left: dict[str, int] = {}  # by limit, after the last call that left
        counts = Scope.ORGANISATION if Scope.ORGANISATION in scopes else Scope.CONNECTION
        self._counts = self._owners[counts]
        self._client_id = client_of(connection)
        self._zone = connection.capabilities.day_zone
        # What answers told since the last row was written.
        self._heard: dict[str, tuple[int, float]] = {}
        self._received = 0
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
                return self._try(wanted, costs.get(READ, 0), reserve=reserve)
        return Wait(MOMENT)

    def noted(self, headers: Mapping[str, str], size: int = 0) -> None:
        """What an answer says is left is believed where it is less than we count, never where it
        is more: what flies beside it they have not counted yet. No statement where it is not."""
        self._received += size
        said = {name: limit.said_left(headers) for name, limit in self._limits.items()}
        at = clock.now().timestamp()
        self._heard |= {name: (left, at) for name, left in said.items() if left is not None}
        less = {
            name: left
            for name, left in said.items()
            if left is not None and left < self._left.get(name, self._limits[name].amount + 1)
        }
        for _ in range(TRIES if less else 0):
            with suppress(Overtaken):
                return self._lower(less)
        return None

    def keep(self) -> None:
        """What the last answers told has no call behind it to be written with."""
        for _ in range(TRIES if self._heard or self._received else 0):
            with suppress(Overtaken):
                return self._write(self._rows(), {}, clock.now(), Count())
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

    def _try(self, wanted: Mapping[str, int], reads: int, *, reserve: bool) -> Wait | None:
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
        self._write(rows, windows, now, Count(calls=1, reads=reads))
        self._left |= {name: window.left for name, window in windows.items()}
        return None

    def _lower(self, said: Mapping[str, int]) -> None:
        now = clock.now()
        rows = self._rows()
        windows = {name: self._window(name, rows, now) for name in said}
        lowered = {name: each for name, each in windows.items() if each.lower_to(said[name])}
        if lowered:
            self._write(rows, lowered, now, Count())
        self._left |= {name: window.left for name, window in windows.items()}

    def _window(self, name: str, rows: Mapping[str, Bucket], now: datetime) -> Window:
        limit = self._limits[name]
        return window_of(limit, rows[self._owners[limit.scope]], now)

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

    def _write(
        self, rows: Mapping[str, Bucket], windows: Mapping[str, Window], now: datetime, more: Count
    ) -> None:
        """All or nothing: each row as it was read, or `Overtaken`. With it goes what was called, and
        what answers told meanwhile."""
        changed: dict[str, dict[str, Any]] = {self._counts: self._told(rows, now, more)}
        for name, window in windows.items():
            owner = self._owners[window.limit.scope]
            fields = changed.setdefault(owner, {})
            spent, elsewhere = (
                fields.get(each, getattr(rows[owner], each)) for each in ("spent", "elsewhere")
            )
            fields["spent"] = spent | {name: window.slots}
            fields["elsewhere"] = elsewhere | {name: window.elsewhere}
        # In one order, so that no two workers wait for each other.
        with transaction.atomic() if len(changed) > 1 else nullcontext():
            for owner, fields in sorted(changed.items()):
                row = rows[owner]
                same = Bucket.objects.filter(pk=row.pk, version=row.version)
                if not same.update(**fields, version=row.version + 1):
                    raise Overtaken
        self._heard, self._received = {}, 0

    def _told(self, rows: Mapping[str, Bucket], now: datetime, more: Count) -> dict[str, Any]:
        row, more = rows[self._counts], replace(more, size=self._received)
        told = with_more(row.counted, self._client_id, now, self._zone, more)
        return {"counted": told, "left": row.left | self._heard}

    def _make_rows(self) -> None:
        Bucket.objects.bulk_create(
            [Bucket(owner=owner) for owner in self._owners.values()], ignore_conflicts=True
        )


def before_they_are_saved(unsaved: Connection) -> RowBuckets | None:
    """The limits of books that are just being connected, so that what follows counts what was read
    then. None where no row is theirs yet."""
    limits = [
        limit
        for limit in in_force(unsaved, unsaved.capabilities.limits)
        if limit.scope is not Scope.CONNECTION
    ]
    known = unsaved.remote_company_id and any(limit.scope is Scope.ORGANISATION for limit in limits)
    return RowBuckets(unsaved, limits) if known else None


def in_force(connection: Connection, published: Sequence[Limit]) -> tuple[Limit, ...]:
    """The limits as they hold for us: an administrator may know another amount than is published,
    `<SYSTEM>_<NAME>_LIMIT`."""
    if connection.environment == SIMULATED and not settings.SIMULATED_LIMITS:
        return ()
    found = []
    for limit in published:
        setting = setting_of(connection.system, connection.environment, f"{limit.name}_limit")
        told = settings.LEDGER_LIMITS.get(setting, "")
        amount = whole(told)
        found.append(limit if amount is None else replace(limit, amount=amount))
    return tuple(found)


def window_of(limit: Limit, row: Bucket, now: datetime) -> Window:
    name = limit.name
    stored, elsewhere = row.spent.get(name, []), row.elsewhere.get(name, [])
    return Window.of(limit, stored, now.timestamp(), elsewhere)


def client_of(connection: Connection) -> str:
    """What we are registered as there; "" where that asks for nothing, or is not given any more."""
    try:
        return app_of(connection.system, connection.environment).client_id
    except NotOffered:
        return ""


def owner_of(connection: Connection, scope: Scope) -> str:
    """Whose calls are counted together, as the key of their row."""
    books = (connection.system, connection.environment)
    match scope:
        case Scope.CONNECTION:
            whose = [str(connection.pk)]
        case Scope.ORGANISATION:
            whose = [*books, connection.remote_company_id]
        case Scope.APP:
            whose = [*books, client_of(connection)]
    return ":".join([scope.value, *whose])
