"""The first look: delimiter, quotation mark, headings, and what is asked."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.port import Dialect, FileFormat, RowKind
from tests.exchange.tables.files import CASES, read, read_bytes, refusal

KNOWN = ("Number", "Customer", "Date", "Amount")


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("Number,Customer,Amount\n1,Smith,5.00\n", ","),
        ("Number;Customer;Amount\n1;Smith;5,00\n", ";"),
        ("Number\tCustomer\tAmount\n1\tSmith, John\t5,00\n", "\t"),
        ("Number|Customer|Amount\n1|Smith; Sons|5,00\n", "|"),
        ('"Number";"Customer";"Amount"\n"1";"Smith, Sons, and so on";"1.234,56"\n', ";"),
        ("a;b;c;d\n1,5;2,5;3,5;4,5\n1,5;2,5;3,5;4,5\n", ";"),
        ("Betrag;Netto\n" + "1,50;2,50\n" * 50, ";"),
        ('Name,Text\nA,"x;y;z"\nB,"x;y;z"\n', ","),
        ("Report;of May\n\nNumber,Customer,Amount\n1,Smith,5\n2,Jones,6\n", ","),
        ("Name\nSmith\nJones\n", ","),
        ("Number;Customer\n", ";"),
    ],
)
def test_the_delimiter_is_found(tmp_path: Path, text: str, delimiter: str) -> None:
    found = read_bytes(tmp_path, text)

    assert found.look.dialect.delimiter == delimiter
    assert found.look.doubts == ()


def test_known_headings_settle_the_delimiter(tmp_path: Path) -> None:
    text = "Number, old;Customer, old\n1, 2;Smith, John\n"

    [doubt] = read_bytes(tmp_path, text).look.doubts
    assert (doubt.field, set(doubt.choices)) == ("delimiter", {",", ";"})
    assert "comma" in doubt.sentence
    assert "semicolon" in doubt.sentence
    known = read_bytes(tmp_path, text, known=("number, old", "CUSTOMER, OLD"))
    assert (known.look.dialect.delimiter, known.look.doubts) == (";", ())


@pytest.mark.parametrize("line", ["sep=;\r\n", "SEP=;\n", '"sep=;"\n'])
def test_a_line_that_names_the_delimiter_is_obeyed_and_is_no_row(tmp_path: Path, line: str) -> None:
    found = read_bytes(tmp_path, line + "Number;Amount\n1;5,00\n")

    assert found.look.headings == ("Number", "Amount")
    assert found.kinds == ["2 body"]
    assert "first line names the delimiter" in found.look.notices[0]


def test_a_line_may_name_any_sign(tmp_path: Path) -> None:
    assert read_bytes(tmp_path, "sep=^\nNumber^Amount\n1^5\n").body == [("1", "5")]


@pytest.mark.parametrize(
    ("text", "row", "headings"),
    [
        ("Invoice List\nGull Boats Ltd\nJanuary 2026\n\nNumber,Customer,Amount\n1,A,5\n", 5, 3),
        ("\n\nNumber,Customer,Amount\n1,A,5\n", 3, 3),
        ("*Number,*Customer,Amount\n1,A,5\n", 1, 3),
        ("# exported by Ann\nNumber,Customer,Amount\n1,A,5\n", 2, 3),
        ("Report,May,,\nNumber,Customer,Date,Amount\n1,A,2026-05-01,5\n", 2, 4),
        ("From,2026-01-01\nTo,2026-01-31\nNumber,Customer,Date,Amount\n1,A,2026-01-02,5\n", 3, 4),
    ],
)
def test_the_headings_are_found_below_titles(
    tmp_path: Path, text: str, row: int, headings: int
) -> None:
    for known in ((), KNOWN):
        found = read_bytes(tmp_path, text, known=known).look
        assert (found.dialect.header_row, len(found.headings), found.doubts) == (row, headings, ())


def test_the_row_with_most_known_headings_wins(tmp_path: Path) -> None:
    text = "Sales,Ledger,Export,Page\nx,y,z,w\nNUMBER , customer,Date,Extra\n1,A,2026-05-01,5\n"

    found = read_bytes(tmp_path, text, known=KNOWN)
    assert found.look.dialect.header_row == 3
    assert found.look.headings == ("NUMBER", "customer", "Date", "Extra")


def test_a_file_without_headings_is_asked(tmp_path: Path) -> None:
    [doubt] = read_bytes(tmp_path, "1,2026-01-01,5.00\n2,2026-01-02,6.00\n").look.doubts

    assert doubt.field == "header_row"
    assert doubt.sentence.startswith("No row looks like headings")


def test_a_row_over_the_headings_that_may_be_them_is_asked(tmp_path: Path) -> None:
    text = "Buyer,,Sums,\nName,Town,Net,Tax\nA,Rome,5,1\n"

    found = read_bytes(tmp_path, "Buyer,Town,Sums,\nName,Town,Net,Tax\nA,Rome,5,1\n").look
    assert [(each.field, each.choices) for each in found.doubts] == [("header_row", ("2", "1"))]
    assert read_bytes(tmp_path, text, known=("name", "net")).look.doubts == ()


def test_repeated_and_blank_headings_are_kept_and_said(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, "Amount, ,Amount,\n1,2,3,4\n").look

    assert found.headings == ("Amount", "", "Amount", "")
    assert "More than one column is called Amount" in found.notices[0]


def test_single_quotation_marks_are_found(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, "'Name','Amount'\n'Smith, John','1'\n'O''Hara','2'\n")

    assert found.look.dialect.quote == "'"
    assert found.body == [("Smith, John", "1"), ("O'Hara", "2")]


def test_inch_marks_at_the_start_of_cells_are_asked(tmp_path: Path) -> None:
    text = "Item,Price\n" + '"oak plank,5\n' + "pine,6\n" * 40
    found = read_bytes(tmp_path, text)

    assert [(each.field, each.choices) for each in found.look.doubts] == [("quote", ("", '"'))]
    assert found.body[0] == ('"oak plank', "5")


def test_blanks_before_quotation_marks_are_no_part_of_a_cell(tmp_path: Path) -> None:
    found = read_bytes(tmp_path, '"Name", "Town", "Amount"\n"Smith", "Rome, Italy", "5"\n')

    assert found.look.dialect.spaced
    assert found.body == [("Smith", "Rome, Italy", "5")]


@pytest.mark.parametrize(
    ("text", "backslash", "cell"),
    [
        ('Item,Price\n"5\\" pipe, \\"new\\"",2\n', True, '5" pipe, "new"'),
        ('Item,Price\n"say ""5\\""",2\n', False, 'say "5\\"'),
        ('Item,Price\n"C:\\dir\\",2\n', False, "C:\\dir\\"),
        ("Item,Price\nC:\\new,2\n", False, "C:\\new"),
    ],
)
def test_quotation_marks_may_be_written_with_a_backslash(
    tmp_path: Path, text: str, backslash: bool, cell: str
) -> None:
    found = read_bytes(tmp_path, text)

    assert found.look.dialect.backslash is backslash
    assert bool(found.look.notices) is backslash
    assert found.body == [(cell, "2")]


