"""What the rest of `exchange` knows of a file: its dialect, its rows, and what is in doubt."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

# CSV has texts alone. Of Excel, numbers come as Decimal of the shortest text that gives the same
# float, dates as the workbook's own calendar says, and what was never filled as None.
Cell = str | Decimal | datetime | date | time | bool | None


class FileRefused(ValueError):
    """The file cannot be read; the sentence says what is wrong, where, and what to do."""


class CellRefused(ValueError):
    """A cell holds no such value; the sentence quotes it and says what is expected."""


class FileFormat(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class DayOrder(StrEnum):
    """The order of day, month and year in dates that are written in figures."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"
    YEAR_FIRST = "ymd"


class RowKind(StrEnum):
    """What a row of the file is. Only BODY is data; the others are counted, and shown as such."""

    BODY = "body"
    TITLE = "title"  # above the headings
    HEADINGS = "headings"  # again, in the middle
    COMMENT = "comment"
    BLANK = "blank"
    TOTAL = "total"


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How a file is written: found by `look`, correctable field by field, kept with the import.

    `header_row` and the numbers of rows count from 1, as a spreadsheet shows them (a text with
    line breaks inside a cell is one row). `sheet` is "" in CSV. `quote` is "" where the file
    quotes nothing. A first line `sep=;` is no row. `spaced`: a blank after a delimiter is no part of
    the cell (`a, "b, c"`). `backslash`: a quotation mark inside a cell is written `\\"`, and a
    backslash twice. `escapes`: an apostrophe before `=`, `+`, `-`, `@`, tab or return was put
    there so that no spreadsheet takes the text for a formula, and is taken away. `date_1904`: the
    workbook counts its days from 1904.
    """

    format: FileFormat = FileFormat.CSV
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    spaced: bool = False
    backslash: bool = False
    escapes: bool = True
    sheet: str = ""
    date_1904: bool = False
    header_row: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """What the file leaves open: which field of the dialect, why, and what it may be."""

    field: str
    sentence: str
    choices: tuple[str, ...]


class Row(NamedTuple):
    """One row of the file. `cells` has exactly one cell a heading; missing ones are None.

    `surplus` is what stands past the last heading, and empty where nothing does: a row that has it
    was not read rightly (mostly a delimiter that is not quoted).
    """

    number: int
    kind: RowKind
    cells: tuple[Cell, ...]
    surplus: tuple[Cell, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What was found: enough to show the file's beginning and to correct the dialect.

    `headings` are trimmed, as written, repeated or blank ones too, in the order of the columns.
    `notices` are sentences on what was tolerated ("read as Windows-1252: not UTF-8").
    """

    dialect: Dialect
    headings: tuple[str, ...]
    first: tuple[Row, ...]
    sheets: tuple[str, ...] = ()
    doubts: tuple[Doubt, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What is refused before it is parsed. Sizes are bytes."""

    file_bytes: int = 200_000_000
    rows: int = 2_000_000
    xlsx_rows: int = 100_000  # above: refused with the advice to save as CSV
    xlsx_cells: int = 4_000_000  # rows times columns: a sheet is held in memory as a whole
    columns: int = 512
    cell_characters: int = 32_767  # as Excel has it
    sheets: int = 100
    unpacked_bytes: int = 600_000_000
    xml_bytes: int = 150_000_000  # unpacked, of one part of a workbook that is read
    strings_bytes: int = 64_000_000  # unpacked, of the texts that the sheets share
    ratio: int = 200  # unpacked to packed, of each member of a workbook, and of a packed CSV
    child_megabytes: int = 200  # address space of the process that reads a workbook
    child_seconds: int = 60


LIMITS = Limits()
