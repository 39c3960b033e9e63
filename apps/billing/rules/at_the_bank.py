"""What money came to at the bank: in which currency, how much, and at which rate."""

from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.changes import maker
from apps.billing.models import Company, PaymentMethod
from apps.billing.rules.documents import day, require_amount
from apps.billing.rules.money import refuse_method
from apps.billing.sums.exchange_rates import rate_for
from apps.core.money import STORED_RATE, figure, is_held, rate_between, rounded

HIGHEST_RATE = Decimal(10) ** 10
ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class BankSide:
    """`amount` is in `currency`, `rate` home currency per unit of the payment's."""

    currency: str
    amount: Decimal
    rate: Decimal = ONE
    rate_date: Date | None = None
    rate_source: str = ""


def bank_side(
    *,
    company: Company,
    currency: str,
    amount: Decimal,
    date: Date,
    method: PaymentMethod | None = None,
    exchange_rate: Decimal | None = None,
    exchange_rate_source: str = "",
    bank_currency: str = "",
    bank_amount: Decimal | None = None,
) -> BankSide:
    """Work out what a payment of `amount` in `currency` came to at the bank.

    Raises ValidationError, in a sentence for staff, for a third currency, amounts that contradict
    the rate, and a foreign payment that no rate is known for.
    """
    home = company.home_currency
    refuse_method(method, company, currency)
    there = bank_currency or (method.currency if method is not None else currency)
    _refuse_third(there, currency, home, method)
    if bank_amount is not None:
        require_amount(bank_amount, there)
    if there == currency or bank_amount is None:
        held = rate_of_day(company, currency, date, exchange_rate, exchange_rate_source)
        came = amount if there == currency else rounded(amount * held.rate, home)
    else:
        rate = exchange_rate or rate_between(bank_amount, amount, home)
        held = DayRate(
            rate=_fit(rate) if exchange_rate else rate,
            date=date,
            source=exchange_rate_source or "Bank",
        )
        came = rounded(amount * held.rate, home) if exchange_rate else bank_amount
    if bank_amount is not None and bank_amount != came:
        raise ValidationError(
            f"{figure(amount, currency)} {currency} comes to {figure(came, there)} {there} at the "
            f"bank, not {figure(bank_amount, there)}."
        )
    return BankSide(
        currency=there,
        amount=came,
        rate=held.rate,
        rate_date=held.date,
        rate_source=held.source,
    )


def _refuse_third(there: str, currency: str, home: str, method: PaymentMethod | None) -> None:
    if there not in (currency, home):
        either = home if currency == home else f"{currency} or {home}"
        raise ValidationError(
            f"It reached the bank in {there}, but it pays {currency}. Receive it in {either}: the "
            "exchange between the two is the bank's own entry."
        )
    if method is not None and method.currency != there:
        raise ValidationError(f"“{method}” takes {method.currency}, not {there}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class DayRate:
    """Home currency per unit, of which day, and where it came from."""

    rate: Decimal = ONE
    date: Date | None = None
    source: str = ""


def rate_of_day(
    company: Company, currency: str, on: Date, given: Decimal | None = None, source: str = ""
) -> DayRate:
    """The given rate, or the newest of the list. Raises ValidationError where there is neither."""
    if currency == company.home_currency:
        if given not in (None, ONE):
            raise ValidationError(f"The exchange rate of {currency} to itself is 1.")
        return DayRate()
    if given is not None:
        return DayRate(rate=_fit(given), date=on, source=source)
    listed = rate_for(company, currency, on)
    if listed is None:
        raise ValidationError(
            f"There is no exchange rate of {currency} on or before {day(on)}. Give one, or enter "
            "it under Exchange rates."
        )
    return DayRate(rate=listed.rate, date=listed.date, source=listed.source)


def _fit(rate: Decimal) -> Decimal:
    if not rate.is_finite() or not 0 < rate < HIGHEST_RATE:
        raise ValidationError("An exchange rate is more than nil.")
    # What arrives from a ledger is as it holds it.
    if rate != rate.quantize(STORED_RATE) or not (is_held(rate) or maker().origin):
        raise ValidationError("An exchange rate has at most 7 decimals: ledgers hold no more.")
    return rate
