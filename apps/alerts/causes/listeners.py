"""Receivers of events that were switched off because they took nothing, that fail for long, and events
that were given up."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Exists, Min, OuterRef, Q

from apps.alerts.causes.cause import Cause, counted, list_page, page
from apps.alerts.models import Kind
from apps.billing.models import Change
from apps.sync.models import News
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
    changes = Change.objects.filter(triggers_read_at=None, made_at__lt=now - UNTOLD)
    heard = Listening.objects.filter(company=OuterRef("company"), since__lt=OuterRef("made_at"))
    found = changes.filter(Exists(heard)).order_by().values_list("company")
    for company, count, first in found.annotate(Count("pk"), Min("made_at")):
        yield _untold("untold", company, count, counted(count, "change", "changes"), first)
    news = News.objects.filter(told=False, at__lt=now - UNTOLD)
    heard = Listening.objects.filter(
        company=OuterRef("connection__company"), since__lt=OuterRef("at")
    )
    of_books = news.filter(Exists(heard)).order_by().values_list("connection__company")
    for company, count, first in of_books.annotate(Count("pk"), Min("at")):
        records = counted(count, "record in the books", "records in the books")
        yield _untold("untold news", company, count, f"News of {records}", first)


def _untold(name: str, company: int, count: int, what: str, first: datetime) -> Cause:
    return Cause(
        kind=Kind.LISTENER,
        name=name,
        company=company,
        count=count,
        sentence=f"{what} since {first:%-d %B %Y, %H:%M} UTC became no event, so whoever listens was "
        "not told.",
        remedy="An operator finds in the log with which record it broke off. Once that is mended it is "
        "told by itself.",
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
