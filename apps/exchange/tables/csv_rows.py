"""Rows of a CSV file as a stream: at the speed of the csv module, in the memory of one block."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from apps.exchange.tables.encodings import texts
from apps.exchange.tables.formulas import ESCAPED, read_back
from apps.exchange.tables.headings import is_filled
from apps.exchange.tables.kinds import Kinds
from apps.exchange.tables.port import Cell, Dialect, FileRefused, Limits, Row, RowKind
from apps.exchange.tables.sentences import counted, quoted

SEPARATOR_LINE = re.compile(r'"?sep=(?P<mark>[^\r\n])"?[\r\n]*', re.IGNORECASE)
# What a spreadsheet takes for a formula; full-width forms as well.
_LONGEST_LINE = 2_000_000  # characters
# Goes in after the last line, and must come out as a row of its own: it does not where a quote is
# open. No text holds it, since NUL is refused.
_END = "\0"


class _Lines:
    """Lines of a file with their ends, and what whole blocks say, so that no row need be asked.

    `row` is the last one that was read (its reader sets it); `escaped`: some cell may begin with an
    apostrophe before a trigger.
    """

    def __init__(self, path: Path, dialect: Dialect, limits: Limits) -> None:
        self.row = 0
        self.escaped = False
        self._texts = texts(path, dialect.encoding, limits)

    def __iter__(self) -> Iterator[str]:
        rest = ""
        first = True
        rows = [-1, -1]  # that were read when each of the last two blocks came
        for text in self._texts:
            self._look_over(text)
            text = rest + text
            # A return at the end may be half of a line end.
            cut = max(text.rfind("\n"), text.rfind("\r", 0, -1)) + 1
            rest = text[cut:]
            if len(rest) > _LONGEST_LINE:
                raise FileRefused(
                    f"Row {self.row + 1} is longer than {_LONGEST_LINE:,} characters: "
                    "the file is no table, or its line ends are lost."
                )
            if not cut:
                continue
            if rows[0] == self.row:
                raise _unclosed(self.row + 1)
            rows = [rows[1], self.row]
            lines = io.StringIO(text[:cut], newline="")
            if first:
                first = False
                yield from _without_separator_line(lines.readline())
            yield from lines
        if rest:
            yield from _without_separator_line(rest) if first else (rest,)
        yield _END

    def _look_over(self, text: str) -> None:
        if "\0" in text:
            raise FileRefused(
                f"The file holds a NUL character after row {self.row:,}: it is damaged, or no text. "
                "Save it as CSV or .xlsx once more."
            )
        if not self.escaped and ESCAPED.search(text):
            self.escaped = True


def _without_separator_line(line: str) -> Sequence[str]:
    return () if SEPARATOR_LINE.fullmatch(line) else (line,)


def _unclosed(row: int) -> FileRefused:
    return FileRefused(
        f"A quotation mark that opens in row {row:,} is never closed. Close it or take it away there; "
        "if the file quotes nothing, choose that it has no quotation marks."
    )


def records(path: Path, dialect: Dialect, limits: Limits) -> Iterator[list[str]]:
    """The cells of each row from the first of the file on, as they stand there, blank rows too.

    Raises `FileRefused`.
    """
    _refuse_impossible(dialect)
    lines = _Lines(path, dialect, limits)
    reader = csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
        skipinitialspace=dialect.spaced,
        escapechar="\\" if dialect.backslash else None,
    )
    longest, columns = limits.cell_characters, limits.columns
    row = 0
    try:
        for row, cells in enumerate(reader, start=1):
            if cells and (cells[0] == _END or max(map(len, cells)) > longest):
                if cells == [_END]:
                    return
                raise _unclosed(row) if _END in cells[-1] else _long_cell(row, longest)
            if len(cells) > columns:
                raise FileRefused(
                    f"Row {row:,} has {len(cells):,} columns; at most {columns:,} are read. "
                    "Keep only the columns that are needed."
                )
            if row > limits.rows:
                raise too_many_rows(limits)
            if lines.escaped and dialect.escapes:
                cells = [read_back(cell) for cell in cells]
            lines.row = row
            yield cells
        raise _unclosed(row)
    except csv.Error as problem:
        if "field limit" in str(problem):
            raise _long_cell(lines.row + 1, longest) from None
        raise FileRefused(f"Row {lines.row + 1:,} is no row of a CSV file: {problem}.") from None


def too_many_rows(limits: Limits) -> FileRefused:
    return FileRefused(f"The file has more than {limits.rows:,} rows. Split it into several.")


def _refuse_impossible(dialect: Dialect) -> None:
    marks = (dialect.delimiter, dialect.quote or '"')
    if any(len(mark) != 1 or mark in "\r\n\0" for mark in marks) or marks[0] == dialect.quote:
        raise FileRefused(
            f"No file is written with {quoted(dialect.delimiter)} as its delimiter and "
            f"{quoted(dialect.quote)} as its quotation mark. Choose one other sign for each."
        )


def _long_cell(row: int, longest: int) -> FileRefused:
    return FileRefused(
        f"A cell of row {row:,} holds more than {longest:,} characters. "
        "Perhaps a quotation mark is not closed there."
    )


def csv_rows(path: Path, dialect: Dialect, limits: Limits) -> Iterator[Row]:
    """Every row but that of the headings, in order. Raises `FileRefused` where it stops."""
    found = records(path, dialect, limits)
    above = list(islice(found, dialect.header_row - 1))
    headings = next(found, None)
    if not headings:
        raise FileRefused(
            f"Row {dialect.header_row:,} was named as the row of the headings, and the file has "
            f"{counted(len(above), 'row', 'rows')} above it and nothing there. Choose another row."
        )
    width = len(headings)
    for number, cells in enumerate(above, start=1):
        yield title_row(number, cells, width)
    yield from _below(found, Kinds(headings), width, dialect.header_row + 1)


def _below(found: Iterator[list[str]], kinds: Kinds, width: int, start: int) -> Iterator[Row]:
    """The rows below the headings. What every row would pay for is done in one line."""
    suspects, body = kinds.suspects, RowKind.BODY
    learning = True
    blanks = 0  # rows without a cell; at the end of the file they are none
    for number, cells in enumerate(found, start=start):
        if not cells:
            blanks += 1
            continue
        if blanks:
            nothing = (None,) * width
            yield from (
                Row(each, RowKind.BLANK, nothing) for each in range(number - blanks, number)
            )
            blanks = 0
        kind = body
        if learning or (cells[0][:1] in suspects and kinds.is_suspect(cells[0])):
            kind = kinds.of(cells)
            learning = kinds.learning
        if len(cells) == width:
            yield Row(number, kind, tuple(cells))
        else:
            yield fitted(number, kind, cells, width)


def title_row(number: int, cells: Sequence[Cell], width: int) -> Row:
    """A row above the headings."""
    filled = [cell for cell in cells if is_filled(cell)]
    kind = RowKind.TITLE if filled else RowKind.BLANK
    if filled and isinstance(filled[0], str) and filled[0].lstrip().startswith("#"):
        kind = RowKind.COMMENT
    return fitted(number, kind, cells, width)


def fitted(number: int, kind: RowKind, cells: Sequence[Cell], width: int) -> Row:
    """The row with a cell for each heading; past them stays what is filled."""
    past = tuple(cells[width:])
    missing = (None,) * (width - len(cells))
    return Row(number, kind, (*cells[:width], *missing), past if any(map(is_filled, past)) else ())
