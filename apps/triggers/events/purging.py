"""Events and what was told of them are forgotten after a quarter."""

from datetime import timedelta
from typing import Final

from django.db import transaction

from apps.connections.clock import now
from apps.triggers.models import Event

KEEP: Final = timedelta(days=90)
AT_ONCE: Final = 500  # events, with their deliveries and the attempts of those, in one transaction


def forget_the_old() -> int:
    """Delete events that were made 90 days ago and more, told or quiet, in portions; the number.

    Nothing is told again of them: what happened 30 days ago is made no event any more.
    """
    old = Event.objects.filter(made_at__lt=now() - KEEP).order_by("made_at")
    count = 0
    while keys := list(old.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            Event.objects.filter(pk__in=keys).delete()
        count += len(keys)
    return count
