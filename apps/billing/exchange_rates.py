"""Exchange rates: the one of a currency that holds on a day."""

from datetime import date

from django.core.exceptions import ValidationError

from apps.billing.models import Company, ExchangeRate
from apps.billing.rules import day as words_of


def rate_for(company: Company, currency: str, day: date) -> ExchangeRate | None:
    """The newest rate of a foreign currency on or before `day`; None where there is none."""
    rates = ExchangeRate.objects.filter(company=company, currency=currency, date__lte=day)
    return rates.order_by("-date").first()


def require_rate(company: Company, currency: str, day: date) -> ExchangeRate:
    """The same; raises ValidationError, in a sentence for staff, where there is none."""
    found = rate_for(company, currency, day)
    if found is None:
        raise ValidationError(
            f"There is no exchange rate of {currency} for {words_of(day)}. Enter one first."
        )
    return found
