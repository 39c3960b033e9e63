"""Wake whoever reads the outbox for a company: at most one task waits for it."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django_q.tasks import async_task

from apps.billing.models import Change
from apps.connections.clock import measure
from apps.triggers.models import Listening

TASK = "apps.triggers.tasks.tell"


def wake_those_listened_to() -> None:
    """The listener of billing's outbox: runs after a commit that left changes."""
    for company_id in with_changes():
        wake(company_id)


def with_changes() -> Iterable[int]:
    """Keys of the companies that are listened to and have changes that nobody read."""
    unread = Change.objects.filter(company=OuterRef("company"), triggers_read_at=None)
    return list(Listening.objects.filter(Exists(unread)).values_list("company_id", flat=True))


def wake(company_id: int) -> bool:
    """Enqueue one task for a company, unless one was enqueued and has not begun yet. A wake older
    than a few ticks is taken for lost, as is one of a time to come."""
    patience = timedelta(seconds=3 * settings.SYNC_TICK)
    with transaction.atomic():
        moment = measure()
        sleeping = Listening.objects.filter(
            Q(woken_at=None)
            | Q(woken_at__lt=moment - patience)
            | Q(woken_at__gt=moment + patience),
            company=company_id,
        )
        if not sleeping.update(woken_at=moment):
            return False
        # In the transaction: with the ORM broker the task exists exactly when the mark does.
        async_task(TASK, company_id, task_name=f"tell {company_id}")
    return True


def forget_wake(company_id: int) -> None:
    """Before the changes are read: one that is committed afterwards wakes anew."""
    Listening.objects.filter(company=company_id).update(woken_at=None)
