"""Cells: no text is run, no figure is changed, and what was written is read back as it was."""

import csv
import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.exchange.exports import writing
from apps.exchange.exports.cells import Cell, Money, number_text
from apps.exchange.exports.writing import (
    EUROPEAN,
    PLAIN,
    CannotBeWritten,
    CsvStyle,
    Tally,
    csv_chunks,
    write_xlsx,
)
from apps.exchange.tables.formulas import escaped, is_formula, read_back
from apps.exchange.tables.port import Dialect
from apps.exchange.tables.rows import rows

SIGNS = "=+-@\t\r\n＝＋－＠"
texts = st.text(
    st.sampled_from(f"{SIGNS}'\" \u00a0\u202fa1;,|()!é日")
    | st.characters(exclude_categories=["Cs"])
)
figures = st.decimals(
    allow_nan=False, allow_infinity=False, places=6, min_value=-(10**12), max_value=10**12
)


@given(texts)
def test_a_text_is_read_back_as_it_was_and_begins_with_no_sign(text: str) -> None:
    written = escaped(text)
    assert read_back(written) == text
    assert not written.lstrip().startswith(tuple(SIGNS))
    assert written in (text, f"'{text}")


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+44 20",
        "-5",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        " =1",
        "\u00a0=1",
        "＝1+1",
        "'=1",
        "''=1",
    ],
)
def test_what_a_spreadsheet_would_run_is_escaped(text: str) -> None:
    assert is_formula(text)
    assert escaped(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "1-2", "'tis", "O'Neill", "  two blanks", "(=1)"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert escaped(text) == read_back(text) == text


@given(figures)
def test_a_figure_keeps_every_decimal(number: Decimal) -> None:
    assert Decimal(number_text(number)) == number
    assert Decimal(number_text(number, 2)) == number
    assert "E" not in number_text(number)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("12.5000", "GBP", "12.50"),
        ("12.3456", "GBP", "12.3456"),
        ("1200.0000", "JPY", "1200"),
        ("1.5", "KWD", "1.500"),
        ("-0.0000", "GBP", "0.00"),
        ("-7.5", "", "-7.50"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(amount: str, currency: str, text: str) -> None:
    (line,) = written([[Money(Decimal(amount), currency)]])
    assert line == [text]


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="NaN is no figure"):
        number_text(Decimal("NaN"))


def written(rows: list[list[Cell]], style: CsvStyle = PLAIN) -> list[list[str]]:
    """What a reader of that style finds below the headings."""
    headings = [str(place) for place, _ in enumerate(rows[0])]
    text = b"".join(csv_chunks(headings, rows, style)).decode("utf-8-sig")
    head, *found = csv.reader(io.StringIO(text, newline=""), delimiter=style.delimiter, strict=True)
    assert head == headings
    return found


@given(
    st.lists(st.lists(texts, min_size=3, max_size=3), min_size=1, max_size=5),
    st.sampled_from([PLAIN, EUROPEAN]),
)
def test_any_text_comes_back_from_csv(rows: list[list[str]], style: CsvStyle) -> None:
    assert [
        [read_back(cell) for cell in row] for row in written(list(map(list, rows)), style)
    ] == rows


def test_each_type_is_written_in_its_own_way() -> None:
    moment = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)  # half past midnight in London
    row: list[Cell] = [True, 7, Decimal("1.5"), date(2026, 3, 2), moment, time(9, 5), None, "007"]
    with timezone.override("Europe/London"):
        (found,) = written([row])
    assert found == ["yes", "7", "1.5", "2026-03-02", "2026-04-01 00:30:00", "09:05:00", "", "007"]
    assert written([row], EUROPEAN)[0][2] == "1,5"


def test_rows_are_written_as_they_come() -> None:
    taken = 0

    def rows() -> object:
        nonlocal taken
        for _ in range(50_000):
            taken += 1
            yield ["x" * 100]

    tally = Tally()
    chunks = csv_chunks(["Text"], rows(), tally=tally)  # type: ignore[arg-type]
    assert next(chunks) == b"\xef\xbb\xbf"
    assert len(next(chunks)) < 70_000
    assert taken == tally.rows < 1_000
    chunks.close()
    assert not tally.done


def sheet_of(headings: list[str], rows: list[list[Cell]]) -> tuple[openpyxl.Workbook, Tally]:
    file, tally = io.BytesIO(), Tally()
    write_xlsx(file, "Invoices: what is [open]", headings, rows, tally)
    return openpyxl.load_workbook(file), tally


def test_excel_gets_numbers_days_and_texts() -> None:
    row: list[Cell] = [
        "=1+1", "007", Money(Decimal("-7.5"), "GBP"), Money(Decimal(1200), "JPY"), Decimal("0.123456"),
        date(2026, 3, 2), True, None, Decimal("1234567890123456.78"), "http://example.com",
    ]  # fmt: skip
    book, tally = sheet_of([str(place) for place in range(10)], [row])
    sheet = book.active
    assert sheet is not None
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref, tally.rows, tally.done) == (
        "Invoices what is open", "A2", "A1:J2", 1, True)  # fmt: skip
    found = [(cell.data_type, cell.value, cell.number_format) for cell in sheet[2]]
    assert found[:5] == [
        ("s", "=1+1", "General"), ("s", "007", "General"), ("n", -7.5, "#,##0.00"),
        ("n", 1200, "#,##0"), ("n", 0.123456, "General"),
    ]  # fmt: skip
    assert (sheet["F2"].is_date, found[6][:2], found[7][1]) == (True, ("b", True), None)
    # As a number Excel would change its last digits.
    assert found[8][:2] == ("s", "1234567890123456.78")
    assert sheet["J2"].hyperlink is None


def test_what_excel_cannot_hold_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CannotBeWritten, match="Row 1: Notes has 32,768 characters"):
        sheet_of(["Notes"], [["x" * 32_768]])
    monkeypatch.setattr(writing, "SHEET_ROWS", 3)
    with pytest.raises(CannotBeWritten, match="holds 2 rows"):
        sheet_of(["Text"], [["a"], ["b"], ["c"]])


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=30)


@given(st.lists(st.tuples(TEXTS, TEXTS.map(lambda text: f"'{text}")), min_size=1, max_size=5))
def test_what_is_exported_is_what_an_import_reads(pairs: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file.csv"
        path.write_bytes(
            b"".join(csv_chunks(["Zero", "One", "Two"], [["x", *pair] for pair in pairs]))
        )
        dialect = Dialect(encoding="utf-8", header_row=1)
        found = [row.cells + row.surplus for row in rows(path, dialect)]
    assert found == [("x", *pair) for pair in pairs]
