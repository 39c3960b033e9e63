"""Scheduled exports that wait for a person: stopped, not made, or not delivered to everybody."""

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.exchange.models import RunMail, ScheduledExport, ScheduleRun


def needing_a_person() -> "QuerySet[ScheduledExport]":
    """Those that stopped, and those whose last run failed or has a mail that was refused, unless a
    person took care of it since."""
    ended = ScheduleRun.objects.filter(schedule=OuterRef("pk"), ended_at__isnull=False)
    last = ended.order_by("-due_at", "-id").values("pk")[:1]
    failed = ScheduleRun.objects.filter(
        _since("ended_at"), pk=OuterRef("last_ended"), state=ScheduleRun.State.FAILED
    )
    refused = RunMail.objects.filter(
        _since("refused_at"),
        run=OuterRef("last_ended"),
        tells=RunMail.Tells.FILE,
        state=RunMail.State.REFUSED,
    )
    rows = ScheduledExport.objects.annotate(last_ended=Subquery(last))
    return rows.filter(~Q(stopped="") | Exists(failed) | Exists(refused))


def is_in_need(schedule: ScheduledExport) -> bool:
    return needing_a_person().filter(pk=schedule.pk).exists()


def _since(moment: str) -> Q:
    """After a person last took care of it, or made it."""
    return Q(**{f"{moment}__gt": Coalesce(OuterRef("dealt_with_at"), OuterRef("made_at"))})
