"""The first real record of a kind: sent alone on a person's word, read back and compared; on a match
its kind is open, and the others follow by themselves."""

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.models import CreditNote, Deposit, Payment, Refund
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import Purpose
from apps.connectors.snapshots import CreditNoteSnapshot, Kind, Snapshot
from apps.mappings.look_up import Mappings
from apps.sync.assemble import Assembler
from apps.sync.calls.handed_over import read_confirmations
from apps.sync.decide.acts import is_decided_elsewhere
from apps.sync.models import FirstOfKind, Reason, RemoteRecord, State, SyncRecord
from apps.sync.run import Crew, read_before_sending
from apps.sync.there.merge import in_order, ours_changed
from apps.sync.there.remote import store
from apps.sync.there.stands import Stands, as_one, of_records
from apps.sync.trial.advice import Advice, advised
from apps.sync.trial.alone import (
    BY_REASON,
    Ended,
    TrialResult,
    Way,
    alone,
    arrived,
    is_newer,
    read_for_a_person,
    send_whole,
    settle_as_read,
    standing_for,
    way_out,
)
from apps.sync.trial.before_it import send_what_goes_before
from apps.sync.trial.by_word import is_as_confirmed
from apps.sync.trial.compared import Names, TrialRow, compared
from apps.sync.trial.compared_money import Money, compared_money, names_of
from apps.sync.trial.money_advice import advised_of_money
from apps.sync.want.firsts import open_kinds, relied_on
from apps.sync.want.wake import wake
from apps.sync.want.wishes import in_scope, make_wishes
from apps.sync.wording import called, capital

Tried = CreditNote | Payment | Refund | Deposit
# What of it is with them, or may be: the page goes on with that one.
LEFT = (Ended.MATCHED, Ended.DIFFERS, Ended.HANDED_OVER, Ended.ASKS_WORD, Ended.UNKNOWN)


def run_first(
    connection: Connection, first: Tried, *, user_id: int, way: Way = Way.SEND
) -> TrialResult:
    """Send one record with what must go before it, read it back, compare field by field. On a match
    its kind is open from then on.

    Raises `Busy`, and ValidationError where it cannot be tried, or nothing is there to compare.
    """
    kind = Kind(first.kind)
    _refuse(connection, first)
    standing = standing_for(connection, first) if way is Way.COMPARE else None
    used = relied_on(connection, kind)

    def work(crew: Crew) -> TrialResult:
        if standing is not None:
            record, result = standing, _compare(crew, standing, first, way)
        else:
            record, result = _send_and_compare(crew, first, way)
        if result.ended in LEFT:
            _note(record, user_id=user_id, used=used if result.matched else "")
        return result

    result = alone(connection, work, duty="first", user_id=user_id)
    if result.matched:
        wake(connection.pk)
    return result


def confirm_first(connection: Connection, first: Tried, *, user_id: int, words: str) -> None:
    """A person says that it stands there as it is here, and how they know: its kind is open. Only
    where the books cannot be read. Raises ValidationError with what stands in the way."""
    name, kind = connection.system_name, Kind(first.kind)
    if connection.capabilities.reads_back:
        raise ValidationError(f"Tieout reads it back from {name} itself.")
    if not words.strip():
        raise ValidationError("Say how you know that it stands there as it is here.")
    _refuse(connection, first)
    record = SyncRecord.objects.filter(connection=connection, **{f"{kind}_id": first.pk}).first()
    if record is None or record.state != State.IN_THE_BOOKS or record.sent != first.revision:
        raise ValidationError(f"{name} has not confirmed {called(first)} as it is here.")
    used = relied_on(connection, kind)
    if not is_as_confirmed(record, _assembler(connection)):
        raise ValidationError("It was sent under other settings. Send another one first.")
    _note(record, user_id=user_id, used=used, words=words.strip()[:300])
    wake(connection.pk)


def _refuse(connection: Connection, first: Tried) -> None:
    kind, can = Kind(first.kind), connection.capabilities
    if not connection.is_live:
        raise ValidationError(f"{connection} is not live. Go live first, then send this one.")
    if kind not in can.kinds:
        raise ValidationError(can.cannot.get(kind, f"{can.name} has nothing of this kind."))
    if kind in open_kinds(connection):
        raise ValidationError("This kind is open already: what is new goes over by itself.")
    if not in_scope(connection, kind).filter(pk=first.pk).exists():
        raise ValidationError(f"{capital(called(first))} does not belong into these books.")


