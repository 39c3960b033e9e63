"""What was handed over: surely with them, and not in their books until they say so another day."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connections.times import today_in
from apps.connectors.errors import RecordRefused
from apps.connectors.port import Capabilities, Confirmation, Connector, Courier
from apps.sync.calls.outcomes import Outcomes
from apps.sync.lease import Lease
from apps.sync.models import Agreed, Attempt, Intended, Reason, RemoteRecord, State, SyncRecord
from apps.sync.wording import day

Key = tuple[str, str, str]  # their kind, id, version

NOT_YET = ", not confirmed yet."
DECIDED = [
    "state", "reason", "sentence", "remedy", "waits_for", "due_at", "checked_at", "tries",
    "generation", "wanted", "sent", "changed_at",
]  # fmt: skip


def hand_over(record: SyncRecord, connection: Connection) -> None:
    """It is with them (not saved): nothing of it is sent before they have said what became of it."""
    on = day(today_in(connection.company))
    record.state, record.due_at = State.HANDED_OVER, None
    record.reason, record.waits_for = Reason.NONE, ""
    record.sentence = f"Handed over on {on}{NOT_YET}"
    record.remedy = (
        f"Nothing to do: Tieout looks whether {connection.system_name} has confirmed it."
    )


def read_confirmations(
    connection: Connection, connector: Connector, courier: Courier, lease: Lease
) -> None:
    """Ask what became of everything that is handed over, and note what is decided. No transaction is
    open during the calls; where nothing is handed over there are none."""
    if not connector.capabilities.hands_over:
        return
    waiting = _waiting(connection)
    if not waiting:
        return
    said = {
        (each.kind, each.remote_id, each.version): each
        for each in connector.confirmations(sorted(waiting), courier)
    }
    decided = [(waiting[key], said[key]) for key in waiting.keys() & said.keys()]
    late = _late(connection, connector.capabilities)
    if decided or late:
        with transaction.atomic():
            lease.confirm()
            _note(decided, connector.capabilities)
            _tell_of(late, connector.capabilities)


def _waiting(connection: Connection) -> dict[Key, int]:
    """What they are asked about → its sync record."""
    rows = RemoteRecord.objects.filter(
        connection=connection,
        part="",
        retired=False,
        sync_record__connection=connection,
        sync_record__in=undecided_of(connection),
    )
    found = rows.values_list("kind", "remote_id", "version", "sync_record_id")
    return {
        (kind, remote_id, version): pk for kind, remote_id, version, pk in found if pk is not None
    }


def undecided_of(connection: Connection) -> QuerySet[SyncRecord]:
    """What was handed over and is not decided, that included of which a person was told that it
    takes long."""
    told = Q(state=State.NEEDS_PERSON, reason=Reason.ANSWER_LOST)
    by_its_call = Attempt.objects.filter(
        sync_record=OuterRef("pk"), call=OuterRef("call"), result=Attempt.Result.HANDED_OVER
    )
    return SyncRecord.objects.filter(
        Q(state=State.HANDED_OVER) | (told & Exists(by_its_call)), connection=connection
    )


def _late(connection: Connection, capabilities: Capabilities) -> list[int]:
    """Sync records that were to be confirmed by now."""
    since = now() - timedelta(days=capabilities.confirmed_within_days)
    rows = SyncRecord.objects.filter(
        connection=connection, state=State.HANDED_OVER, call__started_at__lt=since
    )
    return list(rows.values_list("pk", flat=True))


def _tell_of(late: Sequence[int], capabilities: Capabilities) -> None:
    """In a transaction. It is asked about all the same, and nothing of it is sent by itself."""
    rows = SyncRecord.objects.select_for_update().filter(pk__in=late, state=State.HANDED_OVER)
    records = list(rows.order_by("pk"))
    name, days = capabilities.name, capabilities.confirmed_within_days
    for record in records:
        said = record.sentence.removesuffix(NOT_YET)
        record.hold(
            Reason.ANSWER_LOST,
            f"{said}, and not confirmed within {days} days.",
            f"Ask whoever keeps {name}: what they confirm is taken at once. If it surely is not "
            "there, press “Send it again”.",
        )
    SyncRecord.objects.bulk_update(records, DECIDED)


def is_undecided(record: SyncRecord) -> bool:
    """Whether it is handed over, and nobody has said yet what became of it."""
    return undecided_of(record.connection).filter(pk=record.pk).exists()


def note_word(record: SyncRecord, capabilities: Capabilities, said: str) -> None:
    """In a transaction: somebody of ours has seen that what was handed over stands there. `said` is
    who, and how they know. What they confirm or turn away of it later is not asked about."""
    word = Confirmation(kind="", remote_id="", version="")
    _note([(record.pk, word)], capabilities, said)


def _note(
    decided: Sequence[tuple[int, Confirmation]], capabilities: Capabilities, said_by_us: str = ""
) -> None:
    """In a transaction. Whatever was wished for meanwhile is planned after what was confirmed."""
    said = dict(decided)
    undecided = Q(state=State.HANDED_OVER) | Q(state=State.NEEDS_PERSON, reason=Reason.ANSWER_LOST)
    rows = SyncRecord.objects.select_for_update().filter(undecided, pk__in=said)
    records = list(rows.order_by("pk"))
    left = {
        each.record_id: each
        for each in Intended.objects.filter(record__in=records).select_related("record")
    }
    agreed, attempts = [], []
    for record in records:
        word = said[record.pk]
        if word.refusal:
            _refused(record, word, capabilities)
        else:
            record.sent = record.intent_revision or 0
            record.wanted = max(record.wanted, record.sent)
            record.calm()
            snapshot = left[record.pk].snapshot
            agreed.append(Agreed(record=record, packed_snapshot=Agreed.pack(snapshot)))
        attempts.append(
            Attempt(
                call_id=record.call_id,
                sync_record=record,
                revision=record.intent_revision or 0,
                result=Attempt.Result.REFUSED if word.refusal else Attempt.Result.DONE,
                code=word.code[:20],
                sentence=word.refusal or said_by_us or f"{capabilities.name} confirmed it.",
            )
        )
    SyncRecord.objects.bulk_update(records, DECIDED)
    Agreed.objects.bulk_create(
        agreed,
        update_conflicts=True,
        update_fields=["packed_snapshot", "at"],
        unique_fields=["record"],
    )
    Intended.objects.filter(record__in=records).delete()
    Attempt.objects.bulk_create(attempts)


def _refused(record: SyncRecord, word: Confirmation, capabilities: Capabilities) -> None:
    """Turned away another day: what was new never came to stand, and is handed over anew, as
    another one, once a person has put it right."""
    record.generation += 1
    Outcomes(capabilities).refused(record, RecordRefused(word.refusal, code=word.code))
    if not record.sent:
        RemoteRecord.objects.filter(sync_record=record).update(retired=True)
