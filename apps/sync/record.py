"""What came of a batch, outcome by outcome, in one short transaction."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from apps.billing.models import Allocation
from apps.connections.models import Connection
from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NameTaken,
    NumberTaken,
    OutcomeUnknown,
    PeriodClosed,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Connector, Outcome
from apps.connectors.snapshots import AllocationSnapshot, Kind, Snapshot
from apps.sync.courier import ANSWER_FIELDS, Answered, note_answer
from apps.sync.lease import Lease
from apps.sync.merge import said, unconfirmed
from apps.sync.models import (
    Agreed,
    Attempt,
    Call,
    Intended,
    Reason,
    RemoteRecord,
    Run,
    State,
    SyncRecord,
    Tie,
)
from apps.sync.remote import store

BACKOFF_LIMIT = 3600.0  # seconds
NEWER_TRIES = 3  # times a record is planned again after "someone changed it there"
TELL_AFTER = 6  # times a record is sent to no avail before a person is told
RECORD_FIELDS = [
    "sent",
    "state",
    "reason",
    "sentence",
    "remedy",
    "waits_for",
    "due_at",
    "tries",
    "generation",
    "checked_at",
    "changed_at",
]

REFUSED_BECAUSE: dict[type[RecordRefused], Reason] = {
    PeriodClosed: Reason.PERIOD_CLOSED,
    NumberTaken: Reason.NUMBER_TAKEN,
    NameTaken: Reason.NAME_TAKEN,
    RemoteGone: Reason.GONE,
}


@dataclass(slots=True)
class Sent:
    """What a push carried: the revision and snapshot of ours, and allocations inside it."""

    record: SyncRecord
    revision: int
    ours: Snapshot
    carried: Sequence[tuple[int, int, str, str]] = ()


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

    def record(
        self,
        outcomes: Sequence[Outcome],
        sent: Mapping[int, Sent],
        answered: Sequence[Answered],
    ) -> None:
        """Outcomes, the calls they came by, their objects and what both sides now agree on."""
        if not outcomes and not answered:
            return
        with transaction.atomic():
            self.lease.confirm()
            self._save_calls(answered)
            self._hear_of_new_wishes([sent[each.ref].record for each in outcomes])
            by_call = {ref: each.call for each in answered for ref in each.request.members}
            attempts, touched = [], []
            for outcome in outcomes:
                what = sent[outcome.ref]
                result = self._settle(what, outcome)
                touched.append(what.record)
                attempts.append(
                    Attempt(
                        call=by_call.get(outcome.ref),
                        sync_record=what.record,
                        revision=what.revision,
                        result=result,
                        code=(outcome.error.code if outcome.error else "")[:20],
                        sentence=str(outcome.error.sentence) if outcome.error else "",
                    )
                )
            self._keep_their_objects(outcomes, sent)
            SyncRecord.objects.bulk_update(touched, RECORD_FIELDS)
            told = [each.pk for each in touched if each.state != State.UNKNOWN]
            Intended.objects.filter(record__in=told).delete()
            Attempt.objects.bulk_create(attempts)
            self._count(attempts, len(answered))

    @staticmethod
    def _hear_of_new_wishes(records: Sequence[SyncRecord]) -> None:
        """While they were on their way, somebody may have wished for a newer revision (a sweep, or
        the run of another connection that took the company's changes). Their rows stay locked."""
        rows = SyncRecord.objects.select_for_update().order_by("pk")
        wanted = dict(rows.filter(pk__in=[each.pk for each in records]).values_list("pk", "wanted"))
        for record in records:
            record.wanted = max(record.wanted, wanted[record.pk])

    # --- One outcome ----------------------------------------------------------------------------

    def _settle(self, sent: Sent, outcome: Outcome) -> Attempt.Result:
        """Write one outcome onto its record (not saved)."""
        record = sent.record
        record.changed_at = now()
        if outcome.error is None:
            return self._arrived(sent, outcome)
        return self._failed(record, outcome.error)

    def _arrived(self, sent: Sent, outcome: Outcome) -> Attempt.Result:
        record = sent.record
        theirs = outcome.remote[0].snapshot if outcome.remote else None
        record.sent = sent.revision
        record.tries = 0
        wrong = unconfirmed(self.connector, sent.ours, theirs) if theirs else ()
        unread = outcome.remote[0].unreadable if outcome.remote else None
        if unread:
            record.hold_unreadable(self.name, f"{unread.field} is {unread.value}")
        elif wrong:
            record.hold(
                Reason.AMOUNTS_DIFFER,
                f"{self.name} answered with other figures: {said(wrong, self.name)}",
                f"Compare both, put right what is wrong in {self.name} or here, then press Retry.",
            )
        else:
            record.calm()
        return Attempt.Result.DONE

    def _failed(self, record: SyncRecord, error: ConnectorError) -> Attempt.Result:
        if not isinstance(error, OutcomeUnknown):
            # Surely not created: the next try is a new one. Under the old key the provider would
            # only repeat its answer, also after the cause is gone.
            record.generation += 1
        match error:
            case OutcomeUnknown():
                record.state = State.UNKNOWN
                record.reason = Reason.ANSWER_LOST
                record.sentence = error.sentence
                record.remedy = "Nothing to do: Tieout finds out before it sends again."
                record.due_at = now() + timedelta(seconds=settings.SYNC_PROVIDER_TIMEOUT)
                return Attempt.Result.UNKNOWN
            case RemoteIsNewer() if record.tries < NEWER_TRIES:
                record.wait(now(), Reason.TRY_LATER, error.sentence)
                record.tries += 1
                return Attempt.Result.NEWER
            case TryLater() | RemoteIsNewer() if record.tries >= TELL_AFTER and _is_its_own(error):
                self._given_up(record, error)
                return Attempt.Result.REFUSED
            case TryLater() | RemoteIsNewer() | ConnectionLost():
                later(record, error)
                return Attempt.Result.LATER
            case RecordRefused():
                self._refused(record, error)
                return Attempt.Result.REFUSED
        raise TypeError(f"{type(error).__name__} has no rule here")

    def _refused(self, record: SyncRecord, error: RecordRefused) -> None:
        reason = next(
            (why for kind, why in REFUSED_BECAUSE.items() if isinstance(error, kind)),
            Reason.REFUSED,
        )
        record.hold(
            reason,
            error.sentence or f"{self.name} gave no reason (code {error.code or '-'}).",
            error.remedy or f"Put it right in {self.name} or here, then Retry.",
            "closing_date" if reason == Reason.PERIOD_CLOSED else "",
        )

    def _given_up(self, record: SyncRecord, error: ConnectorError) -> None:
        """Sent again and again to no avail: a person is told, in the words they gave last."""
        words = (
            record.attempts.filter(result=Attempt.Result.UNKNOWN)
            .exclude(sentence="")
            .order_by("-id")
            .values_list("sentence", flat=True)
            .first()
        )
        tried = record.tries
        self._refused(
            record,
            RecordRefused(
                f"Tieout sent it {tried} times and it did not arrive. {self.name} said last: "
                f"{words or error.sentence}",
                f"Look in {self.name} whether it takes such a record by hand; then press Retry.",
                code=error.code,
            ),
        )

    # --- Theirs ---------------------------------------------------------------------------------

    def _keep_their_objects(self, outcomes: Sequence[Outcome], sent: Mapping[int, Sent]) -> None:
        """Their objects as answered, tied to ours; what both sides agree on from now."""
        done = [each for each in outcomes if each.error is None and each.remote]
        rows = store(
            self.connection,
            [remote for each in done for remote in each.remote],
            read_at=now(),
            arrival=RemoteRecord.Arrival.ECHO,
        )
        by_key = {(row.kind, row.remote_id, row.part): row for row in rows}
        tied, agreed = [], []
        for outcome in done:
            what = sent[outcome.ref]
            first = outcome.remote[0]
            row = by_key[(first.kind, first.remote_id, first.part)]
            if row.sync_record_id != what.record.pk:
                row.sync_record = what.record
                tied.append(row)
            if not first.unreadable:
                agreed.append(Agreed(record=what.record, packed_snapshot=Agreed.pack(what.ours)))
            tied += self._tie_carried(what, outcome, by_key)
        RemoteRecord.objects.bulk_update(tied, ["sync_record"])
        Agreed.objects.bulk_create(
            agreed,
            update_conflicts=True,
            update_fields=["packed_snapshot", "at"],
            unique_fields=["record"],
        )

    def _tie_carried(
        self,
        sent: Sent,
        outcome: Outcome,
        rows: Mapping[tuple[str, str, str], RemoteRecord],
    ) -> list[RemoteRecord]:
        """Allocations that went inside this payment are in the books with it."""
        if Kind.ALLOCATION not in self.connector.capabilities.carried_inside:
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
                row.sync_record = records[pk]
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
        gone = Allocation._base_manager.filter(payment_id=payment_id).exclude(reversed_on=None)
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
            record.calm()
        SyncRecord.objects.bulk_update(known.values(), [*RECORD_FIELDS, "wanted"])
        return known

    # --- Calls and counts -----------------------------------------------------------------------

    def _save_calls(self, answered: Sequence[Answered]) -> None:
        headers = self.connector.capabilities.trace_headers
        calls = [note_answer(each, headers) for each in answered]
        Call.objects.bulk_update([each for each in calls if each.pk], ANSWER_FIELDS)
        Call.objects.bulk_create([each for each in calls if not each.pk])

    def _count(self, attempts: Sequence[Attempt], calls: int) -> None:
        if self.run is None:
            return
        done = sum(each.result == Attempt.Result.DONE for each in attempts)
        refused = sum(each.result == Attempt.Result.REFUSED for each in attempts)
        Run.objects.filter(pk=self.run.pk).update(
            pushed=F("pushed") + done, refused=F("refused") + refused, calls=F("calls") + calls
        )


def _is_its_own(error: ConnectorError) -> bool:
    """Whether the trouble is the record's: a limit or an outage holds up everything alike."""
    return not (isinstance(error, TryLater) and (error.whole_connection or error.retry_after))


def later(record: SyncRecord, error: ConnectorError) -> None:
    """Try again after a while: doubling, with jitter, or when they said (not saved)."""
    asked = error.retry_after if isinstance(error, TryLater) else None
    wait = asked or min(settings.SYNC_RETRY_BASE * 2**record.tries, BACKOFF_LIMIT)
    record.tries += 1
    until = now() + timedelta(seconds=wait * random.uniform(1, 1.2))
    remedy = "Nothing to do: Tieout tries again by itself."
    record.wait(until, Reason.TRY_LATER, error.sentence, remedy)
