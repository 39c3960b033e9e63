"""Writes rows as CSV or as an Excel workbook, one after the other, in memory that stays flat."""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from itertools import chain, islice
from typing import IO, Any, Final

import xlsxwriter

from apps.exchange.exports.cells import Cell, Money, decimals_of, moment_here, number_text
from apps.exchange.tables.formulas import escaped

BOM: Final = b"\xef\xbb\xbf"
CHUNK: Final = 64 * 1024  # characters
SHEET_ROWS: Final = 1_048_576  # Excel's, the headings included
SHEET_CELL: Final = 32_767  # characters
MEASURED: Final = 200  # rows by which columns get their width
EXACT_DIGITS: Final = 15  # what Excel holds of a number

Row = Sequence[Cell]


class CannotBeWritten(ValueError):
    """The format cannot hold it; the sentence says what and where, and what to do instead."""


@dataclass(frozen=True, kw_only=True)
class CsvStyle:
    """How a spreadsheet of a country reads CSV."""

    delimiter: str = ","
    point: str = "."
    bom: bool = True


PLAIN: Final = CsvStyle()
EUROPEAN: Final = CsvStyle(delimiter=";", point=",")


@dataclass(slots=True)
class Tally:
    """How many rows were written, also of a file that broke off."""

    rows: int = 0
    done: bool = False


def csv_chunks(
    headings: Sequence[str],
    rows: Iterable[Row],
    style: CsvStyle = PLAIN,
    tally: Tally | None = None,
) -> Iterator[bytes]:
    """UTF-8 in pieces of some 64 kB. Texts are quoted, and none of them is run as a formula."""
    tally = tally or Tally()
    texts = CsvTexts(style)
    if style.bom:
        yield BOM
    buffer = [texts.line(headings)]
    size = len(buffer[0])
    for row in rows:
        line = texts.line(row)
        buffer.append(line)
        size += len(line)
        tally.rows += 1
        if size >= CHUNK:
            yield "".join(buffer).encode()
            buffer, size = [], 0
    yield "".join(buffer).encode()
    tally.done = True


class _ByType(dict[type, Callable[[Any], str]]):
    """What is of no type of its own is a text."""

    def __missing__(self, kind: type) -> Callable[[Any], str]:
        return lambda value: _quoted(str(value))


@dataclass(frozen=True)
class CsvTexts:
    """A cell as CSV of one style holds it."""

    style: CsvStyle
    _by_type: _ByType = field(init=False, default_factory=_ByType)

    def __post_init__(self) -> None:
        self._by_type.update(
            {
                str: _quoted,
                int: str,
                bool: lambda value: "yes" if value else "no",
                type(None): lambda _: "",
                Decimal: self._number,
                Money: self._money,
                date: date.isoformat,
                datetime: lambda value: f"{moment_here(value):%Y-%m-%d %H:%M:%S}",
                time: lambda value: f"{value:%H:%M:%S}",
            }
        )

    def line(self, row: Row) -> str:
        known = self._by_type
        return self.style.delimiter.join([known[type(cell)](cell) for cell in row]) + "\r\n"

    def _number(self, number: Decimal) -> str:
        text = number_text(number)
        return text if self.style.point == "." else text.replace(".", self.style.point)

    def _money(self, money: Money) -> str:
        text = number_text(money.amount, decimals_of(money.currency))
        return text if self.style.point == "." else text.replace(".", self.style.point)


def _quoted(text: str) -> str:
    if not text:
        return ""
    return '"' + escaped(text).replace('"', '""') + '"'


