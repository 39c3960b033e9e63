"""What becomes of a due record that needs no call: written onto it, saved by the caller."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

from django.conf import settings

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Difference
from apps.sync.assemble import Assembled, Obstacle
from apps.sync.assemble.foresee import is_main
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there.merge import other_figures
from apps.sync.waiting.stranded import never_comes, why_they_never_come
from apps.sync.want.as_it_was import leave_as_it_was


class NoCall:
    """Ends of records on one connection, whose books staff know by `name`."""

    def __init__(self, connection: Connection, name: str) -> None:
        self.connection = connection
        self.name = name

    def left_out(self, record: SyncRecord, revision: int) -> SyncRecord:
        record.wanted = max(record.wanted, revision)
        record.leave_out(Reason.CANCELLED_HERE, "It was taken back here before it was sent.")
        if record.undo_id is not None:
            record.rest(taken_back=True)
        return record

    def of_before(self, record: SyncRecord, revision: int) -> SyncRecord:
        """What was open at the cut-off is linked with theirs or not there at all, never sent."""
        if record.state == State.WAITING:
            record.leave_out(Reason.BEFORE_CUT_OFF, "It is dated before the cut-off.")
        return leave_as_it_was(record, max(record.wanted, revision))

    def not_of_theirs(self, record: SyncRecord, made: Assembled) -> SyncRecord:
        """What their books take in no form at all: named, and nobody needs to do anything."""
        record.wanted = max(record.wanted, made.revision)
        record.leave_out(made.left_out_for, made.left_out)
        return record

    def ended(self, record: SyncRecord, revision: int) -> SyncRecord:
        """Taken back here and deleted there."""
        record.wanted = record.sent = max(record.wanted, revision)
        if record.undo_id is not None:
            record.rest(taken_back=True)
        else:
            record.end()
        return record

    def gone(self, record: SyncRecord) -> SyncRecord:
        record.hold(
            Reason.GONE,
            f"It was deleted in {self.name}.",
            "Decide whether to send it again as a new one, or to void it here.",
        )
        return record

    def beside(self, record: SyncRecord) -> SyncRecord:
        """Another of the same pair may have arrived without our knowing, or was changed there: sent
        now, it could no longer be told what of it is whose."""
        record.wait(
            now() + timedelta(seconds=settings.SYNC_PROVIDER_TIMEOUT),
            Reason.WAITS_FOR_RECORD,
            f"{self.name} adds it to another one of the same two, of which it is still open what "
            "stands there.",
            "Decide that one where it asks for it; this one then follows by itself.",
        )
        return record

    def behind_what_arrived(self, record: SyncRecord) -> SyncRecord:
        """What of its credit has just been read is looked at before this run ends, and may be it."""
        record.wait(
            now() + timedelta(seconds=settings.SYNC_RETRY_BASE),
            Reason.WAITS_FOR_RECORD,
            f"Its credit was used in {self.name}, which is looked at first.",
            "Nothing to do.",
        )
        return record

    def unreadable(self, record: SyncRecord, row: RemoteRecord) -> SyncRecord:
        """Nothing is written over what nobody can read. Freed when it can be read again."""
        record.hold_unreadable(self.name, row.unreadable)
        return record

    def held(self, record: SyncRecord, obstacles: Sequence[Obstacle]) -> SyncRecord:
        """All obstacles at once. What only waits for another record of ours waits by itself, and is
        left out with it. A second set of books leaves out what it cannot hold; the main one was
        asked at issue."""
        first = next(
            (each for each in obstacles if each.reason != Reason.WAITS_FOR_RECORD), obstacles[0]
        )
        sentence = "; ".join(dict.fromkeys(each.sentence.rstrip(".") for each in obstacles))
        sentence = f"{sentence[:1].upper()}{sentence[1:]}."
        if not record.sent:
            without = self._left_out_there(obstacles)
            for_good = first.reason == Reason.CANNOT_HOLD and not first.is_mended_here
            if without or (for_good and self._is_second_set):
                record.leave_out(Reason.CANNOT_HOLD, without or sentence)
                return record
        # Whatever of it can be put right elsewhere makes it due again, and its sentence is renewed.
        news = (each.waits_for for each in obstacles if each.reason != Reason.WAITS_FOR_RECORD)
        waits_for = next(filter(None, news), first.waits_for)
        record.hold(first.reason, sentence, first.remedy, waits_for)
        if first.reason != Reason.WAITS_FOR_RECORD:
            return record
        # What will not go over by itself ends no wait: a person must know.
        needed = {each.waits_for for each in obstacles}
        for waits_for, why in why_they_never_come(self.connection, needed).items():
            record.waits_for = waits_for
            never_comes(record, why, self.name)
            return record
        record.state = State.WAITING
        return record

    def held_back(self, record: SyncRecord, made: Assembled, first: Obstacle) -> SyncRecord:
        """Until the first of its kind matched; what hangs on something that was left out is not
        waited for."""
        without = self._left_out_there(made.obstacles) if not record.sent else ""
        if without:
            record.leave_out(Reason.CANNOT_HOLD, without)
            return record
        return self.held(record, [first])

    @cached_property
    def _is_second_set(self) -> bool:
        return not is_main(self.connection)

    def _left_out_there(self, obstacles: Sequence[Obstacle]) -> str:
        """Why something that it refers to was left out of these books; "" where nothing was."""
        for each in obstacles:
            wait = each.waits_for
            if wait.on != On.RECORD:
                continue
            its = SyncRecord.objects.filter(
                connection=self.connection, **{f"{wait.kind}_id": wait.key}
            )
            out = its.filter(state=State.LEFT_OUT, reason=Reason.CANNOT_HOLD).first()
            if out is not None:
                return f"{each.sentence[:1].upper()}{each.sentence[1:]}: {out.sentence}"
        return ""

    def nothing_to_send(
        self, record: SyncRecord, made: Assembled, wrong: Sequence[Difference] = ()
    ) -> SyncRecord:
        """What both sides agreed on already says all that their ledger can hold of it; unless what
        stands there has other figures than were agreed on."""
        record.wanted = max(record.wanted, made.revision)
        record.sent = made.revision
        if wrong:
            record.hold(*other_figures(self.name, wrong))
        else:
            record.rest(taken_back=made.taken_back)
        return record
