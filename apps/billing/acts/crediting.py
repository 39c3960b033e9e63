"""Credit this invoice: a draft credit note that mirrors it, whole or in part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.acts.issuing import company_of
from apps.billing.acts.relief_drafts import refuse_booked_again
from apps.billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine, TaxMode
from apps.billing.rules.documents import refuse_beyond, require_amount, require_reason
from apps.billing.sums.remainders import (
    LeftOfLine,
    clipped,
    is_discounted,
    left_of_lines,
    priced,
)
from apps.billing.sums.totals import work_out
from apps.core.money import ZERO, figure, rounded

FINEST = Decimal("0.000001")  # of a unit price


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What is credited of one line of the invoice: a quantity, or an amount without tax (net).

    With neither it is all that is left of the line. Its discounts, also of the document, go along.
    """

    line: InvoiceLine
    quantity: Decimal | None = None
    net: Decimal | None = None


def credit_invoice(
    invoice: Invoice, *, reason: str, on: date, lines: Sequence[Part] | None = None
) -> CreditNote:
    """Make the draft that credits an issued invoice, dated `on`, with its rate, items and prices.

    Without `lines` it mirrors the whole invoice and, once issued, cancels it to nil.
    Raises ValidationError when the invoice is not issued or not that much of it is left.
    """
    reason = require_reason(reason)
    with transaction.atomic():
        company = company_of(invoice)
        company.refuse_closed(on)
        invoice.hold()
        if not invoice.is_issued:
            raise ValidationError(f"{invoice} is not issued, so there is nothing to credit.")
        refuse_booked_again(invoice)
        note = CreditNote(
            company=company,
            customer_id=invoice.customer_id,
            invoice=invoice,
            reason=reason,
            issue_date=on,
            currency=invoice.currency,
            exchange_rate=invoice.exchange_rate,
            exchange_rate_date=invoice.exchange_rate_date,
            exchange_rate_source=invoice.exchange_rate_source,
            purchase_order_number=invoice.purchase_order_number,
            tax_mode=invoice.tax_mode,
        )
        if lines is None:
            note.discount_percent = invoice.discount_percent
            note.discount_amount = invoice.discount_amount
        note.save()
        for line in _mirrored(note, invoice) if lines is None else _parts(note, invoice, lines):
            line.save()
        work_out(note)
        refuse_beyond(note, invoice)
    return note


def _mirrored(note: CreditNote, invoice: Invoice) -> list[CreditNoteLine]:
    lines = [_mirror(note, line, line.position) for line in invoice.lines.all()]
    for mirror in lines:
        line = mirror.invoice_line
        if line is not None:
            mirror.discount_percent = line.discount_percent
            mirror.discount_amount = line.discount_amount
    return lines


def _parts(note: CreditNote, invoice: Invoice, parts: Sequence[Part]) -> list[CreditNoteLine]:
    left = {each.line.pk: each for each in left_of_lines(invoice)}
    return [_part(note, left, part, place) for place, part in enumerate(parts, start=1)]


def _part(
    note: CreditNote, lines: Mapping[int, LeftOfLine], part: Part, place: int
) -> CreditNoteLine:
    left = lines.get(part.line.pk)
    if left is None:
        raise ValidationError(f"{part.line} is not of {note.invoice}.")
    new = _mirror(note, left.line, place)
    if part.net is not None:
        _take_net(new, left, part.net, note)
    elif part.quantity is not None:
        _take_quantity(new, left, part.quantity, note)
    elif left.whole:
        _take_quantity(new, left, left.quantity, note)
    else:
        _take_net(new, left, left.net, note)
    return new


def _take_net(new: CreditNoteLine, left: LeftOfLine, net: Decimal, note: CreditNote) -> None:
    require_amount(net, note.currency)
    if net > left.net:
        raise ValidationError(
            f"{left.line}: at most {figure(left.net, note.currency)} {note.currency} of it is left "
            "to be credited."
        )
    new.quantity, new.unit_price = Decimal(1), net
    if note.tax_mode == TaxMode.INCLUSIVE:
        percent = left.line.tax_percent or ZERO
        priced = rounded(net * (100 + percent) / 100, note.currency)
        new.unit_price = left.amount if net == left.net else clipped(priced, left.amount)


def _take_quantity(
    new: CreditNoteLine, left: LeftOfLine, quantity: Decimal, note: CreditNote
) -> None:
    line = left.line
    if not quantity or clipped(quantity, left.quantity) != quantity or quantity * line.quantity < 0:
        raise ValidationError(
            f"{line}: credit at most its quantity of {left.quantity.normalize():f}."
        )
    new.quantity = quantity
    if left.whole and quantity == left.quantity:
        amount = left.amount
    else:
        share = priced(line, note.tax_mode) * quantity / line.quantity
        amount = clipped(rounded(share, note.currency), left.amount)
    _price(new, line, amount, note.currency)


def _price(new: CreditNoteLine, line: InvoiceLine, amount: Decimal, currency: str) -> None:
    """Let the line come to this amount: by the invoice's discount, one of its own, or its price.

    The part's share of a document discount is in its own discount: the note as a whole has none.
    """
    before = rounded(new.quantity * line.unit_price, currency)
    percent, discount = line.discount_percent, before - amount
    if percent is not None and discount == rounded(before * percent / 100, currency):
        new.discount_percent = percent
    elif discount and is_discounted(line) and clipped(discount, before) == discount != 0:
        new.discount_amount = discount
    elif discount:
        new.unit_price = (amount / new.quantity).quantize(FINEST, rounding=ROUND_HALF_UP)
        if rounded(new.quantity * new.unit_price, currency) != amount:
            new.quantity, new.unit_price = Decimal(1), amount


def _mirror(note: CreditNote, line: InvoiceLine, place: int) -> CreditNoteLine:
    return CreditNoteLine(
        document=note,
        invoice_line=line,
        position=place,
        item_id=line.item_id,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_rate_id=line.tax_rate_id,
    )
