"""What people did to scheduled exports, kept with who and when."""

from collections.abc import Iterable

from apps.exchange.models import ScheduledExport, ScheduleHistory

Change = tuple[str, str, str]  # what was changed, how it stood, how it stands
Did = ScheduleHistory.Did


def note(schedule: ScheduledExport, did: str, by: int, changes: Iterable[Change] = ()) -> None:
    """Write down that this person (a key) did it, in the transaction that does it."""
    ScheduleHistory.objects.create(
        schedule=schedule, did=did, by_id=by, changes=[list(each) for each in changes]
    )
