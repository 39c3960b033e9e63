"""Plain rows are read the quick way, and come to what the reader of whole workbooks makes of them."""

import random
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from apps.exchange.tables import workbook
from apps.exchange.tables.plain import _Numbers, plain_rows
from apps.exchange.tables.port import LIMITS, Dialect, FileFormat, FileRefused, Limits
from apps.exchange.tables.rows import rows

SHEET = "xl/worksheets/sheet1.xml"
DIALECT = Dialect(format=FileFormat.XLSX, sheet="Lines")
HEAD = ("Number", "Date", "Amount", "Words")
TEXTS = (
    "INV-1", "Möwe & Söhne", "a < b > c", 'He said "no"', "two\nlines", "'=1+1", "it's", "日本語 🙂", "0012",
    "x" * 300, "net 30;\tthen",
)  # fmt: skip
NUMBERS = (0, 1, -7, 12.5, 0.1 + 0.2, 1e-7, 1234567890123456, 99.99, -0.005, 3.0, 1e15)
DAYS = (date(2026, 3, 31), date(1999, 12, 31), date(2024, 2, 29))


@pytest.fixture
def both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Path], tuple[list[Any], list[Any]]]:
    """The rows of a workbook as they are read, and by the reader of whole workbooks alone."""

    def read(path: Path) -> tuple[list[Any], list[Any]]:
        ours = _told(path)
        with monkeypatch.context() as patched:
            patched.setattr(workbook._Book, "is_plain", False)
            return ours, _told(path)

    return read


def _told(path: Path, limits: Limits = LIMITS) -> list[Any]:
    """With the type of each cell: 1, True and 1.0 are equal otherwise."""
    found: list[Any] = []
    try:
        for row in rows(path, DIALECT, limits=limits):
            cells = [(type(cell).__name__, str(cell)) for cell in (*row.cells, *row.surplus)]
            while cells and cells[-1][0] == "NoneType":
                cells.pop()
            found.append((row.number, row.kind, cells))
    except FileRefused as refusal:
        found.append(str(refusal))
    while found and not isinstance(found[-1], str) and found[-1][1].name == "BLANK":
        found.pop()
    return found


def gone_plainly(path: Path) -> tuple[int, bool]:
    names = zipfile.ZipFile(path).namelist()
    there = [each if each in names else "" for each in ("xl/styles.xml", "xl/sharedStrings.xml")]
    reading = plain_rows(path, SHEET, *there, limits=LIMITS, escapes=True)
    while True:
        try:
            next(reading)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return] # what it ends with


def by_xlsxwriter(path: Path, table: list[list[Any]], *, inline: bool = False) -> Path:
    options = {"constant_memory": inline, "strings_to_numbers": False}
    with xlsxwriter.Workbook(path, options) as book:
        page = book.add_worksheet("Lines")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        hours = book.add_format({"num_format": "[h]:mm"})
        money = book.add_format({"num_format": "#,##0.00"})
        grey = book.add_format({"bg_color": "#eeeeee"})
        for row, cells in enumerate(table):
            for column, cell in enumerate(cells):
                match cell:
                    case None:
                        if column % 2:
                            page.write_blank(row, column, None, grey)
                    case datetime():
                        page.write_datetime(row, column, cell, moment)
                    case date():
                        page.write_datetime(row, column, cell, day)
                    case time():
                        page.write_datetime(row, column, cell, hours)
                    case bool():
                        page.write_boolean(row, column, cell)
                    case str() if cell.startswith("=SUM"):
                        page.write_formula(row, column, cell, value=7)
                    case str():
                        page.write_string(row, column, cell)
                    case _:
                        page.write_number(row, column, cell, money if column % 3 == 2 else None)
    return path


def by_openpyxl(path: Path, table: list[list[Any]], *, write_only: bool = False) -> Path:
    book = openpyxl.Workbook(write_only=write_only)
    page = book.create_sheet("Lines") if write_only else book.active
    assert page is not None
    page.title = "Lines"
    for cells in table:
        page.append(cells)
    book.save(path)
    return path


def plain_table(seed: int, count: int = 60) -> list[list[Any]]:
    chance = random.Random(seed)
    table: list[list[Any]] = [[*HEAD, "More"]]
    for number in range(count):
        table.append(
            [
                f"INV-{number // 3}",
                chance.choice(DAYS),
                chance.choice(NUMBERS),
                chance.choice(TEXTS) if chance.random() < 0.9 else None,
                chance.choice((None, None, *NUMBERS, *TEXTS)),
            ]
        )
        if chance.random() < 0.05:
            table.append([None] * 5)
    return table


ODD = (
    *(datetime.fromisoformat("2026-03-31 23:59:30"), time(7, 30), date(1900, 1, 15)),
    *(True, "=SUM(C2:C3)", "tail ", " head", "_x0041_ as it is", "a\rb"),
)


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.slow), pytest.param(2, marks=pytest.mark.slow)]
)
def test_plain_rows_are_read_alike_whoever_wrote_them(
    tmp_path: Path, both: Callable[[Path], tuple[list[Any], list[Any]]], seed: int
) -> None:
    table = plain_table(seed)
    for number, path in enumerate(
        (
            by_xlsxwriter(tmp_path / "a.xlsx", table),
            by_xlsxwriter(tmp_path / "b.xlsx", table, inline=True),
            by_openpyxl(tmp_path / "c.xlsx", table),
            by_openpyxl(tmp_path / "d.xlsx", table, write_only=True),
        )
    ):
        ours, theirs = both(path)
        assert ours == theirs, number
        gone, whole = gone_plainly(path)
        assert whole, number
        assert gone >= len(ours)


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD, ids=repr)
def test_from_the_first_odd_cell_on_the_reader_of_workbooks_reads(
    tmp_path: Path, both: Callable[[Path], tuple[list[Any], list[Any]]], odd: Any
) -> None:
    table = plain_table(7, 12)
    table.insert(9, ["INV-9", date(2026, 4, 1), 5, odd, odd])
    for path in (
        by_xlsxwriter(tmp_path / "a.xlsx", table),
        by_xlsxwriter(tmp_path / "b.xlsx", table, inline=True),
    ):
        ours, theirs = both(path)
        assert ours == theirs
    assert gone_plainly(path)[1] is (odd in ("tail ", " head"))


