"""What came of a batch, outcome by outcome, in one short transaction."""

import logging
import traceback
from collections.abc import Mapping, Sequence

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F

from apps.billing.models import Allocation
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.errors import OutcomeUnknown
from apps.connectors.port import Connector, Outcome
from apps.connectors.snapshots import AllocationSnapshot, Kind, Snapshot
from apps.core.rows import update_rows
from apps.sync.calls.brought_along import leave_to_be_looked_at
from apps.sync.calls.courier import ANSWER_FIELDS, Answered, Settling, note_answer
from apps.sync.calls.handed_over import hand_over
from apps.sync.calls.outcomes import Outcomes, Sent
from apps.sync.calls.progress import goes_on, is_whole
from apps.sync.edited.here import Updated, note_edits_here
from apps.sync.lease import Lease, LeaseLost
from apps.sync.models import (
    Agreed,
    Attempt,
    Call,
    HistoryNote,
    Intended,
    RemoteRecord,
    Run,
    State,
    SyncRecord,
    Tie,
)
from apps.sync.there.merge import is_taken_back, other_figures, unconfirmed
from apps.sync.there.remote import store
from apps.sync.there.shares import mine, stands_anew
from apps.sync.there.stands import after, as_one

logger = logging.getLogger(__name__)

RECORD_FIELDS = [
    "wanted",
    "sent",
    "state",
    "reason",
    "sentence",
    "remedy",
    "waits_for",
    "due_at",
    "tries",
    "generation",
    "step",
    "steps",
    "rides_with",
    "checked_at",
    "changed_at",
]


