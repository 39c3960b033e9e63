"""Payments and what they are set against: snapshots as QuickBooks' JSON and back. Pure.

A payment's lines are its allocations. A payment of nil that sets a credit memo against an invoice
is money for nobody: it is the allocation of that credit note.
"""

import copy
import dataclasses
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.documents import currency_of, is_void
from apps.connectors.quickbooks.wire import (
    NIL,
    Json,
    day,
    figure,
    marker_in,
    marks_credit,
    members,
    memo_in,
    note,
    ref,
    ref_of,
    text,
)
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot

INVOICE = "Invoice"
CREDIT_MEMO = "CreditMemo"
ONE = Decimal(1)
# Our word for a target → theirs; any other is theirs already (a journal).
TXN_TYPES = {Kind.INVOICE.value: INVOICE}


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
    """One line per linked transaction; a credit's amount is positive there."""
    kind = TXN_TYPES.get(allocation.target_kind, str(allocation.target_kind))
    return linked_line(abs(allocation.amount), kind, allocation.target_id)


def linked_line(amount: Decimal, kind: str, remote_id: str) -> Json:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": remote_id, "TxnType": kind}]}


def credit_application_json(allocation: AllocationSnapshot) -> Json:
    """The payment of nil that QuickBooks itself makes when a credit is used."""
    return {
        "CustomerRef": ref(allocation.customer_id),
        "TotalAmt": NIL,
        "TxnDate": allocation.applied_on.isoformat(),
        "PrivateNote": note("", allocation.marker, of_credit=True),
        "Line": credit_lines(allocation),
    }


def credit_lines(allocation: AllocationSnapshot) -> list[Json]:
    kind = TXN_TYPES.get(allocation.target_kind, str(allocation.target_kind))
    return [
        linked_line(allocation.amount, kind, allocation.target_id),
        linked_line(allocation.amount, CREDIT_MEMO, allocation.source_id),
    ]


# --- Theirs as snapshots ----------------------------------------------------------------------


@dataclasses.dataclass(frozen=True, slots=True)
class Linked:
    """One line of a payment: what it is set against."""

    kind: str  # theirs
    remote_id: str
    amount: Decimal


def links_of(source: Mapping[str, Any]) -> list[Linked]:
    """The lines, joined per target: a payment may hold several of one invoice."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in members(source, "Line"):
        for linked in members(line, "LinkedTxn")[:1]:
            target = (text(linked, "TxnType"), text(linked, "TxnId"))
            found[target] = found.get(target, NIL) + figure(line.get("Amount"))
    return [Linked(kind, remote_id, amount) for (kind, remote_id), amount in found.items()]


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
                allocation_of(source, payment, linked) for linked in links_of(source)
            ),
        )
    )


def allocation_of(
    source: Mapping[str, Any], payment: PaymentSnapshot, linked: Linked
) -> AllocationSnapshot:
    """A line of a payment as an allocation of it. A credit that the payment uses up stands below
    nil, so that what the lines come to is the money that was set against something."""
    return AllocationSnapshot(
        marker="",
        source=Kind.PAYMENT,
        source_id=text(source, "Id"),
        target_kind=our_word(linked.kind),
        target_id=linked.remote_id,
        amount=-linked.amount if linked.kind == CREDIT_MEMO else linked.amount,
        currency=payment.currency,
        applied_on=payment.paid_on,
        customer_id=payment.customer_id,
    )


def our_word(kind: str) -> str:
    return Kind.INVOICE.value if kind == INVOICE else kind


def sets_credit(source: Mapping[str, Any]) -> bool:
    """Whether it is no money but the use of a credit, standing or voided."""
    if figure(source.get("TotalAmt")):
        return False
    kinds = {linked.kind for linked in links_of(source)}
    return CREDIT_MEMO in kinds or (not kinds and marks_credit(text(source, "PrivateNote")))


def credit_allocations(
    source: Mapping[str, Any], home: str
) -> list[tuple[str, AllocationSnapshot]]:
    """What a payment of nil sets against what: (part, allocation); part "" where it is the whole.

    One credit over several invoices, or several credits over one, are told apart; where both are
    several QuickBooks does not say which pays which, and nothing is guessed: the list is empty.
    """
    links = links_of(source)
    credits = [each for each in links if each.kind == CREDIT_MEMO]
    debits = [each for each in links if each.kind != CREDIT_MEMO]
    if not links and marks_credit(text(source, "PrivateNote")):
        return [("", _credit_allocation(source, home, "", None, NIL))]
    if not credits or not debits or _sum(credits) != _sum(debits):
        return []
    if len(credits) == len(debits) == 1:
        return [
            (
                "",
                _credit_allocation(source, home, credits[0].remote_id, debits[0], debits[0].amount),
            )
        ]
    if len(credits) == 1:
        return [
            (
                part_of(each),
                _credit_allocation(source, home, credits[0].remote_id, each, each.amount),
            )
            for each in debits
        ]
    if len(debits) == 1:
        return [
            (
                part_of(each),
                _credit_allocation(source, home, each.remote_id, debits[0], each.amount),
            )
            for each in credits
        ]
    return []


def _credit_allocation(
    source: Mapping[str, Any], home: str, credit_id: str, target: Linked | None, amount: Decimal
) -> AllocationSnapshot:
    applied_on = day(source, "TxnDate")
    if applied_on is None:
        raise ValueError("a payment without a date")
    return AllocationSnapshot(
        marker=marker_in(text(source, "PrivateNote")),
        source=Kind.CREDIT_NOTE,
        source_id=credit_id,
        target_kind=our_word(target.kind) if target else Kind.INVOICE.value,
        target_id=target.remote_id if target else "",
        amount=amount,
        currency=currency_of(source, home),
        applied_on=applied_on,
        customer_id=ref_of(source, "CustomerRef"),
        cancelled=target is None,
    )


def part_of(linked: Linked) -> str:
    return f"{linked.kind}:{linked.remote_id}"


def _sum(links: Iterable[Linked]) -> Decimal:
    return sum((each.amount for each in links), NIL)


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
    """Our allocations, and theirs to what Tieout does not hold (a journal) where ours are silent."""
    lines = [allocation_line(each) for each in ours.allocations]
    held = {_linked_to(line) for line in lines}
    for line in kept_allocations(source):
        kind, remote_id = _linked_to(line)
        if kind != INVOICE and (kind, remote_id) not in held:
            lines.append(line)
    return lines


def _linked_to(line: Mapping[str, Any]) -> tuple[str, str]:
    linked = members(line, "LinkedTxn")
    return (text(linked[0], "TxnType"), text(linked[0], "TxnId")) if linked else ("", "")
