"""What is wrong with a connection: consent, stage, contact, and whether both sides agree."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Exists, OuterRef

from apps.alerts.causes.cause import Cause, at, counted, page
from apps.alerts.causes.records import Books
from apps.alerts.models import Kind
from apps.connections.models import Connection, Grant
from apps.connections.sealed import locked_out
from apps.reconciliation.models import KeptComparison

SOON: Final = timedelta(days=7)  # a consent that ends unless it is renewed by use
SOON_FOR_GOOD: Final = timedelta(days=30)  # one that ends however it is used
NO_CONTACT: Final = timedelta(hours=6)


def lost(books: Books) -> Iterator[Cause]:
    for each in books.values():
        why = locked_out(each.grant)
        if not why:
            continue
        yield Cause(
            kind=Kind.CONSENT,
            **at(each),
            sentence=f"{why} Nothing goes out or comes in.",
            remedy="Connect the same books again.",
            page=page("connections_connection", each.pk),
        )


def _lets_in(grant: Grant | None) -> bool:
    return grant is not None and grant.status == Grant.Status.ACTIVE


def ends_soon(books: Books, now: datetime) -> Iterator[Cause]:
    """By the life that the provider told of the consent itself, not of the token of the hour."""
    for each in books.values():
        grant = each.grant
        if grant is None or grant.status != Grant.Status.ACTIVE:
            continue
        ends = _end(grant, now)
        if ends is None:
            continue
        days = max((ends - now).days, 0)
        left = counted(days, "day", "days") if days else "less than a day"
        yield Cause(
            kind=Kind.ENDS_SOON,
            **at(each),
            sentence=f"What lets Tieout into these books ends in {left}, on {ends:%-d %B %Y}.",
            remedy="Connect the same books again before that day.",
            page=page("connections_connection", each.pk),
        )


def _end(grant: Grant, now: datetime) -> datetime | None:
    """The nearest end that is about to come."""
    ends = [(grant.refresh_expires_at, SOON), (grant.refresh_hard_expires_at, SOON_FOR_GOOD)]
    return min((end for end, soon in ends if end is not None and end < now + soon), default=None)


def paused(books: Books) -> Iterator[Cause]:
    """A consent that is lost pauses its books, and is told itself."""
    for each in books.values():
        if each.stage != Connection.Stage.PAUSED or not _lets_in(each.grant):
            continue
        yield Cause(
            kind=Kind.PAUSED,
            **at(each),
            sentence=f"It is paused. {each.stage_reason or 'Nothing goes out or comes in.'}",
            remedy="See why it was paused, then go on.",
            page=page("connections_connection", each.pk),
        )


def unreachable(books: Books, now: datetime) -> Iterator[Cause]:
    for each in books.values():
        contact = each.last_ok_at
        if not each.is_live or not each.last_error or contact is None:
            continue
        if now - contact < NO_CONTACT:
            continue
        hours = int((now - contact).total_seconds() // 3600)
        yield Cause(
            kind=Kind.UNREACHABLE,
            **at(each),
            sentence=f"The last good contact was {counted(hours, 'hour', 'hours')} ago. "
            f"{each.last_error}",
            remedy="Tieout goes on trying. See whether their system tells of trouble.",
            page=page("connections_connection", each.pk),
        )


def differ(books: Books) -> Iterator[Cause]:
    """By the newest comparison of each that was done; one as of an earlier day says nothing of now."""
    of_now = KeptComparison.objects.filter(of_now=True)
    later = of_now.filter(
        connection=OuterRef("connection"), state="done", ended_at__gt=OuterRef("ended_at")
    )
    found = of_now.filter(state="done", agrees=False, connection__in=books)
    for each in found.exclude(Exists(later)).defer("found"):
        yield Cause(
            kind=Kind.DIFFER,
            **at(books[each.connection_id]),
            count=each.open_count,
            sentence=f"Compared as of {each.on:%-d %B %Y}: {each.sentence}",
            remedy="Open the comparison and deal with what it lists.",
            page=page("reconciliation_keptcomparison", each.pk),
        )


def not_compared(books: Books) -> Iterator[Cause]:
    """Where the newest comparison was stopped; a consent that is lost stops them, and is told itself."""
    of_now = KeptComparison.objects.filter(of_now=True)
    later = of_now.filter(
        connection=OuterRef("connection"),
        state__in=("done", "stopped"),
        ended_at__gt=OuterRef("ended_at"),
    )
    open_to_us = [key for key, each in books.items() if _lets_in(each.grant)]
    found = of_now.filter(state="stopped", connection__in=open_to_us)
    for each in found.exclude(Exists(later)).defer("found"):
        yield Cause(
            kind=Kind.NOT_COMPARED,
            **at(books[each.connection_id]),
            sentence=f"Whether both sides agree is not known. {each.sentence}".strip(),
            remedy=each.remedy or "It is tried again by itself; or compare from the books' page.",
            page=page("reconciliation_keptcomparison", each.pk),
        )
