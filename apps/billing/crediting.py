"""Credit this invoice: a draft credit note that mirrors it, whole or in part."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.issuing import company_of
from apps.billing.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from apps.billing.rules import left_to_credit, require_amount, require_reason
from apps.billing.totals import work_out


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What is credited of one line of the invoice: a quantity at its price, or an amount (net)."""

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
        left = left_to_credit(invoice)
        if note.total > left:
            raise ValidationError(
                f"At most {left:.2f} {invoice.currency} of {invoice} is left to be credited."
            )
    return note


def _mirrored(note: CreditNote, invoice: Invoice) -> list[CreditNoteLine]:
    return [_mirror(note, line, line.position) for line in invoice.lines.all()]


def _parts(note: CreditNote, invoice: Invoice, parts: Sequence[Part]) -> list[CreditNoteLine]:
    return [_part(note, invoice, part, place) for place, part in enumerate(parts, start=1)]


def _part(note: CreditNote, invoice: Invoice, part: Part, place: int) -> CreditNoteLine:
    if part.line.document_id != invoice.pk:
        raise ValidationError(f"{part.line} is not of {invoice}.")
    line = _mirror(note, part.line, place)
    if part.net is not None:
        require_amount(part.net, invoice.currency)
        line.quantity, line.unit_price = Decimal(1), part.net
    elif part.quantity is not None:
        if not 0 < part.quantity <= part.line.quantity:
            raise ValidationError(
                f"{part.line}: credit at most its quantity of {part.line.quantity.normalize():f}."
            )
        line.quantity = part.quantity
    return line


def _mirror(note: CreditNote, line: InvoiceLine, place: int) -> CreditNoteLine:
    return CreditNoteLine(
        document=note,
        position=place,
        item_id=line.item_id,
        description=line.description,
        quantity=line.quantity,
        unit_price=line.unit_price,
        tax_rate_id=line.tax_rate_id,
        discount_percent=line.discount_percent,
        discount_amount=line.discount_amount,
    )
