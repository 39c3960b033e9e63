"""What becomes of a batch of due records before any call: held, settled without one, or to be sent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from apps.billing.models import Payment, Refund
from apps.connections.models import Connection
from apps.connectors.port import Connector, Push
from apps.connectors.snapshots import (
    AllocationSnapshot,
    Difference,
    DocumentSnapshot,
    Kind,
    Snapshot,
)
from apps.mappings.codes import keep_codes
from apps.sync.assemble import Assembled, Assembler
from apps.sync.assemble.firsts import Firsts
from apps.sync.assemble.lookups import FROZEN
from apps.sync.assemble.obstacles import Obstacle, cannot_hold
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.outcomes import Sent
from apps.sync.calls.record import RECORD_FIELDS, Recorder
from apps.sync.lease import Lease
from apps.sync.match.gate import Gate
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.send.no_call import NoCall
from apps.sync.send.other_side import OtherSide
from apps.sync.there.merge import laid_over, ours_changed, unconfirmed
from apps.sync.there.merges import named_anew, survivors
from apps.sync.there.remote import as_object
from apps.sync.there.same_document import ask_about_same_documents
from apps.sync.there.same_money import look_for_same_money
from apps.sync.there.shares import NOTHING, Added, Pair, added_up, mine
from apps.sync.there.stands import Stands, as_one, of_records
from apps.sync.there.ties import agreed_of
from apps.sync.want.carried import settle_carried
from apps.sync.want.wishes import DOCUMENTS

# Money that staff may have typed over there as well.
MAY_BE_TYPED_THERE = (Kind.PAYMENT, Kind.REFUND)

AsRead = dict[int, tuple[str, int]]  # sync record → state and wanted revision when it was read


@dataclass(slots=True)
class Plan:
    """What a batch of due records comes to, before any call."""

    pushes: list[Push]
    sent: dict[int, Sent]
    newer: list[SyncRecord]  # changed over there since we read them: read again first


class Planner:
    """Plans of one run. Reads their codes again at most once, and makes no other call."""

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
        self.other_side = OtherSide(connection, connector, lease)
        self.gate = Gate(connection, connector)
        self.firsts = Firsts(connection)
        self._accounts_read = False
        self._asked_anew: set[int] = set()

    def hold_the_blocked(self, kind: Kind, records: Sequence[SyncRecord]) -> None:
        """What a mapping or a lock stands in the way of is held with all its obstacles named, and
        what waits for the first of its kind."""
        as_read = _as_read(records)
        by_subject = {record.subject_id: record for record in records}
        assembled = self.assembler.many(kind, list(by_subject))
        held = [
            self.no_call.held(by_subject[made.pk], made.obstacles)
            for made in assembled
            if any(each.reason != Reason.WAITS_FOR_RECORD for each in made.obstacles)
            and not (made.taken_back or made.left_out)
        ]
        back = [each for each in assembled if self.firsts.stops(each)]
        theirs = of_records([by_subject[each.pk] for each in back]) if back else {}
        for made in back:
            record = by_subject[made.pk]
            if first := self._held_back(record, made, stands=record.pk in theirs):
                held.append(self.no_call.held_back(record, made, first))
        self._save_settled(held, as_read)

    def _held_back(self, record: SyncRecord, made: Assembled, *, stands: bool) -> Obstacle | None:
        """What keeps a new one of a kind back of which the first was not tried yet."""
        if stands or record.step or record.opening:
            return None
        return self.firsts.stops(made)

    def plan(self, kind: Kind, records: list[SyncRecord], *, anew: bool = False) -> Plan:
        """Find everything that stands in the way, settle what needs no call, compose the rest.

        `anew`: a person wants what stands there written again as it is here. What both sides agreed
        on, and what somebody changed there since, counts for nothing then.
        """
        as_read = _as_read(records)
        by_subject = {record.subject_id: record for record in records}
        assembled = self._assembled(kind, list(by_subject))
        added = added_up(records, self.connector.capabilities.adds_up)
        theirs = of_records(records, added)
        agreed = agreed_of(records)
        plan = Plan(pushes=[], sent={}, newer=[])
        self.other_side.look_afresh()
        settled: list[SyncRecord] = []
        stood = self._not_looked_at(kind)
        alike = self.gate.held(kind, [each for each in records if each.pk not in theirs])
        typed_there = self._typed_there(kind, assembled, by_subject, theirs)
        pairs: set[Pair] = set()  # of which one is sent now; the others follow it
        for made in assembled:
            record = by_subject[made.pk]
            stands = theirs.get(record.pk)
            row = stands.row if stands is not None else None
            base = agreed[record.pk].snapshot if record.pk in agreed else None
            base = None if anew else self._named_anew(base, made)
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
            elif made.left_out and kind in DOCUMENTS and not made.taken_back:
                changed = cannot_hold(made.left_out, FROZEN)  # it stands there as it was before
                settled.append(self.no_call.held(record, [changed]))
            elif first := self._held_back(record, made, stands=row is not None):
                settled.append(self.no_call.held_back(record, made, first))
            elif made.obstacles:
                settled.append(self.no_call.held(record, made.obstacles))
            elif row is None and made.pk in alike:
                settled.append(self.no_call.held(record, [alike[made.pk]]))
            elif self._meets_theirs(record, made, base, stands):
                continue  # it is due again, or a person decides
            elif (
                base is not None
                and row is not None
                and not record.step
                and not ours_changed(base, _of(made))
            ):
                wrong = self._otherwise_there(stands, made)
                if wrong and self._is_first_time(record):
                    plan.newer.append(record)
                else:
                    settled.append(self.no_call.nothing_to_send(record, made, wrong))
            elif row is None and kind in MAY_BE_TYPED_THERE and self._may_be_there(record):
                continue  # it waits for a person's decision
            elif record.pk in typed_there:
                continue  # likewise
            elif row is None and kind == Kind.ALLOCATION and _may_have_arrived(stood, made):
                settled.append(self.no_call.behind_what_arrived(record))
            elif row is not None and self._must_read_first(record, row, made):
                plan.newer.append(record)
            elif record.pk in added.busy:
                settled.append(self.no_call.beside(record))
            elif added.pairs.get(record.pk) in pairs:
                continue  # planned next, from what stands then
            else:
                pairs |= {added.pairs[record.pk]} if record.pk in added.pairs else set()
                push = push_of(self.connector, record, made, base, stands, added)
                plan.pushes.append(push)
                plan.sent[record.pk] = Sent(
                    record,
                    made.revision,
                    _of(made),
                    made.carried,
                    creates=row is None,
                    step=push.step,
                    stands=push.stands,
                    beside=push.beside,
                )
        self._save_settled(settled, as_read)
        if kind == Kind.PAYMENT and settled:
            self._settle_carried(settled)
        return plan

    def _meets_theirs(
        self, record: SyncRecord, made: Assembled, base: Snapshot | None, stands: Stands | None
    ) -> bool:
        """Whether what ours changed is a field in which the other side has the say, or which it
        changed as well: settled before anything leaves."""
        if base is None or stands is None or made.taken_back or record.step:
            return False

        def known() -> Snapshot | None:
            found = as_one(stands.objects(self.connector), self.connector)
            return None if found is None else found.snapshot

        return self.other_side.meets(record, made, base, known)

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
            obstacle.waits_for.on == On.ACCOUNT for each in made for obstacle in each.obstacles
        ):
            return made
        self._accounts_read = True
        keep_codes(self.connection, self.connector.codes(self.courier))
        self.recorder.record([], {}, self.courier.collect_answered())
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

    def _must_read_first(self, record: SyncRecord, row: RemoteRecord, made: Assembled) -> bool:
        """What we know of it is old: somebody changed it there, or it is taken back and was still
        settled when last read. What was set against it may be off by now, and that moves its
        balance over there without a version of ours; asked once a run."""
        if record.reason == Reason.TRY_LATER and _is_stale(record):
            return True
        settled = row.balance is not None and row.balance != row.amount
        return settled and made.taken_back and self._is_first_time(record)

    def _otherwise_there(self, stands: Stands | None, made: Assembled) -> tuple[Difference, ...]:
        """In which figures what stands there, as last read, is not what is ours: what both sides
        agreed on was sent, and they may have answered otherwise."""
        objects = stands.objects(self.connector) if stands is not None else ()
        known = as_one(objects, self.connector)
        if known is None or known.snapshot is None:
            return ()
        return unconfirmed(self.connector, _of(made), known.snapshot)

    def _is_first_time(self, record: SyncRecord) -> bool:
        """Whether this run has not read it again already."""
        if record.pk in self._asked_anew:
            return False
        self._asked_anew.add(record.pk)
        return True

    def _not_looked_at(self, kind: Kind) -> Sequence[AllocationSnapshot]:
        """Uses of credits that arrived, and of which nobody has found out yet whose they are."""
        if kind != Kind.ALLOCATION:
            return ()
        rows = RemoteRecord.objects.filter(
            connection=self.connection,
            of_kind=Kind.ALLOCATION,
            arrival=RemoteRecord.Arrival.NEW,
            sync_record=None,
            gone=False,
        )
        read = [as_object(row, self.connector).snapshot for row in rows]
        return [each for each in read if isinstance(each, AllocationSnapshot)]

    def _typed_there(
        self,
        kind: Kind,
        assembled: Sequence[Assembled],
        by_subject: Mapping[int, SyncRecord],
        theirs: Mapping[int, Stands],
    ) -> set[int]:
        """Documents that are about to be created and that somebody may have typed over there."""
        if kind not in DOCUMENTS:
            return set()
        about = []
        for made in assembled:
            record, ours = by_subject[made.pk], made.snapshot
            is_new = record.pk not in theirs and record.generation == 1 and not record.opening
            free = not (made.obstacles or made.taken_back or made.left_out)
            if is_new and free and isinstance(ours, DocumentSnapshot):
                about.append((record, ours))
        return ask_about_same_documents(self.connection, kind, about)

    def _may_be_there(self, record: SyncRecord) -> bool:
        """Whether money of theirs that nobody has linked looks like the same."""
        money = record.subject
        assert isinstance(money, Payment | Refund), "asked of money alone"
        return bool(look_for_same_money(self.connection, record, money))


def push_of(
    connector: Connector,
    record: SyncRecord,
    made: Assembled,
    base: Snapshot | None,
    stands: Stands | None,
    added: Added,
) -> Push:
    """What is asked of their books for a record: what we changed laid over what stands there."""
    objects = stands.objects(connector) if stands is not None else ()
    beside = added.beside.get(record.pk, NOTHING)
    known = as_one(mine(objects, beside), connector)
    snapshot = _of(made)
    if known is not None and known.snapshot is not None and base is not None:
        snapshot = laid_over(base, snapshot, known.snapshot)
    return Push(
        ref=record.pk,
        kind=made.kind,
        snapshot=snapshot,
        identity=record.identity,
        known=known,
        agreed=base,
        stands=objects,
        beside=beside,
        step=record.step,
    )


def _may_have_arrived(stood: Sequence[AllocationSnapshot], made: Assembled) -> bool:
    """Whether one of them is of the same credit: it may be this one, forgotten since, and sent again
    it would stand twice."""
    ours = made.snapshot
    return isinstance(ours, AllocationSnapshot) and any(
        (each.source, each.source_id) == (ours.source, ours.source_id) for each in stood
    )


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
