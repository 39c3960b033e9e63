"""Amounts that a file tells and nobody takes: held against what the books work out, to the minor unit."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from apps.connectors.profiles import Field
from apps.core.money import ZERO, figure
from apps.exchange.documents import ReadDocument, ReadLine


class Worth(NamedTuple):
    """What a document comes to here."""

    net: Decimal
    tax: Decimal
    total: Decimal


class LineWorth(NamedTuple):
    """What a line comes to here, without tax, and its tax by the rate of this code."""

    net: Decimal
    tax: Decimal
    tax_code: str


def difference(document: ReadDocument, worth: Worth, lines: Sequence[LineWorth]) -> str:
    """The first amount of the file that is another here, with both figures; "" where none is.

    `lines` are those of the document, or none where only its sums are compared. Tax of lines is
    compared as their sum at each rate: where it is worked out at once its cents lie on any of them.
    """
    for what, theirs, ours in _pairs(document, worth, lines):
        if theirs != ours:
            currency = document.currency
            return f"{what} is {_said(theirs, currency)} in the file and comes to {figure(ours, currency)} here"
    balance = document.number_of(Field.BALANCE)
    if balance is not None and not ZERO <= balance <= max(worth.total, ZERO):
        return (
            f"its balance due is {_said(balance, document.currency)} in the file, and its total "
            f"{figure(worth.total, document.currency)} here"
        )
    return ""


def _pairs(
    document: ReadDocument, worth: Worth, lines: Sequence[LineWorth]
) -> Iterator[tuple[str, Decimal, Decimal]]:
    pairs = list(zip(document.lines, lines, strict=True)) if lines else []
    for place, (line, ours) in enumerate(pairs, start=1):
        if (net := _told(line, Field.LINE_NET)) is not None:
            yield f"the net of line {place}", net, ours.net
    taxes: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    totals = [ZERO, ZERO]
    for line, ours in pairs:
        if (tax := _told(line, Field.LINE_TAX)) is not None:
            taxes[ours.tax_code][0] += tax
            taxes[ours.tax_code][1] += ours.tax
        if (total := _told(line, Field.LINE_TOTAL)) is not None:
            totals[0] += total
            totals[1] += ours.net + ours.tax
    for code, (theirs, here) in taxes.items():
        yield f"the tax {code}".strip() if code else "the tax of its untaxed lines", theirs, here
    yield "what its lines come to with tax", totals[0], totals[1]
    if not lines:
        told = [tax for each in document.lines if (tax := _told(each, Field.LINE_TAX)) is not None]
        if told:
            yield "its tax", sum(told, ZERO), worth.tax
    for field, what, amount in (
        (Field.DOCUMENT_NET, "its net", worth.net),
        (Field.DOCUMENT_TAX, "its tax", worth.tax),
        (Field.TOTAL, "its total", worth.total),
    ):
        if (sum_told := document.number_of(field)) is not None:
            yield what, sum_told, amount


def _told(line: ReadLine, of: Field) -> Decimal | None:
    told = line.told.get(of)
    return told if isinstance(told, Decimal) else None


def _said(amount: Decimal, currency: str) -> str:
    """As the file has it, with no fewer decimals than its currency."""
    rounded = figure(amount, currency)
    return rounded if Decimal(rounded) == amount else f"{amount:f}"
