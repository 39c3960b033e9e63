"""One document of ours laid beside theirs: what must be equal, and what may differ and how far."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from apps.billing.sums.totals import RateTerms, Sums, reckon
from apps.core.money import minor_unit, rounded
from tests.sums.drawing import ZERO, Drawn
from tests.sums.theirs import (
    RECEIVABLE,
    TAX_PAYABLE,
    booked,
    content_of,
    from_prices,
    values_after_discounts,
    with_ours,
    worked_out,
)
from tests.sums.through import goes_over, objections


@dataclass(frozen=True)
class Found:
    """What differed where it may: in minor units of the currency, home tax in cents of home."""

    own_tax: int = 0  # largest of a component, had we sent no tax of ours
    other_rule: int = 0  # the same, if they rounded per line and we per rate, or the reverse
    split: int = 0  # largest of a component, had we sent prices with tax, where tax is the same
    home_tax: int = 0  # of the whole document, for a rate rounded account by account there
    refused: bool = False  # finer than they hold: never leaves


def lay(document: Drawn) -> Found:
    """AssertionError where figures differ that must not."""
    sums = reckon(document.lines, document.terms)
    adds_up(document, sums)
    if is_refused(document, sums):
        return Found(refused=True)
    holds_ours(document, sums)
    goes_over(document, sums)
    return Found(
        own_tax=own_tax(document, sums),
        other_rule=other_rule(document, sums),
        split=agrees_on_prices(document, sums),
        home_tax=home(document, sums),
    )


def is_refused(document: Drawn, sums: Sums) -> tuple[str, ...]:
    """Why it does not leave. What is finer than a hundredth, below nil, or bears a rate of which more
    than seven decimals make a difference, is refused in words, and only that."""
    amounts = [sums.tax, sums.total, *(line.net for line in sums.lines)]
    if document.regime != "automated":
        amounts += [one.tax for one in sums.shares]
    finer = any(amount % Decimal("0.01") for amount in amounts)
    terms = document.terms
    at_seven = sums.total * rounded_rate(terms.exchange_rate)
    reasons = {
        "more than 2 decimals": finer,
        "below nil": sums.total < 0,
        "seven decimals": rounded(at_seven, terms.home_currency) != sums.home_total,
    }
    told = objections(document, sums)
    for words, holds in reasons.items():
        assert any(words in sentence for sentence in told) == holds, (words, told)
    assert bool(told) == any(reasons.values()), told
    return told


def rounded_rate(rate: Decimal) -> Decimal:
    return rate.quantize(Decimal("0.0000001"), ROUND_HALF_UP)


def adds_up(document: Drawn, sums: Sums) -> None:
    """Ours by itself: lines, components and document are the same sums, each in whole units."""
    terms = document.terms
    unit = minor_unit(terms.currency)
    assert sums.total == sums.net + sums.tax
    assert sums.net == sum((line.net for line in sums.lines), ZERO)
    assert sums.tax == sum((line.tax for line in sums.lines), ZERO)
    assert sums.tax == sum((one.tax for one in sums.shares), ZERO)
    for amount in (sums.discount, *(each for line in sums.lines for each in (line.net, line.tax))):
        assert amount % unit == 0, amount
    assert sums.home_total == rounded(sums.total * terms.exchange_rate, terms.home_currency)
    assert sums.home_tax == rounded(sums.tax * terms.exchange_rate, terms.home_currency)
    values = values_after_discounts(document)
    if terms.mode == "inclusive":
        assert sums.total == sum(values, ZERO), "prices with tax: what the customer pays stays"
    else:
        assert [line.net for line in sums.lines] == values
    if terms.mode == "none":
        assert (sums.tax, sums.shares) == (0, ())
    else:
        _is_due_on_what_was_sold(document, sums)


def _is_due_on_what_was_sold(document: Drawn, sums: Sums) -> None:
    """Each component's base is the net of its rate's lines; none is missing and none is extra."""
    bases: dict[int, Decimal] = {}
    for drawn, line in zip(document.lines, sums.lines, strict=True):
        for component in drawn.rate.components if drawn.rate else ():
            bases[component.id] = bases.get(component.id, ZERO) + line.net
        if drawn.rate is None or not drawn.rate.components:
            assert line.tax == 0
    assert {one.component_id: one.base for one in sums.shares} == bases


def holds_ours(document: Drawn, sums: Sums) -> None:
    """Net, tax per component, total, and every account: theirs, given ours, are ours. The credit
    note of the same lines leaves nothing in any account."""
    taxed = with_ours(document, sums)
    assert list(taxed.nets) == [line.net for line in sums.lines]
    assert (taxed.tax, taxed.total) == (sums.tax, sums.total)
    if document.regime != "automated":
        theirs = {(int(one.rate.id), one.net, one.tax) for one in taxed.taxes}
        assert theirs == {(one.component_id, one.base, one.tax) for one in sums.shares}
    content = content_of(document, taxed)
    invoice, memo = booked("Invoice", content), booked("CreditMemo", content)
    assert sum(invoice.values(), ZERO) == 0
    assert invoice.get(RECEIVABLE, ZERO) == sums.home_total
    assert {account: -amount for account, amount in invoice.items()} == memo


def agrees_on_prices(document: Drawn, sums: Sums) -> int:
    """Prices with tax: had we sent them gross, they would have worked out the same net and tax.

    Rounding per line we split each line's tax over the components and they the sum of a code: a
    component may differ by what is rounded in either split. What leaves is our split.
    """
    if document.regime != "code a line" or document.terms.mode != "inclusive":
        return 0
    unit = minor_unit(document.terms.currency)
    theirs = from_prices(document, values_after_discounts(document))
    assert (theirs.total, theirs.tax) == (sums.total, sums.tax)
    ours = {one.component_id: one.tax for one in sums.shares}
    off = {int(one.rate.id): abs(one.tax - ours[int(one.rate.id)]) / unit for one in theirs.taxes}
    assert off.keys() == ours.keys()
    for component, units in off.items():
        rate, lines = _bearing(document, component)
        parts = len(rate.components) - 1 if rate.components[-1].id == component else 1
        may = (lines + 1) * Decimal(parts) / 2
        assert units <= (may if document.terms.rounding == "line" and parts else 0), component
    return int(max(off.values(), default=ZERO))


def _bearing(document: Drawn, component: int) -> tuple[RateTerms, int]:
    """The rate that a component belongs to, and how many lines bear it."""
    rates = [one.rate for one in document.lines if one.rate is not None]
    found = [rate for rate in rates if component in {each.id for each in rate.components}]
    return found[0], len(found)


def own_tax(document: Drawn, sums: Sums) -> int:
    """How far their own tax on our net amounts is from ours: never, where prices are without tax."""
    unit = minor_unit(document.terms.currency)
    theirs = {int(one.rate.id): one.tax for one in worked_out(document, sums).taxes}
    ours = {one.component_id: one.tax for one in sums.shares}
    assert theirs.keys() == ours.keys()
    if any(tax % Decimal("0.01") for tax in ours.values()):
        return (
            0  # three decimals by rate that make two in all: only their own rates, no tax of ours
        )
    off = {one: int(abs(theirs[one] - ours[one]) / unit) for one in ours}
    if document.terms.mode != "inclusive":
        assert not any(off.values()), off
    for component, units in off.items():
        assert units <= may_differ(document, component), (component, units)
    return max(off.values(), default=0)


def other_rule(document: Drawn, sums: Sums) -> int:
    """How far they are from ours when the company's rounding rule is not theirs: half a unit for
    each line, and half for the rate."""
    if document.terms.mode != "exclusive" or document.terms.currency == "KWD":
        return 0
    unit = minor_unit(document.terms.currency)
    ours = {one.component_id: one.tax for one in sums.shares}
    largest = 0
    for one in worked_out(document, sums, other_rule=True).taxes:
        units = abs(one.tax - ours[int(one.rate.id)]) / unit
        _, lines = _bearing(document, int(one.rate.id))
        assert units <= Decimal(lines + 1) / 2, (one, units)
        largest = max(largest, int(units))
    return largest


def may_differ(document: Drawn, component: int) -> int:
    """Whole units by which a component may come out otherwise when tax that was taken out of a
    gross amount is worked out again on top of its net: one, each time it is rounded.

    The net is at most half a unit off, so all of the tax at most (1 + rate) / 2; sharing that
    out moves half a unit for each component, the last takes what the others leave, and their own
    rounding moves another half.
    """
    rate, lines = _bearing(document, component)
    whole = sum((one.percent for one in rate.components), ZERO)
    own = next(one.percent for one in rate.components if one.id == component)
    half = Decimal("0.5")
    share = own / whole if whole else ZERO
    off = share * (1 + whole / 100) * half + half
    if len(rate.components) > 1:
        last = rate.components[-1].id == component
        off += half * (len(rate.components) - 1 if last else 1)
    # Per line: each line's whole units, since theirs are rounded line by line too.
    return int(off) * (lines if document.terms.rounding == "line" else 1)


def home(document: Drawn, sums: Sums) -> int:
    """Tax of all agencies in home currency there, less ours: cents of rounding, at most half a one
    for each account and one for each cent that they leave over."""
    invoice = booked("Invoice", content_of(document, with_ours(document, sums)))
    theirs = -sum((invoice.get(one, ZERO) for one in set(TAX_PAYABLE.values())), ZERO)
    cents = int((theirs - sums.home_tax) * 100)
    assert abs(cents) <= len(invoice), (theirs, sums.home_tax)
    if document.terms.exchange_rate == 1:
        assert cents == 0
    return abs(cents)
