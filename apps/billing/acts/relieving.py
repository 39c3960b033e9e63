"""Bad debts written off with their tax relieved, and what comes of them after all.

The write-off is a numbered document, as a correction of tax has to be: a credit note of ours on the
item of bad debts (`CreditNote.relieves`), whose net is the loss and whose tax the office gives back.
It settles its invoice alone, counts as written off and is nothing that a customer could use. What
is paid of it later, or credited, is an invoice on the same item (`Invoice.recovers`), by which both
are owed again. Why these forms stands in `docs/decisions/0020`.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.acts.adjusting import begun_before, refuse_open_credit, written_off_before
from apps.billing.acts.allocations import allocate
from apps.billing.acts.issuing import post
from apps.billing.acts.relief_drafts import alike, give_lines, owed_again
from apps.billing.changes import made_by
from apps.billing.models import (
    Company,
    CreditNote,
    CreditNoteLine,
    Document,
    Invoice,
    Payment,
)
from apps.billing.rules.documents import day, require_amount, require_reason
from apps.billing.rules.limits import Wish, home_amount, refuse_above_limit
from apps.core.money import ZERO, figure
from apps.staff.acts import ActName


@dataclass(frozen=True, kw_only=True, slots=True)
class Relief:
    """What a write-off with relief would come to: the loss, and the tax that is taken back."""

    net: Decimal
    taxes: tuple[tuple[str, Decimal], ...]  # by rate, as staff read it

    @property
    def tax(self) -> Decimal:
        return sum((amount for _, amount in self.taxes), ZERO)


def relieved_from(invoice: Invoice, company: Company) -> date | None:
    """The first day on which the law relieves its tax; None where Tieout does not know it.

    Whichever is later counts, the due date or the date of the invoice: the day of the supply is not
    held apart.
    """
    months = company.months_to_relief
    if months is None:
        return None
    start = max(invoice.issue_date, invoice.due_date or invoice.issue_date)
    year, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + year, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def relief_of(invoice: Invoice, amount: Decimal, on: date) -> Relief:
    """What that much of an invoice would come to, to be shown before it is done.

    Raises ValidationError as `write_off_with_relief` does. Nothing of it stays.
    """
    _refuse_before_the_law(invoice, invoice.company, on, lawful=True)
    with transaction.atomic():
        found = _figures(_draft_relief(invoice, amount, on, "Shown before it is done"))
        transaction.set_rollback(True)
    return found


def recovery_of(note: CreditNote, amount: Decimal, on: date) -> Relief:
    """What that much of a bad debt, booked again, would come to. Nothing of it stays."""
    with transaction.atomic():
        found = _figures(owed_again(note, amount, on, "Shown", book=_left_a_draft))
        transaction.set_rollback(True)
    return found


def _left_a_draft(document: Document) -> None:
    """Only shown."""


def _figures(document: Document) -> Relief:
    return Relief(net=document.net, taxes=tuple((each.code, each.tax) for each in document.shares))


def write_off_with_relief(
    invoice: Invoice, *, amount: Decimal, on: date, reason: str, lawful: bool = False
) -> CreditNote:
    """Write an invoice, or a part of it, off as a bad debt and take its tax back from the office.

    `lawful`: somebody says that the law relieves it on that day, which is asked where Tieout does
    not know the law. Raises ValidationError where that much is not due, no tax is left, the law's
    day is not there yet, or the company has no item of bad debts.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(invoice.company_id)
        invoice.hold()
        invoice.company = company
        _refuse_before_the_law(invoice, company, on, lawful=lawful)
        before = written_off_before(invoice)
        note = _draft_relief(invoice, amount, on, reason)
        post(note)
        allocate(note, invoice, amount, on=on)
        answers = {"amount": str(amount), "on": on.isoformat(), "reason": reason, "relief": "yes"}
        if lawful:
            answers["lawful"] = "yes"
        refuse_above_limit(
            Wish(
                act=ActName.WRITE_OFF,
                record=invoice,
                amount=home_amount(note),
                answers=answers,
                before=before,
            )
        )
    return note


def recover(
    payment: Payment, *, note: CreditNote, amount: Decimal, on: date, reason: str
) -> Invoice:
    """Money on account came for a bad debt after all: the loss and its tax are booked again in that
    proportion, and the payment is set against them.

    Raises ValidationError when that much is not on account or was not written off by `note`, or
    `on` lies before either or in a closed month.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(payment.company_id)
        payment.hold()
        payment.company = company
        owed = owed_again(note, amount, max(on, note.issue_date), reason, book=post)
        allocate(payment, owed, amount, on=on)
        answers = {
            "note": str(note.pk),
            "amount": str(amount),
            "on": on.isoformat(),
            "reason": reason,
        }
        refuse_above_limit(
            Wish(
                act=ActName.DEDUCT,
                record=payment,
                amount=home_amount(owed),
                answers=answers,
                before=begun_before(payment, owed),
            )
        )
    return owed


def _refuse_before_the_law(invoice: Invoice, company: Company, on: date, *, lawful: bool) -> None:
    first = relieved_from(invoice, company)
    if first is None:
        if not lawful:
            raise ValidationError(
                f"Tieout does not know after how many months the law relieves the tax of a bad "
                f"debt of {company}. Confirm that it does on {day(on)}, or set the months on the "
                "company."
            )
        return
    if on < first:
        raise ValidationError(
            f"The tax of {invoice} can be taken back from {day(first)}, "
            f"{company.months_to_relief} months after it was due. Until then it is written off "
            "without its tax, or later."
        )


def _draft_relief(invoice: Invoice, amount: Decimal, on: date, reason: str) -> CreditNote:
    """A saved draft, summed up. Raises ValidationError where nothing can be written off so."""
    require_amount(amount, invoice.currency)
    if not invoice.is_issued:
        raise ValidationError(
            f"{invoice} is {invoice.get_status_display().lower()}, so nothing can be taken off it."
        )
    if amount > invoice.balance_due:
        raise ValidationError(
            f"Only {figure(invoice.balance_due, invoice.currency)} {invoice.currency} of {invoice} "
            f"is due, not {figure(amount, invoice.currency)}."
        )
    refuse_open_credit(invoice, amount)
    note = CreditNote(**alike(invoice, on), relieves=invoice, reason=reason)
    note.save()
    give_lines(note, CreditNoteLine, invoice, amount, f"Bad debt of {invoice}")
    if not note.tax:
        raise ValidationError(
            f"{invoice} bears no tax that could be taken back. Write it off without."
        )
    return note
