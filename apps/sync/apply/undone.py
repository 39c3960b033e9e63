"""What is taken back with its run, as it arrives: that it has ended there is what we wait for."""

from apps.connectors.port import RemoteObject
from apps.sync.models import RemoteRecord, State, SyncRecord


def is_undone_there(record: SyncRecord, remote: RemoteObject) -> bool:
    """Whether the object of a record that a person had taken back with its run is void or gone. If
    it was still to be taken back, somebody did so there meanwhile: the next plan needs no call."""
    ended = _ended(remote)
    if record.undo_id is None or not ended:
        return False
    if record.state == State.NEEDS_PERSON:
        record.plan_again()
        record.save()
    return True


def was_given_up(row: RemoteRecord, remote: RemoteObject) -> bool:
    """Whether it stood for a record of ours until that was taken back, and is void: what bears our
    mark a second time is then no double."""
    return row.sync_record_id is not None and row.retired and not remote.gone and _ended(remote)


def _ended(remote: RemoteObject) -> bool:
    return bool(remote.gone or remote.void or getattr(remote.snapshot, "cancelled", False))
