"""What of a run's work waits for the hour at which books are handed their files."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connections.timetable import next_hour
from apps.sync.lease import Lease
from apps.sync.models import Reason, State, SyncRecord

REMEDY = "To have it now, press “Make the files now” on the page Files of the connection."


def go_on(rows: "QuerySet[SyncRecord]") -> int:
    """Those of these that wait for the hour are due; how many."""
    return rows.filter(reason=Reason.FOR_THE_HOUR).update(
        due_at=now(), reason=Reason.NONE, sentence="", remedy="", changed_at=now()
    )


class Timetable:
    """Of one run, by the hour that stood when it began.

    The hour that has come stays until a run has handed over all that was due: so one that passed in
    downtime, or whose run broke off, is made up for once, with all that waits by then.
    """

    def __init__(self, connection: Connection, lease: Lease) -> None:
        self.connection = connection
        self.lease = lease
        self.hour = self._hour()
        self.has_come = self.hour is None or self.hour <= now()

    def _hour(self) -> datetime | None:
        """None: with each run. Of a company that was brought back from a file none is kept."""
        held = self.connection
        if held.files_at is None or held.files_next is not None:
            return held.files_next
        hour = next_hour(held, now())
        Connection.objects.filter(pk=held.pk, files_next=None).update(files_next=hour)
        return hour

    def put_off(self) -> None:
        """Whatever is due waits for the hour, but for what a person let go; what waited for one that
        has come goes."""
        if self.hour is None:
            return
        waiting = SyncRecord.objects.filter(connection=self.connection, state=State.WAITING)
        if self.has_come:
            with transaction.atomic():
                self.lease.confirm()
                go_on(waiting)
            return
        due = waiting.filter(due_at__lte=now(), let_go_at=None, step="")
        wall = self.hour.astimezone(ZoneInfo(self.connection.company.time_zone))
        with transaction.atomic():
            self.lease.confirm()
            due.update(
                due_at=self.hour,
                reason=Reason.FOR_THE_HOUR,
                sentence=f"It goes into the next files, on {wall:%-d %B %Y at %H:%M}.",
                remedy=REMEDY,
                waits_for="",
                changed_at=now(),
            )

    def over(self) -> None:
        """All that was due went: the next hour is to come. One that a person set meanwhile stands."""
        if self.hour is None or not self.has_come:
            return
        Connection.objects.filter(pk=self.connection.pk, files_next=self.hour).update(
            files_next=next_hour(self.connection, now())
        )
