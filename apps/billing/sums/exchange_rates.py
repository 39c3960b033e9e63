"""Which exchange rate holds on a day, and how a draft in a foreign currency comes to its own."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format

from apps.billing.models import Company, Document, ExchangeRate


def rate_for(company: Company, currency: str, day: date) -> ExchangeRate | None:
    """The latest rate of this currency on or before this day."""
    rates = ExchangeRate.objects.filter(company=company, currency=currency, date__lte=day)
    return rates.order_by("-date").first()


def no_rate(currency: str, day: date) -> str:
    return (
        f"There is no exchange rate of {currency} on or before {date_format(day, 'j F Y')}. "
        "Enter one under Exchange rates, or give the document its own."
    )


class RateBook:
    """The rates of several currencies up to a day, asked for once: for many documents at a time."""

    def __init__(self, company: Company, currencies: Iterable[str], until: date) -> None:
        self._rates: dict[str, list[ExchangeRate]] = {each: [] for each in currencies}
        if self._rates:
            asked = ExchangeRate.objects.filter(
                company=company, currency__in=list(self._rates), date__lte=until
            )
            for rate in asked.order_by("date"):
                self._rates[rate.currency].append(rate)

    def rate_for(self, currency: str, day: date) -> ExchangeRate | None:
        rates = self._rates.get(currency, [])
        place = bisect_right(rates, day, key=lambda rate: rate.date)
        return rates[place - 1] if place else None


def take_rate(document: Document, company: Company) -> None:
    """Give a draft its exchange rate, in memory only: its origin's, or the latest of its day.

    What was typed stays. Where no rate is known the draft keeps what it has: issuing refuses it.
    """
    origin = document.origin
    if origin is not None:
        document.exchange_rate = origin.exchange_rate
        document.exchange_rate_date = origin.exchange_rate_date
        document.exchange_rate_source = origin.exchange_rate_source
    elif document.currency != company.home_currency and not _is_typed(document, company):
        bear(document, rate_for(company, document.currency, document.issue_date))


def bear(document: Document, rate: ExchangeRate | None) -> None:
    if rate is not None:
        document.exchange_rate = rate.rate
        document.exchange_rate_date = rate.date
        document.exchange_rate_source = rate.source


def _is_typed(document: Document, company: Company) -> bool:
    """Whether its rate is its own and not one of the company's, which follows the document's date."""
    if document.exchange_rate_date is None:
        return document.exchange_rate != Decimal(1)
    return not ExchangeRate.objects.filter(
        company=company,
        currency=document.currency,
        date=document.exchange_rate_date,
        rate=document.exchange_rate,
        source=document.exchange_rate_source,
    ).exists()
