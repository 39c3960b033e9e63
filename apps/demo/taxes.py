"""British VAT for the sample companies, and the exchange rates of a season."""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from apps.billing.models import (
    Company,
    Customer,
    ExchangeRate,
    Item,
    TaxAgency,
    TaxComponent,
    TaxRate,
    Treatment,
)

SEED = 20263
AGENCY = "HMRC"
REGISTRATION = "GB 123 4567 89"
# Of a hundred items of a file that names no rates: at the standard and at the reduced rate.
STANDARD, REDUCED = 70, 10
EURO = Decimal("0.8600")
RATE_EVERY = 7  # days


@dataclass(frozen=True, slots=True)
class Vat:
    """The rates of a company."""

    standard: TaxRate
    reduced: TaxRate
    zero: TaxRate
    outside: TaxRate


def charge_vat(company: Company) -> Vat:
    """Give a company the rates that its documents bear."""
    agency = TaxAgency.objects.create(company=company, name=AGENCY, registration=REGISTRATION)

    def rate(code: str, name: str, treatment: Treatment, percent: str) -> TaxRate:
        made = TaxRate.objects.create(
            company=company, code=code, name=name, treatment=treatment, country="GB"
        )
        TaxComponent.objects.create(
            rate=made, agency=agency, name=name, percent=Decimal(percent), position=1
        )
        return made

    return Vat(
        standard=rate("S20", "VAT at 20 %", Treatment.STANDARD, "20"),
        reduced=rate("R5", "VAT at 5 %", Treatment.REDUCED, "5"),
        zero=rate("Z0", "Zero rated", Treatment.ZERO, "0"),
        outside=rate("OS", "Outside the scope of VAT", Treatment.OUTSIDE, "0"),
    )


def lay_vat(company: Company) -> None:
    """Lay rates over the items and customers of a file that names none, from a fixed seed.

    Customers abroad are zero rated; of the items most bear the standard rate.
    """
    vat = charge_vat(company)
    dice = random.Random(SEED)
    for item in Item.objects.filter(company=company).order_by("code"):
        chance = dice.randrange(100)
        item.tax_rate = (
            vat.standard
            if chance < STANDARD
            else vat.reduced
            if chance < STANDARD + REDUCED
            else vat.zero
        )
        item.save()
    for customer in Customer.objects.filter(company=company).exclude(country__in=("", "GB")):
        customer.tax_rate = vat.zero
        customer.save()


def note_rates(company: Company, since: date, until: date) -> None:
    """A rate of the euro a week, wandering as rates do."""
    dice = random.Random(SEED)
    rate, day = EURO, since
    while day <= until:
        ExchangeRate.objects.create(
            company=company, currency="EUR", date=day, rate=rate, source="ECB"
        )
        rate += Decimal(dice.randint(-60, 60)) / 10000
        day += timedelta(days=RATE_EVERY)
