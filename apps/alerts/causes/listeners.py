"""Receivers of events that were switched off because they took nothing, that fail for long, and events
that were given up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, Min, OuterRef, Q

from apps.alerts.causes.cause import Cause, counted, list_page, page
from apps.alerts.models import Kind
from apps.billing.models import Change
from apps.triggers.delivery.replaying import given_up_lately
from apps.triggers.models import Delivery, Endpoint, Listening

FAILING: Final = timedelta(days=1)
UNTOLD: Final = timedelta(minutes=15)  # a change that a minute's tick passed by again and again

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


def untold(now: datetime) -> Iterator[Cause]:
    """What happened, and no event was made of it: a fault with one of its records, or no worker."""
    heard = Listening.objects.filter(company=OuterRef("company"), since__lt=OuterRef("made_at"))
    rows = Change.objects.filter(
        Exists(heard), triggers_read_at=None, made_at__lt=now - UNTOLD
    ).order_by()
    for row in rows.values("company").annotate(count=Count("pk"), first=Min("made_at")):
        changes = counted(row["count"], "change", "changes")
        yield Cause(
            kind=Kind.LISTENER,
            name="untold",
            company=row["company"],
            count=row["count"],
            sentence=f"{changes} since {row['first']:%-d %B %Y, %H:%M} UTC became no event, so whoever "
            "listens was not told.",
            remedy="An operator finds in the log with which record it broke off. Once that is mended it "
            "is told by itself.",
            page=list_page("triggers_endpoint"),
        )


def given_up(now: datetime) -> Iterator[Cause]:
    """Of receivers that take others; sent again is dealt with."""
    rows = given_up_lately(Delivery.objects.all(), now)
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
                given_up="lately",
            ),
        )
