"""Flags, texts and codes of cells, and how a cell is quoted in a sentence."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.exchange.tables.port import Cell, CellRefused
from apps.exchange.tables.sentences import quoted
from apps.exchange.tables.values import read_code, read_flag, read_text


@pytest.mark.parametrize(
    "cell", ["yes", "Y", " TRUE ", "1", "x", "X", "ja", "Oui", "sí", "Sì", "wahr", Decimal(1), True]
)
def test_yes_in_several_languages(cell: Cell) -> None:
    assert read_flag(cell) is True


@pytest.mark.parametrize("cell", ["no", "N", "False", "0", "nein", "non", "não", Decimal(0), False])
def test_no_in_several_languages(cell: Cell) -> None:
    assert read_flag(cell) is False


@pytest.mark.parametrize("cell", [None, "", " ", "maybe", "2", "yes and no", Decimal(5), "#N/A"])
def test_what_is_neither_is_refused(cell: Cell) -> None:
    with pytest.raises(CellRefused, match="neither yes nor no"):
        read_flag(cell)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        ("  Möwe \u00a0", "Möwe"),
        ("two\nlines", "two\nlines"),
        (Decimal("1001"), "1001"),
        (Decimal("1001.50"), "1001.5"),
        (Decimal("1E+3"), "1000"),
        (True, "TRUE"),
        (date(2026, 3, 31), "2026-03-31"),
        (datetime.fromisoformat("2026-03-31T05:00"), "2026-03-31 05:00:00"),
        (time(5, 30), "05:30:00"),
    ],
)
def test_any_cell_has_a_text(cell: Cell, text: str) -> None:
    assert read_text(cell) == text


@pytest.mark.parametrize("cell", ["#REF!", "#n/a", " #DIV/0! ", "#WERT!"])
def test_an_error_that_a_cell_shows_is_refused(cell: str) -> None:
    for read in (read_text, read_code):
        with pytest.raises(CellRefused, match=r"shows the error “#.*Mend its formula"):
            read(cell)


@pytest.mark.parametrize(
    ("cell", "code"), [("000123", "000123"), (Decimal(1001), "1001"), (None, "")]
)
def test_a_code_is_exact(cell: Cell, code: str) -> None:
    assert read_code(cell) == code


@pytest.mark.parametrize(
    "cell",
    [date(2026, 3, 1), time(1), True, Decimal("90010000000000130"), "1.23457E+15", "9,00E+16"],
)
def test_a_code_that_excel_has_changed_is_refused(cell: Cell) -> None:
    with pytest.raises(CellRefused, match=r"Format the column as text"):
        read_code(cell)


@given(st.text())
def test_a_quoted_cell_is_short_and_harmless(text: str) -> None:
    shown = quoted(text)

    assert len(shown) <= 40 * len("[U+10FFFF]") + 3
    assert shown.isprintable() or all(
        sign.isprintable() or sign == "\u3000" or sign.isspace() for sign in shown
    )
    assert not set(shown) & set("\r\n\t\u202e\u2066\u200b\ufeff\0")


def test_what_turns_the_writing_round_is_shown_as_its_code_point() -> None:
    assert quoted("a\u202eb\0c") == "“a[U+202E]b[U+0000]c”"
    assert quoted("x" * 41) == f"“{'x' * 40}…”"
