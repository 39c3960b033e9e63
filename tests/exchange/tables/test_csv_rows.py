"""Rows of a CSV file: numbers, kinds, ragged ones, and what stops the reading."""

import csv
import gzip
from itertools import islice
from pathlib import Path

import pytest

from apps.exchange.tables.port import LIMITS, Dialect, Limits, RowKind
from apps.exchange.tables.rows import rows
from tests.exchange.tables.files import RETAIL, packed, read, read_bytes, refusal

HEAD = "Number,Customer,Item,Amount\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_have_the_numbers_that_a_spreadsheet_shows(tmp_path: Path, end: str) -> None:
    text = 'Title\n\nNumber,Text\n1,"two\nlines"\n\n2,x\n'.replace("\n", end)

    assert read_bytes(tmp_path, text).kinds == ["1 title", "2 blank", "4 body", "5 blank", "6 body"]


def test_line_ends_may_be_mixed(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, b"a,b\r\n1,2\r3,4\n5,6").body == [
        ("1", "2"),
        ("3", "4"),
        ("5", "6"),
    ]


def test_a_return_and_its_line_feed_may_lie_across_blocks(tmp_path: Path) -> None:
    for filler in range(3):
        line = "x" * 97 + ",1\r\n"
        data = "a,b\r\n" + "y" * filler + line * 6000
        assert [row.number for row in read_bytes(tmp_path, data).rows] == list(range(2, 6002))


def test_blank_rows_at_the_end_are_none(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, HEAD + "1,A,x,5\n\n\n\n").kinds == ["2 body"]


def test_ragged_rows_are_fitted_and_what_is_past_the_headings_is_kept(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, HEAD + "1,A\n2,B,x,5,,\n3,Smith, John,x,5\n")

    assert [row.cells for row in found.rows] == [
        ("1", "A", None, None),
        ("2", "B", "x", "5"),
        ("3", "Smith", " John", "x"),
    ]
    assert [row.surplus for row in found.rows] == [(), (), ("5",)]


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("Total,,,10.00", RowKind.TOTAL),
        (",,Total,10.00", RowKind.TOTAL),
        ("Summe,,,10", RowKind.TOTAL),
        ("TOTAL: 2 rows,,,", RowKind.TOTAL),
        ("Grand Total,,,10", RowKind.TOTAL),
        ("Sub-total for A,,,10", RowKind.TOTAL),
        ("Gesamtsumme,,,10", RowKind.TOTAL),
        ("Total,Total Energies,Fuel,10", RowKind.BODY),
        ("3,Total Ltd,Fuel,10", RowKind.BODY),
        ("Summerhouse,B,x,10", RowKind.BODY),
        ("Grand Hotel,,,10", RowKind.BODY),
        ("# end of file,,,", RowKind.COMMENT),
        ("# made by Ann", RowKind.COMMENT),
        ("#end", RowKind.COMMENT),
        ("#1001,A,x,5", RowKind.BODY),
        ("#1001,,,5", RowKind.BODY),
        ("#EN1001,,,5", RowKind.BODY),
        ("Number,Customer,Item,Amount", RowKind.HEADINGS),
        (" number,CUSTOMER,*Item,amount ", RowKind.HEADINGS),
        ("Number,Smith,Item,5", RowKind.BODY),
        (",,,", RowKind.BLANK),
        ("  , ,,", RowKind.BLANK),
    ],
)
@pytest.mark.parametrize("rows_before", [2, 300])
def test_kinds_of_rows(tmp_path: Path, row: str, kind: RowKind, rows_before: int) -> None:
    """Also past the rows from which is learnt what a row of data has."""
    found = read_bytes(tmp_path, HEAD + "1,A,x,5\n" * rows_before + row + "\n9,C,y,1\n")

    assert found.rows[rows_before].kind is kind
    assert found.rows[rows_before + 1].kind is RowKind.BODY


def test_groups_of_rows_have_sums_of_their_own(tmp_path: Path) -> None:
    text = "Customer,Num,Amount\nBirch,,\n,1001,5\n,1002,6\nTotal for Birch,,11\nSato,,\n,1003,1\nTOTAL,,12\n"

    kinds = read_bytes(tmp_path, text).kinds
    assert [each for each in kinds if not each.endswith("body")] == ["5 total", "8 total"]


