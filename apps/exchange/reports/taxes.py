"""The tax summary of a return period, in home currency, per treatment and rate."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from apps.billing.models import Treatment
from apps.billing.standing.sold import Sold, sold
from apps.core.money import ZERO
from apps.exchange.exports.cells import Cell, number_text
from apps.exchange.reports.shape import Asked, Column, Group, Line, Report
from apps.exchange.reports.words import called

BY_DOCUMENT, BY_SUPPLY = "document", "supply"
NO_CODE: Final = "none"


def _lines(asked: Asked) -> Iterator[Line]:
    documents = sold(asked.reading, asked.since or asked.on, by_supply=asked.by == BY_SUPPLY)
    for each in documents:
        yield from _of(each, asked.company.home_currency)


def _of(document: Sold, home: str) -> Iterator[Line]:
    """A line for the net and one for the tax of each rate on the document, nil included: what is
    exempt is told by its net alone."""
    sums: dict[Group, tuple[Decimal, Decimal]] = {}
    for line in document.lines:
        percent = "" if line.percent is None else number_text(line.percent)
        group: Group = (line.treatment or NO_CODE, line.code, percent)
        net, tax = sums.get(group, (ZERO, ZERO))
        sums[group] = net + line.home_net, tax + line.home_tax
    for rate, amounts in sums.items():
        for name, amount in zip(("net", "tax"), amounts, strict=True):
            yield Line(
                kind=document.kind,
                key=document.key,
                group=rate,
                column=f"{_part(document)}_{name}",
                dated=document.dated,
                what=called(document.kind, document.number, document.key),
                currency=home,
                amount=document.sign * amount,
                customer_id=document.customer_id,
            )


def _part(document: Sold) -> str:
    if document.is_bad_debt:
        return "bad_debts"
    return "sales" if document.sign > 0 else "credits"


def _labels(asked: Asked, groups: Collection[Group]) -> Mapping[Group, Sequence[Cell]]:
    words = {**dict(Treatment.choices), NO_CODE: "Without a tax rate"}
    return {
        (treatment, code, percent): [words[treatment], code, f"{percent} %" if percent else ""]
        for treatment, code, percent in groups
    }


_PARTS: Final = (("sales", "Sales"), ("credits", "Credit notes"), ("bad_debts", "Bad debts"))
TAX_SUMMARY: Final = Report(
    name="tax-summary",
    title="Tax summary",
    meaning="What was sold and credited in a return period, and the tax on it, in home currency, by "
    "treatment and rate: zero rated, exempt, outside the scope, exports and reverse charge too. A "
    "correction counts in the period in which it is dated.",
    heads=("Treatment", "Rate", "Percent"),
    columns=(
        *(Column(f"{name}_net", f"{words}, net") for name, words in _PARTS),
        Column("net", "Net", adds=tuple(f"{name}_net" for name, _ in _PARTS)),
        *(Column(f"{name}_tax", f"{words}, tax") for name, words in _PARTS),
        Column("tax", "Tax", adds=tuple(f"{name}_tax" for name, _ in _PARTS)),
    ),
    lines=_lines,
    labels=_labels,
    has_period=True,
    choices=((BY_DOCUMENT, "Date of the document, as the books post it"),
             (BY_SUPPLY, "Date of supply, where the document bears one")),
)  # fmt: skip
