"""What staff read about a record of ours, a field and its two values."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.models import (
    Adjustment,
    Allocation,
    Customer,
    Deposit,
    Item,
    Payment,
    Refund,
    Synced,
)
from apps.connectors.snapshots import Address
from apps.core.money import minor_unit

# Field of a snapshot → its word, most telling first: the order in which differences are said.
LABELS = {
    "total": "total",
    "amount": "amount",
    "allocations": "split over invoices",
    "fee": "fee",
    "fee_tax": "tax in the fee",
    "debits": "side",
    "payment_id": "payment",
    "name": "name",
    "customer_id": "customer",
    "issue_date": "date",
    "paid_on": "date",
    "dated": "date",
    "number": "number",
    "currency": "currency",
    "lines": "lines",
    "net": "net amount",
    "tax": "tax",
    "taxes": "tax by rate",
    "rate_id": "tax rate",
    "tax_code_id": "tax code",
    "exchange_rate": "exchange rate",
    "home_total": "total in home currency",
    "due_date": "due date",
    "terms_id": "payment terms",
    "purchase_order_number": "purchase-order number",
    "message": "message to the customer",
    "reference": "reference",
    "email": "e-mail address",
    "phone": "phone number",
    "address": "address",
    "parent_id": "parent",
    "code": "code",
    "description": "description",
    "unit_price": "unit price",
    "active": "being active",
    "item_id": "item",
    "account_id": "account",
    "receivable_id": "receivable",
    "fee_account_id": "account of the fee",
    "fee_tax_account_id": "account of the tax in the fee",
    "method_id": "payment method",
    "applied_on": "date",
    "memo": "internal memo",
    "void": "being void",
    "cancelled": "being cancelled",
}
MONEY = frozenset({"total", "amount", "net", "tax", "home_total", "unit_price", "fee", "fee_tax"})


def called(subject: Synced) -> str:
    """A record of ours in a sentence: "invoice INV-2026-00007", "customer Harbour Books"."""
    if isinstance(subject, Customer):
        return f"customer {subject.name}"
    if isinstance(subject, Item):
        return f"item {subject.code}"
    if isinstance(subject, Payment):
        return f"the payment of {money(subject.amount, subject.currency)} by {subject.customer}"
    if isinstance(subject, Allocation):
        return f"the {money(subject.amount, subject.currency)} set against {against(subject)}"
    if isinstance(subject, Adjustment):
        amount = money(subject.amount, subject.currency)
        return f"“{subject.get_role_display()}” of {amount} for {subject.customer}"
    if isinstance(subject, Refund):
        amount = money(subject.amount, subject.currency)
        return f"{subject.get_why_display().lower()} of {amount} to {subject.customer}"
    if isinstance(subject, Deposit):
        return f"the bank deposit of {money(subject.total, subject.currency)}"
    return f"{subject._meta.verbose_name} {subject}"


def against(allocation: Allocation) -> str:
    """What it is set against, in a sentence."""
    if allocation.target is not None and allocation.invoice is None:
        return called(allocation.target)
    return str(allocation.invoice or allocation.outside_label)


def capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def listed(parts: Sequence[str], last: str = "and") -> str:
    """“1 customer, 1 item and 2 invoices”."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def money(amount: Decimal, currency: str) -> str:
    """With all decimals of the currency; what is finer over there keeps its own."""
    units = amount.normalize().as_tuple().exponent, minor_unit(currency).as_tuple().exponent
    decimals = -min(0, *map(int, units))
    return f"{amount:,.{decimals}f} {currency}".strip()


def day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def label(path: str) -> str:
    """A field in words: "lines.2.net" is "net amount of line 2"."""
    steps = path.split(".")
    word = LABELS.get(steps[-1], steps[-1].replace("_", " "))
    whole = "tax rate" if steps[0] == "taxes" else "line"
    return f"{word} of {whole} {steps[1]}" if len(steps) > 2 else word


def told(value: Any, path: str, currency: str) -> str:
    """A value as staff read it."""
    if value is None or value == "":
        return "empty"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return money(value, currency) if path.split(".")[-1] in MONEY else f"{value.normalize():f}"
    if isinstance(value, date):
        return day(value)
    if isinstance(value, Address):
        town = " ".join(part for part in (value.city, value.region, value.postal_code) if part)
        return f"“{', '.join(part for part in (*value.lines, town, value.country) if part)}”"
    if isinstance(value, tuple):
        if not path.endswith("lines"):
            return f"{len(value)} of them"
        return f"{len(value)} line{'' if len(value) == 1 else 's'}"
    return f"“{value}”"


def forgotten(name: str) -> str:
    """Of an object of theirs that bears a marker which no record of ours has."""
    return (
        f"Tieout made it in {name}, and does not know it any more: its database was restored from "
        "an older copy since, or another Tieout made it."
    )
