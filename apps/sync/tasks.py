"""What django-q2 carries: runs, never documents. A task takes ids and leaves rows."""

import time
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now
from django_q.tasks import async_task

from apps.billing.actions import make_due_deposits
from apps.billing.models import Change, Company
from apps.connections.lifecycle import refresh_company
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.snapshots import Kind
from apps.core.deeds import Deed, What, tell
from apps.mappings.codes import read_codes
from apps.mappings.doubts import doubts
from apps.staff.security import forget_old_events
from apps.sync.decide.matching import TASK as TASK_OF_MANY
from apps.sync.decide.matching import Many, go_on
from apps.sync.first_reading import read_all_there
from apps.sync.models import Call, Run
from apps.sync.run import must_go_on, run_connection
from apps.sync.waiting.stranded import end_the_stranded
from apps.sync.want.wake import (
    forget_wakes,
    wake,
    wake_by_schedule,
    wake_connected,
    wake_the_due,
    wake_the_unread,
)
from apps.sync.want.wishes import sweep
from apps.webhooks.registering import tell_back
from apps.webhooks.sorting import forget_the_old, sort_deliveries

KEEP_CHANGES = timedelta(days=30)
KEEP_GOOD_BODIES = timedelta(days=30)
KEEP_BAD_BODIES = timedelta(days=400)
PURGED_AT_ONCE = 500


def sync_connection(connection_id: int) -> str:
    """One run; a successor is queued when there is more to do."""
    run = run_connection(connection_id)
    if run is None:
        return "Another run has it, or it is not live."
    forget_wakes(connection_id)
    if must_go_on(run):
        wake(connection_id)
    return f"{run.outcome}: {run.pushed} sent, {run.pulled} read, {run.calls} calls"


def match_many(connection_id: int, kind: str, what: Many, user_id: int, after: int) -> str:
    """Go on with what a person asked for of many customers or items on the page Match, a slice of a
    task's time; a successor is queued when there is more to do."""
    connection = Connection.objects.select_related("company").get(pk=connection_id)
    done = go_on(
        connection,
        Kind(kind),
        what,
        user_id=user_id,
        after=after,
        stop_at=time.monotonic() + settings.SYNC_TASK_BUDGET,
    )
    if done.after is not None:
        async_task(TASK_OF_MANY, connection_id, kind, what, user_id, done.after)
    return f"{done.count} done, {len(done.refused)} refused"


def read_at_first(connection_id: int) -> str:
    """Read what stands in books that were just connected; a successor is queued while there is
    more."""
    run = read_all_there(connection_id)
    if run is None:
        return "Another run has it, or it was read."
    forget_wakes(connection_id)
    if run.outcome == Run.Outcome.YIELDED:
        wake_connected(connection_id)
    return f"{run.outcome}: {run.pulled} read, {run.calls} calls"


def tick() -> str:
    """Each minute: covers lost wakes and starts what has become due."""
    return f"{wake_the_due() + wake_the_unread()} woken"


def read_deliveries() -> str:
    """Each minute: what was told becomes notices, and the books that they are of are woken."""
    tell_back()
    sorted_ = sort_deliveries()
    return f"{sorted_} deliveries, {wake_the_due() if sorted_ else 0} woken"


def sweep_all() -> str:
    """Weekly: compare revisions, wish for whatever the outbox missed, end what nothing would end."""
    healed = 0
    for connection in Connection.objects.filter(stage=Connection.Stage.LIVE):
        with transaction.atomic():
            healed += sweep(connection) + end_the_stranded(connection)
        wake_by_schedule(connection.pk)
    return f"{healed} healed"


def make_bank_deposits() -> str:
    """Daily: the bank deposits of payment methods that make theirs by themselves."""
    made = sum(len(make_due_deposits(company)) for company in Company.objects.all())
    return f"{made} bank deposits made"


def read_companies() -> str:
    """Daily: lock dates, regimes and code lists of every connection in use, read afresh; and how
    many mappings no longer hold by what was read. Each is a question of the first page."""
    read, asked, lost = 0, 0, []
    for connection in Connection.objects.filter(
        stage__in=[Connection.Stage.LIVE, Connection.Stage.PAUSED]
    ).select_related("company", "grant"):
        try:
            refresh_company(connection)
            read_codes(connection)
        except ConnectorError as error:
            Connection.objects.filter(pk=connection.pk).update(last_error=str(error)[:300])
            lost.append(connection.pk)
            continue
        read += 1
        asked += sum(each.asks for each in doubts(connection))
        wake_by_schedule(connection.pk)
    return f"{read} read, {asked} mappings to look at, {len(lost)} could not be read {lost or ''}".strip()


def purge() -> str:
    """Daily: changes that both readers have read after 30 days, bodies after 30 (good) or 400 (bad).
    Rows of calls stay; security events go after 400."""
    moment = now()
    changes, _ = Change.objects.filter(
        sync_read_at__lt=moment - KEEP_CHANGES,
        triggers_read_at__isnull=False,
        made_at__lt=moment - KEEP_CHANGES,
    ).delete()
    good = Q(state=Call.State.ANSWERED, status__lt=400, started_at__lt=moment - KEEP_GOOD_BODIES)
    count = _empty(good, f"Bodies of good outcomes after {KEEP_GOOD_BODIES.days} days")
    old = Q(started_at__lt=moment - KEEP_BAD_BODIES)
    count += _empty(old, f"Bodies of all calls after {KEEP_BAD_BODIES.days} days")
    deliveries = forget_the_old()
    events = forget_old_events(moment).count
    return f"{changes} changes, {count} bodies, {deliveries} deliveries and {events} security events purged"


def _empty(those: Q, rule: str) -> int:
    """Take the bodies of these calls away, some at a time, each with word of it; how many."""
    count = 0
    rows = Call.objects.filter(those).exclude(body=b"", answer=b"").order_by("pk")
    while keys := list(rows.values_list("pk", flat=True)[:PURGED_AT_ONCE]):
        with transaction.atomic():
            Call.objects.filter(pk__in=keys).rewrite(body=b"", answer=b"")
            tell(Deed(what=What.PURGED, rule=rule, table="sync.Call", part=Call.BODIES, keys=keys))
        count += len(keys)
    return count
