"""The demo's file of a shop: two invoices come in, and the row that nobody can read is refused."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from apps.billing.models import Invoice
from apps.demo.bringing import NAME, bring_a_file
from tests.factories import make_company, make_customer, make_item


@pytest.mark.django_db
def test_what_is_good_of_it_is_issued_and_the_rest_is_told(tmp_path: Path) -> None:
    """By hand: 2 × 45.00 + 120.00 and 3 × 19.90."""
    company = make_company()
    for name in ("Harbour Books", "Mill Lane Dental"):
        make_customer(company, name=name)
    for code in ("A-1", "A-2", "A-3"):
        make_item(company, code=code)

    told = bring_a_file(company, tmp_path, date(2026, 3, 2))

    issued = Invoice.objects.filter(company=company, status="issued").order_by("number")
    assert [(each.number, each.total) for each in issued] == [
        ("SHOP-1001", Decimal("210.00")),
        ("SHOP-1002", Decimal("59.70")),
    ]
    assert "3 of 4 rows are good, refused: row 5:" in told
    assert "2 invoices" in told
    assert (tmp_path / NAME).is_file()
