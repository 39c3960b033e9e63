"""What waits for a person to let it go, since what would send it by itself is switched off."""

from django.db.models import Q, QuerySet

from apps.connections.automation import Automation, off
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.sync.models import ENDED_STATES, On, Reason, State, SyncRecord


def kept_back(connection: Connection, *automations: Automation) -> QuerySet[SyncRecord]:
    """What waits because one of these is switched off."""
    return SyncRecord.objects.filter(
        connection=connection,
        state=State.WAITING,
        waits_for__in=[On.BY_HAND.of(each.value) for each in automations],
    )


def still_off(connection: Connection) -> Q:
    """Waits for what is switched off still. Any other such wait has been overtaken: a run that
    began before it was switched on may have written it afterwards."""
    return Q(waits_for__in=[On.BY_HAND.of(each.value) for each in off(connection)])


def make_due(rows: QuerySet[SyncRecord], *, by_hand: bool) -> int:
    """Plan these with the next run, in one statement; how many. `by_hand`: a person sends them,
    and they go whatever is switched off."""
    word = {"let_go_at": now()} if by_hand else {}
    return rows.update(
        due_at=now(),
        reason=Reason.NONE,
        sentence="",
        remedy="",
        waits_for="",
        tries=0,
        steps=0,
        changed_at=now(),
        **word,
    )


def forget_the_done(connection: Connection) -> None:
    """A person's word holds for what they saw: once that has come to rest, it is used up."""
    let_go = SyncRecord.objects.filter(connection=connection, let_go_at__isnull=False)
    let_go.filter(state__in=ENDED_STATES).update(let_go_at=None)
