"""Payments, allocations, adjustments, refunds and bank deposits as snapshots."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q

from apps.billing.models import (
    AccountRole,
    Adjustment,
    Allocation,
    DepositLine,
    OutsideEntry,
    Payment,
    Refund,
)
from apps.connectors.port import Capabilities
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
    RefundSource,
)
from apps.sync.assemble.apart import customer_of, refuse_across
from apps.sync.assemble.families import not_under_yet
from apps.sync.assemble.lookups import Lookups, loaded
from apps.sync.assemble.obstacles import Assembled, Obstacle
from apps.sync.assemble.opening import OpeningPayment, opening_payments, set_against
from apps.sync.models import Reason
from apps.sync.there.merges import survivors

# Field of an allocation → the kind of what it is set against, and its word.
TARGETS = {
    "invoice": (Kind.INVOICE, "invoice"),
    "refund": (Kind.REFUND, "refund"),
    "charge": (Kind.ADJUSTMENT, "adjustment"),
}
# Field of an allocation → the kind of what is set against it. Payments carry theirs inside.
SOURCES = {
    "credit_note": (Kind.CREDIT_NOTE, "credit note"),
    "adjustment": (Kind.ADJUSTMENT, "adjustment"),
    "payment": (Kind.PAYMENT, "payment"),
}


# --- Payments and what they are set against ---------------------------------------------------


def payments(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    found = list(loaded(Payment, keys, "customer", "method"))
    standing: dict[int, list[Allocation]] = defaultdict(list)
    applied = Allocation._base_manager.filter(payment_id__in=keys, reversed_on=None)
    for each in applied.select_related("payment", "invoice").order_by("payment_id", "id"):
        standing[each.payment_id or 0].append(each)
    lookups.learn(Kind.CUSTOMER, {each.customer_id for each in found})
    lookups.learn(Kind.PAYMENT, keys)
    _learn_targets(lookups, [each for all_of in standing.values() for each in all_of])
    opening = opening_payments(lookups.connection, keys)
    merged = survivors(lookups.connection) if opening else {}
    return [
        _open_payment(lookups, each, opening[each.pk], merged)
        if each.pk in opening
        else _payment(lookups, each, standing[each.pk])
        for each in found
    ]


def _open_payment(
    lookups: Lookups, payment: Payment, opening: OpeningPayment, merged: Mapping[str, str]
) -> Assembled:
    """Money that lay on account at the cut-off: theirs as it stands, set against what ours was set
    against since; what it settled before is theirs to know. Where its customer was merged over
    there since, it is under the one that survived (`merged`)."""
    obstacles: list[Obstacle] = []
    if opening.is_moved:
        lookups.refuse_closed(payment.date, obstacles, changed=True)
    customer_id = merged.get(opening.agreed.customer_id, opening.agreed.customer_id)
    more = [_part(lookups, each, customer_id, obstacles) for each in opening.since]
    less = [_part(lookups, each, customer_id, []) for each in opening.undone]
    refuse_across(lookups, opening.since, customer_id, obstacles)
    snapshot = dataclasses.replace(
        opening.agreed,
        marker=payment.public_id.hex,
        customer_id=customer_id,
        allocations=set_against(opening.agreed.allocations, more, less),
    )
    made = lookups.checked(Kind.PAYMENT, payment, snapshot, obstacles)
    made.carried = [
        (each.pk, each.revision, part.target_kind, part.target_id)
        for each, part in zip(opening.since, more, strict=True)
    ]
    return made


def _payment(lookups: Lookups, payment: Payment, standing: Sequence[Allocation]) -> Assembled:
    obstacles: list[Obstacle] = []
    inside = lookups.connector.capabilities.payments_carry_allocations
    undone = lookups.is_undone(Kind.PAYMENT, payment.pk)
    # Else each goes over by itself; and what is taken back is set against nothing.
    standing = standing if inside and not undone else ()
    changed = inside and lookups.has(Kind.PAYMENT, payment.pk)
    lookups.refuse_closed(payment.date, obstacles, changed=changed)
    cancelled = payment.status == Payment.Status.CANCELLED or undone
    if cancelled:
        obstacles += lookups.not_before(
            Kind.DEPOSIT, _undone(lookups, "payment", payment.pk), "its bank deposit"
        )
    customer_id = customer_of(lookups, payment, obstacles)
    account_id = method_id = ""
    if payment.method is not None:
        account_id, method_id = lookups.method(payment.method, payment.date, obstacles)
    elif payment.made_in != lookups.connection.origin and lookups.connector.capabilities.accounts:
        obstacles.append(without_method(payment))
    parts = [_part(lookups, each, customer_id, obstacles) for each in standing]
    obstacles += not_under_yet(lookups, payment, standing)
    if lookups.has(Kind.PAYMENT, payment.pk):
        refuse_across(lookups, standing, customer_id, obstacles)
    snapshot = PaymentSnapshot(
        marker=payment.public_id.hex,
        customer_id=customer_id,
        paid_on=payment.date,
        currency=payment.currency,
        amount=payment.amount,
        account_id=account_id,
        method_id=method_id,
        exchange_rate=payment.exchange_rate,
        reference=payment.reference,
        memo=payment.memo,
        allocations=tuple(parts),
        cancelled=cancelled,
    )
    made = lookups.checked(Kind.PAYMENT, payment, snapshot, obstacles)
    made.carried = [
        (each.pk, each.revision, part.target_kind, part.target_id)
        for each, part in zip(standing, parts, strict=True)
    ]
    return made


def without_method(payment: Payment) -> Obstacle:
    return Obstacle(
        reason=Reason.CANNOT_HOLD,
        sentence="the payment has no payment method, so its account is not known",
        remedy="Open the payment and press “Say how it was paid”.",
        is_mended_here=True,
    )


def allocations(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    """Allocations that are records of their own there: of credit notes and adjustments, and of
    payments where the ledger does not keep them inside."""
    found = list(loaded(Allocation, keys, *SOURCES))
    _learn_targets(lookups, found)
    lookups.learn(Kind.CUSTOMER, {each.source.customer_id for each in found})
    for field, (source, _) in SOURCES.items():
        lookups.learn(source, {getattr(each, f"{field}_id") for each in found})
    return [_allocation(lookups, each) for each in found]


def _allocation(lookups: Lookups, allocation: Allocation) -> Assembled:
    obstacles: list[Obstacle] = []
    lookups.refuse_closed(allocation.date, obstacles)
    assert not isinstance(allocation.source, OutsideEntry), "what is theirs is not ours to send"
    customer_id = customer_of(lookups, allocation.source, obstacles)
    kind, word = _source_of(allocation)
    source_id = lookups.needed(kind, allocation.source.pk, word, obstacles)
    part = _part(lookups, allocation, customer_id, obstacles, source_id=source_id)
    if source_id and allocation.stands:
        refuse_across(lookups, [allocation], customer_id, obstacles)
    return lookups.checked(Kind.ALLOCATION, allocation, part, obstacles)


def _part(
    lookups: Lookups,
    allocation: Allocation,
    customer_id: str,
    obstacles: list[Obstacle],
    *,
    source_id: str = "",
) -> AllocationSnapshot:
    target_kind, target_id = allocation.outside_kind, allocation.outside_id
    for field, (kind, word) in TARGETS.items():
        if key := getattr(allocation, f"{field}_id"):
            target_kind, target_id = kind, lookups.needed(kind, key, word, obstacles)
    return AllocationSnapshot(
        marker=allocation.public_id.hex,
        source=_source_of(allocation)[0],
        source_id=source_id,
        target_kind=target_kind,
        target_id=target_id,
        amount=allocation.amount,
        currency=allocation.currency,
        exchange_rate=allocation.source.exchange_rate,
        applied_on=allocation.date,
        customer_id=customer_id,
        cancelled=not allocation.stands or lookups.is_undone(Kind.ALLOCATION, allocation.pk),
    )


def _source_of(allocation: Allocation) -> tuple[Kind, str]:
    """Never of an entry of theirs, which is not ours to send."""
    return next(what for field, what in SOURCES.items() if getattr(allocation, f"{field}_id"))


def _learn_targets(lookups: Lookups, found: Iterable[Allocation]) -> None:
    found = list(found)
    for field, (kind, _) in TARGETS.items():
        lookups.learn(kind, {getattr(each, f"{field}_id") for each in found})


# --- Entries on the receivable ----------------------------------------------------------------


def adjustments(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    found = list(loaded(Adjustment, keys))
    lookups.learn(Kind.CUSTOMER, {each.customer_id for each in found})
    return [_adjustment(lookups, each) for each in found]


def _adjustment(lookups: Lookups, adjustment: Adjustment) -> Assembled:
    obstacles: list[Obstacle] = []
    lookups.refuse_closed(adjustment.date, obstacles)
    made = adjustment.is_made and not lookups.is_undone(Kind.ADJUSTMENT, adjustment.pk)
    if not made:
        gone = Allocation._base_manager.filter(adjustment=adjustment) | (
            Allocation._base_manager.filter(charge=adjustment)
        )
        obstacles += _unapplied_first(lookups, gone.values_list("pk", flat=True))
        lookups.still_settles(Kind.ADJUSTMENT, adjustment.pk, obstacles)
    words = (adjustment.get_role_display(), adjustment.memo or adjustment.reason)
    snapshot = AdjustmentSnapshot(
        marker=adjustment.public_id.hex,
        customer_id=customer_of(lookups, adjustment, obstacles),
        dated=adjustment.date,
        currency=adjustment.currency,
        amount=adjustment.amount,
        debits=adjustment.side == Adjustment.Side.DEBIT,
        account_id=lookups.role(adjustment.role, obstacles),
        receivable_id=lookups.receivable(adjustment.currency, obstacles),
        exchange_rate=adjustment.exchange_rate,
        memo=": ".join(each for each in words if each),
        cancelled=not made,
    )
    found = lookups.checked(Kind.ADJUSTMENT, adjustment, snapshot, obstacles)
    found.left_out = no_place_for(lookups.connector.capabilities, adjustment)
    return found


def no_place_for(can: Capabilities, adjustment: Adjustment) -> str:
    """Why a ledger that keeps adjustments has no place for this one; "" where it has. What is owed
    back needs an account of its own: as anything else it would be a loss or an income."""
    if can.accounts or adjustment.role != AccountRole.RETAINER:
        return ""
    return can.cannot.get("retainer", f"{can.name} has no account for retainers: they stay here.")


def refunds(lookups: Lookups, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
    found = list(loaded(Refund, keys, "method"))
    lookups.learn(Kind.CUSTOMER, {each.customer_id for each in found})
    return [_refund(lookups, each) for each in found]


def _refund(lookups: Lookups, refund: Refund) -> Assembled:
    obstacles: list[Obstacle] = []
    lookups.refuse_closed(refund.date, obstacles)
    made = refund.is_made and not lookups.is_undone(Kind.REFUND, refund.pk)
    if not made:
        gone = Allocation._base_manager.filter(refund=refund)
        obstacles += _unapplied_first(lookups, gone.values_list("pk", flat=True))
        obstacles += lookups.not_before(
            Kind.DEPOSIT, _undone(lookups, "refund", refund.pk), "its bank deposit"
        )
        lookups.still_settles(Kind.REFUND, refund.pk, obstacles)
    account_id, method_id = lookups.method(refund.method, refund.date, obstacles)
    words = (refund.get_why_display(), refund.memo or refund.reason)
    snapshot = RefundSnapshot(
        marker=refund.public_id.hex,
        customer_id=customer_of(lookups, refund, obstacles),
        paid_on=refund.date,
        currency=refund.currency,
        amount=refund.amount,
        account_id=account_id,
        method_id=method_id,
        receivable_id=lookups.receivable(refund.currency, obstacles),
        fee=refund.fee_net,
        fee_account_id=lookups.role(AccountRole.BANK_CHARGE, obstacles) if refund.fee_net else "",
        fee_tax=refund.fee_tax,
        fee_tax_account_id=lookups.role(AccountRole.INPUT_TAX, obstacles) if refund.fee_tax else "",
        exchange_rate=refund.exchange_rate,
        reference=refund.reference,
        memo=": ".join(each for each in words if each),
        sources=_paid_back(lookups, refund, obstacles),
        cancelled=not made,
    )
    return lookups.checked(Kind.REFUND, refund, snapshot, obstacles)


def _paid_back(
    lookups: Lookups, refund: Refund, obstacles: list[Obstacle]
) -> tuple[RefundSource, ...]:
    """The money or credits that it is of, where their ledger wants them there first."""
    if not lookups.connector.capabilities.refunds_name_sources:
        return ()
    parts = Allocation._base_manager.filter(refund=refund)
    if refund.is_made:
        parts = parts.filter(reversed_on=None)
    found = []
    for part in parts.select_related(*SOURCES).order_by("pk"):
        kind, word = _source_of(part)
        source_id = lookups.needed(kind, part.source.pk, word, obstacles)
        found.append(RefundSource(kind=kind, source_id=source_id, amount=part.amount))
    return tuple(found)


def _unapplied_first(lookups: Lookups, allocations: Iterable[int]) -> list[Obstacle]:
    return lookups.not_before(Kind.ALLOCATION, allocations, "what it is set against")


def _undone(lookups: Lookups, field: str, pk: int) -> list[int]:
    """Bank deposits it lay in that were undone here, or are taken back with their run."""
    with_their_run = lookups.undone_here(Kind.DEPOSIT).values("deposit_id")
    lay = DepositLine.objects.filter(
        Q(standing=False) | Q(deposit__in=with_their_run), **{field: pk}
    )
    return list(lay.values_list("deposit_id", flat=True))
