"""Preferences and switches of a business, with what a new one starts with."""

from decimal import Decimal
from typing import Any

from .. import asking
from .limits import Limits

ROLES = (
    "owner",
    "business_partner",
    "business_manager",
    "business_employee",
    "business_accountant",
    "contractor",
    "client",
)

# Preferences of the business itself.
PREFERENCES: dict[str, Any] = {
    "currency_code": "USD",
    "country": "United States",
    "role": "owner",
    # Whether users/me names its account: some businesses have none.
    "account_named": True,
    # Where users/me names it: among the memberships, or in roles[] alone.
    "listed_in": "memberships",
    # Currency -> units of the business's own currency per unit, for `foreign_in_reports`.
    "rates": {},
    "default_per_page": 15,
    # The longest number of a document; 0: any.
    "longest_number": 0,
    "items_feature": True,
    "limits": {},
}
# Each: what a new business has, then the other readings.
SWITCHES: dict[str, tuple[str, ...]] = {
    "status_on_create": ("kept", "draft"),
    "duplicate_numbers": ("refuse", "accept"),
    "deleted_keeps_number": ("no", "yes"),
    "number_search": ("exact", "contains"),
    "nil_price": ("accept", "refuse"),
    "nil_invoice": ("paid", "sent"),
    "negative_total": ("refuse", "accept"),
    "paid_status": ("four", "keeps"),
    "lines_on_update": ("replace", "merge"),
    "line_taxes": ("copy", "create"),
    "tax_rounding": ("line", "document"),
    "half_rounding": ("up", "even"),
    "unit_cost_decimals": ("kept", "two"),
    "payment_on_draft": ("keeps", "sends"),
    "spend_credit": ("named", "oldest"),
    "overpayment_record": ("payment", "credit"),
    "overpayment_on_delete": ("deleted", "kept"),
    "delete_paid_invoice": ("with_payments", "refuse"),
    "delete_spent_credit": ("refuse", "with_payments"),
    "credit_note_starts": ("created", "draft"),
    "credit_mark_as_sent": ("accept", "ignore"),
    "prepayment_lines": ("money", "sale"),
    "credits_on": ("deposits", "receivable"),
    "deposits_type": ("asset", "liability"),
    "deleted_read": ("shown", "error_in_200"),
    "note_like": ("filters", "ignored"),
    "documented_filters": ("honoured", "ignored"),
    "total": ("listed", "with_deleted"),
    "read_only": ("refuse", "ignore"),
    "errors_http": ("status", "200"),
    "limit_body": ("accounting", "empty"),
    "journal_date": ("user_entered_date", "date"),
    "foreign_in_reports": ("apart", "converted"),
    "trial_balance_range": ("period", "as_of_end"),
    "trial_balance_sides": ("net", "gross"),
    "trial_balance_sub_number": ("short", "long"),
    "aging_from": ("due_date", "create_date"),
    "aging_credits": ("left_out", "subtracted"),
    "aging_day": ("asked", "today"),
    "tax_summary_credits": ("subtracted", "left_out"),
    "tax_accounts": ("each", "one"),
    "webhooks": ("on_demand", "at_once"),
    "verification": ("before", "after"),
}
DEFAULTS: dict[str, Any] = {
    **PREFERENCES,
    **{name: values[0] for name, values in SWITCHES.items()},
}


def rates(value: Any, name: str) -> dict[str, str]:
    told = asking.object_(value, name)
    if any(Decimal(str(rate)) <= 0 for rate in told.values()):
        raise ValueError(f"{name} are above nought, units of the business's currency per unit")
    return {code: str(rate) for code, rate in told.items()}


def limits(value: Any, name: str) -> Any:
    Limits.of(value)
    return value


READERS: asking.Spec = {
    "currency_code": asking.words,
    "country": asking.words,
    "role": asking.one_of(*ROLES),
    "account_named": asking.flag,
    "listed_in": asking.one_of("memberships", "roles"),
    "rates": rates,
    "default_per_page": asking.whole(1, 100),
    "longest_number": asking.whole(0),
    "items_feature": asking.flag,
    "limits": limits,
    **{name: asking.one_of(*values) for name, values in SWITCHES.items()},
}
