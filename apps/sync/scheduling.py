"""The pass that queues what is due by schedule, held to the table of duties.

django-q2 reads all schedules in one loop and one transaction: a row that it cannot read (`args="["`), or
whose next time never comes (each 0 minutes, or beginning in the year 1), keeps every duty behind it from running. So before each
pass what is no duty is stopped, and a duty that was altered, put off or deleted is made as the table has it.

While an upgrade rolls, workers of two releases look at the same rows. Those whose table the last `migrate`
wrote hold the rows to it; the others leave them alone (`schedules.is_superseded`).
"""

import logging
from datetime import timedelta
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from apps.staff.security import Kind, note
from apps.sync.schedules import DUTIES, NOTHING, is_superseded, last_mark, mark

log = logging.getLogger(__name__)

STOPPED: Final = 0  # of `repeats`: such a row is passed by
FOR_EVER: Final = -1
SLACK: Final = timedelta(hours=2)  # by which a clock may be set back, or a summer begin
RESTED: Final = timedelta(days=31)
SHOWN: Final = 100  # signs of a row's own words


def keep_to_duties() -> None:
    """Called once, before a cluster begins: its guard calls our pass in the place of theirs."""
    from django_q import cluster

    theirs = cluster.scheduler

    def scheduler(broker: Any = None) -> None:
        from django_q.utils import close_old_django_connections

        close_old_django_connections()
        try:
            hold_to_duties()
        except Exception:
            # The guard of all workers calls this: it outlives a database that is away for a while.
            log.exception("schedules.not_looked_at")
        theirs(broker)

    cluster.scheduler = scheduler


def hold_to_duties() -> None:
    """Stop what is none of ours, and mend what is. Each is noted once, when it is done."""
    from django_q.models import Schedule

    with transaction.atomic():
        # Not their time: one that is no time could not even be read.
        rows = list(Schedule.objects.select_for_update().defer("next_run").order_by("pk"))
        if is_superseded(rows):
            return
        ours: dict[str, Any] = {name: _own_row(name, duty, rows) for name, duty in DUTIES.items()}
        never, long_ago = _astray({name: row.pk for name, row in ours.items() if row is not None})
        for row in rows:
            name = row.name or ""
            if name not in ours or row is not ours[name]:
                if row.repeats != STOPPED:
                    _stop(row)
            elif _differs(row, DUTIES[name]) or row.pk in never:
                _mend(row, DUTIES[name], at_once=row.pk in never)
        # Of an installation that rested: each round since then would be counted.
        Schedule.objects.filter(pk__in=long_ago).update(next_run=timezone.now())
        for name in (name for name, row in ours.items() if row is None):
            # Asked anew: another guard may have made it while this one waited for the rows.
            if not Schedule.objects.filter(name=name, func=DUTIES[name]["func"]).exists():
                _restore(name, mark(last_mark(rows)[0]))


def _astray(keys: dict[str, int]) -> tuple[set[int], set[int]]:
    """Of the rows of these duties: those whose time does not come when it should, and those whose time
    was longer ago than anybody counts on from."""
    from django_q.models import Schedule

    moment, never = timezone.now(), Q(next_run=None)
    for name, key in keys.items():
        asked = {each: DUTIES[name].get(each) for each in ("schedule_type", "minutes")}
        never |= Q(pk=key, next_run__gt=Schedule(**asked).calculate_next_run(moment) + SLACK)
    rows = Schedule.objects.filter(pk__in=keys.values()).order_by().values_list("pk", flat=True)
    return set(rows.filter(never)), set(rows.filter(next_run__lt=moment - RESTED))


def _own_row(name: str, duty: dict[str, Any], rows: list[Any]) -> Any:
    """The row of a duty: the one that is as the table has it, before one that only bears its name."""
    bear = [each for each in rows if each.name == name and each.func == duty["func"]]
    return next((each for each in bear if not _differs(each, duty)), bear[0] if bear else None)


def _differs(row: Any, duty: dict[str, Any]) -> bool:
    asked = {**NOTHING, **duty, "cluster": None}
    return row.repeats >= STOPPED or any(
        (getattr(row, field) or None) != (value or None) for field, value in asked.items()
    )


def _stop(row: Any) -> None:
    type(row).objects.filter(pk=row.pk).update(repeats=STOPPED)
    said = (row.name or str(row.pk))[:SHOWN]
    log.error("schedules.stopped pk=%s func=%r", row.pk, row.func[:SHOWN])
    words = f"The schedule “{said}” is none of Tieout's duties. It was stopped, and nothing of it was run."
    note(Kind.ACT_REFUSED, words, schedule=row.pk, task=row.func[:SHOWN])


def _mend(row: Any, duty: dict[str, Any], *, at_once: bool) -> None:
    changed = {**NOTHING, **duty, "cluster": None, "repeats": FOR_EVER}
    if at_once:
        changed["next_run"] = timezone.now()
    type(row).objects.filter(pk=row.pk).update(**changed)
    log.error("schedules.mended pk=%s", row.pk)
    words = f"The schedule of the duty “{row.name}” was altered past Tieout. It is as it was again."
    note(Kind.ACT_REFUSED, words, schedule=row.pk, duty=row.name)


def _restore(name: str, mark: str) -> None:
    from django_q.models import Schedule

    row = Schedule.objects.create(name=name, repeats=FOR_EVER, cron=mark, **DUTIES[name])
    log.error("schedules.restored pk=%s", row.pk)
    words = f"The schedule of the duty “{name}” was deleted past Tieout. It is there again."
    note(Kind.ACT_REFUSED, words, schedule=row.pk, duty=name)
