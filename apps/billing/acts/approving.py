"""A second person's approval: asked for, given by doing the act, refused, or withdrawn."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.billing.acts.adjusting import cancel_adjustment, deduct, take_surplus, write_off
from apps.billing.acts.allocations import reverse
from apps.billing.acts.history import line_then
from apps.billing.acts.issuing import issue
from apps.billing.acts.receiving import cancel_payment
from apps.billing.acts.refunding import cancel_refund, pay_refund, refund_retainer, return_payment
from apps.billing.acts.relieving import recover, write_off_with_relief
from apps.billing.acts.voiding import void
from apps.billing.changes import made_by, maker
from apps.billing.models import (
    Adjustment,
    Allocation,
    Approval,
    Company,
    CreditNote,
    Document,
    Invoice,
    Payment,
    PaymentMethod,
    Refund,
    TaxRate,
)
from apps.billing.rules.documents import require_reason
from apps.billing.rules.limits import NeedsApproval, Subject, Wish, approved, limit_now
from apps.staff.acts import ActName, act_words
from apps.staff.models import User


def _deduct(record: Invoice | Payment, **answers: Any) -> Adjustment | Invoice:
    """Off an invoice, or a surplus off a payment, or what came of a bad debt after all."""
    if isinstance(record, Payment) and "note" in answers:
        return recover(record, **answers)
    if isinstance(record, Payment):
        return take_surplus(record, **answers)
    return deduct(record, **answers)


def _write_off(record: Invoice, *, relief: bool = False, **answers: Any) -> Adjustment | CreditNote:
    """With the tax relieved, or without."""
    act = write_off_with_relief if relief else write_off
    return act(record, **answers)


def _pay_refund(record: CreditNote | Payment | Adjustment, **answers: Any) -> Refund:
    """Of a credit note or money on account, or of a retainer."""
    if isinstance(record, Adjustment):
        return refund_retainer(record, **answers)
    return pay_refund(record, **answers)


Do = Callable[..., object]
DO: dict[ActName, Do] = {
    ActName.ISSUE_INVOICE: issue,
    ActName.ISSUE_CREDIT_NOTE: issue,
    ActName.VOID_INVOICE: void,
    ActName.VOID_CREDIT_NOTE: void,
    ActName.CANCEL_PAYMENT: cancel_payment,
    ActName.UN_APPLY: reverse,
    ActName.DEDUCT: _deduct,
    ActName.WRITE_OFF: _write_off,
    ActName.CANCEL_ADJUSTMENT: cancel_adjustment,
    ActName.PAY_REFUND: _pay_refund,
    ActName.RETURN_PAYMENT: return_payment,
    ActName.CANCEL_REFUND: cancel_refund,
}
# How answers are read that are no texts.
READ: dict[str, Callable[[str], Any]] = {
    "on": date.fromisoformat,
    "amount": Decimal,
    "fee": Decimal,
    "charge_back": Decimal,
    "exchange_rate": Decimal,
    "method": lambda pk: PaymentMethod.objects.get(pk=pk),
    **dict.fromkeys(("tax_rate", "fee_tax_rate"), lambda pk: TaxRate.objects.get(pk=pk)),
    "note": lambda pk: CreditNote.objects.get(pk=pk),
    **dict.fromkeys(("chargeback", "relief", "lawful"), lambda said: said == "yes"),
}
FIELD: dict[type[Subject], str] = {
    Invoice: "invoice",
    CreditNote: "credit_note",
    Payment: "payment",
    Allocation: "allocation",
    Adjustment: "adjustment",
    Refund: "refund",
}


def ask(refusal: NeedsApproval) -> Approval:
    """Put the act that was above its maker's limit before a second person.

    Raises ValidationError when the same is asked for already, or nobody is behind it.
    """
    wish, asker = refusal.wish, maker().user_id
    if asker is None:
        raise ValidationError("Nobody is signed in, so there is nobody to ask for it.")
    with transaction.atomic():
        company = Company.locked(wish.record.company_id)
        record = _as_stored(wish.record)
        subject = {FIELD[type(record)]: record}
        if Approval.objects.filter(act=wish.act, state="waiting", **subject).exists():
            raise ValidationError(f"Somebody asked already to {act_words(wish.act)}: {record}.")
        return Approval.objects.create(
            company=company,
            act=wish.act,
            answers=dict(wish.answers),
            fingerprint=fingerprint(record),
            amount=wish.amount,
            limit=limit_now(wish.act, company) or refusal.limit,
            requested_by_id=asker,
            **subject,
        )


def approve(approval: Approval, by: User) -> None:
    """Do what was asked for, as its asker, since this second person agrees.

    Raises ValidationError when it is one's own request, when either person may not do the act,
    when the record is not what it was when it was asked for, or when the act is refused itself.
    """
    with transaction.atomic():
        _hold(approval)
        act = ActName(approval.act)
        _refuse_same_person(approval, by)
        _refuse_without_right(by, act)
        _refuse_without_right(approval.requested_by, act)
        record = _as_stored(approval.subject)
        if fingerprint(record) != approval.fingerprint:
            raise ValidationError(f"{record} has changed since this was asked for. Ask again.")
        wish = Wish(act=act, record=record, amount=approval.amount)
        with made_by(approval.requested_by_id, reason=f"Approved by {by}"), approved(wish):
            DO[act](record, **_answers(approval.answers))
        _decide(approval, by, Approval.State.APPROVED)


def refuse(approval: Approval, by: User, *, reason: str) -> None:
    """Say no, with a reason; nothing is posted."""
    reason = require_reason(reason)
    with transaction.atomic():
        _hold(approval)
        _refuse_same_person(approval, by)
        _refuse_without_right(by, ActName(approval.act))
        _decide(approval, by, Approval.State.REFUSED, reason)


def withdraw(approval: Approval, by: User) -> None:
    """Take back one's own request."""
    with transaction.atomic():
        _hold(approval)
        if approval.requested_by_id != by.pk:
            raise ValidationError("Only whoever asked can withdraw it.")
        _decide(approval, by, Approval.State.WITHDRAWN)


