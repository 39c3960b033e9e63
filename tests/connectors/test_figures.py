"""Figures as a ledger expects to read them: the decimals of their currency, and no value changed."""

from datetime import date
from decimal import Decimal

import pytest

from apps.connectors.figures import plain, with_decimals
from apps.connectors.snapshots import InvoiceSnapshot, ItemSnapshot, Line, TaxAmount

STORED = Decimal("10.0000")


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        ("10.0000", "0.01", "10.00"),
        ("10", "0.01", "10.00"),
        ("0.0000", "0.01", "0.00"),
        ("-0.00", "0.01", "0.00"),
        ("-5.5000", "0.001", "-5.500"),
        ("1200.0000", "1", "1200"),
        ("80.123456", "0.01", "80.123456"),
        (
            "10.0050",
            "0.01",
            "10.005",
        ),  # finer than it may be: theirs to object to, not ours to round
    ],
)
def test_a_figure_has_the_decimals_of_its_unit_and_more_where_it_is_finer(
    value: str, unit: str, written: str
) -> None:
    assert str(plain(Decimal(value), Decimal(unit))) == written


@pytest.mark.parametrize(
    ("currency", "amount"), [("GBP", "10.00"), ("JPY", "10"), ("KWD", "10.000")]
)
def test_every_amount_of_a_snapshot_is_in_the_decimals_of_its_currency(
    currency: str, amount: str
) -> None:
    line = Line(key="1", net=STORED, quantity=Decimal("2.000000"), unit_price=Decimal("5.000000"))
    stored = InvoiceSnapshot(
        marker="m",
        number="INV-1",
        customer_id="1",
        issue_date=date(2026, 3, 1),
        currency=currency,
        lines=(line,),
        net=STORED,
        tax=STORED,
        total=STORED,
        taxes=(TaxAmount(rate_id="1", net=STORED, tax=STORED),),
        exchange_rate=Decimal("0.8000000000"),
        home_total=STORED,
    )

    sent = with_decimals(stored, "GBP")

    assert sent == stored
    (line,), (tax,) = sent.lines, sent.taxes
    written = (sent.net, sent.tax, sent.total, line.net, tax.net, tax.tax)
    assert {str(each) for each in written} == {amount}
    assert (str(line.quantity), line.unit_price) == ("2", Decimal(5))
    assert (str(sent.exchange_rate), str(sent.home_total)) == ("0.8", "10.00")


def test_an_item_is_priced_in_home_currency_or_not_at_all() -> None:
    priced = ItemSnapshot(marker="m", code="C", name="N", unit_price=Decimal("80.500000"))
    assert str(with_decimals(priced, "GBP").unit_price) == "80.50"
    unpriced = ItemSnapshot(marker="m", code="C", name="N")
    assert with_decimals(unpriced, "GBP") == unpriced
