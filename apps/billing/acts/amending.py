"""Amend: where the company allows it, an unpaid invoice is set right in place."""

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction

from apps.billing.acts.drafting import DraftLine, new_lines
from apps.billing.acts.issuing import company_of, copy_masters
from apps.billing.acts.relief_drafts import refuse_booked_again
from apps.billing.acts.voiding import refuse_when_applied
from apps.billing.changes import made_by
from apps.billing.models import Company, DocumentLine, Invoice, InvoiceLine
from apps.billing.rules.documents import refuse_unfit, require_reason
from apps.billing.rules.limits import limit_now
from apps.billing.rules.objections import refuse_what_cannot_leave
from apps.billing.sums.exchange_rates import take_rate
from apps.billing.sums.tax_rates import hold_rates, mark_used
from apps.billing.sums.totals import sum_up
from apps.core.money import figure
from apps.staff.acts import ActName


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
        refuse_booked_again(invoice)
        refuse_when_applied(invoice)
        company.refuse_closed(invoice.issue_date)
        before = invoice.home_total
        _re_date(invoice, issue_date or invoice.issue_date, company)
        borne = set(invoice.lines.values_list("tax_rate", flat=True))
        amended = _new_lines(invoice, lines)
        sum_up(invoice, amended)
        refuse_unfit(invoice, amended, company, borne)
        copy_masters(amended)
        refuse_what_cannot_leave(invoice, amended)
        mark_used(amended)
        # Past the manager that refuses it: the invoice is written in the same transaction.
        stored: models.QuerySet[InvoiceLine] = models.QuerySet(InvoiceLine)
        stored.filter(document=invoice).delete()
        stored.bulk_create(amended)  # type: ignore[arg-type] # made of this model
        invoice.save_by_act()
        _refuse_large(invoice, max(before, invoice.home_total))
        invoice.refresh_from_db()


def _new_lines(invoice: Invoice, lines: Sequence[DraftLine]) -> list[DocumentLine]:
    """Lines in place of those it has; tax rates that no document bears yet are held for them."""
    hold_rates(line.tax_rate_id(invoice.customer, invoice.tax_mode) for line in lines)
    made = new_lines(InvoiceLine, lines, customer=invoice.customer, mode=invoice.tax_mode)
    for line in made:
        line.document_id = invoice.pk
    return made


def _re_date(invoice: Invoice, to: Date, company: Company) -> None:
    if to.year != invoice.issue_date.year:
        raise ValidationError(
            f"{invoice} has a number of {invoice.issue_date.year}, so its date stays in that year."
        )
    company.refuse_closed(to)
    if invoice.due_date is not None:
        invoice.due_date += to - invoice.issue_date  # as many days to pay as before
    invoice.issue_date = to
    take_rate(invoice, company)


def _refuse_large(invoice: Invoice, amount: Decimal) -> None:
    """A second person has nothing to see before the lines are written: it is credited instead."""
    limit = limit_now(ActName.AMEND_INVOICE, invoice.company)
    if limit is not None and amount > limit:
        home = invoice.company.home_currency
        raise ValidationError(
            f"{figure(amount, home)} is above your limit of {figure(limit, home)} {home} to "
            f"amend invoices. Credit {invoice} and issue a new one instead."
        )
