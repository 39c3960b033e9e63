"""Notes of changes by hand, written beside what was changed over there: each is found there once.

A note holds no record up. Its row says that it leaves before it leaves; where the answer is lost it
is asked for again after the provider's own time-out, and the connector looks before it writes.
"""

import logging
from collections.abc import Sequence
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction

from apps.billing.models import Company
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    TryLater,
)
from apps.connectors.notes import EditNote, NotesEdits
from apps.connectors.port import Connector, RemoteObject
from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.outcomes import TELL_AFTER
from apps.sync.calls.record import Recorder
from apps.sync.lease import Lease
from apps.sync.models import Edit, RemoteRecord, SyncRecord
from apps.sync.there import ties
from apps.sync.there.compare import told_apart
from apps.sync.there.remote import as_object, store
from apps.sync.wording import called, capital, day

logger = logging.getLogger(__name__)

LOOKED_AT = ("arrival", "sentence", "remedy", "waits_for")
AT_ONCE = 100  # of one run: the others follow with the next
SAVED = ["state", "due_at", "tries", "where", "sentence", "written_at"]


def write_edit_notes(
    connection: Connection,
    connector: Connector,
    courier: SyncCourier,
    recorder: Recorder,
    lease: Lease,
) -> None:
    """Write what is due, one by one. Where nothing further may be called it waits for another run;
    it raises nothing of that, since no record waits for it."""
    if not isinstance(connector, NotesEdits):
        return
    closed = Company.objects.values_list("closing_date", flat=True).get(pk=connection.company_id)
    for edit in _due(connection):
        record = _record(edit)
        stands = None if record is None else _beside(record)
        if record is None or stands is None:
            edit.stay_here(
                f"Nothing of it stands in {recorder.name} any more: the note stays here."
            )
            _save(edit, lease)
            continue
        if record.in_doubt or record.step:
            # Its own send is found out first, or goes on; the next ones do not wait for it.
            edit.due_at = now() + _patience()
            _save(edit, lease)
            continue
        edit.leave(_patience())
        _save(edit, lease)
        try:
            noted = connector.note_edit(_note(edit, record, stands, closed), courier)
        except (TryLater, ConnectionLost) as later:
            edit.tries -= 1  # it did not leave
            edit.wait(timedelta(seconds=getattr(later, "retry_after", None) or 0))
            _save(edit, lease)
            logger.info("note of edit %s waits: %s", edit.pk, type(later).__name__)
            return
        except ConnectorError as trouble:
            _failed(edit, trouble, recorder.name)
            _save(edit, lease)
            logger.warning("note of edit %s: %s %s", edit.pk, type(trouble).__name__, trouble.code)
        else:
            edit.arrive(noted.where)
            with transaction.atomic():
                _save(edit, lease)
                _keep(connection, connector, noted.objects)
        finally:
            recorder.record([], {}, courier.collect_answered())


def words_of(edit: Edit) -> str:
    """One line that names the record, what changed, why, and who says so."""
    name = capital(called(edit.sync_record.subject))
    whose = "Changed in Tieout" if edit.side == Edit.Side.HERE else "Changed here by hand"
    signed = [str(edit.noted_by)] if edit.noted_by is not None else []
    signed += [day(edit.noted_at.date())] if edit.noted_at is not None else []
    why = " ".join(edit.note.split())
    return f"{name}. {whose}: {edit.what}. {why} ({', '.join(signed)}; Tieout {edit.reference})"


def _due(connection: Connection) -> list[Edit]:
    rows = Edit.objects.filter(connection=connection, due_at__lte=now())
    rows = rows.select_related("sync_record", "noted_by").order_by("due_at", "pk")
    return list(rows[:AT_ONCE])


def _record(edit: Edit) -> SyncRecord | None:
    """The record beside whose object the note is read: the one that was changed, or the money or
    credit that what was changed is of."""
    record = edit.sync_record
    allocation = record.allocation
    if record.kind != Kind.ALLOCATION or allocation is None:
        return record
    of = {"payment": allocation.payment_id, "credit_note": allocation.credit_note_id}
    held = {name: key for name, key in of.items() if key is not None}
    if not held:
        return None
    return SyncRecord.objects.filter(connection=record.connection_id, **held).first()


def _beside(record: SyncRecord) -> RemoteRecord | None:
    """What stands for it, or did last: some ledgers keep what was taken back, and notes beside it."""
    rows = record.remote_records.filter(retired=False, part="")
    return ties.live_tie(record) or rows.order_by("-id").first()


def _note(edit: Edit, record: SyncRecord, stands: RemoteRecord, closed: date | None) -> EditNote:
    days = [each for each in (edit.dated, stands.dated) if each is not None]
    return EditNote(
        of_kind=Kind(record.kind),
        kind=stands.kind,
        remote_id=stands.remote_id,
        customer_id=stands.customer_id_there,
        words=words_of(edit),
        reference=edit.reference,
        untouched=closed is not None and min(days) <= closed,
        key=edit.reference,
    )


def _keep(connection: Connection, connector: Connector, objects: Sequence[RemoteObject]) -> None:
    """Their objects as they stand with the note. What becomes of each is as before: our own hand
    deals with nothing that waits there; what somebody over there changed since it was read arrives
    as any change of theirs."""
    for each in objects:
        rows = RemoteRecord.objects.filter(
            connection=connection, kind=each.kind, remote_id=each.remote_id, part=each.part
        )
        row = rows.first()
        known = row is not None and not row.unreadable and not row.gone
        held = as_object(row, connector).snapshot if known and row is not None else None
        alike = _alike(connector, held, each.snapshot)
        store(connection, [each], read_at=now())
        if alike and row is not None:
            rows.update(**{name: getattr(row, name) for name in LOOKED_AT})


def _alike(connector: Connector, held: Snapshot | None, stands: Snapshot | None) -> bool:
    """But for what is theirs alone, such as the memo that the note is in."""
    if held is None or stands is None or type(held) is not type(stands):
        return False
    found = told_apart(connector.project(held), connector.project(stands))
    return all(each.whose == "kept" for each in found)


def _failed(edit: Edit, trouble: ConnectorError, name: str) -> None:
    if isinstance(trouble, RemoteGone):
        edit.stay_here(f"It does not stand in {name} any more: the note stays here.")
    elif isinstance(trouble, RecordRefused):
        edit.be_refused(f"{name} rejected the note: {trouble.sentence}")
    elif edit.tries >= TELL_AFTER:
        edit.be_refused(f"Nobody knows whether the note arrived in {name}: {trouble.sentence}")
    elif isinstance(trouble, OutcomeUnknown):
        edit.state, edit.due_at = Edit.State.LEFT, now() + _patience()
    else:
        edit.wait(_patience())


def _patience() -> timedelta:
    """After which what was lost can be believed not to have arrived."""
    return timedelta(seconds=settings.SYNC_PROVIDER_TIMEOUT)


def _save(edit: Edit, lease: Lease) -> None:
    with transaction.atomic():
        lease.confirm()
        edit.save(update_fields=SAVED)
