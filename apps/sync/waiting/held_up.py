"""What holds up a record that only waits for another: the one at the end of the chain, as it is now."""

from apps.sync.models import Reason, State, SyncRecord
from apps.sync.models.waits import On

MOST = (
    6  # records behind one another: an application, its payment, its invoice, a customer, parents
)
# Waits that name a record of ours, which must go, go again, or be gone there.
FOR_A_RECORD = (On.RECORD, On.IN_STEP, On.ENDED)


def held_up_by(record: SyncRecord) -> SyncRecord | None:
    """The record of the same books that a person must look at, or send, before this one can go; None
    where it waits for nothing, or what it waits for goes by itself. A query for each record of the
    chain."""
    last = record
    for _ in range(MOST):
        wait = last.awaits
        if last.state != State.WAITING or wait.on not in FOR_A_RECORD:
            break
        its = SyncRecord.objects.filter(connection=record.connection_id, kind=wait.kind)
        found = its.filter(**{f"{wait.kind}_id": wait.key}).select_related("connection").first()
        if found is None:
            return None
        last = found
    return last if last.pk != record.pk and _stands_still(last) else None


def waits_to_be_sent(record: SyncRecord) -> bool:
    """Whether nothing is wrong with it, and a person only has to send it."""
    return record.reason in (Reason.NOT_BY_ITSELF, Reason.FIRST_OF_ITS_KIND)


def _stands_still(record: SyncRecord) -> bool:
    if record.state == State.WAITING:
        return record.reason == Reason.NOT_BY_ITSELF
    return record.state == State.NEEDS_PERSON and bool(record.sentence)
