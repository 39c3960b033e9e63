"""Rules that several acts ask of a document, a sum or a reason, each with its sentence for staff."""

from collections.abc import Collection, Sequence
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.formats import date_format

from apps.billing.models import Company, CreditNote, Document, DocumentLine, Invoice
from apps.billing.rules.tax import refuse_discounts, refuse_exchange_rate, refuse_tax
from apps.billing.sums.remainders import (
    comes_along,
    credited_before,
    overdrawn,
    tax_overdrawn,
)
from apps.billing.sums.totals import LARGEST
from apps.core.money import ZERO, figure, fits, minor_unit


def day(when: date) -> str:
    return date_format(when, "j F Y")


def require_reason(reason: str) -> str:
    """The reason without blanks around it; refused when there is none or it is too long."""
    reason = reason.strip()
    if not reason:
        raise ValidationError("Give a reason.")
    if len(reason) > 200:
        raise ValidationError("Give a reason of at most 200 characters.")
    return reason


def require_amount(amount: Decimal, currency: str) -> None:
    """Refuse what is not a positive amount in the currency's minor unit."""
    if not amount.is_finite() or amount <= 0:
        raise ValidationError("The amount must be more than nil.")
    if amount >= LARGEST:
        raise ValidationError("The amount is more than a payment can hold.")
    if not fits(amount, currency):
        raise ValidationError(
            f"{amount} has more decimals than {currency}, whose smallest amount is "
            f"{minor_unit(currency)}."
        )


def refuse_new_work(document: Document, lines: Sequence[DocumentLine]) -> None:
    """A merged customer stands for its successor in what is new, and what was made inactive is sold
    no more; what such a customer or item has is still credited."""
    if document.origin is not None:
        return
    successor = document.customer.merged_into
    if successor is None and not document.customer.active:
        raise ValidationError(
            f"{document.customer} is inactive. Make it active again, or choose another customer."
        )
    for line in lines:
        if line.item is not None and not line.item.active:
            raise ValidationError(
                f"Line {line.position}: {line.item} is inactive. Make it active again, or choose "
                "another item."
            )
    if successor is not None:
        raise ValidationError(
            f"{document.customer} was merged into {successor}; choose that one for new work."
        )


def refuse_unfit(
    document: Document,
    lines: Sequence[DocumentLine],
    company: Company,
    borne: Collection[int] = (),
    *,
    may_come_along: bool = False,
) -> None:
    """Raise one sentence when this draft, already summed up, cannot be issued as it is.

    `borne` are the tax rates that it bears already, though they may be offered no more. With
    `may_come_along` the invoice that it takes back may be a draft of its own batch, issued before it.
    """
    customer = document.customer
    if customer.company_id != company.pk:
        raise ValidationError(f"{customer} belongs to another company.")
    if document.currency != customer.currency:
        raise ValidationError(
            f"{customer} is invoiced in {customer.currency}, not in {document.currency}."
        )
    refuse_exchange_rate(document, company)
    _refuse_lines(lines, company)
    if document.origin is None:
        _refuse_bad_debts_sold(lines, company)
    refuse_tax(document, lines, company, borne)
    refuse_discounts(document, lines)
    if document.total < 0:
        raise ValidationError(
            "It comes to less than nothing. "
            "What is owed to a customer is a credit note, with positive amounts."
        )
    if isinstance(document, Invoice):
        _refuse_terms(document, company)
    if isinstance(document, CreditNote):
        _refuse_credited_invoice(document, lines, may_come_along)


def _refuse_lines(lines: Sequence[DocumentLine], company: Company) -> None:
    if not lines:
        raise ValidationError("It has no lines.")
    for line in lines:
        if line.item is not None and line.item.company_id != company.pk:
            raise ValidationError(f"Line {line.position}: {line.item} is of another company.")
        if line.item is None and not line.description.strip():
            raise ValidationError(f"Line {line.position} has neither an item nor a description.")


def _refuse_bad_debts_sold(lines: Sequence[DocumentLine], company: Company) -> None:
    """Its account is that of the loss: a sale by it would lower the loss and be no income."""
    for line in lines:
        if line.item is not None and line.item_id == company.bad_debt_item_id:
            raise ValidationError(
                f"Line {line.position}: {line.item} is for bad debts alone. Choose another item."
            )


def _refuse_terms(invoice: Invoice, company: Company) -> None:
    if invoice.terms is not None and invoice.terms.company_id != company.pk:
        raise ValidationError(f"The terms “{invoice.terms}” belong to another company.")
    if invoice.due_date is not None and invoice.due_date < invoice.issue_date:
        raise ValidationError("The due date lies before the date of the invoice.")


def _refuse_credited_invoice(
    note: CreditNote, lines: Sequence[DocumentLine], may_come_along: bool
) -> None:
    invoice = note.invoice
    if invoice is None:
        return
    if not (invoice.is_issued or (may_come_along and comes_along(note, invoice))):
        raise ValidationError(f"{invoice} is not issued, so it cannot be credited.")
    if (invoice.company_id, invoice.customer_id) != (note.company_id, note.customer_id):
        raise ValidationError(f"{invoice} is of another customer.")
    if note.issue_date < invoice.issue_date:
        raise ValidationError(
            f"{invoice} is dated {day(invoice.issue_date)}; it cannot be credited before."
        )
    refuse_beyond(note, invoice)
    if line := overdrawn(note, lines):
        raise ValidationError(
            f"{line.line} of {invoice}: at most {figure(line.amount, invoice.currency)} "
            f"{invoice.currency} is left to be credited."
        )
    if beyond := tax_overdrawn(note, lines):
        code, left = beyond
        raise ValidationError(
            f"Of the tax {code} of {invoice} {figure(left, invoice.currency)} {invoice.currency} "
            "is left to be taken back, which is less than this note does. Give its lines the tax "
            "that the invoice charged."
        )


def refuse_beyond(note: CreditNote, invoice: Invoice) -> None:
    """Refuse a note of more than is left of its invoice."""
    left = left_to_credit(invoice, besides=note)
    if note.total > left:
        raise ValidationError(
            f"At most {figure(left, invoice.currency)} {invoice.currency} of {invoice} is left to "
            "be credited."
        )


def left_to_credit(invoice: Invoice, besides: CreditNote | None = None) -> Decimal:
    """Its total less the credit notes that mirror it and count before this one. The caller holds its
    lock."""
    credited = credited_before(invoice, besides).values_list("total", flat=True)
    return invoice.total - sum(credited, ZERO)
