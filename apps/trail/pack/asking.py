"""Packs are asked for by people, made by the queue, and kept sealed for a time."""

from datetime import date, timedelta
from typing import Final

from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.text import slugify
from django_q.tasks import async_task

from apps.billing.models import Company
from apps.exchange.models import PrivateFile
from apps.exchange.storage import vault
from apps.exchange.storage.keeping import describe, new_file
from apps.staff.models import User
from apps.staff.security import Kind, note
from apps.trail.models import AuditorPack
from apps.trail.pack.making import Made, make
from apps.trail.pack.period import Period

TASK: Final = "apps.trail.pack.asking.carry_out"
LONGEST: Final = 1800  # seconds that a worker may take for it
KEPT: Final = timedelta(days=90)
SEE_PACKS: Final = "trail.view_auditorpack"
State = AuditorPack.State


class TakenOver(Exception):
    """It was ended as one whose worker was dead: what was written is thrown away."""


def ask(company: Company, first_day: date, last_day: date, *, by: User) -> AuditorPack:
    """Have a worker make it. Where one of the same days waits already, that one."""
    days = {"company": company, "first_day": first_day, "last_day": last_day}
    try:
        with transaction.atomic():
            pack = AuditorPack.objects.create(asked_by=by, **days)
    except IntegrityError:
        return AuditorPack.objects.get(state=State.ASKED, **days)
    words = f"Had a pack for auditors made, {first_day} to {last_day}."
    note(Kind.OPERATED, words, person=by, pack=pack.pk, company=company.pk)
    async_task(TASK, pack.pk, timeout=LONGEST)
    return pack


def carry_out(key: int) -> str:
    """Make it, and keep it. The queue hands out a task again while it still runs: the second copy
    leaves."""
    begun = timezone.now()
    rows = AuditorPack.objects.filter(pk=key, state=State.ASKED)
    if not rows.update(state=State.RUNNING, begun_at=begun):
        return "Another worker is at it"
    pack = AuditorPack.objects.select_related("company", "asked_by").get(pk=key)
    period = Period(company=pack.company, first_day=pack.first_day, last_day=pack.last_day)
    file = new_file(pack.company, [SEE_PACKS], begun + KEPT)
    try:
        with vault.written(file.stored_as) as written:
            made = make(period, written, by=pack.asked_by)
        describe(file, name_of(period), "application/zip", written)
        _keep(pack, file, made)
    except BaseException:
        vault.removed(file.stored_as)
        _mine(pack).update(state=State.BROKEN, ended_at=timezone.now())
        raise
    return f"{len(made.members)} files, {file.size} bytes"


def _keep(pack: AuditorPack, file: PrivateFile, made: Made) -> None:
    """That it was made, with its file: both or neither. Raises `TakenOver`."""
    number, link = made.report.head
    with transaction.atomic():
        file.save()
        mine = _mine(pack).update(
            state=State.READY,
            ended_at=timezone.now(),
            members=made.members,
            file=file,
            sha256=file.sha256,
            findings=made.report.findings.count,
            head_number=number,
            head_link=link,
        )
        if not mine:
            raise TakenOver


def _mine(pack: AuditorPack) -> "models.QuerySet[AuditorPack]":
    return AuditorPack.objects.filter(pk=pack.pk, state=State.RUNNING, begun_at=pack.begun_at)


def end_those_of_dead_workers() -> None:
    moment = timezone.now()
    late = moment - 2 * timedelta(seconds=LONGEST)
    begun = AuditorPack.objects.filter(state=State.RUNNING, begun_at__lt=late)
    begun.update(state=State.BROKEN, ended_at=moment)


def name_of(period: Period) -> str:
    """In ASCII."""
    company = slugify(period.company.legal_name) or "company"
    return f"{company}-{period.first_day}-to-{period.last_day}-auditors.zip"
