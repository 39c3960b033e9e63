"""The duties of telling: what happened becomes events, and events are carried to whoever listens."""

import time

from django.conf import settings

from apps.billing.models import Batch
from apps.triggers.delivery.sending import send_due
from apps.triggers.events.purging import forget_the_old
from apps.triggers.events.quiet import ask_to_tell, count_quiet, tell_quiet
from apps.triggers.events.reader import look, pass_over_unheard, read_changes
from apps.triggers.events.wake import forget_wake, with_changes


def tell(company_id: int) -> str:
    """What changed in a company that is listened to, told at once."""
    forget_wake(company_id)
    made = read_changes(company_id)
    return f"{made} events, {send_due()} sent"


def tick() -> str:
    """Each minute: what no change tells, what a lost wake left unread, and what is due to be sent."""
    pass_over_unheard()
    made = sum(read_changes(company_id) for company_id in with_changes()) + look()
    return f"{made} events, {send_due()} sent"


def tell_brought(batch_id: int) -> str:
    """What a person said is to be told of an import, a slice of a task's time; a successor is queued
    while there is more."""
    batch = Batch.objects.get(pk=batch_id)
    stop_at = time.monotonic() + settings.SYNC_TASK_BUDGET / 2
    told = tell_quiet(batch, lambda: time.monotonic() < stop_at)
    if told and count_quiet(batch):
        ask_to_tell(batch)
    return f"{told} events, {send_due()} sent"


def purge() -> str:
    """Daily: events and their deliveries after 90 days."""
    return f"{forget_the_old()} events forgotten"
