"""Sums worked by hand: discounts, tax per line and per rate, prices with tax, foreign currencies."""

from dataclasses import replace
from decimal import Decimal as D

import pytest

from apps.billing.sums.totals import (
    ComponentTerms,
    DocumentTerms,
    LineTerms,
    RateTerms,
    Sums,
    reckon,
)

S20 = RateTerms(1, (ComponentTerms(11, D(20)),))
R5 = RateTerms(2, (ComponentTerms(21, D(5)),))
ZERO_RATED = RateTerms(3, (ComponentTerms(31, D(0)),))
EXEMPT = RateTerms(4)
QUEBEC = RateTerms(5, (ComponentTerms(51, D(5)), ComponentTerms(52, D("9.975"))))
POUNDS = DocumentTerms("GBP", "GBP")


def line(price: str, rate: RateTerms | None = S20, quantity: str = "1", **more: D) -> LineTerms:
    return LineTerms(D(quantity), D(price), rate, **more)


def nets(sums: Sums) -> list[D]:
    return [each.net for each in sums.lines]


def taxes(sums: Sums) -> list[D]:
    return [each.tax for each in sums.lines]


def shares(sums: Sums) -> list[tuple[int, D, D]]:
    return [(each.component_id, each.base, each.tax) for each in sums.shares]


def test_tax_is_put_on_top_of_each_line() -> None:
    # 3 × 0.335 = 1.005 → 1.01, tax 0.202 → 0.20; 0.12 → 0.024 → 0.02; 10 at 5 % → 0.50.
    sums = reckon([line("0.335", quantity="3"), line("0.12"), line("10", R5)], POUNDS)
    assert nets(sums) == [D("1.01"), D("0.12"), D("10.00")]
    assert taxes(sums) == [D("0.20"), D("0.02"), D("0.50")]
    assert shares(sums) == [(11, D("1.13"), D("0.22")), (21, D("10.00"), D("0.50"))]
    assert (sums.net, sums.tax, sums.total) == (D("11.13"), D("0.72"), D("11.85"))
    assert (sums.home_total, sums.home_tax) == (D("11.85"), D("0.72"))


def test_per_rate_it_is_rounded_once_and_shared_out_to_the_lines() -> None:
    # Three lines of 0.12: per line 3 × 0.02 = 0.06. Per rate 0.36 × 20 % = 0.072 → 0.07;
    # each line bears 0.024, so 0.02 each, and the first takes the cent that is left.
    three = [line("0.12")] * 3
    assert reckon(three, POUNDS).tax == D("0.06")
    sums = reckon(three, replace(POUNDS, rounding="rate"))
    assert (sums.tax, sums.total) == (D("0.07"), D("0.43"))
    assert taxes(sums) == [D("0.03"), D("0.02"), D("0.02")]


def test_per_rate_a_line_taken_back_takes_its_tax_back() -> None:
    # 100.00 − 99.98 = 0.02, tax 0.004 → 0.00: the lines bear 20.00 and −20.00 (19.996).
    sums = reckon([line("100"), line("-99.98")], replace(POUNDS, rounding="rate"))
    assert taxes(sums) == [D("20.00"), D("-20.00")]
    assert (sums.net, sums.tax, shares(sums)) == (D("0.02"), 0, [(11, D("0.02"), D(0))])


def test_a_component_of_a_rate_is_rounded_by_itself() -> None:
    # 10.05: GST 0.5025 → 0.50; QST 1.0024875 → 1.00. Together at 14.975 % it would be 1.51.
    sums = reckon([line("10.05", QUEBEC)], POUNDS)
    assert shares(sums) == [(51, D("10.05"), D("0.50")), (52, D("10.05"), D("1.00"))]
    assert sums.tax == D("1.50")


def test_prices_with_tax_keep_what_the_customer_pays() -> None:
    # Per line: 10.00 ÷ 1.2 = 8.333 → 8.33, tax 1.67, three times: 24.99 + 5.01 = 30.00.
    # Per rate: 30.00 ÷ 1.2 = 25.00, tax 5.00; the missing cent of net falls on the first line.
    three = [line("10")] * 3
    inclusive = replace(POUNDS, mode="inclusive")
    sums = reckon(three, inclusive)
    assert (sums.net, sums.tax, sums.total) == (D("24.99"), D("5.01"), D("30.00"))
    sums = reckon(three, replace(inclusive, rounding="rate"))
    assert nets(sums) == [D("8.34"), D("8.33"), D("8.33")]
    assert taxes(sums) == [D("1.66"), D("1.67"), D("1.67")]
    assert (sums.net, sums.tax, sums.total) == (D("25.00"), D("5.00"), D("30.00"))
    assert shares(sums) == [(11, D("25.00"), D("5.00"))]


