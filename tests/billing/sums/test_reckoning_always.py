"""What holds of every document, whatever its lines: drawn at random, without a database."""

from dataclasses import replace
from decimal import Decimal as D

from hypothesis import given
from hypothesis import strategies as st

from apps.billing.sums.totals import (
    ComponentTerms,
    DocumentTerms,
    LineTerms,
    RateTerms,
    reckon,
)
from apps.core.money import fits, minor_unit, rounded

PERCENTS = st.decimals(0, 30, places=3)
RATES = [
    RateTerms(1, (ComponentTerms(11, D(20)),)),
    RateTerms(2, (ComponentTerms(21, D(5)), ComponentTerms(22, D("9.975")))),
    RateTerms(3, (ComponentTerms(31, D(0)),)),
    RateTerms(4),
    None,
]
LINES = st.lists(
    st.builds(
        LineTerms,
        quantity=st.decimals(-20, 200, places=3),
        unit_price=st.decimals(0, 5000, places=4),
        rate=st.sampled_from(RATES),
        discount_percent=st.one_of(st.none(), PERCENTS),
        discount_amount=st.one_of(st.none(), st.decimals(0, 5, places=0)),
    ),
    min_size=1,
    max_size=8,
)
TERMS = st.builds(
    DocumentTerms,
    currency=st.sampled_from(["GBP", "JPY", "KWD"]),
    home_currency=st.sampled_from(["EUR", "JPY", "KWD"]),
    exchange_rate=st.decimals("0.0001", 200, places=6),
    mode=st.sampled_from(["exclusive", "inclusive", "none"]),
    rounding=st.sampled_from(["line", "rate"]),
    discount_percent=st.one_of(st.none(), PERCENTS),
    discount_amount=st.one_of(st.none(), st.decimals(0, 50, places=0)),
)


@given(LINES, TERMS)
def test_lines_add_up_to_the_document_and_shares_to_its_tax(
    lines: list[LineTerms], terms: DocumentTerms
) -> None:
    sums = reckon(lines, terms)
    assert sum(each.net for each in sums.lines) == sums.net
    assert sum(each.tax for each in sums.lines) == sums.tax == sum(s.tax for s in sums.shares)
    assert sums.total == sums.net + sums.tax
    for share in sums.shares:
        bases = zip(lines, sums.lines, strict=True)
        of_rate = [each.net for line, each in bases if line.rate and line.rate.id == share.rate_id]
        assert share.base == sum(of_rate)
    amounts = [sums.net, sums.tax, sums.discount, *(each.discount_net for each in sums.lines)]
    assert all(fits(amount, terms.currency) for amount in amounts)
    assert fits(sums.home_total, terms.home_currency)
    assert fits(sums.home_tax, terms.home_currency)


@given(LINES, TERMS)
def test_what_the_customer_pays_is_the_prices_less_the_discounts(
    lines: list[LineTerms], terms: DocumentTerms
) -> None:
    sums = reckon(lines, terms)
    gross = [rounded(line.quantity * line.unit_price, terms.currency) for line in lines]
    less = [
        rounded(amount * line.discount_percent / 100, terms.currency)
        if line.discount_percent is not None
        else line.discount_amount or D(0)
        for amount, line in zip(gross, lines, strict=True)
    ]
    prices = sum(gross) - sum(less) - sums.discount
    assert prices == (sums.total if terms.mode == "inclusive" else sums.net)


@given(LINES, TERMS)
def test_no_line_is_further_than_a_unit_from_its_exact_tax(
    lines: list[LineTerms], terms: DocumentTerms
) -> None:
    terms = replace(terms, mode="exclusive")
    unit = minor_unit(terms.currency)
    for line, worked_out in zip(lines, reckon(lines, terms).lines, strict=True):
        parts = line.rate.components if line.rate else ()
        exact = sum((worked_out.net * each.percent / 100 for each in parts), D(0))
        assert abs(worked_out.tax - exact) <= unit * len(parts)


@given(LINES, TERMS)
def test_a_document_and_its_opposite_cancel_to_nil(
    lines: list[LineTerms], terms: DocumentTerms
) -> None:
    def opposite(amount: D | None) -> D | None:
        return None if amount is None else -amount

    back = reckon(
        [
            replace(
                line,
                quantity=-line.quantity,
                discount_amount=opposite(line.discount_amount),
            )
            for line in lines
        ],
        replace(terms, discount_amount=opposite(terms.discount_amount)),
    )
    sums = reckon(lines, terms)
    for name in ("discount", "net", "tax", "total", "home_total", "home_tax"):
        assert getattr(sums, name) + getattr(back, name) == 0, name
    for there, here in zip(sums.shares, back.shares, strict=True):
        assert (there.base + here.base, there.tax + here.tax) == (0, 0)
