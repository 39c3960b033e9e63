"""Carry our records into one set of books, in waves: masters, documents, money, deposits."""

from collections.abc import Iterator, Sequence

from django.db.models import QuerySet

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connections.waiting import OnlyReserveLeft
from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    TryLater,
)
from apps.connectors.port import Connector, Outcome, Push
from apps.connectors.snapshots import Kind
from apps.sync.assemble import Assembler
from apps.sync.calls.courier import Settling, SyncCourier
from apps.sync.calls.outcomes import Sent
from apps.sync.calls.record import Recorder
from apps.sync.calls.time_given import Yielding
from apps.sync.lease import Lease
from apps.sync.models import Reason, State, SyncRecord
from apps.sync.send.automatic import Automatic
from apps.sync.send.plan import Plan, Planner
from apps.sync.send.timetable import Timetable
from apps.sync.there.remote import store
from apps.sync.there.shares import added_up
from apps.sync.there.stands import of_records
from apps.sync.there.taken import Taken, ask_who_has_them
from apps.sync.there.waves import NOT_FROM_THE_RESERVE, WAVES
from apps.sync.want.carried import ride_with_payments
from apps.sync.want.wishes import DOCUMENTS, ON_DEMAND, ended_here, want_masters

# Outcomes of one reply that are noted together: nobody else writes meanwhile.
NOTED_AT_ONCE = 30


