"""What an import brought is told to nobody by itself; a person may say that it is told after all."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django_q.tasks import async_task

from apps.billing.models import Batch
from apps.triggers.events.holding import held
from apps.triggers.events.portions import Alike, in_portions
from apps.triggers.events.writing import deliver, write_bodies
from apps.triggers.faults import after_all
from apps.triggers.models import Endpoint, Event

TASK: Final = "apps.triggers.tasks.tell_brought"


def count_quiet(batch: Batch) -> Mapping[str, int]:
    """How many events of each type the import of a batch made that were told to nobody."""
    rows = _quiet(batch).order_by("type").values_list("type")
    return dict(rows.annotate(Count("pk")))


def ask_to_tell(batch: Batch) -> None:
    """Have a worker tell it."""
    async_task(TASK, batch.pk)


def tell_quiet(batch: Batch, goes_on: Callable[[], bool] = lambda: True) -> int:
    """Tell what the import of a batch brought to whoever listens now, of each record as it stands now,
    for as long as `goes_on`, asked between portions; the number of events. Nothing where nobody
    listens."""
    with after_all(f"Some of {batch} cannot be told") as faults:
        unread = _quiet(batch).order_by("id")
        return in_portions(unread.all, partial(_tell_some, batch), _of_its_record, faults, goes_on)


def _tell_some(batch: Batch, unread: "QuerySet[Event]") -> tuple[int, int]:
    """In one transaction; how many were read, and how many of them are told."""
    with transaction.atomic():
        listening = held(batch.company_id, waits=True)
        if listening is None:
            return 0, 0
        events = list(unread)
        write_bodies(listening, events)
        told = [each for each in events if each.body]
        for each in told:
            each.quiet = False
        Event.objects.bulk_update(told, ["quiet", "body"])
        Event.objects.filter(pk__in=[each.pk for each in events if not each.body]).delete()
        deliver(listening, told)
    return len(events), len(told)


def _of_its_record(event: Event) -> Alike:
    rows = Q(subject=event.subject, subject_id=event.subject_id)
    return Alike(rows=rows, words=f"{event.subject} {event.subject_id} of {event.batch}")


def listeners_of(batch: Batch) -> int:
    """To how many endpoints events of its company go."""
    rows = Endpoint.objects.filter(company=batch.company_id, state=Endpoint.State.ON)
    return rows.count()


def _quiet(batch: Batch) -> "QuerySet[Event]":
    return Event.objects.filter(company=batch.company_id, batch=batch, quiet=True)
