"""Allocations that a ledger keeps inside the payment: a due one makes its payment due."""

from datetime import timedelta

from django.db import transaction

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import Reason, State, SyncRecord
from apps.sync.want import make_wishes


def fold_carried(connection: Connection) -> None:
    """A due allocation waits for its payment, which becomes due instead of it."""
    due = SyncRecord.objects.filter(
        connection=connection,
        kind=Kind.ALLOCATION,
        state=State.WAITING,
        due_at__lte=now(),
        allocation__payment__isnull=False,
    ).select_related("allocation__payment")
    in_flight = {
        pk: max(until or now(), now() + timedelta(seconds=1))
        for pk, until in SyncRecord.objects.filter(
            connection=connection,
            state__in=[State.ON_ITS_WAY, State.UNKNOWN],
            payment__in=due.values("allocation__payment"),
        ).values_list("payment_id", "due_at")
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
            payments[payment.pk] = payment
            record.due_at = None
            record.reason = Reason.WAITS_FOR_RECORD
            record.waits_for = f"record:{Kind.PAYMENT}:{payment.pk}"
            record.sentence = "It goes over with its payment."
        SyncRecord.objects.bulk_update(due, ["due_at", "reason", "waits_for", "sentence"])
        known = SyncRecord.objects.filter(connection=connection, payment__in=payments)
        known.filter(state__in=[State.IN_THE_BOOKS, State.WAITING]).update(
            state=State.WAITING, due_at=now()
        )
        missing = payments.keys() - set(known.values_list("payment_id", flat=True))
        make_wishes(connection, Kind.PAYMENT, [payments[pk] for pk in missing])
