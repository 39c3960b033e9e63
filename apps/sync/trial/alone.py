"""One record that goes over alone, under the lease, on a person's word: how it ended, and what of it
every test has in common."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef

from apps.billing.models import Synced
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.calls.time_given import Time, Yielding
from apps.sync.lease import Lease
from apps.sync.models import Reason, RemoteRecord, Run, State, SyncRecord
from apps.sync.run import Crew, finish
from apps.sync.there import ties
from apps.sync.there.compare import under_marker
from apps.sync.there.merge import unconfirmed
from apps.sync.trial.advice import Advice
from apps.sync.trial.compared import TrialRow
from apps.sync.want.wake import forget_wakes, wake
from apps.sync.want.wishes import has_work
from apps.sync.wording import called, capital

READING = 30.0  # seconds that a person waits for what is read before anything is sent


class Ended(StrEnum):
    """How a test ended."""

    MATCHED = "matched"
    DIFFERS = "differs"  # it went over, and stands there otherwise than here
    REJECTED = "rejected"  # they said no
    HELD = "held"  # Tieout does not send it, or waits for a person
    HANDED_OVER = "handed_over"  # they have it and have not said yet what becomes of it
    ASKS_WORD = "asks_word"  # they have it and cannot be read: a person says how it stands there
    UNKNOWN = "unknown"  # sent, and no answer came
    STOPPED = "stopped"  # they could not be asked


class Way(StrEnum):
    """What a person asks of a test."""

    SEND = "send"  # and compare: what stands there already is compared alone
    COMPARE = "compare"  # read afresh what stands there, and write nothing
    CORRECT = "correct"  # write anew what stands there, as it is here: the same object


# It stands there all the same: compared, so that what differs has its cause.
STANDS_OTHERWISE = (Reason.AMOUNTS_DIFFER, Reason.REFUSED)
BY_REASON = {
    Reason.REFUSED: Ended.REJECTED,
    Reason.NUMBER_TAKEN: Ended.REJECTED,
    Reason.NAME_TAKEN: Ended.REJECTED,
    Reason.ANSWER_LOST: Ended.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What a test showed. Without a match `sentence` says what to do next, and `advice` the likely
    cause of each difference with what to change.

    `changed_there`: somebody or something changed it over there after it was sent. `in_place`: what
    differs is Tieout's to write there, so that it can be corrected there.
    """

    ended: Ended
    rows: tuple[TrialRow, ...]
    sentence: str
    remedy: str = ""
    advice: tuple[Advice, ...] = ()
    changed_there: bool = False
    ours: Snapshot | None = None
    theirs: Snapshot | None = None  # as it was read back
    place: tuple[str, str] | None = None  # their kind and id of it
    in_place: bool = True

    @property
    def matched(self) -> bool:
        return self.ended is Ended.MATCHED

    @property
    def stands_otherwise(self) -> bool:
        """Whether it was read back and differs: it can be compared again once that is put right."""
        return self.ended is Ended.DIFFERS and self.theirs is not None

    @property
    def differing(self) -> tuple[TrialRow, ...]:
        return tuple(row for row in self.rows if not row.agrees)

    @property
    def asks_word(self) -> bool:
        return self.ended is Ended.ASKS_WORD

    @property
    def is_handed_over(self) -> bool:
        return self.ended is Ended.HANDED_OVER

    @property
    def wrong(self) -> int:
        return len(self.differing)

    def headline(self, name: str) -> str:
        """What happened, by the name of their system."""
        fields = f"{self.wrong} field{'' if self.wrong == 1 else 's'}"
        if self.ended is Ended.DIFFERS and self.changed_there:
            return f"It was changed in {name} after it was sent, and differs in {fields}"
        return {
            Ended.MATCHED: "It matched",
            Ended.DIFFERS: f"It went over and differs in {fields}",
            Ended.REJECTED: f"{name} rejected it",
            Ended.HELD: "Tieout is holding it",
            Ended.HANDED_OVER: "It is handed over",
            Ended.ASKS_WORD: "They have it",
            Ended.UNKNOWN: f"{name} did not answer: it may be there or not",
            Ended.STOPPED: f"{name} could not be asked",
        }[self.ended]


class Busy(Exception):
    """Another run works on this connection: try again in a minute."""


