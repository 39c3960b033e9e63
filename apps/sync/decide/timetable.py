"""What a person says of when books are handed their files."""

from datetime import time

from django.db import transaction
from django.db.models import Q, QuerySet

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connections.stage import moved
from apps.connections.timetable import next_hour
from apps.sync.models import Reason, State, SyncRecord
from apps.sync.send.timetable import go_on
from apps.sync.want.wake import wake


@transaction.atomic
def set_hour(connection: Connection, at: time | None) -> bool:
    """Once a day at this time of the company's clock, or (None) with each run; whether that is a
    change. Who did it is in the history of the connection, which is refreshed."""
    held = Connection.objects.select_for_update().select_related("company").get(pk=connection.pk)
    if held.files_at == at:
        return False
    go_on(_waiting(held))
    held.files_at = at
    moved(connection, when=Q(), files_at=at, files_next=next_hour(held, now()))
    wake(connection.pk)
    return True


@transaction.atomic
def hand_over_now(connection: Connection) -> int:
    """What waits for the hour goes with a run that starts now; how many records. The hour stays."""
    held = Connection.objects.select_for_update().get(pk=connection.pk)
    count = go_on(_waiting(held))
    if held.files_at is not None:
        Connection.objects.filter(pk=held.pk).update(files_next=now())
    wake(connection.pk)
    return count


def waits_for_the_hour(connection: Connection) -> int:
    return _waiting(connection).filter(reason=Reason.FOR_THE_HOUR).count()


def _waiting(connection: Connection) -> "QuerySet[SyncRecord]":
    return SyncRecord.objects.filter(connection=connection, state=State.WAITING)
