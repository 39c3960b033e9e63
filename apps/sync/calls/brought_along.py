"""What an answer about one of our records brings along that no outcome was about."""

from collections.abc import Sequence

from apps.connectors.port import Connector
from apps.connectors.snapshots import AllocationSnapshot, Kind
from apps.sync.models import RemoteRecord
from apps.sync.there.remote import as_object


def leave_to_be_looked_at(rows: Sequence[RemoteRecord], connector: Connector) -> None:
    """Uses of a credit of ours that stand for nothing here: no echo of ours, though they were read
    with one. Where the answer to its creation was lost, others may have used it since; where the
    database is older than the books, we may have, and forgot. Inside a transaction."""
    loose = [
        row.pk
        for row in rows
        if row.part
        and row.of_kind == Kind.ALLOCATION
        and row.sync_record_id is None
        and row.arrival == RemoteRecord.Arrival.ECHO
        and not (row.gone or _goes_with_a_payment(row, connector))
    ]
    RemoteRecord.objects.filter(pk__in=loose).update(arrival=RemoteRecord.Arrival.NEW)


def _goes_with_a_payment(row: RemoteRecord, connector: Connector) -> bool:
    """A part of a payment is dealt with as that is, where payments carry what they are set against."""
    if not connector.capabilities.payments_carry_allocations:
        return False
    snapshot = as_object(row, connector).snapshot
    return isinstance(snapshot, AllocationSnapshot) and snapshot.source == Kind.PAYMENT
