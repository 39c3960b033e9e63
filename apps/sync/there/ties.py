"""Ties between their objects and our records, and what both sides agree a record is."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Q

from apps.billing.models import Allocation, Payment, Synced
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.models import IN_DOUBT as IN_DOUBT_STATES
from apps.sync.models import (
    SUBJECTS,
    Agreed,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    Tie,
    packed,
)
from apps.sync.models.waits import NO_WAIT, Wait

# A send of ours is not finished: what their side says now may be half of it. `in_doubt`, asked of rows.
IN_DOUBT = Q(state__in=(*IN_DOUBT_STATES, State.HANDED_OVER)) | Q(
    state=State.NEEDS_PERSON, reason=Reason.ANSWER_LOST
)
# Likewise where its next step is still to come.
UNDER_WAY = IN_DOUBT | ~Q(step="")

WHOLE, BEGINNING = 32, 20  # digits of a marker, and of what may be kept of one


def sync_record_of(connection: Connection, subject: Synced) -> SyncRecord:
    """Our record's sync record on this connection; made (nothing sent yet) where there is none."""
    kind = Kind(subject.kind)
    record, _ = SyncRecord.objects.get_or_create(
        connection=connection,
        **{f"{kind.value}_id": subject.pk},
        defaults={"kind": kind.value, "wanted": subject.revision, "due_at": now()},
    )
    return record


def by_marker(connection: Connection, remote: RemoteObject) -> Synced | None:
    """Our record whose marker their object carries; None without one, or where it is not ours. The
    beginning of one is a look-up and no proof: then currency, amount and day must be ours too."""
    if not remote.marker or remote.of_kind is None:
        return None
    found = named_by(connection, remote.of_kind, remote.marker)
    if found is None or len(remote.marker) > BEGINNING or _is_like(found, remote):
        return found
    return None


def named_by(connection: Connection, kind: Kind, marker: str) -> Synced | None:
    """Our record of this kind, of the connection's company, whose marker this is, or begins so."""
    ids = _ids_in(marker)
    if ids is None:
        return None
    of_the_company = Q(company_id=connection.company_id, public_id__range=ids)
    found: list[Synced] = list(SUBJECTS[kind]._base_manager.filter(of_the_company)[:2])
    return found[0] if len(found) == 1 else None


def is_forgotten(marker: str) -> bool:
    """Whether it is a marker of ours that no record here has, of whatever kind and company."""
    ids = _ids_in(marker)
    return ids is not None and not any(
        model._base_manager.filter(public_id__range=ids).exists() for model in SUBJECTS.values()
    )


def _ids_in(marker: str) -> tuple[UUID, UUID] | None:
    """The first and the last id that it may mean: one, but for the beginning of a marker."""
    rest = WHOLE - BEGINNING if len(marker) == BEGINNING else 0
    try:
        return (UUID(marker + "0" * rest), UUID(marker + "f" * rest)) if marker else None
    except ValueError:
        return None


def _is_like(subject: Synced, remote: RemoteObject) -> bool:
    """Money of that currency and day; a part of its amount, where a receipt is several objects."""
    return (
        isinstance(subject, Payment)
        and remote.amount is not None
        and (remote.currency, remote.dated) == (subject.currency, subject.date)
        and remote.amount <= subject.amount
    )


def live_tie(record: SyncRecord) -> RemoteRecord | None:
    """The object of theirs that stands for our record today: for it alone, or, where their ledger
    adds up, for it together with the others of the same two."""
    own = record.remote_records.filter(retired=False, gone=False).order_by("part", "id").first()
    if own is not None or record.kind != Kind.ALLOCATION:
        return own
    shared = Tie.objects.filter(
        sync_record=record,
        part=Tie.Part.ADDED,
        remote_record__retired=False,
        remote_record__gone=False,
    ).select_related("remote_record")
    found = shared.order_by("remote_record").first()
    return None if found is None else found.remote_record


def tie(row: RemoteRecord, record: SyncRecord) -> None:
    """It stands for our record from now on; where it bears our marker of it, Tieout made it."""
    row.sync_record, row.retired = record, False
    row.made_here = row.made_here or (bool(row.marker) and _is_of(row.marker, record))
    row.save(update_fields=["sync_record", "retired", "made_here"])


