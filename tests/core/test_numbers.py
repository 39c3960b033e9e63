"""Numbers from outside: what is too long is none, and costs nothing."""

from decimal import Decimal

import pytest

from apps.core.numbers import figure, whole


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("007", 7), ("9" * 18, 10**18 - 1), ("9" * 19, None), ("9" * 5_000, None)]
    + [(text, None) for text in ("", "-1", "+1", " 1", "1 ", "²", "٣", "1_0", "x", None, 5)],
)
def test_a_whole_number(text: object, number: int | None) -> None:
    assert whole(text) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [("-12.50", Decimal("-12.50")), ("1e3", Decimal(1000)), ("0", Decimal(0))]
    + [(text, None) for text in ("1e999999999", "1e-999999999", "9" * 5_000, "0." + "0" * 64)]
    + [(text, None) for text in ("NaN", "Infinity", "sNaN", "", "12,50", "x", None, 5)],
)
def test_a_figure(text: object, number: Decimal | None) -> None:
    assert figure(text) == number
