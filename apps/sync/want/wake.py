"""Wake a connection: at most one task waits for it, whatever number of changes there is."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django_q.tasks import async_task

from apps.billing.models import Change
from apps.connections.clock import measure
from apps.connections.models import Connection, Grant
from apps.sync.models import IN_DOUBT, OPEN_STATES, Reason, SyncRecord
from apps.sync.there.waves import MAY_USE_RESERVE
from apps.sync.want.rhythm import late, told_and_due

logger = logging.getLogger(__name__)

TASK = "apps.sync.tasks.sync_connection"
FIRST_READING = "apps.sync.tasks.read_at_first"

# Books that were connected and not read yet.
UNREAD = Q(stage=Connection.Stage.SETUP, first_read_at=None, grant__status=Grant.Status.ACTIVE)


def wake(connection_id: int) -> bool:
    """Enqueue one task for a connection, unless one was enqueued and has not begun yet.

    A wake older than a few ticks is taken for lost (its task died before it began), as is one of a
    time to come.
    """
    return _enqueued(connection_id, TASK, Q(stage=Connection.Stage.LIVE))


def wake_connected(connection_id: int) -> bool:
    """The listener of connections, and the button of whoever waits: read what stands over there,
    unless it was read, or a task that reads it is about to begin."""
    return _enqueued(connection_id, FIRST_READING, UNREAD)


def wake_the_unread() -> int:
    """The tick: go on with first readings that were cut off, or failed for now; the number woken."""
    moment = measure()
    rows = Connection.objects.filter(
        UNREAD,
        Q(paused_until=None) | Q(paused_until__lte=moment),
        Q(lease_until=None) | Q(lease_until__lt=moment),
    )
    return sum(wake_connected(pk) for pk in rows.values_list("pk", flat=True))


def _enqueued(connection_id: int, task: str, wanted: Q) -> bool:
    patience = timedelta(seconds=3 * settings.SYNC_TICK)
    with transaction.atomic():
        moment = measure()
        sleeping = Connection.objects.filter(
            Q(woken_at=None)
            | Q(woken_at__lt=moment - patience)
            | Q(woken_at__gt=moment + patience),
            wanted,
            pk=connection_id,
        )
        if not sleeping.update(woken_at=moment):
            return False
        # In the transaction: with the ORM broker the task exists exactly when the mark does.
        async_task(task, connection_id, task_name=f"{task.rpartition('.')[2]} {connection_id}")
    return True


def forget_wakes(connection_id: int) -> None:
    """After a run has given its lease back, and before it looks for more to do.

    A task that was woken meanwhile found the lease taken and left; its mark would keep every later
    wake away. What it was woken for is in the database, where the look that follows finds it.
    """
    Connection.objects.filter(pk=connection_id).update(woken_at=None)


def wake_those_with_changes() -> None:
    """The listener of billing's outbox: runs after a commit that left changes."""
    companies = Change.objects.filter(sync_read_at=None).values("company")
    live = Connection.objects.filter(stage=Connection.Stage.LIVE, company__in=companies)
    for connection_id in live.values_list("pk", flat=True):
        wake(connection_id)


def wake_mapped(connection_id: int) -> None:
    """The listener of mappings: what waited for one may go now."""
    wake(connection_id)


def wake_by_schedule(connection_id: int) -> bool:
    """The daily and weekly duties: nothing happened that would wake these books by itself."""
    scheduled = Connection.objects.filter(pk=connection_id, by_schedule=True)
    return scheduled.exists() and wake(connection_id)


def wake_the_due() -> int:
    """The tick: heal lost wakes, and start what has become due with time; the number woken.

    Books that do not run by schedule are woken for what happened, and to end what that began: what
    their side put off waits there for the next event.
    """
    moment = measure()
    due = SyncRecord.objects.filter(state__in=OPEN_STATES, due_at__lte=moment)
    changed = Change.objects.filter(sync_read_at=None).values("company")
    urgent = due.filter(MAY_USE_RESERVE)
    begun = due.filter(
        Q(state__in=IN_DOUBT) | Q(let_go_at__isnull=False) | ~Q(reason=Reason.TRY_LATER)
    )
    connections = Connection.objects.filter(
        Q(pk__in=due.values("connection"), by_schedule=True)
        | Q(pk__in=begun.values("connection"), by_schedule=False)
        | Q(asked_to_get_at__gt=F("cursor__saved_at"))
        | Q(files_next__lte=moment)
        | Q(pk__in=late(moment))
        | Q(pk__in=told_and_due())
        | Q(company__in=changed),
        Q(paused_until=None) | Q(paused_until__lte=moment),
        Q(scarce_until=None)
        | Q(scarce_until__lte=moment)
        | Q(pk__in=urgent.values("connection"))
        | Q(company__in=changed),
        stage=Connection.Stage.LIVE,
    )
    return sum(wake(pk) for pk in connections.values_list("pk", flat=True))
