"""One schedule per duty, made again after every migration: nothing to set up by hand."""

from typing import Any

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
    "apps.sync.tasks.sync_connection",
    "apps.sync.tasks.read_at_first",
    "apps.sync.tasks.match_many",
}
# A duty is given nothing, and nothing is called after it.
NOTHING: dict[str, Any] = {"args": None, "kwargs": None, "hook": None, "intended_date_kwarg": None}


def is_ours(func: object) -> bool:
    """Whether a worker may run it."""
    return func in TASKS or any(duty["func"] == func for duty in DUTIES.values())


def has_table() -> bool:
    return Schedule._meta.db_table in connection.introspection.table_names()


def make_schedules(**_: Any) -> None:
    """Idempotent: writes only what is missing or differs. `migrate` of one app alone may come
    before the queue has its tables; the next whole one makes them."""
    if not has_table():
        return
    for name, duty in DUTIES.items():
        found = Schedule.objects.filter(name=name).first()
        if found is None:
            Schedule.objects.create(name=name, repeats=-1, **duty)
        elif any(getattr(found, field) != value for field, value in {**NOTHING, **duty}.items()):
            Schedule.objects.filter(pk=found.pk).update(repeats=-1, **{**NOTHING, **duty})
