"""Payments and what they are set against: snapshots as QuickBooks' JSON and back. Pure.

A payment's lines are its allocations, together with the credits it uses up (`credits.py`).
"""

import copy
import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.credits import (
    INVOICE,
    Linked,
    linked_line,
    our_word,
    pool_of,
    their_word,
)
from apps.connectors.quickbooks.documents import currency_of, is_void
from apps.connectors.quickbooks.wire import (
    NIL,
    Json,
    day,
    figure,
    marker_in,
    members,
    memo_in,
    note,
    ref,
    ref_of,
    text,
)
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot

ONE = Decimal(1)


# --- What the ledger can hold -----------------------------------------------------------------


def held_payment(payment: PaymentSnapshot) -> PaymentSnapshot:
    """One allocation per target, in one order, dated as the payment: QuickBooks knows no other."""
    return dataclasses.replace(
        payment,
        reference=payment.reference.strip(),
        memo=payment.memo.strip(),
        amount=NIL if payment.cancelled else payment.amount,
        allocations=() if payment.cancelled else _joined(payment),
    )


def _joined(payment: PaymentSnapshot) -> tuple[AllocationSnapshot, ...]:
    by_target: dict[tuple[str, str], AllocationSnapshot] = {}
    for each in payment.allocations:
        if each.cancelled:
            continue
        target = (str(each.target_kind), each.target_id)
        before = by_target.get(target)
        amount = each.amount + (before.amount if before else NIL)
        by_target[target] = dataclasses.replace(each, amount=amount, applied_on=payment.paid_on)
    return tuple(
        by_target[target] for target in sorted(by_target) if by_target[target].amount != NIL
    )


def held_allocation(allocation: AllocationSnapshot) -> AllocationSnapshot:
    return dataclasses.replace(allocation, amount=NIL) if allocation.cancelled else allocation


# --- Ours as JSON -----------------------------------------------------------------------------


def payment_json(payment: PaymentSnapshot) -> Json:
    held = held_payment(payment)
    body: Json = {
        "CustomerRef": ref(held.customer_id),
        "TotalAmt": held.amount,
        "TxnDate": held.paid_on.isoformat(),
        "PrivateNote": note(held.memo, held.marker),
        "Line": [allocation_line(each) for each in held.allocations],
    }
    if held.account_id:
        body["DepositToAccountRef"] = ref(held.account_id)
    if held.method_id:
        body["PaymentMethodRef"] = ref(held.method_id)
    if held.reference:
        body["PaymentRefNum"] = held.reference
    return body


def allocation_line(allocation: AllocationSnapshot) -> Json:
    """One line per linked transaction."""
    return linked_line(allocation.amount, their_word(allocation.target_kind), allocation.target_id)


# --- Theirs as snapshots ----------------------------------------------------------------------


def payment_of(source: Mapping[str, Any], home: str) -> PaymentSnapshot:
    cancelled = is_void(source)
    paid_on = day(source, "TxnDate")
    if paid_on is None:
        raise ValueError("a payment without a date")
    payment = PaymentSnapshot(
        marker=marker_in(text(source, "PrivateNote")),
        customer_id=ref_of(source, "CustomerRef"),
        paid_on=paid_on,
        currency=currency_of(source, home),
        amount=figure(source.get("TotalAmt")),
        account_id=ref_of(source, "DepositToAccountRef"),
        method_id=ref_of(source, "PaymentMethodRef"),
        exchange_rate=figure(source.get("ExchangeRate")) or ONE,
        reference=text(source, "PaymentRefNum"),
        memo=memo_in(text(source, "PrivateNote")),
        cancelled=cancelled,
    )
    return held_payment(
        dataclasses.replace(
            payment,
            allocations=tuple(
                allocation_of(source, payment, linked) for linked in pool_of(source).cash
            ),
        )
    )


def allocation_of(
    source: Mapping[str, Any], payment: PaymentSnapshot, linked: Linked
) -> AllocationSnapshot:
    """What money of the payment is set against one target."""
    return AllocationSnapshot(
        marker="",
        source=Kind.PAYMENT,
        source_id=text(source, "Id"),
        target_kind=our_word(linked.kind),
        target_id=linked.remote_id,
        amount=linked.amount,
        currency=payment.currency,
        applied_on=payment.paid_on,
        customer_id=payment.customer_id,
    )


# --- Changes over what stands there -----------------------------------------------------------


def payment_changes(
    payment: PaymentSnapshot, source: Mapping[str, Any], home: str
) -> tuple[Json, frozenset[str]]:
    """Fields to write over theirs. Account and method are theirs to decide.

    The list of lines is sent only when it changes, and then whole: an empty one un-applies.
    """
    ours, theirs = held_payment(payment), payment_of(source, home)
    over: Json = {}
    cleared: set[str] = set()
    if ours.amount != theirs.amount:
        over["TotalAmt"] = ours.amount
    if ours.paid_on != theirs.paid_on:
        over["TxnDate"] = ours.paid_on.isoformat()
    if ours.customer_id != theirs.customer_id:
        over["CustomerRef"] = ref(ours.customer_id)
    if ours.reference != theirs.reference.strip():
        if ours.reference:
            over["PaymentRefNum"] = ours.reference
        else:
            cleared.add("PaymentRefNum")
    if _targets(ours) != _targets(theirs):
        over["Line"] = merged_allocations(ours, source)
    return over, frozenset(cleared)


def _targets(payment: PaymentSnapshot) -> dict[tuple[str, str], Decimal]:
    return {(str(each.target_kind), each.target_id): each.amount for each in payment.allocations}


def kept_allocations(source: Mapping[str, Any]) -> list[Json]:
    """Their lines as they may be sent back."""
    return [
        {name: copy.deepcopy(value) for name, value in each.items() if name != "LineEx"}
        for each in members(source, "Line")
    ]


def merged_allocations(ours: PaymentSnapshot, source: Mapping[str, Any]) -> list[Json]:
    """Our allocations over their lines. Credits that the payment uses up stay, and so does what
    they set against something that Tieout does not hold (a journal) where ours are silent.

    A line bears what money and credits together set against its target.
    """
    pool = pool_of(source)
    by_target = {
        (their_word(each.target_kind), each.target_id): each.amount for each in ours.allocations
    }
    for each in pool.cash:
        if each.kind != INVOICE:
            by_target.setdefault((each.kind, each.remote_id), each.amount)
    for pair in pool.pairs:
        target = (pair.debit.kind, pair.debit.remote_id)
        by_target[target] = by_target.get(target, NIL) + pair.amount
    lines = [
        linked_line(amount, kind, remote_id) for (kind, remote_id), amount in by_target.items()
    ]
    return lines + [linked_line(each.amount, each.kind, each.remote_id) for each in pool.credits]
