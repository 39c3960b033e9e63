"""What a person can do about a record in a ledger: send now, retry, decide, leave out."""

from collections.abc import Iterable, Mapping

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from apps.connections import lifecycle
from apps.connections.checking import refuse_unconfirmed
from apps.connections.clock import measure, now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.staff.models import User
from apps.sync.apply.decisions import carry_out_conflicts
from apps.sync.calls.handed_over import is_undecided, note_word
from apps.sync.decide.adopt import link, look_again
from apps.sync.models import (
    OPEN_STATES,
    Attempt,
    Candidate,
    Conflict,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    rows_of,
)
from apps.sync.models.waits import UNFOLLOWED, On
from apps.sync.there.shares import give_up
from apps.sync.undo.anew import ANEW, is_undone, send_undone_anew
from apps.sync.want.wake import wake
from apps.sync.want.wishes import DOCUMENTS, make_wishes, raise_wish, sweep

LET_GO = [
    "state", "reason", "sentence", "remedy", "waits_for", "due_at", "tries", "steps", "let_go_at",
]  # fmt: skip
# What a person may press Retry on. What may have arrived is asked about again, never sent.
RETRIED = (State.NEEDS_PERSON, State.WAITING, State.LEFT_OUT, State.UNKNOWN)
NOT_WRITTEN = (
    "it was open at the cut-off, and Tieout does not write it there. Take its link apart on the page "
    "of the connection if it is another one."
)
DECIDED_ELSEWHERE = (
    Reason.CHANGED_ON_BOTH_SIDES,
    Reason.MAYBE_THE_SAME,
    Reason.GONE,
    Reason.MERGED,
    Reason.DOUBLE,
    Reason.FIRST_OF_ITS_KIND,
)


def go_live(connection: Connection) -> int:
    """Open automation after a matching test invoice: everything in scope is wished for; how much.

    Raises ValidationError where the test invoice has not matched, no cut-off is chosen, or nobody has
    confirmed that these are the right books.
    """
    refuse_unconfirmed(connection)
    with transaction.atomic():
        lifecycle.go_live(connection)
        wished = sweep(connection)
    wake(connection.pk)
    return wished


def sync_now(connection: Connection) -> bool:
    """Start a run that reads their changes too; False where one is about to start already."""
    Connection.objects.filter(pk=connection.pk).update(asked_to_get_at=measure())
    return wake(connection.pk)


@transaction.atomic
def retry(records: Iterable[SyncRecord]) -> tuple[int, list[str]]:
    """Plan records again, what they wait for before them, whatever is switched off; how many, and a
    sentence for each that must be decided first."""
    keys = [each.pk for each in records]
    # Locked and read afresh: what a run has taken up since the page was drawn is on its way.
    rows = SyncRecord.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    done, looked, refused = [], [], []
    for record in rows:
        if record.opening and record.kind in DOCUMENTS:
            refused.append(f"{record.subject}: {NOT_WRITTEN}")
        elif is_undone(record):
            send_undone_anew(record)
            done.append(record)
        elif record.state not in RETRIED:
            refused.append(f"{record.subject}: {record.get_state_display().lower()}, not retried.")
        elif record.awaits.on in UNFOLLOWED:
            _look_again_at_theirs(record)
            looked.append(record)
        elif is_decided_elsewhere(record):
            refused.append(
                f"{record.subject}: decide first ({record.get_reason_display().lower()})."
            )
        else:
            done.append(record)
    first = _waited_for_by(done)
    for record in (*done, *first):
        record.let_go()
    SyncRecord.objects.bulk_update([*done, *first], [*LET_GO, *ANEW])
    for connection_id in {each.connection_id for each in (*done, *looked)}:
        wake(connection_id)
    return len(done) + len(looked), refused


