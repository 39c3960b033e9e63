"""The duties of telling: what happened becomes events, and events are carried to whoever listens."""

import time
from collections.abc import Callable

from django.conf import settings

from apps.billing.models import Batch
from apps.triggers.api.calls import forget_old
from apps.triggers.delivery.sending import send_due
from apps.triggers.events.purging import forget_the_old
from apps.triggers.events.quiet import ask_to_tell, count_quiet, tell_quiet
from apps.triggers.events.reader import look, pass_over_unheard, read_changes
from apps.triggers.events.wake import forget_wake, wake, with_changes
from apps.triggers.faults import after_all


def tell(company_id: int) -> str:
    """What changed in a company that is listened to, told at once."""
    forget_wake(company_id)
    goes_on = _for_a_while()
    made = 0
    with after_all("Telling broke off") as faults:
        with faults.kept(f"company {company_id}"):
            made = read_changes(company_id, goes_on)
        if not goes_on():
            wake(company_id)
        sent = send_due()
    return f"{made} events, {sent} sent"


def tick() -> str:
    """Each minute: what no change tells, what a lost wake left unread, and what is due to be sent."""
    pass_over_unheard()
    goes_on = _for_a_while()
    made = 0
    with after_all("Telling broke off") as faults:
        for company_id in with_changes():
            if goes_on():  # what is left is read by the next
                with faults.kept(f"company {company_id}"):
                    made += read_changes(company_id, goes_on)
        with faults.kept("the look"):
            made += look()
        sent = send_due()
    return f"{made} events, {sent} sent"


def tell_brought(batch_id: int) -> str:
    """What a person said is to be told of an import, a slice of a task's time; a successor is queued
    while there is more."""
    batch = Batch.objects.get(pk=batch_id)
    goes_on = _for_a_while()
    told = 0
    with after_all("Telling broke off") as faults:
        with faults.kept(f"what {batch} brought"):
            told = tell_quiet(batch, goes_on)
        if not goes_on() and count_quiet(batch):
            ask_to_tell(batch)
        sent = send_due()
    return f"{told} events, {sent} sent"


def purge() -> str:
    """Daily: events and their deliveries after 90 days, calls of the API and their keys of repetition
    after 30."""
    return f"{forget_the_old()} events forgotten, {forget_old()} calls"


def _for_a_while() -> Callable[[], bool]:
    """As long as a task may make events: what it may send takes as long again."""
    stop_at = time.monotonic() + settings.SYNC_TASK_BUDGET
    return lambda: time.monotonic() < stop_at
