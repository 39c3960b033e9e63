"""What a document comes to: its lines, net, tax and total, rounded as the books round."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.models import Company, CreditNote, Document, DocumentLine, TaxShare
from apps.billing.sums.exchange_rates import take_rate
from apps.billing.sums.reckoning import (
    ComponentSums,
    ComponentTerms,
    DocumentTerms,
    LineSums,
    LineTerms,
    RateTerms,
    Sums,
    reckon,
)
from apps.billing.sums.relief_sums import books_bad_debt, relieved
from apps.billing.sums.remainders import fitted
from apps.billing.sums.tax_rates import rate_terms
from apps.core.money import rounded
from apps.core.rows import update_rows

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
    """Set the lines' and the document's sums, and its tax per component, in memory only.

    Home amounts are at the document's exchange rate. A draft is reckoned by its company's tax
    rounding, or its invoice's, which it then bears.
    """
    for line in lines:
        line_net(line.quantity, line.unit_price, document.currency)
    if document.is_draft:
        document.tax_rounding = _origin(document).tax_rounding
    sums = reckon([line_terms(line) for line in lines], document_terms(document))
    if document.is_draft and books_bad_debt(document):
        sums = relieved(document, lines, sums)
    elif isinstance(document, CreditNote) and document.is_draft:
        sums = fitted(document, lines, sums)
    if max(abs(sums.total), abs(sums.home_total)) >= LARGEST:
        raise ValidationError("The total is more than an invoice can hold.")
    for line, worked_out in zip(lines, sums.lines, strict=True):
        line.net, line.tax = worked_out.net, worked_out.tax
        line.discount_net = worked_out.discount_net
    document.discount, document.net, document.tax = sums.discount, sums.net, sums.tax
    document.total = sums.total
    document.home_total, document.home_tax = sums.home_total, sums.home_tax
    document.taxes = [share.to_json() for share in _shares(sums, lines)]


def _origin(document: Document) -> Document | Company:
    """Whose choices a draft follows."""
    if isinstance(document, CreditNote) and document.invoice is not None:
        return document.invoice
    return document.company


def line_terms(line: DocumentLine) -> LineTerms:
    return LineTerms(
        quantity=line.quantity,
        unit_price=line.unit_price,
        rate=None if line.tax_rate is None else rate_terms(line.tax_rate),
        discount_percent=line.discount_percent,
        discount_amount=line.discount_amount,
    )


def document_terms(document: Document) -> DocumentTerms:
    return DocumentTerms(
        currency=document.currency,
        home_currency=document.company.home_currency,
        exchange_rate=document.exchange_rate,
        mode=document.tax_mode,
        rounding=document.tax_rounding,
        discount_percent=document.discount_percent,
        discount_amount=document.discount_amount,
    )


def _shares(sums: Sums, lines: Sequence[DocumentLine]) -> Iterator[TaxShare]:
    """Tax per component with the names that it has now."""
    if not sums.shares:
        return
    rates = {line.tax_rate.pk: line.tax_rate for line in lines if line.tax_rate is not None}
    components = {each.pk: each for rate in rates.values() for each in rate.components.all()}
    for share in sums.shares:
        component = components[share.component_id]
        yield TaxShare(
            rate_id=share.rate_id,
            code=rates[share.rate_id].code,
            component_id=share.component_id,
            name=component.name,
            agency=component.agency.name,
            percent=share.percent,
            base=share.base,
            tax=share.tax,
        )


def work_out(document: Document) -> None:
    """Sum up a saved draft from its stored lines; write lines and document where they differ.

    A draft in a foreign currency takes the latest exchange rate of its day, unless it has its own.
    An issued document is left as it is: its amounts are frozen.
    """
    with transaction.atomic():
        document.hold()
        if not document.is_draft:
            return
        lines = lines_of(document)
        before = _sums(document), [_line_sums(line) for line in lines]
        take_rate(document, document.company)
        sum_up(document, lines)
        if before == (_sums(document), [_line_sums(line) for line in lines]):
            return
        write_lines(lines, ["net", "tax", "discount_net"])
        document.save()


def lines_of(document: Document) -> list[DocumentLine]:
    """The stored lines in their order, read afresh, with their items and tax rates."""
    lines: models.QuerySet[DocumentLine] = document.lines.select_related("item")
    found = lines.prefetch_related("tax_rate__components__agency")
    return list(found.order_by("position", "id"))


def write_lines(lines: Sequence[DocumentLine], fields: Sequence[str]) -> None:
    """Write these fields of a draft's lines. The caller holds the document's lock."""
    if lines:
        # Past the model's manager, which refuses what leaves no revision behind: the caller writes
        # the document, with its revision, in the same transaction.
        update_rows(type(lines[0]), lines, fields)


def _sums(document: Document) -> tuple[Any, ...]:
    amounts = document.discount, document.net, document.tax, document.total
    home = document.exchange_rate, document.home_total, document.home_tax
    return *amounts, *home, document.taxes


def _line_sums(line: DocumentLine) -> tuple[Decimal, ...]:
    return line.net, line.tax, line.discount_net
