"""Preferences and switches of an organisation, with what a new one starts with."""

from datetime import date
from decimal import Decimal
from typing import Any

from .. import asking
from .limits import Limits

VERSIONS = ("NZ", "AU", "UK", "US", "GLOBAL")

# Preferences of the organisation itself.
PREFERENCES: dict[str, Any] = {
    "version": "NZ",
    "base_currency": "NZD",
    "country": "NZ",
    "timezone": "NEWZEALANDSTANDARDTIME",
    "demo": True,
    "class": "DEMO",
    "year_end_day": 31,
    "year_end_month": 3,
    "period_lock_date": None,
    "end_of_year_lock_date": None,
    # The person may do nothing of these: names of /Organisation/Actions.
    "not_allowed": [],
    # Currency -> units per unit of the base currency, for documents that carry no rate.
    "rates": {},
    "limits": {},
    "offline": False,
}
# Each: what a new organisation has, then the other readings.
SWITCHES: dict[str, tuple[str, ...]] = {
    "missing_scope": ("403", "401"),
    "half_rounding": ("up", "cut", "even"),
    "base_rounding": ("rounding_account", "largest_line"),
    "rate_on_update": ("reset", "keep"),
    "payment_rate_omitted": ("day", "document"),
    "line_amount_mismatch": ("reshape", "refuse"),
    "nil_line_account": ("drop", "keep"),
    "update_without_lines": ("keep", "recreate"),
    "sent_alters_discounts": ("alter", "keep"),
    "part_paid_edits": ("as_paid", "refuse"),
    "submitted_to_draft": ("accept", "refuse"),
    "authorised_credit_note_lines": ("refuse", "drop"),
    "credit_note_discounts": ("refuse", "ignore"),
    "credit_note_upsert": ("by_number", "id_only"),
    "currency_omitted": ("base", "contact"),
    "nil_invoice": ("paid", "authorised"),
    "sent_totals": ("ignore", "refuse"),
    "due_date_from_terms": ("no", "yes"),
    "deleted_in_lists": ("show", "hide"),
    "past_the_end": ("empty", "not_found"),
    "nothing_modified": ("200", "304"),
    "modified_since": ("inclusive", "exclusive"),
    "modified_precision": ("second", "millisecond"),
    "batch_failed_line": ("silent", "refuse"),
    "batch_mixed_contacts": ("accept", "refuse"),
    "batch_texts": ("any", "by_country"),
    "tax_numbers": ("plain", "masked"),
    "reconciled_delete": ("200", "400"),
    "flagged_delete": ("accept", "refuse"),
    "allocation_currency": ("refuse", "accept"),
    "allocation_contact": ("refuse", "accept"),
    "allocation_id_in_answer": ("no", "yes"),
    "allocation_gone_answer": ("bare", "whole"),
    "journal_on_receivable": ("accept", "refuse"),
    "balance_sheet_day": ("month_end", "asked"),
    "duplicate_contact_names": ("refuse", "accept"),
    "minute_window": ("fixed", "sliding"),
    "voided_amount_due": ("keep", "nil"),
}
DEFAULTS: dict[str, Any] = {
    **PREFERENCES,
    **{name: values[0] for name, values in SWITCHES.items()},
}


def lock_date(value: Any, name: str) -> str | None:
    return None if value is None else date.fromisoformat(asking.text(value, name)).isoformat()


def rates(value: Any, name: str) -> dict[str, str]:
    told = asking.object_(value, name)
    if any(Decimal(str(rate)) <= 0 for rate in told.values()):
        raise ValueError(f"{name} are above nought, units per unit of the base currency")
    return {code: str(rate) for code, rate in told.items()}


def limits(value: Any, name: str) -> Any:
    Limits.of(value)
    return value


def words(value: Any, name: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(f"{name} is a list of texts")
    return list(value)


READERS: asking.Spec = {
    "version": asking.one_of(*VERSIONS),
    "base_currency": asking.words,
    "country": asking.words,
    "timezone": asking.words,
    "demo": asking.flag,
    "class": asking.words,
    "year_end_day": asking.whole(1, 31),
    "year_end_month": asking.whole(1, 12),
    "period_lock_date": lock_date,
    "end_of_year_lock_date": lock_date,
    "not_allowed": words,
    "rates": rates,
    "limits": limits,
    "offline": asking.flag,
    **{name: asking.one_of(*values) for name, values in SWITCHES.items()},
}
