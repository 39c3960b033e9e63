"""What makes the tax, discounts and exchange rate of a draft unfit to issue, a sentence for each."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.formats import date_format

from apps.billing.models import (
    UNTAXED,
    Company,
    Document,
    DocumentLine,
    TaxMode,
    TaxRate,
)
from apps.billing.sums.exchange_rates import no_rate
from apps.core.money import ZERO, fits, is_held, minor_unit, rounded


def refuse_exchange_rate(document: Document, company: Company) -> None:
    """Home currency is worth one of itself; any other needs a rate of its own."""
    if document.currency == company.home_currency:
        if document.exchange_rate != 1:
            raise ValidationError(f"The exchange rate of {document.currency} to itself is 1.")
    elif document.exchange_rate == 1 and document.exchange_rate_date is None:  # as drafts begin
        raise ValidationError(no_rate(document.currency, document.issue_date))
    elif document.exchange_rate <= 0:
        raise ValidationError("The exchange rate must be more than nil.")
    elif not is_held(document.exchange_rate) and not _has_its_invoices_rate(document):
        raise ValidationError(
            f"The exchange rate {document.exchange_rate.normalize():f} has more than 7 decimals, "
            "which is all that ledgers hold. Give the document one of at most 7."
        )


def _has_its_invoices_rate(document: Document) -> bool:
    origin = document.origin
    return origin is not None and origin.exchange_rate == document.exchange_rate


def refuse_tax(
    document: Document,
    lines: Sequence[DocumentLine],
    company: Company,
    borne: Collection[int] = (),
) -> None:
    """Rates that do not fit. `borne` are those that the document bears already."""
    on = tax_date(document)
    for line in lines:
        rate = line.tax_rate
        if rate is None:
            continue
        name = f"Line {line.position}: the tax rate {rate}"
        if rate.company_id != company.pk:
            raise ValidationError(f"{name} belongs to another company.")
        if document.tax_mode == TaxMode.NONE:
            raise ValidationError(
                f"{name} cannot stand on a document that is not taxed at all. "
                "Take it off, or say that the amounts are without or with tax."
            )
        if not rate.active and rate.pk not in borne and not _mirrors(document, rate):
            raise ValidationError(f"{name} is no longer offered. Choose another.")
        if why := _out_of_date(rate, on):
            raise ValidationError(f"{name} {why}")
        if rate.treatment not in UNTAXED and not rate.components.all():
            raise ValidationError(f"{name} has no percentage yet. Give it a component.")


def _mirrors(document: Document, rate: TaxRate) -> bool:
    """Whether it takes back what a document of this rate charged."""
    origin = document.origin
    return origin is not None and origin.lines.filter(tax_rate=rate).exists()


def tax_date(document: Document) -> date:
    """The day whose rates count: a credit note takes back what its invoice's day charged."""
    origin = document.origin
    return document.issue_date if origin is None else tax_date(origin)


def _out_of_date(rate: TaxRate, on: date) -> str:
    if rate.valid_from is not None and on < rate.valid_from:
        return f"holds from {_day(rate.valid_from)}, not yet on {_day(on)}."
    if rate.valid_to is not None and on > rate.valid_to:
        return f"held until {_day(rate.valid_to)}, no longer on {_day(on)}."
    return ""


def refuse_discounts(document: Document, lines: Sequence[DocumentLine]) -> None:
    """Discounts of both kinds, finer than the currency, below nil, or more than what they lower."""
    whole = ZERO
    for line in lines:
        amount = rounded(line.quantity * line.unit_price, document.currency)
        name = f"the discount of line {line.position}"
        whole += amount - _discount(line, amount, name, document.currency)
    _discount(document, whole, "the discount of the document", document.currency)


def _discount(of: Document | DocumentLine, amount: Decimal, name: str, currency: str) -> Decimal:
    percent, discount = of.discount_percent, of.discount_amount
    if percent is not None and discount is not None:
        raise ValidationError(f"Give {name} as a percentage or as an amount, not both.")
    if percent is not None:
        if not 0 <= percent <= 100:
            raise ValidationError(f"As a percentage, {name} is from 0 to 100.")
        return rounded(amount * percent / 100, currency)
    if not discount:
        return ZERO
    if not fits(discount, currency):
        raise ValidationError(
            f"{_start(name)} has more decimals than {currency}, whose smallest amount is "
            f"{minor_unit(currency)}."
        )
    if abs(discount) > abs(amount):
        raise ValidationError(
            f"{_start(name)} is {discount:.{_decimals(currency)}f}, more than the "
            f"{amount:.{_decimals(currency)}f} it is taken from."
        )
    if (discount < 0) != (amount < 0):
        raise ValidationError(f"{_start(name)} would raise the amount. Give one that lowers it.")
    return discount


def _start(name: str) -> str:
    return name[0].upper() + name[1:]


def _decimals(currency: str) -> int:
    exponent = minor_unit(currency).as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _day(when: date) -> str:
    return date_format(when, "j F Y")
