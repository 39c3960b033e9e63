"""The sums of a document as pure functions: lines and terms in; net, tax, total and home amounts out.

It knows no row. Amounts are Decimal in the document's currency, percentages as people write them
(20 for 20 %), everything rounded to the minor unit, half away from zero. Why it reckons so stands
in `docs/decisions/0005`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, localcontext

from apps.core.money import PRECISION, ZERO, apportioned, rounded, spread

HUNDRED = Decimal(100)

EXCLUSIVE, INCLUSIVE, NONE = "exclusive", "inclusive", "none"
PER_LINE, PER_RATE = "line", "rate"


@dataclass(frozen=True, slots=True)
class ComponentTerms:
    """One percentage of a rate."""

    id: int
    percent: Decimal


@dataclass(frozen=True, slots=True)
class RateTerms:
    """A tax rate; without components nothing is due under it."""

    id: int
    components: tuple[ComponentTerms, ...] = ()

    @property
    def percent(self) -> Decimal:
        return sum((each.percent for each in self.components), ZERO)


@dataclass(frozen=True, slots=True)
class LineTerms:
    """A line as it was typed. Its discount is a percentage or an amount; a percentage goes first."""

    quantity: Decimal
    unit_price: Decimal
    rate: RateTerms | None = None
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DocumentTerms:
    """`exchange_rate` is home currency per unit of `currency`; `mode` says what the prices are
    (exclusive, inclusive, none), `rounding` where tax is rounded (line, rate)."""

    currency: str
    home_currency: str
    exchange_rate: Decimal = Decimal(1)
    mode: str = EXCLUSIVE
    rounding: str = PER_LINE
    discount_percent: Decimal | None = None
    discount_amount: Decimal | None = None

    def __post_init__(self) -> None:
        if self.mode not in (EXCLUSIVE, INCLUSIVE, NONE):
            raise ValueError(f"{self.mode!r} is no tax mode.")
        if self.rounding not in (PER_LINE, PER_RATE):
            raise ValueError(f"{self.rounding!r} is no tax rounding.")


@dataclass(frozen=True, slots=True)
class LineSums:
    """Without tax: `net` + `discount_net` is the line before both discounts."""

    net: Decimal
    tax: Decimal
    discount_net: Decimal


@dataclass(frozen=True, slots=True)
class ComponentSums:
    """Tax of one component of one rate on the whole document, and what it is due on."""

    rate_id: int
    component_id: int
    percent: Decimal
    base: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Sums:
    """Lines add up to the document, shares to its tax: total = net + tax.

    `discount` is the document's own, as the prices are. `shares` stand in the order in which the
    lines first bear them.
    """

    lines: tuple[LineSums, ...]
    shares: tuple[ComponentSums, ...]
    discount: Decimal
    net: Decimal
    tax: Decimal
    total: Decimal
    home_total: Decimal
    home_tax: Decimal


@dataclass(slots=True)
class _Taxed:
    """Nets and taxes by line, and the shares, while they are worked out."""

    nets: list[Decimal]
    taxes: list[Decimal]
    shares: list[ComponentSums] = field(default_factory=list)


def reckon(lines: Sequence[LineTerms], terms: DocumentTerms) -> Sums:
    """Work out a document. What makes no sense to issue is reckoned all the same: drafts show it."""
    with localcontext(prec=PRECISION):
        return _reckon(lines, terms)


def _reckon(lines: Sequence[LineTerms], terms: DocumentTerms) -> Sums:
    currency = terms.currency
    before = [rounded(line.quantity * line.unit_price, currency) for line in lines]
    priced = [
        amount - _discount(amount, line, currency)
        for amount, line in zip(before, lines, strict=True)
    ]
    discount, parts = _document_discount(priced, terms)
    amounts = [amount - part for amount, part in zip(priced, parts, strict=True)]
    taxed = _taxed(lines, amounts, terms)
    discounts = [
        _net_of(whole - left, line, terms)
        for whole, left, line in zip(before, amounts, lines, strict=True)
    ]
    net, tax = sum(taxed.nets, ZERO), sum(taxed.taxes, ZERO)
    return Sums(
        lines=tuple(map(LineSums, taxed.nets, taxed.taxes, discounts)),
        shares=tuple(taxed.shares),
        discount=discount,
        net=net,
        tax=tax,
        total=net + tax,
        home_total=rounded((net + tax) * terms.exchange_rate, terms.home_currency),
        home_tax=rounded(tax * terms.exchange_rate, terms.home_currency),
    )


def _discount(amount: Decimal, terms: LineTerms | DocumentTerms, currency: str) -> Decimal:
    if terms.discount_percent is not None:
        return rounded(amount * terms.discount_percent / HUNDRED, currency)
    return rounded(terms.discount_amount or ZERO, currency)


def own_discount(line: LineTerms, currency: str) -> Decimal:
    """What a line's own discount takes off quantity × unit price, as the prices are."""
    return _discount(rounded(line.quantity * line.unit_price, currency), line, currency)