class Recorder:
    """Writes outcomes of one run. Refuses to once the lease is lost."""

    def __init__(
        self, connection: Connection, connector: Connector, lease: Lease, run: Run | None
    ) -> None:
        self.connection = connection
        self.connector = connector
        self.name = connector.capabilities.name
        self.lease = lease
        self.run = run
        self._by_member: dict[int, Answered] = {}  # the call that last carried a record

    def begin(self) -> None:
        """Outcomes of other calls than before follow."""
        self._by_member = {}

    def record(
        self,
        outcomes: Sequence[Outcome],
        sent: Mapping[int, Sent],
        answered: Sequence[Answered],
        *,
        settling: Settling | None = None,
    ) -> None:
        """Outcomes, the calls they came by, their objects and what both sides now agree on.

        All in one transaction. Where that fails, each outcome has one of its own, so that the
        trouble of one record loses the outcome of no other.
        """
        if not outcomes and not answered:
            return
        self._by_member |= {ref: each for each in answered for ref in each.request.members}
        new = [each.call for each in answered if each.call.pk is None]
        try:
            with transaction.atomic():
                self.lease.confirm()
                self._save_calls(answered)
                self._count(self._note(outcomes, sent, settling), len(answered))
        except (LeaseLost, OperationalError, InterfaceError):
            raise
        except Exception:
            # Whatever it is, it is one record's: the others are noted without it.
            if not outcomes:
                raise
            for call in new:
                call.pk, call._state.adding = None, True
            self._record_apart(outcomes, sent, answered, settling)

    def _record_apart(
        self,
        outcomes: Sequence[Outcome],
        sent: Mapping[int, Sent],
        answered: Sequence[Answered],
        settling: Settling | None,
    ) -> None:
        with transaction.atomic():
            self.lease.confirm()
            self._save_calls(answered)
            self._count([], len(answered))
        for outcome in outcomes:
            try:
                with transaction.atomic():
                    self.lease.confirm()
                    sent[outcome.ref].record.refresh_from_db()
                    self._count(self._note([outcome], sent, settling), 0)
            except (LeaseLost, OperationalError, InterfaceError):
                raise
            except Exception as own:  # noqa: BLE001 - told on the record, and logged
                self._leave_unknown(sent[outcome.ref], own)

    def _leave_unknown(self, what: Sent, failure: Exception) -> None:
        """A fault of ours while its outcome was noted: it is found out again. Where it happened is
        logged, but not what it said: a message may carry a customer's data."""
        name, record = type(failure).__name__, what.record
        where = "".join(traceback.format_tb(failure.__traceback__))
        logger.error("outcome of sync record %s was not noted (%s)\n%s", record.pk, name, where)
        trouble = OutcomeUnknown(f"Tieout could not note what came of it ({name}).")
        with transaction.atomic():
            self.lease.confirm()
            record.refresh_from_db()
            self._hear_of_new_wishes([record])
            since = record.call.started_at if record.call is not None else now()
            result = Outcomes(self.connector.capabilities).still_unknown(record, trouble, since)
            record.save(update_fields=RECORD_FIELDS)
            if result is not None:
                Attempt.objects.create(
                    call=record.call,
                    sync_record=record,
                    revision=what.revision,
                    step=what.step,
                    result=result,
                    sentence=trouble.sentence,
                )

    def _note(
        self, outcomes: Sequence[Outcome], sent: Mapping[int, Sent], settling: Settling | None
    ) -> list[Attempt]:
        """Inside a transaction that holds the lease; what was tried."""
        if not outcomes:
            return []
        self._hear_of_new_wishes([sent[each.ref].record for each in outcomes])
        rules = Outcomes(self.connector.capabilities, settling, self.connection.warnings)
        attempts, touched, fresh, updated = [], [], [], []
        for outcome in outcomes:
            what = sent[outcome.ref]
            before = what.record.sent
            came_by = self._by_member.get(outcome.ref)
            what.record.changed_at = now()
            result: Attempt.Result | None
            is_new = what.creates or (bool(what.step) and not what.record.sent)
            if outcome.error is None:
                result = self._arrived(what, outcome, settled=settling is not None)
            else:
                result = rules.failed(what, outcome.error, came_by)
            # Whatever else was wished for meanwhile: what stands there was wished for.
            what.record.wanted = max(what.record.wanted, what.record.sent)
            touched.append(what.record)
            if is_new and result == Attempt.Result.DONE:
                fresh.append(outcome)
            elif (
                result == Attempt.Result.DONE
                and not outcome.next_step
                and what.record.undo_id is None  # the undo itself says who and why
            ):
                theirs = self._as_it_stands(what, outcome)
                updated.append(Updated(what.record, before, what.revision, what.ours, theirs))
            if result is None:
                continue
            call = came_by.call if came_by is not None else settling.call if settling else None
            attempts.append(
                Attempt(
                    call=call,
                    sync_record=what.record,
                    revision=what.revision,
                    step=what.step,
                    result=result,
                    code=(outcome.error.code if outcome.error else "")[:20],
                    sentence=str(outcome.error.sentence) if outcome.error else "",
                )
            )
        note_edits_here(self.connection, self.connector, updated)
        self._keep_their_objects(outcomes, sent)
        self._want_notes(fresh, sent)
        SyncRecord.objects.bulk_update(touched, RECORD_FIELDS)
        told = [each.pk for each in touched if not each.in_doubt]
        Intended.objects.filter(record__in=told).delete()
        Attempt.objects.bulk_create(attempts)
        return attempts

    def _want_notes(self, made: Sequence[Outcome], sent: Mapping[int, Sent]) -> None:
        """A note in the history over there for each record that was just made there, where its
        ledger takes such; for one creation never a second one."""
        kinds = self.connector.capabilities.notes
        HistoryNote.objects.bulk_create(
            [
                HistoryNote(
                    sync_record=sent[each.ref].record,
                    generation=sent[each.ref].record.generation,
                    kind=each.remote[0].kind,
                    remote_id=each.remote[0].remote_id,
                )
                for each in made
                if each.remote and sent[each.ref].record.kind in kinds
            ],
            ignore_conflicts=True,
        )

    @staticmethod
    def _hear_of_new_wishes(records: Sequence[SyncRecord]) -> None:
        """While they were on their way, somebody may have wished for a newer revision (a sweep, or
        the run of another connection that took the company's changes). Their rows stay locked."""
        rows = SyncRecord.objects.select_for_update().order_by("pk")
        wanted = dict(rows.filter(pk__in=[each.pk for each in records]).values_list("pk", "wanted"))
        for record in records:
            record.wanted = max(record.wanted, wanted[record.pk])

    # --- One outcome ----------------------------------------------------------------------------

    def _arrived(self, sent: Sent, outcome: Outcome, *, settled: bool) -> Attempt.Result:
        record = sent.record
        record.tries = 0
        record.rides_with = None
        if outcome.next_step:
            return goes_on(sent, outcome, self.connector.capabilities, settled=settled)
        theirs = self._as_it_stands(sent, outcome)
        is_whole(record)
        if outcome.handed_over:
            return self._handed_over(sent)
        record.sent = sent.revision
        record.wanted = max(record.wanted, record.sent)
        wrong = unconfirmed(self.connector, sent.ours, theirs) if theirs else ()
        unread = outcome.remote[0].unreadable if outcome.remote else None
        if unread:
            record.hold_unreadable(self.name, f"{unread.field} is {unread.value}")
        elif wrong:
            record.hold(*other_figures(self.name, wrong))
        else:
            record.rest(taken_back=is_taken_back(sent.ours))
        return Attempt.Result.DONE

    def _as_it_stands(self, sent: Sent, outcome: Outcome) -> Snapshot | None:
        """Theirs by this answer, of several objects as one; None where it tells nothing."""
        stands = after(sent.stands, outcome.remote[:1], outcome.retired)
        whole = as_one(mine(stands, sent.beside), self.connector)
        return whole.snapshot if whole is not None and outcome.remote else None

    def _handed_over(self, sent: Sent) -> Attempt.Result:
        """It arrived and counts for nothing yet: what left is kept until they have confirmed it."""
        if sent.carried:
            raise ValueError("What carries others inside cannot be handed over.")
        hand_over(sent.record, self.connection)
        return Attempt.Result.HANDED_OVER

    # --- Theirs ---------------------------------------------------------------------------------

    def _keep_their_objects(self, outcomes: Sequence[Outcome], sent: Mapping[int, Sent]) -> None:
        """Their objects as answered, tied to ours; what both sides agree on from now. What stands
        beside an error is ours as well, so that it is not made a second time."""
        self._retire(outcomes, sent)
        done = [each for each in outcomes if each.remote]
        objects = [remote for each in done for remote in each.remote]
        rows = store(self.connection, objects, read_at=now(), arrival=RemoteRecord.Arrival.ECHO)
        by_key = {(row.kind, row.remote_id, row.part): row for row in rows}
        tied, agreed = [], []
        for outcome in done:
            what = sent[outcome.ref]
            first = outcome.remote[0]
            key = (first.kind, first.remote_id, first.part)
            row = by_key[key]
            if stands_anew(row, what.record, what.beside, retired=key in outcome.retired):
                row.sync_record, row.made_here, row.retired = what.record, True, False
                tied.append(row)
            if outcome.error is not None or outcome.next_step or outcome.handed_over:
                continue
            if not first.unreadable:
                agreed.append(Agreed(record=what.record, packed_snapshot=Agreed.pack(what.ours)))
            tied += self._tie_carried(what, outcome, by_key)
        update_rows(RemoteRecord, tied, ["sync_record", "made_here", "retired"])
        leave_to_be_looked_at(zip(objects, rows, strict=True), self.connector.capabilities)
        Agreed.objects.bulk_create(
            agreed,
            update_conflicts=True,
            update_fields=["packed_snapshot", "at"],
            unique_fields=["record"],
        )

    def _retire(self, outcomes: Sequence[Outcome], sent: Mapping[int, Sent]) -> None:
        """Objects that stand for their record no more, since it changed its form there."""
        for outcome in outcomes:
            for kind, remote_id, part in outcome.retired:
                RemoteRecord.objects.filter(
                    connection=self.connection,
                    sync_record=sent[outcome.ref].record,
                    kind=kind,
                    remote_id=remote_id,
                    part=part,
                ).update(retired=True)

    def _tie_carried(
        self,
        sent: Sent,
        outcome: Outcome,
        rows: Mapping[tuple[str, str, str], RemoteRecord],
    ) -> list[RemoteRecord]:
        """Allocations that went inside this payment are in the books with it."""
        if not self.connector.capabilities.payments_carry_allocations:
            return []
        if sent.record.kind != Kind.PAYMENT:
            return []
        records = self._carried_records(sent)
        amounts = dict(Allocation._base_manager.filter(pk__in=records).values_list("pk", "amount"))
        # By kind and id: a ledger may give one id to an invoice and to a journal.
        parts = {
            (str(part.target_kind), part.target_id): rows[(each.kind, each.remote_id, each.part)]
            for each in outcome.remote[1:]
            for part in (each.snapshot,)
            if isinstance(part, AllocationSnapshot) and part.source == Kind.PAYMENT
        }
        tied: dict[int, RemoteRecord] = {}
        beside: list[Tie] = []
        for pk, _, target_kind, target_id in sent.carried:
            row = parts.get((str(target_kind), target_id))
            if row is None or pk not in records:
                continue
            if row.pk not in tied:
                tied[row.pk] = row
                row.sync_record, row.made_here = records[pk], True
            else:
                # Two allocations to one target are one line there.
                share = amounts.get(pk)
                beside.append(
                    Tie(
                        sync_record=records[pk],
                        remote_record=row,
                        part=Tie.Part.CARRIED,
                        share=share,
                    )
                )
        Tie.objects.bulk_create(
            beside,
            update_conflicts=True,
            update_fields=["share"],
            unique_fields=["sync_record", "remote_record"],
        )
        return list(tied.values())

    def _carried_records(self, sent: Sent) -> dict[int, SyncRecord]:
        """Their sync records: those that stand, and those that were reversed and left with it."""
        payment_id = sent.record.subject_id
        of_it = Allocation._base_manager.filter(payment_id=payment_id)
        undone = of_it.filter(
            sync_records__connection=self.connection, sync_records__undo__isnull=False
        )
        gone = of_it.exclude(reversed_on=None) | of_it.filter(pk__in=undone.values("pk"))
        revisions = dict(gone.values_list("pk", "revision"))
        # What was reversed since it left stands over there as it left.
        revisions |= {pk: revision for pk, revision, _, _ in sent.carried}
        known = {
            each.subject_id: each
            for each in SyncRecord.objects.select_for_update()
            .filter(connection=self.connection, allocation__in=revisions)
            .order_by("pk")
        }
        for pk, revision in revisions.items():
            if pk not in known and any(pk == each[0] for each in sent.carried):
                known[pk] = SyncRecord.objects.create(
                    connection=self.connection,
                    kind=Kind.ALLOCATION,
                    allocation_id=pk,
                    wanted=revision,
                    sent=revision,
                    state=State.IN_THE_BOOKS,
                )
        for pk, record in known.items():
            record.sent = revisions[pk]
            record.wanted = max(record.wanted, record.sent)
            record.rest(taken_back=True)
        SyncRecord.objects.bulk_update(known.values(), RECORD_FIELDS)
        return known

    # --- Calls and counts -----------------------------------------------------------------------

    def _save_calls(self, answered: Sequence[Answered]) -> None:
        headers = self.connector.capabilities.trace_headers
        calls = [note_answer(each, headers) for each in answered]
        update_rows(Call, [each for each in calls if each.pk], ANSWER_FIELDS)
        Call.objects.bulk_create([each for each in calls if not each.pk])
        for each in calls:
            if each.replays_id is not None:
                # Of the lost call too, nothing leaves any more: their time-out runs from here.
                Call.objects.filter(pk=each.replays_id).rewrite(
                    may_have_left_until=each.may_have_left_until
                )

    def _count(self, attempts: Sequence[Attempt], calls: int) -> None:
        if self.run is None:
            return
        arrived = (Attempt.Result.DONE, Attempt.Result.HANDED_OVER)
        done = sum(each.result in arrived for each in attempts)
        refused = sum(each.result == Attempt.Result.REFUSED for each in attempts)
        Run.objects.filter(pk=self.run.pk).rewrite(
            pushed=F("pushed") + done, refused=F("refused") + refused, calls=F("calls") + calls
        )
