"""Invoices and credit notes as others see them.

A document that was issued shows what was frozen with it: the customer's name, the rates, the lines.
"""

from datetime import date
from typing import Any
from uuid import UUID

from apps.billing.models import CreditNote, Document, DocumentLine, Invoice, TaxShare
from apps.triggers.shapes.links import page_of
from apps.triggers.shapes.masters import CustomerBrief, brief
from apps.triggers.shapes.parts import (
    Amount,
    Company,
    Currency,
    Day,
    Moment,
    Number,
    Numbered,
    Shape,
    company_shape,
    money,
    plain,
    plain_if_any,
)


class Line(Shape):
    position: int
    item_code: str
    description: str
    quantity: Number
    unit_price: Number
    discount_percent: Number | None
    discount_amount: Amount | None
    tax_code: str
    tax_percent: Number | None
    net: Amount
    tax: Amount


class Tax(Shape):
    """Tax of one component of one rate, summed over the lines."""

    code: str
    name: str
    percent: Number
    base: Amount
    tax: Amount


class DocumentShape(Shape):
    id: UUID
    revision: int
    company: Company
    number: str
    status: str
    customer: CustomerBrief
    issue_date: Day
    supply_date: Day | None
    currency: Currency
    exchange_rate: Number
    tax_mode: str
    discount_percent: Number | None
    discount_amount: Amount | None
    net: Amount
    tax: Amount
    total: Amount
    home_total: Amount
    lines: list[Line]
    taxes: list[Tax]
    message: str
    purchase_order_number: str
    issued_at: Moment | None
    void_date: Day | None
    void_reason: str
    created_at: Moment
    updated_at: Moment
    page: str


class InvoiceShape(DocumentShape):
    """`balance_due` = total − paid − credited − written off. Overdue: money is expected, and the due
    date has gone by in the company's time zone."""

    terms: str
    due_date: Day | None
    overdue: bool
    paid: Amount
    credited: Amount
    written_off: Amount
    balance_due: Amount


class CreditNoteShape(DocumentShape):
    """`open_credit` = total − applied. `invoice` is the one that it takes back, `writes_off` the one
    whose bad debt it books."""

    invoice: Numbered | None
    writes_off: Numbered | None
    reason: str
    applied: Amount
    open_credit: Amount


def invoice_shape(invoice: Invoice, *, today: date | None = None) -> InvoiceShape:
    """`today` is the company's, where the caller knows it already."""
    cur = invoice.currency
    return InvoiceShape(
        **_document(invoice),
        terms=invoice.terms_text or (invoice.terms.name if invoice.terms else ""),
        due_date=invoice.due_date,
        overdue=is_overdue(invoice, today or invoice.company.today()),
        paid=money(invoice.paid, cur),
        credited=money(invoice.credited, cur),
        written_off=money(invoice.written_off, cur),
        balance_due=money(invoice.balance_due, cur),
    )


def credit_note_shape(note: CreditNote) -> CreditNoteShape:
    return CreditNoteShape(
        **_document(note),
        invoice=numbered(note.invoice),
        writes_off=numbered(note.relieves),
        reason=note.reason,
        applied=money(note.applied, note.currency),
        open_credit=money(note.open_credit, note.currency),
    )


def is_overdue(invoice: Invoice, today: date) -> bool:
    return invoice.is_open and invoice.due_date is not None and invoice.due_date < today


def numbered(document: Document | None) -> Numbered | None:
    return (
        None if document is None else Numbered(id=document.public_id, number=document.number or "")
    )


def _document(document: Document) -> dict[str, Any]:
    cur, home = document.currency, document.company.home_currency
    amount = document.discount_amount
    return {
        "id": document.public_id,
        "revision": document.revision,
        "company": company_shape(document.company),
        "number": document.number or "",
        "status": document.status,
        "customer": brief(document.customer, document.customer_name),
        "issue_date": document.issue_date,
        "supply_date": document.supply_date,
        "currency": cur,
        "exchange_rate": plain(document.exchange_rate),
        "tax_mode": document.tax_mode,
        "discount_percent": plain_if_any(document.discount_percent),
        "discount_amount": None if amount is None else money(amount, cur),
        "net": money(document.net, cur),
        "tax": money(document.tax, cur),
        "total": money(document.total, cur),
        "home_total": money(document.home_total, home),
        "lines": [_line(each, cur) for each in document.lines.all()],
        "taxes": [_tax(each, cur) for each in document.shares],
        "message": document.message,
        "purchase_order_number": document.purchase_order_number,
        "issued_at": document.issued_at,
        "void_date": document.void_date,
        "void_reason": document.void_reason,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
        "page": page_of(document),
    }


def _line(line: DocumentLine, currency: str) -> Line:
    """As frozen; of a draft, as its item and rate stand now."""
    amount = line.discount_amount
    return Line(
        position=line.position,
        item_code=line.item_code or (line.item.code if line.item else ""),
        description=line.description,
        quantity=plain(line.quantity),
        unit_price=plain(line.unit_price),
        discount_percent=plain_if_any(line.discount_percent),
        discount_amount=None if amount is None else money(amount, currency),
        tax_code=line.tax_code or (line.tax_rate.code if line.tax_rate else ""),
        tax_percent=plain_if_any(line.tax_percent),
        net=money(line.net, currency),
        tax=money(line.tax, currency),
    )


def _tax(share: TaxShare, currency: str) -> Tax:
    return Tax(
        code=share.code,
        name=share.name,
        percent=plain(share.percent),
        base=money(share.base, currency),
        tax=money(share.tax, currency),
    )
