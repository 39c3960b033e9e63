"""What counts as a difference between both sides of a record."""

import dataclasses
from datetime import date
from decimal import Decimal

from apps.connectors.snapshots import InvoiceSnapshot, Line, TaxAmount, differences

STANDARD = TaxAmount(rate_id="1", net=Decimal(100), tax=Decimal(20))
ZERO_RATED = TaxAmount(rate_id="5", net=Decimal(50))
INVOICE = InvoiceSnapshot(
    marker="m",
    number="INV-1",
    customer_id="1",
    issue_date=date(2026, 3, 1),
    currency="GBP",
    lines=(Line(key="1", net=Decimal(150)),),
    net=Decimal(150),
    tax=Decimal(20),
    total=Decimal(170),
    taxes=(STANDARD, ZERO_RATED),
)


def test_tax_of_nil_is_no_difference_whether_it_is_listed_or_not() -> None:
    without = dataclasses.replace(INVOICE, taxes=(STANDARD,))
    assert differences(INVOICE, without) == differences(without, INVOICE) == ()


def test_tax_of_a_rate_is_asked_and_what_it_is_due_on_is_theirs() -> None:
    dearer = dataclasses.replace(STANDARD, tax=Decimal("20.01"), net=Decimal("100.05"))
    found = differences(INVOICE, dataclasses.replace(INVOICE, taxes=(ZERO_RATED, dearer)))
    assert [(each.path, each.whose) for each in found] == [
        ("taxes.1.net", "kept"),
        ("taxes.1.tax", "ask"),
    ]
    (gone,) = differences(INVOICE, dataclasses.replace(INVOICE, taxes=()))
    assert (gone.path, gone.whose) == ("taxes", "ask")