def _is_of(marker: str, record: SyncRecord) -> bool:
    ids = _ids_in(marker)
    return ids is not None and ids[0] <= record.subject.public_id <= ids[1]


def tie_part(row: RemoteRecord, part: str, allocation: Allocation, record: SyncRecord) -> None:
    """A part of their object (a line of a payment) stands for an allocation of ours."""
    said = _part_fields(row, allocation, record)
    RemoteRecord.objects.update_or_create(
        connection_id=row.connection_id,
        kind=row.kind,
        remote_id=row.remote_id,
        part=part[:60],
        defaults={"retired": False, "gone": False, **said},
        create_defaults={"packed_raw": packed({}), **said},
    )


def new_part(
    row: RemoteRecord, part: str, allocation: Allocation, record: SyncRecord
) -> RemoteRecord:
    """The same of an object none of whose parts was noted yet (not saved)."""
    return RemoteRecord(
        connection_id=row.connection_id,
        kind=row.kind,
        remote_id=row.remote_id,
        part=part[:60],
        packed_raw=packed({}),
        **_part_fields(row, allocation, record),
    )


def _part_fields(row: RemoteRecord, allocation: Allocation, record: SyncRecord) -> dict[str, Any]:
    return {
        "of_kind": Kind.ALLOCATION,
        "sync_record": record,
        "version": row.version,
        "remote_updated_at": row.remote_updated_at,
        "customer_id_there": row.customer_id_there,
        "currency": allocation.currency,
        "amount": allocation.amount,
        "dated": allocation.date,
        "arrival": RemoteRecord.Arrival.APPLIED,
        "read_at": row.read_at,
    }


def agree(record: SyncRecord, snapshot: Snapshot) -> None:
    """Keep what both sides agree the record is."""
    Agreed.objects.update_or_create(
        record=record, defaults={"packed_snapshot": Agreed.pack(snapshot)}
    )


def agreed_on(record: SyncRecord) -> Snapshot | None:
    """What both sides last agreed the record is; None before they ever did."""
    found = agreed_of([record]).get(record.pk)
    return None if found is None else found.snapshot


def agreed_of(records: Iterable[SyncRecord]) -> dict[int, Agreed]:
    """The same of several, by the key of the record, in one statement."""
    known = {each.pk: each for each in records}
    found = {each.record_id: each for each in Agreed.objects.filter(record__in=list(known))}
    for key, each in found.items():
        # It is here already, and says of what kind the snapshot is. An assignment would leave the
        # record with this one for good, whatever is agreed next.
        Agreed._meta.get_field("record").set_cached_value(each, known[key])
    return found


def in_the_books(record: SyncRecord, revision: int) -> None:
    """Their books hold this revision of ours, and nothing newer is wanted."""
    record.wanted = record.sent = revision
    record.calm()
    _save_settled(record)


def wanted_again(record: SyncRecord, revision: int, *, sent: int) -> None:
    """Their books hold something older than this revision of ours: it is planned now."""
    record.wanted, record.sent = revision, min(sent, revision - 1)
    record.plan_again()
    _save_settled(record)


def gone_there(record: SyncRecord, revision: int) -> None:
    """It is gone over there and cancelled, void or reversed here: nothing is left to do."""
    record.wanted = record.sent = revision
    record.end()
    _save_settled(record)


def left_out(record: SyncRecord, revision: int, reason: Reason, sentence: str) -> None:
    """It does not belong into their books, for this reason."""
    record.wanted = record.sent = revision
    record.leave_out(reason, sentence)
    _save_settled(record)


def hold(
    record: SyncRecord, reason: Reason, sentence: str, remedy: str, waits_for: Wait = NO_WAIT
) -> None:
    """A person decides before anything more happens to it."""
    record.hold(reason, sentence, remedy, waits_for)
    record.save()


def _save_settled(record: SyncRecord) -> None:
    """Nothing of it is under way."""
    record.tries = 0
    record.intent_revision = record.call = None
    record.save()
