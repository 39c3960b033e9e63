"""Issue: a draft gets its number and freezes."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.billing.acts.numbering import check_given, next_numbers, refuse_taken
from apps.billing.acts.taking_back import (
    only_takes_back,
    refuse_tax_taken_twice,
    take_back_beyond,
)
from apps.billing.changes import maker
from apps.billing.models import Company, CreditNote, Document, DocumentLine, Invoice
from apps.billing.rules.documents import refuse_new_work, refuse_unfit
from apps.billing.rules.limits import Wish, home_amount, refuse_above_limit
from apps.billing.rules.objections import ToBe, refuse_what_cannot_leave
from apps.billing.sums.exchange_rates import take_rate
from apps.billing.sums.tax_rates import hold_rates, mark_used
from apps.billing.sums.totals import lines_of, sum_up, write_lines
from apps.core.money import ZERO
from apps.staff.acts import ActName

ISSUING: dict[type[Document], ActName] = {
    Invoice: ActName.ISSUE_INVOICE,
    CreditNote: ActName.ISSUE_CREDIT_NOTE,
}

# What issuing writes on a line.
FROZEN = [
    *("item_code", "description", "net", "tax", "discount_net"),
    *("tax_code", "tax_percent", "tax_treatment"),
]


def issue(document: Document, *, on_number: str | None = None) -> None:
    """Issue a saved draft, as it is stored: number it, copy the masters' texts, freeze it.

    `on_number` is the number that came with it (an import); otherwise the series gives the next.
    Raises ValidationError, in a sentence for staff, and leaves the draft as it was.
    """
    with transaction.atomic():
        post(document, on_number=on_number)
        refuse_above_limit(
            Wish(
                act=ISSUING[type(document)],
                record=document,
                amount=home_amount(document),
                answers={} if on_number is None else {"on_number": on_number},
                needs_second=is_rebate(document),
            )
        )


def post(document: Document, *, on_number: str | None = None) -> None:
    """Issue it as a part of a larger act, whose limit holds for the whole."""
    company = company_of(document)
    document.hold()
    if not document.is_draft:
        raise ValidationError(f"{document} is issued already.")
    if document.batch is not None and document.batch.is_on_hold:
        raise ValidationError(
            f"It waits in the batch “{document.batch}”, which is released as a whole."
        )
    document.company = company
    company.refuse_closed(document.issue_date)
    if isinstance(document, CreditNote) and document.invoice_id:
        document.invoice = Invoice.locked(document.invoice_id)
    hold_rates(document.lines.values_list("tax_rate", flat=True))
    lines = lines_of(document)
    take_rate(document, company)
    sum_up(document, lines)
    refuse_new_work(document, lines)
    refuse_unfit(document, lines, company)
    if on_number is None and document.number_given:
        on_number = document.number
    if on_number is None:
        refuse_without_reason(document)
    number = _number(document, company, on_number)
    freeze(document, lines, number, given=on_number is not None)
    refuse_what_cannot_leave(document, lines)
    mark_used(lines)
    write_lines(lines, FROZEN)
    beyond = ZERO
    if isinstance(document, CreditNote) and document.invoice is not None:
        beyond = only_takes_back(document.invoice, document.total)
    document.save_by_act()
    if isinstance(document, CreditNote) and document.invoice is not None:
        take_back_beyond(document, document.invoice, beyond, book=post)
        refuse_tax_taken_twice(document.invoice)


def to_be(document: Document) -> ToBe:
    """A saved draft as issuing would freeze it now, in memory: nothing is locked, stored or numbered.

    Raises ValidationError where it has no exchange rate or cannot be summed up.
    """
    there = (
        type(document)._default_manager.select_related("customer", "company").get(pk=document.pk)
    )
    lines = lines_of(there)
    take_rate(there, there.company)
    sum_up(there, lines)
    freeze(there, lines, there.number or "")
    return ToBe(there, lines)


def is_rebate(document: Document) -> bool:
    """A credit note without an invoice: nothing of a sale says what it may come to."""
    return isinstance(document, CreditNote) and document.is_rebate


def refuse_without_reason(document: Document) -> None:
    """Of what came with its number the reason lies where it was issued."""
    if isinstance(document, CreditNote) and is_rebate(document) and not document.reason.strip():
        raise ValidationError("Give a reason: a credit note without an invoice needs one.")


def company_of(document: Document) -> Company:
    """The company of a saved document, locked: the first lock of every act."""
    if document.pk is None:
        raise ValidationError("Save the document first.")
    return Company.locked(document.company_id)


def freeze(
    document: Document, lines: Sequence[DocumentLine], number: str, *, given: bool = False
) -> None:
    """Make a checked and summed-up draft an issued document, in memory only."""
    customer = document.customer
    document.number = number
    document.number_given = given
    document.status = Document.Status.ISSUED
    document.issued_at = timezone.now()
    document.issued_by_id = maker().user_id
    document.discount_item_id = _discount_item_id(document)
    document.customer_name = customer.name
    document.customer_address = customer.billing_address()
    document.customer_tax_number = customer.tax_number
    if isinstance(document, Invoice):
        document.terms_text = document.terms.name if document.terms else ""
        document.due_date = document.due_date or due_date(document)
    copy_masters(lines)


def _discount_item_id(document: Document) -> int | None:
    if isinstance(document, CreditNote) and document.invoice is not None:
        return document.invoice.discount_item_id
    return document.company.discount_item_id


def copy_masters(lines: Sequence[DocumentLine]) -> None:
    """Copy the items' texts and what the lines are taxed at."""
    for line in lines:
        if line.item is not None:
            line.item_code = line.item.code
            line.description = line.description or line.item.description or line.item.name
        if line.tax_rate is not None:
            line.tax_code = line.tax_rate.code
            line.tax_percent = line.tax_rate.percent
            line.tax_treatment = line.tax_rate.treatment


def due_date(invoice: Invoice) -> date:
    """By its terms; without terms it is due on its date."""
    days = invoice.terms.due_days if invoice.terms else 0
    return invoice.issue_date + timedelta(days=days)


def _number(document: Document, company: Company, on_number: str | None) -> str:
    if on_number is None:
        return next_numbers(type(document), company, document.issue_date.year, 1)[0]
    number = check_given(on_number, company)
    refuse_taken(type(document), company, [number], but=[document.pk])
    return number
