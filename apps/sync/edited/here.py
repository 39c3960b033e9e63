"""Changes by hand here that went over: each is an edit, whose note is the reason that was given."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from apps.billing.models import Allocation, Payment, Synced
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import Snapshot
from apps.sync.edited.places import place_of
from apps.sync.edited.telling import POSTS, day_of, what_changed
from apps.sync.models import Agreed, Edit, SyncRecord

BY_BOOKS = "connection:"  # how the reason of a change begins that came from a ledger
REASONS = (
    "void_reason",
    "cancel_reason",
    "reversal_reason",
    "undo_reason",
)


@dataclass(frozen=True, slots=True)
class Updated:
    """A record that stood in the books, and of which a newer revision went over, as `ours`."""

    record: SyncRecord
    before: int  # the revision that stood there
    revision: int
    ours: Snapshot


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
    place = place_of(connection.capabilities)
    made = []
    for each in posted:
        record = each.record
        if record.pk not in agreed:
            continue
        before = connector.project(agreed[record.pk].snapshot)
        what = what_changed(before, connector.project(each.ours))
        if not what:
            continue
        by, reason = _who_and_why(record.subject, each.before)
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
            edit.take_note(reason, by=by, there=place.takes(record.kind), otherwise=place.otherwise)
        made.append(edit)
    Edit.objects.bulk_create(made, ignore_conflicts=True)


def _who_and_why(subject: Synced, before: int) -> tuple[int | None, str]:
    """The person who changed it last since that revision, and the reason that was given."""
    changed: list[Any] = [(subject, {"revision__gt": before})]
    if isinstance(subject, Payment):
        # What is set against what is a record of its own, and leaves inside the payment.
        gone = Allocation._base_manager.filter(payment=subject).exclude(reversed_on=None)
        changed += [(each, {"reversed_on__isnull": False}) for each in gone.order_by("-updated_at")]
    for what, since in changed:
        rows = what.history.exclude(history_user=None).filter(**since)
        last = rows.order_by("-history_date", "-history_id").first()
        said = (last.history_change_reason or "") if last is not None else ""
        if last is not None and not said.startswith(BY_BOOKS):
            return last.history_user_id, _whole(what, said)
    return None, ""


def _whole(subject: Any, said: str) -> str:
    """The reason as it was given: the history keeps its beginning."""
    kept = (str(getattr(subject, name, "") or "") for name in REASONS)
    return next((each for each in kept if said and each.startswith(said)), said)
