"""The discounts of a document apart: every line can be worked out again, and together they tie."""

from decimal import Decimal

import pytest

from apps.billing.models import Document, TaxMode
from apps.billing.sums.discounts import PricedLine, priced_lines
from tests.factories import (
    make_company,
    make_credit_note,
    make_customer,
    make_invoice,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db

TEN = {"discount_percent": Decimal(10)}
TWO_OFF = {"discount_amount": Decimal(2)}


def amounts(document: Document) -> list[PricedLine]:
    """As `priced_lines` says, once they are seen to tie to what the document comes to."""
    found = priced_lines(document, list(document.lines.all()))
    whole = document.total if document.tax_mode == TaxMode.INCLUSIVE else document.net
    assert sum(each.amount for each in found) - document.discount == whole
    return found


@pytest.mark.parametrize("mode", TaxMode.values)
def test_each_line_has_its_own_discount_and_the_whole_another(mode: str) -> None:
    """3 × 19.99 less 10 % (6.00), 45.00 less 2.00, 7.77 as it is; then 5 % off the whole."""
    home = make_company()
    taxed = make_tax_rate(home, 20) if mode != TaxMode.NONE else None
    lines = [
        ("Lantern", 3, "19.99", taxed, TEN),
        ("Oil", 1, 45, taxed, TWO_OFF),
        ("Wick", 1, "7.77", taxed),
    ]
    given = {"tax_mode": mode, "discount_percent": Decimal(5)}
    invoice = make_invoice(customer=make_customer(home), lines=lines, **given)

    found = amounts(invoice)
    assert [(each.discount, each.amount) for each in found] == [
        (Decimal("6.00"), Decimal("53.97")),
        (Decimal("2.00"), Decimal("43.00")),
        (Decimal("0.00"), Decimal("7.77")),
    ]
    assert invoice.discount == Decimal("5.24")
    assert amounts(make_credit_note(invoice=invoice)) == found


def test_parts_credited_to_the_last_cent_tie_too() -> None:
    """Three thirds of an invoice: the last takes the cents that the others left."""
    home = make_company()
    taxed = make_tax_rate(home, 20)
    given = {"tax_mode": TaxMode.INCLUSIVE}
    invoice = make_invoice(
        customer=make_customer(home), lines=[("Lantern", 3, "3.33", taxed, TEN)], **given
    )
    for _ in range(2):
        part = [("Lantern", 1, "3.33", taxed, TEN)]
        note = make_credit_note(invoice=invoice, lines=part, **given)
        assert [each.discount for each in amounts(note)] == [Decimal("0.33")]
