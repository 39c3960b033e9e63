"""A person has a run undone, or leaves there what could not be taken back. The engine does the rest:
from here on the records bear the undo, and stand in their books as void or cancelled ones would."""

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.models import Company
from apps.connections.clock import measure, now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import On, Reason, Run, State, SyncRecord, Undo, UndoPart
from apps.sync.undo.plan import Line, Plan, plan_of
from apps.sync.want.wake import wake

PLANNED = [
    "undo", "state", "reason", "sentence", "remedy", "waits_for", "due_at", "tries", "steps",
    "let_go_at",
]  # fmt: skip
WITH_ITS_RUN = "It is taken back with the run that had made it."


@transaction.atomic
def undo_run(run: Run, *, user_id: int, reason: str) -> Undo:
    """Have taken back what can be; the undo. The plan is made again of what stands now.

    Raises ValidationError without a reason, and where nothing can be taken back.
    """
    if not reason.strip():
        raise ValidationError("Give a reason.")
    Company.locked(run.connection.company_id)
    plan = plan_of(Run.objects.select_related("connection__company").get(pk=run.pk))
    if plan.why_none:
        raise ValidationError(plan.why_none)
    if not plan.going:
        raise ValidationError("Nothing of it can be taken back: see below why each stays.")
    undo = Undo.objects.create(run=run, reason=reason.strip()[:300], asked_by_id=user_id)
    _wish(plan, undo)
    # What was changed there since is read before anything leaves.
    Connection.objects.filter(pk=run.connection_id).update(asked_to_get_at=measure())
    wake(run.connection_id)
    return undo


def _wish(plan: Plan, undo: Undo) -> None:
    keys = [each.record.pk for each in plan.lines]
    stored = SyncRecord.objects.select_for_update().filter(pk__in=keys).in_bulk()
    moved = []
    for line in plan.lines:
        record = stored[line.record.pk]
        if not line.goes:
            continue
        if (record.state, record.wanted, record.undo_id) != _as_planned(line):
            raise ValidationError("Something of it moved a moment ago: look at the plan again.")
        record.undo, record.let_go_at = undo, now()
        record.tries = record.steps = 0
        if inside := _payment_around(line, plan):
            record.wait(
                None,
                Reason.WAITS_FOR_RECORD,
                WITH_ITS_RUN,
                waits_for=On.RECORD.of(Kind.PAYMENT, inside),
            )
        else:
            record.wait(now(), Reason.NONE, WITH_ITS_RUN)
        moved.append(record)
    SyncRecord.objects.bulk_update(moved, PLANNED)
    UndoPart.objects.bulk_create(
        [
            UndoPart(
                undo=undo,
                sync_record=each.record,
                sentence=each.refusal.sentence if each.refusal else "",
                remedy=each.refusal.remedy[:300] if each.refusal else "",
            )
            for each in plan.lines
        ]
    )


def _as_planned(line: Line) -> tuple[str, int, int | None]:
    return line.record.state, line.record.wanted, line.record.undo_id


def _payment_around(line: Line, plan: Plan) -> int | None:
    """The payment inside which it stands there; None where it stands by itself."""
    allocation = line.record.allocation
    if allocation is None or not plan.run.connection.capabilities.payments_carry_allocations:
        return None
    return allocation.payment_id


@transaction.atomic
def leave_there(undo: Undo, *, user_id: int) -> int:
    """What could not be taken back since stays there after all, with what waits for it; how many.

    Raises ValidationError while something of it is on its way: that may be what it waits for.
    """
    records = list(SyncRecord.objects.select_for_update().filter(undo=undo).order_by("pk"))
    records = [each for each in records if each.state != State.LEFT_OUT]
    if any(each.in_doubt or each.due_at is not None for each in records):
        raise ValidationError("Something of it is still on its way. Wait until that has ended.")
    for record in records:
        record.undo = None
        record.plan_again()
    SyncRecord.objects.bulk_update(records, PLANNED)
    UndoPart.objects.filter(undo=undo, sync_record__in=records).rewrite(
        left_at=now(), left_by_id=user_id
    )
    if records:
        wake(undo.run.connection_id)
    return len(records)
