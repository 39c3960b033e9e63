"""Two objects of theirs that bear one mark of ours: named side by side, and one taken back there.

Nothing is taken back by itself: a copy made over there bears our mark as well, and only a person
knows which of both the bank has seen.
"""

import dataclasses

from django.db import transaction

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Connector, Push, RemoteObject
from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Snapshot,
)
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.record import Recorder
from apps.sync.models import Candidate, Reason, RemoteRecord, SyncRecord
from apps.sync.there.remote import store
from apps.sync.wording import called, day, money

REMEDY = (
    "Look at both. Is one a double, let Tieout take it back; is it a copy made there, keep both, "
    "with a reason."
)
Decision = Candidate.Decision
Arrival = RemoteRecord.Arrival


def put_before_a_person(
    name: str, row: RemoteRecord, record: SyncRecord, standing: RemoteRecord
) -> Candidate:
    """The arriving one beside the one that stands for our record. Asked once for each pair; until
    somebody says what it is, the record is held. A document under another number we never sent:
    it is a copy of theirs, and ours goes on. Inside a transaction."""
    candidate, _ = Candidate.objects.get_or_create(
        remote_record=row,
        sync_record=record,
        defaults={
            "double": True,
            "evidence": (
                f"Two in {name} bear Tieout's mark of {called(record.subject)}: "
                f"{_named(standing)}, which stands for it, and {_named(row)}."
            ),
        },
    )
    copied = row.of_kind in (Kind.INVOICE, Kind.CREDIT_NOTE) and row.number != standing.number
    if not candidate.decision and not copied and not record.in_doubt:
        record.hold(Reason.DOUBLE, candidate.evidence, REMEDY)
        record.save()
    return candidate


def take_back_doubles(
    connection: Connection, connector: Connector, courier: SyncCourier, recorder: Recorder
) -> None:
    """Cancel over there what a person called a double. Each is read first: one that is gone or
    void already, by an answer that got lost or by somebody there, is as good.

    Raises what holds up the whole connection; then the next run goes on.
    """
    chosen = Candidate.objects.filter(
        sync_record__connection=connection,
        double=True,
        decision=Decision.TAKE_BACK,
        taken_back_at=None,
    ).select_related("remote_record", "sync_record")
    for candidate in chosen.order_by("pk"):
        try:
            refused = _take_back(candidate, connection, connector, courier)
        finally:
            recorder.record([], {}, courier.collect_answered())
        _note(candidate, refused, connector.capabilities.name)


def _take_back(
    candidate: Candidate, connection: Connection, connector: Connector, courier: SyncCourier
) -> ConnectorError | None:
    """None once it is taken back; else why it is not."""
    row = candidate.remote_record
    there = _as_it_stands(row, connector, courier)
    if there is None:
        return OutcomeUnknown("It cannot be read now.")
    if not (there.gone or there.void):
        if there.snapshot is None:
            return ConnectorError("It has a shape that Tieout does not know any more.")
        push = Push(
            ref=candidate.sync_record_id,
            kind=Kind(row.of_kind),
            snapshot=_cancelled(there.snapshot),
            identity=candidate.sync_record.identity,
            known=there,
        )
        # No record of ours is on its way with it: what stands for ours is not touched.
        courier.intends({})
        (outcome,) = connector.push([push], courier)
        if outcome.error is not None:
            return outcome.error
        there = outcome.remote[0]
    store(connection, [there], read_at=now(), arrival=Arrival.ONLY_THEIRS)
    return None


def _as_it_stands(
    row: RemoteRecord, connector: Connector, courier: SyncCourier
) -> RemoteObject | None:
    found = connector.read([(row.kind, row.remote_id)], courier)
    return next((each for each in found if each.part == row.part or each.gone), None)


def _note(candidate: Candidate, refused: ConnectorError | None, name: str) -> None:
    """What became of it, on the decision and on our record."""
    match refused:
        case ConnectionLost() | TryLater(whole_connection=True):
            raise refused
        case TryLater() | OutcomeUnknown() | RemoteIsNewer():
            return  # the next run reads it first
    with transaction.atomic():
        record = SyncRecord.objects.select_for_update().get(pk=candidate.sync_record_id)
        if refused is not None:
            words = f"{name} did not let it be taken back: {refused.sentence}"
            candidate.decision, candidate.decided_at = Decision.OPEN, None
            candidate.evidence = f"{candidate.evidence} {words}"
            candidate.save()
            record.hold(Reason.DOUBLE, candidate.evidence, refused.remedy or REMEDY)
            record.save()
            return
        candidate.taken_back_at = now()
        candidate.save(update_fields=["taken_back_at"])
        RemoteRecord.objects.filter(pk=candidate.remote_record_id).update(
            sentence=f"A double of {called(record.subject)}, taken back in {name}."
        )
        if record.reason == Reason.DOUBLE and not _others_open(candidate):
            record.plan_again()
            record.save()


def _others_open(candidate: Candidate) -> bool:
    """Whether another double of the same record is undecided, or not taken back yet."""
    others = Candidate.objects.filter(sync_record=candidate.sync_record_id, double=True)
    return (
        others.exclude(pk=candidate.pk)
        .filter(taken_back_at=None)
        .exclude(decision=Decision.KEEP_BOTH)
        .exists()
    )


def _cancelled(snapshot: Snapshot) -> Snapshot:
    """Void where it is a document, else cancelled; a master is made inactive."""
    match snapshot:
        case InvoiceSnapshot() | CreditNoteSnapshot():
            return dataclasses.replace(snapshot, void=True)
        case CustomerSnapshot() | ItemSnapshot():
            return dataclasses.replace(snapshot, active=False)
    return dataclasses.replace(snapshot, cancelled=True)


def _named(row: RemoteRecord) -> str:
    amount = f" over {money(row.amount, row.currency)}" if row.amount is not None else ""
    dated = f" of {day(row.dated)}" if row.dated else ""
    number = f" {row.number}" if row.number else ""
    return f"{row.kind}{number} (id {row.remote_id}){amount}{dated}"
