"""What every subject of an import has in common: what its rows become, judged and written in portions.

`bringers.py` says which subject is brought by what; `running.py` drives them all alike.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.tally import Tally


class Unit(Protocol):
    """Rows of a file that stand or fall together: a document, a record, a movement of money.

    `refusals` are of rows that nobody can read, whatever stands here.
    """

    @property
    def rows(self) -> int: ...

    @property
    def refusals(self) -> Sequence[Refusal]: ...

    @property
    def notes(self) -> Sequence[Note]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """A row that only a person can decide: taken, or left out. `sentence` says what is open."""

    row: int
    document: str  # what staff call what it would become
    sentence: str


class Judgement(Protocol):
    """What a portion came to, held against what stands here."""

    @property
    def refusals(self) -> Sequence[Refusal]:
        """Those of its units too."""
        ...

    @property
    def questions(self) -> Sequence[Question]:
        """What nobody has answered yet. While a file is written there are none: what is still open
        is not taken."""
        ...

    def count(self, tally: Tally) -> None: ...

    def write(self) -> None:
        """Store what is new and changed; of a judgement for writing alone, in a transaction."""
        ...


class Bringer(Protocol):
    """Brings one import: made anew for a check and for a writing, and remembers what went by."""

    @property
    def holds(self) -> bool:
        """Whether what it brings waits in a batch until somebody releases it."""
        ...

    def portions(self) -> Iterator[Sequence[Any]]:
        """The units of the file; the same portions in every reading, each written in one transaction
        of at most 200 ms. Raises `FileRefused`."""
        ...

    def judge(self, portion: Sequence[Any], *, writing: bool) -> Judgement:
        """Without `writing` nothing is stored."""
        ...

    def first_rows(self, at_most: int) -> "Preview":
        """As they are read. Raises `FileRefused`."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownRow:
    """A row of a preview: its cells as texts, or the trouble that keeps it from being read."""

    row: int
    cells: Sequence[str]
    trouble: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    headings: Sequence[str]
    title: str = "Its first rows, as they are read"
    figures: frozenset[int] = frozenset()  # places of columns that stand to the right
    whole: frozenset[int] = frozenset()  # of those whose texts are not cut
    rows: Sequence[ShownRow] = ()

    @property
    def table(self) -> Iterator[tuple[ShownRow, list[tuple[str, str]]]]:
        """The rows, each with its cells under their headings."""
        for each in self.rows:
            yield each, list(zip(self.headings, each.cells, strict=True))


NO_PREVIEW = Preview(headings=())
Answers = Mapping[int, bool]  # by row: taken, or left out
