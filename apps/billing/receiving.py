"""Receive payment: money arrives at a customer and is set against open invoices."""

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.allocations import allocate, take_back
from apps.billing.changes import made_by, maker
from apps.billing.limits import Wish, home_amount, refuse_above_limit
from apps.billing.models import Company, CreditNote, Customer, Invoice, Payment, PaymentMethod
from apps.billing.rules import (
    day,
    require_amount,
    require_home_currency,
    require_reason,
)
from apps.staff.acts import ActName


def receive_payment(
    *,
    customer: Customer,
    amount: Decimal,
    date: Date,
    method: PaymentMethod | None = None,
    reference: str = "",
    memo: str = "",
    apply: Sequence[tuple[Invoice, Decimal]] = (),
    oldest_first: bool = False,
    credits: Sequence[CreditNote | Payment] = (),
    rest_is: str = Payment.OnAccount.OVERPAYMENT,
) -> Payment:
    """Receive money of a customer, in the customer's currency, on the bank's date.

    First each (invoice, amount) of `apply` is set off, then, with `oldest_first`, the rest against
    the open invoices by due date; what is left stays on account. What is open of `credits` (credit
    notes, money on account) is used up before the new money, in their order. A document dated after
    the money is set off on its own date. The payment remembers the side that made it (`made_by(origin=…)`).
    Raises ValidationError, in a sentence for staff, and then nothing is received at all.
    """
    with transaction.atomic():
        company = Company.locked(customer.company_id)
        customer.refresh_from_db()
        require_amount(amount, customer.currency)
        require_home_currency(customer.currency, company)
        _refuse_method(method, customer)
        company.refuse_closed(date)
        payment = Payment(
            company=company,
            customer=customer,
            date=date,
            method=method,
            currency=customer.currency,
            amount=amount,
            reference=reference.strip(),
            memo=memo.strip(),
            rest_is=rest_is,
            made_in=maker().origin,
        )
        payment.full_clean(validate_constraints=False)
        payment.save_by_act()
        sources: list[CreditNote | Payment] = [*credits, payment]
        for invoice, part in apply:
            _set_off(sources, invoice, part, date)
        if oldest_first:
            _set_off_oldest_first(sources, customer, date)
        payment.refresh_from_db()
    return payment


def cancel_payment(payment: Payment, *, reason: str, on: Date | None = None) -> None:
    """Take back a payment that was typed in error, while its own date is in an open month.

    Its allocations are reversed and the invoices are open again. `on` is the day of the act:
    today in the company's time zone, never before the payment or one of its allocations.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(payment.company_id)
        payment.hold()
        if not payment.is_received:
            raise ValidationError("This payment is cancelled already.")
        if company.is_closed_on(payment.date):
            raise ValidationError(
                f"This payment is dated {day(payment.date)}, in a closed month, so it cannot be "
                "cancelled. Money that went back is a reversal on the bank's date."
            )
        standing = list(payment.allocations.filter(reversed_on=None).order_by("pk"))
        first = max([payment.date, *(allocation.date for allocation in standing)])
        on = on or max(company.today(), first)
        if on < first:
            raise ValidationError(
                f"This payment was last applied on {day(first)}; it cannot be cancelled before."
            )
        company.refuse_closed(on)
        for allocation in standing:
            take_back(allocation, on=on, reason=reason)
        payment.status = Payment.Status.CANCELLED
        payment.cancelled_on = on
        payment.cancel_reason = reason
        payment.save_by_act()
        payment.refresh_from_db()
        refuse_above_limit(
            Wish(
                act=ActName.CANCEL_PAYMENT,
                record=payment,
                amount=home_amount(payment),
                answers={"on": on.isoformat(), "reason": reason},
            )
        )


def _set_off(
    sources: Sequence[CreditNote | Payment], invoice: Invoice, amount: Decimal, money_on: Date
) -> None:
    """Take `amount` from the sources in their order; the last one is asked for all that is left,
    and refuses in its own words what it does not have."""
    for source in sources:
        part = amount if source is sources[-1] else min(amount, _left(source))
        if part > 0:
            dated = source.date if isinstance(source, Payment) else source.issue_date
            allocate(source, invoice, part, on=max(money_on, dated, invoice.issue_date))
            amount -= part


def _set_off_oldest_first(
    sources: Sequence[CreditNote | Payment], customer: Customer, money_on: Date
) -> None:
    open_invoices = Invoice.objects.filter(
        customer=customer,
        status=Invoice.Status.ISSUED,
        currency=customer.currency,
        balance_due__gt=0,
    )
    for invoice in open_invoices.order_by("due_date", "issue_date", "pk"):
        left = sum((_left(source) for source in sources), Decimal(0))
        if left <= 0:
            return
        _set_off(sources, invoice, min(left, invoice.balance_due), money_on)


def _left(source: CreditNote | Payment) -> Decimal:
    return source.on_account if isinstance(source, Payment) else source.open_credit


def _refuse_method(method: PaymentMethod | None, customer: Customer) -> None:
    if method is None:
        return
    if method.company_id != customer.company_id:
        raise ValidationError(f"The payment method “{method}” belongs to another company.")
    if method.currency != customer.currency:
        raise ValidationError(
            f"“{method}” takes {method.currency}; {customer} pays in {customer.currency}."
        )
