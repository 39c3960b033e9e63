"""What a document comes to."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.billing.models import Invoice, InvoiceLine
from apps.billing.sums.totals import line_net, work_out
from apps.core.money import fits, minor_unit
from tests.factories import make_company, make_customer, make_invoice

FINE = st.decimals(-(10**5), 10**5, places=6, allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("quantity", "unit_price", "currency", "net"),
    [
        ("3", "1.99", "GBP", "5.97"),
        ("0.5", "0.01", "GBP", "0.01"),
        ("-0.5", "0.01", "GBP", "-0.01"),
        ("7", "0.0715", "GBP", "0.50"),
        ("1.333333", "3", "GBP", "4.00"),
        ("3", "33.5", "JPY", "101"),
        ("1", "0.0005", "KWD", "0.001"),
        ("0", "12.50", "GBP", "0"),
    ],
)
def test_a_line_is_quantity_by_price_rounded_half_away_from_zero(
    quantity: str, unit_price: str, currency: str, net: str
) -> None:
    assert line_net(Decimal(quantity), Decimal(unit_price), currency) == Decimal(net)


@given(FINE, FINE, st.sampled_from(["GBP", "JPY", "KWD"]))
def test_a_line_taken_back_cancels_to_nil(quantity: Decimal, price: Decimal, currency: str) -> None:
    net = line_net(quantity, price, currency)
    assert fits(net, currency)
    assert net + line_net(-quantity, price, currency) == 0
    assert abs(net - quantity * price) <= minor_unit(currency) / 2


def test_a_line_larger_than_can_be_held_is_refused() -> None:
    with pytest.raises(ValidationError, match="more than an invoice can hold"):
        line_net(Decimal(10**9), Decimal(10**6), "GBP")


@pytest.mark.django_db
def test_an_invoice_adds_up_its_rounded_lines() -> None:
    # By hand: 3 × 0.335 = 1.005 → 1.01; 7 × 0.0715 = 0.5005 → 0.50; −1 × 0.25 → −0.25.
    invoice = make_invoice(
        lines=[("Candles", 3, "0.335"), ("Twine", 7, "0.0715"), ("Returned", -1, "0.25")]
    )
    assert [line.net for line in invoice.lines.all()] == [
        Decimal("1.01"),
        Decimal("0.50"),
        Decimal("-0.25"),
    ]
    assert (invoice.net, invoice.tax, invoice.total) == (Decimal("1.26"), 0, Decimal("1.26"))
    assert invoice.home_total == Decimal("1.26")
    assert invoice.balance_due == Decimal("1.26")


@pytest.mark.django_db
def test_a_currency_without_decimals_has_totals_without_decimals() -> None:
    customer = make_customer(make_company(home_currency="JPY"))
    invoice = make_invoice(customer=customer, lines=[("Paper", 3, "33.5"), ("Ink", 1, "20.4")])
    assert invoice.total == 121  # 101 + 20


@pytest.mark.django_db
def test_working_out_twice_writes_once() -> None:
    invoice = make_invoice(issued=False)
    line = InvoiceLine.objects.get(document=invoice)
    line.quantity = Decimal(3)
    line.save()
    work_out(invoice)
    revision = invoice.revision
    assert Invoice.objects.get(pk=invoice.pk).total == 30
    work_out(invoice)
    assert Invoice.objects.get(pk=invoice.pk).revision == revision


@pytest.mark.django_db
def test_an_issued_invoice_is_not_worked_out_again() -> None:
    invoice = make_invoice()
    revision = invoice.revision
    work_out(invoice)
    assert Invoice.objects.get(pk=invoice.pk).revision == revision
