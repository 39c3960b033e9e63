"""One record that goes over alone, under the lease, on a person's word: how it ended, and what of it
every test has in common."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import ConnectorError
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.calls.time_given import Time, Yielding
from apps.sync.lease import Lease
from apps.sync.models import Reason, RemoteRecord, Run, State, SyncRecord
from apps.sync.run import Crew, finish
from apps.sync.trial.advice import Advice
from apps.sync.trial.compared import TrialRow
from apps.sync.want.wake import forget_wakes, wake
from apps.sync.want.wishes import has_work

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
    differs is Tieout's to write there, so that it can be corrected in place.
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
    def asks_word(self) -> bool:
        return self.ended is Ended.ASKS_WORD

    @property
    def is_handed_over(self) -> bool:
        return self.ended is Ended.HANDED_OVER

    @property
    def wrong(self) -> int:
        return sum(not row.agrees for row in self.rows)

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
