"""Receive payment: money arrives at a customer and is set against open invoices."""

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.acts.adjusting import DEDUCTIONS, Deducted, take_off
from apps.billing.acts.allocations import allocate, customers_of, take_back
from apps.billing.changes import made_by, maker
from apps.billing.models import (
    AccountRole,
    Allocation,
    Company,
    CreditNote,
    Customer,
    Invoice,
    Payment,
    PaymentMethod,
)
from apps.billing.rules.at_the_bank import bank_side
from apps.billing.rules.documents import day, require_amount, require_reason
from apps.billing.rules.families import pays_for, with_those_below
from apps.billing.rules.limits import Wish, home_amount, refuse_above_limit
from apps.billing.rules.money import refuse_deposited
from apps.billing.rules.value import still_received
from apps.core.money import figure
from apps.staff.acts import ActName

# What may be taken off an invoice beside the money that pays it.
WITH_A_PAYMENT = (*DEDUCTIONS, AccountRole.BAD_DEBT)


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
    exchange_rate: Decimal | None = None,
    exchange_rate_source: str = "",
    bank_currency: str = "",
    bank_amount: Decimal | None = None,
    payout_reference: str = "",
    deductions: Sequence[Deducted] = (),
) -> Payment:
    """Receive money of a customer, in the customer's currency, on the bank's date.

    First the `deductions` come off their invoices, then each (invoice, amount) of `apply` is set
    off, then, with `oldest_first`, the rest against the open invoices by due date; what is left
    stays on account. A parent pays the invoices of its sub-customers too. What is open of `credits`
    (credit notes, money on account) is used up before the new money, in their order; a credit note
    only for its own customer's invoices. A document dated after the money is set off on its own date.

    In another currency than the home one the rate is the given one, or follows from `bank_amount`
    where the bank took it in home currency, or is the newest of the list of rates. The payment
    remembers the side that made it (`made_by(origin=…)`). Raises ValidationError, in a sentence
    for staff (`NeedsApproval` for a deduction above the limit, which a second person then makes
    by itself), and nothing is received at all.
    """
    with transaction.atomic():
        company = Company.locked(customer.company_id)
        customer.refresh_from_db()
        require_amount(amount, customer.currency)
        company.refuse_closed(date)
        bank = bank_side(
            company=company,
            currency=customer.currency,
            amount=amount,
            date=date,
            method=method,
            exchange_rate=exchange_rate,
            exchange_rate_source=exchange_rate_source,
            bank_currency=bank_currency,
            bank_amount=bank_amount,
        )
        payment = Payment(
            company=company,
            customer=customer,
            date=date,
            method=method,
            currency=customer.currency,
            exchange_rate=bank.rate,
            exchange_rate_date=bank.rate_date,
            exchange_rate_source=bank.rate_source,
            amount=amount,
            bank_currency=bank.currency,
            bank_amount=bank.amount,
            reference=reference.strip(),
            payout_reference=payout_reference.strip(),
            memo=memo.strip(),
            rest_is=rest_is,
            made_in=maker().origin,
        )
        payment.full_clean(validate_constraints=False)
        payment.save_by_act()
        for each in deductions:
            _take_off(each, customer, date, payment)
        sources: list[CreditNote | Payment] = [*credits, payment]
        for invoice, part in apply:
            _set_off(sources, invoice, part, date)
        if oldest_first:
            _set_off_oldest_first(sources, customer, date)
        payment.refresh_from_db()
    return payment


def choose_method(payment: Payment, method: PaymentMethod) -> None:
    """Say how money reached us that came from a set of books without a payment method. Raises
    ValidationError for one that has a method, is cancelled, lies in a bank deposit or a closed
    month, or where the method is of another currency."""
    with transaction.atomic(), made_by(reason=f"Paid by {method}"):
        Company.locked(payment.company_id)
        payment.hold()
        if not payment.is_received:
            raise ValidationError("This payment is cancelled.")
        if payment.method_id is not None:
            raise ValidationError(f"This payment has its payment method: {payment.method}.")
        payment.method = method
        payment.save()


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
        refuse_deposited(payment)
        if company.is_closed_on(payment.date):
            raise ValidationError(
                f"This payment is dated {day(payment.date)}, in a closed month, so it cannot be "
                "cancelled. Money that went back is a reversal on the bank's date."
            )
        standing = list(payment.allocations.filter(reversed_on=None).order_by("pk"))
        _refuse_passed_on(standing)
        first = max([payment.date, *(allocation.date for allocation in standing)])
        on = on or max(company.today(), first)
        if on < first:
            raise ValidationError(
                f"This payment was last applied on {day(first)}; it cannot be cancelled before."
            )
        company.refuse_closed(on)
        with still_received(*{payment.customer_id, *customers_of(standing)}):
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
    sources = [each for each in sources if _may_be_used(each, invoice, sources[-1])]
    for source in sources:
        part = amount if source is sources[-1] else min(amount, _left(source))
        if part > 0:
            dated = source.date if isinstance(source, Payment) else source.issue_date
            allocate(source, invoice, part, on=max(money_on, dated, invoice.issue_date))
            amount -= part


def _may_be_used(
    source: CreditNote | Payment, invoice: Invoice, money: CreditNote | Payment
) -> bool:
    """A parent's own credit note does not pay what a sub-customer owes."""
    theirs = invoice.customer_id != money.customer_id
    return not (
        theirs and isinstance(source, CreditNote) and source.customer_id == money.customer_id
    )


def _set_off_oldest_first(
    sources: Sequence[CreditNote | Payment], customer: Customer, money_on: Date
) -> None:
    open_invoices = Invoice.objects.filter(
        customer__in=with_those_below(customer),
        status=Invoice.Status.ISSUED,
        currency=customer.currency,
        balance_due__gt=0,
    )
    for invoice in open_invoices.order_by("due_date", "issue_date", "pk"):
        fit = [each for each in sources if _may_be_used(each, invoice, sources[-1])]
        left = sum((_left(source) for source in fit), Decimal(0))
        if left > 0:
            _set_off(fit, invoice, min(left, invoice.balance_due), money_on)


def _left(source: CreditNote | Payment) -> Decimal:
    return source.on_account if isinstance(source, Payment) else source.open_credit


def _take_off(deducted: Deducted, customer: Customer, money_on: Date, payment: Payment) -> None:
    invoice = deducted.invoice
    if deducted.role not in WITH_A_PAYMENT:
        raise ValidationError(
            "Beside a payment an invoice is lowered by a bank charge, an early-payment discount, "
            "tax withheld, a small difference or a bad debt, and by nothing else. A retainer is "
            "used by “Use retainer”; the tax within a bank charge follows from its tax rate."
        )
    if not pays_for(customer.pk, invoice.customer):
        raise ValidationError(f"{invoice} is of another customer.")
    take_off(
        invoice,
        role=deducted.role,
        amount=deducted.amount,
        on=max(money_on, invoice.issue_date),
        reason=deducted.reason,
        payment=payment,
        tax_rate=deducted.tax_rate,
    )


def _refuse_passed_on(standing: Sequence[Allocation]) -> None:
    """Money that was refunded or held as a retainer has gone on: that is cancelled first."""
    for allocation in standing:
        onward = allocation.refund or allocation.charge
        if onward is not None:
            raise ValidationError(
                f"{figure(allocation.amount, allocation.currency)} {allocation.currency} of it "
                f"went into “{onward}”. Cancel that first."
            )
