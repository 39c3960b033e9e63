"""What one outcome means for its record: in the books, refused, later, or still unknown.

Only an answer about the call itself ends "unknown". That is decided here, for every connector: what
a replay or a look-up met on its way (a limit, a gate, a dead line) says nothing about the call.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from apps.connections.clock import now
from apps.connectors.errors import (
    CallRefused,
    CannotTell,
    ConnectionLost,
    ConnectorError,
    NamesInactive,
    NameTaken,
    NeverArrived,
    NumberTaken,
    OutcomeUnknown,
    PeriodClosed,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Capabilities, Fate, RemoteObject
from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.calls.courier import Answered, Settling
from apps.sync.models import Attempt, Reason, State, SyncRecord
from apps.sync.models.waits import NO_WAIT, On, Wait

BACKOFF_LIMIT = 3600.0  # seconds
NEWER_TRIES = 3  # times a record is planned again after "someone changed it there"
TELL_AFTER = 6  # times a record is sent, or asked about, to no avail before a person is told

REFUSED_BECAUSE: dict[type[RecordRefused], Reason] = {
    PeriodClosed: Reason.PERIOD_CLOSED,
    NumberTaken: Reason.NUMBER_TAKEN,
    NameTaken: Reason.NAME_TAKEN,
    RemoteGone: Reason.GONE,
}
# What would let a refused record be planned again: release.py looks for it.
FREED_BY: dict[type[RecordRefused], Wait] = {
    PeriodClosed: On.CLOSING_DATE.of(),
    NamesInactive: On.ACTIVE.of(),
}
ASKS_AGAIN = "Nothing to do: Tieout finds out before it sends again."
TRIES_AGAIN = "Nothing to do: Tieout tries again by itself."


@dataclass(slots=True)
class Sent:
    """What a push carried: the revision and snapshot of ours, and allocations inside it.

    `creates`: it makes something new over there, so that a second one would be a double. So may
    any further step: `step` names it. `stands` is what stood there for the record before, `beside`
    how much of that is other records' of ours.
    """

    record: SyncRecord
    revision: int
    ours: Snapshot
    carried: Sequence[tuple[int, int, str, str]] = ()
    creates: bool = False
    step: str = ""
    stands: tuple[RemoteObject, ...] = ()
    beside: Mapping[tuple[str, str, str], Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Writes what came of pushes to one ledger onto their records (not saved).

    `settling`: they tell of a call whose answer was lost, and not of one just sent. `warnings`: what
    their settings do by themselves, which may be why an application is refused.
    """

    capabilities: Capabilities
    settling: Settling | None = None
    warnings: Sequence[str] = ()

    @property
    def name(self) -> str:
        return self.capabilities.name

    def failed(
        self, sent: Sent, error: ConnectorError, answered: Answered | None
    ) -> Attempt.Result | None:
        """What this error means for the record. None: nothing was tried that would tell."""
        if self.settling is not None:
            told = self._of_the_lost_call(error)
            if told is None:
                return self.still_unknown(sent.record, error, self.settling.call.started_at)
            together = len(self.settling.call.members)
        else:
            told = self._of_a_send(sent, error, answered)
            together = len(answered.request.members) if answered is not None else 1
        return self.noted(sent.record, told, together)

    def _of_the_lost_call(self, error: ConnectorError) -> ConnectorError | None:
        """The error where it is an answer about the lost call itself; else None."""
        match error:
            case RecordRefused() | RemoteIsNewer() | CannotTell():
                return error
            case NeverArrived() if self.settling is not None and not self.settling.replay_left:
                return error
        return None

    def _of_a_send(
        self, sent: Sent, error: ConnectorError, answered: Answered | None
    ) -> ConnectorError:
        """A gateway may turn a call away after the books have taken it: where their books would
        take it twice, that is not known until it is found out."""
        if isinstance(error, RecordRefused | RemoteIsNewer | OutcomeUnknown):
            return error
        refuses = Kind(sent.record.kind) in self.capabilities.refuses_doubles
        doubles = bool(sent.step) or (sent.creates and not refuses)
        if doubles and _may_have_been_done(error, answered):
            return OutcomeUnknown(error.sentence, ASKS_AGAIN, error.code, error.trace_id)
        return error

    def noted(self, record: SyncRecord, error: ConnectorError, together: int = 1) -> Attempt.Result:
        """An answer about the call of this record, which carried so many together."""
        if not isinstance(error, OutcomeUnknown | CannotTell | TryLater | ConnectionLost):
            # Surely not created: the next try is a new one. Under the old key the provider would
            # only repeat its answer, also after the cause is gone.
            record.generation += 1
        match error:
            case OutcomeUnknown():
                _in_doubt(record, error.sentence, settings.SYNC_PROVIDER_TIMEOUT)
                return Attempt.Result.UNKNOWN
            case CannotTell():
                self._ask_a_person(record, error)
                return Attempt.Result.UNKNOWN
            case CallRefused() | NeverArrived() if together > 1:
                return self._in_smaller_calls(record, error, together)
            case NumberTaken() | NameTaken():
                # Whoever has it is asked next, and may be ours. Until then nothing is decided.
                later(record, error)
                return Attempt.Result.REFUSED
            case RecordRefused():
                self.refused(record, error)
                return Attempt.Result.REFUSED
            case RemoteIsNewer() if record.tries < NEWER_TRIES:
                record.wait(now(), Reason.TRY_LATER, error.sentence)
                record.tries += 1
                return Attempt.Result.NEWER
            case _ if record.tries >= TELL_AFTER and _is_its_own(error):
                self._given_up(record, error)
                return Attempt.Result.REFUSED
            case TryLater() | RemoteIsNewer() | ConnectionLost() | NeverArrived():
                later(record, error)
                return Attempt.Result.LATER
        raise TypeError(f"{type(error).__name__} has no rule here")

    def _in_smaller_calls(
        self, record: SyncRecord, error: ConnectorError, together: int
    ) -> Attempt.Result:
        """The call came to nothing as a whole: one record may have spoilt it for the others."""
        record.rides_with = (together + 1) // 2
        sentence = f"The call that carried it came to nothing: {error.sentence}"
        if isinstance(error, CallRefused):
            remedy = "Nothing to do: Tieout sends it in a smaller one."
            record.wait(now(), Reason.TRY_LATER, sentence, remedy)
        else:
            later(record, error)
        return Attempt.Result.LATER

    def refused(self, record: SyncRecord, error: RecordRefused) -> None:
        reason = next(
            (why for kind, why in REFUSED_BECAUSE.items() if isinstance(error, kind)),
            Reason.REFUSED,
        )
        sentence = error.sentence or f"{self.name} gave no reason (code {error.code or '-'})."
        if reason == Reason.REFUSED and record.kind == Kind.ALLOCATION:
            sentence = " ".join([sentence, *self.warnings])
        record.hold(
            reason,
            sentence,
            error.remedy or f"Put it right in {self.name} or here, then Retry.",
            next((wait for kind, wait in FREED_BY.items() if isinstance(error, kind)), NO_WAIT),
        )

    def _given_up(self, record: SyncRecord, error: ConnectorError) -> None:
        """Sent again and again to no avail: a person is told, in the words they gave last."""
        tried = record.tries
        if isinstance(error, NeverArrived):
            words = (
                record.attempts.filter(result=Attempt.Result.UNKNOWN)
                .exclude(sentence="")
                .order_by("-id")
                .values_list("sentence", flat=True)
                .first()
            )
            sentence = (
                f"Tieout sent it {tried} times and it did not arrive. {self.name} said last: "
                f"{words or error.sentence}"
            )
        else:
            sentence = f"{self.name} turned it away {tried} times, last with: {error.sentence}"
        remedy = f"Look in {self.name} whether it takes such a record by hand; then press Retry."
        self.refused(record, RecordRefused(sentence, remedy, code=error.code))

    # --- Unknown -----------------------------------------------------------------------------

    def still_unknown(
        self, record: SyncRecord, error: ConnectorError, since: datetime
    ) -> Attempt.Result | None:
        """Nothing was said about the call, which left then: it keeps its call, key, bytes and
        generation, and is asked about again, the later the longer it takes."""
        age = (now() - since).total_seconds()
        wait = max(settings.SYNC_PROVIDER_TIMEOUT, min(age / 4, BACKOFF_LIMIT))
        if isinstance(error, TryLater | ConnectionLost):
            sentence = f"The answer was lost, and {self.name} cannot be asked now: {error.sentence}"
            _in_doubt(record, sentence, wait)
            return None
        asked = record.attempts.filter(result=Attempt.Result.UNKNOWN, at__gte=since)
        if asked.count() >= TELL_AFTER:
            self._ask_a_person(record, error)
        else:
            _in_doubt(record, f"The answer was lost. {error.sentence}", wait)
        return Attempt.Result.UNKNOWN

    def _ask_a_person(self, record: SyncRecord, error: ConnectorError) -> None:
        """It may stand there: whoever looks says so, and nothing is sent before."""
        record.hold(
            Reason.ANSWER_LOST,
            f"Tieout sent it, the answer was lost, and Tieout cannot find out whether it arrived. "
            f"{error.sentence}",
            error.remedy
            or f"Look in {self.name}. If it is there, press Retry: Tieout looks again. If it surely "
            "is not, press “Send it again”.",
        )