def _waited_for_by(records: Iterable[SyncRecord]) -> list[SyncRecord]:
    """What these wait for and what that waits for, where a person may retry it: it goes first."""
    known = {each.pk: each for each in records}
    asked, found = list(known.values()), []
    while asked:
        record = asked.pop()
        wait = record.awaits
        if wait.on != On.RECORD:
            continue
        first = (
            SyncRecord.objects.select_for_update()
            .filter(
                Q(state__in=[State.NEEDS_PERSON, State.LEFT_OUT]) | On.BY_HAND.rows,
                connection=record.connection_id,
                **{f"{wait.kind}_id": wait.key},
            )
            .first()
        )
        if first is None or first.pk in known or first.in_doubt:
            continue
        if not is_decided_elsewhere(first):
            known[first.pk] = first
            found.append(first)
            asked.append(first)
    return found


def is_decided_elsewhere(record: SyncRecord) -> bool:
    """Whether a person decides something first, by another act than Retry."""
    if record.awaits.on in UNFOLLOWED:
        return False
    return record.reason in DECIDED_ELSEWHERE


def may_recreate(record: SyncRecord) -> bool:
    """Whether it can be sent anew as another one: not what only waits to be followed here, and
    never what is of before the cut-off."""
    followed = record.awaits.on in UNFOLLOWED
    return record.reason == Reason.GONE and not (followed or record.opening)


def _look_again_at_theirs(record: SyncRecord) -> None:
    """What became of it over there is dealt with anew: nothing of ours is planned before that."""
    record.remote_records.filter(part="", retired=False).update(
        arrival=RemoteRecord.Arrival.NEW, sentence="", remedy="", waits_for=""
    )


@transaction.atomic
def send_anew(record: SyncRecord, *, user_id: int, reason: str) -> None:
    """A person looked over there and it is not there: it is sent under a new key.

    Raises ValidationError without a reason, and where Tieout can still find out by itself.
    """
    record = SyncRecord.objects.select_for_update().get(pk=record.pk)
    if record.state != State.NEEDS_PERSON or record.reason != Reason.ANSWER_LOST:
        raise ValidationError("Only what Tieout cannot find out by itself is sent on your word.")
    if not reason.strip():
        raise ValidationError("Say how you know that it is not there.")
    Attempt.objects.create(
        sync_record=record,
        revision=record.intent_revision or record.wanted,
        result=Attempt.Result.LATER,
        sentence=f"{User.objects.get(pk=user_id)} looked and did not find it: {reason}",
    )
    record.generation += 1
    record.plan_anew()
    record.let_go_at = now()
    record.save()
    wake(record.connection_id)


@transaction.atomic
def stands_there(record: SyncRecord, *, user_id: int, reason: str) -> None:
    """A person has seen that what was handed over stands there as it left: it is in the books, on
    their word. Only where the books cannot be read. Raises ValidationError otherwise."""
    capabilities = record.connection.capabilities
    if capabilities.reads_back:
        raise ValidationError(f"Tieout reads what stands in {capabilities.name} itself.")
    record = SyncRecord.objects.select_for_update().get(pk=record.pk)
    if not is_undecided(record):
        raise ValidationError("Only what was handed over and not confirmed is believed on a word.")
    if not reason.strip():
        raise ValidationError("Say how you know that it stands there as it is here.")
    person = User.objects.get(pk=user_id)
    note_word(record, capabilities, f"{person} has seen it there: {reason}")
    wake(record.connection_id)


def send_now(connection: Connection, kind: Kind, pk: int) -> SyncRecord:
    """Let one record of ours go with the next run, which starts at once."""

    subject = rows_of(kind).only("pk", "revision").get(pk=pk)
    with transaction.atomic():
        make_wishes(connection, kind, [subject])
        record = SyncRecord.objects.select_for_update().get(
            connection=connection, **{f"{kind.value}_id": pk}
        )
        if record.state in RETRIED and not is_decided_elsewhere(record):
            retry([record])
            record.refresh_from_db()
        elif record.wanted < subject.revision:
            raise_wish(record, subject.revision).let_go_at = now()
            record.save()
    wake(connection.pk)
    return record


