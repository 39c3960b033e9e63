"""Silence: what would tell of trouble tells nothing any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max, Min
from django_q.models import OrmQ

from apps.alerts import pulse
from apps.alerts.causes.cause import Cause, at, list_page, page
from apps.alerts.causes.records import Books
from apps.alerts.models import Kind
from apps.alerts.pulse import long
from apps.sync.models import Run
from apps.sync.queue import foreign
from apps.sync.want.rhythm import late as late_readings

BEHIND: Final = timedelta(minutes=10)  # a task of the queue that nobody took
SILENT: Final = timedelta(hours=2)  # beyond the time at which a reading was due
NOTHING_CAME: Final = timedelta(days=14)


def nothing_ran(books: Books, now: datetime) -> Iterator[Cause]:
    """Live books that run by schedule, of which no run began for long: longer than their limits ask."""
    due = set(late_readings(now - SILENT))
    watched = {
        key: each
        for key, each in books.items()
        if key in due
        and each.capabilities.reads_back
        and not (each.paused_until and each.paused_until > now)
    }
    runs = Run.objects.filter(connection__in=watched).order_by().values("connection")
    begun = dict(runs.annotate(last=Max("started_at")).values_list("connection", "last"))
    for key, each in watched.items():
        last = begun.get(key) or each.trial_matched_at or each.created_at
        if now - last < SILENT:
            continue
        yield Cause(
            kind=Kind.NOTHING_RAN,
            **at(each),
            sentence=f"These books are live, and nothing ran for {long(now - last)}.",
            remedy="See whether the worker runs. If it does, look at the failed tasks.",
            page=page("connections_connection", key),
        )


def nothing_came(books: Books, now: datetime) -> Iterator[Cause]:
    """Live books that brought something once, and nothing for two weeks."""
    live = [key for key, each in books.items() if each.is_live]
    runs = Run.objects.filter(connection__in=live, pulled__gt=0).order_by().values("connection")
    for row in runs.annotate(last=Max("started_at")).filter(last__lt=now - NOTHING_CAME):
        each = books[row["connection"]]
        yield Cause(
            kind=Kind.NOTHING_CAME,
            **at(each),
            sentence=f"Nothing arrived from these books for {long(now - row['last'])}.",
            remedy="If their people worked in them meanwhile, compare both sides.",
            page=page("connections_connection", each.pk),
        )


def queue_behind(now: datetime) -> Iterator[Cause]:
    """A task that was taken has its lock in the future."""
    waiting = OrmQ.objects.filter(lock__lt=now - BEHIND)
    oldest = waiting.aggregate(oldest=Min("lock"))["oldest"]
    if oldest is None:
        return
    yield Cause(
        kind=Kind.QUEUE,
        sentence=f"The oldest task in the queue has waited for {long(now - oldest)}.",
        remedy="See whether workers run, and whether there are enough of them.",
        page=list_page("alerts_alert", stands="open"),
    )


def foreign_schedules() -> Iterator[Cause]:
    """Tieout runs none of them; that they are there says that somebody writes to the database."""
    count = len(foreign())
    if count:
        things = "1 schedule is" if count == 1 else f"{count:,} schedules are"
        yield Cause(
            kind=Kind.QUEUE,
            name="foreign",
            count=count,
            sentence=f"{things} none of Tieout's duties, and not run: somebody wrote to the database.",
            remedy="Find out who had the database, and have the operator delete what manage.py check "
            "--database default names.",
            page=list_page("django_q_schedule"),
        )


def worker_gone(now: datetime) -> Iterator[Cause]:
    """No worker gave a sign of life. A worker cannot see this of itself: who asks stands outside."""
    words = pulse.silence(now)
    if words:
        yield Cause(
            kind=Kind.WORKER,
            sentence=words,
            remedy="See whether the worker runs (manage.py qcluster), and why it ended or breaks off.",
            page=list_page("alerts_alert", stands="open"),
        )
