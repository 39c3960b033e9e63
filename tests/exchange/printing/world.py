"""Companies and customers with all that stands on paper."""

from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.models import Company, Customer, Invoice, TaxRate
from tests.factories import make_company, make_customer, make_invoice, make_tax_rate


def company(**fields: Any) -> Company:
    defaults = {
        "legal_name": "Thornfield Trading Ltd",
        "address": "14 Wharf Street\nBristol BS1 4RN",
        "email": "accounts@thornfield.example",
        "phone": "+44 117 496 0123",
        "tax_number": "GB417209315",
        "country": "GB",
    }
    return make_company(**{**defaults, **fields})


def customer(of: Company, **fields: Any) -> Customer:
    defaults = {
        "name": "Bell & Daughters",
        "email": "bell@example.com",
        "address_lines": "3 Mill Lane",
        "city": "York",
        "postal_code": "YO1 7HT",
        "country": "GB",
        "tax_number": "GB998123456",
    }
    return make_customer(of, **{**defaults, **fields})


def rate(of: Company, *percents: int, **fields: Any) -> TaxRate:
    """With no percentage: one under which nothing is due."""
    made = make_tax_rate(of, *percents, **fields)
    if not percents:
        made.components.all().delete()
    return made


def two_rates(**fields: Any) -> Invoice:
    """53.97 (3 × 19.99 less 10 %) at 20 % and 90.00 at 5 %, 5.00 off the whole.

    By hand: 5.00 is spread 1.87 and 3.13, so net 52.10 and 86.87, tax 10.42 and 4.34, together
    138.97 + 14.76 = 153.73; before discounts 59.97 + 90.00 = 149.97, off 11.00.
    """
    home = company()
    lines = [
        (
            "Lantern",
            3,
            "19.99",
            rate(home, 20, code="S20", name="Standard rate"),
            {"discount_percent": Decimal(10)},
        ),
        ("Fuel", 2, 45, rate(home, 5, code="R5", name="Fuel rate", treatment="reduced")),
    ]
    given = {"discount_amount": Decimal(5), "issue_date": date(2026, 3, 2), **fields}
    return make_invoice(customer=customer(home), lines=lines, **given)
