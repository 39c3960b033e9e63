"""Money that went back to a customer, taken out of what it had settled here."""

from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.acts.allocations import allocate, reverse
from apps.billing.acts.refunding import pay_refund, return_payment
from apps.billing.models import CreditNote, Invoice, Payment, PaymentMethod, Refund
from apps.core.money import ZERO, figure
from apps.exchange.imports.money.plans import RefundPlan


def give_back(plan: RefundPlan, payment: Payment, method: PaymentMethod, why: str) -> Refund:
    """Pay a refund out of what is open: a credit note of what the payment settled, else the payment
    itself, of which as much is un-applied as is missing; the invoice is open again then.

    A chargeback of all that is left of the payment is its return. Raises ValidationError as the acts
    of billing do.
    """
    if plan.chargeback and plan.amount == _left_of(payment):
        return return_payment(
            payment, on=plan.on, reason=why, fee=plan.fee, chargeback=True, method=method
        )
    source = None if plan.chargeback else _credit_note(plan, payment)
    if source is None:
        _free(payment, plan, why)
    return pay_refund(
        source or payment,
        amount=plan.amount,
        on=plan.on,
        method=method,
        reason=why,
        reference=plan.reference,
        fee=plan.fee,
    )


def _left_of(payment: Payment) -> Decimal:
    """What of it did not go back yet."""
    gone = payment.allocations.filter(reversed_on=None, refund__isnull=False)
    return payment.amount - sum(gone.values_list("amount", flat=True), ZERO)


def _credit_note(plan: RefundPlan, payment: Payment) -> CreditNote | None:
    """One that takes back what the payment settled, and is still open with as much."""
    settled = payment.allocations.filter(reversed_on=None, invoice__isnull=False)
    rows = CreditNote.objects.filter(
        invoice__in=settled.values("invoice"),
        customer=plan.customer,
        status=CreditNote.Status.ISSUED,
        issue_date__lte=plan.on,
        open_credit__gte=plan.amount,
    )
    return rows.order_by("issue_date", "pk").first()


def _free(payment: Payment, plan: RefundPlan, why: str) -> None:
    """Un-apply what is missing on account, the latest first; what is left of an allocation stands."""
    payment.refresh_from_db()
    missing = plan.amount - payment.on_account
    standing = payment.allocations.filter(reversed_on=None, invoice__isnull=False)
    for each in standing.select_related("invoice").order_by("-date", "-pk"):
        if missing <= 0:
            return
        invoice, on = each.invoice, max(plan.on, each.date)
        assert isinstance(invoice, Invoice)  # asked for in the query
        back = min(missing, each.amount)
        reverse(each, on=on, reason=why)
        if back < each.amount:
            payment.refresh_from_db()
            invoice.refresh_from_db()
            allocate(payment, invoice, each.amount - back, on=on)
        missing -= back
    payment.refresh_from_db()
    if missing > 0:
        raise ValidationError(
            f"Only {figure(payment.on_account, payment.currency)} {payment.currency} of {payment} is "
            f"left, not {figure(plan.amount, payment.currency)}."
        )
