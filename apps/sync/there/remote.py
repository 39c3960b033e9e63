"""Their objects as rows: stored where they changed, read again without a call."""

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db import transaction

from apps.connections.models import Connection
from apps.connectors.port import Connector, RemoteObject
from apps.connectors.snapshots import Kind
from apps.core.numbers import whole
from apps.core.rows import update_rows
from apps.sync.models import Reason, RemoteRecord, SyncRecord, packed, unpacked
from apps.sync.there.erased import READ_NO_MORE, erased_there, without_the_erased

Key = tuple[str, str, str]  # their kind, id, part

# What a newer reading of an object replaces. The tie to ours, `retired` and the day it was first
# read stay whatever is read.
CONTENT = (
    "of_kind",
    "version",
    "remote_updated_at",
    "marker",
    "number",
    "name",
    "customer_id_there",
    "currency",
    "amount",
    "balance",
    "dated",
    "void",
    "gone",
    "unreadable",
    "packed_raw",
    "arrival",
    "sentence",
    "remedy",
    "waits_for",
    "read_at",
)
ROWS = 50  # written by one statement
IDS = 500  # asked for by one statement

Arrival = RemoteRecord.Arrival
UNDECIDED = (Arrival.NEW, Arrival.WAITS, Arrival.ONLY_THEIRS)


def store(
    connection: Connection,
    objects: Sequence[RemoteObject],
    *,
    read_at: datetime,
    arrival: RemoteRecord.Arrival | None = None,
) -> list[RemoteRecord]:
    """The rows of these objects, in their order, written where their version is news.

    An object read before and unchanged writes nothing at all; an older reading than the stored one
    is left aside. What is news becomes `arrival` (None: new, to be looked at by apply). Of an
    object that is gone the last reading is kept beside the fact. Set-based, in one transaction.
    """
    with transaction.atomic():
        erased = erased_there(connection, objects)
        objects = without_the_erased(objects, erased) if erased else objects
        known = _stored(connection, objects)
        fresh: dict[Key, RemoteRecord] = {}
        mended: list[int | None] = []  # sync records whose object can be read again
        for each in objects:
            row = known.get(_key(each))
            if row is None:
                known[_key(each)] = fresh[_key(each)] = _row(connection, each, read_at, arrival)
            elif _is_news(row, each) or (arrival == Arrival.ECHO and _stands_again(row, each)):
                mended += [row.sync_record_id] if row.unreadable and not each.unreadable else []
                _take(row, each, read_at, arrival or Arrival.NEW)
                fresh[_key(each)] = row
            elif arrival is not None and row.arrival in UNDECIDED and row.arrival != arrival:
                # The feed brought it before we had noted that it is our own.
                row.arrival, row.read_at = arrival, read_at
                row.sentence = row.remedy = row.waits_for = ""
                fresh[_key(each)] = row
        _settle_erased(list(fresh.values()), erased)
        _write(list(fresh.values()))
        _free_the_mended([pk for pk in mended if pk is not None])
        return [known[_key(each)] for each in objects]


def _settle_erased(rows: Sequence[RemoteRecord], erased: frozenset[str]) -> None:
    """Of a customer that was erased here nothing is looked at. Its key there stays, so that it is not
    taken for a new one."""
    for row in rows:
        if row.of_kind == Kind.CUSTOMER.value and row.remote_id in erased:
            row.arrival, row.sentence, row.unreadable = Arrival.APPLIED, READ_NO_MORE, ""


def _free_the_mended(keys: Sequence[int]) -> None:
    if not keys:
        return
    held = SyncRecord.objects.select_for_update().filter(pk__in=keys, reason=Reason.UNREADABLE)
    freed = list(held.order_by("pk"))
    for record in freed:
        record.plan_again()
    SyncRecord.objects.bulk_update(
        freed, ["state", "reason", "sentence", "remedy", "waits_for", "due_at", "tries"]
    )


def as_object(remote_record: RemoteRecord, connector: Connector) -> RemoteObject:
    """Their object as last read, made anew from its stored JSON. Makes no call."""
    read = connector.parse(remote_record.kind, unpacked(remote_record.packed_raw))
    return dataclasses.replace(
        read,
        part=remote_record.part,
        version=remote_record.version,
        updated_at=remote_record.remote_updated_at,
        gone=remote_record.gone,
        snapshot=None if remote_record.gone else read.snapshot,
    )


