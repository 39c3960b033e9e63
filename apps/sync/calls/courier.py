"""Carries a connector's requests: intents first, limits kept, several at a time, threads for HTTP.

No transaction is open while a request is under way; only the main thread touches the database. Where
the capabilities say that one is in flight at a time, it carries the request, too.
"""

import math
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from django.conf import settings
from django.db import transaction

from apps.connections.automation import SENDING, off
from apps.connections.clock import now
from apps.connections.courier import LONGEST_WAIT, heed
from apps.connections.models import Connection
from apps.connections.waiting import OnlyReserveLeft, limit_reached
from apps.connectors.errors import ConnectionLost, TryLater
from apps.connectors.limits import Buckets, Wait
from apps.connectors.line import Line, refuse_unfit
from apps.connectors.moments import moment, within
from apps.connectors.port import Capabilities, Fate, Purpose, Reply, Request
from apps.connectors.snapshots import Snapshot
from apps.sync.calls import witness
from apps.sync.calls.at_once import AtOnce
from apps.sync.calls.kept_text import redacted
from apps.sync.calls.time_given import TIME_IS_UP, Time, Yielding
from apps.sync.lease import Lease
from apps.sync.models import Agreed, Call, Intended, Run, State, SyncRecord

HTTP_UNAUTHORIZED = 401
KEPT_ANSWER = 200_000  # bytes of an answer that are kept


class Leaving(Protocol):
    """What a push carries: the revision and snapshot of ours, and allocations inside it."""

    @property
    def revision(self) -> int: ...

    @property
    def ours(self) -> Snapshot: ...

    @property
    def carried(self) -> Sequence[tuple[int, int, str, str]]: ...


Stop = TryLater | ConnectionLost  # why no further call may start


@dataclass(frozen=True, slots=True)
class Flight:
    """A request under way: its row, until when it may leave, and how many renewals of the token
    lay before it."""

    call: Call
    request: Request
    leaves_until: float  # a moment()
    renewals: int = 0


@dataclass(slots=True)
class Settling:
    """A lost call that is being asked about. `replay_left`: bytes of it left anew meanwhile, so
    that nothing found absent now proves that it never came."""

    call: Call
    replay_left: bool = False


@dataclass(slots=True)
class Answered:
    """A call whose reply arrived and whose outcomes are not recorded yet."""

    call: Call
    request: Request
    reply: Reply


