"""What a document comes to: its lines, net, tax and total, rounded as the books round."""

from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.models import Document, DocumentLine
from apps.billing.reckoning import (
    ComponentSums,
    ComponentTerms,
    DocumentTerms,
    LineSums,
    LineTerms,
    RateTerms,
    Sums,
    reckon,
)
from apps.core.money import ZERO, rounded

__all__ = [
    "LARGEST",
    "ComponentSums",
    "ComponentTerms",
    "DocumentTerms",
    "LineSums",
    "LineTerms",
    "RateTerms",
    "Sums",
    "line_net",
    "lines_of",
    "reckon",
    "sum_up",
    "work_out",
    "write_lines",
]
LARGEST = Decimal(10) ** 15  # what a stored amount of 19 digits with 4 decimals stays below


def line_net(quantity: Decimal, unit_price: Decimal, currency: str) -> Decimal:
    """Quantity × unit price, rounded to the currency's minor unit, half away from zero."""
    net = quantity * unit_price
    if abs(net) >= LARGEST:
        raise ValidationError(f"{quantity} × {unit_price} is more than an invoice can hold.")
    return rounded(net, currency)


def sum_up(document: Document, lines: Sequence[DocumentLine]) -> None:
    """Set the lines' nets and the document's net, tax, total and home total, in memory only.

    Home total: total × exchange rate, in the company's home currency.
    """
    for line in lines:
        line.net = line_net(line.quantity, line.unit_price, document.currency)
    document.net = sum((line.net for line in lines), ZERO)
    document.tax = sum((line.tax for line in lines), ZERO)
    document.total = document.net + document.tax
    home = document.total * document.exchange_rate
    if max(abs(document.total), abs(home)) >= LARGEST:
        raise ValidationError("The total is more than an invoice can hold.")
    document.home_total = rounded(home, document.company.home_currency)


def work_out(document: Document) -> None:
    """Sum up a saved draft from its stored lines; write lines and document where they differ.

    An issued document is left as it is: its amounts are frozen.
    """
    with transaction.atomic():
        document.hold()
        if not document.is_draft:
            return
        lines = lines_of(document)
        before = _sums(document), [line.net for line in lines]
        sum_up(document, lines)
        if before == (_sums(document), [line.net for line in lines]):
            return
        write_lines(lines, ["net"])
        document.save()


def lines_of(document: Document) -> list[DocumentLine]:
    """The stored lines in their order, read afresh, with their items."""
    return list(document.lines.select_related("item").order_by("position", "id"))  # type: ignore[attr-defined] # of the concrete class


def write_lines(lines: Sequence[DocumentLine], fields: Sequence[str]) -> None:
    """Write these fields of a draft's lines. The caller holds the document's lock."""
    if lines:
        # Not the model's own manager: that one refuses what leaves no revision behind, and the
        # caller writes the document, with its revision, in the same transaction.
        stored: models.QuerySet[DocumentLine] = models.QuerySet(type(lines[0]))
        stored.bulk_update(lines, fields)


def _sums(document: Document) -> tuple[Decimal, ...]:
    return document.net, document.tax, document.total, document.home_total
