"""What credit notes left of an invoice, and how the next one takes it to the last cent.

A part is reckoned like any document, so its cents need not be the invoice's own. Whatever the
parts: no tax is taken back that was not charged, and the note that takes the last of a rate takes
exactly what is left of its tax, and the last of all what is left in home currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Self

from django.db.models import Q, QuerySet

from apps.billing.models import (
    CreditNote,
    CreditNoteLine,
    DocumentLine,
    Invoice,
    InvoiceLine,
    TaxMode,
)
from apps.billing.sums.reckoning import ComponentSums, LineSums, Sums
from apps.core.money import ZERO, rounded, spread

RECKONED_FROM = ("quantity", "unit_price", "tax_rate_id", "discount_percent", "discount_amount")


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOfLine:
    """What is still to be credited of a line: `amount` as the prices are, `net` without tax.

    `quantity` is what was not yet credited by quantity; `whole` says that nothing was credited by
    amount, so that this quantity stands for all of the amount.
    """

    line: InvoiceLine
    quantity: Decimal
    amount: Decimal
    net: Decimal
    whole: bool


def credited_before(invoice: Invoice, besides: CreditNote | None = None) -> QuerySet[CreditNote]:
    """The credit notes of an invoice that count before this one: those that are issued, and of the
    batch that brought it the drafts that are issued before it."""
    counts = Q(status=CreditNote.Status.ISSUED)
    if besides is not None and besides.batch_id is not None:
        earlier = Q(status=CreditNote.Status.DRAFT, batch=besides.batch_id)
        if besides.pk is not None:
            earlier &= Q(pk__lt=besides.pk)
        counts |= earlier
    notes = invoice.credit_notes.filter(counts)
    return notes if besides is None or besides.pk is None else notes.exclude(pk=besides.pk)


def comes_along(note: CreditNote, invoice: Invoice) -> bool:
    """Whether its invoice is a draft of the same batch, which is issued before it."""
    return invoice.is_draft and note.batch_id is not None and note.batch_id == invoice.batch_id


def left_of_lines(invoice: Invoice, besides: CreditNote | None = None) -> list[LeftOfLine]:
    """Each line of an invoice less what credit notes took of it. The caller holds its lock."""
    before = credited_before(invoice, besides)
    taken: dict[int | None, list[CreditNoteLine]] = {}
    for line in CreditNoteLine.objects.filter(invoice_line__document=invoice, document__in=before):
        taken.setdefault(line.invoice_line_id, []).append(line)
    lines = invoice.lines.order_by("position", "id")
    return [_left_of(line, taken.get(line.pk, []), invoice) for line in lines]


def _left_of(line: InvoiceLine, taken: Sequence[CreditNoteLine], invoice: Invoice) -> LeftOfLine:
    mode = invoice.tax_mode
    amount = priced(line, mode) - sum((priced(each, mode) for each in taken), ZERO)
    by_quantity = [each for each in taken if _is_by_quantity(each, line)]
    used_up = bool(taken) and not amount  # the last part may bear a price of its own
    quantity = line.quantity - sum((each.quantity for each in by_quantity), ZERO)
    return LeftOfLine(
        line=line,
        quantity=ZERO if used_up else quantity,
        amount=amount,
        net=ZERO if used_up else line.net - sum((each.net for each in taken), ZERO),
        whole=len(by_quantity) == len(taken),
    )


def priced(line: DocumentLine, mode: str) -> Decimal:
    """What a line comes to after its discounts, as the prices are."""
    return line.net + line.tax if mode == TaxMode.INCLUSIVE else line.net


def is_discounted(line: DocumentLine) -> bool:
    return line.discount_net != 0


def _is_by_quantity(credited: CreditNoteLine, line: InvoiceLine) -> bool:
    same_price = credited.unit_price == line.unit_price
    return same_price and is_discounted(credited) == is_discounted(line)


def clipped(amount: Decimal, limit: Decimal) -> Decimal:
    """No further from nil than the limit, on its side."""
    return min(amount, limit) if limit >= 0 else max(amount, limit)


def fitted(note: CreditNote, lines: Sequence[DocumentLine], sums: Sums) -> Sums:
    """The sums of a draft credit note as they fit its invoice and what was credited of it before."""
    invoice = note.invoice
    if invoice is None or note.currency != invoice.currency:
        return sums
    if not (invoice.is_issued or comes_along(note, invoice)):
        return sums
    own = list(invoice.lines.order_by("position", "id"))
    if _terms(note, lines) == _terms(invoice, own):
        return _frozen(invoice, own)
    left = _Left.of(invoice, besides=note)
    rates = [line.tax_rate_id for line in lines]
    inclusive = note.tax_mode == TaxMode.INCLUSIVE
    return _at_home(_within(sums, left, rates, inclusive), left, note)


def _terms(document: Invoice | CreditNote, lines: Sequence[DocumentLine]) -> list[object]:
    """All that a document is reckoned from."""
    return [
        (document.exchange_rate, document.tax_mode, document.tax_rounding),
        (document.discount_percent, document.discount_amount),
        *(tuple(getattr(line, name) for name in RECKONED_FROM) for line in lines),
    ]


def _frozen(invoice: Invoice, lines: Sequence[InvoiceLine]) -> Sums:
    """The invoice's own figures: its mirror cancels it to nil."""
    return Sums(
        lines=tuple(LineSums(line.net, line.tax, line.discount_net) for line in lines),
        shares=tuple(
            ComponentSums(each.rate_id, each.component_id, each.percent, each.base, each.tax)
            for each in invoice.shares
        ),
        discount=invoice.discount,
        net=invoice.net,
        tax=invoice.tax,
        total=invoice.total,
        home_total=invoice.home_total,
        home_tax=invoice.home_tax,
    )