def fingerprint(record: Subject) -> str:
    """What the record is, so that a change after the request is noticed: its revision, and the
    lines of a document (those of a draft raise no revision)."""
    parts: list[object] = [type(record).__name__, record.pk, record.revision]
    if isinstance(record, Document):
        lines = record.lines.order_by("position", "id")
        parts.append([line_then(line) for line in lines])
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _hold(approval: Approval) -> None:
    Company.locked(approval.company_id)
    approval.refresh_from_db(from_queryset=Approval.objects.select_for_update())
    if not approval.is_waiting:
        raise ValidationError(f"This request is {approval.get_state_display().lower()} already.")


def _as_stored(record: Subject) -> Subject:
    return type(record).locked(record.pk)


def _refuse_same_person(approval: Approval, by: User) -> None:
    if approval.requested_by_id == by.pk:
        raise ValidationError("You asked for this yourself, so a second person has to decide it.")


def _refuse_without_right(person: User, act: ActName) -> None:
    for permission in (act, ActName.APPROVE):
        if not person.has_perm(permission):
            raise ValidationError(f"{person} may not {act_words(permission)}.")


def _answers(stored: Mapping[str, str]) -> dict[str, Any]:
    """What the act was asked with, from the texts it was kept as. Raises ValidationError where
    something that it names was deleted since."""
    try:
        return {name: READ.get(name, str)(value) for name, value in stored.items()}
    except ObjectDoesNotExist as gone:
        raise ValidationError(
            "Something that this was asked with was deleted since. Refuse it, and ask again."
        ) from gone


def _decide(approval: Approval, by: User, state: str, reason: str = "") -> None:
    approval.state = state
    approval.decided_by = by
    approval.decided_at = timezone.now()
    approval.decision_reason = reason
    with made_by(by.pk, reason=reason):
        approval.save()


def to_decide(rows: QuerySet[Approval], user: Any) -> QuerySet[Approval]:
    """Those that wait for somebody else than whoever asked: this person may be the one."""
    return rows.filter(state=Approval.State.WAITING).exclude(requested_by=user.pk)
