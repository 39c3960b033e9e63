"""Amounts of money: how many decimals a currency has, rounding, and spreading without a lost cent."""

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import lru_cache

from babel.core import get_global
from babel.numbers import get_currency_precision

ZERO = Decimal(0)
HELD_RATE = Decimal("1e-7")  # what a ledger holds of an exchange rate
STORED_RATE = Decimal("1e-10")
PRECISION = 60  # digits: an amount times an amount is worked out whole


@lru_cache(maxsize=512)
def minor_unit(currency: str) -> Decimal:
    """The smallest amount of an ISO 4217 currency: 0.01 for GBP, 1 for JPY, 0.001 for KWD."""
    return Decimal(1).scaleb(-get_currency_precision(currency))


def is_currency(code: str) -> bool:
    return code in get_global("all_currencies")


def rounded(amount: Decimal, currency: str) -> Decimal:
    """To the currency's minor unit, half away from zero: -0.005 GBP becomes -0.01, nil never −0."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP) + ZERO


def fits(amount: Decimal, currency: str) -> bool:
    """Whether the amount has no more decimals than the currency."""
    return amount == rounded(amount, currency)


def is_held(rate: Decimal) -> bool:
    """Whether an exchange rate has no more decimals than ledgers hold."""
    return rate == rate.quantize(HELD_RATE)


def rate_between(home: Decimal, amount: Decimal, currency: str) -> Decimal:
    """Home currency per unit, where `amount` came to `home` in `currency`, which is the home one.

    In the decimals that ledgers hold where that comes to the same, else as fine as it is stored.
    """
    with localcontext(prec=PRECISION):
        exact = home / amount
        held = exact.quantize(HELD_RATE, rounding=ROUND_HALF_UP)
        if held and rounded(amount * held, currency) == home:
            return held
        return exact.quantize(STORED_RATE, rounding=ROUND_HALF_UP)


def figure(amount: Decimal, currency: str, *, grouped: bool = False) -> str:
    """An amount with all decimals of its currency: 5.00 in GBP, 5 in JPY; grouped 1,234.50."""
    return f"{rounded(amount, currency):{',' if grouped else ''}f}"


def spread(total: Decimal, weights: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Parts of `total` in proportion to `weights`, by largest remainder: they add up to `total`.

    Weights may have either sign but must not add up to nil; `total` must fit the currency.
    """
    whole = sum(weights, ZERO)
    if not whole:
        raise ValueError("An amount cannot be spread over weights that add up to nil.")
    with localcontext(prec=PRECISION):
        return _shared_out(total, [total * weight for weight in weights], whole, currency)


def apportioned(total: Decimal, exact: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Exact amounts rounded so that they add up to `total`, each by at most one minor unit.

    By largest remainder, the first of equal ones first. `total` must fit the currency and be no
    further from the sum of the exact amounts than rounding takes it.
    """
    with localcontext(prec=PRECISION):
        return _shared_out(total, exact, Decimal(1), currency)


def _shared_out(
    total: Decimal, shares: Sequence[Decimal], whole: Decimal, currency: str
) -> list[Decimal]:
    """Each share ÷ whole, rounded; nothing is divided before, so that equal remainders are equal."""
    unit = minor_unit(currency)
    # Reckoned away from nil, so that what is taken back is shared out as what was charged.
    sign = -1 if total < 0 else 1
    turned = sign if whole > 0 else -sign
    step = abs(whole) * unit
    parts: list[Decimal] = []
    remainders: list[Decimal] = []
    for share in shares:
        units, remainder = divmod(turned * share, step)
        if remainder < 0:
            units, remainder = units - 1, remainder + step
        parts.append(units * unit)
        remainders.append(remainder)
    left = int((sign * total - sum(parts, ZERO)) / unit)
    by_remainder = sorted(range(len(parts)), key=lambda place: remainders[place], reverse=True)
    for place in by_remainder[:left]:
        parts[place] += unit
    return [sign * part + ZERO for part in parts]  # + nil: no −0


def spread_home(
    amounts: Mapping[str, Decimal], rate: Decimal, whole: Decimal, home: str
) -> dict[str, Decimal]:
    """Amounts by account in home currency, which add up to `whole`.

    Each account is rounded by itself; the cents that leaves over go to the largest.
    """
    found = {account: rounded(amount * rate, home) for account, amount in amounts.items()}
    over = whole - sum(found.values(), ZERO)
    if over and found:
        largest = max(amounts, key=lambda account: (abs(amounts[account]), account))
        found[largest] += over
    return found
