"""Credit notes: of an invoice by crediting it; without one as a draft that a second person approves."""

from typing import Annotated
from uuid import UUID

from ninja import Query, Router
from pydantic import Field

from apps.billing import actions
from apps.billing.models import CreditNote
from apps.staff.acts import ActName
from apps.triggers.api import documents
from apps.triggers.api.answers import Answer
from apps.triggers.api.documents import AskedOfDocuments, Issuing, Voiding
from apps.triggers.api.drafts import DraftFields, Lines, changes_of, lines_of, new_draft
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import CompanyNumber, Reason, text
from apps.triggers.api.paging import Page, page_of
from apps.triggers.api.records import held
from apps.triggers.api.routes import Header, route
from apps.triggers.models import Scope
from apps.triggers.shapes import CreditNoteShape, credit_note_shape

router = Router(tags=["Credit notes"])


class CreditNoteFields(DraftFields):
    reason: Annotated[str, text(200, 1)] = ""


class NewCreditNote(CreditNoteFields):
    customer: UUID = Field()
    lines: Lines = Field()
    reason: Reason = Field()
    company: CompanyNumber | None = None


@route(router, "GET", "/credit-notes", scope=Scope.READ, right="billing.view_creditnote",
       gives=Page[CreditNoteShape])  # fmt: skip
def list_credit_notes(request: Request, asked: Query[AskedOfDocuments]) -> Answer:
    """List credit notes."""
    rows = documents.listed(request, "credit_note", asked)
    return page_of(request, rows, asked, credit_note_shape)


@route(router, "POST", "/credit-notes", scope=Scope.PREPARE, right="billing.add_creditnote",
       gives=CreditNoteShape, status=201, repeat=Header.HEEDED, versioned=True)  # fmt: skip
def add_credit_note(request: Request, given: NewCreditNote) -> Answer:
    """Add a draft without an invoice. To take an invoice back, credit that."""
    company = request.auth.company(given.company)
    made = new_draft(given, company, CreditNote, reason=given.reason)
    return documents.answer(request, "credit_note", made.public_id, status=201)


@route(router, "GET", "/credit-notes/{uuid:id}", scope=Scope.READ,
       right="billing.view_creditnote", gives=CreditNoteShape, versioned=True)  # fmt: skip
def read_credit_note(request: Request, id: UUID) -> Answer:
    """Read a credit note."""
    return documents.answer(request, "credit_note", id)


@route(router, "PATCH", "/credit-notes/{uuid:id}", scope=Scope.PREPARE,
       right="billing.change_creditnote", gives=CreditNoteShape, version=Header.NEEDED,
       versioned=True)  # fmt: skip
def change_credit_note(request: Request, id: UUID, given: CreditNoteFields) -> Answer:
    """Change a draft. What is left out stays as it is."""
    note: CreditNote = held(request, "credit_note", id)
    lines = lines_of(given, note.company) if "lines" in given.model_fields_set else None
    actions.redraft(note, changes_of(given, note), lines)
    return documents.answer(request, "credit_note", id)


@route(router, "DELETE", "/credit-notes/{uuid:id}", scope=Scope.PREPARE,
       right="billing.delete_creditnote", gives=None, status=204,
       version=Header.NEEDED)  # fmt: skip
def delete_credit_note(request: Request, id: UUID) -> Answer:
    """Delete a draft. What is issued is voided."""
    return documents.delete_draft(request, "credit_note", id)


@route(router, "POST", "/credit-notes/{uuid:id}/issue", scope=Scope.POST,
       right=ActName.ISSUE_CREDIT_NOTE, gives=CreditNoteShape, repeat=Header.NEEDED,
       version=Header.NEEDED, versioned=True)  # fmt: skip
def issue_credit_note(request: Request, id: UUID, given: Issuing) -> Answer:
    """Issue a draft. It gets its number, is frozen, and goes to the books by itself."""
    return documents.issue(request, "credit_note", id, given)


@route(router, "POST", "/credit-notes/{uuid:id}/void", scope=Scope.POST,
       right=ActName.VOID_CREDIT_NOTE, gives=CreditNoteShape, repeat=Header.NEEDED,
       version=Header.HEEDED, versioned=True)  # fmt: skip
def void_credit_note(request: Request, id: UUID, given: Voiding) -> Answer:
    """Void a credit note. It keeps its number and counts for nothing."""
    return documents.void(request, "credit_note", id, given)
