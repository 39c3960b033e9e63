"""From a snapshot to the fields of their objects, and what of them differs from what stands. Pure."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.connectors.freshbooks.taxes import line_fields
from apps.connectors.freshbooks.wire import (
    CENT,
    NIL,
    OTHER,
    TYPES,
    USED_CREDIT,
    VOIDED,
    Json,
    Raw,
    country_name,
    mark,
    money,
    number_or_text,
    plain,
    short_marker,
    with_message,
    with_reference,
)
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Line,
    PaymentSnapshot,
)

HEAD = 50  # characters of a line's name; its whole text stands in the description behind it
SENT = 2  # the status of an invoice that counts
FINEST = Decimal("0.01")  # of a quantity and a price that are sent as they are
Document = InvoiceSnapshot | CreditNoteSnapshot


# --- Masters ----------------------------------------------------------------------------------


def client_fields(customer: CustomerSnapshot) -> Json:
    lines = customer.address.lines
    return {
        "organization": customer.name,
        "email": customer.email,
        "bus_phone": customer.phone,
        "p_street": lines[0] if lines else "",
        "p_street2": ", ".join(lines[1:]),
        "p_city": customer.address.city,
        "p_province": customer.address.region,
        "p_code": customer.address.postal_code,
        "p_country": country_name(customer.address.country),
    }


def new_client(customer: CustomerSnapshot) -> Json:
    fields = {name: value for name, value in client_fields(customer).items() if value}
    if customer.currency:
        fields["currency_code"] = customer.currency
    return fields | {"note": mark(customer.marker)}


def item_fields(item: ItemSnapshot, home: str) -> Json:
    return {
        "name": item.name,
        "sku": item.code,
        "description": item.description,
        "unit_cost": money(item.unit_price or NIL, home),
    }


# --- Documents --------------------------------------------------------------------------------


def new_invoice(invoice: InvoiceSnapshot) -> Json:
    """As sent: a draft is in no report. No call makes them e-mail it."""
    return {
        "customerid": number_or_text(invoice.customer_id),
        "create_date": invoice.issue_date.isoformat(),
        "due_offset_days": offset(invoice),
        "invoice_number": invoice.number,
        "currency_code": invoice.currency,
        "po_number": invoice.purchase_order_number,
        "notes": with_message("", invoice.message, invoice.marker),
        "status": SENT,
        **_address(invoice),
        "lines": lines_of(invoice),
    }


def new_credit(credit: CreditNoteSnapshot) -> Json:
    return {
        "clientid": number_or_text(credit.customer_id),
        "create_date": credit.issue_date.isoformat(),
        "credit_number": credit.number,
        "credit_type": "goodwill",
        "currency_code": credit.currency,
        "notes": with_message("", credit.message, credit.marker),
        **_address(credit),
        "lines": lines_of(credit),
    }


def new_adjustment(adjustment: AdjustmentSnapshot, number: str) -> Json:
    words = adjustment.memo or "Deduction"
    line = Line(key="1", net=adjustment.amount, unit_price=adjustment.amount, description=words)
    return {
        "clientid": number_or_text(adjustment.customer_id),
        "create_date": adjustment.dated.isoformat(),
        "credit_number": number,
        "credit_type": "goodwill",
        "currency_code": adjustment.currency,
        "notes": mark(adjustment.marker, adjustment=True),
        "lines": [_line(line, adjustment.currency)],
    }


def helper_number(adjustment: AdjustmentSnapshot) -> str:
    """Of its own, so that it eats no number of a series."""
    return f"{short_marker(adjustment.marker)}-A"


def changed_invoice(invoice: InvoiceSnapshot, raw: Raw) -> Json:
    """What may change on one that stands. Their dates hang together: a due date is an offset."""
    words = raw.get("notes")
    return {
        "customerid": number_or_text(invoice.customer_id),
        "create_date": invoice.issue_date.isoformat(),
        "due_offset_days": offset(invoice),
        "invoice_number": invoice.number,
        "po_number": invoice.purchase_order_number,
        "notes": with_message(
            words if isinstance(words, str) else "", invoice.message, invoice.marker
        ),
    }


def changed_credit(credit: CreditNoteSnapshot, raw: Raw) -> Json:
    words = raw.get("notes")
    return {
        "clientid": number_or_text(credit.customer_id),
        "create_date": credit.issue_date.isoformat(),
        "credit_number": credit.number,
        "notes": with_message(
            words if isinstance(words, str) else "", credit.message, credit.marker
        ),
    }


def voided(raw: Raw, currency: str) -> Json:
    """All lines at nil, under its number: it stays, and counts for nothing."""
    words = raw.get("notes") if isinstance(raw.get("notes"), str) else ""
    lines = [
        {
            "name": each.get("name") or "",
            "description": each.get("description") or "",
            "qty": "1",
            "unit_cost": money(NIL, currency),
        }
        for each in raw.get("lines") or ()
        if isinstance(each, Mapping)
    ]
    return {"notes": f"{VOIDED}\n{words}".strip(), "lines": lines}


def offset(invoice: InvoiceSnapshot) -> int:
    return ((invoice.due_date or invoice.issue_date) - invoice.issue_date).days


def lines_of(document: Document) -> list[Json]:
    return [_line(each, document.currency) for each in document.lines]


def _line(line: Line, currency: str) -> Json:
    held = as_held(line)
    text = held.description
    head = text.partition("\n")[0][:HEAD].strip()
    return {
        "name": head,
        "description": "" if head == text else text,
        "qty": plain(held.quantity),
        "unit_cost": money(held.unit_price, currency),
        **line_fields(line.tax_code_id),
    }


def as_held(line: Line) -> Line:
    """As quantity × price where that is its net to the cent, whatever they round; else once, at its
    net, with both in words."""
    text = line.description.strip()
    if says_its_net(line):
        return dataclasses.replace(line, description=text)
    if line.quantity != 1 or line.unit_price != line.net:
        text = f"{text} ({told(line)})".strip()
    return dataclasses.replace(line, description=text, quantity=Decimal(1), unit_price=line.net)


def says_its_net(line: Line) -> bool:
    exact = not (line.quantity % FINEST or line.unit_price % CENT)
    return exact and line.quantity * line.unit_price == line.net


def told(line: Line) -> str:
    said = f"{plain(line.quantity)} × {plain(line.unit_price)}"
    return (
        f"{said}, less discount" if abs(line.quantity * line.unit_price) > abs(line.net) else said
    )


def _address(document: Document) -> Json:
    lines = document.address.lines
    told = {
        "street": lines[0] if lines else "",
        "street2": ", ".join(lines[1:]),
        "city": document.address.city,
        "province": document.address.region,
        "code": document.address.postal_code,
        "country": country_name(document.address.country),
    }
    return {name: value for name, value in told.items() if value}


# --- Money ------------------------------------------------------------------------------------


def type_of(method: str) -> str:
    """How money came, from their closed list: "Credit" is what a credit pays."""
    wanted = method.strip().casefold()
    found = (each for each in TYPES if each.casefold() == wanted and each != USED_CREDIT)
    return next(found, OTHER)


def payment_fields(payment: PaymentSnapshot, raw: Raw | None) -> Json:
    """What may change; the invoice that it pays is not among it."""
    words = raw.get("note") if raw is not None else ""
    return {
        "amount": money(payment.amount, payment.currency),
        "date": payment.paid_on.isoformat(),
        "note": with_reference(
            words if isinstance(words, str) else "", payment.reference, payment.marker
        ),
    }


def new_payment(payment: PaymentSnapshot, invoice_id: str) -> Json:
    return {
        "invoiceid": number_or_text(invoice_id),
        **payment_fields(payment, None),
        "type": type_of(payment.method_id),
    }


def new_use(allocation: AllocationSnapshot) -> Json:
    return {
        "invoiceid": number_or_text(allocation.target_id),
        "creditid": number_or_text(allocation.source_id),
        "from_credit": True,
        "type": USED_CREDIT,
        "amount": money(allocation.amount, allocation.currency),
        "date": allocation.applied_on.isoformat(),
        "note": mark(allocation.marker),
    }


# --- Differences ------------------------------------------------------------------------------


def unlike(fields: Mapping[str, Any], raw: Raw) -> Json:
    """What of these fields their object does not say. Figures are equal in value; null, nothing and
    "" are one."""
    return {name: value for name, value in fields.items() if not _same(value, raw.get(name))}


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, Mapping) and isinstance(theirs, Mapping):
        return _same(ours.get("amount"), theirs.get("amount")) and (
            not theirs.get("code") or ours.get("code") == theirs.get("code")
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(
            isinstance(mine, Mapping) and isinstance(yours, Mapping) and not unlike(mine, yours)
            for mine, yours in zip(ours, theirs, strict=True)
        )
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return bool(ours) == bool(theirs)
    if ours == theirs or (ours in (None, "", 0, "0") and theirs in (None, "", 0, "0")):
        return True
    if str(ours).strip() == str(theirs).strip():
        return True
    return _number(ours) is not None and _number(ours) == _number(theirs)


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if isinstance(value, str | int | float) else None
    except InvalidOperation:
        return None
