"""Refunds: money paid out to a customer, and payments that the bank took back."""

from datetime import date
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.acts.allocations import allocate, dated_on, take_back
from apps.billing.acts.entry_making import end
from apps.billing.acts.retainers import give_retainer_back, retainer_of
from apps.billing.acts.taking_back import take_back_with
from apps.billing.changes import made_by, maker
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Company,
    CreditNote,
    Payment,
    PaymentMethod,
    Refund,
    TaxRate,
)
from apps.billing.rules.at_the_bank import rate_of_day
from apps.billing.rules.documents import day, require_amount, require_reason
from apps.billing.rules.fee_tax import bear_fee
from apps.billing.rules.limits import Wish, home_amount, refuse_above_limit
from apps.billing.rules.money import day_of_act, refuse_deposited, refuse_method
from apps.billing.rules.value import received_from, refuse_paying_for_nothing
from apps.billing.sums.home_values import home_value, open_amount, standing
from apps.billing.sums.tax_rates import mark_rates_used
from apps.core.money import ZERO, figure
from apps.staff.acts import ActName


def pay_refund(
    source: CreditNote | Payment,
    *,
    amount: Decimal,
    on: date,
    method: PaymentMethod,
    reason: str,
    reference: str = "",
    fee: Decimal | int = 0,
    fee_tax_rate: TaxRate | None = None,
    exchange_rate: Decimal | None = None,
) -> Refund:
    """Pay out what is open of a credit note, or of a payment's money on account.

    Never more than was received for it (`billing/rules/value.py`). `fee` is what the bank took beside it
    on the same line, with the tax of `fee_tax_rate` within it. In another currency than the home
    one it is worth the given rate, or the newest of the list on its day. Raises ValidationError, in
    a sentence for staff.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(source.company_id)
        source.hold()
        source.company = company
        require_amount(amount, source.currency)
        left = open_amount(source)
        if amount > left:
            raise ValidationError(
                f"Only {figure(left, source.currency)} {source.currency} of {source} is left, "
                f"not {figure(amount, source.currency)}."
            )
        refund = _new(source, amount, on, method, reason)
        bear_fee(refund, Decimal(fee), fee_tax_rate)
        refuse_paying_for_nothing(source, amount)
        refund.reference = reference.strip()
        rate = rate_of_day(company, source.currency, on, exchange_rate)
        refund.exchange_rate = rate.rate
        refund.exchange_rate_date = rate.date
        refund.exchange_rate_source = rate.source
        _post(refund, source)
        refuse_above_limit(
            Wish(
                act=ActName.PAY_REFUND,
                record=source,
                amount=home_amount(refund),
                answers=_answers(refund, exchange_rate),
                before=_before(refund, source),
            )
        )
    return refund


def refund_retainer(
    retainer: Adjustment,
    *,
    amount: Decimal,
    on: date,
    method: PaymentMethod,
    reason: str,
    reference: str = "",
    fee: Decimal | int = 0,
    fee_tax_rate: TaxRate | None = None,
    exchange_rate: Decimal | None = None,
) -> Refund:
    """Pay out what is held of a customer as retainers and not used, also when it was held in a
    month that is closed since. `retainer` is one of them; the rest as `pay_refund`."""
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(retainer.company_id)
        retainer.hold()
        retainer.company = company
        short = received_from(retainer.customer_id).shortfall
        if short and amount > retainer_of(retainer.customer, retainer.currency) - short:
            raise ValidationError(
                f"More was refunded to {retainer.customer} than was received for it. Use the "
                "retainer for what is due first."
            )
        used = give_retainer_back(retainer, amount=amount, on=on)
        refund = _new(used, amount, on, method, reason)
        bear_fee(refund, Decimal(fee), fee_tax_rate)
        refund.reference = reference.strip()
        rate = rate_of_day(company, used.currency, on, exchange_rate)
        refund.exchange_rate = rate.rate
        refund.exchange_rate_date = rate.date
        refund.exchange_rate_source = rate.source
        _post(refund, used)
        before = Refund.objects.filter(
            customer=retainer.customer_id,
            status=Refund.Status.MADE,
            made_in="",
            allocations__adjustment__role=AccountRole.RETAINER,
        ).exclude(pk=refund.pk)
        refuse_above_limit(
            Wish(
                act=ActName.PAY_REFUND,
                record=retainer,
                amount=home_amount(refund),
                answers=_answers(refund, exchange_rate),
                before=sum((home_amount(each) for each in before.select_related("company")), ZERO),
            )
        )
    return refund


def _answers(refund: Refund, exchange_rate: Decimal | None) -> dict[str, str]:
    """What was asked for, as texts."""
    return {
        "amount": str(refund.amount),
        "on": refund.date.isoformat(),
        "method": str(refund.method_id),
        "reason": refund.reason,
        "reference": refund.reference,
        **_fee_answers(refund),
        **({} if exchange_rate is None else {"exchange_rate": str(exchange_rate)}),
    }


def _fee_answers(refund: Refund) -> dict[str, str]:
    rate = refund.fee_tax_rate_id
    return {"fee": str(refund.fee), **({} if rate is None else {"fee_tax_rate": str(rate)})}


def _before(refund: Refund, source: CreditNote | Payment) -> Decimal:
    """What staff here paid out of the same source before, and nobody cancelled since."""
    rows = Refund.objects.filter(
        status=Refund.Status.MADE,
        why=Refund.Why.REFUND,
        made_in="",
        allocations__in=standing(source),
    ).exclude(pk=refund.pk)
    return sum((home_amount(each) for each in rows.select_related("company")), ZERO)


def return_payment(
    payment: Payment,
    *,
    on: date,
    reason: str,
    fee: Decimal | int = 0,
    fee_tax_rate: TaxRate | None = None,
    chargeback: bool = False,
    method: PaymentMethod | None = None,
    charge_back: Decimal | int = 0,
) -> Refund:
    """Record that the bank took a payment back on its day `on`, with its fee and the tax within it.

    What the payment was set against is open again from that day, and the money that went back is
    a refund of kind returned or chargeback: all of it but what was refunded before. The payment
    stays received, with nothing on account. `method` names where the money left from; without it,
    the payment's own. In another currency it went back at the rate at which it came.

    What was deducted with it is owed again too; of the charge that the bank kept when it came only
    `charge_back`, which the bank gives back.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(payment.company_id)
        payment.hold()
        payment.company = company
        if not payment.is_received:
            raise ValidationError("This payment is cancelled, so it cannot come back.")
        if on < payment.date:
            raise ValidationError(
                f"{payment} is dated {day(payment.date)}; it cannot come back before."
            )
        company.refuse_closed(on)
        _refuse_taken_up(payment)
        # Money set against refunds went out already; the rest is what the bank takes back.
        for allocation in list(standing(payment).filter(refund=None)):
            take_back(allocation, on=max(on, allocation.date), reason=reason)
        take_back_with(payment, on=on, charge_back=Decimal(charge_back), reason=reason)
        payment.refresh_from_db()
        payment.company = company
        if payment.on_account <= 0:
            raise ValidationError(f"{payment} was refunded already, all of it.")
        method = method or payment.method
        if method is None:
            raise ValidationError(
                "Say by which method it went back: this payment does not name one."
            )
        refund = _new(payment, payment.on_account, on, method, reason)
        bear_fee(refund, Decimal(fee), fee_tax_rate)
        refund.why = Refund.Why.CHARGEBACK if chargeback else Refund.Why.RETURNED
        refund.reference = payment.reference
        refund.exchange_rate = payment.exchange_rate
        refund.exchange_rate_date = payment.exchange_rate_date
        refund.exchange_rate_source = payment.exchange_rate_source
        _post(refund, payment)
        answers = {
            "on": on.isoformat(),
            "reason": reason,
            **_fee_answers(refund),
            "method": str(method.pk),
            **({"chargeback": "yes"} if chargeback else {}),
            **({"charge_back": str(charge_back)} if charge_back else {}),
        }
        refuse_above_limit(
            Wish(
                act=ActName.RETURN_PAYMENT,
                record=payment,
                amount=home_value(refund),  # its fee is the bank's own choice
                answers=answers,
            )
        )
    return refund


