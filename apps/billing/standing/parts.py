"""How much of each allocation counts on a day, so that no figure exceeds its document.

What was un-applied late and applied again earlier would be counted twice between the two days. As in
`sums/as_of.py`, a part counts as far as both ends have room: what stands today goes first, then what
was un-applied last. Only records that have a part which was reversed later can be too full, so those
alone are looked at; all other parts count whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from django.db.models import Q, QuerySet

from apps.billing.standing.reading import Reading, among, streamed
from apps.core.money import ZERO, rounded

End = tuple[str, int]  # the field by which an allocation names the record, and its key

# The field by which an allocation names it → its kind.
SOURCES: Final = {"payment": "payment", "credit_note": "credit_note", "adjustment": "adjustment"}
TARGETS: Final = {"invoice": "invoice", "refund": "refund", "charge": "adjustment"}
ENDS: Final = {**SOURCES, **TARGETS}
TOTALS: Final = {"invoice": "total", "credit_note": "total"}  # of the others: amount


@dataclass(frozen=True, slots=True)
class Part:
    """What an allocation sets off on the day, in its currency; `realised` in home currency."""

    key: int
    ends: tuple[End, ...]
    theirs: str  # "": both ends are ours; else "source" or "target": only their books hold it
    dated: date
    reversed_on: date | None
    currency: str
    amount: Decimal
    realised: Decimal
    customers: tuple[int | None, int | None] = (None, None)  # of source and target, where asked for

    def at(self, end: str) -> int:
        """The key of the record at that end."""
        return dict(self.ends)[end]


FIELDS: Final = (
    "id",
    *(f"{end}_id" for end in ENDS),
    "outside_entry_id",
    "date",
    "reversed_on",
    "currency",
    "amount",
    "exchange_difference",
)
_GIVERS: Final = tuple(f"{end}__customer_id" for end in (*SOURCES, "outside_entry"))
_TAKERS: Final = tuple(f"{end}__customer_id" for end in TARGETS)
# A customer of what is in the books never changes.
OWNERS: Final = (*_GIVERS, *_TAKERS)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a reading; what is missing of some is worked out once."""

    reading: Reading
    short: dict[int, Decimal]

    @classmethod
    def of(cls, reading: Reading) -> "Parts":
        return cls(reading, shortfalls(reading))

    def all(self, which: Q) -> Iterator[Part]:
        """Every such part that counts on the day, by key, with the customers of both ends."""
        rows = self.reading.allocations().filter(which).order_by("id")
        return self._each(rows, OWNERS)

    def by(self, end: str) -> Iterator[Part]:
        """Those of the records that allocations name as `end`, by the record's key."""
        named = self.reading.allocations().exclude(**{end: None})
        return self._each(named.order_by(f"{end}_id", "id"))

    def _each(self, rows: "QuerySet[Any]", owners: tuple[str, ...] = ()) -> Iterator[Part]:
        for row in streamed(rows, *FIELDS, *owners):
            told, whose = row[: len(FIELDS)], row[len(FIELDS) :]
            part = _part(told, whose, self.short.get(row[0], ZERO), self.reading.home)
            if part.amount > 0:
                yield part


def _part(row: tuple[Any, ...], whose: tuple[Any, ...], missing: Decimal, home: str) -> Part:
    key, keys = row[0], row[1 : 1 + len(ENDS)]
    entry, dated, reversed_on, currency, amount, realised = row[1 + len(ENDS) :]
    ends = tuple((end, at) for end, at in zip(ENDS, keys, strict=True) if at is not None)
    left = amount - missing
    theirs = "source" if entry is not None else "" if len(ends) == 2 else "target"
    if missing:
        realised = rounded(realised * left / amount, home)
    customers = _first(whose[: len(_GIVERS)]), _first(whose[len(_GIVERS) :])
    return Part(key, ends, theirs, dated, reversed_on, currency, left, realised, customers)


def _first(keys: tuple[int | None, ...]) -> int | None:
    return next((key for key in keys if key is not None), None)


def shortfalls(reading: Reading) -> dict[int, Decimal]:
    """By allocation, what of its amount does not count on the day; most readings have none."""
    names = [f"{end}_id" for end in ENDS]
    later = reading.allocations().filter(reversed_on__gt=reading.on).order_by()
    suspects: dict[str, set[int]] = {end: set() for end in ENDS}
    for named in streamed(later, *names):
        for end, key in zip(ENDS, named, strict=True):
            if key is not None:
                suspects[end].add(key)
    room: dict[End, Decimal] = {}
    standing: dict[int, tuple[Any, ...]] = {}
    for end, keys in suspects.items():
        # What does not count on the day has no room at all.
        room |= dict.fromkeys(((end, key) for key in keys), ZERO)
        kind = ENDS[end]
        for rows in among(reading.standing(kind), "id", keys):
            for key, total in rows.values_list("id", TOTALS.get(kind, "amount")):
                room[end, key] = total
        for rows in among(reading.allocations(), f"{end}_id", keys):
            found = rows.values_list("id", "reversed_on", "amount", *names)
            standing |= {row[0]: row for row in found}
    return _fitted(standing.values(), room)


def _fitted(rows: Any, room: dict[End, Decimal]) -> dict[int, Decimal]:
    today_first = sorted(rows, key=lambda row: (row[1] is None, row[1] or date.max, row[0]))
    short: dict[int, Decimal] = {}
    for key, _, amount, *keys in reversed(today_first):
        ends = [(end, at) for end, at in zip(ENDS, keys, strict=True) if (end, at) in room]
        fits = min([amount, *(room[end] for end in ends)])
        for end in ends:
            room[end] -= fits
        if fits < amount:
            short[key] = amount - fits
    return short
