"""Sending again what ended: one event, or all that an endpoint did not take since a moment."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.triggers.delivery.sending import wake
from apps.triggers.models import Delivery, Endpoint

State = Delivery.State
LATELY: Final = timedelta(days=7)  # events that were given up are nobody's work for ever
MANY: Final = 500  # rows of one statement
NOT_TAKEN: Final = (State.FAILED, State.CANCELLED)


def replay(delivery: Delivery, *, by: int | None = None) -> Delivery:
    """The same event to the same endpoint, to the byte and with the same id, whatever became of it.
    Raises ValidationError in words while it waits, or where nothing is sent."""
    with transaction.atomic():
        endpoint = _usable(delivery.endpoint_id)
        told = Delivery.objects.filter(endpoint=endpoint, event=delivery.event_id)
        if told.filter(state=State.WAITING).exists():
            raise ValidationError("It waits already, and is sent by itself.")
        last = told.order_by("-number").first() or delivery
        made = Delivery.objects.create(
            endpoint=endpoint, event_id=delivery.event_id, number=last.number + 1, asked_by_id=by
        )
        wake()
    return made


def not_taken_since(endpoint: Endpoint, since: datetime) -> QuerySet[Delivery]:
    """The last delivery of each event that was made since and was given up or cancelled."""
    later = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"), event=OuterRef("event"), number__gt=OuterRef("number")
    )
    rows = Delivery.objects.filter(
        endpoint=endpoint, state__in=NOT_TAKEN, event__made_at__gte=since
    )
    return rows.exclude(Exists(later)).order_by("event_id")


def given_up_lately(rows: QuerySet[Delivery], at: datetime) -> QuerySet[Delivery]:
    """Of these what was given up within a week, was not sent again, and can be: somebody's work."""
    again = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"), event=OuterRef("event"), number__gt=OuterRef("number")
    )
    return rows.filter(
        state=State.FAILED, ended_at__gt=at - LATELY, endpoint__state=Endpoint.State.ON
    ).exclude(Exists(again))


def replay_since(endpoint: Endpoint, since: datetime, *, by: int | None = None) -> int:
    """All of these again; how many. Raises ValidationError where nothing is sent there."""
    with transaction.atomic():
        usable = _usable(endpoint.pk)
        count = 0
        for some in _in_parts(not_taken_since(usable, since)):
            made = Delivery.objects.bulk_create(
                Delivery(endpoint=usable, event_id=event, number=number + 1, asked_by_id=by)
                for event, number in some
            )
            count += len(made)
        if count:
            wake()
    return count


def _in_parts(rows: QuerySet[Delivery]) -> Iterator[list[tuple[int, int]]]:
    """(event, number), a part at a time: what was made of one part is no longer among the next."""
    while part := list(rows.values_list("event", "number")[:MANY]):
        yield part


def _usable(key: int) -> Endpoint:
    """Held until the transaction ends, so that two persons do not send the same again."""
    endpoint = Endpoint.objects.select_for_update().get(pk=key)
    if endpoint.state == Endpoint.State.GONE:
        raise ValidationError("It was removed: nothing is sent there any more.")
    if endpoint.state == Endpoint.State.OFF:
        raise ValidationError("It is switched off. Switch it on first.")
    return endpoint