def test_the_cents_that_rounding_moves_fall_on_the_largest_line() -> None:
    # 1.00 → 0.83, 9.99 → 8.325 → 8.33, 1.00 → 0.83: 9.99. In one: 11.99 ÷ 1.2 = 9.9917 → 9.99.
    # 0.05, 0.05 and 4.90 have 0.04 + 0.04 + 4.08 = 4.16; in one 5.00 ÷ 1.2 = 4.1667 → 4.17, so
    # the largest becomes 4.09.
    terms = replace(POUNDS, mode="inclusive", rounding="rate")
    assert nets(reckon([line("1"), line("9.99"), line("1")], terms)) == [
        D("0.83"),
        D("8.33"),
        D("0.83"),
    ]
    assert nets(reckon([line("0.05"), line("0.05"), line("4.90")], terms)) == [
        D("0.04"),
        D("0.04"),
        D("4.09"),
    ]


def test_tax_within_a_price_is_split_over_its_components() -> None:
    # 114.98 ÷ 1.14975 = 100.0043 → 100.00, tax 14.98: GST 14.98 × 5 ÷ 14.975 = 5.0017 → 5.00,
    # QST takes what is left: 9.98.
    sums = reckon([line("114.98", QUEBEC)], replace(POUNDS, mode="inclusive"))
    assert shares(sums) == [(51, D("100.00"), D("5.00")), (52, D("100.00"), D("9.98"))]
    assert sums.total == D("114.98")


def test_a_line_discount_is_a_percentage_or_an_amount() -> None:
    # 3 × 9.99 = 29.97 less 12.5 % = 3.74625 → 3.75: 26.22; 10.00 less 1.25: 8.75.
    sums = reckon(
        [
            line("9.99", quantity="3", discount_percent=D("12.5")),
            line("10", discount_amount=D("1.25")),
        ],
        POUNDS,
    )
    assert nets(sums) == [D("26.22"), D("8.75")]
    assert [each.discount_net for each in sums.lines] == [D("3.75"), D("1.25")]
    assert taxes(sums) == [D("5.24"), D("1.75")]  # 5.244 and 1.75
    assert sums.discount == 0


def test_a_document_discount_is_spread_over_the_lines() -> None:
    # 10 % of 100.00 = 10.00 over 33.33, 33.33, 33.34: 3.333, 3.333, 3.334: the last has the
    # largest remainder. Net 90.00, tax 20 % of 30.00, 30.00, 30.00.
    sums = reckon(
        [line("33.33"), line("33.33"), line("33.34")], replace(POUNDS, discount_percent=D(10))
    )
    assert sums.discount == D("10.00")
    assert [each.discount_net for each in sums.lines] == [D("3.33"), D("3.33"), D("3.34")]
    assert nets(sums) == [D("30.00")] * 3
    assert (sums.net, sums.tax, sums.total) == (D("90.00"), D("18.00"), D("108.00"))


def test_both_discounts_are_taken_one_after_the_other() -> None:
    # 100.00 less 10 % = 90.00, and 50.00: of 140.00 an amount of 14.00 goes: 9.00 and 5.00.
    sums = reckon(
        [line("100", discount_percent=D(10)), line("50", R5)],
        replace(POUNDS, discount_amount=D(14)),
    )
    assert nets(sums) == [D("81.00"), D("45.00")]
    assert [each.discount_net for each in sums.lines] == [D("19.00"), D("5.00")]
    assert shares(sums) == [(11, D("81.00"), D("16.20")), (21, D("45.00"), D("2.25"))]
    assert sums.discount == D("14.00")


