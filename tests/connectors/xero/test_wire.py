"""Figures, days, rates and marks, both ways."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connectors.snapshots import Kind
from apps.connectors.xero import wire
from apps.connectors.xero.bodies import line_json
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE, lines_of
from apps.connectors.xero.objects import objects_of
from apps.connectors.xero.rules import cents, project
from apps.connectors.xero.wire import Unread
from tests.connectors.xero import answers

AMOUNTS = st.decimals(
    min_value="-999999999.99", max_value="999999999.99", places=2, allow_nan=False
)
ABOVE = st.decimals(min_value="0.01", max_value="999999999.99", places=2, allow_nan=False)
QUANTITIES = st.decimals(min_value="0.0001", max_value="99999", places=6, allow_nan=False)
PRICES = st.decimals(min_value="-99999", max_value="99999", places=6, allow_nan=False)
RATES = st.decimals(min_value="0.001", max_value="10000", places=10, allow_nan=False)


@given(AMOUNTS)
def test_an_amount_comes_back_as_it_went(amount: Decimal) -> None:
    sent = wire.dump({"Amount": wire.money(amount)})
    assert wire.figure(json.loads(sent), "Amount") == amount
    assert sent.decode().rpartition(".")[2][:2].isdigit()  # always two decimals, nil included


@given(QUANTITIES, PRICES, ABOVE)
@pytest.mark.parametrize("kind", [INVOICE, CREDIT_NOTE])
def test_a_line_is_always_spelt_so_that_it_comes_to_its_net(
    kind: str, quantity: Decimal, price: Decimal, net: Decimal
) -> None:
    """Whatever the quantity and the price are: quantity × price less the discount, rounded half up,
    is the net, with four decimals at most; so that nothing of theirs has to be believed."""
    line = answers.line(quantity=quantity, unit_price=price, net=str(net), tax="0.00")
    make = answers.invoice if kind == INVOICE else answers.credit_note
    held = project(make(line), "GBP", "tax_types").lines[0]
    body = json.loads(wire.dump(line_json(held, kind, "tax_types")), parse_float=Decimal)
    product = Decimal(body["Quantity"]) * Decimal(body["UnitAmount"])
    discount = Decimal(body.get("DiscountAmount", 0))
    assert cents(product - discount) == net == Decimal(body["LineAmount"])
    assert Decimal(body["UnitAmount"]) % Decimal("0.0001") == 0
    assert Decimal(body["Quantity"]) % Decimal("0.0001") == 0
    assert "DiscountAmount" not in body or (kind == INVOICE and 0 < discount <= product)
    (read,) = lines_of({"LineItems": [body]})
    assert (read.net, read.quantity, read.unit_price) == (net, held.quantity, held.unit_price)


@given(RATES)
def test_a_rate_turned_round_and_back_is_the_rate_that_is_compared(rate: Decimal) -> None:
    there = wire.their_rate(rate)
    assert there % wire.RATE == 0
    assert wire.our_rate(there) == wire.projected_rate(rate)
    assert wire.projected_rate(wire.projected_rate(rate)) == wire.projected_rate(rate)


@pytest.mark.parametrize(
    ("ours", "theirs"), [("1", "1"), ("0.8", "1.25"), ("0.9", "1.111111"), ("150", "0.006667")]
)
def test_their_rate_is_foreign_per_home_to_six_decimals(ours: str, theirs: str) -> None:
    assert wire.their_rate(Decimal(ours)) == Decimal(theirs)


@pytest.mark.parametrize("rate", ["0", "-1", "10000000"])
def test_a_rate_that_cannot_be_turned_round_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="nil"):
        wire.their_rate(Decimal(rate))


@pytest.mark.parametrize(
    "source",
    [
        {"Date": "/Date(1795132800000+0000)/"},
        {"Date": "/Date(1795132800000+1300)/"},  # UTC already: never shifted
        {"Date": "/Date(1795132800000)/"},
        {"Date": "/Date(0)/", "DateString": "2026-11-20T00:00:00"},
        {"Date": "2026-11-20"},
    ],
)
def test_a_day_is_a_calendar_day(source: dict[str, str]) -> None:
    assert wire.day(source, "Date") == date(2026, 11, 20)


def test_days_before_1970_are_days() -> None:
    assert wire.day({"Date": "/Date(-86400000+0000)/"}, "Date") == date(1969, 12, 31)


@pytest.mark.parametrize("value", [None, "", "0000-00-00", "soon", 7])
def test_no_day_is_no_guess(value: object) -> None:
    with pytest.raises(Unread):
        wire.day({"Date": value}, "Date")


@pytest.mark.parametrize("value", [None, "", "n/a", True, [], "NaN", 1e30])
def test_what_is_no_figure_is_never_nil(value: object) -> None:
    with pytest.raises(Unread):
        wire.figure({"Total": value}, "Total")


def test_a_time_is_a_time_with_and_without_its_zone() -> None:
    told = datetime(2026, 11, 20, 4, 46, 40, tzinfo=UTC)
    for value in (answers.CHANGED, "2026-11-20T04:46:40", "2026-11-20T04:46:40Z"):
        assert wire.moment({"UpdatedDateUTC": value}, "UpdatedDateUTC") == told
    assert wire.version_of({"UpdatedDateUTC": answers.CHANGED}) == "1795150000000"
    assert wire.moment({}, "UpdatedDateUTC") is None


def test_the_short_marker_stands_behind_a_reference_and_is_taken_off_it() -> None:
    assert wire.short_marker(answers.MARKER) == answers.SHORT
    assert wire.with_short("BACS 17", answers.MARKER) == f"BACS 17 {answers.SHORT}"
    assert wire.without_short(f"BACS 17 {answers.SHORT}") == "BACS 17"
    assert wire.with_short("", answers.MARKER) == answers.SHORT
    assert wire.without_short("TWENTY POUNDS") == "TWENTY POUNDS"


def test_a_mark_says_whose_it_is_and_what_it_stands_for() -> None:
    for what in ("", "refund", "adjustment"):
        marker = str(uuid4())
        words = wire.with_mark("Bank fees", marker, what)
        assert wire.mark_in(words) == (UUID(marker).hex, what)
        assert wire.without_mark(words) == "Bank fees"
    assert wire.helper_in(wire.helper_number(answers.MARKER, "refund")) == "refund"
    assert wire.helper_in(wire.helper_number(answers.MARKER, "adjustment")) == "adjustment"
    assert wire.helper_in("INV-1") == ""


@given(ABOVE, RATES)
def test_what_a_document_is_worth_at_home_is_told_by_their_rate(
    total: Decimal, rate: Decimal
) -> None:
    there = wire.their_rate(rate)
    raw = answers.invoice_raw(
        CurrencyCode="USD",
        CurrencyRate=float(there),
        Total=float(total),
        SubTotal=float(total),
        TotalTax=0.0,
        LineItems=[answers.line_raw(LineAmount=float(total), TaxAmount=0.0)],
    )
    (read,) = objects_of(INVOICE, raw, "GBP")
    assert read.of_kind is Kind.INVOICE
    assert read.snapshot is not None
    assert read.snapshot.home_total == cents(total / there)
    assert read.snapshot.exchange_rate == wire.projected_rate(rate)