FORMATS = (
    "General", "0.00", "0%", '#,##0.00 "EUR"', "_-* #,##0.00\\ [$€-407]_-;-* #,##0.00", "[Red]0.00", "@",
    "d.m.yyyy", "[$-409]d-mmm-yy", "mmmm yyyy", "yyyy-mm-dd;@", "h:mm", "dd/mm/yyyy hh:mm", "mm:ss", "[h]:mm",
    '0 "days"', "0\\d", "d", "yyyy", "General;[Blue]-General",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("code", FORMATS)
def test_a_day_is_told_from_a_number_as_others_tell_it(
    tmp_path: Path, both: Callable[[Path], tuple[list[Any], list[Any]]], code: str
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Lines")
        page.write_row(0, 0, ["Number", "Figure"])
        for row, figure in enumerate((45382, 45382.75, 12, 100000, 0.5), start=1):
            page.write_string(row, 0, f"INV-{row}")
            page.write_number(row, 1, figure, book.add_format({"num_format": code}))

    ours, theirs = both(path)

    assert ours == theirs


def test_gaps_shapes_and_what_lies_beyond_the_headings(
    tmp_path: Path, both: Callable[[Path], tuple[list[Any], list[Any]]]
) -> None:
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Lines")
        page.write_row(2, 1, HEAD)
        for row in (3, 4, 9, 10, 30):
            page.write_row(row, 1, [f"INV-{row}", row, row / 7, "text"])
        page.write_row(11, 0, ["before", "INV-11"])
        page.write_row(12, 1, ["INV-12", 1, 2, "three", "beyond"])
        page.set_row(40, 30)
        page.set_row(10, None, None, {"hidden": True})

    dialect = Dialect(format=FileFormat.XLSX, sheet="Lines", header_row=3)
    assert [(each.number, each.cells) for each in rows(path, dialect)][-1][0] == 31
    ours, theirs = both(path)
    assert ours == theirs
    assert gone_plainly(path) == (31, True)


HOSTILE: dict[str, tuple[bytes, bytes]] = {
    "rows that go back": (b'<row r="3"', b'<row r="2"'),
    "a cell of another row": (b'<c r="B3"', b'<c r="B9"'),
    "columns that go back": (b'<c r="C3"', b'<c r="A3"'),
    "an error": (b'<c r="B3"><v>3</v></c>', b'<c r="B3" t="e"><v>#REF!</v></c>'),
    "a formula without a value": (b'<c r="B3"><v>3</v></c>', b'<c r="B3"><f>A1</f></c>'),
    "an entity of its own": (b"<sheetData>", b'<!DOCTYPE x [<!ENTITY a "b">]><sheetData>'),
    "a row far below": (b'<row r="6"', b'<row r="900000"'),
    "no number": (b'<c r="B3"><v>3</v></c>', b'<c r="B3"><v>three</v></c>'),
    "a number too large": (b'<c r="B3"><v>3</v></c>', b'<c r="B3"><v>1e999</v></c>'),
    "a text that is not there": (b'<c r="C3" t="s"><v>6</v></c>', b'<c r="C3" t="s"><v>77</v></c>'),
    "a separator in a text": (b'<c r="C3" t="s"><v>6</v></c>',
                              b'<c r="C3" t="inlineStr"><is><t>a\x1fb</t></is></c>'),
    "cut short": (b"</sheetData>", b""),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("what", HOSTILE)
def test_what_no_spreadsheet_writes_is_left_to_who_names_it(
    tmp_path: Path, both: Callable[[Path], tuple[list[Any], list[Any]]], what: str
) -> None:
    table: list[list[Any]] = [["Number", "Figure", "Words"]]
    table += [[f"INV-{row}", row, f"words {row}"] for row in range(2, 7)]
    written = by_xlsxwriter(tmp_path / "a.xlsx", table)
    path = tmp_path / "b.xlsx"
    before, after = HOSTILE[what]
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name == SHEET:
                assert before in content
                content = content.replace(before, after, 1)
            target.writestr(name, content)

    ours, theirs = both(path)

    assert not gone_plainly(path)[1]
    # What is refused is refused, though perhaps behind rows that could be read.
    assert ours[-1:] == theirs[-1:]
    assert theirs == ours or isinstance(theirs[0], str)


def test_a_sheet_with_more_rows_than_are_read_is_refused(tmp_path: Path) -> None:
    path = by_xlsxwriter(tmp_path / "a.xlsx", plain_table(1, 50))

    assert "more than 20 rows" in _told(path, Limits(xlsx_rows=20))[-1]


WRITTEN = (
    "1.10",
    "100",
    "-0.50",
    "0.1",
    "1E5",
    "1e-7",
    "1.5E20",
    "12345678901234567",
    "0.30000000000000004",
    "-0",
)


@pytest.mark.parametrize("written", [*WRITTEN, *(f"{n * 7919 / 1000}" for n in range(1, 40))])
def test_a_number_is_the_shortest_that_makes_the_same_float(written: str) -> None:
    assert str(_Numbers()[written]) == str(Decimal(repr(float(written)).removesuffix(".0")))