def write_xlsx(
    into: IO[bytes], title: str, headings: Sequence[str], rows: Iterable[Row], tally: Tally
) -> None:
    """A workbook of one sheet: real numbers, real dates, and every text as a text.

    One row at a time is held in memory; what is written lies in temporary files until the end.
    Raises `CannotBeWritten` beyond the rows or the length of a cell that Excel holds.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = {"constant_memory": True, "tmpdir": folder, "default_date_format": "yyyy-mm-dd"}
        book = xlsxwriter.Workbook(into, options)
        sheet = book.add_worksheet(_sheet_name(title))
        cells = _SheetCells(book, sheet, headings)
        coming = iter(rows)
        first = list(islice(coming, MEASURED))
        # Excel must know the widths before the first row, where rows are written as they come.
        for place, width in enumerate(_widths(headings, first)):
            sheet.set_column(place, place, width)
        sheet.freeze_panes(1, 0)
        cells.head()
        for row in chain(first, coming):
            tally.rows += 1
            cells.write(tally.rows, row)
        sheet.autofilter(0, 0, tally.rows, max(0, len(headings) - 1))
        book.close()
    tally.done = True


class _SheetCells:
    """Cells of one sheet, each with the format of its type."""

    def __init__(self, book: Any, sheet: Any, headings: Sequence[str]) -> None:
        self.book, self.sheet, self.headings = book, sheet, headings
        self.bold = book.add_format({"bold": True, "bottom": 1})
        self.day = book.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.clock = book.add_format({"num_format": "hh:mm:ss"})
        self.amounts: dict[int, Any] = {}

    def head(self) -> None:
        for place, heading in enumerate(self.headings):
            self.sheet.write_string(0, place, heading, self.bold)

    def write(self, row: int, cells: Row) -> None:
        if row >= SHEET_ROWS:
            raise CannotBeWritten(
                f"An Excel sheet holds {SHEET_ROWS - 1:,} rows. Narrow the list, or export CSV."
            )
        for place, cell in enumerate(cells):
            self._cell(row, place, cell)

    def _cell(self, row: int, place: int, cell: Cell) -> None:
        match cell:
            case None | "":
                pass
            case str():
                self._text(row, place, cell)
            case bool():
                self.sheet.write_boolean(row, place, cell)
            case int():
                self._number(row, place, Decimal(cell), None)
            case Money():
                self._number(row, place, cell.amount, self._amount_format(cell.currency))
            case Decimal():
                self._number(row, place, cell, None)
            case datetime():
                self.sheet.write_datetime(row, place, moment_here(cell), self.moment)
            case date():
                self.sheet.write_datetime(row, place, cell, self.day)
            case time():
                self.sheet.write_datetime(row, place, cell, self.clock)

    def _text(self, row: int, place: int, text: str) -> None:
        if len(text) > SHEET_CELL:
            raise CannotBeWritten(
                f"Row {row}: {self.headings[place]} has {len(text):,} characters, and a cell of "
                f"Excel holds {SHEET_CELL:,}. Export CSV instead."
            )
        self.sheet.write_string(row, place, text)

    def _number(self, row: int, place: int, number: Decimal, shape: Any) -> None:
        if len(number.normalize().as_tuple().digits) > EXACT_DIGITS:
            # As a number Excel would change its last digits.
            self.sheet.write_string(row, place, number_text(number))
        else:
            self.sheet.write_number(row, place, number, shape)

    def _amount_format(self, currency: str) -> Any:
        decimals = decimals_of(currency)
        if decimals not in self.amounts:
            figures = "#,##0" + ("." + "0" * decimals if decimals else "")
            self.amounts[decimals] = self.book.add_format({"num_format": figures})
        return self.amounts[decimals]


def _sheet_name(title: str) -> str:
    """At most 31 characters, without those that Excel refuses."""
    kept = "".join(each for each in title if each not in "[]:*?/\\").strip("' ")
    return kept[:31].strip("' ") or "Export"


def _widths(headings: Sequence[str], rows: Sequence[Row]) -> list[int]:
    """Wide enough for what the first rows hold, between 8 and 50 characters."""
    longest = [len(heading) for heading in headings]
    for row in rows:
        for place, cell in enumerate(row):
            longest[place] = max(longest[place], _length(cell))
    return [min(max(each + 2, 8), 50) for each in longest]


def _length(cell: Cell) -> int:
    match cell:
        case None:
            return 0
        case str():
            return max((len(line) for line in cell.splitlines()), default=0)
        case Money():
            return len(f"{cell.amount:,.2f}")
        case datetime():
            return 19
    return len(str(cell))
