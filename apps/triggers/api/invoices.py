"""Invoices: drafts are added and changed; issued ones are voided or credited."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from apps.billing import actions
from apps.billing.models import Invoice
from apps.billing.rules.days import Sense
from apps.staff.acts import ActName
from apps.triggers.api import documents
from apps.triggers.api.answers import Answer
from apps.triggers.api.days import Dated, refuse_far
from apps.triggers.api.documents import AskedOfDocuments, Issuing, Voiding
from apps.triggers.api.drafts import DraftFields, Lines, changes_of, lines_of, new_draft
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import CompanyNumber, Day, Figure, Input, Reason, text
from apps.triggers.api.paging import Page, page_of
from apps.triggers.api.records import held, refuse, terms_of
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import CreditNoteShape, InvoiceShape, invoice_shape

router = Router(tags=["Invoices"])


class InvoiceFields(DraftFields):
    """`terms` is the name of payment terms; without them the customer's. Without `due_date` it follows
    from them when it is issued."""

    terms: Annotated[str, text(31), Field(examples=["30 days"])] = ""
    due_date: Day | None = None


class NewInvoice(InvoiceFields):
    customer: UUID = Field()
    lines: Lines = Field()
    company: CompanyNumber | None = None


class CreditPart(Input):
    """How much of a line is credited, by its `position`: a quantity, or an amount without tax; with
    neither all that is left of it."""

    position: Annotated[int, Field(ge=1, le=32767, strict=True)]
    quantity: Figure | None = None
    net: Figure | None = None


class Crediting(Dated):
    """Without `lines` the whole invoice. `date` is that of the credit note; today, or the invoice's own
    where that is later."""

    reason: Reason
    date: Day | None = None
    lines: Annotated[list[CreditPart], Field(min_length=1, max_length=1000)] | None = None


@route(router, "GET", "/invoices", scope=Scope.READ, right="billing.view_invoice",
       gives=Page[InvoiceShape])  # fmt: skip
def list_invoices(request: Request, asked: Query[AskedOfDocuments]) -> Answer:
    """List invoices."""
    return page_of(request, documents.listed(request, "invoice", asked), asked, invoice_shape)


@route(router, "POST", "/invoices", scope=Scope.PREPARE, right="billing.add_invoice",
       gives=InvoiceShape, status=201, repeat=Header.HEEDED, versioned=True)  # fmt: skip
def add_invoice(request: Request, given: NewInvoice) -> Answer:
    """Add a draft. It has no number and is owed by nobody until it is issued."""
    company = request.auth.company(given.company)
    terms = terms_of(company, given.terms) if given.terms else None
    if terms is None:
        customers = company.customers.filter(public_id=given.customer).select_related("terms")
        terms = next((each.terms for each in customers), None)
    made = new_draft(given, company, Invoice, terms=terms, due_date=given.due_date)
    return documents.answer(request, "invoice", made.public_id, status=201)


@route(router, "GET", "/invoices/{uuid:id}", scope=Scope.READ, right="billing.view_invoice",
       gives=InvoiceShape, versioned=True)  # fmt: skip
def read_invoice(request: Request, id: UUID) -> Answer:
    """Read an invoice."""
    return documents.answer(request, "invoice", id)


@route(router, "PATCH", "/invoices/{uuid:id}", scope=Scope.PREPARE, right="billing.change_invoice",
       gives=InvoiceShape, version=Header.NEEDED, versioned=True)  # fmt: skip
def change_invoice(request: Request, id: UUID, given: InvoiceFields) -> Answer:
    """Change a draft. What is left out stays as it is."""
    invoice: Invoice = held(request, "invoice", id)
    values = changes_of(given, invoice)
    if "terms" in values:
        values["terms"] = terms_of(invoice.company, given.terms) if given.terms else None
    lines = lines_of(given, invoice.company) if "lines" in given.model_fields_set else None
    actions.redraft(invoice, values, lines)
    return documents.answer(request, "invoice", id)


@route(router, "DELETE", "/invoices/{uuid:id}", scope=Scope.PREPARE,
       right="billing.delete_invoice", gives=None, status=204, version=Header.NEEDED)  # fmt: skip
def delete_invoice(request: Request, id: UUID) -> Answer:
    """Delete a draft. What is issued is voided or credited."""
    return documents.delete_draft(request, "invoice", id)


@route(router, "POST", "/invoices/{uuid:id}/issue", scope=Scope.POST, right=ActName.ISSUE_INVOICE,
       gives=InvoiceShape, repeat=Header.NEEDED, version=Header.NEEDED, versioned=True)  # fmt: skip
def issue_invoice(request: Request, id: UUID, given: Issuing) -> Answer:
    """Issue a draft. It gets its number, is frozen, and goes to the books by itself."""
    return documents.issue(request, "invoice", id, given)


@route(router, "POST", "/invoices/{uuid:id}/void", scope=Scope.POST, right=ActName.VOID_INVOICE,
       gives=InvoiceShape, repeat=Header.NEEDED, version=Header.HEEDED, versioned=True)  # fmt: skip
def void_invoice(request: Request, id: UUID, given: Voiding) -> Answer:
    """Void an invoice. It keeps its number and counts for nothing."""
    return documents.void(request, "invoice", id, given)


@route(router, "POST", "/invoices/{uuid:id}/credit", scope=Scope.POST,
       right=ActName.CREDIT_INVOICE, gives=CreditNoteShape, status=201, repeat=Header.NEEDED,
       version=Header.HEEDED, versioned=True)  # fmt: skip
def credit_invoice(request: Request, id: UUID, given: Crediting) -> Answer:
    """Credit an invoice. It makes the draft of a credit note, which is issued afterwards."""
    invoice: Invoice = held(request, "invoice", id)
    on = given.date or max(invoice.company.today(), invoice.issue_date)
    refuse_far(given, invoice.company, Sense.DOCUMENT, date=given.date)
    note = actions.credit_invoice(
        invoice, reason=given.reason, on=on, lines=_parts(invoice, given.lines)
    )
    return documents.answer(request, "credit_note", note.public_id, status=201)


def _parts(invoice: Invoice, parts: list[CreditPart] | None) -> list[actions.Part] | None:
    if parts is None:
        return None
    lines = {line.position: line for line in invoice.lines.all()}
    made = []
    for place, part in enumerate(parts):
        line = lines.pop(part.position, None)
        if line is None:
            refuse(f"lines.{place}.position", "The invoice has no such line, or it is named twice.")
        if part.quantity is not None and part.net is not None:
            refuse(f"lines.{place}.net", "Send a quantity or an amount, not both.")
        made.append(actions.Part(line=line, quantity=part.quantity, net=part.net))
    return made
