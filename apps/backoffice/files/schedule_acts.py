"""The buttons that move a scheduled export: now, not for now, again, and what had failed is mended."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from apps.backoffice.files.schedule_page import refuse_without_right
from apps.backoffice.frame.acts import ButtonAct
from apps.backoffice.frame.permissions import person
from apps.exchange.models import ScheduledExport
from apps.exchange.schedules.failures import is_in_need
from apps.exchange.schedules.makers import maker_of
from apps.exchange.schedules.past import Did, note
from apps.exchange.schedules.running import run_now, set_next
from apps.staff.acts import ActName


def _run_now(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> str:
    refuse_without_right(request, schedule)
    run_now(schedule)
    return "It is being made; it stands below in a moment."


@transaction.atomic
def _pause(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> str:
    schedule.is_paused, schedule.dealt_with_at = True, timezone.now()
    schedule.save(update_fields=["is_paused", "dealt_with_at"])
    note(schedule, Did.PAUSED, person(request))
    return f"{schedule} is paused: nothing is made until somebody resumes it."


@transaction.atomic
def _resume(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> str:
    """With the rights of whoever resumes what stopped for want of its owner's."""
    refuse_without_right(request, schedule)
    did = Did.TOOK_OVER if schedule.stopped else Did.RESUMED
    if schedule.stopped:
        schedule.owner_id = person(request)
    schedule.is_paused, schedule.dealt_with_at = False, timezone.now()
    moved = ["owner", "is_paused", "dealt_with_at", "stopped", "next_due"]
    if schedule.told_until is None:
        moved.append("told_until")
    set_next(schedule)
    schedule.save(update_fields=moved)
    note(schedule, did, person(request))
    return f"{schedule} goes on."


def _what_resuming_means(schedule: ScheduledExport) -> str:
    if schedule.stopped:
        return f"{schedule.stopped} It then runs with your rights."
    if maker_of(schedule).tells_days and schedule.told_until is not None:
        told = f"{schedule.told_until:%-d %b %Y}"
        return f"The next report tells all days since {told}, the last that was told."
    return "It is made again from its next time on; what was missed while it was paused is not."


@transaction.atomic
def _deal_with(request: HttpRequest, schedule: ScheduledExport, answers: dict[str, Any]) -> str:
    schedule.dealt_with_at = timezone.now()
    schedule.save(update_fields=["dealt_with_at"])
    note(schedule, Did.DEALT_WITH, person(request))
    return f"{schedule} is off the work list until a run fails or a mail is refused again."


RUN_NOW = ButtonAct(
    name="run-now",
    words="Run now",
    permission=ActName.SCHEDULE,
    when=lambda schedule: not schedule.stopped,
    do=_run_now,
)
PAUSE = ButtonAct(
    name="pause",
    words="Pause",
    permission=ActName.SCHEDULE,
    when=lambda schedule: schedule.runs_by_itself,
    do=_pause,
)
RESUME = ButtonAct(
    name="resume",
    words="Resume",
    permission=ActName.SCHEDULE,
    when=lambda schedule: not schedule.runs_by_itself,
    do=_resume,
    means=_what_resuming_means,
    main=True,
)
DEAL_WITH = ButtonAct(
    name="dealt-with",
    words="It is taken care of",
    permission=ActName.SCHEDULE,
    when=lambda schedule: not schedule.stopped and is_in_need(schedule),
    do=_deal_with,
)
