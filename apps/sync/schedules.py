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


def make_schedules(**_: Any) -> None:
    """Idempotent: writes only what is missing or differs. `migrate` of one app alone may come
    before the queue has its tables; the next whole one makes them."""
    if Schedule._meta.db_table not in connection.introspection.table_names():
        return
    for name, duty in DUTIES.items():
        found = Schedule.objects.filter(name=name).first()
        if found is None:
            Schedule.objects.create(name=name, repeats=-1, **duty)
        elif any(getattr(found, field) != value for field, value in duty.items()):
            Schedule.objects.filter(pk=found.pk).update(repeats=-1, **duty)
