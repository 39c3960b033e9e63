"""The pass that queues what is due by schedule, held to the table of duties.

django-q2 reads all schedules in one loop and one transaction: a row that it cannot read (`args="["`), or
whose next time never comes (each 0 minutes), keeps every duty behind it from running. So before each
pass what is no duty is stopped, and a duty that was altered is made as the table has it.
"""

import logging
from typing import Any, Final

from django.db import transaction

from apps.staff.security import Kind, note
from apps.sync.schedules import DUTIES, NOTHING

log = logging.getLogger(__name__)

STOPPED: Final = 0  # of `repeats`: such a row is passed by
FOR_EVER: Final = -1
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
        rows = list(Schedule.objects.select_for_update().order_by("pk"))
        ours = {name: _own_row(name, duty, rows) for name, duty in DUTIES.items()}
        for row in rows:
            name = row.name or ""
            if row is not ours.get(name):
                if row.repeats != STOPPED:
                    _stop(row)
            elif _differs(row, DUTIES[name]):
                _mend(row, DUTIES[name])


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


def _mend(row: Any, duty: dict[str, Any]) -> None:
    changed = {**NOTHING, **duty, "cluster": None, "repeats": FOR_EVER}
    type(row).objects.filter(pk=row.pk).update(**changed)
    log.error("schedules.mended pk=%s", row.pk)
    words = f"The schedule of the duty “{row.name}” was altered past Tieout. It is as it was again."
    note(Kind.ACT_REFUSED, words, schedule=row.pk, duty=row.name)
