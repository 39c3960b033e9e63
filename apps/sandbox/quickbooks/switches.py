"""Preferences and switches of a company, with what a new one starts with."""

from datetime import date
from typing import Any

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
DEFAULTS: dict[str, Any] = {
    "book_close_date": None,
    "book_close_password": False,
    "custom_txn_numbers": True,
    "class_per_line": True,
    "class_per_transaction": False,
    "departments": True,
    "allow_discount": True,
    # Deposits on invoices; sent while it is off, they are dropped.
    "allow_deposit": False,
    "fiscal_year_starts": "January",
    # Aged reports count from the date of a document, not from the day it is due.
    "aging_from_txn_date": False,
    # Credit memos and money on account go to the customer's oldest open invoices by themselves;
    # the second one does it for money alone.
    "auto_apply_credit": False,
    "auto_apply_payments": False,
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
    # Or on an expense, as bad debts do: the same.
    "expense_items": "accept",
    # Automated sales tax: a TotalTax that was sent with a TAX line is taken, or computed anyway.
    "tax_override": "accept",
    # Reports show income and expenses of the fiscal year only, older ones in Retained Earnings, as
    # the real one does.
    "fiscal_closing": True,
    # Then income and expenses count from "range": the report's first day, or "year": the year's.
    "trial_balance_profit": "range",
    # Summary reports show sub-customers as sections under their parent, or all in one list.
    "sub_customer_rows": "nested",
    # A customer with an open balance cannot be made inactive by the API, or can.
    "inactive_with_balance": "refuse",
    # The screen makes a credit memo of what such a customer owes, or refuses too.
    "inactive_by_screen": "credit_memo",
    # What names an inactive record is refused with 610 or 2500 that name nothing, or named by 2500.
    "inactive_fault": "610",
    # ParentRef without Job, or Job without ParentRef: "refuse" with 6150, or "derive" from the parent.
    "job_and_parent": "refuse",
    # The delivery that an e-mail left on a sale, sent back: "refuse" with 2010, or "ignore" it.
    "delivery_info": "refuse",
    # An e-mail address without an @: taken, or refused with 2210.
    "email_addresses": "accept",
    # Tax sent with a document that is NotApplicable as a whole: ignored, or refused with 6170.
    "tax_not_applicable": "ignore",
    # Whether an attachable raises the version of what it hangs on: of vendors it was seen to
    # (python-quickbooks#127), nothing else says so.
    "attachable_raises_token": False,
    # What faults are written in. Their codes are the same in every language.
    "language": "en",
}
CHOICES: dict[str, tuple[str, ...]] = {
    "fiscal_year_starts": MONTHS,
    "void_paid": ("refuse", "unapply"),
    "tax_rounding": ("rate", "line"),
    "exchange_rate_omitted": ("one", "table"),
    "minor_units": ("currency", "cents"),
    "liability_items": ("accept", "refuse"),
    "expense_items": ("accept", "refuse"),
    "tax_override": ("accept", "ignore"),
    "trial_balance_profit": ("range", "year"),
    "sub_customer_rows": ("nested", "flat"),
    "inactive_with_balance": ("refuse", "accept"),
    "inactive_by_screen": ("credit_memo", "refuse"),
    "inactive_fault": ("610", "2500", "named"),
    "job_and_parent": ("refuse", "derive"),
    "delivery_info": ("refuse", "ignore"),
    "email_addresses": ("accept", "refuse"),
    "tax_not_applicable": ("ignore", "refuse"),
    "language": ("en", "fr"),
}


def check(settings: dict[str, Any]) -> None:
    """ValueError for a setting that does not exist, or a value that a switch does not have."""
    if unknown := set(settings) - set(DEFAULTS):
        raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
    for name, value in settings.items():
        allowed = CHOICES.get(name)
        if allowed is not None and value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}")
        if isinstance(DEFAULTS[name], bool) and not isinstance(value, bool):
            raise ValueError(f"{name} is true or false, not {value!r}")
    _check_values(settings)


def _check_values(settings: dict[str, Any]) -> None:
    closed = settings.get("book_close_date")
    if closed is not None:
        if not isinstance(closed, str):
            raise ValueError(f"book_close_date is a date (YYYY-MM-DD), not {closed!r}")
        date.fromisoformat(closed)
    seconds = settings.get("rotation_seconds", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise ValueError(f"rotation_seconds is a number of seconds, not {seconds!r}")
    if not isinstance(settings.get("limits", {}), dict):
        raise ValueError("limits are an object, by the name of each limit")
