"""Documents to lay beside the ledger's sums: drawn by hypothesis, or by a seed for the command.

A document is drawn as our own terms; `theirs.py` says it in the ledger's words.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol, TypeVar

from hypothesis import strategies as st

from apps.billing.sums.totals import ComponentTerms, DocumentTerms, LineTerms, RateTerms
from apps.core.money import minor_unit, rounded

Some = TypeVar("Some")
ZERO = Decimal(0)
LARGEST = Decimal(10) ** 10  # what a line comes to at most

REGIMES = ("code a line", "code a document", "automated")
ROUNDINGS = ("line", "rate")
MODES = ("exclusive", "inclusive", "none")
CURRENCIES = ("GBP", "USD", "EUR", "JPY", "KWD")
HOMES = ("GBP", "USD", "EUR")


def _rate(identity: int, *percents: str) -> RateTerms:
    components = tuple(
        ComponentTerms(id=identity * 10 + place, percent=Decimal(percent))
        for place, percent in enumerate(percents, 1)
    )
    return RateTerms(id=identity, components=components)


# British, Canadian, American, and some that are only awkward; the last has no component (exempt).
RATES = (
    _rate(1, "20"),
    _rate(2, "5"),
    _rate(3, "0"),
    _rate(4, "5", "9.975"),
    _rate(5, "5.6", "2.6"),
    _rate(6, "4", "4.5", "0.375"),
    _rate(7, "7.25"),
    _rate(8, "19"),
    _rate(9, "33.333333"),
    _rate(10, "0.5", "0.25", "0.125", "6"),
    _rate(11),
)


@dataclass(frozen=True)
class Drawn:
    """A document as ours, and the regime of the ledger that is to hold it."""

    regime: str
    lines: tuple[LineTerms, ...]
    terms: DocumentTerms


class Chooser(Protocol):
    """What draws: hypothesis, which shrinks what fails, or a seed, which is quick."""

    def integer(self, low: int, high: int) -> int: ...

    def one_of(self, options: Sequence[Some]) -> Some: ...


class Seeded:
    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def integer(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def one_of(self, options: Sequence[Some]) -> Some:
        return self._random.choice(options)


class ByHypothesis:
    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        return self._draw(st.integers(low, high))

    def one_of(self, options: Sequence[Some]) -> Some:
        return self._draw(st.sampled_from(options))


@st.composite
def documents(draw: st.DrawFn, currencies: Sequence[str] = CURRENCIES) -> Drawn:
    return drawn(ByHypothesis(draw), currencies)


def drawn(
    by: Chooser,
    currencies: Sequence[str] = CURRENCIES,
    *,
    regimes: Sequence[str] = REGIMES,
    roundings: Sequence[str] = ROUNDINGS,
    homes: Sequence[str] = HOMES,
    known: Sequence[RateTerms] = RATES,
) -> Drawn:
    """One document: of one to eight lines, with or without discounts, in or out of home currency."""
    regime = by.one_of(regimes)
    # Prices with tax are not said to an American company, but we may hold them so all the same.
    mode, rounding = by.one_of(MODES), by.one_of(roundings)
    currency = by.one_of(currencies)
    home = by.one_of(homes)
    rates: Sequence[RateTerms | None] = (*known, None)
    if regime != "code a line":
        rates = (by.one_of(known), None)
    lines = tuple(_line(by, rates, currency) for _ in range(by.integer(1, 8)))
    percent, amount = _document_discount(by, lines, currency)
    return Drawn(
        regime=regime,
        lines=lines,
        terms=DocumentTerms(
            currency=currency,
            home_currency=home,
            exchange_rate=_exchange_rate(by, currency, home),
            mode=mode,
            rounding=rounding,
            discount_percent=percent,
            discount_amount=amount,
        ),
    )


def value_of(line: LineTerms, currency: str) -> Decimal:
    """Quantity × price less the line's own discount, as the prices are: written apart from ours."""
    value = rounded(line.quantity * line.unit_price, currency)
    if line.discount_percent is not None:
        value -= rounded(value * line.discount_percent / 100, currency)
    if line.discount_amount is not None:
        value -= line.discount_amount
    return value


def _line(by: Chooser, rates: Sequence[RateTerms | None], currency: str) -> LineTerms:
    unit = minor_unit(currency)
    kind = by.integer(0, 9)
    if kind < 4:  # a few of something at a price
        quantity, price = Decimal(by.integer(1, 12)), by.integer(1, 25_000) * unit
    elif kind < 6:  # hours and kilos at fine prices
        quantity = Decimal(by.integer(1, 9_999)).scaleb(-by.integer(0, 3))
        price = Decimal(by.integer(1, 9_999_999)).scaleb(-by.integer(2, 6))
    elif kind < 8:  # pennies, where rounding is all there is
        quantity, price = Decimal(by.integer(1, 3)), by.integer(1, 12) * unit
    elif kind < 9:  # a large one
        quantity, price = Decimal(by.integer(1, 100)), by.integer(1, 9_000_000) * unit
    elif by.integer(0, 1):  # given away
        quantity, price = Decimal(1), ZERO
    else:  # taken back
        quantity, price = Decimal(-1), by.integer(1, 5_000) * unit
    percent = amount = None
    value = rounded(quantity * price, currency)
    discounted = by.integer(0, 5)
    if discounted == 0:
        percent = Decimal(by.integer(0, 100_00)).scaleb(-2)
    elif discounted == 1 and value > 0:
        amount = by.integer(0, int(value / unit)) * unit
    return LineTerms(
        quantity=quantity,
        unit_price=price,
        rate=by.one_of(rates),
        discount_percent=percent,
        discount_amount=amount,
    )


def _document_discount(
    by: Chooser, lines: Sequence[LineTerms], currency: str
) -> tuple[Decimal | None, Decimal | None]:
    kind = by.integer(0, 3)
    values = [value_of(line, currency) for line in lines]
    whole = sum(values, ZERO)
    unit = minor_unit(currency)
    if not whole or min(values) < 0:
        return None, None
    if kind == 0:
        return Decimal(by.integer(0, 100_000)).scaleb(-3), None
    if kind == 1:
        return None, by.integer(0, int(whole / unit)) * unit
    return None, None


_RATES_IN_USD = {"GBP": "1.2712", "USD": "1", "EUR": "1.0845", "JPY": "0.006712", "KWD": "3.2541"}


def _exchange_rate(by: Chooser, currency: str, home: str) -> Decimal:
    """Home units per unit of the currency, about as they are, with up to ten decimals."""
    if currency == home:
        return Decimal(1)
    about = Decimal(_RATES_IN_USD[currency]) / Decimal(_RATES_IN_USD[home])
    moved = about * Decimal(by.integer(80_000, 120_000)).scaleb(-5)
    # QuickBooks holds seven decimals of a rate; ours has up to ten.
    return moved.quantize(Decimal(1).scaleb(-by.one_of((5, 6, 7, 7, 7, 7, 7, 10))))
