"""The tax within a fee of a bank or processor, which the company takes back from the tax office."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import QuerySet

from apps.billing.models import UNTAXED, Company, Refund, TaxRate
from apps.billing.rules.documents import day
from apps.billing.sums.tax_rates import hold_rates
from apps.core.money import ZERO, fits, rounded


@dataclass(frozen=True, slots=True)
class FeeParts:
    """A fee as the bank took it, with the sign it had: net + tax."""

    net: Decimal
    tax: Decimal


def fee_rates(company: Company) -> "QuerySet[TaxRate]":
    """The rates that a fee may bear: offered, and with tax that is really paid."""
    rates: QuerySet[TaxRate] = TaxRate.objects.filter(company=company, active=True)
    return rates.exclude(treatment__in=UNTAXED).filter(components__percent__gt=0).distinct()


def parts_of_fee(amount: Decimal, rate: TaxRate | None, currency: str) -> FeeParts:
    """Take the tax out of a fee that includes it, rounded as an invoice of one line rounds it."""
    if rate is None:
        return FeeParts(amount, ZERO)
    net = rounded(amount * 100 / (100 + rate.percent), currency)
    return FeeParts(net, amount - net)


def refuse_fee_rate(rate: TaxRate, company: Company, on: date) -> None:
    """Raise ValidationError where a fee of that day cannot bear this rate."""
    if rate.company_id != company.pk:
        raise ValidationError(f"The tax rate {rate} belongs to another company.")
    if rate.treatment in UNTAXED or rate.percent <= 0:
        raise ValidationError(f"The tax rate {rate} asks no tax. Leave it off the fee.")
    if rate.valid_from is not None and on < rate.valid_from:
        raise ValidationError(f"The tax rate {rate} holds from {day(rate.valid_from)}.")
    if rate.valid_to is not None and on > rate.valid_to:
        raise ValidationError(f"The tax rate {rate} held until {day(rate.valid_to)}.")


def bear_fee(refund: Refund, fee: Decimal, rate: TaxRate | None) -> None:
    """Put the bank's fee, and the tax within it at this rate, on a refund that is in memory.

    Raises ValidationError; the rate is held until the transaction ends.
    """
    if not fee.is_finite() or fee < 0:
        raise ValidationError("A fee cannot be below nil.")
    if not fits(fee, refund.currency):
        raise ValidationError(f"The fee has more decimals than {refund.currency}.")
    refund.fee = fee
    if rate is None:
        return
    if not fee:
        raise ValidationError("Without a fee there is no tax in it. Type the fee, or leave it off.")
    hold_rates([rate.pk])
    refuse_fee_rate(rate, refund.company, refund.date)
    refund.fee_tax = parts_of_fee(fee, rate, refund.currency).tax
    refund.fee_tax_rate = rate if refund.fee_tax else None