def alone(
    connection: Connection, work: Callable[[Crew], TrialResult], *, duty: str, user_id: int | None
) -> TrialResult:
    """What a crew does under the lease for a person who waits for it. Raises `Busy`."""
    lease = Lease.acquire(connection.pk)
    if lease is None:
        raise Busy("A run is under way for these books. Try again in a minute.")
    run = Run.objects.create(
        connection=connection, duty=duty, started_at=now(), asked_by_id=user_id
    )
    result = TrialResult(Ended.STOPPED, (), "The test did not finish.")
    try:
        crew = Crew.open(connection, lease, run)
        try:
            result = work(crew)
        finally:
            crew.recorder.record([], {}, crew.courier.collect_answered())
            crew.close()
    except ConnectorError as error:
        result = TrialResult(Ended.STOPPED, (), error.sentence, error.remedy)
    finally:
        finish(run, Run.Outcome.DONE if result.matched else Run.Outcome.STOPPED, result.sentence)
        lease.release()
        forget_wakes(connection.pk)
        if has_work(connection):
            wake(connection.pk)
    return result


def read_for_a_person(
    crew: Crew, read: Callable[[], object], what: str, remedy: str
) -> TrialResult | None:
    """Before anything is sent, while a person waits: where it takes long, pressing again goes on.
    None once it was read. `what` is read, in words."""
    crew.courier.time_given = Time(time.monotonic(), READING)
    try:
        read()
    except Yielding:
        return TrialResult(
            Ended.STOPPED,
            (),
            f"Tieout is still reading {what} {crew.recorder.name}. Nothing was sent.",
            f"{remedy}: the reading goes on where it stands.",
        )
    finally:
        crew.courier.time_given = None
    return None


def send_whole(
    crew: Crew, kind: Kind, records: Sequence[SyncRecord], *, anew: bool = False
) -> None:
    """With every step that they take over there: a person asks once."""
    while records:
        crew.pusher.push_these(kind, records, anew=anew)
        sent = SyncRecord.objects.filter(pk__in=[each.pk for each in records])
        records = list(sent.filter(state=State.WAITING, reason=Reason.NEXT_STEP))
        anew = False


def arrived(record: SyncRecord, *, stands: bool) -> bool:
    """Whether it can be compared: it is in the books, or stands there otherwise than here."""
    otherwise = record.state == State.NEEDS_PERSON and record.reason in STANDS_OTHERWISE
    return record.state == State.IN_THE_BOOKS or (stands and otherwise)


def is_newer(stands: RemoteRecord, read: RemoteObject) -> bool:
    """Whether it has another version than our own write was answered with."""
    return bool(stands.version and read.version) and stands.version != read.version


# --- Otherwise, and put right ---------------------------------------------------------------------


def way_out(name: str, *, in_place: bool, kept: str) -> str:
    """What a person does about what differs. `kept`: what of it Tieout leaves to them on every write,
    in words ("the account"); not in place: nothing else differs."""
    if in_place:
        also = (
            f" {capital(kept)} Tieout leaves as it stands: put that right in {name}."
            if kept
            else ""
        )
        return (
            "Change what is named above. Then press “Compare it again”, if it was put right in "
            f"{name}, or “Correct it there”, if Tieout is to write it there again.{also}"
        )
    return (
        f"Put it right in {name}: Tieout leaves {kept or 'this'} to its staff, whoever chose it. Then "
        "press “Compare it again”."
    )


def settle_as_read(
    crew: Crew, record: SyncRecord, subject: Synced, ours: Snapshot, theirs: Snapshot
) -> None:
    """What waited because their answer, or the revision, was another one is in the books once it
    reads as it is here in all that was asked."""
    waited = (State.WAITING, State.NEEDS_PERSON)
    free = record.reason in (Reason.NONE, Reason.AMOUNTS_DIFFER)
    if record.state not in waited or not free or record.in_doubt or record.step:
        return
    if unconfirmed(crew.connector, ours, theirs):
        return
    with transaction.atomic():
        held = crew.connector.project(theirs)
        ties.agree(record, under_marker(held, subject.public_id.hex))
        ties.in_the_books(record, subject.revision)


def standing_for(connection: Connection, subject: Synced) -> SyncRecord:
    """The sync record of what is to be compared alone. Raises ValidationError where nothing of it is
    known to stand there, or their books cannot be read."""
    name = connection.system_name
    if not connection.capabilities.reads_back:
        raise ValidationError(f"What stands in {name} cannot be read back: look at it there.")
    there = RemoteRecord.objects.filter(sync_record=OuterRef("pk"), retired=False, gone=False)
    record = SyncRecord.objects.filter(
        Exists(there), connection=connection, **{f"{subject.kind}_id": subject.pk}
    ).first()
    if record is None:
        raise ValidationError(f"{capital(called(subject))} is not in {name} yet: send it first.")
    return record