def _note(record: SyncRecord, *, user_id: int, used: str, words: str = "") -> None:
    """How the kind stands now: open under `used`, or tried and closed ("")."""
    FirstOfKind.objects.update_or_create(
        connection_id=record.connection_id,
        kind=record.kind,
        defaults={
            "record": record,
            "tried_at": now(),
            "opened_at": now() if used else None,
            "opened_by_id": user_id if used else None,
            "confirmation": words,
            "fingerprint": used,
        },
    )


def _assembler(connection: Connection) -> Assembler:
    return Assembler(connection, open_connector(connection), Mappings.of(connection))


# --- Sending --------------------------------------------------------------------------------------


def _send_and_compare(crew: Crew, first: Tried, way: Way) -> tuple[SyncRecord, TrialResult]:
    kind = Kind(first.kind)
    record = _wish(crew.connection, first, way)
    unread = _read_first(crew)
    record.refresh_from_db()
    if unread is not None:
        return record, unread
    if record.state in (State.WAITING, State.NEEDS_PERSON) and not is_decided_elsewhere(record):
        send_what_goes_before(crew, first)
        crew.pusher.planner.firsts.let([first])
        send_whole(crew, kind, [record], anew=way is Way.CORRECT)
    return record, _compare(crew, record, first, way)


def _compare(crew: Crew, record: SyncRecord, first: Tried, way: Way) -> TrialResult:
    record.refresh_from_db()
    stands = of_records([record]).get(record.pk)
    standing = stands is not None and not stands.row.gone
    if not (way is Way.COMPARE and standing) and not arrived(record, stands=standing):
        return _not_there(crew, record)
    if not crew.connector.capabilities.reads_back:
        return _asks_word(crew, record)
    if stands is None or not standing:
        return _gone_again(crew, record)
    return _read_back(crew, record, first, stands, way)


def _wish(connection: Connection, first: Tried, way: Way) -> SyncRecord:
    """Its sync record, due now where it waited for its first, or is to be put right."""
    kind = Kind(first.kind)
    with transaction.atomic():
        make_wishes(connection, kind, [first])
        record = SyncRecord.objects.select_for_update().get(
            connection=connection, **{f"{kind}_id": first.pk}
        )
        held = record.state == State.NEEDS_PERSON and not record.in_doubt
        free = record.reason == Reason.FIRST_OF_ITS_KIND or not is_decided_elsewhere(record)
        in_books = record.state == State.IN_THE_BOOKS
        behind = way is Way.CORRECT or record.sent < first.revision
        if (held and free) or (in_books and behind) or record.state == State.WAITING:
            record.wanted = max(record.wanted, first.revision)
            record.plan_anew()
            record.save()
    return record


def _read_first(crew: Crew) -> TrialResult | None:
    """What is handed over is asked about, and their changes are read where this process has not yet:
    money that was typed there is not sent once more."""

    def read() -> None:
        read_confirmations(crew.connection, crew.connector, crew.courier, crew.lease)
        read_before_sending(crew, None)

    return read_for_a_person(crew, read, "what changed in", "Press Send again in a minute")


def _not_there(crew: Crew, record: SyncRecord) -> TrialResult:
    """It has not arrived, or is not believed to have: why, and what to do."""
    if record.state == State.HANDED_OVER:
        ended = Ended.HANDED_OVER
    elif record.in_doubt:
        ended = Ended.UNKNOWN
    else:
        ended = BY_REASON.get(Reason(record.reason), Ended.HELD)
    sentence = record.sentence or (
        f"{capital(called(record.subject))} is not in {crew.recorder.name} yet: "
        f"{record.get_state_display()}."
    )
    return TrialResult(ended, (), sentence, record.remedy)


