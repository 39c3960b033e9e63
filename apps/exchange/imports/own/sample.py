"""The beginning of a file as a person looks at it to say what its columns mean."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from apps.exchange.imports.at_hand import at_hand, dialect_of, headings_known_for
from apps.exchange.imports.columns import text_of
from apps.exchange.models import FileImport
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Doubt, RowKind
from apps.exchange.tables.rows import rows

LOOKED_AT: Final = 1000  # rows of which the different values of a column are told
SHOWN: Final = 6  # rows as they stand
DIFFERENT: Final = 40  # values of one column that are told


@dataclass(frozen=True, kw_only=True, slots=True)
class Sample:
    """`values` are, by place, the different texts of a column, in the order in which they come, without
    blanks; `rows` its first rows. `doubts` are about the file as such."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]] = ()
    values: Sequence[Sequence[str]] = ()
    doubts: Sequence[Doubt] = ()
    looked_at: int = field(default=0)

    def values_at(self, place: int | None) -> Sequence[str]:
        return self.values[place] if place is not None and place < len(self.values) else ()


def sample_of(file_import: FileImport) -> Sample:
    """Raises `FileRefused` where it cannot be read."""
    with at_hand(file_import) as path:
        known = headings_known_for(file_import)
        told = dialect_of(file_import)
        seen = look(path, known_headings=known, dialect=told)
        body = (row.cells for row in rows(path, seen.dialect) if row.kind is RowKind.BODY)
        taken = [[text_of(cell) for cell in cells] for cells in islice(body, LOOKED_AT)]
    width = len(seen.headings)
    different: list[dict[str, None]] = [{} for _ in range(width)]
    for cells in taken:
        for found, text in zip(different, cells, strict=False):
            if text and len(found) < DIFFERENT:
                found[text] = None
    return Sample(
        headings=seen.headings,
        rows=[cells[:width] for cells in taken[:SHOWN]],
        values=[[*each] for each in different],
        doubts=seen.doubts if told is None else (),
        looked_at=len(taken),
    )


def of_headings(headings: Sequence[str]) -> Sample:
    """Where there is no file at hand."""
    return Sample(headings=headings)
