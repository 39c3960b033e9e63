"""Rows inside a cell: one document a row, and its lines in one of its cells.

`code,qty;A-1,2;"B; large",3` are three rows. The quotation marks are those of the inner rows: the
file's own are gone when its cell was read.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.exchange.tables.port import CellRefused
from apps.exchange.tables.sentences import quoted

_ROWS = 5_000
_COLUMNS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class NestedDialect:
    """How a cell divides itself: signs of one character each; `quote` "" where it quotes nothing."""

    row_mark: str = ";"
    delimiter: str = ","
    quote: str = '"'


def nested_rows(cell: str, dialect: NestedDialect = NestedDialect()) -> list[tuple[str, ...]]:
    """The rows in a cell, each a tuple of its texts as written; none of a blank cell.

    A row mark at the end begins no row, and blank rows are left out. Line breaks around a row are no
    part of it. Raises `CellRefused` for a quotation mark that is not closed, and for too many rows.
    """
    rows: list[tuple[str, ...]] = []
    row: list[str] = []
    for text, ends_row in _cells(cell, dialect):
        row.append(text)
        if not ends_row:
            continue
        if any(part.strip() for part in row):
            rows.append(tuple(row))
        row = []
        if len(rows) > _ROWS:
            raise CellRefused(f"{quoted(cell)} holds more than {_ROWS:,} rows.")
    return rows


def nested_records(cell: str, dialect: NestedDialect = NestedDialect()) -> list[dict[str, str]]:
    """The same with the first row as headings. Raises `CellRefused` where a row is longer than it."""
    headings, *rows = nested_rows(cell, dialect) or [()]
    for number, row in enumerate(rows, start=1):
        if any(part.strip() for part in row[len(headings) :]):
            raise CellRefused(
                f"Row {number} inside {quoted(cell)} has {len(row)} cells, and its headings are "
                f"{len(headings)}."
            )
    blank = [""] * len(headings)
    return [dict(zip(headings, [*row, *blank], strict=False)) for row in rows]


def _cells(text: str, dialect: NestedDialect) -> Iterator[tuple[str, bool]]:
    """Each inner cell, and whether its row ends with it."""
    marks = dialect.delimiter + dialect.row_mark
    place = columns = 0
    while place < len(text):
        if dialect.quote and text.startswith(dialect.quote, _past_blanks(text, place)):
            value, place = _quoted(text, _past_blanks(text, place), dialect.quote)
            rest, place = _until(text, place, marks)
            value += rest.rstrip()
        else:
            value, place = _until(text, place, marks)
            value = value.strip("\r\n")
        columns += 1
        if columns > _COLUMNS:
            raise CellRefused(f"{quoted(text)} holds a row of more than {_COLUMNS} cells.")
        ends = place >= len(text) or text[place] == dialect.row_mark
        columns = 0 if ends else columns
        yield value, ends
        place += 1
    if text and text[-1] == dialect.delimiter:
        yield "", True


def _past_blanks(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \r\n":
        place += 1
    return place


def _until(text: str, place: int, marks: str) -> tuple[str, int]:
    ends = [found for mark in marks if (found := text.find(mark, place)) >= 0]
    end = min(ends, default=len(text))
    return text[place:end], end


def _quoted(text: str, place: int, quote: str) -> tuple[str, int]:
    """The text inside quotation marks of which the first stands here, and the place after the last."""
    parts = []
    place += 1
    while True:
        end = text.find(quote, place)
        if end < 0:
            raise CellRefused(f"{quoted(text)} has a quotation mark that is not closed.")
        parts.append(text[place:end])
        if not text.startswith(quote, end + 1):
            return "".join(parts), end + 1
        parts.append(quote)
        place = end + 2
