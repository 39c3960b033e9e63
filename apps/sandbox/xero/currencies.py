"""Currencies an organisation may add, and the rates that stand in for a day's at XE.com."""

from decimal import Decimal

# Units per US dollar: round figures, the same every day.
PER_DOLLAR = {
    "USD": "1",
    "EUR": "0.92",
    "GBP": "0.79",
    "NZD": "1.64",
    "AUD": "1.53",
    "CAD": "1.37",
    "CHF": "0.88",
    "JPY": "150",
    "SEK": "10.4",
    "NOK": "10.6",
    "DKK": "6.86",
    "SGD": "1.34",
    "ZAR": "18.5",
    "KWD": "0.31",
    "PLN": "3.95",
}
NAMES = {
    "USD": "United States Dollar",
    "EUR": "Euro",
    "GBP": "British Pound",
    "NZD": "New Zealand Dollar",
    "AUD": "Australian Dollar",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "JPY": "Japanese Yen",
    "SEK": "Swedish Krona",
    "NOK": "Norwegian Krone",
    "DKK": "Danish Krone",
    "SGD": "Singapore Dollar",
    "ZAR": "South African Rand",
    "KWD": "Kuwaiti Dinar",
    "PLN": "Polish Zloty",
}
SIXTH = Decimal("0.000001")


def usual_rate(code: str, base: str) -> Decimal:
    """Units of the currency per unit of the base; 1 for what is not in the table."""
    if code not in PER_DOLLAR or base not in PER_DOLLAR:
        return Decimal(1)
    return (Decimal(PER_DOLLAR[code]) / Decimal(PER_DOLLAR[base])).quantize(SIXTH)
