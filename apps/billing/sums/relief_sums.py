"""What a bad debt is made of by tax rate, and the tax of a part of it, to the last cent.

The tax that a part takes is what the documents before it left of the rate's tax, in the proportion
in which it takes the rate's amount: whatever the parts, the last takes exactly what is left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.models import CreditNote, Document, DocumentLine, Invoice, TaxRate
from apps.billing.sums.reckoning import LineSums, Sums
from apps.core.money import ZERO, rounded, spread


@dataclass(slots=True)
class LeftOfRate:
    """What is left of one tax rate of a document, tax included; `taxes` by component."""

    rate: TaxRate | None
    gross: Decimal = ZERO
    taxes: dict[int, Decimal] = field(default_factory=dict)

    @property
    def tax(self) -> Decimal:
        return sum(self.taxes.values(), ZERO)


def left_by_rate(document: Document) -> list[LeftOfRate]:
    """An invoice less what was credited of it and written off with its tax, or such a write-off less
    what was booked again of it. What a credit note took back of a write-off is there again. The
    caller holds its lock."""
    takings = _takings(document)
    return _added_up([document, *_taken_back(takings)], takings)


def left_of_sale(sale: Sequence[Invoice], reliefs: Sequence[CreditNote]) -> list[LeftOfRate]:
    """An invoice with all that books its bad debts again, less what was credited and relieved."""
    credited = CreditNote.objects.filter(invoice__in=sale, status=Document.Status.ISSUED)
    return _added_up(sale, [*credited, *reliefs])


def _added_up(put: Sequence[Document], taken: Sequence[Document]) -> list[LeftOfRate]:
    found: dict[int | None, LeftOfRate] = {}
    for documents, sign in ((put, 1), (taken, -1)):
        for each in documents:
            _add(found, each, sign)
    return [each for each in found.values() if each.gross]


def _taken_back(takings: Sequence[Document]) -> list[Invoice]:
    """The invoices by which credit notes took write-offs back: what they were made for settles them
    first."""
    reliefs = [each for each in takings if isinstance(each, CreditNote) and each.relieves_id]
    again = Invoice.objects.filter(recovers__in=reliefs, status=Document.Status.ISSUED)
    firsts = [(each, each.allocations.order_by("pk").first()) for each in again] if reliefs else []
    return [each for each, first in firsts if first is not None and first.credit_note_id]


def _takings(document: Document) -> list[Document]:
    issued = {"status": Document.Status.ISSUED}
    if isinstance(document, CreditNote):
        return list(document.recoveries.filter(**issued))
    assert isinstance(document, Invoice)  # there is no third kind
    return [*document.credit_notes.filter(**issued), *document.reliefs.filter(**issued)]


def _add(found: dict[int | None, LeftOfRate], document: Document, sign: int) -> None:
    for line in document.lines.select_related("tax_rate").order_by("position", "id"):
        left = found.setdefault(line.tax_rate_id, LeftOfRate(line.tax_rate))
        left.gross += sign * (line.net + line.tax)
    for share in document.shares:
        taxes = found.setdefault(share.rate_id, LeftOfRate(None)).taxes
        taxes[share.component_id] = taxes.get(share.component_id, ZERO) + sign * share.tax


def shared_out(document: Document, amount: Decimal) -> list[tuple[LeftOfRate, Decimal]]:
    """A part of a document by tax rate, tax included: by largest remainder over what is left.

    Raises ValidationError where a rate is below nil, so that no proportion can be told.
    """
    left = left_by_rate(document)
    if any(each.gross < 0 for each in left):
        raise ValidationError(
            f"{document} has a tax rate on which less than nothing is left, so its tax cannot be "
            "shared out. Write it off without its tax, or credit the lines it was charged on."
        )
    parts = spread(amount, [each.gross for each in left], document.currency) if left else []
    return [(each, part) for each, part in zip(left, parts, strict=True) if part]


def books_bad_debt(document: Document) -> bool:
    """Whether it writes a bad debt off with its tax, or books such a one again."""
    if isinstance(document, Invoice):
        return document.recovers_id is not None
    return isinstance(document, CreditNote) and document.relieves_id is not None


def relieved(document: Document, lines: Sequence[DocumentLine], sums: Sums) -> Sums:
    """The sums of a draft whose lines are shares of its origin, with the tax that those take."""
    assert document.origin is not None  # else it is reckoned like any other
    left = {_key(each): each for each in left_by_rate(document.origin)}
    made: list[LineSums] = []
    taxes: dict[int, Decimal] = {}
    nets: dict[int | None, Decimal] = {}
    for line, reckoned in zip(lines, sums.lines, strict=True):
        gross = reckoned.net + reckoned.tax
        tax = ZERO
        if line.tax_rate_id in left:
            split = _taken(left[line.tax_rate_id], gross, document.currency)
            tax = sum(split.values(), ZERO)
            taxes |= split
        nets[line.tax_rate_id] = gross - tax
        made.append(LineSums(gross - tax, tax, ZERO))
    shares = tuple(
        replace(each, base=nets[each.rate_id], tax=taxes.get(each.component_id, ZERO))
        for each in sums.shares
    )
    tax = sum((each.tax for each in made), ZERO)
    home = document.company.home_currency
    return replace(
        sums,
        lines=tuple(made),
        shares=shares,
        net=sums.total - tax,
        tax=tax,
        home_tax=rounded(tax * document.exchange_rate, home),
    )


def _key(left: LeftOfRate) -> int | None:
    return None if left.rate is None else left.rate.pk


def _taken(left: LeftOfRate, gross: Decimal, currency: str) -> dict[int, Decimal]:
    """By component, what a part of this amount takes of the tax that is left of a rate."""
    if not left.tax:
        return {}
    tax = rounded(left.tax * gross / left.gross, currency)
    parts = spread(tax, list(left.taxes.values()), currency)
    return dict(zip(left.taxes, parts, strict=True))