def test_the_file_is_read_as_told(tmp_path: Path) -> None:
    dialect = Dialect(delimiter="|", header_row=2)
    found = read_bytes(tmp_path, "a;b\nc|d\ne|f\n", dialect=dialect)

    assert found.look.dialect is dialect
    assert found.look.headings == ("c", "d")
    assert found.look.first[0].kind is RowKind.TITLE
    assert found.body == [("e", "f")]


@pytest.mark.parametrize(
    ("dialect", "words"),
    [
        (Dialect(header_row=9), "Row 9 was named as the row of the headings"),
        (Dialect(delimiter=""), "as its delimiter"),
        (Dialect(delimiter="ab"), "as its delimiter"),
        (Dialect(delimiter='"'), "as its delimiter"),
        (
            Dialect(format=FileFormat.XLSX),
            "The file is CSV, and was to be read as an Excel workbook",
        ),
    ],
)
def test_what_was_told_and_cannot_be_is_refused(
    tmp_path: Path, dialect: Dialect, words: str
) -> None:
    assert words in refusal(lambda: read_bytes(tmp_path, "a,b\n1,2\n", dialect=dialect))


def test_headings_are_one_whatever_their_case_blanks_and_stars() -> None:
    assert heading_key("\ufeff *Invoice\u00a0 No ") == heading_key("invoice no")


SIGNS = st.characters(codec="utf-8", exclude_characters="\0\r\n", exclude_categories=("Cc", "Cs"))


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None
)
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 9999), st.text(SIGNS, max_size=12), st.integers(0, 999)),
        min_size=1,
        max_size=6,
    ),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    mark=st.sampled_from(["", "\ufeff"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
)
def test_any_dialect_is_read_back(
    tmp_path: Path, rows: list, delimiter: str, end: str, mark: str, quoting: int
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting)
    writer.writerows([("Number", "Customer", "Amount"), *rows])

    found = read_bytes(
        tmp_path, (mark + out.getvalue()).encode(), known=("number", "customer", "amount")
    )

    assert found.look.dialect.delimiter == delimiter
    assert [row.number for row in found.rows] == list(range(2, len(rows) + 2))
    expected = [tuple(map(str, row)) for row in rows]
    escaped = [
        (a, b[1:] if b[:1] == "'" and b[1:2] in tuple("=+-@＝＋－＠") else b, c)
        for a, b, c in expected
    ]
    assert [row.cells for row in found.rows] == escaped


@pytest.mark.skipif(not CASES.exists(), reason="the shared files are not beside the repository")
@pytest.mark.parametrize(
    ("name", "delimiter", "header_row", "body"),
    [
        ("freshbooks-invoice-details", ",", 1, 3),
        ("one-row-per-invoice-nested", ",", 1, 1),
        ("paypal-de", ";", 4, 3),
        ("qbo-invoice-import-first-row-only", ",", 1, 3),
        ("shopify-orders", ",", 1, 4),
        ("stripe-balance", ",", 1, 5),
        ("zoho-invoice", ",", 1, 3),
    ],
)
def test_files_as_people_export_them(name: str, delimiter: str, header_row: int, body: int) -> None:
    found = read(CASES / f"{name}.csv")

    dialect = found.look.dialect
    assert (dialect.delimiter, dialect.header_row) == (delimiter, header_row)
    assert found.look.doubts == ()
    assert len(found.body) == body
    assert not any(row.surplus for row in found.rows)