def _asks_word(crew: Crew, record: SyncRecord) -> TrialResult:
    """What cannot be read back is seen by a person."""
    name, what = crew.recorder.name, called(record.subject)
    if not is_as_confirmed(record, crew.assembler):
        return TrialResult(
            Ended.HELD,
            (),
            f"{name} has confirmed {what}, which was sent under other settings.",
            "Send another one.",
        )
    return TrialResult(
        Ended.ASKS_WORD,
        (),
        f"{name} has confirmed {what}. What stands there cannot be read back.",
        f"Look at it in {name}; then say below that it stands there as it is here.",
    )


def _gone_again(crew: Crew, record: SyncRecord) -> TrialResult:
    name, what = crew.recorder.name, called(record.subject)
    return TrialResult(
        Ended.DIFFERS,
        (),
        f"{name} answered that {what} is not there.",
        f"Look for it in {name}, then send it again.",
    )


# --- Comparing ------------------------------------------------------------------------------------


def _read_back(
    crew: Crew, record: SyncRecord, first: Tried, stands: Stands, way: Way
) -> TrialResult:
    """Read it afresh and hold every field against ours, as far as their books can hold it."""
    connection, name = crew.connection, crew.recorder.name
    crew.courier.purpose = Purpose.PROOF
    rows_there = [row for row in stands.rows if not row.part and not row.gone]
    keys = [(row.kind, row.remote_id) for row in rows_there]
    found = list(crew.connector.read(keys, crew.courier))
    known = {(row.kind, row.remote_id): row for row in rows_there}
    changed = any(
        is_newer(known[each.kind, each.remote_id], each)
        for each in found
        if not each.part and (each.kind, each.remote_id) in known
    )
    # What somebody changed there is looked at by the next run as any change of theirs.
    store(
        connection,
        found,
        read_at=now(),
        arrival=None if changed else RemoteRecord.Arrival.ECHO,
    )
    whole = as_one([each for each in found if not each.part], crew.connector)
    ours = crew.assembler.snapshot(Kind(record.kind), first.pk)
    if ours is None or whole is None or whole.snapshot is None:
        return _gone_again(crew, record)
    ours, theirs = in_order(ours), in_order(crew.connector.project(whole.snapshot))
    rows, advice = _compared(connection, first, ours, theirs)
    wrong = sum(not row.agrees for row in rows)
    what, place = capital(called(first)), (whole.kind, whole.remote_id)
    if not wrong and way is Way.COMPARE:
        settle_as_read(crew, record, first, ours, theirs)
    if not wrong and record.state == State.IN_THE_BOOKS:
        sentence = f"{what} stands in {name} as it is here, in every field that was compared."
        return TrialResult(Ended.MATCHED, rows, sentence, ours=ours, theirs=theirs, place=place)
    differ = "differs" if wrong == 1 else "differ"
    sentence = f"{wrong} of {len(rows)} fields {differ}." if wrong else record.sentence
    if changed:
        sentence = (
            f"Somebody, or an app of theirs, changed it in {name} after it was sent. {sentence}"
        )
    # What is theirs to decide, such as an account, is kept on every write of ours.
    in_place = bool(ours_changed(theirs, ours))
    return TrialResult(
        Ended.DIFFERS,
        rows,
        sentence,
        way_out(name, in_place=in_place, kept="") if wrong else record.remedy,
        in_place=in_place,
        advice=advice,
        changed_there=changed,
        ours=ours,
        theirs=theirs,
        place=place,
    )


def _compared(
    connection: Connection, first: Tried, ours: Snapshot, theirs: Snapshot
) -> tuple[tuple[TrialRow, ...], tuple[Advice, ...]]:
    """The fields side by side, and what to change where they differ."""
    if isinstance(first, CreditNote):
        assert isinstance(ours, CreditNoteSnapshot), "ours is of its kind"
        if not isinstance(theirs, CreditNoteSnapshot):
            raise _of_another_kind(theirs)
        names = Names.of(connection, ours, theirs)
        rows = compared(ours, theirs, names)
        return rows, advised(connection, first, (ours, theirs), rows, names)
    if not (isinstance(ours, Money) and isinstance(theirs, Money)):
        raise _of_another_kind(theirs)
    rows = compared_money(ours, theirs, names_of(connection, ours, theirs))
    return rows, advised_of_money(connection, first, rows)


def _of_another_kind(theirs: Snapshot) -> TypeError:
    return TypeError(f"What was read back is a {type(theirs).__name__}.")
