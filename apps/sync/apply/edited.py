"""Changes by hand over there to what is ours: each is an edit that asks for a note."""

import hashlib
from typing import Any

from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.apply.books import Books
from apps.sync.apply.verdicts import is_own_send
from apps.sync.edited.telling import POSTS, day_of, what_changed
from apps.sync.models import Edit, RemoteRecord, State, SyncRecord
from apps.sync.there import ties
from apps.sync.want.wishes import ended_here


def edited_there(books: Books, row: RemoteRecord) -> Edit | None:
    """The edit (not saved) that an arrival is, before it is applied; None where it is none: theirs
    alone, our own send, a record that Tieout leaves as it was, or nothing that anybody is asked."""
    record = row.sync_record
    if record is None or row.retired or row.unreadable or not _counts(books, record):
        return None
    agreed = ties.agreed_on(record)
    if agreed is None or is_own_send(record, agreed):
        return None
    before = books.projected(agreed)
    what = _what(books, row, record, before)
    if not what:
        return None
    return Edit(
        connection=books.connection,
        sync_record=record,
        side=Edit.Side.THERE,
        what=what,
        dated=day_of(before) or books.today,
        remote_record=row,
        version=_version(row),
    )


def keep(edit: Edit | None) -> None:
    """Once for each version of their object, however often it is looked at."""
    if edit is not None:
        Edit.objects.bulk_create([edit], ignore_conflicts=True)


def _counts(books: Books, record: SyncRecord) -> bool:
    if record.opening or record.kind not in POSTS or record.in_doubt or record.step:
        return False
    # Of a line of a payment the payment tells.
    return record.kind not in books.connector.capabilities.carried_inside


def _what(books: Books, row: RemoteRecord, record: SyncRecord, before: Snapshot) -> str:
    if _has_ended(before) or record.state == State.GONE:
        return ""
    remote = books.whole(row)
    if remote.gone:
        return "" if _has_ended_here(record) else f"deleted in {books.name}"
    if remote.snapshot is None or type(remote.snapshot) is not type(before):
        return ""
    after = books.projected(remote.snapshot)
    if _has_ended(after) and _has_ended_here(record):
        return ""
    return what_changed(before, after)


def _has_ended(snapshot: Any) -> bool:
    return bool(getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False))


def _has_ended_here(record: SyncRecord) -> bool:
    """Void, cancelled, reversed or undone here: that it ends there is what we wait for."""
    return SyncRecord.objects.filter(ended_here(Kind(record.kind)), pk=record.pk).exists()


def _version(row: RemoteRecord) -> str:
    """What tells this reading from others of the object."""
    if row.version and not row.gone:
        return row.version[:64]
    told = f"{row.version} {row.gone} ".encode() + bytes(row.packed_raw)
    return hashlib.sha256(told).hexdigest()
