"""Receivers of events that were switched off because they took nothing, that fail for long, and events
that were given up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, OuterRef, Q

from apps.alerts.causes.cause import Cause, counted, list_page, page
from apps.alerts.models import Kind
from apps.triggers.models import Delivery, Endpoint

FAILING: Final = timedelta(days=1)
TOLD_FOR: Final = timedelta(days=7)  # events that were given up are nobody's work for ever

_WAITS: Final = Count("deliveries", filter=Q(deliveries__due_at__isnull=False))


def switched_off() -> Iterator[Cause]:
    """By Tieout: one that a person switched off fails no more."""
    rows = Endpoint.objects.filter(state=Endpoint.State.OFF, failing_since__isnull=False)
    for each in rows.annotate(waits=_WAITS):
        yield Cause(
            kind=Kind.LISTENER,
            name=f"off {each.pk}",
            company=each.company_id,
            count=max(each.waits, 1),
            sentence=f"“{each}” ({each.host}) was switched off. {each.reason} "
            f"{counted(each.waits, 'event waits', 'events wait')} for it.",
            remedy="See what its answers were, mend the receiver, and switch it on again.",
            page=page("triggers_endpoint", each.pk),
        )


def failing(now: datetime) -> Iterator[Cause]:
    rows = Endpoint.objects.filter(state=Endpoint.State.ON, failing_since__lt=now - FAILING)
    for each in rows.annotate(waits=_WAITS):
        since = each.failing_since
        if since is None:
            continue
        hours = int((now - since).total_seconds() // 3600)
        yield Cause(
            kind=Kind.LISTENER,
            name=f"failing {each.pk}",
            company=each.company_id,
            count=max(each.waits, 1),
            sentence=f"“{each}” ({each.host}) has taken no event for {counted(hours, 'hour', 'hours')}. "
            f"{counted(each.waits, 'event waits', 'events wait')} for it.",
            remedy="See what it answers. After 5 days it is switched off.",
            page=page("triggers_endpoint", each.pk),
        )


def given_up(now: datetime) -> Iterator[Cause]:
    """Of receivers that take others; sent again is dealt with."""
    again = Delivery.objects.filter(
        endpoint=OuterRef("endpoint"), event=OuterRef("event"), number__gt=OuterRef("number")
    )
    rows = Delivery.objects.filter(
        state=Delivery.State.FAILED,
        ended_at__gt=now - TOLD_FOR,
        endpoint__state=Endpoint.State.ON,
    ).exclude(Exists(again))
    fields = ("endpoint", "endpoint__name", "endpoint__company")
    for row in rows.order_by().values(*fields).annotate(count=Count("pk")):
        yield Cause(
            kind=Kind.LISTENER,
            name=f"given up {row['endpoint']}",
            company=row["endpoint__company"],
            count=row["count"],
            sentence=f"{counted(row['count'], 'event', 'events')} for “{row['endpoint__name']}” "
            "could not be delivered by ten tries over three days.",
            remedy="See what was answered, mend it there, and send them again.",
            page=list_page(
                "triggers_delivery",
                endpoint__id__exact=row["endpoint"],
                state__exact=Delivery.State.FAILED.value,
            ),
        )
