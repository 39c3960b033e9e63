"""Lines of a document inside one of its cells."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.exchange.tables.nested import NestedDialect, nested_records, nested_rows
from apps.exchange.tables.port import CellRefused

ITEMS = (
    'code,description,qty,taxes;,Bumper touch-up,4,"rate;17";,"Mallet; wood, large",10,"rate;17"'
)


def test_rows_and_columns_of_a_cell() -> None:
    assert nested_records(ITEMS) == [
        {"code": "", "description": "Bumper touch-up", "qty": "4", "taxes": "rate;17"},
        {"code": "", "description": "Mallet; wood, large", "qty": "10", "taxes": "rate;17"},
    ]


@pytest.mark.parametrize(
    ("cell", "rows"),
    [
        ("", []),
        (" ", []),
        ("a", [("a",)]),
        ("a,b;c,d;", [("a", "b"), ("c", "d")]),
        ("a,;b", [("a", ""), ("b",)]),
        ("a,", [("a", "")]),
        ('"say ""hi"";",x', [('say "hi";', "x")]),
        ('5" pipe,2', [('5" pipe', "2")]),
        ('a;\n"b",c', [("a",), ("b", "c")]),
        (";;a;;", [("a",)]),
    ],
)
def test_shapes(cell: str, rows: list[tuple[str, ...]]) -> None:
    assert nested_rows(cell) == rows


def test_another_dialect() -> None:
    dialect = NestedDialect(row_mark="\n", delimiter="|", quote="")

    assert nested_rows('A "1|2\nB|3', dialect) == [('A "1', "2"), ("B", "3")]


@pytest.mark.parametrize("cell", ['"a', 'a;"b', "," * 200, ";".join("a" for _ in range(6000))])
def test_what_cannot_be_divided_is_refused(cell: str) -> None:
    with pytest.raises(CellRefused, match="“"):
        nested_rows(cell)


def test_a_row_longer_than_its_headings_is_refused() -> None:
    with pytest.raises(CellRefused, match=r"Row 1 inside .* has 3 cells, and its headings are 2"):
        nested_records("a,b;1,2,3")


@settings(max_examples=50)
@given(
    st.lists(
        st.lists(
            st.text(st.characters(exclude_characters="\r\0", codec="utf-8"), min_size=1),
            min_size=1,
            max_size=5,
        ),
        max_size=5,
    )
)
def test_what_a_program_nests_is_read_back(rows: list[list[str]]) -> None:
    written = []
    for row in rows:
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="").writerow(row)
        written.append(out.getvalue())

    kept = [tuple(row) for row in rows if any(part.strip() for part in row)]
    assert nested_rows(";".join(written)) == kept