@transaction.atomic
def recreate(record: SyncRecord, *, user_id: int, reason: str) -> None:
    """Send a record anew that was deleted over there: a new generation, which only a person starts."""
    if not may_recreate(record):
        raise ValidationError("Only what was deleted over there can be sent again as a new one.")
    if not reason.strip():
        raise ValidationError("Give a reason.")
    give_up(record)
    record.generation += 1
    record.step = ""
    record.sent = 0
    record.wait(now(), Reason.NONE, f"Sent again as a new one: {reason}")
    record.let_go_at = now()
    record.save()
    if hasattr(record, "agreed"):
        record.agreed.delete()
    wake(record.connection_id)


@transaction.atomic
def decide_conflict(conflict: Conflict, decision: Conflict.Decision, *, user_id: int) -> None:
    """Choose a side of one field. When the last is chosen, the record is planned again."""
    if conflict.decision:
        raise ValidationError("This was decided already.")
    conflict.decision = decision
    conflict.decided_by_id = user_id
    conflict.decided_at = now()
    conflict.save()
    record = conflict.sync_record
    if not record.conflicts.filter(decision="").exists():
        _carry_out(record, user_id)


@transaction.atomic
def decide_record(record: SyncRecord, decision: Conflict.Decision, *, user_id: int) -> None:
    """Choose one side for every open field of a record at once: its sums belong together."""
    open_still = record.conflicts.filter(decision="")
    if not open_still.rewrite(decision=decision, decided_by_id=user_id, decided_at=now()):
        raise ValidationError("This was decided already.")
    _carry_out(record, user_id)


@transaction.atomic
def decide_fields(sides: Mapping[Conflict, Conflict.Decision], *, user_id: int) -> None:
    """Choose a side of each open field of one record, all at once."""
    for conflict, decision in sides.items():
        decide_conflict(conflict, decision, user_id=user_id)


def _carry_out(record: SyncRecord, user_id: int) -> None:
    """What was decided goes over, whatever is switched off."""
    carry_out_conflicts(record, user_id=user_id)
    SyncRecord.objects.filter(pk=record.pk, state__in=OPEN_STATES).update(let_go_at=now())
    wake(record.connection_id)


@transaction.atomic
def decide_candidate(
    candidate: Candidate, decision: Candidate.Decision, *, user_id: int, reason: str = ""
) -> None:
    """The same (link them), two things (keep both, with a reason), or a double that is taken back
    over there with the next run (with a reason)."""
    if candidate.decision:
        raise ValidationError("This was decided already.")
    if decision == Candidate.Decision.KEEP_BOTH and not reason.strip():
        raise ValidationError("Say why these are two things.")
    if candidate.double and decision == Candidate.Decision.LINK:
        raise ValidationError("Another one is linked already: take this one back, or keep both.")
    if decision == Candidate.Decision.TAKE_BACK:
        if not candidate.double:
            raise ValidationError("Only what bears Tieout's mark twice is taken back.")
        if not reason.strip():
            raise ValidationError("Say how you know that it is a double.")
    candidate.decision = decision
    candidate.reason = reason
    candidate.decided_by_id = user_id
    candidate.decided_at = now()
    candidate.save()
    record, row = candidate.sync_record, candidate.remote_record
    if decision == Candidate.Decision.LINK:
        link(row, record, user_id=user_id)
    elif decision == Candidate.Decision.KEEP_BOTH:
        _keep_both(row, record)
    wake(record.connection_id)


def _keep_both(row: RemoteRecord, record: SyncRecord) -> None:
    """Two things: each goes on by itself once nothing else is open about it."""
    if not row.candidates.filter(decision="").exists():
        look_again(row)
    if not record.candidates.filter(decision="").exists() and not record.in_doubt:
        record.let_go()
        record.save()
