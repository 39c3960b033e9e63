"""Deeds by rule, kept under the trail's key, and asked what they cover."""

import hashlib
import hmac
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from apps.core.deeds import Deed, What, ranges
from apps.trail.keys import Key, keys, newest
from apps.trail.models import Again, RuledDeed

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
TIME: Final = 7  # bytes of a mark that say when: microseconds, far beyond any date


def keep(deed: Deed) -> None:
    """Hears `apps.core.deeds`, in the transaction of whoever does it. The chain waits for nobody and
    nobody for it: the row is sealed like others, later."""
    key = newest()
    row = RuledDeed(
        what=deed.what.value,
        rule=deed.rule[:200],
        table=deed.table,
        part=deed.part,
        keys=ranges(deed.keys),
        count=len(set(deed.keys)),
        company_id=deed.company,
        under=key.name,
    )
    row.mark = _mark(key, row, timezone.now())
    row.save()
    if deed.what is What.CHANGED:
        again = [Again(kind=_kind(row), key=each) for each in sorted(set(deed.keys))]
        # Written over, not passed by: it is locked until this ends, and the sealer waits for it.
        Again.objects.bulk_create(
            again, update_conflicts=True, unique_fields=["kind", "key"], update_fields=["key"]
        )


def is_ours(row: RuledDeed) -> bool:
    """Whether it was kept by a process that holds the key, and says what it said then."""
    key = keys().get(row.under)
    if key is None or len(row.mark) < TIME:
        return False
    return hmac.compare_digest(bytes(row.mark), _mark(key, row, time_of(row)))


def time_of(row: RuledDeed) -> datetime:
    """When it was done, as the mark says it. The column says it to people: a copy of a deed with a later
    time there would else excuse what was done since."""
    return EPOCH + int.from_bytes(bytes(row.mark[:TIME]), "big") * MICROSECOND


def _mark(key: Key, row: RuledDeed, at: datetime) -> bytes:
    """The time, and a digest under the key of it and of what the deed says."""
    time = ((at - EPOCH) // MICROSECOND).to_bytes(TIME, "big")
    said = [row.what, row.rule, row.table, row.part, row.keys, row.count, row.company_id]
    return time + hmac.digest(key.of_deeds, time + json.dumps(said).encode(), hashlib.sha256)


def _kind(row: RuledDeed) -> str:
    return f"{row.table}:{row.part}" if row.part else row.table


class Covered:
    """What all deeds of this installation cover, held in memory as ranges: some a day."""

    def __init__(self) -> None:
        self.forged: list[int] = []
        self._restored: dict[int, datetime] = {}
        spans: dict[tuple[str, str], list[tuple[int, int, datetime]]] = defaultdict(list)
        for row in RuledDeed.objects.order_by("pk").iterator(chunk_size=500):
            if not is_ours(row):
                self.forged.append(row.pk)
            elif row.what == What.RESTORED.value and row.company_id is not None:
                self._restored[row.company_id] = time_of(row)
            else:
                for first, last in row.keys:
                    spans[row.what, _kind(row)].append((first, last, time_of(row)))
        self._spans = {name: _Spans(each) for name, each in spans.items()}

    def purged(self, kind: str, key: int) -> datetime | None:
        """When a rule last took this row away."""
        return self._when(What.PURGED, kind, key)

    def changed(self, kind: str, key: int) -> datetime | None:
        """When a rule last changed what this row says."""
        return self._when(What.CHANGED, kind, key)

    def restored(self, company: Any) -> datetime | None:
        """When this company came back out of an archive, with rows of old dates."""
        return self._restored.get(company)

    def _when(self, what: What, kind: str, key: int) -> datetime | None:
        spans = self._spans.get((what.value, kind))
        return spans.at(key) if spans else None


class _Spans:
    """Ranges by their first key; for each place the furthest end so far, so that a look is short."""

    def __init__(self, spans: Sequence[tuple[int, int, datetime]]) -> None:
        self._spans = sorted(spans)
        self._firsts = [first for first, _, _ in self._spans]
        self._ends: list[int] = []
        for _, last, _ in self._spans:
            self._ends.append(max(last, self._ends[-1] if self._ends else last))

    def at(self, key: int) -> datetime | None:
        """The last moment of any span that holds the key."""
        place, found = bisect_right(self._firsts, key) - 1, None
        while place >= 0 and self._ends[place] >= key:
            first, last, moment = self._spans[place]
            if first <= key <= last and (found is None or moment > found):
                found = moment
            place -= 1
        return found
