"""What an import brought is told to nobody by itself; a person may say that it is told after all."""

from collections.abc import Mapping
from typing import Final

from django.db import transaction
from django.db.models import Count, QuerySet

from apps.billing.models import Batch
from apps.triggers.events.holding import held
from apps.triggers.events.writing import deliver, write_bodies
from apps.triggers.models import Event, Listening

AT_ONCE: Final = 100  # events in one transaction


def count_quiet(batch: Batch) -> Mapping[str, int]:
    """How many events of each type the import of a batch made that were told to nobody."""
    rows = _quiet(batch).order_by("type").values_list("type")
    return dict(rows.annotate(Count("pk")))


def tell_quiet(batch: Batch) -> int:
    """Tell what the import of a batch brought to whoever listens now, of each record as it stands now;
    the number of events. Broken off, it goes on when it is called again."""
    told = 0
    while some := tell_some(batch):
        told += some
    return told


def tell_some(batch: Batch) -> int:
    """A portion of it, in one transaction; 0 when all is told, or another worker is at it."""
    with transaction.atomic():
        listening = held(batch.company_id)
        if listening is None:
            return 0
        events = list(_quiet(batch).order_by("id")[:AT_ONCE])
        write_bodies(listening, events, {})
        for each in events:
            each.quiet = False
        Event.objects.bulk_update(events, ["quiet", "body"])
        deliver(listening, events)
    return len(events)


def is_listened_to(batch: Batch) -> bool:
    return Listening.objects.filter(company=batch.company_id).exists()


def _quiet(batch: Batch) -> "QuerySet[Event]":
    return Event.objects.filter(company=batch.company_id, batch=batch, quiet=True)
