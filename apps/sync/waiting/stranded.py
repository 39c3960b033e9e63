"""What waits for something that will never happen: found, and brought to an end that is said.

A record waits for another one of ours ("record:invoice:7") to stand in their books. Where that one
was taken back here, left out, deleted over there or never belonged there, nobody would ever end
the wait: what was itself taken back is left out, what stands is put before a person with the
reason. A decision that has nothing left to decide is closed. Run before every plan and with the
sweep; it costs a few statements that find nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import Combinable

from apps.billing.models import Synced
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import (
    SUBJECTS,
    Candidate,
    On,
    Reason,
    RemoteRecord,
    State,
    SyncRecord,
    Wait,
    rows_of,
)
from apps.sync.want.as_it_was import OPEN_KINDS, WAY_OUT, is_before_cut_off, may_be_linked
from apps.sync.want.by_hand import still_off
from apps.sync.want.carried import rides_with_payment, settle_carried
from apps.sync.want.wishes import ON_DEMAND, ended_here
from apps.sync.wording import called

SAVED = ["state", "reason", "sentence", "remedy", "waits_for", "due_at", "tries", "checked_at"]
# What `release_the_waiting` looks for: a wait for anything else would have no end.
LOOKED_FOR = (On.RECORD, On.IN_STEP, On.ENDED, On.UNDONE, On.MAPPING, On.ACCOUNT, On.CLOSING_DATE)
Arrival = RemoteRecord.Arrival


def end_the_stranded(connection: Connection) -> int:
    """Bring every wait that nothing would end to its end; the number of records that moved.

    Inside a transaction.
    """
    closed = _close_decided(connection)
    freed = _ended_before_they_left(connection)
    freed += _without_a_wait(connection)
    freed += _for_what_never_comes(connection)
    SyncRecord.objects.bulk_update(freed, SAVED)
    _look_again_where_both_ended(connection)
    return closed + len(freed) + settle_carried(connection)


def why_they_never_come(connection: Connection, waits: Iterable[Wait]) -> dict[Wait, str]:
    """Of these waits for a record those whose record will not go over by itself, each with the
    reason."""
    wanted: dict[Kind, set[int]] = defaultdict(set)
    for each in waits:
        if each.on == On.RECORD:
            wanted[each.kind].add(each.key)
    found: dict[Wait, str] = {}
    for kind, keys in wanted.items():
        records = SyncRecord.objects.filter(connection=connection, **{f"{kind.value}__in": keys})
        known = {each.subject_id: each for each in records}
        dead = {
            pk
            for pk in keys
            if (pk not in known and kind not in ON_DEMAND)
            or (pk in known and known[pk].state in (State.LEFT_OUT, State.GONE))
        }
        for pk, subject in rows_of(kind).in_bulk(dead).items():
            found[On.RECORD.of(kind, pk)] = _said(connection, subject, known.get(pk))
    return found


def _said(connection: Connection, subject: Synced, record: SyncRecord | None) -> str:
    if record is not None and record.state == State.LEFT_OUT:
        return f"{called(subject)} was left out: {record.sentence}"
    if record is not None:
        return f"{called(subject)} is gone there"
    if is_before_cut_off(connection, subject):
        return f"{called(subject)} is dated before the cut-off and is not sent"
    return f"{called(subject)} does not belong into these books"


def never_comes(record: SyncRecord, why: str, name: str) -> None:
    """It stands here and what it hangs on will not come (not saved)."""
    wait = record.awaits
    word = wait.kind.replace("_", " ") if wait.on == On.RECORD else "other record"
    remedy = (
        f"Link that to what stands for it in {name}, press Retry on it to send it, or take this "
        "one back here."
    )
    if of_before(record) is not None:
        remedy = f"{WAY_OUT.format(name)} Or take this one back here."
    record.hold(
        Reason.WAITS_FOR_RECORD,
        f"Its {word} is not in {name} and will not go there by itself: {why.rstrip('.')}.",
        remedy,
        wait,
    )


def of_before(record: SyncRecord) -> Synced | None:
    """The record of before the cut-off that this one waits for, which a person can link."""
    wait = record.awaits
    if wait.on != On.RECORD or wait.kind not in OPEN_KINDS:
        return None
    subject: Synced | None = rows_of(wait.kind).filter(pk=wait.key).first()
    if subject is None or not may_be_linked(record.connection, subject):
        return None
    return subject


# --- Records --------------------------------------------------------------------------------------


def _ended_before_they_left(connection: Connection) -> list[SyncRecord]:
    """Taken back here while something held them up: the next plan leaves them out. What may have
    changed on both sides is decided first."""
    there = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False)
    decided_first = [Reason.CHANGED_ON_BOTH_SIDES, Reason.ANSWER_LOST, Reason.DOUBLE]
    held = SyncRecord.objects.filter(
        ~Q(reason__in=decided_first), connection=connection, state=State.NEEDS_PERSON, sent=0
    )
    if not held.exists():  # mostly; to ask how each kind stands here is a long question
        return []
    freed = _locked(
        connection,
        State.NEEDS_PERSON,
        _ended() & ~Q(reason__in=decided_first) & ~Exists(there),
        sent=0,
    )
    for record in freed:
        record.plan_again()
    return freed


def _locked(
    connection: Connection, state: State, *conditions: Q | Combinable, **fields: object
) -> list[SyncRecord]:
    """Locked, in the order of their keys: what a person does to one of them meanwhile comes after.

    They are found first, in the order of the index by state: asked for in that of their keys,
    SQLite walks through everything of the connection. Mostly there are none.
    """
    rows = SyncRecord.objects.filter(*conditions, connection=connection, state=state, **fields)
    keys = list(rows.order_by("kind").values_list("pk", flat=True))
    if not keys:
        return []
    return list(rows.filter(pk__in=keys).order_by("pk").select_for_update(of=("self",)))


def _look_again_where_both_ended(connection: Connection) -> None:
    """A person was told that it was taken back over there, and took it back here too: the arrival is
    dealt with anew, and then says what is so."""
    told = list(_told_of_an_end(connection).values_list("pk", flat=True))
    if told:
        RemoteRecord.objects.filter(pk__in=told).update(
            arrival=Arrival.NEW, sentence="", remedy="", waits_for=""
        )


def _told_of_an_end(connection: Connection) -> QuerySet[RemoteRecord]:
    told = RemoteRecord.objects.filter(
        Q(gone=True) | Q(void=True),
        connection=connection,
        arrival=Arrival.NEEDS_PERSON,
        retired=False,
    )
    if not told.exists():  # mostly; to ask how theirs stand here is a long question
        return told.none()
    return told.filter(_ended("sync_record__"))


def _ended(prefix: str = "") -> Q:
    """Sync records whose record was taken back here; `prefix` leads to them."""
    ended = Q(pk__in=[])
    for kind in SUBJECTS:
        ended |= ended_here(kind, prefix)
    return ended


def _without_a_wait(connection: Connection) -> list[SyncRecord]:
    """Waiting at no moment and for nothing that anybody looks for."""
    looked_for = still_off(connection)
    for each in LOOKED_FOR:
        looked_for |= each.rows
    lost = _locked(connection, State.WAITING, ~looked_for, due_at=None)
    for record in lost:
        record.plan_again()
    return lost


def _for_what_never_comes(connection: Connection) -> list[SyncRecord]:
    records = _locked(connection, State.WAITING, On.RECORD.rows, due_at=None)
    reasons = why_they_never_come(connection, {each.awaits for each in records})
    # An allocation that goes inside its payment ends with it.
    stranded = [each for each in records if each.awaits in reasons and not rides_with_payment(each)]
    standing = _standing(stranded)
    for record in stranded:
        if record.pk in standing:
            never_comes(record, reasons[record.awaits], _name(connection))
        else:
            record.plan_again()
    return stranded


def _standing(records: Iterable[SyncRecord]) -> set[int]:
    """Keys of those whose record was not taken back here."""
    standing: set[int] = set()
    by_kind: dict[Kind, list[int]] = defaultdict(list)
    for each in records:
        by_kind[Kind(each.kind)].append(each.pk)
    for kind, keys in by_kind.items():
        rows = SyncRecord.objects.filter(pk__in=keys)
        standing |= set(rows.exclude(ended_here(kind)).values_list("pk", flat=True))
    return standing


def _name(connection: Connection) -> str:
    return open_connector(connection).capabilities.name


# --- Decisions ------------------------------------------------------------------------------------


def _close_decided(connection: Connection) -> int:
    """Possible doubles of which one is gone, or stands for another record by now: the other goes on
    by itself, and so does whatever waits for a decision that nobody can take any more."""
    # By their keys, since a planner begins with the records where so few candidates are open.
    to_decide = Candidate.objects.filter(decision=Candidate.Decision.OPEN).order_by()
    keys = list(to_decide.values_list("pk", flat=True))
    moved = _close_ended(connection, keys) if keys else 0
    open_still = Candidate.objects.filter(decision=Candidate.Decision.OPEN)
    decided = Candidate.objects.filter(double=False).exclude(decision=Candidate.Decision.OPEN)
    waiting = RemoteRecord.objects.filter(
        connection=connection, arrival=Arrival.WAITS, waits_for=On.DECISION
    )
    moved += (
        waiting.filter(Exists(decided.filter(remote_record=OuterRef("pk"))))
        .exclude(Exists(open_still.filter(remote_record=OuterRef("pk"))))
        .update(arrival=Arrival.NEW, sentence="", remedy="", waits_for="")
    )
    to_do = Q(decision=Candidate.Decision.OPEN) | Q(
        decision=Candidate.Decision.TAKE_BACK, taken_back_at=None
    )
    undecided = _locked(
        connection,
        State.NEEDS_PERSON,
        ~Exists(Candidate.objects.filter(to_do, sync_record=OuterRef("pk"))) & ~On.MATCH.rows,
        reason__in=[Reason.MAYBE_THE_SAME, Reason.DOUBLE],
    )
    for record in undecided:
        record.plan_again()
    SyncRecord.objects.bulk_update(undecided, SAVED)
    return moved + len(undecided)


def _close_ended(connection: Connection, keys: Sequence[int]) -> int:
    """Of these open ones, those of which one side has ended or stands for another record by now."""
    held = Exists(
        RemoteRecord.objects.filter(
            sync_record=OuterRef("sync_record"), retired=False, gone=False, part=""
        )
    )
    still = Candidate.objects.filter(pk__in=keys, sync_record__connection=connection).order_by()
    # A double stands beside what is tied to ours: only that it is gone ends the question.
    over = still.filter(
        Q(remote_record__gone=True)
        | Q(remote_record__void=True)
        | Q(double=False)
        & (
            Q(remote_record__sync_record__isnull=False, remote_record__retired=False)
            | Q(held)
            | _ended("sync_record__")
        )
    )
    return Candidate.objects.filter(pk__in=list(over.values_list("pk", flat=True))).rewrite(
        decision=Candidate.Decision.KEEP_BOTH,
        reason="One of the two has ended or stands for another record.",
        decided_at=now(),
    )
