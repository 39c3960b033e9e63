"""What money came to at the bank: in which currency, how much, and at which rate."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.exchange_rates import rate_for
from apps.billing.models import Company, PaymentMethod
from apps.billing.money_rules import refuse_method
from apps.billing.rules import day, require_amount
from apps.core.money import rounded

RATE_UNIT = Decimal("1e-10")  # as rates are stored
HIGHEST_RATE = Decimal(10) ** 10
ONE = Decimal(1)


@dataclass(frozen=True, kw_only=True, slots=True)
class BankSide:
    """`amount` is in `currency`, `rate` home currency per unit of the payment's."""

    currency: str
    amount: Decimal
    rate: Decimal = ONE
    rate_date: date | None = None
    rate_source: str = ""


def bank_side(
    *,
    company: Company,
    currency: str,
    amount: Decimal,
    date: date,
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
    if there not in (currency, home):
        raise ValidationError(
            f"It reached the bank in {there}, but it pays {currency}. Receive it by a method in "
            f"{currency}{'' if currency == home else f' or {home}'}: the exchange between the two "
            "is the bank's own entry."
        )
    if method is not None and method.currency != there:
        raise ValidationError(f"“{method}” takes {method.currency}, not {there}.")
    if bank_amount is not None:
        require_amount(bank_amount, there)
    if there == currency and bank_amount not in (None, amount):
        raise ValidationError(
            f"It reached the bank in {there}, so it is {amount:.2f} there too, "
            f"not {bank_amount:.2f}."
        )
    if currency == home:
        if exchange_rate not in (None, ONE):
            raise ValidationError(f"The exchange rate of {currency} to itself is 1.")
        return BankSide(currency=home, amount=amount)
    if there == currency or bank_amount is None:
        rate, dated, source = _rate(company, currency, date, exchange_rate, exchange_rate_source)
        worth = rounded(amount * rate, home)
        return BankSide(
            currency=there,
            amount=amount if there == currency else worth,
            rate=rate,
            rate_date=dated,
            rate_source=source,
        )
    if exchange_rate is not None and rounded(amount * _fit(exchange_rate), home) != bank_amount:
        raise ValidationError(
            f"{amount:.2f} {currency} at {exchange_rate.normalize():f} is "
            f"{rounded(amount * exchange_rate, home):.2f} {home}, not {bank_amount:.2f}."
        )
    return BankSide(
        currency=there,
        amount=bank_amount,
        rate=exchange_rate or _fit((bank_amount / amount).quantize(RATE_UNIT)),
        rate_date=date,
        rate_source=exchange_rate_source or "Bank",
    )


def _rate(
    company: Company, currency: str, on: date, given: Decimal | None, source: str
) -> tuple[Decimal, date, str]:
    if given is not None:
        return _fit(given), on, source
    listed = rate_for(company, currency, on)
    if listed is None:
        raise ValidationError(
            f"There is no exchange rate of {currency} for {day(on)}. Give one, or enter it in the "
            "list of rates."
        )
    return listed.rate, listed.date, listed.source


def _fit(rate: Decimal) -> Decimal:
    if not rate.is_finite() or not 0 < rate < HIGHEST_RATE:
        raise ValidationError("An exchange rate is more than nil.")
    if rate != rate.quantize(RATE_UNIT):
        raise ValidationError("An exchange rate has at most 10 decimals.")
    return rate
