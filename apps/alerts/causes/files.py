"""Imports that broke off or could not be read, and scheduled exports that wait for a person."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Count, Min, Q

from apps.alerts.causes.cause import Cause, counted, list_page
from apps.alerts.models import Kind
from apps.exchange.models import FileImport
from apps.exchange.schedules.failures import needing_a_person

Stage = FileImport.Stage
STUCK: Final = timedelta(minutes=30)  # without getting further
TOLD_FOR: Final = timedelta(days=1)  # one that cannot be read is nobody's work for ever


def imports(now: datetime) -> Iterator[Cause]:
    broken = Q(stage__in=(Stage.CHECKING, Stage.WRITING), moved_at__lt=now - STUCK)
    unreadable = Q(stage=Stage.UNREADABLE, moved_at__gt=now - TOLD_FOR)
    for what, rows, words, remedy in (
        ("broken", broken, "has not got further for half an hour",
         "See whether the worker runs; an import goes on where it stood."),
        ("unreadable", unreadable, "could not be read",
         "Open it, see why, and bring it again."),
    ):  # fmt: skip
        stage = Stage.UNREADABLE if what == "unreadable" else ""
        grouped = FileImport.objects.filter(rows).order_by().values("company")
        for row in grouped.annotate(count=Count("pk"), name_shown=Min("name")):
            files = counted(row["count"], "import", "imports")
            yield Cause(
                kind=Kind.IMPORT,
                name=what,
                company=row["company"],
                count=row["count"],
                sentence=f"{files} {words}: {row['name_shown']}"
                f"{' and others' if row['count'] > 1 else ''}.",
                remedy=remedy,
                page=list_page("exchange_fileimport", **({"stage__exact": stage} if stage else {})),
            )


def exports() -> Iterator[Cause]:
    grouped = needing_a_person().order_by().values("company")
    for row in grouped.annotate(count=Count("pk"), name_shown=Min("name")):
        exports = counted(row["count"], "scheduled export", "scheduled exports")
        yield Cause(
            kind=Kind.EXPORT,
            company=row["company"],
            count=row["count"],
            sentence=f"{exports} stopped, not made, or not delivered to everybody: "
            f"{row['name_shown']}{' and others' if row['count'] > 1 else ''}.",
            remedy="Each says why, and what to do.",
            page=list_page("exchange_scheduledexport", needs="person"),
        )
