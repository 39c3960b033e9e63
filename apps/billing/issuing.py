"""Issue: a draft gets its number and freezes."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from apps.billing.changes import maker
from apps.billing.limits import Wish, home_amount, refuse_above_limit
from apps.billing.models import Company, CreditNote, Document, DocumentLine, Invoice
from apps.billing.numbering import check_given, next_numbers, refuse_taken
from apps.billing.rules import refuse_new_work, refuse_unfit
from apps.billing.totals import lines_of, sum_up, write_lines
from apps.staff.acts import ActName

ISSUING: dict[type[Document], ActName] = {
    Invoice: ActName.ISSUE_INVOICE,
    CreditNote: ActName.ISSUE_CREDIT_NOTE,
}


def issue(document: Document, *, on_number: str | None = None) -> None:
    """Issue a saved draft, as it is stored: number it, copy the masters' texts, freeze it.

    `on_number` is the number that came with it (an import); otherwise the series gives the next.
    Raises ValidationError, in a sentence for staff, and leaves the draft as it was.
    """
    with transaction.atomic():
        company = company_of(document)
        document.hold()
        if not document.is_draft:
            raise ValidationError(f"{document} is issued already.")
        document.company = company
        company.refuse_closed(document.issue_date)
        if isinstance(document, CreditNote) and document.invoice_id:
            document.invoice = Invoice.locked(document.invoice_id)
        lines = lines_of(document)
        sum_up(document, lines)
        refuse_new_work(document)
        refuse_unfit(document, lines, company)
        number = _number(document, company, on_number)
        freeze(document, lines, number, given=on_number is not None)
        write_lines(lines, ["item_code", "description", "net", "tax"])
        document.save_by_act()
        refuse_above_limit(
            Wish(
                act=ISSUING[type(document)],
                record=document,
                amount=home_amount(document),
                answers={} if on_number is None else {"on_number": on_number},
            )
        )


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
    document.tax_rounding = document.company.tax_rounding
    document.customer_name = customer.name
    document.customer_address = customer.billing_address()
    document.customer_tax_number = customer.tax_number
    if isinstance(document, Invoice):
        document.terms_text = document.terms.name if document.terms else ""
        document.due_date = document.due_date or due_date(document)
    copy_item_texts(lines)


def copy_item_texts(lines: Sequence[DocumentLine]) -> None:
    for line in lines:
        if line.item is not None:
            line.item_code = line.item.code
            line.description = line.description or line.item.description or line.item.name


def due_date(invoice: Invoice) -> date:
    """By its terms; without terms it is due on its date."""
    days = invoice.terms.due_days if invoice.terms else 0
    return invoice.issue_date + timedelta(days=days)


def _number(document: Document, company: Company, on_number: str | None) -> str:
    if on_number is None:
        return next_numbers(type(document), company, document.issue_date.year, 1)[0]
    number = check_given(on_number, company)
    refuse_taken(type(document), company, [number])
    return number
