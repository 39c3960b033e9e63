"""One schedule per duty, made again after every migration: nothing to set up by hand."""

import hashlib
import json
import time
from collections.abc import Iterable
from typing import Any, Final

from django.core.signing import BadSignature, Signer
from django.db import connection
from django_q.models import Schedule

DUTIES: dict[str, dict[str, Any]] = {
    "tick": {"func": "apps.sync.tasks.tick", "schedule_type": Schedule.MINUTES, "minutes": 1},
    "deliveries": {
        "func": "apps.sync.tasks.read_deliveries",
        "schedule_type": Schedule.MINUTES,
        "minutes": 1,
    },
    "companies": {
        "func": "apps.sync.tasks.read_companies",
        "schedule_type": Schedule.DAILY,
    },
    "deposits": {
        "func": "apps.sync.tasks.make_bank_deposits",
        "schedule_type": Schedule.DAILY,
    },
    "purge": {"func": "apps.sync.tasks.purge", "schedule_type": Schedule.DAILY},
    "sweep": {"func": "apps.sync.tasks.sweep_all", "schedule_type": Schedule.WEEKLY},
}

# What else may be queued. An app that queues a task names it here when it is made ready.
TASKS: set[str] = {
    "apps.staff.entrance.resets.send_link",
    "apps.sync.tasks.sync_connection",
    "apps.sync.tasks.read_at_first",
    "apps.sync.tasks.match_many",
}
# A duty is given nothing, and nothing is called after it.
NOTHING: dict[str, Any] = {"args": None, "kwargs": None, "hook": None, "intended_date_kwarg": None}


# `migrate` leaves it in each row, where their schedules of cron have their times: the second, and the table
# of duties that it knew. Signed, so that nobody else's word for it counts.
MARKS: Final = Signer(salt="apps.sync.schedules")


def edition() -> str:
    """The table of duties that this very process knows."""
    return hashlib.sha256(json.dumps(DUTIES, sort_keys=True).encode()).hexdigest()[:12]


def mark_of(row: Any) -> tuple[int, str] | None:
    """When the `migrate` was that wrote this row, and with which table; None for what it did not write."""
    try:
        moment, _, table = MARKS.unsign(row.cron or "").partition(" ")
    except BadSignature:
        return None
    return int(moment), table


def last_mark(rows: Iterable[Any]) -> tuple[int, str]:
    """Of the last `migrate`: when it was, and its table; (0, "") where none left its mark."""
    return max(filter(None, map(mark_of, rows)), default=(0, ""))


def mark(moment: int) -> str:
    """What a row bears that this table of duties wrote, or would have written, at that second."""
    return MARKS.sign(f"{moment} {edition()}")


def is_superseded(rows: Iterable[Any]) -> bool:
    """Whether another table of duties holds than this process knows: it is of a release before, or after,
    the one that was migrated last, and the rows are for others to hold to."""
    return last_mark(rows)[1] not in ("", edition())


def is_ours(func: object) -> bool:
    """Whether a worker may run it."""
    return func in TASKS or any(duty["func"] == func for duty in DUTIES.values())


def has_table() -> bool:
    return Schedule._meta.db_table in connection.introspection.table_names()


def make_schedules(**_: Any) -> None:
    """Idempotent: writes only what is missing or differs. `migrate` of one app alone may come
    before the queue has its tables; the next whole one makes them. What an earlier release made and
    this one does not know goes."""
    if not has_table():
        return
    rows = list(Schedule.objects.defer("next_run"))
    former = [each.pk for each in rows if each.name not in DUTIES and mark_of(each) is not None]
    Schedule.objects.filter(pk__in=former).delete()
    for name, duty in DUTIES.items():
        found = Schedule.objects.filter(name=name).defer("next_run").first()
        if found is None:
            Schedule.objects.create(name=name, repeats=-1, **duty)
        elif any(getattr(found, field) != value for field, value in {**NOTHING, **duty}.items()):
            Schedule.objects.filter(pk=found.pk).update(repeats=-1, **{**NOTHING, **duty})
    if last_mark(rows)[1] != edition() or not all(each.cron for each in rows):
        Schedule.objects.filter(name__in=DUTIES).update(cron=mark(int(time.time())))
