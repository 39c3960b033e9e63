"""What was asked when a run became due: it is made and sent by that, whatever is changed meanwhile."""

from typing import Any, Final

from apps.exchange.models import ScheduledExport, ScheduleRun
from apps.staff.models import User

FIELDS: Final = (
    "name",
    "what",
    "choice",
    "format",
    "addresses",
    "language",
    "sends_empty",
    "keep_days",
)
PEOPLE: Final = "people"  # keys


def as_asked(schedule: ScheduledExport) -> dict[str, Any]:
    """To be kept in its run."""
    keys = sorted(schedule.people.values_list("pk", flat=True))
    return {name: getattr(schedule, name) for name in FIELDS} | {PEOPLE: keys}


def put_back(run: ScheduleRun) -> ScheduleRun:
    """Its schedule reads as it was asked. That copy is saved by named fields alone, none of these."""
    for name in FIELDS:
        if name in run.asked:  # not so in runs that are older than this
            setattr(run.schedule, name, run.asked[name])
    return run


def people_of(run: ScheduleRun) -> list[User]:
    """Who gets what it made, of those who work here."""
    if PEOPLE not in run.asked:
        return list(run.schedule.people.all())
    return list(User.objects.filter(pk__in=run.asked[PEOPLE]).order_by("pk"))
