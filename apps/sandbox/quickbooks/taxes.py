"""Sales tax as pure functions: lines and codes in, tax per rate and the document's sums out.

Amounts are Decimal in the document's currency, `unit` is its smallest amount, rates are in percent.
The three regimes differ in who chooses the rates only: each line's code (outside the US), one code
for the document over lines marked TAX (US by hand), or the address (US automated).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from .currencies import rounded

NIL = Decimal(0)
HUNDRED = Decimal(100)

EXCLUDED, INCLUSIVE, NOT_APPLICABLE = "TaxExcluded", "TaxInclusive", "NotApplicable"


@dataclass(frozen=True)
class Rate:
    """One component of a tax code: a percentage owed to one agency. `id` is the TaxRate's."""

    id: str
    percent: Decimal


@dataclass(frozen=True)
class Code:
    """A tax code with its components; without any, nothing is due (exempt, zero rated has one of 0)."""

    id: str
    rates: tuple[Rate, ...] = ()

    @property
    def percent(self) -> Decimal:
        return sum((rate.percent for rate in self.rates), NIL)


NO_TAX = Code("NON")


@dataclass(frozen=True)
class Line:
    """A line's net amount, or its gross one where prices include tax, under one code."""

    amount: Decimal
    code: Code = NO_TAX
    gross: Decimal | None = None


@dataclass(frozen=True)
class Override:
    """A tax that was sent for a rate: the amount itself, or a difference to what is worked out."""

    rate_id: str
    amount: Decimal | None = None
    delta: Decimal = NIL


@dataclass(frozen=True)
class RateTax:
    """Tax of one rate: what it is due on, what it comes to, and how far that is from the sum worked out."""

    rate: Rate
    net: Decimal
    tax: Decimal
    delta: Decimal = NIL
    overridden: bool = False


@dataclass(frozen=True)
class Terms:
    """How a document is taxed, beside its lines."""

    mode: str = EXCLUDED
    discount: Decimal = NIL
    tax_after_discount: bool = False
    by_line: bool = False
    unit: Decimal = Decimal("0.01")
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True)
class Taxed:
    """The document's sums: total = nets - discount + tax, always."""

    nets: tuple[Decimal, ...]
    taxes: tuple[RateTax, ...] = field(default=())
    discount: Decimal = NIL

    @property
    def tax(self) -> Decimal:
        return sum((one.tax for one in self.taxes), NIL)

    @property
    def total(self) -> Decimal:
        return sum(self.nets, NIL) - self.discount + self.tax


class UnknownRate(ValueError):
    """An override names a rate that none of the lines carries."""


def tax_document(lines: Sequence[Line], terms: Terms) -> Taxed:
    """Work out a document; UnknownRate for an override of a rate that is not on it.

    Where prices include tax the gross amounts are what is fixed: the tax is taken out of their sum,
    and the cents that rounding moves come out of the largest line's net amount.
    """
    discount = rounded(terms.discount, terms.unit)
    if terms.mode == NOT_APPLICABLE:
        return Taxed(tuple(line.amount for line in lines), (), discount)
    nets = [net_of(line, terms) for line in lines]
    if terms.mode == INCLUSIVE:
        taxes = _taken_out(lines, nets, terms)
    else:
        taxes = _put_on(lines, nets, terms)
    if discount and terms.tax_after_discount:
        shares = spread(discount, nets, terms.unit)
        left = [net - share for net, share in zip(nets, shares, strict=True)]
        taxes = _put_on(lines, left, terms)
    taxes = overridden(taxes, terms)
    if terms.mode == INCLUSIVE and not (discount and terms.tax_after_discount):
        for one in taxes:
            if one.delta:
                nets[_largest(lines, one.rate.id)] -= one.delta
    return Taxed(tuple(nets), tuple(taxes), discount)


def net_of(line: Line, terms: Terms) -> Decimal:
    if terms.mode != INCLUSIVE or line.gross is None:
        return rounded(line.amount, terms.unit)
    return rounded(line.gross * HUNDRED / (HUNDRED + line.code.percent), terms.unit)


def _put_on(lines: Sequence[Line], bases: Sequence[Decimal], terms: Terms) -> list[RateTax]:
    """Tax on top of the net amounts, rounded once per rate, or per line and rate."""
    on: dict[str, list[Decimal]] = {}
    rates: dict[str, Rate] = {}
    for line, base in zip(lines, bases, strict=True):
        for rate in line.code.rates:
            rates[rate.id] = rate
            on.setdefault(rate.id, []).append(base)
    out = []
    for identity, rate in rates.items():
        net = sum(on[identity], NIL)
        parts = on[identity] if terms.by_line else [net]
        tax = sum((rounded(part * rate.percent / HUNDRED, terms.unit) for part in parts), NIL)
        out.append(RateTax(rate, net, tax))
    return out


