"""Changes by hand here that went over: each is an edit, whose note is the reason that was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, QuerySet

from apps.billing.models import Allocation, Payment
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import Snapshot
from apps.core.rows import update_rows
from apps.sync.edited.places import Place
from apps.sync.edited.telling import POSTS, day_of, what_changed
from apps.sync.models import Agreed, Attempt, Edit, SyncRecord
from apps.sync.there.merges import named_anew, survivors

BY_BOOKS = "connection:"  # how the reason of a change begins that came from a ledger


@dataclass(frozen=True, slots=True)
class Updated:
    """A record that stood in the books, and of which a newer revision went over, as `ours`."""

    record: SyncRecord
    before: int  # the revision that stood there
    revision: int
    ours: Snapshot
    theirs: Snapshot | None  # as their books hold it now


def note_edits_here(
    connection: Connection, connector: Connector, updated: Sequence[Updated]
) -> None:
    """An edit for each that a person changed in what both sides had agreed on.

    Before the new agreement is kept, in the transaction that notes the outcomes.
    """
    posted = [each for each in updated if each.record.kind in POSTS]
    if not posted:
        return
    rows = Agreed.objects.select_related("record")
    agreed = rows.in_bulk([each.record.pk for each in posted])
    place, merged = Place(connection.capabilities), survivors(connection)
    made = []
    for each in posted:
        record = each.record
        if record.pk not in agreed:
            continue
        before = named_anew(connector.project(agreed[record.pk].snapshot), merged)
        what = what_changed(before, named_anew(connector.project(each.ours), merged))
        if not what:
            continue
        by, reason, noted_by = _who_and_why(record, each.before)
        if by is None:
            continue  # a task, or other books of the company
        edit = Edit(
            connection=connection,
            sync_record=record,
            side=Edit.Side.HERE,
            what=what,
            dated=day_of(before) or now().date(),
            revision=each.revision,
            by_id=by,
        )
        if reason:
            there = place.takes(record.kind)
            edit.take_note(reason, by=noted_by, there=there, otherwise=place.otherwise)
        made.append(edit)
    Edit.objects.bulk_create(made, ignore_conflicts=True)
    _stand_now(connector, posted)


def _stand_now(connector: Connector, updated: Sequence[Updated]) -> None:
    """What they have had since, for what they changed before: what ours put back may be changed
    once more, and what it left as it is there is no news."""
    theirs = {each.record.pk: each.theirs for each in updated if each.theirs is not None}
    told = Edit.objects.filter(sync_record__in=theirs, side=Edit.Side.THERE)
    edits = list(told.exclude(packed_there=None).only("sync_record_id"))
    for edit in edits:
        edit.packed_there = Agreed.pack(connector.project(theirs[edit.sync_record_id]))
    update_rows(Edit, edits, ["packed_there"])


def _who_and_why(record: SyncRecord, before: int) -> tuple[int | None, str, int | None]:
    """The person who changed it last since what their books hold, every reason that was given, and
    who gave the last of them. None where no person did."""
    subject: Any = record.subject
    # To put ours back over there the count goes back by one: what arrived before has arrived.
    arrived = record.attempts.filter(result=Attempt.Result.DONE).aggregate(Max("revision"))
    since = {
        "revision__gt": max(before, arrived["revision__max"] or 0),
        "history_date__gte": record.created_at,
    }
    rows = [*_by_people(subject).filter(**since)]
    if isinstance(subject, Payment):
        # What is set against what is a record of its own, and leaves inside the payment.
        gone = Allocation._base_manager.filter(
            payment=subject,
            reversed_on__isnull=False,
            sync_records__connection=record.connection_id,
            sync_records__sent__lt=F("revision"),
        )
        for part in gone:
            ended = _by_people(part).filter(reversed_on__isnull=False)
            rows += ended
    if not rows:
        return None, "", None
    rows.sort(key=lambda row: (row.history_date, row.history_id))
    given = {
        (each.history_user_id, each.history_change_reason): each.history_user
        for each in rows
        if each.history_change_reason
    }
    whose = [key for key, _ in given]
    several = len(set(whose)) > 1
    said = [f"{why} ({who})" if several else why for (_, why), who in given.items()]
    return rows[-1].history_user_id, "; ".join(said), whose[-1] if whose else None


def _by_people(subject: Any) -> QuerySet[Any]:
    """Its history but for what a task did, or what was taken from books of the company."""
    rows: QuerySet[Any] = subject.history.exclude(history_user=None)
    return rows.exclude(history_change_reason__startswith=BY_BOOKS).select_related("history_user")
