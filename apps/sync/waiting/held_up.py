"""What holds up a record that only waits for another: the one at the end of the chain, as it is now."""

from apps.sync.models import State, SyncRecord
from apps.sync.models.waits import On

MOST = (
    6  # records behind one another: an application, its payment, its invoice, a customer, parents
)


def held_up_by(record: SyncRecord) -> SyncRecord | None:
    """The record of the same books that a person must look at before this one can go; None where it
    waits for nothing, or what it waits for goes by itself. A query for each record of the chain."""
    last = record
    for _ in range(MOST):
        wait = last.awaits
        if last.state != State.WAITING or wait.on != On.RECORD:
            break
        its = SyncRecord.objects.filter(connection=record.connection_id, kind=wait.kind)
        found = its.filter(**{f"{wait.kind}_id": wait.key}).select_related("connection").first()
        if found is None:
            return None
        last = found
    stuck = last.state == State.NEEDS_PERSON and bool(last.sentence)
    return last if stuck and last.pk != record.pk else None
