"""Payments, refunds, bank deposits and what is set against what, as others see them."""

from uuid import UUID

from apps.billing.models import Allocation, Deposit, DepositLine, Payment, Refund
from apps.triggers.shapes.documents import numbered
from apps.triggers.shapes.links import page_of
from apps.triggers.shapes.masters import CustomerBrief, brief
from apps.triggers.shapes.parts import (
    Amount,
    Company,
    Currency,
    Day,
    Moment,
    Number,
    Numbered,
    Shape,
    company_shape,
    money,
    plain,
)


class AllocationShape(Shape):
    """A part of a payment or credit note, set against an invoice or the refund that pays it out.
    `stands` is false once it was un-applied. `other` names what is neither, such as a deduction."""

    id: UUID
    date: Day
    amount: Amount
    currency: Currency
    payment: UUID | None
    credit_note: Numbered | None
    invoice: Numbered | None
    refund: UUID | None
    other: str
    stands: bool
    reversed_on: Day | None
    reversal_reason: str


class PaymentShape(Shape):
    """Money received. `on_account` = amount − applied. `recorded_here` is false for what their books
    recorded and Tieout took over."""

    id: UUID
    revision: int
    company: Company
    status: str
    customer: CustomerBrief
    date: Day
    method: str
    currency: Currency
    exchange_rate: Number
    amount: Amount
    applied: Amount
    on_account: Amount
    reference: str
    payout_reference: str
    memo: str
    allocations: list[AllocationShape]
    cancelled_on: Day | None
    cancel_reason: str
    recorded_here: bool
    created_at: Moment
    updated_at: Moment
    page: str


class RefundShape(Shape):
    """Money that went out to a customer. `why`: refund, returned (the payment came back) or
    chargeback. `fee` is what the bank took on the same line."""

    id: UUID
    revision: int
    company: Company
    status: str
    why: str
    customer: CustomerBrief
    date: Day
    method: str
    currency: Currency
    amount: Amount
    fee: Amount
    reference: str
    reason: str
    memo: str
    pays_out: list[AllocationShape]
    cancelled_on: Day | None
    cancel_reason: str
    recorded_here: bool
    created_at: Moment
    updated_at: Moment
    page: str


class DepositLineShape(Shape):
    """A payment or a refund, whole, or an amount such as a fee (below nil)."""

    payment: UUID | None
    refund: UUID | None
    description: str
    amount: Amount


class DepositShape(Shape):
    """What the bank shows as one line: `total`."""

    id: UUID
    revision: int
    company: Company
    status: str
    date: Day
    bank_account: str
    currency: Currency
    total: Amount
    reference: str
    memo: str
    lines: list[DepositLineShape]
    undone_on: Day | None
    undo_reason: str
    recorded_here: bool
    created_at: Moment
    updated_at: Moment
    page: str


def payment_shape(payment: Payment) -> PaymentShape:
    cur = payment.currency
    return PaymentShape(
        id=payment.public_id,
        revision=payment.revision,
        company=company_shape(payment.company),
        status=payment.status,
        customer=brief(payment.customer),
        date=payment.date,
        method=payment.method.name if payment.method else "",
        currency=cur,
        exchange_rate=plain(payment.exchange_rate),
        amount=money(payment.amount, cur),
        applied=money(payment.applied, cur),
        on_account=money(payment.on_account, cur),
        reference=payment.reference,
        payout_reference=payment.payout_reference,
        memo=payment.memo,
        allocations=[allocation_shape(each) for each in payment.allocations.all()],
        cancelled_on=payment.cancelled_on,
        cancel_reason=payment.cancel_reason,
        recorded_here=not payment.made_in,
        created_at=payment.created_at,
        updated_at=payment.updated_at,
        page=page_of(payment),
    )


def refund_shape(refund: Refund) -> RefundShape:
    cur = refund.currency
    return RefundShape(
        id=refund.public_id,
        revision=refund.revision,
        company=company_shape(refund.company),
        status=refund.status,
        why=refund.why,
        customer=brief(refund.customer),
        date=refund.date,
        method=refund.method.name,
        currency=cur,
        amount=money(refund.amount, cur),
        fee=money(refund.fee, cur),
        reference=refund.reference,
        reason=refund.reason,
        memo=refund.memo,
        pays_out=[allocation_shape(each) for each in refund.allocations.all()],
        cancelled_on=refund.cancelled_on,
        cancel_reason=refund.cancel_reason,
        recorded_here=not refund.made_in,
        created_at=refund.created_at,
        updated_at=refund.updated_at,
        page=page_of(refund),
    )


def deposit_shape(deposit: Deposit) -> DepositShape:
    return DepositShape(
        id=deposit.public_id,
        revision=deposit.revision,
        company=company_shape(deposit.company),
        status=deposit.status,
        date=deposit.date,
        bank_account=deposit.bank_account.name,
        currency=deposit.currency,
        total=money(deposit.total, deposit.currency),
        reference=deposit.reference,
        memo=deposit.memo,
        lines=[_deposit_line(each, deposit.currency) for each in deposit.lines.all()],
        undone_on=deposit.undone_on,
        undo_reason=deposit.undo_reason,
        recorded_here=not deposit.made_in,
        created_at=deposit.created_at,
        updated_at=deposit.updated_at,
        page=page_of(deposit),
    )


def allocation_shape(allocation: Allocation) -> AllocationShape:
    payment, refund = allocation.payment, allocation.refund
    return AllocationShape(
        id=allocation.public_id,
        date=allocation.date,
        amount=money(allocation.amount, allocation.currency),
        currency=allocation.currency,
        payment=payment.public_id if payment else None,
        credit_note=numbered(allocation.credit_note),
        invoice=numbered(allocation.invoice),
        refund=refund.public_id if refund else None,
        other=_other(allocation),
        stands=allocation.stands,
        reversed_on=allocation.reversed_on,
        reversal_reason=allocation.reversal_reason,
    )


def _other(allocation: Allocation) -> str:
    beside = allocation.adjustment or allocation.charge or allocation.outside_entry
    return str(beside) if beside is not None else allocation.outside_label


def _deposit_line(line: DepositLine, currency: str) -> DepositLineShape:
    return DepositLineShape(
        payment=line.payment.public_id if line.payment else None,
        refund=line.refund.public_id if line.refund else None,
        description=line.description or (line.get_role_display() if line.role else ""),
        amount=money(line.amount, currency),
    )
