"""Entries of the books written by their rows, for what only reads them."""

from datetime import date
from decimal import Decimal

from apps.billing.models import Adjustment, Company, Customer


def an_adjustment(company: Company, *, role: str, on: date) -> Adjustment:
    """Two pounds of this role on a customer's receivable."""
    made = Adjustment(
        company=company,
        customer=Customer.objects.create(company=company, name="Beech", currency="GBP"),
        role=role,
        date=on,
        currency="GBP",
        amount=Decimal(2),
    )
    made.save_by_act()
    return made
