"""Cents of rounding: whole on the document, and none of them turns a line round."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.billing import actions
from apps.billing.sums.totals import ComponentTerms, DocumentTerms, LineTerms, RateTerms, reckon
from apps.core.money import minor_unit
from tests.factories import make_company, make_invoice, make_tax_rate


def test_sixty_small_lines_share_the_cents_of_their_rate() -> None:
    """60 × 0.07 at 20 %: 4.20 is 3.50 and 0.70. Each line is 0.0583 net: fifty of them 0.06 and ten
    0.05. With all cents on one line that had 0.11 of tax, a net of −0.04 for goods of 0.07."""
    vat = RateTerms(1, (ComponentTerms(1, Decimal(20)),))
    line = LineTerms(Decimal(1), Decimal("0.07"), rate=vat)
    terms = DocumentTerms(currency="GBP", home_currency="GBP", mode="inclusive", rounding="rate")

    sums = reckon([line] * 60, terms)

    assert (sums.net, sums.tax, sums.total) == (Decimal("3.50"), Decimal("0.70"), Decimal("4.20"))
    assert [each.net for each in sums.lines] == [Decimal("0.06")] * 50 + [Decimal("0.05")] * 10


# Any amounts, or many of one small amount: there the cents of a rate are more than a line.
MANY = st.tuples(st.integers(1, 30), st.integers(1, 60)).map(lambda drawn: [drawn[0]] * drawn[1])
ANY = st.lists(st.integers(min_value=-20_000, max_value=100_000), min_size=1, max_size=60)


@given(
    gross=ANY | MANY,
    percents=st.lists(st.sampled_from(["0.5", "5", "9.975", "20", "27"]), min_size=1, max_size=2),
    currency=st.sampled_from(["GBP", "JPY", "KWD"]),
    rounding=st.sampled_from(["line", "rate"]),
    mode=st.sampled_from(["inclusive", "exclusive"]),
)
def test_no_line_is_turned_round_by_cents_of_rounding(
    gross: list[int], percents: list[str], currency: str, rounding: str, mode: str
) -> None:
    unit = minor_unit(currency)
    components = tuple(ComponentTerms(at, Decimal(each)) for at, each in enumerate(percents))
    rate = RateTerms(1, components)
    lines = [LineTerms(Decimal(1), each * unit, rate=rate) for each in gross]
    terms = DocumentTerms(currency=currency, home_currency="GBP", mode=mode, rounding=rounding)

    sums = reckon(lines, terms)

    for amount, line in zip(gross, sums.lines, strict=True):
        whole = line.net + line.tax if mode == "inclusive" else line.net
        assert whole == amount * unit  # what was typed stays
        assert line.net * amount >= 0
        assert line.tax * amount >= 0
        due = whole - whole * 100 / (100 + rate.percent)
        if mode == "exclusive":
            due = line.net * rate.percent / 100
        # Within a minor unit, one of each component.
        assert abs(line.tax - due) <= unit * len(components)
    assert sum((each.net for each in sums.lines), Decimal(0)) == sums.net
    assert sum((each.tax for each in sums.lines), Decimal(0)) == sums.tax
    assert sum((each.tax for each in sums.shares), Decimal(0)) == sums.tax


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("mode", ["inclusive", "exclusive"])
def test_what_small_credit_notes_left_over_turns_no_line_of_the_last_one_round(mode: str) -> None:
    """Sixty lines of 0.07, forty of them taken back one by one: their notes leave seven cents of
    tax too many to the last twenty, which on one line were a tax of 0.09 within 0.07."""
    company = make_company(tax_rounding="rate")
    rate = make_tax_rate(company, 20)
    invoice = make_invoice(company=company, lines=[("Screw", 1, "0.07", rate)] * 60, tax_mode=mode)
    lines = list(invoice.lines.all())
    net = tax = Decimal(0)
    for some in (*([each] for each in lines[:40]), lines[40:]):
        parts = [actions.Part(line=each) for each in some]
        note = actions.credit_invoice(invoice, reason="Back", on=date(2026, 3, 9), lines=parts)
        actions.issue(note)
        for each in note.lines.all():
            assert each.net >= 0
            assert 0 <= each.tax <= Decimal("0.03")
        net, tax = net + note.net, tax + note.tax
    assert (net, tax) == (invoice.net, invoice.tax)