def test_a_discount_of_prices_with_tax_is_within_the_tax() -> None:
    # 120.00 less 10 % = 12.00: 108.00 ÷ 1.2 = 90.00; without tax the discount is 10.00.
    sums = reckon([line("120")], replace(POUNDS, mode="inclusive", discount_percent=D(10)))
    assert (sums.discount, sums.lines[0].discount_net) == (D("12.00"), D("10.00"))
    assert (sums.net, sums.tax, sums.total) == (D("90.00"), D("18.00"), D("108.00"))


def test_a_discount_reaches_lines_below_nil_too() -> None:
    # 10 % of 80.00 = 8.00 over 100.00 and −20.00: 10.00 and −2.00.
    sums = reckon([line("100"), line("-20")], replace(POUNDS, discount_percent=D(10)))
    assert nets(sums) == [D("90.00"), D("-18.00")]
    assert (sums.tax, sums.total) == (D("14.40"), D("86.40"))


def test_a_discount_of_everything_leaves_nothing() -> None:
    sums = reckon([line("10"), line("5", R5)], replace(POUNDS, discount_percent=D(100)))
    assert (sums.net, sums.tax, sums.total, sums.discount) == (0, 0, 0, D("15.00"))
    nothing = reckon([line("10"), line("-10")], replace(POUNDS, discount_amount=D(1)))
    assert (nothing.discount, nothing.net) == (0, 0)


def test_no_tax_is_due_without_a_rate_or_at_nil() -> None:
    sums = reckon([line("10", None), line("7", ZERO_RATED), line("5", EXEMPT)], POUNDS)
    assert (sums.net, sums.tax) == (D("22.00"), 0)
    assert shares(sums) == [(31, D("7.00"), D(0))]
    inclusive = reckon([line("10", None), line("7", EXEMPT)], replace(POUNDS, mode="inclusive"))
    assert (inclusive.net, inclusive.tax) == (D("17.00"), 0)


def test_a_document_that_is_not_taxed_has_no_tax() -> None:
    sums = reckon([line("10")], replace(POUNDS, mode="none"))
    assert (sums.net, sums.tax, sums.total, sums.shares) == (D("10.00"), 0, D("10.00"), ())


def test_home_amounts_are_at_the_documents_rate() -> None:
    # 33.33 USD + 6.67 = 40.00 at 0.81275: 32.51 GBP, tax 5.4210425 → 5.42.
    terms = DocumentTerms("USD", "GBP", D("0.81275"))
    sums = reckon([line("33.33")], terms)
    assert (sums.total, sums.home_total, sums.home_tax) == (D("40.00"), D("32.51"), D("5.42"))


@pytest.mark.parametrize(
    ("currency", "price", "net", "tax", "home"),
    [
        ("JPY", "333.5", "334", "67", "2.41"),  # 20 % of 334 = 66.8; 401 × 0.006 = 2.406
        ("KWD", "1.2345", "1.235", "0.247", "0.01"),  # 1.482 × 0.006 = 0.008892
    ],
)
def test_a_currency_has_its_own_decimals(
    currency: str, price: str, net: str, tax: str, home: str
) -> None:
    sums = reckon([line(price)], DocumentTerms(currency, "GBP", D("0.006")))
    assert (sums.net, sums.tax, sums.home_total) == (D(net), D(tax), D(home))


def test_home_amounts_have_the_decimals_of_the_home_currency() -> None:
    # 12.00 GBP at 189.255 JPY: 2271.06 → 2271; tax 378.51 → 379.
    sums = reckon([line("10")], DocumentTerms("GBP", "JPY", D("189.255")))
    assert (sums.home_total, sums.home_tax) == (D(2271), D(379))


def test_no_digit_is_lost_in_the_largest_amounts() -> None:
    # 9 999 999.999999 × 9 999 999.999999 = 99 999 999 999 980.000000000001
    sums = reckon([line("9999999.999999", None, "9999999.999999")], POUNDS)
    assert sums.total == D("99999999999980.00")
    sums = reckon(
        [line("99999999999999.995", None)],
        DocumentTerms("GBP", "GBP", D("1.0000000001")),
    )
    assert sums.home_total == D("100000000010000.00")


@pytest.mark.parametrize("terms", [{"mode": "gross"}, {"rounding": "none"}])
def test_an_unknown_way_of_reckoning_is_an_error(terms: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="is no tax"):
        replace(POUNDS, **terms)
