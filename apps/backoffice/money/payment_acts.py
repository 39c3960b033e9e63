"""The buttons on payments and on what is applied: receive, apply, cancel, un-apply."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from apps.backoffice.files.mailing import MAIL_RECEIPT
from apps.backoffice.files.printing import PRINT_RECEIPT, RECEIPT_IN_ANOTHER
from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct, PageAct
from apps.backoffice.frame.reasons import DatedReasonForm
from apps.backoffice.ledgers.effect import BOOKS
from apps.backoffice.money import acts
from apps.backoffice.money.forms import MethodForm
from apps.backoffice.money.receiving import receive_page
from apps.backoffice.money.settling import apply_page
from apps.billing import actions
from apps.billing.acts.allocations import is_of_bad_debt
from apps.billing.models import Allocation, Customer, Payment
from apps.staff.acts import ActName
from apps.sync.calls.closed_there import doubts_about

# --- what may be done when -----------------------------------------------------------------------


def has_rest(payment: Payment) -> bool:
    return is_received(payment) and payment.on_account > 0


def is_received(payment: Payment) -> bool:
    return payment.status == Payment.Status.RECEIVED


def lacks_method(payment: Payment) -> bool:
    return is_received(payment) and payment.method_id is None


def can_pay(customer: Customer) -> bool:
    return customer.merged_into_id is None


def stands(allocation: Allocation) -> bool:
    """What is a part of a refund, an adjustment or a bad debt ends with that, not by itself."""
    part = allocation.refund_id or allocation.charge_id or allocation.adjustment_id
    return allocation.stands and not part and not is_of_bad_debt(allocation)


def _doubts_about_its_payment(allocation: Allocation) -> list[str]:
    return doubts_about(allocation.payment) if allocation.payment is not None else []


# --- what the buttons do -------------------------------------------------------------------------


def _reverse(request: HttpRequest, allocation: Allocation, answers: dict[str, Any]) -> str:
    actions.reverse(allocation, on=answers["on"], reason=answers["reason"])
    return "Un-applied: the invoice is open again by this amount."


def _cancel(request: HttpRequest, payment: Payment, answers: dict[str, Any]) -> str:
    actions.cancel_payment(payment, reason=answers["reason"], on=answers["on"])
    return "The payment is cancelled, and what it paid is open again."


def _choose_method(request: HttpRequest, payment: Payment, answers: dict[str, Any]) -> str:
    actions.choose_method(payment, answers["method"])
    return f"Paid by {answers['method']}. What waited for that goes on by itself."


# --- the buttons ---------------------------------------------------------------------------------

RECEIVE_PAYMENT = PageAct(
    name="receive-payment",
    words="Receive payment",
    permission=ActName.RECEIVE_PAYMENT,
    when=can_pay,
    page=receive_page,
    main=True,
)
APPLY_PAYMENT = PageAct(
    name="apply",
    words="Apply to invoices",
    permission=ActName.ALLOCATE,
    when=has_rest,
    page=apply_page,
    main=True,
)
CANCEL_PAYMENT = ButtonAct(
    name="cancel",
    words="Cancel payment",
    permission=ActName.CANCEL_PAYMENT,
    when=is_received,
    do=_cancel,
    asks=DatedReasonForm,
    danger=True,
    means="For a typing error only. What it paid is open again, here and in the accounting system.",
)
CHOOSE_METHOD = ButtonAct(
    name="choose-method",
    words="Say how it was paid",
    permission=ActName.RECEIVE_PAYMENT,
    when=lacks_method,
    do=_choose_method,
    asks=MethodForm,
    means="It came from other books without a payment method, so nobody knows on which account it "
    "lies. Where it was recorded nothing changes.",
)
UN_APPLY = ButtonAct(
    name="un-apply",
    words="Un-apply",
    permission=ActName.UN_APPLY,
    when=stands,
    do=_reverse,
    asks=DatedReasonForm,
    danger=True,
    means="Nothing is deleted: the application ends on this date, and the invoice is open again.",
    doubts=_doubts_about_its_payment,
)

PAYMENT_ACTS = (
    APPLY_PAYMENT,
    CHOOSE_METHOD,
    acts.REFUND,
    acts.HOLD_RETAINER,
    acts.TAKE_SURPLUS,
    replace(BOOKS, permission=permissions.SEE_PAYMENTS),
    PRINT_RECEIPT,
    RECEIPT_IN_ANOTHER,
    MAIL_RECEIPT,
    acts.RETURN_PAYMENT,
    CANCEL_PAYMENT,
)
ALLOCATION_ACTS = (UN_APPLY,)
