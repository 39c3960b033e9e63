"""Amounts of money: how many decimals a currency has, rounding, and spreading without a lost cent."""

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_currency_precision

ZERO = Decimal(0)


@lru_cache(maxsize=512)
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of an ISO 4217 currency: 0.01 for GBP, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def is_currency(code: str) -> bool:
    return code in get_global("all_currencies")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's minor unit, half away from zero: -0.005 GBP becomes -0.01."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP)


def fits(amount: Decimal, currency: str) -> bool:
    """Whether the amount has no more decimals than the currency."""
    return amount == rounded(amount, currency)


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Parts of `total` in proportion to `weights`, by largest remainder: they add up to `total`.

    Weights must not all be zero and must have one sign; `total` must fit the currency.
    """
    whole = sum(weights, ZERO)
    if not whole:
        raise ValueError("An amount cannot be spread over weights that add up to nil.")
    unit = minor_unit(currency)
    exact = [total * weight / whole for weight in weights]
    parts = [part.quantize(unit, rounding=ROUND_DOWN) for part in exact]
    left = int((total - sum(parts, ZERO)) / unit)
    step = unit if left > 0 else -unit
    by_remainder = sorted(
        range(len(parts)), key=lambda index: abs(exact[index] - parts[index]), reverse=True
    )
    for index in by_remainder[: abs(left)]:
        parts[index] += step
    return parts
