"""Amend: where the books allow it, what was issued or received is set right in place."""

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.changes import made_by
from apps.billing.drafting import DraftLine, new_lines
from apps.billing.issuing import company_of, copy_item_texts
from apps.billing.models import Company, Invoice, InvoiceLine, Payment, PaymentMethod
from apps.billing.receiving import refuse_method
from apps.billing.rules import day, refuse_unfit, require_amount, require_reason
from apps.billing.totals import sum_up
from apps.billing.voiding import refuse_when_applied


def amend_invoice(
    invoice: Invoice, *, lines: Sequence[DraftLine], reason: str, issue_date: Date | None = None
) -> None:
    """Give an issued, unpaid invoice other lines or another date of the same year.

    Only where the company allows it and both dates are in an open month; number and customer
    stay, the due date moves with it. Raises ValidationError otherwise: then it is credited and
    issued again.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = company_of(invoice)
        invoice.hold()
        if not company.amend_allowed:
            raise ValidationError(f"{company} does not amend invoices. Credit {invoice} instead.")
        if not invoice.is_issued:
            raise ValidationError(f"{invoice} is not issued, so there is nothing to amend.")
        refuse_when_applied(invoice)
        company.refuse_closed(invoice.issue_date)
        _re_date(invoice, issue_date or invoice.issue_date, company)
        amended = new_lines(InvoiceLine, lines)
        for line in amended:
            line.document_id = invoice.pk
        sum_up(invoice, amended)
        refuse_unfit(invoice, amended, company)
        copy_item_texts(amended)
        # Past the manager that refuses it: the invoice is written in the same transaction.
        stored: models.QuerySet[InvoiceLine] = models.QuerySet(InvoiceLine)
        stored.filter(document=invoice).delete()
        stored.bulk_create(amended)  # type: ignore[arg-type] # made of this model
        invoice.save_by_act()
        invoice.refresh_from_db()


def amend_payment(
    payment: Payment,
    *,
    reason: str,
    amount: Decimal | None = None,
    date: Date | None = None,
    method: PaymentMethod | None = None,
    reference: str | None = None,
    memo: str | None = None,
) -> bool:
    """Follow a change of a payment by the side that made it; None leaves a field as it is.

    Returns whether anything differed. Raises ValidationError for a payment made in Tieout (it is
    cancelled and received again), a closed month, or less than is applied.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(payment.company_id)
        payment.hold()
        if not payment.made_in:
            raise ValidationError(
                "This payment was received in Tieout. Cancel it and receive it again instead."
            )
        if not payment.is_received:
            raise ValidationError("This payment is cancelled.")
        asked = {
            "amount": amount,
            "date": date,
            "method": method,
            "reference": reference,
            "memo": memo,
        }
        wanted = {
            name: value
            for name, value in asked.items()
            if value is not None and value != getattr(payment, name)
        }
        if not wanted:
            return False
        if wanted.keys() & {"amount", "date", "method"}:
            company.refuse_closed(payment.date)
        for name, value in wanted.items():
            setattr(payment, name, value)
        company.refuse_closed(payment.date)
        _refuse_unfit_payment(payment)
        payment.full_clean(validate_constraints=False)
        payment.save_by_act()
        payment.refresh_from_db()
    return True


def _re_date(invoice: Invoice, to: Date, company: Company) -> None:
    if to.year != invoice.issue_date.year:
        raise ValidationError(
            f"{invoice} has a number of {invoice.issue_date.year}, so its date stays in that year."
        )
    company.refuse_closed(to)
    if invoice.due_date is not None:
        invoice.due_date += to - invoice.issue_date  # as many days to pay as before
    invoice.issue_date = to


def _refuse_unfit_payment(payment: Payment) -> None:
    require_amount(payment.amount, payment.currency)
    refuse_method(payment.method, payment.customer)
    if payment.amount < payment.applied:
        raise ValidationError(
            f"{payment.applied:.2f} {payment.currency} of this payment is applied. Un-apply it first."
        )
    first = payment.allocations.filter(reversed_on=None).order_by("date").first()
    if first is not None and first.date < payment.date:
        raise ValidationError(f"This payment was applied on {day(first.date)}. Un-apply it first.")
