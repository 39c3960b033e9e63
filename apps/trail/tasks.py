"""The duties of the trail: each minute what is new is sealed, each day its head is mailed, each week,
and when somebody asks, all of it is verified."""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.tasks import async_task

from apps.staff.models import User
from apps.trail.mailing import mail
from apps.trail.models import Verification
from apps.trail.pack import asking
from apps.trail.sealing import seal
from apps.trail.verifying import keep, verify

TASK: Final = "apps.trail.tasks.carry_out"
LONGEST: Final = 1800  # seconds that a worker may take for it
LONGEST_TIME: Final = timedelta(seconds=LONGEST)
State = Verification.State


def seal_what_is_new() -> str:
    _end_those_of_dead_workers()
    asking.end_those_of_dead_workers()
    done = seal(settings.SYNC_TASK_BUDGET)
    return f"{done.entries} sealed" + (
        "" if done.ended else "; there is more, or another process is at it"
    )


def mail_head() -> str:
    """Raises what a mail server says no to, after all others were told."""
    return f"{mail()} told"


def verify_all() -> str:
    """Weekly. What is new is sealed first, so that the look is at all there is."""
    seal(settings.SYNC_TASK_BUDGET)
    return f"{ask(None)} is queued"


def _end_those_of_dead_workers() -> None:
    moment = timezone.now()
    begun = Verification.objects.filter(state=State.RUNNING, begun_at__lt=moment - 2 * LONGEST_TIME)
    begun.update(state=State.BROKEN, ended_at=moment)


def ask(user: User | None) -> Verification:
    """Have everything verified by a worker. Where one waits already, that one."""
    try:
        with transaction.atomic():
            asked = Verification.objects.create(asked_by=user)
    except IntegrityError:
        return Verification.objects.get(state=State.ASKED)
    async_task(TASK, asked.pk, timeout=LONGEST)
    return asked


def carry_out(key: int) -> str:
    """Verify, and keep what was found. The queue hands out a task again while it still runs: the second
    copy leaves."""
    rows = Verification.objects.filter(pk=key, state=State.ASKED)
    if not rows.update(state=State.RUNNING, begun_at=timezone.now()):
        return "Another worker is at it"
    row = Verification.objects.get(pk=key)
    try:
        report = verify()
    except Exception:
        row.state, row.ended_at = State.BROKEN, timezone.now()
        row.save()
        raise
    keep(row, report)
    return f"{row.entries} entries, {row.count} findings"
