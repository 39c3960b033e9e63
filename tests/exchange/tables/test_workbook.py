"""Workbooks: cells with their kinds, what is hidden or broken in them, and which sheet is read."""

import subprocess
import sys
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
import xlsxwriter

from apps.exchange.tables.port import Dialect, FileFormat, Limits
from apps.exchange.tables.rows import rows
from apps.exchange.tables.sheet_scan import column_letters, column_number
from tests.exchange.tables.files import read, refusal
from tests.exchange.tables.workbooks import ROOT_RELATIONS, by_hand, workbook, zipped

HEAD = ["Number", "Customer", "Date", "Amount"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.xlsx"


def test_cells_keep_their_kinds(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Lines")
        day = book.add_format({"num_format": "dd/mm/yyyy"})
        hours = book.add_format({"num_format": "[h]:mm:ss"})
        page.write_row(0, 0, ["a", "b", "c", "d", "e", "f", "g", "h"])
        page.write_string(1, 0, "00123")
        page.write_number(1, 1, 1234.5)
        page.write_number(1, 2, 7)
        page.write_datetime(1, 3, date(2026, 3, 31), day)
        page.write_boolean(1, 4, False)
        page.write_formula(1, 5, "=0.1+0.2", None, 0.1 + 0.2)
        page.write_datetime(1, 6, time(5, 30), book.add_format({"num_format": "hh:mm"}))
        page.write_number(1, 7, 1.5, hours)
        page.write_string(2, 0, "Möwe\n日本")

    found = read(path)

    assert found.body[0] == (
        "00123",
        Decimal("1234.5"),
        Decimal(7),
        date(2026, 3, 31),
        False,
        Decimal("0.30000000000000004"),
        time(5, 30),
        "36:00:00",
    )
    assert found.body[1] == ("Möwe\n日本", None, None, None, None, None, None, None)
    assert str(found.body[0][2]) == "7"
    assert found.look.dialect == Dialect(format=FileFormat.XLSX, sheet="Lines")


def test_rows_and_columns_before_the_first_cell_are_counted(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(3, 2, HEAD)
        page.write_row(4, 2, ["1", "A", "x", 5])

    found = read(path, known=HEAD)

    assert found.look.dialect.header_row == 4
    assert found.look.headings == ("", "", *HEAD)
    assert found.rows[-1].number == 5
    assert found.body == [(None, None, "1", "A", "x", Decimal(5))]


def test_titles_totals_and_headings_again(path: Path) -> None:
    workbook(
        path,
        [["Invoice List"], ["Gull Boats Ltd"], [], HEAD, ["1", "A", "d", 5], HEAD, ["2", "B", "d", 6],
         ["Total", "", "", 11]],
    )  # fmt: skip

    found = read(path)

    assert found.kinds == [
        "1 title",
        "2 title",
        "3 blank",
        "5 body",
        "6 headings",
        "7 body",
        "8 total",
    ]


def test_days_from_1904(path: Path) -> None:
    with xlsxwriter.Workbook(path, {"date_1904": True}) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, ["Number", "Date"])
        page.write_string(1, 0, "1")
        page.write_datetime(1, 1, date(2026, 3, 31), book.add_format({"num_format": "yyyy-mm-dd"}))

    found = read(path)

    assert found.body == [("1", date(2026, 3, 31))]
    assert found.look.dialect.date_1904
    assert "counts its days from 1904" in found.look.notices[0]


def test_an_error_in_a_cell_is_never_read_as_blank(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ["1", "A", "d"])
        page.write_formula(1, 3, "=B9/0", None, "#DIV/0!")
        page.write_formula(3, 3, "=Gone!A1", None, "#REF!")

    found = read(path)

    assert found.rows[0].cells[3] == "#DIV/0!"
    assert found.rows[2].cells == (None, None, None, "#REF!")
    assert "2 cells show an error, first #DIV/0! in D2" in found.look.notices[-1]


def test_a_formula_without_a_saved_value_is_refused(path: Path) -> None:
    cells = '<row r="1"><c r="A1"><v>5</v></c><c r="B1"><f>A1+1</f>{}</c></row>'

    for nothing in ("", "<v/>", "<v />", "<v></v>"):
        words = refusal(lambda nothing=nothing: read(by_hand(path, cells.format(nothing))))
        assert "The formula in B1 has no saved value" in words
    blank = '<row r="1"><c r="A1" t="str"><f>T(C1)</f><v></v></c><c r="B1"><v>1</v></c></row>'
    assert refusal(lambda: read(by_hand(path, blank))) == ""


def test_hidden_sheets_and_columns_and_merged_cells_are_named(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Shown")
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, ["1", "A", "d", 5])
        page.merge_range(2, 0, 3, 0, "2")
        page.set_column(1, 2, None, None, {"hidden": True})
        page.set_row(1, None, None, {"hidden": True})
        secret = book.add_worksheet("Secret")
        secret.write_row(0, 0, [*HEAD, "More"])
        secret.hide()

    found = read(path, known=[*HEAD, "More"])

    assert found.look.sheets == ("Shown", "Secret")
    assert found.look.dialect.sheet == "Shown"
    hidden, columns, filtered, merged = found.look.notices
    assert hidden == "Hidden sheets are not read unless they are chosen: “Secret”."
    assert columns == "Hidden columns were read as well: B, C."
    assert filtered == "1 hidden row was read as well (perhaps left out by a filter)."
    assert "first at A3" in merged
    told = read(path, dialect=Dialect(format=FileFormat.XLSX, sheet="Secret"))
    assert told.look.headings == (*HEAD, "More")


def test_the_sheet_with_most_known_headings_is_read_and_others_alike_are_asked(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        for name, head in (("Notes", ["Some", "Words"]), ("May", HEAD), ("June", HEAD)):
            page = book.add_worksheet(name)
            page.write_row(0, 0, head)
            page.write_row(1, 0, ["x", "y"])

    looked = read(path, known=HEAD).look

    assert looked.dialect.sheet == "May"
    [doubt] = looked.doubts
    assert (doubt.field, doubt.choices) == ("sheet", ("May", "June"))


def test_a_sheet_that_is_not_there_is_refused(path: Path) -> None:
    workbook(path, [HEAD])
    dialect = Dialect(format=FileFormat.XLSX, sheet="Other")

    words = "The workbook has no sheet “Other”. Choose one of “Sheet1”."
    assert refusal(lambda: read(path, dialect=dialect)) == words
    assert refusal(lambda: list(rows(path, dialect))) == words


def test_escapes_are_taken_away_as_in_csv(path: Path) -> None:
    workbook(path, [["a", "b"], ["'=1+1", "'01234"], ["O'Neil", "'-5"]])

    assert read(path).body == [("=1+1", "'01234"), ("O'Neil", "-5")]
    kept = Dialect(format=FileFormat.XLSX, sheet="Sheet1", escapes=False)
    assert read(path, dialect=kept).body[0] == ("'=1+1", "'01234")


def test_a_format_on_a_whole_sheet_is_no_size(path: Path) -> None:
    rows_ = '<row r="1"><c r="A1" t="str"><v>Number</v></c></row><row r="2"><c r="A2"><v>1</v></c></row>'
    formatted = '<row r="1048576"><c r="A1048576" s="0"/><c r="XFD1048576" s="0"/></row>'
    by_hand(path, rows_ + formatted, before='<dimension ref="A1:XFD1048576"/>')

    assert read(path).column("Number")[0] == 1


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ('<row r="200002"><c r="A200002"><v>1</v></c></row>', "more than 100,000 rows"),
        ('<row r="2"><c r="XFD2"><v>1</v></c></row>', "more than 512 columns"),
        ("<row><c><v>1</v></c></row>" * 100_001, "more than 100,000 rows"),
    ],
)
def test_too_large_a_sheet_is_refused_before_it_is_held(path: Path, cell: str, words: str) -> None:
    first = '<row r="1"><c r="A1" t="str"><v>Number</v></c></row>'

    assert words in refusal(lambda: read(by_hand(path, first + cell)))


def test_more_cells_than_the_limit_are_refused(path: Path) -> None:
    workbook(path, [["a", "b", "c"]] * 20)

    assert "more than 50 cells" in refusal(lambda: read(path, limits=Limits(xlsx_cells=50)))


def test_the_process_is_stopped_by_its_limits(path: Path) -> None:
    """Whatever was overlooked before: without memory or time it ends, and that is said."""
    workbook(path, [HEAD, *[[f"{n} {'x' * 20}", "A", "d", n] for n in range(2000)]])
    words = "too large to be read within the memory and time"

    assert words in refusal(lambda: read(path, limits=Limits(child_megabytes=12)))
    assert words in refusal(lambda: read(path, limits=Limits(child_seconds=0)))


def test_reading_may_be_left_off(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen] = []
    real = subprocess.Popen
    monkeypatch.setattr(
        subprocess, "Popen", lambda *a, **k: started.append(real(*a, **k)) or started[-1]
    )
    workbook(path, [HEAD, *[["1", "A", "d", n] for n in range(5000)]])
    reading = rows(path, Dialect(format=FileFormat.XLSX, sheet="Sheet1"))

    assert next(reading).number == 2
    assert started[0].poll() is None
    reading.close()
    assert started[0].returncode is not None


def test_a_sheet_may_be_read_from_a_row_far_down(path: Path) -> None:
    workbook(path, [*[["x"]] * 300, HEAD, ["1", "A", "d", 5]])
    dialect = Dialect(format=FileFormat.XLSX, sheet="Sheet1", header_row=301)

    assert read(path, dialect=dialect).look.headings == tuple(HEAD)


def test_the_process_sees_nothing_of_ours(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}
    real = subprocess.Popen

    def watched(words: list[str], **how: object) -> subprocess.Popen:
        seen.update(how, words=words)
        return real(words, **how)

    monkeypatch.setenv("SECRET_KEY", "of the product")
    monkeypatch.setattr(subprocess, "Popen", watched)
    read(workbook(path, [HEAD, ["1", "A", "d", 5]]))

    assert seen["env"] == {"LC_ALL": "C.UTF-8"}
    assert seen["words"][:2] == [sys.executable, "-I"]


def test_columns_have_letters() -> None:
    assert [column_letters(number) for number in (1, 26, 27, 512, 16_384)] == [
        *("A", "Z", "AA", "SR", "XFD")
    ]
    assert all(column_number(column_letters(number)) == number for number in range(1, 16_385, 7))


def test_a_workbook_with_prefixes_and_plain_quotes_is_read(path: Path) -> None:
    """As some programs write them: every element with a prefix, attributes in single marks."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    relations = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    sheet = (
        f"<x:worksheet xmlns:x='{main}'><x:sheetData><x:row r='1'><x:c r='A1' t='str'><x:v>Number</x:v>"
        "</x:c></x:row><x:row r='2'><x:c r='A2'><x:v>1.5</x:v></x:c></x:row><x:row r='3'><x:c r='A3' "
        "t='e'><x:v>#N/A</x:v></x:c></x:row></x:sheetData></x:worksheet>"
    )
    book = (
        f"<x:workbook xmlns:x='{main}' xmlns:r='{relations}'><x:sheets><x:sheet name='S' sheetId='1' "
        "r:id='rId1'/></x:sheets></x:workbook>"
    )
    named = (
        "<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>"
        f"<Relationship Id='rId1' Type='{relations}/worksheet' Target='/xl/worksheets/a.xml'/>"
        "</Relationships>"
    )
    zipped(
        path,
        {
            "_rels/.rels": ROOT_RELATIONS,
            "xl/workbook.xml": book,
            "xl/_rels/workbook.xml.rels": named,
            "xl/worksheets/a.xml": sheet,
        },
    )

    assert read(path).body == [(Decimal("1.5"),), ("#N/A",)]
