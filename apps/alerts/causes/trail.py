"""The audit trail: something is not as it was sealed, or nothing is sealed any more."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Max

from apps.alerts.causes.cause import Cause, counted, list_page, page
from apps.alerts.models import Kind
from apps.alerts.pulse import long
from apps.trail.models import Floor, Verification

SILENT: Final = timedelta(hours=2)  # it is sealed each minute


def not_as_sealed() -> Iterator[Cause]:
    """By the last verification that came to its end: a later one that finds nothing ends it."""
    done = Verification.objects.filter(state=Verification.State.DONE).order_by("-ended_at", "-id")
    last = done.defer("findings").first()
    if last is not None and last.count:
        things = counted(last.count, "thing is", "things are")
        yield Cause(
            kind=Kind.TRAIL,
            name="findings",
            count=last.count,
            sentence=f"{things} not as sealed in the audit trail: somebody changed the records past Tieout.",
            remedy="See what was found, and who had the database. Restore nothing over it before that is known.",
            page=page("trail_verification", last.pk),
        )


def not_sealed(now: datetime) -> Iterator[Cause]:
    last = Floor.objects.aggregate(last=Max("looked_at"))["last"]
    if last is not None and now - last >= SILENT:
        yield Cause(
            kind=Kind.TRAIL,
            name="silent",
            sentence=f"Nothing was sealed in the audit trail for {long(now - last)}.",
            remedy="See the failed tasks. What was not sealed yet can be changed without being found.",
            page=list_page("trail_verification"),
        )
