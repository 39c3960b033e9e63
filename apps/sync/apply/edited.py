"""Changes by hand over there to what is ours: each is an edit that asks for a note."""

import hashlib
from dataclasses import replace
from typing import Any

from apps.connections.clock import now
from apps.connectors.snapshots import Kind, PaymentSnapshot, Snapshot
from apps.sync.apply.books import Books
from apps.sync.apply.verdicts import is_own_send
from apps.sync.edited.telling import POSTS, day_of, what_changed
from apps.sync.models import Agreed, Edit, RemoteRecord, State, SyncRecord
from apps.sync.there import ties
from apps.sync.there.compare import agreed_after
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
    before = books.projected(_stood(record, agreed))
    if _has_ended(before) or record.state == State.GONE:
        return None
    remote = books.whole(row)
    after = None if remote.snapshot is None else books.projected(remote.snapshot)
    what = _gone(books, record) if remote.gone else _what(record, before, after)
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
        packed_there=None if after is None else Agreed.pack(after),
    )


def keep(edit: Edit | None) -> None:
    """Once for each version of their object, however often it is looked at."""
    if edit is not None:
        edit.found_at = now()  # what was agreed on by this look is no newer than it
        Edit.objects.bulk_create([edit], ignore_conflicts=True)


def _counts(books: Books, record: SyncRecord) -> bool:
    if record.opening or record.kind not in POSTS or record.in_doubt or record.step:
        return False
    # Of a line of a payment the payment tells; what a credit note is used for stands for itself.
    inside = record.kind in books.connector.capabilities.carried_inside
    return not (inside and record.allocation is not None and record.allocation.payment_id)


def _stood(record: SyncRecord, agreed: Snapshot) -> Snapshot:
    """What they had before, as far as it was told: much of that stays as it is over there, and is
    never agreed on."""
    edits = Edit.objects.filter(sync_record=record, side=Edit.Side.THERE)
    last = edits.select_related("sync_record").first()
    if last is None or last.there is None:
        return agreed
    told = agreed_after(agreed, last.there, ())
    renewed = record.agreed.at > last.found_at
    if renewed and isinstance(told, PaymentSnapshot) and isinstance(agreed, PaymentSnapshot):
        # Money that was set against more since was taken over, and nobody was asked about it.
        told = replace(told, allocations=agreed.allocations)
    return told


def _gone(books: Books, record: SyncRecord) -> str:
    word = "un-applied" if record.kind == Kind.ALLOCATION else "deleted"
    return "" if _has_ended_here(record) else f"{word} in {books.name}"


def _what(record: SyncRecord, before: Snapshot, after: Snapshot | None) -> str:
    if type(after) is not type(before):
        return ""
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