@dataclass(slots=True)
class _Left:
    """An invoice less its issued credit notes: totals, and (base, tax) by component."""

    total: Decimal
    tax: Decimal
    home_total: Decimal
    home_tax: Decimal
    shares: dict[int, tuple[Decimal, Decimal]]
    currency: str

    @classmethod
    def of(cls, invoice: Invoice, besides: CreditNote) -> Self:
        left = cls(
            total=invoice.total,
            tax=invoice.tax,
            home_total=invoice.home_total,
            home_tax=invoice.home_tax,
            shares={each.component_id: (each.base, each.tax) for each in invoice.shares},
            currency=invoice.currency,
        )
        for note in credited_before(invoice, besides):
            left._less(note)
        return left

    def _less(self, note: CreditNote) -> None:
        self.total -= note.total
        self.tax -= note.tax
        self.home_total -= note.home_total
        self.home_tax -= note.home_tax
        for share in note.shares:
            if share.component_id in self.shares:
                base, tax = self.shares[share.component_id]
                self.shares[share.component_id] = base - share.base, tax - share.tax


def _within(sums: Sums, left: _Left, rates: Sequence[int | None], inclusive: bool) -> Sums:
    """Tax that is taken back rate by rate; cents that move are shared out to the rate's lines."""
    lines = list(sums.lines)
    shares: list[ComponentSums] = []
    for rate, members in groupby(sums.shares, key=lambda share: share.rate_id):
        reckoned = list(members)
        fit = _fit(reckoned, left, inclusive)
        moved = _tax(fit) - _tax(reckoned)
        for place, part in _shared_out(moved, lines, rates, rate, left.currency):
            line = lines[place]
            net = line.net - part if inclusive else line.net
            lines[place] = replace(line, net=net, tax=line.tax + part)
        shares.extend(fit)
    net = sum((line.net for line in lines), ZERO)
    tax = sum((line.tax for line in lines), ZERO)
    return replace(
        sums, lines=tuple(lines), shares=tuple(shares), net=net, tax=tax, total=net + tax
    )


