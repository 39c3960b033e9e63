"""Carry our records into one set of books, in waves: masters, documents, money, deposits."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from apps.billing.models import Payment, Refund
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    TryLater,
)
from apps.connectors.port import Connector, Outcome, Push
from apps.connectors.snapshots import Kind, Snapshot
from apps.mappings.codes import take_codes
from apps.sync.assemble import Assembled, Assembler
from apps.sync.carried import fold_carried, settle_carried
from apps.sync.courier import Settling, SyncCourier, Yielding
from apps.sync.lease import Lease
from apps.sync.merge import laid_over, ours_changed
from apps.sync.merges import named_anew, survivors
from apps.sync.models import Agreed, Reason, RemoteRecord, State, SyncRecord
from apps.sync.no_call import NoCall
from apps.sync.outcomes import Sent
from apps.sync.record import RECORD_FIELDS, Recorder
from apps.sync.remote import store
from apps.sync.same_money import look_for_same_money
from apps.sync.stands import Stands, as_one, of_records
from apps.sync.taken import Taken, ask_who_has_them
from apps.sync.want import DOCUMENTS, ON_DEMAND, taken_back, want_masters


@dataclass(frozen=True, slots=True)
class Wave:
    """Kinds that go side by side. `back`: what was taken back here; otherwise what stands."""

    kinds: tuple[Kind, ...]
    back: bool = False


# What is set against something comes after it, and goes before it. A payment may carry both at
# once, so what leaves it goes after it, and what joins it before.
WAVES = (
    Wave((Kind.DEPOSIT,), back=True),
    Wave((Kind.ALLOCATION,), back=True),
    Wave((Kind.CUSTOMER, Kind.ITEM)),
    Wave((Kind.INVOICE, Kind.CREDIT_NOTE, Kind.ADJUSTMENT, Kind.REFUND)),
    Wave((Kind.PAYMENT,)),
    Wave((Kind.ALLOCATION,)),
    Wave((Kind.ADJUSTMENT, Kind.REFUND, Kind.INVOICE, Kind.CREDIT_NOTE), back=True),
    Wave((Kind.DEPOSIT,)),
)
# Records planned at once: bounds memory, and lets several calls fly side by side.
PLANNED_AT_ONCE = 240

# Money that staff may have typed over there as well.
MAY_BE_TYPED_THERE = (Kind.PAYMENT, Kind.REFUND)

AsRead = dict[int, tuple[str, int]]  # sync record → state and wanted revision when it was read


@dataclass(slots=True)
class Plan:
    """What a batch of due records comes to, before any call."""

    pushes: list[Push]
    sent: dict[int, Sent]
    newer: list[SyncRecord]  # changed over there since we read them: read again first


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
        self.no_call = NoCall(connection, recorder.name)
        self._accounts_read = False
        self._asked_anew: set[int] = set()

    def push_all(self) -> None:
        """Everything that is due, in waves. Raises `TryLater` when it must stop before the end."""
        self._hold_the_blocked()
        want_masters(self.connection)
        kinds = self._kinds_due()
        for wave in WAVES:
            for kind in wave.kinds:
                if kind == Kind.PAYMENT and self._carries_allocations:
                    fold_carried(self.connection)
                    kinds = self._kinds_due()
                while kind in kinds and (due := self._due(kind, back=wave.back)):
                    self._push_some(kind, due)
                    kinds = self._kinds_due()  # what went over may have released others
            self.assembler.forget()

    def push_these(self, kind: Kind, records: Sequence[SyncRecord]) -> None:
        """Just these records, due or not: a test invoice, a person's "Send now"."""
        self._push_some(kind, [each for each in records if not each.in_doubt])
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
        due, gone = self._due_of(kind), taken_back(kind)
        due = due.filter(gone) if back else due.exclude(gone)
        if kind == Kind.CUSTOMER:  # a parent goes before those under it
            above = self._due_of(kind).values("customer_id")
            due = due.exclude(customer__parent__in=above)
        return list(due.order_by("due_at", "id")[:PLANNED_AT_ONCE])

    def _due_of(self, kind: Kind) -> QuerySet[SyncRecord]:
        due = self._all_due().filter(kind=kind)
        if kind in DOCUMENTS:
            due = due.filter(opening=False)
        # An allocation of a payment goes over inside it where the ledger keeps it there.
        if kind == Kind.ALLOCATION and self._carries_allocations:
            return due.filter(allocation__payment=None)
        return due

    @property
    def _carries_allocations(self) -> bool:
        return Kind.ALLOCATION in self.connector.capabilities.carried_inside

    def _hold_the_blocked(self) -> None:
        """Before any call: what a mapping or a lock stands in the way of is held with all its
        obstacles named, and takes no customer or item over with it."""
        kinds = self._kinds_due()
        for kind in [each for each in Kind if each in kinds and each not in ON_DEMAND]:
            after = 0
            while records := list(
                self._due_of(kind).filter(pk__gt=after).order_by("id")[:PLANNED_AT_ONCE]
            ):
                after = records[-1].pk
                as_read = _as_read(records)
                by_subject = {record.subject_id: record for record in records}
                held = [
                    self.no_call.held(by_subject[made.pk], made.obstacles)
                    for made in self.assembler.many(kind, list(by_subject))
                    if any(each.reason != Reason.WAITS_FOR_RECORD for each in made.obstacles)
                    and not (made.taken_back or made.left_out)
                ]
                self._save_settled(held, as_read)
        self.assembler.forget()

    # --- Plan, send, record ---------------------------------------------------------------------

    def _push_some(self, kind: Kind, records: list[SyncRecord]) -> None:
        plan = self._plan(kind, records)
        if plan.pushes:
            self._send(plan)
            self.assembler.forget_absences()
        if plan.newer:
            self._read_again(plan.newer)

    def _plan(self, kind: Kind, records: list[SyncRecord]) -> Plan:
        """Find everything that stands in the way, settle what needs no call, compose the rest."""
        as_read = _as_read(records)
        by_subject = {record.subject_id: record for record in records}
        assembled = self._assembled(kind, list(by_subject))
        theirs = of_records(records)
        agreed = {
            each.record_id: each
            for each in Agreed.objects.filter(record__in=records).select_related("record")
        }
        plan = Plan(pushes=[], sent={}, newer=[])
        settled: list[SyncRecord] = []
        for made in assembled:
            record = by_subject[made.pk]
            stands = theirs.get(record.pk)
            row = stands.row if stands is not None else None
            base = agreed[record.pk].snapshot if record.pk in agreed else None
            base = self._named_anew(base, made)
            if row is None and made.taken_back:
                settled.append(self.no_call.left_out(record, made.revision))
            elif record.opening and (row is None or kind in DOCUMENTS):
                settled.append(self.no_call.of_before(record, made.revision))
            elif row is None and made.left_out:
                settled.append(self.no_call.not_of_theirs(record, made))
            elif row is not None and row.gone and (made.taken_back or _is_inactive(made)):
                settled.append(self.no_call.ended(record, made.revision))
            elif row is not None and row.gone:
                settled.append(self.no_call.gone(record))
            elif row is not None and row.unreadable:
                settled.append(self.no_call.unreadable(record, row))
            elif made.obstacles:
                settled.append(self.no_call.held(record, made.obstacles))
            elif (
                base is not None
                and row is not None
                and not record.step
                and not ours_changed(base, _of(made))
            ):
                settled.append(self.no_call.nothing_to_send(record, made))
            elif row is None and kind in MAY_BE_TYPED_THERE and self._may_be_there(record):
                continue  # it waits for a person's decision
            elif row is not None and self._must_read_first(record, row, made):
                plan.newer.append(record)
            else:
                push = self._push_of(kind, record, made, base, stands)
                plan.pushes.append(push)
                plan.sent[record.pk] = Sent(
                    record,
                    made.revision,
                    _of(made),
                    made.carried,
                    creates=row is None,
                    step=push.step,
                    stands=push.stands,
                )
        self._save_settled(settled, as_read)
        if kind == Kind.PAYMENT and settled:
            self._settle_carried(settled)
        return plan

    def _named_anew(self, base: Snapshot | None, made: Assembled) -> Snapshot | None:
        """What was agreed, under the customer that survived a merge over there: what moved with it
        is no change of ours. Asked only where the customer differs."""
        if base is None or made.snapshot is None:
            return base
        now_is, was = (getattr(each, "customer_id", "") for each in (made.snapshot, base))
        if now_is == was:
            return base
        return named_anew(base, survivors(self.connection))

    def _settle_carried(self, payments: Sequence[SyncRecord]) -> None:
        """What was to go inside payments that need no call."""
        says_all = {each.subject_id for each in payments if each.state == State.IN_THE_BOOKS}
        with transaction.atomic():
            self.lease.confirm()
            settle_carried(self.connection, says_all=says_all)

    def _assembled(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        """What stands in the way may be an account that has come into being since their codes
        were read (the receivable of a new currency): then they are read again, once a run."""
        made = self.assembler.many(kind, keys)
        if self._accounts_read or not any(
            obstacle.waits_for.startswith("account:")
            for each in made
            for obstacle in each.obstacles
        ):
            return made
        self._accounts_read = True
        take_codes(self.connection, self.connector.codes(self.courier))
        self.recorder.record([], {}, self.courier.take_answered())
        self.assembler.forget()
        return self.assembler.many(kind, keys)

    def _save_settled(self, records: Sequence[SyncRecord], as_read: AsRead) -> None:
        """Records that need no call. An idle run has none, and writes nothing.

        What somebody wished for or decided since it was read is left as it is now, and planned
        again: what was found out here is of yesterday's revision.
        """
        if not records:
            return
        with transaction.atomic():
            self.lease.confirm()
            stored = SyncRecord.objects.select_for_update().order_by("pk")
            now_is = _as_read(stored.filter(pk__in=[each.pk for each in records]))
            still = [each for each in records if now_is[each.pk] == as_read[each.pk]]
            SyncRecord.objects.bulk_update(still, RECORD_FIELDS)

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
        """Record outcomes as they come, one short transaction per reply.

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
                if len(waiting) >= self.connector.capabilities.push_batch:
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
        self.recorder.record(outcomes, sent, self.courier.take_answered(), settling=settling)

    def _must_read_first(self, record: SyncRecord, row: RemoteRecord, made: Assembled) -> bool:
        """What we know of it is old: somebody changed it there, or it is taken back and was still
        settled when last read. What was set against it may be off by now, and that moves its
        balance over there without a version of ours; asked once a run."""
        if record.reason == Reason.TRY_LATER and _is_stale(record):
            return True
        settled = row.balance is not None and row.balance != row.amount
        if not (settled and made.taken_back) or record.pk in self._asked_anew:
            return False
        self._asked_anew.add(record.pk)
        return True

    def _push_of(
        self,
        kind: Kind,
        record: SyncRecord,
        made: Assembled,
        base: Snapshot | None,
        stands: Stands | None,
    ) -> Push:
        objects = stands.objects(self.connector) if stands is not None else ()
        known = as_one(objects, self.connector)
        snapshot = _of(made)
        if known is not None and known.snapshot is not None and base is not None:
            snapshot = laid_over(base, snapshot, known.snapshot)
        return Push(
            ref=record.pk,
            kind=kind,
            snapshot=snapshot,
            identity=record.identity,
            known=known,
            agreed=base,
            stands=objects,
            step=record.step,
        )

    def _read_again(self, records: Sequence[SyncRecord]) -> None:
        """Somebody changed these over there: read them, so that the next plan compares with that."""
        from apps.sync.apply import apply_arrivals

        rows = [row for each in of_records(records).values() for row in each.rows]
        wanted = list(dict.fromkeys((row.kind, row.remote_id) for row in rows))
        found = list(self.connector.read(wanted, self.courier))
        self.recorder.record([], {}, self.courier.take_answered())
        store(self.connection, found, read_at=now())
        for record in records:
            record.due_at = now()
            record.sentence = "It was changed over there; Tieout has read it again."
            record.reason = Reason.NONE
        SyncRecord.objects.bulk_update(records, ["due_at", "sentence", "reason"])
        apply_arrivals(
            self.connection, self.connector, lease=self.lease, stop_at=self.courier.stop_at
        )

    def _may_be_there(self, record: SyncRecord) -> bool:
        """Whether money of theirs that nobody has linked looks like the same."""
        money = record.subject
        assert isinstance(money, Payment | Refund), "asked of money alone"
        return bool(look_for_same_money(self.connection, record, money))


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


def _as_read(records: Iterable[SyncRecord]) -> AsRead:
    return {each.pk: (each.state, each.wanted) for each in records}


def _is_inactive(made: Assembled) -> bool:
    """A customer or an item that is not used any more."""
    return not getattr(made.snapshot, "active", True)


def _of(made: Assembled) -> Snapshot:
    assert made.snapshot is not None, "a record without obstacles has its snapshot"
    return made.snapshot


def _is_stale(record: SyncRecord) -> bool:
    """Whether its last attempt was answered with "changed over there"."""
    last = record.attempts.order_by("-id").values_list("result", flat=True).first()
    return last == "newer"
