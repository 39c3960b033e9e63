"""Void: an issued document that should not have been, in an open month and with nothing applied."""

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.acts.allocations import take_back
from apps.billing.acts.entry_making import end
from apps.billing.acts.issuing import company_of
from apps.billing.acts.relief_drafts import refuse_booked_again
from apps.billing.acts.taking_back import booked_again_by, end_with, refuse_credited_meanwhile
from apps.billing.changes import made_by
from apps.billing.models import Company, CreditNote, Document, Invoice
from apps.billing.rules.documents import day, require_reason
from apps.billing.rules.limits import Wish, home_amount, refuse_above_limit
from apps.billing.sums.home_values import standing
from apps.staff.acts import ActName

VOIDING: dict[type[Document], ActName] = {
    Invoice: ActName.VOID_INVOICE,
    CreditNote: ActName.VOID_CREDIT_NOTE,
}


def void(document: Document, *, reason: str, on: date | None = None) -> None:
    """Void an issued document. Its number, lines and amounts stay as they were issued.

    It counts from the day on which ledgers empty the document: its own (`void_date`). `on` is the
    day of the act (`voided_on`): today in the company's time zone, never before that. Raises ValidationError
    when something is applied, or either date is in a closed month. A credit note that writes a bad
    debt off ends with what it settled, unless that was booked again.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = company_of(document)
        document.hold()
        if not document.is_issued:
            raise ValidationError(f"{document} is not issued, so there is nothing to void.")
        on = on or max(company.today(), document.issue_date)
        if on < document.issue_date:
            raise ValidationError(
                f"{document} is dated {day(document.issue_date)}; it cannot be voided before."
            )
        if company.is_closed_on(document.issue_date):
            raise ValidationError(
                f"{document} is dated {day(document.issue_date)}, in a closed month. "
                f"{_instead(document)}"
            )
        company.refuse_closed(on)
        if isinstance(document, CreditNote):
            _end_its_parts(document, company, on=on, reason=reason)
        refuse_when_applied(document)
        _make_void(document, on=on, reason=reason)
        if isinstance(document, Invoice) and document.recovers_id is not None:
            refuse_credited_meanwhile(document)
        refuse_above_limit(
            Wish(
                act=VOIDING[type(document)],
                record=document,
                amount=home_amount(document),
                answers={"on": on.isoformat(), "reason": reason},
            )
        )


def _instead(document: Document) -> str:
    """The way out in the open month."""
    if isinstance(document, CreditNote) and document.relieves_id is not None:
        return "What is paid of it after all is booked there as recovered."
    return "Credit it instead."


def _end_its_parts(note: CreditNote, company: Company, *, on: date, reason: str) -> None:
    """What it took back is deducted again; a write-off is taken off the invoice it settled."""
    for taken in list(end_with(note)):
        taken.hold()
        end(taken, company, on=on, reason=reason)
    again = list(booked_again_by(note))
    for allocation in list(standing(note)):
        if note.relieves_id is not None or allocation.invoice in again:
            take_back(allocation, on=on, reason=reason)
    for invoice in again:
        invoice.hold()
        company.refuse_closed(invoice.issue_date)
        refuse_when_applied(invoice)
        _make_void(invoice, on=on, reason=reason)
    if note.relieves_id is not None:
        refuse_booked_again(note)


def _make_void(document: Document, *, on: date, reason: str) -> None:
    document.status = Document.Status.VOID
    document.void_date = document.issue_date
    document.voided_on = on
    document.void_reason = reason
    document.save_by_act()


def refuse_when_applied(document: Document) -> None:
    """Raise when money or a credit note stands against it. The caller holds the company's lock."""
    if isinstance(document, Invoice):
        if document.allocations.filter(reversed_on=None).exists():
            raise ValidationError(
                f"Payments, credit notes or deductions are applied to {document}. "
                "Un-apply them first, or credit it instead."
            )
        mirrored = document.credit_notes.filter(status=Document.Status.ISSUED).first()
        if mirrored is not None:
            raise ValidationError(f"{document} is credited already, by {mirrored}.")
    if isinstance(document, CreditNote) and document.allocations.filter(reversed_on=None).exists():
        raise ValidationError(f"{document} is applied to invoices or refunded. Un-apply it first.")
