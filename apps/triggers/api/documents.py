"""What both kinds of documents do alike: read, delete a draft, issue, void."""

from typing import Annotated, Any
from uuid import UUID

from django.db.models import QuerySet
from pydantic import Field

from apps.billing import actions
from apps.billing.acts.issuing import to_be
from apps.billing.models import Document, Invoice
from apps.billing.models.base import Frozen
from apps.billing.rules.alike import issued_alike
from apps.billing.rules.days import Sense
from apps.triggers.api.answers import Answer
from apps.triggers.api.days import Dated, refuse_far
from apps.triggers.api.doubles import refuse_typed
from apps.triggers.api.gate import Request
from apps.triggers.api.inputs import AllowDuplicate, Day, Reason, text
from apps.triggers.api.paging import AskedByDate, changed, dated, of_companies
from apps.triggers.api.records import found, held
from apps.triggers.shapes import credit_note_shape, invoice_shape, rows_of

SHAPES: dict[str, Any] = {"invoice": invoice_shape, "credit_note": credit_note_shape}
PLACES = {"invoice": "invoices", "credit_note": "credit-notes"}


class AskedOfDocuments(AskedByDate):
    status: Annotated[str, Field(pattern="^(draft|issued|void)$")] | None = None
    number: Annotated[str, text(40)] = ""
    customer: UUID | None = None


class Issuing(Dated):
    allow_duplicate: AllowDuplicate = False


class Voiding(Dated):
    """`date` is the day of the act: today, or the document's own where that is later."""

    reason: Reason
    date: Day | None = None


def listed(request: Request, kind: str, asked: AskedOfDocuments) -> "QuerySet[Any]":
    rows = changed(of_companies(request, rows_of(kind), asked), asked, applied_by=kind)
    rows = dated(rows, asked, "issue_date")
    if asked.status is not None:
        rows = rows.filter(status=asked.status)
    if asked.number:
        rows = rows.filter(number__iexact=asked.number)
    if asked.customer is not None:
        rows = rows.filter(customer__public_id=asked.customer)
    return rows


def answer(request: Request, kind: str, id: UUID, status: int = 200) -> Answer:
    read = found(request, kind, id)
    place = f"/api/v1/{PLACES[kind]}/{read.public_id}" if status == 201 else ""
    return Answer(body=SHAPES[kind](read), status=status, revision=read.revision, place=place)


def delete_draft(request: Request, kind: str, id: UUID) -> Answer:
    held(request, kind, id).delete()
    return Answer(status=204)


def issue(request: Request, kind: str, id: UUID, given: Issuing) -> Answer:
    document: Document = held(request, kind, id)
    if not document.is_draft:
        raise Frozen(f"{document} is {document.get_status_display().lower()} already.")
    company = document.company
    refuse_far(given, company, Sense.DOCUMENT, issue_date=document.issue_date)
    if isinstance(document, Invoice):
        refuse_far(given, company, Sense.DUE, due_date=document.due_date)
    if not given.allow_duplicate:
        _refuse_issued_alike(document)
    actions.issue(document)
    return answer(request, kind, id)


def void(request: Request, kind: str, id: UUID, given: Voiding) -> Answer:
    document: Document = held(request, kind, id)
    refuse_far(given, document.company, Sense.MONEY, date=given.date)
    actions.void(document, reason=given.reason, on=given.date)
    return answer(request, kind, id)


def _refuse_issued_alike(document: Document) -> None:
    """The same customer, day, amount and order number, as the screen asks."""
    rows = issued_alike(document, to_be(document).document.total)
    refuse_typed(rows, f"An issued {document._meta.verbose_name}")
