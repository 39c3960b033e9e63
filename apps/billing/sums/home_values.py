"""What records are worth in home currency, and what is left of it after parts were taken.

A record's home value is taken by parts: each takes what lowers its home balance, so that the last
one leaves no penny of rounding on the receivable; after a reversal the parts add up again.
"""

from decimal import Decimal

from django.db.models import F, QuerySet, Sum
from django.db.models.expressions import Combinable

from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Document,
    Invoice,
    OutsideEntry,
    Payment,
    Refund,
)
from apps.core.money import ZERO, rounded

STORED = Decimal("0.0001")  # the places that amounts are stored with

Source = Payment | CreditNote | Adjustment | OutsideEntry
Target = Invoice | Refund | Adjustment
Record = Source | Target


def home_value(record: Record) -> Decimal:
    """The whole record in home currency: what the bank took where that was home money."""
    if isinstance(record, Document):
        return record.home_total
    home = record.company.home_currency
    if isinstance(record, Payment) and record.bank_currency == home and record.bank_amount:
        return record.bank_amount
    return rounded(record.amount * record.exchange_rate, home)


def open_amount(record: Record) -> Decimal:
    """What of it is neither applied nor settled, in its own currency. Records are read afresh."""
    if isinstance(record, Invoice):
        return record.balance_due
    if isinstance(record, CreditNote):
        return record.open_credit
    if isinstance(record, Payment):
        return record.on_account
    # SQLite adds in binary fractions: rounded to what is stored, the sum is the amount again.
    return record.amount - _sum(record, F("amount"))


def home_left(record: Record) -> Decimal:
    """What is left of its home value: of an invoice, its home balance.

    A source's parts were worth what they took off their targets and the difference realised.
    """
    if isinstance(record, Payment | CreditNote | OutsideEntry) or end_of(record) == "adjustment":
        return home_value(record) - _sum(record, F("home_amount") + F("exchange_difference"))
    return home_value(record) - _sum(record, F("home_amount"))


def part_of(record: Record, amount: Decimal) -> Decimal:
    """What `amount`, about to be taken of it, is worth in home currency.

    It is what it takes off the home balance: what stays open is worth its amount at the rate, to
    the minor unit, as ledgers show it.
    """
    if record.currency == record.company.home_currency:
        return amount
    return worth_of(record, amount, home_left(record))


def worth_of(record: Record, amount: Decimal, home_left: Decimal) -> Decimal:
    """The same of a record in another currency of which `home_left` is left in home currency."""
    left = max(home_left, ZERO)
    stays = rounded(
        (open_amount(record) - amount) * record.exchange_rate, record.company.home_currency
    )
    return left - min(stays, left)


def end_of(record: Record) -> str:
    """The field by which an allocation names it, as what is set off or what it is set against."""
    if isinstance(record, Adjustment):
        return "adjustment" if record.side == Adjustment.Side.CREDIT else "charge"
    return record.kind


def standing(record: Record) -> "QuerySet[Allocation]":
    """Its allocations that were not reversed, oldest first."""
    rows: QuerySet[Allocation] = Allocation.objects.filter(
        reversed_on=None, **{end_of(record): record}
    )
    return rows.order_by("pk")


def _sum(record: Record, of: Combinable) -> Decimal:
    total = standing(record).order_by().aggregate(sum=Sum(of))["sum"]
    return Decimal(total or 0).quantize(STORED)