def _fit(reckoned: list[ComponentSums], left: _Left, inclusive: bool) -> list[ComponentSums]:
    """The components of one rate, no more than is left of them, and all of it at the end."""
    if any(each.component_id not in left.shares for each in reckoned):
        return reckoned
    bases, taxes = zip(*(left.shares[each.component_id] for each in reckoned), strict=True)
    base, left_base = reckoned[0].base, bases[0]
    amount = base + _tax(reckoned) if inclusive else base
    left_amount = left_base + sum(taxes, ZERO) if inclusive else left_base
    if amount == left_amount:
        return [
            replace(each, base=left_base, tax=tax)
            for each, tax in zip(reckoned, taxes, strict=True)
        ]
    if amount * left_amount <= 0 or abs(amount) > abs(left_amount):
        return reckoned  # lines below nil stand beside it: it is no part of what is left
    fit = [clipped(each.tax, tax) for each, tax in zip(reckoned, taxes, strict=True)]
    if inclusive:
        fit = _no_more_net(fit, taxes, amount, left_base)
        base = amount - sum(fit, ZERO)
    return [replace(each, base=base, tax=tax) for each, tax in zip(reckoned, fit, strict=True)]


def _no_more_net(
    fit: Sequence[Decimal], left: Sequence[Decimal], amount: Decimal, left_base: Decimal
) -> list[Decimal]:
    """Within prices: what is no tax is net, of which no more than is left is taken back either."""
    raised: list[Decimal] = []
    missing = amount - sum(fit, ZERO) - left_base
    for tax, room in zip(fit, left, strict=True):
        more = clipped(missing, room - tax) if missing * amount > 0 else ZERO
        missing -= more
        raised.append(tax + more)
    return raised


def _tax(shares: Sequence[ComponentSums]) -> Decimal:
    return sum((each.tax for each in shares), ZERO)


def _shared_out(
    moved: Decimal,
    lines: Sequence[LineSums],
    rates: Sequence[int | None],
    rate: int,
    currency: str,
) -> list[tuple[int, Decimal]]:
    """What moves, by the lines' nets; on the largest alone where those add up to nil."""
    places = [place for place, each in enumerate(rates) if each == rate]
    nets = [lines[place].net for place in places]
    if not moved:
        return []
    if not sum(nets, ZERO):
        return [(max(places, key=lambda place: (abs(lines[place].net), -place)), moved)]
    return list(zip(places, spread(moved, nets, currency), strict=True))


def _at_home(sums: Sums, left: _Left, note: CreditNote) -> Sums:
    """At the invoice's rate, no more than is left; the last of all takes what is left."""
    if (sums.total, sums.tax) == (left.total, left.tax):
        return replace(sums, home_total=left.home_total, home_tax=left.home_tax)
    home = note.company.home_currency
    home_total = rounded(sums.total * note.exchange_rate, home)
    home_tax = rounded(sums.tax * note.exchange_rate, home)
    if abs(sums.total) <= abs(left.total):
        home_total = clipped(home_total, left.home_total)
        home_tax = clipped(home_tax, left.home_tax)
    return replace(sums, home_total=home_total, home_tax=home_tax)


def tax_overdrawn(note: CreditNote, lines: Sequence[DocumentLine]) -> tuple[str, Decimal] | None:
    """The code of the first tax of which this note takes back more than is left, and what is left.

    Only where a line names no line of the invoice: a part of one goes as far as its line does.
    """
    if note.invoice is None or all(
        isinstance(line, CreditNoteLine) and line.invoice_line_id is not None for line in lines
    ):
        return None
    left = _Left.of(note.invoice, besides=note)
    for share in note.shares:
        _, tax = left.shares.get(share.component_id, (ZERO, ZERO))
        if clipped(share.tax, tax) != share.tax:
            return share.code, tax
    return None


def overdrawn(note: CreditNote, lines: Sequence[DocumentLine]) -> LeftOfLine | None:
    """The first line of its invoice of which this note takes more than is left."""
    taken: dict[int, Decimal] = {}
    for line in lines:
        if isinstance(line, CreditNoteLine) and line.invoice_line_id is not None:
            so_far = taken.get(line.invoice_line_id, ZERO)
            taken[line.invoice_line_id] = so_far + priced(line, note.tax_mode)
    if not taken or note.invoice is None:
        return None
    for left in left_of_lines(note.invoice, besides=note):
        amount = taken.get(left.line.pk, ZERO)
        if amount and clipped(amount, left.amount) != amount:
            return left
    return None
