"""One look at everything: a fixed number of statements, whatever number of records is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.alerts.causes import books as of_books
from apps.alerts.causes import files, listeners, records, silence, trail
from apps.alerts.causes.cause import Cause
from apps.alerts.models import SILENCES, Kind
from apps.connections.models import Connection

# What only somebody outside the queue can see; a look inside it leaves open what is open of these.
OUTSIDE: Final = frozenset({Kind.WORKER})
EVERYWHERE: Final = frozenset(Kind) - OUTSIDE


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was found, and the kinds that were looked for: what of them was not found is gone."""

    at: datetime
    causes: tuple[Cause, ...]
    kinds: frozenset[Kind]


def look_everywhere(now: datetime) -> Look:
    """From within a worker."""
    return Look(at=now, causes=tuple(_everywhere(now)), kinds=EVERYWHERE)


def look_for_silence(now: datetime) -> Look:
    """From outside the queue. Without a worker everything is silent: that is told alone, and what is
    open of the rest stays open."""
    gone = tuple(silence.worker_gone(now))
    if gone:
        return Look(at=now, causes=gone, kinds=OUTSIDE)
    found = (
        *silence.queue_behind(now),
        *silence.foreign_schedules(),
        *silence.nothing_ran(_books(), now),
    )
    return Look(at=now, causes=found, kinds=SILENCES)


def _books() -> dict[int, Connection]:
    rows = Connection.objects.select_related("company", "grant")
    return {each.pk: each for each in rows.exclude(stage=Connection.Stage.DISCONNECTED)}


def _everywhere(now: datetime) -> Iterator[Cause]:
    books = _books()
    yield from records.failed(books)
    yield from records.arrived(books)
    yield from records.closed_month(books)
    yield from records.late(books, now)
    yield from of_books.lost(books)
    yield from of_books.ends_soon(books, now)
    yield from of_books.paused(books)
    yield from of_books.unreachable(books, now)
    yield from of_books.differ(books)
    yield from of_books.not_compared(books)
    yield from files.imports(now)
    yield from files.exports()
    yield from listeners.switched_off()
    yield from listeners.failing(now)
    yield from listeners.given_up(now)
    yield from listeners.untold(now)
    yield from silence.nothing_ran(books, now)
    yield from silence.nothing_came(books, now)
    yield from silence.queue_behind(now)
    yield from silence.foreign_schedules()
    yield from trail.not_as_sealed()
    yield from trail.not_sealed(now)
