"""Runs of scheduled exports: each due time once, whoever is up, however often a worker ends midway.

A due time becomes a row by a conditional update of its schedule, and one worker holds that row by
another. It writes the file, and then says so in one transaction that fails where the row is no longer
its own. What nobody finished is taken up again.
"""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django_q.tasks import async_task

from apps.exchange.models import PrivateFile, ScheduledExport, ScheduleRun
from apps.exchange.schedules.asked import as_asked, put_back
from apps.exchange.schedules.letters import LETTERS, address_mails, plain_letter, tell_failure
from apps.exchange.schedules.makers import CannotBeMade, Letter, Made, lacks, maker_of
from apps.exchange.schedules.periods import day_before
from apps.exchange.schedules.times import last_due, next_after
from apps.exchange.storage import vault
from apps.exchange.storage.keeping import describe, new_file

TASK: Final = "apps.exchange.schedules.tasks.make"
# Longer than the queue lets a task live: who held it is gone.
STALE: Final = timedelta(minutes=6)
WAITS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=20),
    timedelta(hours=1),
)  # between tries: one more than these, and it is not tried again
State = ScheduleRun.State


class TakenOver(Exception):
    """Another worker holds this run, or told these days: it has the say."""


# --- when --------------------------------------------------------------------------------------


def set_next(schedule: ScheduledExport) -> None:
    """From now on; called when a person made, changed or resumed it."""
    schedule.stopped = ""
    schedule.next_due = next_after(schedule, timezone.now())
    if maker_of(schedule).tells_days and schedule.told_until is None:
        # A day that ended before anybody asked for reports is told by none.
        today = schedule.next_due.astimezone(schedule.zone).date()
        schedule.told_until = today - timedelta(days=2)


def plan(now: datetime) -> list[ScheduleRun]:
    """The runs that are due: of those that a schedule missed, the last. Each is queued with its row."""
    due = ScheduledExport.objects.filter(next_due__lte=now, is_paused=False, stopped="")
    found = [_plan_one(each, now) for each in due.select_related("company").order_by("next_due")]
    return [each for each in found if each is not None]


def _plan_one(schedule: ScheduledExport, now: datetime) -> ScheduleRun | None:
    with transaction.atomic():
        mine = ScheduledExport.objects.filter(
            pk=schedule.pk, next_due=schedule.next_due, is_paused=False, stopped=""
        ).update(next_due=next_after(schedule, now))
        due = last_due(schedule, now)
        # Where the clock was put back meanwhile, its run is made already.
        if not mine or schedule.runs.filter(due_at=due).exists():
            return None
        return _queue(schedule, due, now)


def run_now(schedule: ScheduledExport) -> ScheduleRun:
    """One run beside the plan."""
    now = timezone.now()
    with transaction.atomic():
        return _queue(schedule, now, now, is_beside_plan=True)


def _queue(
    schedule: ScheduledExport, due: datetime, now: datetime, *, is_beside_plan: bool = False
) -> ScheduleRun:
    run = ScheduleRun.objects.create(
        schedule=schedule,
        due_at=due,
        try_after=now,
        is_beside_plan=is_beside_plan,
        asked=as_asked(schedule),
    )
    async_task(TASK, run.pk)
    return run


def left_open(now: datetime) -> list[int]:
    """Runs that wait for another try, or whose worker is gone."""
    rows = ScheduleRun.objects.filter(_free(now)).order_by("try_after", "pk")
    return list(rows.values_list("pk", flat=True))


def _free(now: datetime) -> Q:
    return Q(state=State.WAITING, try_after__lte=now) | Q(
        state=State.MAKING, claimed_at__lt=now - STALE
    )


# --- making ------------------------------------------------------------------------------------


def make(run_id: int) -> ScheduleRun | None:
    """Make it, unless it is made or held by another; None then. What comes of it is in the row.

    What nobody foresaw is raised after the row has it, so that the queue lists it with its trace.
    """
    run = _claim(run_id)
    if run is None:
        return None
    try:
        _refuse_without_right(run)
        _make(run)
    except TakenOver:
        return None
    except CannotBeMade as refusal:
        _fail(run, str(refusal))
    except OSError as error:
        _try_later(run, f"The file could not be written: {error.strerror or error}.")
    except Exception as error:
        _try_later(run, f"It broke off ({type(error).__name__}); the failed tasks say where.")
        raise
    return run


