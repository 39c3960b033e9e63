"""Notes in the history over there: who recorded in Tieout what Tieout made there, and its number.

Best effort: a note holds no record up, what became of it is told in the log, and it leaves once at
the most: its row says that it left before it leaves.
"""

import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from apps.billing.models import Synced
from apps.connections.models import Connection
from apps.connectors.errors import ConnectionLost, ConnectorError, TryLater
from apps.connectors.notes import KeepsNotes, Note
from apps.connectors.port import Connector
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.record import Recorder
from apps.sync.lease import Lease
from apps.sync.models import HistoryNote
from apps.sync.wording import called, capital

logger = logging.getLogger(__name__)

AT_ONCE = 200  # of one run: the others follow with the next


def leave_notes(
    connection: Connection,
    connector: Connector,
    courier: SyncCourier,
    recorder: Recorder,
    lease: Lease,
) -> None:
    """Write what is due, one by one. Where nothing further may be called it waits for another run;
    it raises nothing of that, since no record waits for it."""
    if not connector.capabilities.notes or not isinstance(connector, KeepsNotes):
        return
    for row in _due(connection):
        note = Note(
            kind=row.kind,
            remote_id=row.remote_id,
            words=words_of(row.sync_record.subject),
            key=f"note {row.sync_record.identity}",
        )
        _become(row, HistoryNote.State.LEFT, lease)
        try:
            connector.note(note, courier)
        except (TryLater, ConnectionLost) as later:
            _become(row, HistoryNote.State.DUE, lease)
            logger.info("note on sync record %s waits: %s", row.sync_record_id, _name(later))
            return
        except ConnectorError as trouble:
            _become(row, HistoryNote.State.FAILED, lease)
            logger.warning(
                "note on sync record %s was not written: %s %s",
                row.sync_record_id,
                _name(trouble),
                trouble.code,
            )
        else:
            _become(row, HistoryNote.State.WRITTEN, lease)
        finally:
            recorder.record([], {}, courier.collect_answered())


def _due(connection: Connection) -> Iterable[HistoryNote]:
    rows = HistoryNote.objects.filter(
        sync_record__connection=connection, state=HistoryNote.State.DUE
    )
    return list(rows.select_related("sync_record").order_by("pk")[:AT_ONCE])


def _become(row: HistoryNote, state: HistoryNote.State, lease: Lease) -> None:
    with transaction.atomic():
        lease.confirm()
        row.state = state
        row.save(update_fields=["state"])


def _name(trouble: ConnectorError) -> str:
    """What kind of trouble: what it says may carry a customer's data."""
    return type(trouble).__name__


def words_of(subject: Synced) -> str:
    return f"{capital(called(subject))}: recorded in Tieout by {_who(subject)}."


def _who(subject: Any) -> str:
    """Who made the record, by its history: the first row that names somebody."""
    rows = subject.history.exclude(history_user=None).select_related("history_user")
    first = rows.order_by("history_date", "history_id").first()
    return str(first.history_user) if first is not None else "Tieout"
