"""The sealer: finds what is not sealed yet, and adds an entry for each row to the chain.

It runs beside those who write, never in their transactions. Rows are read and their digests made
with nothing locked; then one short transaction links and adds a portion.
"""

import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from apps.connections.clock import measure, now
from apps.core.rows import insert_rows
from apps.trail import heads
from apps.trail.canonical import digest_of
from apps.trail.keys import Key, newest
from apps.trail.links import head, link_of
from apps.trail.models import Again, Entry, Floor, Shape
from apps.trail.sources import Source, sources
from apps.trail.turns import Turn

PORTION: Final = 200  # rows of one transaction: its lock is held for some 15 ms
# A key that was seen is below the floor so much later: no transaction that could still bring a lower
# one is open by then.
BEHIND: Final = timedelta(hours=1)
# A look that brought nothing is written down so often: each minute it would be a write for each kind.
NOTED_EACH: Final = timedelta(minutes=10)
SALT: Final = 16  # bytes
# Seconds after a whole portion, of which more follow: who waits for SQLite's one lock asks for it again
# at intervals, and would be too late time and again (`tests/benchmarks/bench_sealing.py`).
BREATH: Final = 0.03
LOOK: Final = (
    "look "  # before a kind: the entry that says it was looked at whole for the first time
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """What one pass did. `ended` is False where its time ran out or another one was at it."""

    entries: int
    ended: bool


def seal(seconds: float = 45.0) -> Sealed:
    """Seal what there is, for at most so long. No transaction may be open."""
    turn = Turn.take()
    if turn is None:
        return Sealed(entries=0, ended=False)
    try:
        return _Pass(turn, time.monotonic() + seconds).run()
    finally:
        turn.release()


class _Pass:
    def __init__(self, turn: Turn, stop_at: float) -> None:
        self.turn, self.stop_at = turn, stop_at
        self.key: Key = newest()
        self.added = 0
        self.floors = {each.kind: each for each in Floor.objects.all()}

    def run(self) -> Sealed:
        heads.hold_against()
        ended = all(self._all_of(source) for source in sources().values())
        if self.added:
            heads.keep(*head())
        return Sealed(entries=self.added, ended=ended)

    def _all_of(self, source: Source) -> bool:
        """Whether its last row was come to."""
        floor = self.floors.get(source.kind) or Floor.objects.create(kind=source.kind)
        begun = measure()
        shape = None
        for rows in self._portions(source, floor):
            if rows and time.monotonic() > self.stop_at:
                return False
            if rows:
                shape = shape or _shape(source)
                self._add(source, shape, floor.looked_at, rows)
            if len(rows) == PORTION:
                time.sleep(BREATH)
        self._lift(source, floor, begun)
        return True

    def _portions(self, source: Source, floor: Floor) -> Iterator[list[tuple[Any, ...]]]:
        """Rows as (key, company, time, *columns), some at a time."""
        yield from self._again(source)
        after = floor.key
        while True:
            fresh = source.ended().filter(~Exists(sealed(source)), pk__gt=after)
            rows = list(source.read(fresh, source.columns)[:PORTION])
            yield rows
            if len(rows) < PORTION:
                return
            after = rows[-1][0]

    def _again(self, source: Source) -> Iterator[list[tuple[Any, ...]]]:
        """Those that are over by now, in one statement: what never ends (a decision that nobody withdraws)
        is written down for ever, and would else be asked for row by row each minute."""
        after = 0
        while True:
            asked = Again.objects.filter(kind=source.kind, key__gt=after).values("key")
            rows = list(source.read(source.ended().filter(pk__in=asked), source.columns)[:PORTION])
            if not rows:
                return
            after = rows[-1][0]
            yield rows

    def _add(
        self,
        source: Source,
        shape: Shape,
        looked_at: datetime | None,
        rows: Sequence[Sequence[Any]],
    ) -> None:
        """One portion: digests first, then the lock."""
        columns, moment = tuple(shape.columns), now()
        entries = []
        for key, company, _, *values in rows:
            salt = secrets.token_bytes(SALT)
            entries.append(
                Entry(
                    kind=source.kind,
                    key=key,
                    shape_id=shape.pk,
                    company_id=company if source.company else None,
                    salt=salt,
                    digest=digest_of(self.key, salt, source.kind, columns, values),
                    under=self.key.name,
                    looked_at=looked_at,
                    sealed_at=moment,
                )
            )
        with transaction.atomic():
            self.turn.confirm()
            altered = _altered_meanwhile(source, rows)
            self._append(source.kind, [each for each in entries if each.key not in altered])

    def _append(self, kind: str, entries: Sequence[Entry]) -> None:
        """Link them to the chain. Inside a transaction that holds the turn."""
        turns = _turns(kind, [each.key for each in entries])
        number, link = head()
        for entry in entries:
            number += 1
            entry.number, entry.turn = number, turns.get(entry.key, -1) + 1
            entry.link = link = link_of(self.key, link, entry)
        insert_rows(Entry, entries)
        self.added += len(entries)

    def _note_first_look(self, source: Source, begun: datetime) -> None:
        """From here on the chain itself says that all there was of a kind is in it: a floor that is set
        back later contradicts it."""
        kind, salt = f"{LOOK}{source.kind}", secrets.token_bytes(SALT)
        shape, _ = Shape.objects.get_or_create(kind=LOOK.strip(), defaults={"columns": []})
        first = Entry(
            kind=kind,
            key=0,
            shape_id=shape.pk,
            salt=salt,
            digest=digest_of(self.key, salt, kind, (), ()),
            under=self.key.name,
            looked_at=begun,
            sealed_at=now(),
        )
        self._append(kind, [first])

    def _lift(self, source: Source, floor: Floor, begun: datetime) -> None:
        """Every row up to the old `high` was looked at, and an hour has passed since it was seen. What
        is not over yet below it is written down, to be looked at again."""
        lifts = floor.high_at is not None and begun - floor.high_at >= BEHIND
        if not lifts and floor.looked_at is not None and begun - floor.looked_at < NOTED_EACH:
            return
        with transaction.atomic():
            self.turn.confirm()
            if lifts:
                _forget_gone(source)
            if lifts and floor.high > floor.key:
                if source.over is not None:
                    _look_again(source, floor.key, floor.high)
                floor.key = floor.high
            if lifts or floor.high_at is None:
                floor.high = source.rows().aggregate(last=Max("pk"))["last"] or 0
                floor.high_at = begun
            if floor.looked_at is None:
                self._note_first_look(source, begun)
            floor.looked_at = begun
            floor.save()


def sealed(source: Source) -> QuerySet[Entry]:
    """Entries of the row at hand, within a query of its table."""
    return Entry.objects.filter(kind=source.kind, key=OuterRef("pk")).order_by()


def _altered_meanwhile(source: Source, rows: Sequence[Sequence[Any]]) -> set[int]:
    """Keys of rows that a rule changed after they were read: they are left to the next pass. Inside the
    transaction that seals the others, and takes them off the list of what is looked at again.

    Whoever changes a row by rule puts it on that list in the same transaction, and holds its line there:
    so one of the two waits for the other, and what is read here says which came first. A row that
    nobody put there is not read twice.
    """
    listed = Again.objects.filter(kind=source.kind, key__in=[each[0] for each in rows])
    keys = set(listed.select_for_update().values_list("key", flat=True))
    if not keys:
        return set()
    listed.filter(key__in=keys).delete()
    wanted = source.ended().filter(pk__in=keys)
    now_there = {row[0]: row for row in source.read(wanted, source.columns)}
    # What is gone altogether is not read again: it is sealed as it was, so that whoever looks asks which
    # rule took it away.
    there = set(source.rows().filter(pk__in=keys).values_list("pk", flat=True))
    altered = {row[0] for row in rows if row[0] in there and now_there.get(row[0]) != tuple(row)}
    Again.objects.bulk_create(Again(kind=source.kind, key=key) for key in sorted(altered))
    return altered


def _shape(source: Source) -> Shape:
    columns = list(source.columns)
    last = Shape.objects.filter(kind=source.kind).order_by("-pk").first()
    if last is not None and last.columns == columns:
        return last
    return Shape.objects.create(kind=source.kind, columns=columns)


def _turns(kind: str, keys: Sequence[int]) -> dict[int, int]:
    """The last turn of those that were sealed before."""
    rows = Entry.objects.filter(kind=kind, key__in=keys).order_by("turn")
    return dict(rows.values_list("key", "turn"))


def _forget_gone(source: Source) -> None:
    """What a rule took away while it waited to be looked at again waits no more."""
    row = source.rows().filter(pk=OuterRef("key"))
    Again.objects.filter(~Exists(row), kind=source.kind).delete()


def _look_again(source: Source, above: int, up_to: int) -> None:
    rows = source.rows().filter(pk__gt=above, pk__lte=up_to)
    open_still = rows.filter(~Exists(sealed(source))).values_list("pk", flat=True)
    again = [Again(kind=source.kind, key=each) for each in open_still]
    Again.objects.bulk_create(again, ignore_conflicts=True, batch_size=500)
