"""The buttons on money that is no payment: deductions, retainers, refunds, returns, deposits."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from apps.backoffice.frame import permissions
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.formatting import amount_text
from apps.backoffice.frame.reasons import DatedReasonForm
from apps.backoffice.ledgers.effect import BOOKS
from apps.backoffice.ledgers.rehearsal import will_book
from apps.backoffice.money.forms import (
    DeductForm,
    HoldForm,
    RefundForm,
    ReturnForm,
    SurplusForm,
    UseRetainerForm,
    may_hold_retainer,
    retainer,
)
from apps.billing import actions
from apps.billing.models import (
    AccountRole,
    Adjustment,
    Deposit,
    Invoice,
    Payment,
    Refund,
)
from apps.staff.acts import ActName
from apps.sync.calls.closed_there import doubts_about

# --- what may be done when -----------------------------------------------------------------------


def is_open(invoice: Invoice) -> bool:
    return invoice.is_open


def has_retainer(invoice: Invoice) -> bool:
    return invoice.is_open and may_hold_retainer(invoice) and retainer(invoice) > 0


def is_received(payment: Payment) -> bool:
    return payment.is_received


def lies_on_account(payment: Payment) -> bool:
    return payment.is_received and payment.on_account > 0


def is_made(record: Adjustment | Refund | Deposit) -> bool:
    return record.is_made


def is_held_retainer(made: Adjustment) -> bool:
    held = made.role == AccountRole.RETAINER and made.side == Adjustment.Side.DEBIT
    return held and made.is_made and actions.retainer_of(made.customer, made.currency) > 0


# --- what the buttons do -------------------------------------------------------------------------


def _shown(record: Adjustment | Refund) -> str:
    return f"{amount_text(record.amount, record.currency)} {record.currency}"


def _deduct(request: HttpRequest, invoice: Invoice, answers: dict[str, Any]) -> str:
    made = actions.deduct(
        invoice,
        role=AccountRole(answers["role"]),
        amount=answers["amount"],
        on=answers["on"],
        reason=answers["reason"],
        tax_rate=answers["tax_rate"],
    )
    taken = f"{amount_text(answers['amount'], invoice.currency)} {invoice.currency}"
    return f"{taken} taken off {invoice} as {made.get_role_display().lower()}."


def _use_retainer(request: HttpRequest, invoice: Invoice, answers: dict[str, Any]) -> str:
    made = actions.use_retainer(invoice, amount=answers["amount"], on=answers["on"])
    return f"{_shown(made)} of the retainer used for {invoice}."


def _hold(request: HttpRequest, payment: Payment, answers: dict[str, Any]) -> str:
    made = actions.hold_as_retainer(
        payment, amount=answers["amount"], on=answers["on"], reason=answers["reason"]
    )
    return f"{_shown(made)} is held as a retainer until an invoice uses it."


def _surplus(request: HttpRequest, payment: Payment, answers: dict[str, Any]) -> str:
    made = actions.take_surplus(
        payment, amount=answers["amount"], on=answers["on"], reason=answers["reason"]
    )
    return f"{_shown(made)} written to small differences."


def _refund(request: HttpRequest, source: Any, answers: dict[str, Any]) -> HttpResponse:
    pay = actions.refund_retainer if isinstance(source, Adjustment) else actions.pay_refund
    made = pay(
        source,
        amount=answers["amount"],
        on=answers["on"],
        method=answers["method"],
        reason=answers["reason"],
        reference=answers["reference"],
        fee=answers["fee"],
        fee_tax_rate=answers["fee_tax_rate"],
    )
    messages.success(request, f"{_shown(made)} refunded.")
    return HttpResponseRedirect(reverse("admin:billing_refund_change", args=[made.pk]))


def _return(request: HttpRequest, payment: Payment, answers: dict[str, Any]) -> HttpResponse:
    made = actions.return_payment(
        payment,
        on=answers["on"],
        reason=answers["reason"],
        fee=answers["fee"],
        fee_tax_rate=answers["fee_tax_rate"],
        chargeback=answers["what"] == "chargeback",
        method=answers["method"],
        charge_back=answers.get("charge_back") or 0,
    )
    messages.success(request, f"{_shown(made)} went back on {made.date:%d %B %Y}.")
    return HttpResponseRedirect(reverse("admin:billing_refund_change", args=[made.pk]))


def _cancel_adjustment(request: HttpRequest, made: Adjustment, answers: dict[str, Any]) -> str:
    actions.cancel_adjustment(made, reason=answers["reason"], on=answers["on"])
    return "Cancelled, and what it took off is open again."


def _cancel_refund(request: HttpRequest, refund: Refund, answers: dict[str, Any]) -> str:
    actions.cancel_refund(refund, reason=answers["reason"], on=answers["on"])
    return "Cancelled, and what it paid out is open again."


def _undo(request: HttpRequest, deposit: Deposit, answers: dict[str, Any]) -> str:
    actions.undo_deposit(deposit, reason=answers["reason"], on=answers["on"])
    return "Undone. Its payments and refunds can go into another bank deposit."


# --- the buttons ---------------------------------------------------------------------------------

DEDUCT = ButtonAct(
    name="deduct",
    words="Deduct",
    permission=ActName.DEDUCT,
    when=is_open,
    do=_deduct,
    asks=DeductForm,
    means=(
        "The customer kept it and no money will come: a bank's charge, an early-payment discount, "
        "tax withheld, or a small difference. A discount that corrects the tax is a credit note."
    ),
    rehearses=will_book,
)
USE_RETAINER = ButtonAct(
    name="use-retainer",
    words="Use retainer",
    permission=ActName.HOLD_RETAINER,
    when=has_retainer,
    do=_use_retainer,
    asks=UseRetainerForm,
    means=lambda invoice: (
        f"{amount_text(retainer(invoice), invoice.currency)} {invoice.currency} of "
        f"{invoice.customer} is held as a retainer. What you use pays this invoice."
    ),
    rehearses=will_book,
)
HOLD_RETAINER = ButtonAct(
    name="hold-retainer",
    words="Hold as retainer",
    permission=ActName.HOLD_RETAINER,
    when=lies_on_account,
    do=_hold,
    asks=HoldForm,
    means=(
        "The customer paid in advance for work to come. It is owed to them, as a liability, until "
        "an invoice uses it."
    ),
    rehearses=will_book,
)
TAKE_SURPLUS = ButtonAct(
    name="take-surplus",
    words="Write to income",
    permission=ActName.DEDUCT,
    when=lies_on_account,
    do=_surplus,
    asks=SurplusForm,
    means=(
        "For pennies that the customer paid too much and does not want back. They go to the "
        "account of small differences."
    ),
    rehearses=will_book,
)
REFUND = ButtonAct(
    name="refund",
    words="Refund",
    permission=ActName.PAY_REFUND,
    when=lies_on_account,
    do=_refund,
    asks=RefundForm,
    means="Money that goes back to the customer. The sale is not reversed a second time.",
    rehearses=will_book,
)
REFUND_CREDIT = replace(
    REFUND,
    when=lambda note: note.is_issued and note.open_credit > 0,
    means=(
        "Pays out what is open of this credit note. The credit note took the sale back already, "
        "so the refund only moves money."
    ),
)
RETURN_PAYMENT = ButtonAct(
    name="return",
    words="Returned or charged back",
    permission=ActName.RETURN_PAYMENT,
    when=is_received,
    do=_return,
    asks=ReturnForm,
    danger=True,
    means=(
        "The bank took the whole payment back. Its invoices are open again from the bank's date, "
        "what was deducted with it is owed again, and the fee is booked with it. A typing error is cancelled instead."
    ),
    doubts=doubts_about,
    rehearses=will_book,
)
CANCEL_ADJUSTMENT = ButtonAct(
    name="cancel",
    words="Cancel adjustment",
    permission=ActName.CANCEL_ADJUSTMENT,
    when=is_made,
    do=_cancel_adjustment,
    asks=DatedReasonForm,
    danger=True,
    means="It stays on the list as cancelled, here and in the accounting system.",
)
REFUND_RETAINER = replace(
    REFUND,
    when=is_held_retainer,
    means="Pays out what is held of the customer as retainers and not used.",
)
CANCEL_REFUND = ButtonAct(
    name="cancel",
    words="Cancel refund",
    permission=ActName.CANCEL_REFUND,
    when=is_made,
    do=_cancel_refund,
    asks=DatedReasonForm,
    danger=True,
    means="For a typing error only: the money did not leave the bank after all.",
)
UNDO_DEPOSIT = ButtonAct(
    name="undo",
    words="Undo bank deposit",
    permission=ActName.UNDO_DEPOSIT,
    when=is_made,
    do=_undo,
    asks=DatedReasonForm,
    danger=True,
    means="Its payments and refunds are free again, for another bank deposit or to be corrected.",
)

ADJUSTMENT_ACTS = (
    REFUND_RETAINER,
    replace(BOOKS, permission=permissions.SEE_ADJUSTMENTS),
    CANCEL_ADJUSTMENT,
)
REFUND_ACTS = (replace(BOOKS, permission=permissions.SEE_REFUNDS), CANCEL_REFUND)
DEPOSIT_ACTS = (replace(BOOKS, permission=permissions.SEE_DEPOSITS), UNDO_DEPOSIT)
