"""Numbers as people write them, and what a column says of its decimal mark."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.exchange.tables.numbers import (
    NumberEvidence,
    NumberStyle,
    read_figure,
    read_number,
    read_percent,
)
from apps.exchange.tables.port import CellRefused

POINT, COMMA = NumberStyle(), NumberStyle(decimal_mark=",")


@pytest.mark.parametrize(
    ("text", "style", "value"),
    [
        ("1.234,56", COMMA, "1234.56"),
        ("1,234.56", POINT, "1234.56"),
        ("1 234,56", COMMA, "1234.56"),
        ("1\u00a0234,56", COMMA, "1234.56"),
        ("1\u202f234\u202f567,5", COMMA, "1234567.5"),
        ("1'234.56", POINT, "1234.56"),
        ("1’234.56", POINT, "1234.56"),
        ("12,34,567.89", POINT, "1234567.89"),
        ("(400.00)", POINT, "-400.00"),
        ("($400.00)", POINT, "-400.00"),
        ("-$400.00", POINT, "-400.00"),
        ("$-400.00", POINT, "-400.00"),
        ("12.00-", POINT, "-12.00"),
        ("12,00 €-", COMMA, "-12.00"),
        ("\u2212100,00", COMMA, "-100.00"),
        ("  1.000,00 € ", COMMA, "1000.00"),
        ("EUR 5", POINT, "5"),
        ("5 usd", POINT, "5"),
        ("US$5.50", POINT, "5.50"),
        ("Rs.500", POINT, "500"),
        ("kr 1 200", COMMA, "1200"),
        ("CHF 1'200.05", POINT, "1200.05"),
        (".5", POINT, "0.5"),
        ("$.50", POINT, "0.50"),
        ("5.", POINT, "5"),
        ("+7", POINT, "7"),
        ("003", POINT, "3"),
        ("0.33333333", POINT, "0.33333333"),
        ("10.00000000", POINT, "10.00000000"),
        ("17 ", POINT, "17"),
        ("(12345678901234567890123456789.01)", POINT, "-12345678901234567890123456789.01"),
    ],
)
def test_a_number_is_read_as_written(text: str, style: NumberStyle, value: str) -> None:
    found = read_number(text, style)

    assert found == Decimal(value)
    assert found.as_tuple().exponent == Decimal(value).as_tuple().exponent, "decimals are kept"


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "NaN", "nan", "Infinity", "-inf", "1e5", "1.23457E+15", "abc", "12abc", "1.2.3"),
        *(
            "1,23",
            "1,2345.6",
            "--5",
            "-(5)",
            "(-5)",
            "5-5",
            "2024-03-31",
            "12/05",
            "1 23",
            "12 34 56",
        ),
        *("$5 USD", "5 % of", "٣", "５", "0x10", "1_000", "1''000", "#REF!", "=1+1", "1" * 70, "."),
        *("+-5", "5+5", "€", "%", "1 234 5", "1\t234\t5", "1.234,5"),
    ],
)
def test_what_is_no_number_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(CellRefused, match="“"):
        read_number(text, POINT)


@pytest.mark.parametrize("cell", [None, True, False])
def test_blank_and_yes_are_no_numbers(cell: bool | None) -> None:
    with pytest.raises(CellRefused):
        read_number(cell, POINT)


def test_a_number_that_excel_has_shortened_is_refused_with_what_to_do() -> None:
    with pytest.raises(CellRefused, match=r"“1\.23457E\+15” .* shortened.* Format the column"):
        read_number("1.23457E+15", POINT)


def test_currency_and_percent_are_told_apart_from_amounts() -> None:
    assert read_figure("eur 5", POINT).currency == "EUR"
    assert read_figure("5,00 €", COMMA).currency == "€"
    assert read_figure("5 %", POINT).percent
    assert read_percent("5%", POINT) == read_percent("5", POINT) == 5
    with pytest.raises(CellRefused, match="percentage"):
        read_number("5%", POINT)
    with pytest.raises(CellRefused, match="amount of money"):
        read_percent("$5", POINT)


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("0.30000000000000004", "0.3"),
        ("124.99950000000001", "124.9995"),
        ("-1.1102230246251565E-16", "-1.11022302462516E-16"),
        ("2.55", "2.55"),
        ("5", "5"),
        ("90010000000000130", "90010000000000100"),
    ],
)
def test_a_number_of_a_workbook_has_the_digits_of_excel(cell: str, value: str) -> None:
    assert read_number(Decimal(cell), COMMA) == Decimal(value)


GROUPS = {
    ".": [",", " ", "\u00a0", "\u202f", "'", ""],
    ",": [".", " ", "\u00a0", "\u202f", "’", ""],
}


@st.composite
def written(draw: st.DrawFn) -> tuple[Decimal, NumberStyle, str]:
    """A number, and one of the ways in which it is written."""
    value = draw(st.decimals(allow_nan=False, allow_infinity=False, places=draw(st.integers(0, 8))))
    mark = draw(st.sampled_from([".", ","]))
    group = draw(st.sampled_from(GROUPS[mark]))
    whole, _, decimals = f"{value.copy_abs():f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", group)
    digits = grouped + (mark + decimals if decimals else "")
    before = draw(st.sampled_from(["", "$", "€ ", "EUR ", "kr "]))
    after = "" if before else draw(st.sampled_from(["", " €", " USD", "\u00a0kr"]))
    body = before + digits + after
    if value.is_signed():
        shape = draw(st.sampled_from(["-{}", "({})", "{}-", "\u2212{}"]))
        body = shape.format(body)
    return value, NumberStyle(decimal_mark=mark), draw(st.sampled_from(["", " "])) + body


@given(written())
def test_any_number_in_any_writing_is_read_back(case: tuple[Decimal, NumberStyle, str]) -> None:
    value, style, text = case
    if len(text) > 60:
        return

    assert read_number(text, style) == value


@given(st.text(max_size=80))
def test_any_text_is_a_number_or_refused(text: str) -> None:
    for style in (POINT, COMMA):
        try:
            found = read_number(text, style)
        except CellRefused:
            continue
        assert found.is_finite()
        assert any(sign.isdecimal() for sign in text)


@pytest.mark.parametrize(
    ("cells", "mark"),
    [
        (["1,5", "1,234"], ","),
        (["1,234", "2.50"], "."),
        (["1.234,56"], ","),
        (["1,234,567"], "."),
        (["1.234.567"], ","),
        (["1234,567"], ","),
        (["0,125"], ","),
        (["1 234,567"], ","),
        (["1'234.567"], "."),
        (["12", "7", "", None], "."),
        (["v1.2", "1,5"], ","),
        (["12.03.2026", "1,5"], ","),
        (["(1.234,5)", "€ 3"], ","),
        (["5,5 %"], ","),
    ],
)
def test_the_column_settles_its_decimal_mark(cells: list[str | None], mark: str) -> None:
    evidence = NumberEvidence().add_all(cells)

    assert evidence.style == NumberStyle(decimal_mark=mark)
    assert evidence.doubt == ""


def test_thousands_that_may_be_decimals_are_asked() -> None:
    evidence = NumberEvidence().add_all(["1,234", "5", "12,000"])

    assert evidence.style is None
    assert "“1,234” may be a thousand" in evidence.doubt


def test_two_marks_in_one_column_are_asked() -> None:
    evidence = NumberEvidence().add_all(["1.50", "1,50"])

    assert evidence.style is None
    assert "“1.50” has a decimal point and “1,50” a decimal comma" in evidence.doubt


@settings(max_examples=40)
@given(st.lists(written(), min_size=1, max_size=8))
def test_what_is_settled_is_never_the_other_mark(
    cases: list[tuple[Decimal, NumberStyle, str]],
) -> None:
    mark = cases[0][1]
    evidence = NumberEvidence().add_all(
        text for _, style, text in cases if style == mark and len(text) <= 60
    )

    has_decimals = evidence.pointed or evidence.with_comma
    assert not has_decimals or evidence.style == mark