def _claim(run_id: int) -> ScheduleRun | None:
    now, claim = timezone.now(), uuid.uuid4()
    mine = ScheduleRun.objects.filter(_free(now), pk=run_id).update(
        state=State.MAKING, claim=claim, claimed_at=now, tries=F("tries") + 1
    )
    if not mine:
        return None
    rows = ScheduleRun.objects.select_related("schedule__company", "schedule__owner")
    run = put_back(rows.get(pk=run_id))
    if run.tries > len(WAITS) + 1:
        _fail(run, f"It was broken off {len(WAITS) + 1} times.")
        return None
    return run


def _refuse_without_right(run: ScheduleRun) -> None:
    """It runs with the rights of its owner: without them it stops until a person takes it over."""
    schedule = run.schedule
    why = lacks(schedule.owner, schedule, maker_of(schedule).needs(schedule))
    if not why:
        return
    schedule.stopped = (
        f"It stopped: {schedule.owner}, whose rights it runs with, {why}. Somebody who may chooses "
        "“Resume” to let it run with theirs."
    )
    schedule.save(update_fields=["stopped"])
    raise CannotBeMade(schedule.stopped)


def _make(run: ScheduleRun) -> None:
    schedule = run.schedule
    maker = maker_of(schedule)
    told = None if run.is_beside_plan else schedule.told_until
    if maker.tells_days:
        run.last_day = day_before(run)
        run.first_day = told + timedelta(days=1) if told else run.last_day
        if run.first_day > run.last_day:
            _end(run, State.NOTHING, "These days were told by another report.")
            return
    until = timezone.now() + timedelta(days=schedule.keep_days)
    file = new_file(schedule.company, sorted(maker.needs(schedule)), until)
    try:
        with vault.written(file.stored_as) as written:
            made = maker.make(run, written)  # type: ignore[arg-type] # asks for write alone
        describe(file, made.name, made.content_type, written)
        _write_letter(file, made.letter or plain_letter(run, file, made.sentence))
        is_left_out = made.is_empty and maker.tells_days and not schedule.sends_empty
        _say(run, made, None if is_left_out else file)
    except BaseException:
        _forget(file)
        raise
    if is_left_out:
        _forget(file)


def _write_letter(file: PrivateFile, letter: Letter) -> None:
    with vault.written(f"{LETTERS}/{file.public_id}") as written:
        written.write(json.dumps(vars(letter)).encode())


def _forget(file: PrivateFile) -> None:
    vault.removed(file.stored_as)
    vault.removed(f"{LETTERS}/{file.public_id}")


def _say(run: ScheduleRun, made: Made, file: PrivateFile | None) -> None:
    """That it was made, to whom it goes, and which days are told: all of it or nothing."""
    with transaction.atomic():
        if run.last_day is not None and not run.is_beside_plan:
            mine = ScheduledExport.objects.filter(
                pk=run.schedule_id, told_until=run.schedule.told_until
            ).update(told_until=run.last_day)
            if not mine:
                raise TakenOver
        if file is None:
            _end(run, State.NOTHING, "Nothing happened on this day.")
            return
        file.save()
        run.file = file
        empty = "It holds no row." if made.is_empty else ""
        _end(run, State.MADE, f"{empty} {made.sentence}".strip())
        address_mails(run)


def _end(run: ScheduleRun, state: str, sentence: str) -> None:
    now = timezone.now()
    _hold(
        run, state=state, sentence=sentence[:400], ended_at=now, file=run.file,
        first_day=run.first_day, last_day=run.last_day,
    )  # fmt: skip


def _hold(run: ScheduleRun, **fields: Any) -> None:
    """Write these, if the row is still ours. Raises `TakenOver`."""
    mine = ScheduleRun.objects.filter(pk=run.pk, claim=run.claim, state=State.MAKING)
    if not mine.update(**fields):
        raise TakenOver
    for name, value in fields.items():
        setattr(run, name, value)


def _try_later(run: ScheduleRun, sentence: str) -> None:
    if run.tries > len(WAITS):
        _fail(run, f"{sentence} It was tried {run.tries} times.")
        return
    after = timezone.now() + WAITS[run.tries - 1]
    with transaction.atomic():
        _hold(run, state=State.WAITING, sentence=sentence[:400], try_after=after)
        tell_failure(run)


def _fail(run: ScheduleRun, sentence: str) -> None:
    with transaction.atomic():
        _end(run, State.FAILED, sentence)
        tell_failure(run)
