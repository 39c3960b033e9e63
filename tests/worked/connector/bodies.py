"""From a snapshot to the fields of their objects, and what of them differs from what stands."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Line,
    PaymentSnapshot,
    RefundSnapshot,
)
from tests.worked.connector.wire import RATE, Json, money, plain, remark


def contact_fields(customer: CustomerSnapshot) -> Json:
    return {
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "street": ", ".join(customer.address.lines),
        "city": customer.address.city,
        "postcode": customer.address.postal_code,
        "country": customer.address.country,
        "archived": not customer.active,
    }


def product_fields(item: ItemSnapshot) -> Json:
    return {
        "code": item.code,
        "name": item.name,
        "price": None if item.unit_price is None else money(item.unit_price),
        "archived": not item.active,
    }


def document_fields(document: InvoiceSnapshot | CreditNoteSnapshot) -> Json:
    fields: Json = {
        "number": document.number,
        "contact": document.customer_id,
        "dated": document.issue_date.isoformat(),
        "currency": document.currency,
        "rate": rate_text(document.exchange_rate),
        "lines": [_line(each) for each in document.lines],
        "net": money(document.net),
        "tax": money(document.tax),
        "total": money(document.total),
    }
    if isinstance(document, InvoiceSnapshot):
        fields["due"] = (document.due_date or document.issue_date).isoformat()
    return fields


def _line(line: Line) -> Json:
    return {
        "product": line.item_id or None,
        "text": line.description,
        "quantity": plain(line.quantity),
        "price": plain(line.unit_price),
        "net": money(line.net),
        "tax_percent": line.tax_code_id or None,
        "tax": money(line.tax),
    }


def receipt_fields(payment: PaymentSnapshot, amount: Decimal) -> Json:
    return {
        "contact": payment.customer_id,
        "dated": payment.paid_on.isoformat(),
        "currency": payment.currency,
        "rate": rate_text(payment.exchange_rate),
        "amount": money(amount),
        "reference": payment.reference,
    }


def refund_fields(refund: RefundSnapshot) -> Json:
    """Without its amount and what it is of, which are told by what it pays back."""
    return {
        "contact": refund.customer_id,
        "dated": refund.paid_on.isoformat(),
        "currency": refund.currency,
        "rate": rate_text(refund.exchange_rate),
    }


def rate_text(rate: Decimal) -> str:
    return f"{rate.quantize(RATE):f}"


def kept(
    snapshot: PaymentSnapshot | RefundSnapshot | InvoiceSnapshot | CreditNoteSnapshot,
    agreed: Any,
    place: int,
) -> Json:
    """What is theirs to decide once it stands: written again only where it was changed here since
    both sides agreed."""
    fields: Json = {}
    if agreed is None or agreed.memo != snapshot.memo:
        fields["remark"] = remark(snapshot.memo, snapshot.marker, place)
    if isinstance(snapshot, PaymentSnapshot) and (
        agreed is None or agreed.method_id != snapshot.method_id
    ):
        fields["method"] = snapshot.method_id
    return fields


# --- Differences ------------------------------------------------------------------------------


def unlike(fields: Mapping[str, Any], raw: Mapping[str, Any]) -> Json:
    """The fields of which their object says something else."""
    return {name: each for name, each in fields.items() if not _same(each, raw.get(name))}


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return not unlike(ours, theirs)
    if ours == theirs or (not ours and not theirs):
        return True
    return _number(ours) is not None and _number(ours) == _number(theirs)


def _number(value: Any) -> Decimal | None:
    """Of "12.5": quantities, prices, rates and percentages have no one way to be written."""
    try:
        return Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None
