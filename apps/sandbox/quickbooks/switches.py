"""Preferences and switches of a company, with what a new one starts with."""

from typing import Any

DEFAULTS: dict[str, Any] = {
    "book_close_date": None,
    "book_close_password": False,
    "custom_txn_numbers": True,
    "class_per_line": True,
    "class_per_transaction": False,
    "departments": True,
    "allow_discount": True,
    "expired": False,
    # What the documentation leaves open, as switches.
    "void_paid": "refuse",
    "rotation_seconds": 24 * 3600,
    "limits": {},
    # Several currencies; the profile `multicurrency` begins with it on. It cannot be turned off.
    "multicurrency": False,
    # "rate": tax is rounded once per rate of the document; "line": per line and rate.
    "tax_rounding": "rate",
    # A foreign document without ExchangeRate: "one" books it at 1, "table" at the company's rate.
    "exchange_rate_omitted": "one",
    # "currency": whole yen; "cents": two decimals in every currency.
    "minor_units": "currency",
    # Whether an item may hang on a liability account: "accept" or "refuse".
    "liability_items": "accept",
    # Automated sales tax: a TotalTax that was sent with a TAX line is taken, or computed anyway.
    "tax_override": "accept",
}
CHOICES: dict[str, tuple[str, ...]] = {
    "void_paid": ("refuse", "unapply"),
    "tax_rounding": ("rate", "line"),
    "exchange_rate_omitted": ("one", "table"),
    "minor_units": ("currency", "cents"),
    "liability_items": ("accept", "refuse"),
    "tax_override": ("accept", "ignore"),
}


def check(settings: dict[str, Any]) -> None:
    """ValueError for a setting that does not exist, or a value that a switch does not have."""
    if unknown := set(settings) - set(DEFAULTS):
        raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
    for name, allowed in CHOICES.items():
        if name in settings and settings[name] not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}")
