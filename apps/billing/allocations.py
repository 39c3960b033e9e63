"""Allocations: setting money or a credit note against an invoice, and taking it back."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import DecimalField, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Round

from apps.billing.changes import made_by
from apps.billing.limits import Wish, home_amount, refuse_above_limit
from apps.billing.models import Allocation, Company, CreditNote, Invoice, Payment
from apps.billing.models.base import MONEY
from apps.billing.rules import day, require_amount, require_reason
from apps.staff.acts import ActName


@dataclass(frozen=True, kw_only=True, slots=True)
class Outside:
    """A document in their books that is not ours (a journal, an invoice typed over there)."""

    kind: str  # their word for it
    id: str  # theirs
    label: str = ""  # what staff read: its number or date


def allocate(
    source: Payment | CreditNote,
    invoice: Invoice | None,
    amount: Decimal,
    *,
    on: date,
    outside: Outside | None = None,
) -> Allocation:
    """Set `amount` of a payment or an issued credit note against an invoice, or one of theirs.

    `on` is the allocation's own date: not before either document, and in an open month. Amounts
    are in the currency both share. Raises ValidationError, in a sentence for staff.
    """
    if (invoice is None) == (outside is None):
        raise ValidationError("Choose either an invoice or a document of the other books.")
    with transaction.atomic():
        company = Company.locked(source.company_id)
        source.hold()
        _refuse_source(source, amount, on)
        if invoice is not None:
            invoice.hold()
            _refuse_target(source, invoice, amount, on)
        company.refuse_closed(on)
        allocation = Allocation(
            company=company,
            payment=source if isinstance(source, Payment) else None,
            credit_note=source if isinstance(source, CreditNote) else None,
            invoice=invoice,
            date=on,
            currency=source.currency,
            amount=amount,
        )
        if outside is not None:
            allocation.outside_kind = outside.kind
            allocation.outside_id = outside.id
            allocation.outside_label = outside.label
        allocation.save_by_act()
        _rewrite_for(source, invoice)
    return allocation


def reverse(allocation: Allocation, *, on: date, reason: str) -> None:
    """Un-apply: the allocation ends on that day, with a reason; nothing is deleted.

    Raises ValidationError when it is reversed already, `on` lies before it or in a closed month.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        take_back(allocation, on=on, reason=reason)
        refuse_above_limit(
            Wish(
                act=ActName.UN_APPLY,
                record=allocation,
                amount=home_amount(allocation),
                answers={"on": on.isoformat(), "reason": reason},
            )
        )


def take_back(allocation: Allocation, *, on: date, reason: str) -> None:
    """Un-apply as a part of a larger act, whose limit holds for the whole."""
    with transaction.atomic():
        company = Company.locked(allocation.company_id)
        source = allocation.payment or allocation.credit_note
        invoice = allocation.invoice
        for document in (source, invoice):
            if document is not None:
                document.hold()
        allocation.hold()
        if allocation.reversed_on is not None:
            raise ValidationError(f"It was un-applied already, on {day(allocation.reversed_on)}.")
        if on < allocation.date:
            raise ValidationError(
                f"It was applied on {day(allocation.date)}; it cannot be un-applied before."
            )
        company.refuse_closed(on)
        allocation.reversed_on = on
        allocation.reversal_reason = reason
        allocation.save_by_act()
        _rewrite_for(source, invoice)


def rewrite_sums(
    *,
    payments: Collection[int] = (),
    credit_notes: Collection[int] = (),
    invoices: Collection[int] = (),
) -> None:
    """Derive what is paid, credited and applied from the allocations that stand, by primary keys.

    One statement for each model. The records' revisions stay: these columns are sums of what has
    revisions of its own, and raising them would send every document again with each payment.
    The models' own managers refuse `update()`, hence the plain query sets.
    """
    if payments:
        models.QuerySet(Payment).filter(pk__in=payments).update(applied=_standing("payment"))
    if credit_notes:
        models.QuerySet(CreditNote).filter(pk__in=credit_notes).update(
            applied=_standing("credit_note")
        )
    if invoices:
        models.QuerySet(Invoice).filter(pk__in=invoices).update(
            paid=_standing("invoice", payment__isnull=False),
            credited=_standing("invoice", credit_note__isnull=False),
        )


def _standing(end: str, **source: bool) -> Coalesce:
    """The sum of the standing allocations at this end, as an expression of the row there."""
    money: DecimalField[Decimal, Decimal] = DecimalField(**MONEY)
    sums = (
        Allocation.objects.filter(**{end: OuterRef("pk")}, reversed_on=None, **source)
        .order_by()
        .values(end)
        # SQLite adds in binary fractions: rounded, the sum is the amount again.
        .annotate(sum=Round(Sum("amount"), precision=4))
        .values("sum")
    )
    return Coalesce(Subquery(sums), Value(Decimal(0)), output_field=money)


def _rewrite_for(source: Payment | CreditNote | None, invoice: Invoice | None) -> None:
    rewrite_sums(
        payments=[source.pk] if isinstance(source, Payment) else (),
        credit_notes=[source.pk] if isinstance(source, CreditNote) else (),
        invoices=[invoice.pk] if invoice is not None else (),
    )
    if isinstance(source, Payment):
        source.refresh_from_db(fields=["applied", "on_account"])
    elif source is not None:
        source.refresh_from_db(fields=["applied", "open_credit"])
    if invoice is not None:
        invoice.refresh_from_db(fields=["paid", "credited", "balance_due"])


def _refuse_source(source: Payment | CreditNote, amount: Decimal, on: date) -> None:
    require_amount(amount, source.currency)
    if isinstance(source, Payment):
        live, dated, left = source.is_received, source.date, source.on_account
    else:
        live, dated, left = source.is_issued, source.issue_date, source.open_credit
    if not live:
        raise ValidationError(f"{source} is {source.get_status_display().lower()}.")
    if on < dated:
        raise ValidationError(f"{source} is dated {day(dated)}; it cannot be applied before.")
    if amount > left:
        raise ValidationError(
            f"Only {left:.2f} {source.currency} of {source} is left, not {amount:.2f}."
        )


def _refuse_target(
    source: Payment | CreditNote, invoice: Invoice, amount: Decimal, on: date
) -> None:
    if not invoice.is_issued:
        raise ValidationError(
            f"{invoice} is {invoice.get_status_display().lower()}, so nothing can be applied."
        )
    if (invoice.company_id, invoice.customer_id) != (source.company_id, source.customer_id):
        raise ValidationError(f"{invoice} is of another customer.")
    if invoice.currency != source.currency:
        raise ValidationError(f"{invoice} is in {invoice.currency}, not {source.currency}.")
    if on < invoice.issue_date:
        raise ValidationError(
            f"{invoice} is dated {day(invoice.issue_date)}; nothing can be applied before."
        )
    if amount > invoice.balance_due:
        raise ValidationError(
            f"Only {invoice.balance_due:.2f} {invoice.currency} of {invoice} is due, "
            f"not {amount:.2f}."
        )
