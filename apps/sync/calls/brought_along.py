"""What an answer about one of our records brings along that no outcome was about."""

from collections.abc import Iterable

from apps.connectors.port import Capabilities, RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, Kind
from apps.sync.models import RemoteRecord


def leave_to_be_looked_at(
    read: Iterable[tuple[RemoteObject, RemoteRecord]], capabilities: Capabilities
) -> None:
    """Uses of a credit of ours that stand for nothing here: no echo of ours, though they were read
    with one. Where the answer to its creation was lost, others may have used it since; where the
    database is older than the books, we may have, and forgot. Inside a transaction."""
    loose = [
        row.pk
        for each, row in read
        if row.sync_record_id is None
        and row.arrival == RemoteRecord.Arrival.ECHO
        and not row.gone
        and _is_use(each, capabilities)
    ]
    RemoteRecord.objects.filter(pk__in=loose).update(arrival=RemoteRecord.Arrival.NEW)


def _is_use(read: RemoteObject, capabilities: Capabilities) -> bool:
    """A part of the credit itself. What a payment is set against, or uses up, is dealt with as that
    is, where payments carry it."""
    part = read.snapshot
    return (
        bool(read.part)
        and isinstance(part, AllocationSnapshot)
        and part.source_id == read.remote_id
        and not (part.source == Kind.PAYMENT and capabilities.payments_carry_allocations)
    )
