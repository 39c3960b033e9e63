"""Sources of a timeline, and how one part of it is read: in one statement, however long it is.

Each source tells its rows as texts (`core/together`). They are put in one order, by moment, source
and key, and a part ends at a mark from which the next one goes on.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from django.db.models import F, Q, QuerySet, TextField, Value
from django.db.models.functions import Coalesce, NullIf
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString

from apps.backoffice.frame.formatting import PLAIN
from apps.backoffice.frame.history_words import Step
from apps.core.numbers import whole
from apps.core.together import Together, moment

PER_PART: Final = 50
Cells = dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One thing that happened. `ours` and `theirs` are the words of each side, `technical` what only
    an engineer asks for: (label, words, address)."""

    at: datetime
    what: str
    colour: str = PLAIN
    ours: str = ""
    theirs: str = ""
    system: str = ""  # whose words `theirs` are
    steps: Sequence[Step] = ()
    amount: SafeString | str = ""
    who: str = ""
    books: str = ""
    reason: str = ""
    url: str = ""  # of what it is about, with its words
    words: str = ""
    technical: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True, kw_only=True)
class Source:
    """Rows of one kind, each of which happened at `at`.

    `columns` are what is asked of a row: the name that its cell has, and the field that it is. `tell`
    is None of a row that says nothing to staff.
    """

    name: str
    rows: "QuerySet[Any, Any]"
    at: str
    columns: dict[str, str] = field(default_factory=dict)
    tell: Callable[[datetime, Cells], Entry | None]


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a part ended: everything after it is older."""

    at: datetime
    rank: int
    key: int

    @classmethod
    def read(cls, text: str) -> Self | None:
        """None of what is no mark."""
        parts = text.split("~")
        if len(parts) != 3:
            return None
        try:
            at = parse_datetime(parts[0])
        except ValueError:
            return None
        rank, key = whole(parts[1]), whole(parts[2])
        if at is None or at.tzinfo is None or rank is None or key is None:
            return None
        return cls(at, rank, key)

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.rank}~{self.key}"

    def older(self, at: str, rank: int) -> Q:
        """The condition on the rows of the source of this rank."""
        before = Q(**{f"{at}__lt": self.at})
        if rank > self.rank:
            return before | Q(**{at: self.at})
        if rank == self.rank:
            return before | Q(**{at: self.at, "pk__lt": self.key})
        return before


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One row of one source, not told yet."""

    mark: Mark
    source: Source
    cells: Cells


def read(
    sources: Sequence[Source], after: Mark | None, most: int = PER_PART
) -> tuple[list[Found], Mark | None]:
    """The newest rows behind the mark, and the mark at which older ones begin; None where none are."""
    asked = Together()
    for rank, source in enumerate(sources):
        rows = source.rows if after is None else source.rows.filter(after.older(source.at, rank))
        rows = rows.filter(**{f"{source.at}__isnull": False})
        named = {name: F(of) for name, of in source.columns.items() if name != of}
        rows = rows.annotate(**named).order_by(f"-{source.at}", "-pk")[: most + 1]
        asked.rows(rank, rows, _key_of(source), source.at, *source.columns)
    asked.ask()
    found = sorted(
        _told(sources, asked), key=lambda each: (each.mark.at, -each.mark.rank, each.mark.key)
    )[::-1]
    more = len(found) > most
    return found[:most], found[most - 1].mark if more else None


def _key_of(source: Source) -> str:
    return str(source.rows.model._meta.pk.attname)


def _told(sources: Sequence[Source], asked: Together) -> Iterator[Found]:
    for rank, source in enumerate(sources):
        for key, at, *texts in asked.rows_of(rank):
            when = moment(at)
            assert when is not None  # asked for where it is known
            cells = dict(zip(source.columns, texts, strict=True))
            yield Found(mark=Mark(when, rank, int(key)), source=source, cells={**cells, "pk": key})


def person_at(path: str) -> Coalesce:
    """Who did it, as text: their name, or their address where none is known."""
    return Coalesce(
        NullIf(F(f"{path}__name"), Value("")), F(f"{path}__email"), output_field=TextField()
    )