def cancel_refund(refund: Refund, *, reason: str, on: date | None = None) -> None:
    """Take back a refund that was typed in error, while its own date is in an open month.

    What it paid out is open again: the credit, or the money on account. `on` is the day of the
    act: today, never before the refund. Raises ValidationError, also for one in a bank deposit.
    """
    reason = require_reason(reason)
    with transaction.atomic(), made_by(reason=reason):
        company = Company.locked(refund.company_id)
        refund.hold()
        refund.company = company
        if not refund.is_made:
            raise ValidationError("This refund is cancelled already.")
        refuse_deposited(refund)
        if company.is_closed_on(refund.date):
            raise ValidationError(
                f"This refund is dated {day(refund.date)}, in a closed month, so it cannot be "
                "cancelled. Money that came back is a payment on the bank's date."
            )
        parts = list(standing(refund))
        on = day_of_act(company, on, [refund.date, *(each.date for each in parts)])
        for allocation in parts:
            take_back(allocation, on=on, reason=reason)
            if allocation.adjustment is not None:  # a retainer is held again
                allocation.adjustment.hold()
                end(allocation.adjustment, company, on=on, reason=reason)
        refund.status = Refund.Status.CANCELLED
        refund.cancelled_on = on
        refund.cancel_reason = reason
        refund.save_by_act()
        refuse_above_limit(
            Wish(
                act=ActName.CANCEL_REFUND,
                record=refund,
                amount=home_amount(refund),
                answers={"on": on.isoformat(), "reason": reason},
            )
        )


def _new(
    source: CreditNote | Payment | Adjustment,
    amount: Decimal,
    on: date,
    method: PaymentMethod,
    reason: str,
) -> Refund:
    """A refund of this source, in memory, with what its date and method must be checked."""
    if on < dated_on(source):
        raise ValidationError(
            f"{source} is dated {day(dated_on(source))}; it cannot be refunded before."
        )
    source.company.refuse_closed(on)
    refuse_method(method, source.company, source.currency)
    return Refund(
        company=source.company,
        customer_id=source.customer_id,
        date=on,
        currency=source.currency,
        amount=amount,
        method=method,
        reason=reason,
        made_in=maker().origin,
    )


def _post(refund: Refund, source: CreditNote | Payment | Adjustment) -> None:
    refund.full_clean(validate_constraints=False)
    refund.save_by_act()
    if refund.fee_tax_rate is not None:
        mark_rates_used([refund.fee_tax_rate])
    allocate(source, refund, refund.amount, on=refund.date)


def _refuse_taken_up(payment: Payment) -> None:
    taken = standing(payment).filter(charge__isnull=False).first()
    if taken is not None:
        raise ValidationError(
            f"{figure(taken.amount, taken.currency)} {taken.currency} of it is taken up by "
            f"“{taken.charge}”. Cancel that first."
        )
