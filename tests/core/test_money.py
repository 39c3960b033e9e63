"""Money: rounding half away from zero, and spreading without a lost cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.money import fits, is_currency, minor_unit, rounded, spread

CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD"])


def amounts(largest: int = 10**9) -> st.SearchStrategy[Decimal]:
    return st.decimals(-largest, largest, places=6, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("currency", "unit"), [("GBP", "0.01"), ("USD", "0.01"), ("JPY", "1"), ("KWD", "0.001")]
)
def test_the_minor_unit_is_the_currencys_own(currency: str, unit: str) -> None:
    assert minor_unit(currency) == Decimal(unit)


@pytest.mark.parametrize(
    ("exact", "currency", "to"),
    [
        ("0.005", "GBP", "0.01"),
        ("-0.005", "GBP", "-0.01"),
        ("2.675", "GBP", "2.68"),
        ("0.00499999", "GBP", "0.00"),
        ("1.5", "JPY", "2"),
        ("-1.5", "JPY", "-2"),
        ("1.0005", "KWD", "1.001"),
    ],
)
def test_halves_are_rounded_away_from_zero(exact: str, currency: str, to: str) -> None:
    assert rounded(Decimal(exact), currency) == Decimal(to)


@given(amounts(), CURRENCIES)
def test_a_rounded_amount_fits_and_its_opposite_cancels_it(amount: Decimal, currency: str) -> None:
    once = rounded(amount, currency)
    assert fits(once, currency)
    assert once + rounded(-amount, currency) == 0
    assert abs(once - amount) <= minor_unit(currency) / 2


@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.decimals(0, 10**6, places=4), min_size=1, max_size=40),
    CURRENCIES,
)
def test_parts_add_up_and_lie_within_one_unit_of_their_share(
    units: int, weights: list[Decimal], currency: str
) -> None:
    whole = sum(weights)
    if not whole:
        return
    total = units * minor_unit(currency)
    parts = spread(total, weights, currency)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert fits(part, currency)
        assert abs(part - total * weight / whole) <= minor_unit(currency)


def test_the_largest_remainder_takes_the_cent_that_is_left() -> None:
    parts = spread(Decimal("10.00"), [Decimal(1), Decimal(1), Decimal(1)], "GBP")
    assert parts == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    parts = spread(Decimal("1.00"), [Decimal("0.333"), Decimal("0.667")], "GBP")
    assert parts == [Decimal("0.33"), Decimal("0.67")]


@pytest.mark.parametrize("lines", [24, 25, 26, 60, 500])
def test_every_cent_is_handed_out_however_many_lines_share_it(lines: int) -> None:
    """Of one cent a line but one, every line but the last takes one."""
    parts = spread((lines - 1) * Decimal("0.01"), [Decimal(1)] * lines, "GBP")

    assert parts == [Decimal("0.01")] * (lines - 1) + [Decimal(0)]


def test_an_amount_is_spread_over_weights_of_both_signs() -> None:
    # 1.00 over 10, −5, 2.50: 1.3333, −0.6667, 0.3333: floors 1.33, −0.67, 0.33, which
    # leave 0.01 for the first of three equal remainders.
    weights = [Decimal(10), Decimal(-5), Decimal("2.50")]
    parts = spread(Decimal("1.00"), weights, "GBP")
    assert parts == [Decimal("1.34"), Decimal("-0.67"), Decimal("0.33")]
    assert spread(Decimal("-1.00"), weights, "GBP") == [-part for part in parts]


def test_nothing_is_spread_over_weights_of_nil() -> None:
    with pytest.raises(ValueError, match="nil"):
        spread(Decimal(1), [Decimal(0), Decimal(0)], "GBP")


def test_only_iso_codes_are_currencies() -> None:
    assert is_currency("GBP")
    assert not is_currency("QUID")