def test_a_document_that_fills_its_own_columns_once_is_no_comment(tmp_path: Path) -> None:
    text = (
        "Name,Email,Total,Item,Qty\n#1001,a@x.example,5,A,1\n#1001,,,B,2\n#1002,b@x.example,6,C,1\n"
    )

    assert read_bytes(tmp_path, text).kinds == ["2 body", "3 body", "4 body"]


@pytest.mark.parametrize("trigger", ["=", "+", "-", "@", "\t", "＝", "＋", "－", "＠"])
def test_an_apostrophe_that_was_put_before_a_formula_is_taken_away(
    tmp_path: Path, trigger: str
) -> None:
    text = f"a,b\n'{trigger}1+1,'quoted'\n'01234,{trigger}x\n"

    assert read_bytes(tmp_path, text).body == [
        (f"{trigger}1+1", "'quoted'"),
        ("'01234", f"{trigger}x"),
    ]
    kept = read_bytes(tmp_path, text, dialect=Dialect(escapes=False))
    assert kept.body[0][0] == f"'{trigger}1+1"


def test_quotation_marks_in_the_middle_stay(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, 'a,b\n5" pipe,"say ""hi"""\nx,"open" end\n')

    assert found.body == [('5" pipe', 'say "hi"'), ("x", "open end")]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ('a,b\n1,"x\n2,y\n', "A quotation mark that opens in row 2 is never closed"),
        ('a,b\n1,"x', "A quotation mark that opens in row 2 is never closed"),
        ("a,b\n1,x\0y\n", "NUL"),
        (f"a,b\n1,{'x' * 40_000}\n", "A cell of row 2 holds more than 32,767 characters"),
        (f"a,b\n1,{'x' * 200_000}\n", "A cell of row 2 holds more than 32,767 characters"),
        ("a," * 600 + "\n", "Row 1 has 601 columns; at most 512 are read"),
        ("a,b\n" + "1," * 600 + "\n", "Row 2 has 601 columns"),
        ("", "The file is empty"),
        ("\n\n  \n", "The file holds no text"),
        (b"\xef\xbb\xbf", "The file holds no text"),
    ],
)
def test_what_stops_the_reading_is_said(tmp_path: Path, data: str | bytes, words: str) -> None:
    assert words in refusal(lambda: read_bytes(tmp_path, data))


def test_a_mark_that_is_never_closed_is_noticed_whatever_the_limit_of_the_csv_module(
    tmp_path: Path,
) -> None:
    """That limit belongs to the process, and other libraries raise it."""
    path = tmp_path / "file.csv"
    path.write_text('a,b\n1,2\n3,"x\n' + "4,5\n" * 500_000)
    before = csv.field_size_limit(2**31)
    try:
        words = refusal(lambda: list(rows(path, Dialect())))
    finally:
        csv.field_size_limit(before)
    assert "A quotation mark that opens in row 3 is never closed" in words


def test_more_rows_than_the_limit_are_refused(tmp_path: Path) -> None:
    text = HEAD + "1,A,x,5\n" * 10

    assert len(read_bytes(tmp_path, text, limits=Limits(rows=11)).rows) == 10
    words = refusal(lambda: read_bytes(tmp_path, text, limits=Limits(rows=10)))
    assert words == "The file has more than 10 rows. Split it into several."


def test_a_packed_file_is_unpacked_on_the_way(tmp_path: Path) -> None:
    text = HEAD + "1,A,x,5\n" * 50_000
    path = packed(tmp_path, text.encode())
    assert len(read(path, limits=Limits(ratio=2000)).rows) == 50_000

    path.write_bytes(gzip.compress(HEAD.encode()) + gzip.compress(b"1,A,x,5\n") + b"\0" * 100)
    assert read(path).body == [("1", "A", "x", "5")]


def test_another_file_in_its_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"PK\x03\x04 and so on")

    assert "replaced by another" in refusal(lambda: rows(path, Dialect()))


@pytest.mark.skipif(not RETAIL.exists(), reason="the retail file is not beside the repository")
def test_the_real_file_is_read_from_its_first_rows() -> None:
    found = list(islice(rows(RETAIL, Dialect(), limits=LIMITS), 20_000))

    assert {row.kind for row in found} == {RowKind.BODY}
    assert {len(row.cells) for row in found} == {8}
    assert not any(row.surplus for row in found)
    assert found[0].cells[:2] == ("536365", "85123A")