class Pusher:
    """One run's pushing. Stops when the courier says that no further call may start."""

    def __init__(
        self,
        *,
        connection: Connection,
        connector: Connector,
        courier: SyncCourier,
        assembler: Assembler,
        recorder: Recorder,
        lease: Lease,
    ) -> None:
        self.connection = connection
        self.connector = connector
        self.courier = courier
        self.assembler = assembler
        self.recorder = recorder
        self.lease = lease
        self.automatic = Automatic(connection, recorder.name, lease)
        self.timetable = Timetable(connection, lease)
        self.planner = Planner(
            connection=connection,
            connector=connector,
            courier=courier,
            assembler=assembler,
            recorder=recorder,
            lease=lease,
        )

    def push_all(self) -> bool:
        """Everything that is due and may leave by itself or was let go by a person, in waves;
        whether anything was due. Raises `TryLater` when it must stop before the end; kinds for
        which only a reserve of calls is left are passed over (`courier.scarce`)."""
        due = self._kinds_due()
        self._hold_the_blocked(due)
        self.timetable.put_off()
        self.automatic.keep_back_the_new(due)
        want_masters(self.connection)
        kinds = self._kinds_due()
        due |= kinds
        for wave in WAVES:
            for kind in wave.kinds:
                if kind == Kind.PAYMENT and Kind.ALLOCATION in kinds and self._carries_allocations:
                    ride_with_payments(self.connection)
                    kinds = self._kinds_due()
                kinds = self._push_due(kind, kinds, back=wave.back)
            self.assembler.forget()
        self.automatic.forget_the_done()
        self.timetable.over()
        return bool(due)

    def _push_due(self, kind: Kind, kinds: set[str], *, back: bool) -> set[str]:
        """All of a kind that is due, or none where what is left of their calls is kept for others;
        the kinds of which anything is due then."""
        while kind in kinds and (due := self._due(kind, back=back)):
            if self.courier.scarce and kind in NOT_FROM_THE_RESERVE:
                break
            try:
                self._push_some(kind, due)
            except OnlyReserveLeft:
                break
            kinds = self._kinds_due()  # what went over may have released others
        return kinds

    def push_these(self, kind: Kind, records: Sequence[SyncRecord], *, anew: bool = False) -> None:
        """Just these records, due or not and whatever is switched off: a test invoice. `anew`: what
        stands there is written again as it is here, whatever stands in it now."""
        records = [each for each in records if not each.in_doubt]
        self._push_some(kind, records, anew=anew, by_hand=True)
        self.assembler.forget()

    # --- Which records --------------------------------------------------------------------------

    def _kinds_due(self) -> set[str]:
        """The kinds of which anything is due at all: most runs find none, and ask no further."""
        return set(self._all_due().order_by().values_list("kind", flat=True).distinct())

    def _all_due(self) -> QuerySet[SyncRecord]:
        return SyncRecord.objects.filter(
            connection=self.connection, state=State.WAITING, due_at__lte=now()
        )

    def _due(self, kind: Kind, *, back: bool) -> list[SyncRecord]:
        due, gone = self._due_of(kind), ended_here(kind)
        due = due.filter(gone) if back else due.exclude(gone)
        if kind == Kind.CUSTOMER:  # a parent goes before those under it
            above = self._due_of(kind).values("customer_id")
            due = due.exclude(customer__parent__in=above)
        return list(due.order_by("due_at", "id")[: self._at_once])

    def _due_of(self, kind: Kind) -> QuerySet[SyncRecord]:
        due = self._all_due().filter(kind=kind)
        if kind in DOCUMENTS:
            due = due.filter(opening=False)
        # An allocation of a payment goes over inside it where the ledger keeps it there.
        if kind == Kind.ALLOCATION and self._carries_allocations:
            return due.filter(allocation__payment=None)
        return due

    @property
    def _at_once(self) -> int:
        return self.connector.capabilities.planned_at_once

    @property
    def _carries_allocations(self) -> bool:
        return self.connector.capabilities.payments_carry_allocations

    def _hold_the_blocked(self, kinds: set[str]) -> None:
        """Before any call: what is held takes no customer or item over with it."""
        for kind in [each for each in Kind if each in kinds and each not in ON_DEMAND]:
            after = 0
            while records := list(
                self._due_of(kind).filter(pk__gt=after).order_by("id")[: self._at_once]
            ):
                after = records[-1].pk
                self.planner.hold_the_blocked(kind, records)
        self.assembler.forget()

    # --- Plan, send, record ---------------------------------------------------------------------

    def _push_some(
        self, kind: Kind, records: list[SyncRecord], *, anew: bool = False, by_hand: bool = False
    ) -> None:
        with self.courier.begun():
            plan = self.planner.plan(kind, records, anew=anew)
            if not by_hand:
                self.automatic.keep_back(plan)
            if plan.pushes:
                self._send(plan)
                self.assembler.forget_absences()
        if plan.newer:
            self._read_again(plan.newer)

    def _send(self, plan: Plan) -> None:
        """Send, and record each reply while the next calls are under way.

        What was in a call that came to nothing goes in smaller ones, after all others.
        """
        for pushes in _together(plan):
            self.courier.intends({each.ref: plan.sent[each.ref] for each in pushes})
            self.carry_out(self.connector.push(pushes, self.courier), plan.sent)

    def carry_out(
        self,
        outcomes: Iterator[Outcome],
        sent: dict[int, Sent],
        *,
        settling: Settling | None = None,
    ) -> None:
        """Record outcomes as they come, one short transaction per reply, or several of a long one.

        `settling`: they tell what became of that lost call. Whatever keeps it from being told
        leaves every record unknown, and only what holds up the whole connection is raised.
        """
        waiting: list[Outcome] = []
        taken: list[Taken] = []
        heard: set[int] = set()
        stopped: ConnectorError | None = None
        self.recorder.begin()
        try:
            for outcome in outcomes:
                waiting.append(outcome)
                heard.add(outcome.ref)
                if isinstance(outcome.error, NumberTaken | NameTaken):
                    what = sent[outcome.ref]
                    taken.append(Taken(what.record, what.ours, outcome.error))
                match outcome.error:
                    case ConnectionLost() as why:
                        stopped = why
                        self.courier.hold(why)
                    case TryLater(whole_connection=True) as why:
                        self.courier.hold(why)
                if len(waiting) >= min(self.connector.capabilities.push_batch, NOTED_AT_ONCE):
                    self._record(waiting, sent, settling)
                    waiting = []
        except (TryLater, ConnectionLost) as why:
            stopped = stopped or why
        except ConnectorError as why:
            if settling is None:
                raise
            stopped = stopped or why
        if settling is not None and stopped is not None and not isinstance(stopped, Yielding):
            waiting += [_not_told(ref, stopped) for ref in sent if ref not in heard]
        self._record(waiting, sent, settling)
        if stopped is not None and (settling is None or _stops_all(stopped)):
            raise stopped
        if taken:
            adopted = ask_who_has_them(self.connection, self.connector, self.courier, taken)
            self._record(adopted, sent, None)

    def _record(
        self, outcomes: list[Outcome], sent: dict[int, Sent], settling: Settling | None
    ) -> None:
        self.recorder.record(outcomes, sent, self.courier.collect_answered(), settling=settling)

    def _read_again(self, records: Sequence[SyncRecord]) -> None:
        """Somebody changed these over there: read them, so that the next plan compares with that."""
        from apps.sync.apply import apply_arrivals

        added = added_up(records, self.connector.capabilities.adds_up)
        rows = [row for each in of_records(records, added).values() for row in each.rows]
        wanted = list(dict.fromkeys((row.kind, row.remote_id) for row in rows))
        found = list(self.connector.read(wanted, self.courier))
        self.recorder.record([], {}, self.courier.collect_answered())
        store(self.connection, found, read_at=now())
        for record in records:
            record.due_at = now()
            record.sentence = "It was changed over there; Tieout has read it again."
            record.reason = Reason.NONE
        SyncRecord.objects.bulk_update(records, ["due_at", "sentence", "reason"])
        apply_arrivals(
            self.connection, self.connector, lease=self.lease, stop_at=self.courier.stop_at
        )


def _together(plan: Plan) -> Iterator[list[Push]]:
    """Pushes that may share calls. Those of a call that came to nothing are kept apart, by how
    many of them may still ride together, so that the bad one ends up alone."""
    limited: dict[int, list[Push]] = {}
    free: list[Push] = []
    for push in plan.pushes:
        limit = plan.sent[push.ref].record.rides_with
        (free if limit is None else limited.setdefault(limit, [])).append(push)
    if free:
        yield free
    for limit, pushes in sorted(limited.items(), reverse=True):
        for start in range(0, len(pushes), limit):
            yield pushes[start : start + limit]


def _not_told(ref: int, why: ConnectorError) -> Outcome:
    """Nothing was heard of it. A refusal here was one of the question, not of the record."""
    if not isinstance(why, TryLater | ConnectionLost):
        why = OutcomeUnknown(why.sentence, why.remedy, why.code, why.trace_id)
    return Outcome(ref=ref, error=why)


def _stops_all(why: ConnectorError) -> bool:
    """Whether it holds up every call of these books, or this run."""
    if isinstance(why, TryLater):
        return why.whole_connection or why.retry_after is not None or isinstance(why, Yielding)
    return isinstance(why, ConnectionLost)