def _document_discount(
    priced: Sequence[Decimal], terms: DocumentTerms
) -> tuple[Decimal, list[Decimal]]:
    """The document's own discount and each line's part. On a document of nil there is none."""
    whole = sum(priced, ZERO)
    discount = _discount(whole, terms, terms.currency) if whole else ZERO
    if not discount:
        return ZERO, [ZERO for _ in priced]
    return discount, spread(discount, priced, terms.currency)


def _taxed(lines: Sequence[LineTerms], amounts: Sequence[Decimal], terms: DocumentTerms) -> _Taxed:
    taxed = _Taxed(list(amounts), [ZERO for _ in amounts])
    if terms.mode == NONE:
        return taxed
    for rate, places in _by_rate(lines):
        if terms.mode == EXCLUSIVE:
            _put_on(taxed, rate, places, terms)
        else:
            _take_out(taxed, rate, places, lines, terms)
    return taxed


def _by_rate(lines: Sequence[LineTerms]) -> Iterator[tuple[RateTerms, list[int]]]:
    """Each rate with the places of its lines, in the order in which the lines first bear them."""
    places: dict[int, list[int]] = {}
    rates: dict[int, RateTerms] = {}
    for place, line in enumerate(lines):
        if line.rate is not None:
            rates.setdefault(line.rate.id, line.rate)
            places.setdefault(line.rate.id, []).append(place)
    for identity, rate in rates.items():
        yield rate, places[identity]


def _put_on(taxed: _Taxed, rate: RateTerms, places: Sequence[int], terms: DocumentTerms) -> None:
    """Tax on top of the nets, component by component."""
    nets = [taxed.nets[place] for place in places]
    base = sum(nets, ZERO)
    for component in rate.components:
        exact = [net * component.percent / HUNDRED for net in nets]
        if terms.rounding == PER_LINE:
            taxes = [rounded(each, terms.currency) for each in exact]
        else:
            tax = rounded(base * component.percent / HUNDRED, terms.currency)
            taxes = apportioned(tax, exact, terms.currency)
        for place, tax in zip(places, taxes, strict=True):
            taxed.taxes[place] += tax
        taxed.shares.append(
            ComponentSums(rate.id, component.id, component.percent, base, sum(taxes, ZERO))
        )


def _take_out(
    taxed: _Taxed,
    rate: RateTerms,
    places: Sequence[int],
    lines: Sequence[LineTerms],
    terms: DocumentTerms,
) -> None:
    """Tax out of the amounts, which stay: what is no net is tax."""
    gross = [taxed.nets[place] for place in places]
    if terms.rounding == PER_RATE:
        whole = _net_of(sum(gross, ZERO), lines[places[0]], terms)
        exact = [amount * HUNDRED / (HUNDRED + rate.percent) for amount in gross]
        nets = apportioned(whole, exact, terms.currency)
    else:
        nets = [
            _net_of(amount, lines[place], terms)
            for amount, place in zip(gross, places, strict=True)
        ]
    taxes = [amount - net for amount, net in zip(gross, nets, strict=True)]
    for place, net, tax in zip(places, nets, taxes, strict=True):
        taxed.nets[place], taxed.taxes[place] = net, tax
    to_split = [sum(taxes, ZERO)] if terms.rounding == PER_RATE else taxes
    split = [_split(tax, rate, terms.currency) for tax in to_split]
    base = sum(nets, ZERO)
    taxed.shares.extend(
        ComponentSums(rate.id, component.id, component.percent, base, sum(parts, ZERO))
        for component, parts in zip(rate.components, zip(*split, strict=True), strict=True)
    )


def _net_of(amount: Decimal, line: LineTerms, terms: DocumentTerms) -> Decimal:
    """An amount as the line's prices are, without tax."""
    if terms.mode != INCLUSIVE or line.rate is None:
        return amount
    return rounded(amount * HUNDRED / (HUNDRED + line.rate.percent), terms.currency)


def _split(tax: Decimal, rate: RateTerms, currency: str) -> list[Decimal]:
    """A tax over the components by their percentages, the last one taking what is left."""
    percent = rate.percent
    parts = [
        rounded(tax * each.percent / percent, currency) if percent else ZERO
        for each in rate.components[:-1]
    ]
    return [*parts, tax - sum(parts, ZERO)] if rate.components else []
