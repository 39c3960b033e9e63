"""Payments and what they are set against: snapshots as QuickBooks' JSON and back. Pure.

A payment's lines are its allocations, together with the credits it uses up (`credits.py`).
"""

import copy
import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.credits import (
    EXPENSE,
    INVOICE,
    Linked,
    entity_of,
    linked_line,
    links_of,
    our_word,
    pool_of,
    their_word,
)
from apps.connectors.quickbooks.documents import currency_of, is_void, projected_rate
from apps.connectors.quickbooks.entries import currency_json, rate_of
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

# --- What the ledger can hold -----------------------------------------------------------------


def projected_payment(payment: PaymentSnapshot) -> PaymentSnapshot:
    """One allocation per target, in one order, dated as the payment: QuickBooks knows no other."""
    return dataclasses.replace(
        payment,
        reference=payment.reference.strip(),
        memo=payment.memo.strip(),
        exchange_rate=projected_rate(payment.exchange_rate),
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


def projected_allocation(allocation: AllocationSnapshot) -> AllocationSnapshot:
    held = dataclasses.replace(allocation, exchange_rate=projected_rate(allocation.exchange_rate))
    return dataclasses.replace(held, amount=NIL) if held.cancelled else held


# --- Ours as JSON -----------------------------------------------------------------------------


def payment_json(payment: PaymentSnapshot, home: str) -> Json:
    held = projected_payment(payment)
    body: Json = {
        "CustomerRef": ref(held.customer_id),
        "TotalAmt": held.amount,
        "TxnDate": held.paid_on.isoformat(),
        "PrivateNote": note(held.memo, held.marker),
        **currency_json(held.currency, held.exchange_rate, home),
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
        exchange_rate=rate_of(source),
        reference=text(source, "PaymentRefNum"),
        memo=memo_in(text(source, "PrivateNote")),
        cancelled=cancelled,
    )
    return projected_payment(
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
    payment: PaymentSnapshot,
    source: Mapping[str, Any],
    home: str,
    agreed: PaymentSnapshot | None = None,
) -> tuple[Json, frozenset[str]]:
    """Fields to write over theirs. Account and method are theirs to decide.

    The list of lines is sent only when it changes, and then whole: an empty one un-applies.
    """
    ours, theirs = projected_payment(payment), payment_of(source, home)
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
    if ours.exchange_rate != theirs.exchange_rate:
        over |= currency_json(ours.currency, ours.exchange_rate, home)
    wanted = wanted_targets(ours, source, agreed)
    if wanted != {_target(each): each.amount for each in theirs.allocations}:
        over["Line"] = merged_allocations(wanted, source)
    return over, frozenset(cleared)


Target = tuple[str, str]  # their entity and id


def _target(allocation: AllocationSnapshot) -> Target:
    return entity_of(their_word(allocation.target_kind)), allocation.target_id


def wanted_targets(
    ours: PaymentSnapshot, source: Mapping[str, Any], agreed: PaymentSnapshot | None
) -> dict[Target, Decimal]:
    """What its money is to be set against: what we say; and what they set against something that
    Tieout does not hold (a journal, an expense of theirs), where ours are silent and were before.
    What both sides agreed on and ours no longer say was un-applied here."""
    wanted = {_target(each): each.amount for each in ours.allocations}
    known = {_target(each) for each in agreed.allocations} if agreed else set()
    for each in pool_of(source).cash:
        target = (entity_of(each.kind), each.remote_id)
        if each.kind != INVOICE and target not in known:
            wanted.setdefault(target, each.amount)
    return wanted


def kept_allocations(source: Mapping[str, Any]) -> list[Json]:
    """Their lines as they may be sent back."""
    return [
        {name: copy.deepcopy(value) for name, value in each.items() if name != "LineEx"}
        for each in members(source, "Line")
    ]


def merged_allocations(wanted: Mapping[Target, Decimal], source: Mapping[str, Any]) -> list[Json]:
    """Our allocations over their lines. Credits that the payment uses up stay.

    A line bears what money and credits together set against its target, under the word that they
    use for it (an expense is a "Check" where it was paid by one).
    """
    pool = pool_of(source)
    words = {(entity_of(each.kind), each.remote_id): each.kind for each in links_of(source)}
    by_target = dict(wanted)
    for pair in pool.pairs:
        target = (entity_of(pair.debit.kind), pair.debit.remote_id)
        by_target[target] = by_target.get(target, NIL) + pair.amount
    lines = [
        linked_line(amount, words.get(target) or _word(target[0]), target[1])
        for target, amount in by_target.items()
    ]
    return lines + [linked_line(each.amount, each.kind, each.remote_id) for each in pool.credits]


def _word(entity: str) -> str:
    return EXPENSE if entity == "Purchase" else entity
