"""What the queue carries of erasures: a slice of one, what a worker left, and what is due again."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_q.tasks import async_task

from apps.billing.models import Company, Erasure
from apps.exchange.erasing import walking
from apps.exchange.erasing.asking import TASK
from apps.exchange.erasing.ending import rest_kept_until
from apps.exchange.erasing.tables import rows

STALE: Final = timedelta(minutes=4)  # without a sign of life, the worker that was at it is gone


def go_on(key: int) -> str:
    """Erase on for a slice of a task's time; a successor is queued while there is more."""
    erasure = Erasure.objects.select_related("customer__company", "decided_by").get(pk=key)
    try:
        is_done = walking.go_on(erasure, walking.for_seconds(settings.SYNC_TASK_BUDGET))
    except walking.TakenOver:
        return "Another worker is at it."
    if not is_done:
        async_task(TASK, key)
        return f"At {erasure.table}"
    return "Done."


def take_up_again() -> int:
    """Queue those that stand still; how many. Each minute."""
    before = timezone.now() - STALE
    found = Erasure.objects.filter(state=Erasure.State.APPROVED, done_at=None, moved_at__lt=before)
    keys = list(found.values_list("pk", flat=True))
    for key in keys:
        async_task(TASK, key)
    return len(keys)


def begin_the_rest() -> int:
    """Go through those again whose books need no longer be kept; how many. Each day."""
    today = timezone.now().date()
    over = Erasure.objects.filter(state=Erasure.State.APPROVED, rest_kept_until__lte=today)
    count = 0
    for each in over.exclude(done_at=None).select_related("customer__company"):
        with transaction.atomic():
            Company.locked(each.customer.company_id)
            until = rest_kept_until(each.customer)
            row = rows(Erasure).filter(pk=each.pk).exclude(done_at=None)
            if until is not None:  # something of a later day came, or the company keeps them longer
                row.update(rest_kept_until=until)
            elif row.update(rest_kept_until=None, done_at=None, moved_at=timezone.now()):
                count += 1
                transaction.on_commit(lambda key=each.pk: async_task(TASK, key))  # type: ignore[misc]
    return count
