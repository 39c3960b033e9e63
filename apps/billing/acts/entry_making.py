"""How an adjustment comes into the books with what it is set against, and how both end."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError

from apps.billing.acts.allocations import allocate, take_back
from apps.billing.changes import maker
from apps.billing.models import Adjustment, Company, Invoice, Payment
from apps.billing.rules.documents import require_amount
from apps.billing.rules.money import day_of_act
from apps.billing.sums.home_values import standing


def credit(
    invoice: Invoice,
    role: str,
    amount: Decimal,
    on: date,
    reason: str,
    *,
    rate: Decimal | None = None,
    payment: Payment | None = None,
    tax_of: Adjustment | None = None,
) -> Adjustment:
    """Off an invoice, dated alike; at the invoice's rate, so that no difference is realised."""
    if not invoice.is_issued:
        raise ValidationError(
            f"{invoice} is {invoice.get_status_display().lower()}, so nothing can be taken off it."
        )
    made = make(invoice, Adjustment.Side.CREDIT, role, amount, on, reason, rate, payment, tax_of)
    allocate(made, invoice, amount, on=on)
    return made


def debit(payment: Payment, role: str, amount: Decimal, on: date, reason: str) -> Adjustment:
    """Money on account taken up, dated alike and at the payment's rate."""
    company = Company.locked(payment.company_id)
    payment.hold()
    payment.company = company
    if not payment.is_received:
        raise ValidationError(f"{payment} is {payment.get_status_display().lower()}.")
    made = make(payment, Adjustment.Side.DEBIT, role, amount, on, reason)
    allocate(payment, made, amount, on=on)
    return made


def make(
    of: Invoice | Payment | Adjustment,
    side: str,
    role: str,
    amount: Decimal,
    on: date,
    reason: str,
    rate: Decimal | None = None,
    payment: Payment | None = None,
    tax_of: Adjustment | None = None,
) -> Adjustment:
    require_amount(amount, of.currency)
    of.company.refuse_closed(on)
    made = Adjustment(
        company=of.company,
        customer_id=of.customer_id,
        date=on,
        currency=of.currency,
        exchange_rate=of.exchange_rate if rate is None else rate,
        exchange_rate_date=of.exchange_rate_date if rate is None else on,
        exchange_rate_source=of.exchange_rate_source if rate is None else "Retainer",
        amount=amount,
        role=role,
        side=side,
        reason=reason,
        payment=payment,
        tax_of=tax_of,
        made_in=maker().origin,
    )
    made.full_clean(validate_constraints=False)
    made.save_by_act()
    return made


def end(adjustment: Adjustment, company: Company, *, on: date | None, reason: str) -> date:
    """Cancel it with what stands of it, on that day (today unless given), which is returned."""
    parts = list(standing(adjustment))
    on = day_of_act(company, on, [adjustment.date, *(each.date for each in parts)])
    for allocation in parts:
        take_back(allocation, on=on, reason=reason)
    adjustment.status = Adjustment.Status.CANCELLED
    adjustment.cancelled_on = on
    adjustment.cancel_reason = reason
    adjustment.save_by_act()
    return on
