"""Rules that money coming in and going out share, each with its sentence for staff."""

from collections.abc import Sequence
from datetime import date

from django.core.exceptions import ValidationError

from apps.billing.changes import maker
from apps.billing.models import Company, Deposit, OutsideDeposit, Payment, PaymentMethod, Refund
from apps.billing.rules.documents import day


def day_of_act(company: Company, on: date | None, dates: Sequence[date]) -> date:
    """The day of taking something back: today unless given, never before what it takes back."""
    first = max(dates)
    on = on or max(company.today(), first)
    if on < first:
        raise ValidationError(
            f"What it was set against is dated {day(first)}; it cannot be cancelled before."
        )
    company.refuse_closed(on)
    return on


def refuse_method(method: PaymentMethod | None, company: Company, currency: str) -> None:
    """Money of one currency moves by a method of that currency, or of the home currency."""
    if method is None:
        return
    if method.company_id != company.pk:
        raise ValidationError(f"The payment method “{method}” belongs to another company.")
    if method.currency not in (currency, company.home_currency):
        raise ValidationError(
            f"“{method}” takes {method.currency}; this is in {currency}. "
            f"Use a method in {_either(currency, company.home_currency)}."
        )


def standing_deposit(record: Payment | Refund) -> Deposit | None:
    """The bank deposit it lies in."""
    line = record.deposit_lines.filter(standing=True).select_related("deposit").first()
    return line.deposit if line is not None else None


def refuse_deposited(record: Payment | Refund) -> None:
    deposit = standing_deposit(record)
    if deposit is not None:
        raise ValidationError(f"Take it out of the bank deposit of {deposit} first.")
    refuse_deposited_outside(record)


def refuse_deposited_outside(record: Payment | Refund) -> None:
    """What a ledger itself takes out of its deposit, it may also change."""
    if not isinstance(record, Payment) or maker().origin:
        return
    there = OutsideDeposit.objects.filter(payment=record).first()
    if there is not None:
        raise ValidationError(
            f"It lies in the {there}, which is only there. Take it out of that one first."
        )


def _either(currency: str, home: str) -> str:
    return home if currency == home else f"{currency} or {home}"
