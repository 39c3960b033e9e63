"""The buttons on documents: each calls one act of billing."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest

from apps.backoffice.documents.amending import amend_page, as_typed, can_amend
from apps.backoffice.documents.crediting import credit_page
from apps.backoffice.documents.forms import IssueCreditForm, IssueForm, OpenFieldsForm
from apps.backoffice.documents.issuing import doubts
from apps.backoffice.files.mailing import MAIL_DOCUMENT
from apps.backoffice.files.printing import PRINT, PRINT_AS_ISSUED, PRINT_IN_ANOTHER
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct, PageAct
from apps.backoffice.frame.days import spelled
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.reasons import DatedReasonForm
from apps.backoffice.frame.versions import State, lock, words
from apps.backoffice.ledgers.dry_run import RECORD_DRY_RUN
from apps.backoffice.ledgers.effect import BOOKS as WHAT_IT_BOOKS
from apps.backoffice.ledgers.effect import foretold_boxes
from apps.backoffice.ledgers.sides import told_before_saving
from apps.backoffice.money import acts as money_acts
from apps.backoffice.money import bad_debts
from apps.backoffice.money.payment_acts import APPLY_PAYMENT, RECEIVE_PAYMENT
from apps.backoffice.money.receiving import receive_page
from apps.billing import actions
from apps.billing.acts.issuing import due_date
from apps.billing.models import CreditNote, Document, Invoice
from apps.staff.acts import ActName

# --- what may be done when -----------------------------------------------------------------------


def is_draft(document: Document) -> bool:
    return document.is_draft


def is_issued(document: Document) -> bool:
    return document.is_issued


def nothing_applied(document: Document) -> bool:
    applied: Decimal = (
        document.paid + document.credited + document.written_off
        if isinstance(document, Invoice)
        else document.applied  # type: ignore[attr-defined] # a credit note
    )
    return document.is_issued and not applied


def has_open_credit(note: CreditNote) -> bool:
    return note.is_issued and note.open_credit > 0


# --- what the buttons do -------------------------------------------------------------------------


def may_issue(request: HttpRequest) -> bool:
    return permissions.may(request, ActName.ISSUE_INVOICE)


def issue(document: Document) -> None:
    """Issue one of many: what a person must look at first is refused, and named."""
    with transaction.atomic():
        held = lock(document)
        if not isinstance(held, Document):
            raise ValidationError("It was deleted meanwhile.")
        open_questions = [each.words for each in IssueForm({}, record=held).asked_now()]
        if open_questions:
            raise ValidationError([*open_questions, "Open it, and issue it there."])
        actions.issue(held)


def _issue(request: HttpRequest, document: Document, answers: dict[str, Any]) -> str:
    actions.issue(document)
    return f"Issued as {document.number}: {_to_whom(document)}."


def _issue_note(request: HttpRequest, note: CreditNote, answers: dict[str, Any]) -> str:
    """Issue it, and set it against its invoice where that is ticked: both, or neither."""
    if not answers.get("apply") or note.invoice_id is None:
        return _issue(request, note, answers)
    if not permissions.may(request, ActName.ALLOCATE):
        raise ValidationError("You may issue credit notes, but not apply them. Take the tick away.")
    with transaction.atomic():
        said = _issue(request, note, answers)
        note.refresh_from_db()
        invoice = Invoice.objects.get(pk=note.invoice_id)
        amount = min(note.open_credit, invoice.balance_due)
        if amount <= 0:
            return said
        on = max(note.company.today(), note.issue_date, invoice.issue_date)
        actions.allocate(note, invoice, amount, on=on)
    words = f"{amount_text(amount, note.currency)} {note.currency}"
    return f"{said} {words} of it is set against {invoice}."


def _to_whom(document: Document) -> str:
    """“130.50 GBP to Kestrel Cycles, due on Thursday 31 December 2026”."""
    amount = f"{amount_text(document.total, document.currency)} {document.currency}"
    due = ""
    if isinstance(document, Invoice):
        due = f", due on {spelled(document.due_date or due_date(document))}"
    return f"{amount} to {document.customer}{due}"


def _what_issuing_means(document: Document) -> str:
    return (
        f"{_to_whom(document)}. It gets its number and is frozen: customer, dates, lines and "
        "amounts cannot change any more. It then goes by itself to the connected accounting "
        "system, or into a file for it."
    )


def _void(request: HttpRequest, document: Document, answers: dict[str, Any]) -> str:
    actions.void(document, reason=answers["reason"], on=answers["on"])
    return f"{document} is void. It keeps its number."


def _change_open_fields(request: HttpRequest, document: Document, answers: dict[str, Any]) -> str:
    changed = actions.change_open_fields(document, **answers)
    return f"{document} is changed." if changed else "Nothing was different, so nothing changed."


def _won_there(document: Document) -> list[str]:
    """Told before it is saved: in which of these fields their books win."""
    return list(told_before_saving(document, ("message", "purchase_order_number")))


def _open_fields(document: Document) -> State:
    fields = {
        "purchase_order_number": "Purchase order number",
        "message": "Message to the customer",
        **({"due_date": "Due date"} if isinstance(document, Invoice) else {}),
    }
    return {name: words(what, getattr(document, name)) for name, what in fields.items()}


# --- the buttons ---------------------------------------------------------------------------------

ISSUE = ButtonAct(
    name="issue",
    words="Issue",
    permission=ActName.ISSUE_INVOICE,
    when=is_draft,
    do=_issue,
    main=True,
    means=_what_issuing_means,
    doubts=doubts,
    foretells=foretold_boxes,
    asks=IssueForm,
)
VOID = ButtonAct(
    name="void",
    words="Void",
    permission=ActName.VOID_INVOICE,
    when=nothing_applied,
    do=_void,
    asks=DatedReasonForm,
    danger=True,
    means="It stays with its number and counts for nothing, here and in the accounting system.",
)
OPEN_FIELDS = ButtonAct(
    name="change-open-fields",
    words="Change message or due date",
    permission=ActName.CHANGE_OPEN_FIELDS,
    when=is_issued,
    do=_change_open_fields,
    asks=OpenFieldsForm,
    edits=_open_fields,
    doubts=_won_there,
)
NOTE_OPEN_FIELDS = replace(OPEN_FIELDS, words="Change message")


CREDIT = PageAct(
    name="credit",
    words="Credit this invoice",
    permission=ActName.CREDIT_INVOICE,
    when=lambda invoice: invoice.is_issued and invoice.recovers_id is None,
    page=credit_page,
)
AMEND = PageAct(
    name="amend",
    words="Amend",
    permission=ActName.AMEND_INVOICE,
    when=can_amend,
    page=amend_page,
    edits=as_typed,
)
RECEIVE_FOR_INVOICE = replace(
    RECEIVE_PAYMENT,
    when=lambda invoice: invoice.is_open,
    page=lambda screen, request, invoice: receive_page(
        screen, request, invoice.customer, first=invoice
    ),
    main=False,
)
APPLY_CREDIT = replace(APPLY_PAYMENT, words="Apply credit", when=has_open_credit)
BOOKS = replace(WHAT_IT_BOOKS, when=is_issued)
DRY_RUN = replace(RECORD_DRY_RUN, when=is_issued)
PRINTS = (PRINT, PRINT_AS_ISSUED, PRINT_IN_ANOTHER)
INVOICE_ACTS = (
    ISSUE,
    RECEIVE_FOR_INVOICE,
    money_acts.USE_RETAINER,
    CREDIT,
    money_acts.DEDUCT,
    AMEND,
    OPEN_FIELDS,
    BOOKS,
    DRY_RUN,
    *PRINTS,
    MAIL_DOCUMENT,
    bad_debts.WRITE_OFF,
    VOID,
)
CREDIT_NOTE_ACTS = (
    replace(ISSUE, permission=ActName.ISSUE_CREDIT_NOTE, do=_issue_note, asks=IssueCreditForm),
    APPLY_CREDIT,
    money_acts.REFUND_CREDIT,
    bad_debts.RECOVER,
    NOTE_OPEN_FIELDS,
    bad_debts.UNDO_RELIEF,
    replace(BOOKS, permission=permissions.SEE_CREDIT_NOTES),
    DRY_RUN,
    *(replace(each, permission=permissions.SEE_CREDIT_NOTES) for each in PRINTS),
    MAIL_DOCUMENT,
    replace(VOID, permission=ActName.VOID_CREDIT_NOTE),
)
