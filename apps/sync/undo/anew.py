"""What was taken back with its run, sent again on a person's word: as a new one, under a new key."""

from apps.sync.models import Agreed, Reason, State, SyncRecord
from apps.sync.there.shares import give_up

ANEW = ["undo", "generation", "step", "sent"]


def is_undone(record: SyncRecord) -> bool:
    """Whether it was taken back with its run and stands nowhere over there."""
    return record.undo_id is not None and record.state == State.LEFT_OUT


def send_undone_anew(record: SyncRecord) -> None:
    """It leaves as a new one with the next run (not saved); what stood for it stands for it no
    more. What lay inside a payment goes with it again."""
    _as_new(record)
    if record.payment_id is None:
        return
    inside = SyncRecord.objects.select_for_update().filter(
        connection=record.connection_id,
        allocation__payment=record.payment_id,
        undo__isnull=False,
        state=State.LEFT_OUT,
    )
    for each in inside.order_by("pk"):
        _as_new(each)
        each.plan_anew()
        each.save()


def _as_new(record: SyncRecord) -> None:
    give_up(record)
    Agreed.objects.filter(record=record).delete()
    record.undo = None
    record.generation += 1
    record.step, record.sent = "", 0
    record.reason = Reason.NONE