def _taken_out(lines: Sequence[Line], nets: list[Decimal], terms: Terms) -> list[RateTax]:
    """Tax out of the gross amounts, code by code; moves `nets` so that net and tax make the gross."""
    taxes: dict[str, Decimal] = {}
    bases: dict[str, Decimal] = {}
    rates: dict[str, Rate] = {}
    for code, members in _by_code(lines).items():
        gross = sum((_gross(lines[at], nets[at], terms) for at in members), NIL)
        net = sum((nets[at] for at in members), NIL)
        if not terms.by_line:
            exact = rounded(gross * HUNDRED / (HUNDRED + code.percent), terms.unit)
            nets[max(members, key=lambda at: (abs(nets[at]), -at))] += exact - net
            net = exact
        for rate, tax in split_tax(gross - net, code.rates, terms.unit):
            rates[rate.id] = rate
            taxes[rate.id] = taxes.get(rate.id, NIL) + tax
            bases[rate.id] = bases.get(rate.id, NIL) + net
    return [RateTax(rate, bases[one], taxes[one]) for one, rate in rates.items()]


def _gross(line: Line, net: Decimal, terms: Terms) -> Decimal:
    """What the customer pays for a line; where only the net amount was sent, with its tax on top."""
    if line.gross is not None:
        return rounded(line.gross, terms.unit)
    return net + rounded(net * line.code.percent / HUNDRED, terms.unit)


def _by_code(lines: Sequence[Line]) -> dict[Code, list[int]]:
    out: dict[Code, list[int]] = {}
    for at, line in enumerate(lines):
        out.setdefault(line.code, []).append(at)
    return out


def split_tax(tax: Decimal, rates: Sequence[Rate], unit: Decimal) -> Iterable[tuple[Rate, Decimal]]:
    """A sum of tax over a code's components by their percentages; the last takes what is left."""
    whole = sum((rate.percent for rate in rates), NIL)
    left = tax
    for rate in rates[:-1]:
        part = rounded(tax * rate.percent / whole, unit) if whole else NIL
        left -= part
        yield rate, part
    if rates:
        yield rates[-1], left


def overridden(taxes: Sequence[RateTax], terms: Terms) -> list[RateTax]:
    """The taxes as they were sent, where they were."""
    asked = {one.rate_id: one for one in terms.overrides}
    if unknown := asked.keys() - {one.rate.id for one in taxes}:
        raise UnknownRate(f"Tax rate {min(unknown)} is not used on any line.")
    out = []
    for one in taxes:
        sent = asked.get(one.rate.id)
        if sent is not None:
            tax = one.tax + sent.delta if sent.amount is None else sent.amount
            tax = rounded(tax, terms.unit)
            one = RateTax(one.rate, one.net, tax, tax - one.tax, overridden=True)
        out.append(one)
    return out


def totalled(taxed: Taxed, total: Decimal, unit: Decimal) -> Taxed:
    """US automated: the tax that was sent as one sum, over the rates that were worked out."""
    parts = split_tax(rounded(total, unit), [one.rate for one in taxed.taxes], unit)
    by_rate = {rate.id: part for rate, part in parts}
    taxes = tuple(
        RateTax(one.rate, one.net, by_rate[one.rate.id], by_rate[one.rate.id] - one.tax, True)
        for one in taxed.taxes
    )
    return Taxed(taxed.nets, taxes, taxed.discount)


def spread(amount: Decimal, over: Sequence[Decimal], unit: Decimal) -> list[Decimal]:
    """An amount over others in their proportion, by largest remainder: the parts make the whole."""
    whole = sum(over, NIL)
    if not whole:
        return [NIL for _ in over]
    exact = [amount * one / whole for one in over]
    parts = [rounded(one, unit) for one in exact]
    left = amount - sum(parts, NIL)
    step = unit if left > 0 else -unit
    order = sorted(range(len(parts)), key=lambda at: ((parts[at] - exact[at]) * step, at))
    for at in order[: int(abs(left) / unit)]:
        parts[at] += step
    return parts


def _largest(lines: Sequence[Line], rate_id: str) -> int:
    """The line that rounding and overrides of a rate come out of."""
    carrying = [
        at for at, line in enumerate(lines) if any(rate.id == rate_id for rate in line.code.rates)
    ]
    return max(carrying, key=lambda at: (abs(lines[at].gross or lines[at].amount), -at))
