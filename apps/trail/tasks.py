"""The duties of the trail: each minute what is new is sealed, each day its head is mailed, each week,
and when somebody asks, all of it is verified."""

import logging
from typing import Final

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_q.tasks import async_task

from apps.staff.models import User
from apps.trail.mailing import mail
from apps.trail.models import Verification
from apps.trail.sealing import seal
from apps.trail.verifying import verify

log = logging.getLogger(__name__)

TASK: Final = "apps.trail.tasks.carry_out"
TOLD: Final = 200  # findings that are kept for the page
State = Verification.State


def seal_what_is_new() -> str:
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
    return carry_out(Verification.objects.create(state=State.RUNNING).pk)


def ask(user: User | None) -> Verification:
    """Have everything verified by a worker. Where one waits already, that one."""
    try:
        with transaction.atomic():
            asked = Verification.objects.create(asked_by=user)
    except IntegrityError:
        return Verification.objects.get(state=State.ASKED)
    async_task(TASK, asked.pk)
    return asked


def carry_out(key: int) -> str:
    """Verify, and keep what was found."""
    row = Verification.objects.get(pk=key)
    row.state, row.begun_at = State.RUNNING, timezone.now()
    row.save()
    try:
        report = verify()
    except Exception:
        row.state, row.ended_at = State.BROKEN, timezone.now()
        row.save()
        raise
    row.state, row.ended_at = State.DONE, timezone.now()
    row.entries, row.rows, row.unsealed = report.entries, report.rows, report.unsealed
    row.head_number, row.head_link = report.head
    row.count = report.findings.count
    row.findings = [
        {"what": each.what.value, "sentence": each.sentence, "company": each.company}
        for each in report.findings.first[:TOLD]
    ]
    row.save()
    if row.count:
        log.error("the audit trail is not as it was sealed: %s findings", row.count)
    return f"{row.entries} entries, {row.count} findings"
