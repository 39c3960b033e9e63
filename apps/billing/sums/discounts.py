"""The discounts of an issued document apart: each line's own, and the document's on the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.billing.models import Document, DocumentLine
from apps.billing.sums.reckoning import LineTerms, own_discount
from apps.billing.sums.remainders import priced
from apps.core.money import ZERO, rounded, spread


@dataclass(frozen=True, kw_only=True, slots=True)
class PricedLine:
    """A line as its prices are (within the tax or without), before the document's discount:
    `amount` is quantity × unit price less `discount`, its own."""

    discount: Decimal
    amount: Decimal


def priced_lines(document: Document, lines: Sequence[DocumentLine]) -> list[PricedLine]:
    """Each line in turn. Together, less `document.discount`, they are what the document comes to
    as its prices are: its total where these hold the tax, else its net."""
    currency = document.currency
    discounts = [own_discount(_terms(line), currency) for line in lines]
    before = [
        rounded(line.quantity * line.unit_price, currency) - discount
        for line, discount in zip(lines, discounts, strict=True)
    ]
    if document.discount:
        parts = spread(document.discount, before, currency)
    else:
        parts = [ZERO for _ in lines]
    return [
        PricedLine(discount=discount, amount=priced(line, document.tax_mode) + part)
        for line, discount, part in zip(lines, discounts, parts, strict=True)
    ]


def _terms(line: DocumentLine) -> LineTerms:
    return LineTerms(
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        discount_amount=line.discount_amount,
    )