class SyncCourier:
    """The courier of one run. After each reply the caller records outcomes and `collect_answered()`."""

    def __init__(
        self,
        *,
        connection: Connection,
        run: Run | None,
        lease: Lease,
        line: Line,
        buckets: Buckets,
        capabilities: Capabilities,
        time_given: Time | None = None,
        purpose: str = "",
    ) -> None:
        self.connection = connection
        self.run = run
        self.lease = lease
        self.line = line
        self.buckets = buckets
        self.capabilities = capabilities
        self.time_given = time_given  # None: as long as it takes, for a person who waits for it
        self.purpose = purpose  # overrides the requests' own (proof, retries)
        self.calls = 0
        self.scarce: OnlyReserveLeft | None = None  # why some of this run was left for later
        self.urgent = False  # what is asked now, money or an unknown outcome waits for
        self._held: Stop | None = None
        self._answered: list[Answered] = []
        self._renewals = 0  # of the token, in this run
        self._intended: Mapping[int, Leaving] = {}  # by ref: what is about to be sent
        self._settling: Settling | None = None
        self._finishing = False

    # --- What the caller tells it ---------------------------------------------------------------

    def intends(self, leaving: Mapping[int, Leaving], *, settling: Settling | None = None) -> None:
        """Before a wave: what of each record its pushes carry, by sync record. While a lost call is
        being settled, its own bytes are all that may be written."""
        self._intended = leaving
        self._settling = settling

    @property
    def stop_at(self) -> float | None:
        """Moment (time.monotonic()) after which nothing is begun."""
        return self.time_given.stop_at if self.time_given is not None else None

    @contextmanager
    def begun(self) -> Iterator[None]:
        """What is begun inside may be finished though the time is up meanwhile. Raises `Yielding`
        where it is up already."""
        if self.stop_at is not None and time.monotonic() >= self.stop_at:
            raise Yielding(TIME_IS_UP)
        self._finishing = True
        try:
            yield
        finally:
            self._finishing = False

    def hold(self, why: Stop) -> None:
        """They asked us to wait, or no longer let us in: nothing further starts in this run."""
        self._held = why
        if isinstance(why, TryLater):
            self.buckets.pause(why.retry_after or 60, {})

    def collect_answered(self) -> list[Answered]:
        taken, self._answered = self._answered, []
        return taken

    # --- The port's Courier ---------------------------------------------------------------------

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        waiting = list(requests)
        for request in waiting:
            refuse_unfit(request, self.line.adds)
            _refuse_what_no_row_keeps(request)
        flying: dict[Future[Reply], Flight] = {}
        broken: Stop | None = None
        width = min(self.capabilities.in_flight, max(len(waiting), 1))
        with self._pool(width) as pool:
            while waiting or flying:
                stopped: Stop | None = None
                nap: float | None = None  # seconds after which the next may leave
                while waiting and len(flying) < width and stopped is None:
                    stopped = self._may_start(waiting[0])
                    if stopped is None:
                        pause = self._take(waiting[0])
                        if pause is not None:
                            if flying:
                                nap = pause.seconds
                                break
                            stopped = self._rest(pause, waiting[0])
                            continue
                        flight = self._intend(waiting.pop(0))
                        flying[pool.submit(self._send, flight)] = flight
                if stopped is not None and not flying:
                    raise stopped
                done, _ = wait(flying, timeout=nap, return_when=FIRST_COMPLETED)
                for future in done:
                    flight = flying.pop(future)
                    try:
                        reply = self._with_fresh_token(flight, future.result())
                    except (TryLater, ConnectionLost) as why:
                        if not flight.request.writes:
                            raise
                        # The authorisation cannot be renewed; what became of the write is not told.
                        self._held = broken = why
                        reply = Reply(fate=Fate.LOST, problem="AuthorisationNotRenewed")
                    heed(reply, self.buckets)
                    if self._settling is not None and flight.request.writes:
                        self._settling.replay_left |= reply.fate != Fate.UNSENT
                    self._answered.append(Answered(flight.call, flight.request, reply))
                    yield flight.request, reply
        if broken is not None:
            raise broken

    @staticmethod
    def _pool(width: int) -> Executor:
        # A call that flies alone needs no thread, whose start takes longer than a query.
        return ThreadPoolExecutor(max_workers=width) if width > 1 else AtOnce()

    def _may_start(self, request: Request) -> Stop | None:
        """Renew the lease for one more call, or say why it may not start."""
        if self._held is not None:
            return self._held
        if self._seconds_left(request) <= 0:
            return Yielding(TIME_IS_UP)
        self.lease.renew()
        return None

    def _take(self, request: Request) -> Wait | None:
        purpose = Purpose(self.purpose or request.purpose)
        # While a lost call is settled, what is read serves to find out what became of it.
        reserve = self.urgent or self._settling is not None or purpose.may_use_reserve
        return self.buckets.spend(request.costs, reserve=reserve)

    def _seconds_left(self, request: Request) -> float:
        given = self.time_given
        if given is None:
            return math.inf
        until = given.until(writes=request.writes) if self._finishing else given.stop_at
        return until - time.monotonic()

    def _rest(self, pause: Wait, request: Request) -> TryLater | None:
        """Wait for a limit, but neither for long nor past the end of this task's time."""
        if pause.seconds > LONGEST_WAIT:
            reached = limit_reached(self.connection, pause)
            if isinstance(reached, OnlyReserveLeft):
                self.scarce = reached
            return reached
        if pause.seconds > self._seconds_left(request):
            return Yielding("Their limit is reached for now.", retry_after=pause.seconds)
        time.sleep(pause.seconds)
        return None

    def _send(self, flight: "Flight") -> Reply:
        """In a thread. A call's time counts from its intent, not from when the thread comes to it:
        others believe that nothing leaves after it, whatever stopped this process meanwhile."""
        if moment() >= flight.leaves_until:
            return Reply(fate=Fate.UNSENT, problem="TooLateToSend")
        return self.line.exchange(flight.request, until=flight.leaves_until)

    def _with_fresh_token(self, flight: "Flight", reply: Reply) -> Reply:
        """On 401 renew the token and send the same bytes once more, under their key.

        Calls that flew side by side with the old token find it renewed already. A write that did
        leave once is never called unsent for the second time's sake.
        """
        if reply.fate != Fate.ANSWERED or reply.status != HTTP_UNAUTHORIZED:
            return reply
        if flight.renewals == self._renewals:
            self.line.renew(seen_401=True)
            self._renewals += 1
        self.lease.renew()
        while (pause := self._take(flight.request)) is not None:
            if pause.seconds > LONGEST_WAIT:
                raise limit_reached(self.connection, pause)
            time.sleep(pause.seconds)
        self.calls += 1
        again = Flight(flight.call, flight.request, self._leaves_until(flight.request))
        if flight.request.writes:
            self._note_leaving(flight.call, flight.request)
        second = self._send(again)
        if second.fate == Fate.UNSENT and flight.request.writes:
            return Reply(fate=Fate.LOST, problem=second.problem)
        return second

    # --- Rows -----------------------------------------------------------------------------------

    def _intend(self, request: Request) -> "Flight":
        """Write down what is about to leave. A read has nothing to lose and is written after."""
        self.calls += 1
        leaves_until = self._leaves_until(request)
        moment = now()
        call = Call(
            connection=self.connection,
            run=self.run,
            purpose=self.purpose or request.purpose.value,
            method=request.method,
            path=request.path[:400],
            query=[list(pair) for pair in request.query],
            headers=[list(pair) for pair in request.headers],
            body=zlib.compress(request.body) if request.body else b"",
            content_type=request.content_type,
            key=request.key,
            evidence=request.evidence,
            members=list(request.members),
            fence=self.lease.fence,
            started_at=moment,
            may_have_left_until=moment + _deadline(request) if request.writes else None,
            replays=self._replayed_by(request),
        )
        if request.writes:
            with transaction.atomic():
                self.lease.confirm()
                self._must_still_send()
                call.save(force_insert=True)
                if call.replays_id is None:
                    asked = [ref for ref in request.members if ref in self._intended]
                    self._mark_on_their_way(call, asked)
                else:
                    # Its members keep the call they left with, and their outcome stays unknown.
                    Call.objects.filter(pk=call.replays_id).rewrite(
                        may_have_left_until=call.may_have_left_until
                    )
            witness.note_leaving(call)
        return Flight(call, request, leaves_until, self._renewals)

    def _replayed_by(self, request: Request) -> Call | None:
        """The lost call whose bytes these are, while one is being settled.

        Raises ValueError for any other write then: it could make a second one.
        """
        if self._settling is None or not request.writes:
            return None
        lost = self._settling.call
        if _bytes_of(request) != _bytes_of(request_of(lost)):
            raise ValueError("While a call is being settled, nothing but its own bytes may leave.")
        return lost

    @staticmethod
    def _leaves_until(request: Request) -> float:
        """The moment by which the request must have left."""
        return within(_deadline(request).total_seconds())

    def _must_still_send(self) -> None:
        """A person, or a mapping that changed, may have paused these books while the run was on, or
        a person switched off what sends by itself: what was planned by the old settings does not
        leave any more."""
        stored = Connection.objects.only("stage", *SENDING).get(pk=self.connection.pk)
        if stored.stage != self.connection.stage:
            raise Yielding("These books were paused while the run was on; nothing more is sent.")
        if off(stored, SENDING) - off(self.connection, SENDING):
            raise Yielding("Something was switched off while the run was on; the next goes on.")

    def _note_leaving(self, call: Call, request: Request) -> None:
        """The same bytes leave once more, so their time runs anew."""
        until = now() + _deadline(request)
        with transaction.atomic():
            self.lease.confirm()
            same = [call.pk, *filter(None, [call.replays_id])]
            Call.objects.filter(pk__in=same).rewrite(may_have_left_until=until)
            SyncRecord.objects.filter(call=call, state=State.ON_ITS_WAY).update(due_at=until)
        call.may_have_left_until = until
        witness.note_leaving(call)

    def _mark_on_their_way(self, call: Call, members: Sequence[int]) -> None:
        records = SyncRecord.objects.filter(pk__in=members).only("pk")
        for record in records:
            record.state = State.ON_ITS_WAY
            record.call = call
            record.due_at = call.may_have_left_until
            record.intent_revision = self._intended[record.pk].revision
        SyncRecord.objects.bulk_update(records, ["state", "call", "due_at", "intent_revision"])
        Intended.objects.bulk_create(
            [
                Intended(
                    record_id=ref,
                    packed_snapshot=Agreed.pack(self._intended[ref].ours),
                    carried=[list(each) for each in self._intended[ref].carried],
                )
                for ref in members
            ],
            update_conflicts=True,
            update_fields=["packed_snapshot", "carried"],
            unique_fields=["record"],
        )