def is_older(version: str, updated_at: datetime | None, row: RemoteRecord) -> bool:
    """Whether a reading lies before the stored one: by version where both count, else by time."""
    now_there, stored = whole(version), whole(row.version)
    if now_there is not None and stored is not None:
        return now_there < stored
    if updated_at and row.remote_updated_at:
        return updated_at < row.remote_updated_at
    return False


def _is_news(row: RemoteRecord, read: RemoteObject) -> bool:
    if is_older(read.version, read.updated_at, row):
        return False
    if read.gone or row.gone:
        # A feed repeats an object that is gone until its window has passed; and an answer that was
        # read before the delete, and is stored after it, brings nothing back to life.
        return read.gone != row.gone and (read.gone or _is_newer(read, row))
    version = read.version or row.version
    return version != row.version or packed(read.raw) != bytes(row.packed_raw)


def _stands_again(row: RemoteRecord, read: RemoteObject) -> bool:
    """Our own answer brings back what was taken off there, where parts have no version of their
    own: what we have just set is newer than whatever was read before."""
    return row.gone and not read.gone and not read.version


def _is_newer(read: RemoteObject, row: RemoteRecord) -> bool:
    there, stored = whole(read.version), whole(row.version)
    if there is not None and stored is not None and there != stored:
        return there > stored
    return bool(
        read.updated_at and row.remote_updated_at and read.updated_at > row.remote_updated_at
    )


def _row(
    connection: Connection,
    read: RemoteObject,
    read_at: datetime,
    arrival: RemoteRecord.Arrival | None,
) -> RemoteRecord:
    row = RemoteRecord(
        connection=connection,
        kind=read.kind,
        remote_id=read.remote_id,
        part=read.part,
        packed_raw=packed(read.raw),
    )
    _take(row, read, read_at, arrival or Arrival.NEW)
    return row


def _take(
    row: RemoteRecord, read: RemoteObject, read_at: datetime, arrival: RemoteRecord.Arrival
) -> None:
    row.arrival, row.read_at = arrival, read_at
    row.sentence = row.remedy = row.waits_for = ""
    row.gone = read.gone
    row.remote_updated_at = read.updated_at or row.remote_updated_at
    row.version = read.version or row.version
    if read.gone and row.pk:
        return
    row.unreadable = ""
    if read.unreadable:
        # Whoever sent it: nobody has seen what it says, so it is looked at, and found unreadable.
        row.arrival = Arrival.NEW
        row.unreadable = _plain(f"{read.unreadable.field} is {read.unreadable.value}", 200)
    row.of_kind = read.of_kind.value if read.of_kind else ""
    row.marker, row.number = _plain(read.marker, 40), _plain(read.number, 60)
    row.name = _plain(read.name, 500)
    row.customer_id_there, row.currency = read.customer_id, read.currency
    row.amount, row.balance, row.dated = read.amount, read.balance, read.dated
    row.void = read.void
    row.packed_raw = packed(read.raw)


def _plain(words: str, length: int) -> str:
    """As a column can hold it: without NUL and without halves of characters."""
    return words.encode(errors="replace").decode().replace("\0", "")[:length]


def _key(read: RemoteObject) -> Key:
    return read.kind, read.remote_id, read.part


def _stored(connection: Connection, objects: Sequence[RemoteObject]) -> dict[Key, RemoteRecord]:
    found: dict[Key, RemoteRecord] = {}
    for kind in {each.kind for each in objects}:
        ids = sorted({each.remote_id for each in objects if each.kind == kind})
        for some in _in_chunks(ids):
            rows = RemoteRecord.objects.filter(connection=connection, kind=kind, remote_id__in=some)
            found |= {(row.kind, row.remote_id, row.part): row for row in rows}
    return found


def _write(rows: list[RemoteRecord]) -> None:
    """Insert the new ones and replace the content of the others, some hundred a statement."""
    new = [row for row in rows if row.pk is None]
    known = [row for row in rows if row.pk is not None]
    RemoteRecord.objects.bulk_create(new, batch_size=ROWS)
    update_rows(RemoteRecord, known, list(CONTENT))


def _in_chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), IDS):
        yield values[start : start + IDS]