def _may_have_been_done(error: ConnectorError, answered: Answered | None) -> bool:
    """Whether the books may hold what a gateway turned away. What was told of one record, inside
    a good answer, is told by the books themselves; what never left is nowhere."""
    if answered is None:
        return True
    if answered.reply.fate == Fate.UNSENT:
        return False
    whole = isinstance(error, ConnectionLost) or (
        isinstance(error, TryLater) and error.whole_connection
    )
    return whole or answered.reply.status // 100 != 2


def _is_its_own(error: ConnectorError) -> bool:
    """Whether the trouble is the record's: a limit or an outage holds up everything alike."""
    if isinstance(error, ConnectionLost):
        return False
    return not (isinstance(error, TryLater) and (error.whole_connection or error.retry_after))


def _in_doubt(record: SyncRecord, sentence: str, wait: float) -> None:
    record.state, record.reason = State.UNKNOWN, Reason.ANSWER_LOST
    record.sentence, record.remedy = sentence, ASKS_AGAIN
    record.due_at = now() + timedelta(seconds=wait)


def later(record: SyncRecord, error: ConnectorError) -> None:
    """Try again after a while: doubling, with jitter, or when they said (not saved)."""
    asked = error.retry_after if isinstance(error, TryLater) else None
    wait = asked or min(settings.SYNC_RETRY_BASE * 2**record.tries, BACKOFF_LIMIT)
    record.tries += 1
    until = now() + timedelta(seconds=wait * random.uniform(1, 1.2))
    record.wait(until, Reason.TRY_LATER, error.sentence, TRIES_AGAIN)