def _bytes_of(request: Request) -> tuple[object, ...]:
    """Everything of a request that they see or that makes it repeatable."""
    return (
        request.method,
        request.path,
        request.query,
        request.headers,
        request.content_type,
        request.key,
        request.body,
    )


def _refuse_what_no_row_keeps(request: Request) -> None:
    """Raise ValueError for a write that its row would hold cut short: its replay would be another."""
    for name in ("method", "path", "content_type", "key"):
        room = getattr(Call._meta.get_field(name), "max_length", 0)
        if request.writes and len(getattr(request, name)) > room:
            raise ValueError(f"The {name} of a write is longer than its row holds.")


def _deadline(request: Request) -> timedelta:
    return timedelta(seconds=request.timeout or settings.SYNC_CALL_DEADLINE)


def note_answer(answered: Answered, trace_headers: Sequence[str]) -> Call:
    """What came back, on the call's row (not saved). The answer is redacted and cut."""
    call, reply = answered.call, answered.reply
    call.state = {
        Fate.ANSWERED: Call.State.ANSWERED,
        Fate.UNSENT: Call.State.UNSENT,
        Fate.LOST: Call.State.LOST,
    }[reply.fate]
    call.answered_at = now()
    call.status = reply.status or None
    call.seconds = round(reply.seconds, 3)
    call.problem = reply.problem[:300]
    call.answer = zlib.compress(redacted(reply.body)[:KEPT_ANSWER]) if reply.body else b""
    call.trace_id = next(
        (reply.headers[name][:80] for name in trace_headers if name in reply.headers), ""
    )
    if answered.request.writes:
        # The exchange is over: nothing of it leaves any more, and their time-out runs from here.
        call.may_have_left_until = call.answered_at
    return call


ANSWER_FIELDS = [
    "state",
    "answered_at",
    "status",
    "seconds",
    "problem",
    "answer",
    "trace_id",
    "may_have_left_until",
]


def request_of(call: Call) -> Request:
    """The very request that a call's row holds, to be sent again byte by byte."""
    return Request(
        method=call.method,
        path=call.path,
        query=tuple((name, value) for name, value in call.query),
        headers=tuple((name, value) for name, value in call.headers),
        body=zlib.decompress(bytes(call.body)) if call.body else b"",
        content_type=call.content_type,
        purpose=Purpose.RETRIES,
        key=call.key,
        members=tuple(call.members),
        writes=True,
        evidence=call.evidence,
    )
