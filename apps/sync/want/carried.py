"""Allocations that a ledger keeps inside the payment: a due one makes its payment due, and where
the payment ends without a call they end with it."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from django.db import transaction

from apps.billing.models import Allocation, Payment
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import IN_DOUBT, Reason, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.want.as_it_was import WAY_OUT, is_before_cut_off
from apps.sync.want.wishes import make_wishes
from apps.sync.wording import called, capital

# What holds a payment that may have been due to what it carries.
MAY_BE_FREE = (
    Reason.CANNOT_HOLD,
    Reason.REFUSED,
    Reason.WAITS_FOR_RECORD,
    Reason.PERIOD_CLOSED,
)
PLANNED = [
    "state", "reason", "sentence", "remedy", "waits_for", "checked_at", "due_at", "tries", "steps",
]  # fmt: skip
WITH_PAYMENT = On.RECORD.of(Kind.PAYMENT, "")  # how the wait for a payment begins


def rides_with_payment(record: SyncRecord) -> bool:
    """An allocation that goes with its payment: it does not wait for the payment to exist."""
    return record.kind == Kind.ALLOCATION and record.awaits.startswith(WITH_PAYMENT)


def ride_with_payments(connection: Connection) -> None:
    """A due allocation waits for its payment, which becomes due instead of it. One that was held is
    looked at anew: what it lacked may be just what it is set against by now. What a person lets go
    takes its payment along."""
    due = SyncRecord.objects.filter(
        connection=connection,
        kind=Kind.ALLOCATION,
        state=State.WAITING,
        due_at__lte=now(),
        allocation__payment__isnull=False,
    ).select_related("allocation__payment")
    their_payments = SyncRecord.objects.filter(
        connection=connection, payment__in=due.values("allocation__payment")
    ).values_list("payment_id", "state", "due_at")
    states = {pk: (state, until) for pk, state, until in their_payments}
    in_flight = {
        pk: max(until or now(), now() + timedelta(seconds=1))
        for pk, (state, until) in states.items()
        if state in IN_DOUBT
    }
    with transaction.atomic():
        payments = {}
        for record in due:
            payment = record.allocation.payment if record.allocation else None
            assert payment is not None, "filtered above"
            if payment.pk in in_flight:
                # What left does not hold it: it is looked at when that is settled.
                record.due_at = in_flight[payment.pk]
                continue
            goes = payment.pk in states and states[payment.pk][0] != State.LEFT_OUT
            if not goes and is_before_cut_off(connection, payment):
                _hold_of_before(record, payment)
                continue
            payments[payment.pk] = payment
            record.due_at = None
            record.reason = Reason.WAITS_FOR_RECORD
            record.waits_for = On.RECORD.of(Kind.PAYMENT, payment.pk)
            record.sentence = "It goes over with its payment."
        SyncRecord.objects.bulk_update(
            due,
            ["state", "due_at", "reason", "waits_for", "sentence", "remedy", "checked_at"],
        )
        known = SyncRecord.objects.filter(connection=connection, payment__in=payments)
        known.filter(state__in=[State.IN_THE_BOOKS, State.WAITING]).update(
            state=State.WAITING, due_at=now()
        )
        held = list(known.filter(state=State.NEEDS_PERSON, reason__in=MAY_BE_FREE))
        for each in held:
            each.plan_again()
        SyncRecord.objects.bulk_update(held, PLANNED)
        missing = payments.keys() - set(known.values_list("payment_id", flat=True))
        make_wishes(connection, Kind.PAYMENT, [payments[pk] for pk in missing])
        let_go = {each.allocation.payment_id for each in due if each.allocation and each.let_go_at}
        if let_go:
            known.filter(payment__in=let_go, let_go_at=None).update(let_go_at=now())


def _hold_of_before(record: SyncRecord, payment: Payment) -> None:
    """Money of before the cut-off that is not linked goes nowhere, nor what it is set against since."""
    name = record.connection.system_name
    record.hold(
        Reason.WAITS_FOR_RECORD,
        f"{capital(called(payment))} is dated before the cut-off and is not sent, so what it was set "
        f"against since has no payment in {name}.",
        f"{WAY_OUT.format(name)} Or un-apply it here.",
        On.RECORD.of(Kind.PAYMENT, payment.pk),
    )


def settle_carried(connection: Connection, *, says_all: Collection[int] = ()) -> int:
    """Allocations that wait for a payment which has come to its end without them; the number.

    `says_all` are payments of ours that stand in their books just as we have them. Of another one
    in the books nobody has compared what it carries: the allocation makes it due again. What was
    un-applied here before it left is left out whatever becomes of its payment. Inside a
    transaction.
    """
    folded = SyncRecord.objects.filter(
        connection=connection,
        kind=Kind.ALLOCATION,
        state=State.WAITING,
        due_at=None,
        waits_for__startswith=WITH_PAYMENT,
        allocation__payment__isnull=False,
    ).select_related("allocation")
    waiting = [(each, each.allocation) for each in folded if each.allocation is not None]
    if not waiting:
        return 0
    payments = {
        each.subject_id: each
        for each in SyncRecord.objects.filter(
            connection=connection, payment__in={of.payment_id for _, of in waiting}
        )
    }
    moved = [
        record
        for record, allocation in waiting
        if _settled(record, allocation, payments.get(allocation.payment_id or 0), says_all)
    ]
    freed = _held_for_these(moved, payments)
    SyncRecord.objects.bulk_update([*moved, *freed], ["wanted", "sent", *PLANNED])
    return len(moved)


def _held_for_these(
    moved: Collection[SyncRecord], payments: Mapping[int, SyncRecord]
) -> list[SyncRecord]:
    """Payments that were held or refused while they had an application inside which was un-applied
    here since: planned again, since that may be what stood in the way."""
    gone = {
        each.allocation.payment_id
        for each in moved
        if each.reason == Reason.CANCELLED_HERE and each.allocation is not None
    }
    freed = [
        each
        for pk, each in payments.items()
        if pk in gone and each.state == State.NEEDS_PERSON and each.reason in MAY_BE_FREE
    ]
    for each in freed:
        each.plan_again()
    return freed


def _settled(
    record: SyncRecord,
    allocation: Allocation,
    payment: SyncRecord | None,
    says_all: Collection[int],
) -> bool:
    """Whether the wait is over; what became of it is written onto the record (not saved)."""
    if payment is not None and payment.in_doubt:
        return False
    if not allocation.stands and not record.sent:
        record.wanted = max(record.wanted, allocation.revision)
        record.leave_out(Reason.CANCELLED_HERE, "It was un-applied here before it was sent.")
        return True
    if payment is None:
        record.plan_again()
        return True
    match payment.state:
        case State.LEFT_OUT:
            record.wanted = max(record.wanted, allocation.revision)
            record.leave_out(
                Reason(payment.reason),
                f"It is part of a payment that was left out: {payment.sentence}",
            )
        case State.GONE:
            record.wanted = record.sent = allocation.revision
            record.end()
        case State.IN_THE_BOOKS if payment.subject_id in says_all:
            record.wanted = record.sent = allocation.revision
            record.calm()
        case State.IN_THE_BOOKS:
            record.plan_again()
        case _:
            return False
    return True
