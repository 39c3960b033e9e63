"""Currencies: their names and decimals, and how amounts become the home currency's."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

NAMES = {
    "USD": "United States Dollar",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "CAD": "Canadian Dollar",
    "AUD": "Australian Dollar",
    "CHF": "Swiss Franc",
    "JPY": "Japanese Yen",
    "SEK": "Swedish Krona",
    "KWD": "Kuwaiti Dinar",
}
# Home units of USD per unit: where the company's own list of rates begins.
FIRST_RATES_IN_USD = {
    "USD": Decimal("1"),
    "EUR": Decimal("1.0845"),
    "GBP": Decimal("1.2712"),
    "CAD": Decimal("0.7354"),
    "AUD": Decimal("0.6581"),
    "CHF": Decimal("1.1203"),
    "JPY": Decimal("0.006712"),
    "SEK": Decimal("0.0958"),
    "KWD": Decimal("3.2541"),
}
# QuickBooks holds two decimals; a currency with three is held to two.
MOST_DECIMALS = 2
DECIMALS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0}
RATE_DECIMALS = Decimal("0.0000001")


def unit_of(code: str) -> Decimal:
    """The smallest amount of a currency that a document may show: 1 for yen, else 0.01."""
    return Decimal(1).scaleb(-DECIMALS.get(code, MOST_DECIMALS))


def rounded(amount: Decimal, unit: Decimal) -> Decimal:
    """To the unit, half away from zero."""
    return amount.quantize(unit, ROUND_HALF_UP)


def first_rate(source: str, home: str) -> Decimal:
    """Home units for one unit of `source`, before anybody set a rate; 1 for an unknown currency."""
    if source not in FIRST_RATES_IN_USD or home not in FIRST_RATES_IN_USD:
        return Decimal(1)
    found = FIRST_RATES_IN_USD[source] / FIRST_RATES_IN_USD[home]
    return found.quantize(RATE_DECIMALS, ROUND_HALF_UP).normalize()


def home_cents(cents: int, rate: Decimal) -> int:
    """An amount of a document in cents of the home currency; `rate` is home units per unit."""
    return int((cents * rate).to_integral_value(ROUND_HALF_UP))


def to_home(entries: Mapping[int, int], rate: Decimal, fixed: Mapping[int, int]) -> dict[int, int]:
    """Entries by account in home cents, debits still equal to credits.

    Each account is rounded by itself, except those of `fixed`, whose home amount is known already;
    the cents that rounding leaves over go to the largest of the rounded ones.
    """
    home = {
        account: fixed[account] if account in fixed else home_cents(amount, rate)
        for account, amount in entries.items()
    }
    over = sum(home.values())
    if over:
        free = [account for account in entries if account not in fixed] or list(entries)
        home[max(free, key=lambda account: (abs(entries[account]), account))] -= over
    return home
