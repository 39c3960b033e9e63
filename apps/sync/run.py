"""One run over a connection: settle what is unknown, get what is new, send what is due.

This is the task's own function; everything it needs is in the database.
"""

import logging
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q

from apps.connections.buckets import RowBuckets
from apps.connections.clock import now
from apps.connections.lifecycle import open_connector
from apps.connections.lines import line_of
from apps.connections.models import Connection
from apps.connections.stage import moved
from apps.connections.waiting import LimitReached, OnlyReserveLeft, next_call
from apps.connectors.errors import ConnectionLost, ConnectorError, TryLater
from apps.connectors.line import Line
from apps.connectors.port import Connector
from apps.mappings.look_up import Mappings
from apps.sync.apply import apply_arrivals
from apps.sync.assemble import Assembler
from apps.sync.calls import witness
from apps.sync.calls.closed_there import read_their_closing_date, was_told_of_a_closed_period
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.doubles import take_back_doubles
from apps.sync.calls.handed_over import read_confirmations
from apps.sync.calls.record import Recorder
from apps.sync.calls.time_given import TIME_IS_UP, Time, Yielding
from apps.sync.lease import Lease, LeaseLost
from apps.sync.models import Cursor, Run
from apps.sync.pull.feed import is_surveyed, pull, survey
from apps.sync.pull.noticed import (
    asks_for_the_feed,
    newest,
    read_noticed,
    read_with_the_feed,
)
from apps.sync.pull.reread import (
    WORDS,
    Means,
    doubted,
    has_to_send,
    is_urgent,
    never_left,
    read_all,
)
from apps.sync.send.edit_notes import write_edit_notes
from apps.sync.send.notes import leave_notes
from apps.sync.send.push import Pusher
from apps.sync.send.settle import settle_all
from apps.sync.waiting.release import release_the_waiting
from apps.sync.waiting.stranded import end_the_stranded
from apps.sync.want.rhythm import is_late, may_hurry
from apps.sync.want.wishes import asked_to_get, has_work, take_changes

logger = logging.getLogger(__name__)

LONG = 600.0  # seconds of a pause of which staff are told when it ends


class RunBroken(Exception):
    """A run stopped by a fault of ours. Stands in for the exception itself, whose message the queue
    would keep: it may carry a customer's data. Where it happened is in the log."""


@dataclass(slots=True)
class Crew:
    """Everything one run works with, opened together and closed together."""

    connection: Connection
    connector: Connector
    line: Line
    lease: Lease
    run: Run
    courier: SyncCourier
    assembler: Assembler
    recorder: Recorder
    pusher: Pusher

    @staticmethod
    def open(
        connection: Connection,
        lease: Lease,
        run: Run,
        *,
        time_given: Time | None = None,
        purpose: str = "",
    ) -> "Crew":
        connector = open_connector(connection)
        line = line_of(connection)
        courier = SyncCourier(
            connection=connection,
            run=run,
            lease=lease,
            line=line,
            buckets=RowBuckets(connection, connector.capabilities.limits),
            capabilities=connector.capabilities,
            time_given=time_given,
            purpose=purpose,
        )
        assembler = Assembler(connection, connector, Mappings.of(connection))
        recorder = Recorder(connection, connector, lease, run)
        pusher = Pusher(
            connection=connection,
            connector=connector,
            courier=courier,
            assembler=assembler,
            recorder=recorder,
            lease=lease,
        )
        return Crew(connection, connector, line, lease, run, courier, assembler, recorder, pusher)

    def close(self) -> None:
        self.courier.buckets.keep()
        self.line.close()


def run_connection(connection_id: int, *, get: bool | None = None) -> Run | None:
    """One pass, under the connection's lease. None where another run has it, or it is not live.

    `get`: read their changes; None: when the cursor is older than their rhythm lets it get.
    """
    return pass_over(
        connection_id,
        duty="sync",
        wanted=lambda connection: connection.is_live,
        work=lambda connection, lease, run: _work(connection, lease, run, get),
    )


def pass_over(
    connection_id: int,
    *,
    duty: str,
    wanted: Callable[[Connection], bool],
    work: Callable[[Connection, Lease, Run], tuple[Run.Outcome, str]],
) -> Run | None:
    """A run of this duty under the lease. None where another run has it, or it is not wanted."""
    lease = Lease.acquire(connection_id)
    if lease is None:
        return None
    connection = Connection.objects.select_related("company", "grant").get(pk=connection_id)
    if not wanted(connection):
        lease.release()
        return None
    Connection.objects.filter(pk=connection_id).update(woken_at=None)
    _end_the_cut_off(connection, duty)
    run = Run.objects.create(connection=connection, duty=duty, started_at=now())
    try:
        finish(run, *work(connection, lease, run))
    except LeaseLost:
        # Another run works on it now, and writes what it learns.
        finish(run, Run.Outcome.STOPPED, "Another run took this connection over.")
    except (OperationalError, InterfaceError):
        # The database, not these books: the queue notes it, and the next tick starts again.
        raise
    except Exception as failure:  # noqa: BLE001 - told, logged, and raised under another name
        # A fault of ours: what was under way is settled by the next run, and somebody is told.
        finish(run, *_broken(connection, run, failure))
        raise RunBroken(f"run {run.pk}: {type(failure).__name__}") from None
    finally:
        lease.release()
    return run


def _work(
    connection: Connection, lease: Lease, run: Run, get: bool | None
) -> tuple[Run.Outcome, str]:
    """The pass itself; how it ended, in words."""
    # What staff changed is on the list before any call, whatever becomes of the call.
    take_changes(connection.company_id)
    return with_crew(connection, lease, run, lambda crew: _pass(crew, get))


def with_crew(
    connection: Connection, lease: Lease, run: Run, work: Callable[[Crew], str]
) -> tuple[Run.Outcome, str]:
    """What a crew does in the time of one task; how it ended, in words."""
    if connection.paused_until and connection.paused_until > now():
        why = connection.last_error or "Their limit is reached."
        return Run.Outcome.DONE, f"{why} The next run starts when the pause is over."
    try:
        crew = Crew.open(connection, lease, run, time_given=Time.of_a_task())
    except ConnectionLost as lost:
        return _lost(connection, lost)
    try:
        said = work(crew)
    except Yielding as stopped:
        return Run.Outcome.YIELDED, stopped.sentence
    except OnlyReserveLeft as stopped:
        return _scarce(connection, stopped)
    except TryLater as stopped:
        return _postponed(connection, stopped)
    except ConnectionLost as lost:
        return _lost(connection, lost)
    except ConnectorError as error:
        logger.warning("run %s stopped: %s", run.pk, type(error).__name__)
        return _failed(connection, error)
    finally:
        with transaction.atomic():
            crew.recorder.record([], {}, crew.courier.collect_answered())
        witness.note_over(connection)
        crew.close()
    if crew.courier.scarce is not None:
        return _scarce(connection, crew.courier.scarce)
    Connection.objects.filter(pk=connection.pk).update(
        last_ok_at=now(), last_error="", scarce_until=None
    )
    return Run.Outcome.DONE, said


def _pass(crew: Crew, get: bool | None) -> str:
    """What it did, and what staff are to know of it; "" where that is nothing out of the ordinary.

    Where only the reserve of their calls is left, what may not use it is passed over.
    """
    said = read_before_sending(crew, get)
    settle_all(crew.connection, crew.connector, crew.courier, crew.pusher)
    if said is None and (get if get is not None else is_due_to_get(crew.connection)):
        with suppress(OnlyReserveLeft):
            said = _get_and_believe(crew)
    elif said is None:
        with suppress(OnlyReserveLeft):
            said = _get_noticed(crew)
    with suppress(OnlyReserveLeft):
        take_back_doubles(crew.connection, crew.connector, crew.courier, crew.recorder)
    release_the_waiting(crew.connection)
    _end_the_stranded(crew)
    something = _apply(crew) > 0
    take_changes(crew.connection.company_id)
    something |= crew.pusher.push_all()
    if was_told_of_a_closed_period(crew.run):
        with suppress(OnlyReserveLeft):
            read_their_closing_date(crew.connection, crew.connector, crew.courier, crew.recorder)
        release_the_waiting(crew.connection)
        crew.pusher.push_all()
    if something:
        # What went over may be what an arrival waited for; what was left out, what a record did.
        _end_the_stranded(crew)
        _apply(crew)
    leave_notes(crew.connection, crew.connector, crew.courier, crew.recorder, crew.lease)
    write_edit_notes(crew.connection, crew.connector, crew.courier, crew.recorder, crew.lease)
    return said or ""


def read_before_sending(crew: Crew, get: bool | None) -> str | None:
    """Before anything is settled or sent: their changes, where this process has not read them yet
    and would send; everything, where our database may be older than these books. None: not read."""
    if doubted(crew.connection, crew.connector):
        return _read_all(crew)
    asked = get is not False and witness.is_unread(crew.connection)
    if not (asked and has_to_send(crew.connection)):
        return None
    crew.courier.urgent = is_urgent(crew.connection)
    try:
        said = _get_and_believe(crew)
    finally:
        crew.courier.urgent = False
    _apply(crew)
    return said


def _get_and_believe(crew: Crew) -> str:
    """Read their changes. What arrives may show that our database is older than these books."""
    _get(crew)
    if never_left(crew.connection, crew.connector):
        return _read_all(crew)
    witness.is_read(crew.connection)
    return ""


def _get_noticed(crew: Crew) -> str:
    """Read what their notices name; it may show that our database is older than these books."""
    arrived = read_noticed(crew.connection, crew.connector, crew.courier, crew.lease)
    if arrived:
        Run.objects.filter(pk=crew.run.pk).rewrite(pulled=F("pulled") + arrived)
    if arrived and never_left(crew.connection, crew.connector):
        return _read_all(crew)
    return ""


def _read_all(crew: Crew) -> str:
    budget = crew.courier.stop_at
    means = Means(
        get=lambda: _get(crew),
        apply=lambda: _apply(crew),
        must_stop=lambda: budget is not None and time.monotonic() >= budget,
    )
    read_all(crew.connection, crew.connector, crew.courier, means)
    witness.is_read(crew.connection)
    return WORDS


def _end_the_stranded(crew: Crew) -> None:
    with transaction.atomic():
        crew.lease.confirm()
        end_the_stranded(crew.connection)


def _get(crew: Crew) -> None:
    """Read their changes; before the first time, everything that stood there already."""
    arrived, before = 0, crew.courier.calls
    told = newest(crew.connection)
    cursor = Cursor.objects.filter(connection=crew.connection).first()
    if not (cursor or is_surveyed(crew.connection, crew.connector)):
        arrived += survey(crew.connection, crew.connector, crew.courier)
    arrived += pull(crew.connection, crew.connector, crew.courier, crew.run)
    read_with_the_feed(crew.connection, told)
    read_confirmations(crew.connection, crew.connector, crew.courier, crew.lease)
    if arrived:
        Run.objects.filter(pk=crew.run.pk).rewrite(pulled=F("pulled") + arrived)
    elif cursor is None or cursor.idle_calls != crew.courier.calls - before:
        Cursor.objects.filter(connection=crew.connection).update(
            idle_calls=crew.courier.calls - before
        )


def _apply(crew: Crew) -> int:
    """Deal with what arrived; how many were looked at."""
    counts = apply_arrivals(
        crew.connection, crew.connector, lease=crew.lease, stop_at=crew.courier.stop_at
    )
    if counts.applied:
        Run.objects.filter(pk=crew.run.pk).rewrite(applied=F("applied") + counts.applied)
    if counts.stopped:
        raise Yielding(TIME_IS_UP)
    return counts.looked_at


def is_due_to_get(connection: Connection) -> bool:
    """Whether their changes were read too long ago, or before somebody asked for them."""
    cursor = Cursor.objects.filter(connection=connection).first()
    if cursor is None or asked_to_get(connection) or is_late(connection, cursor, now()):
        return True
    return asks_for_the_feed(connection) and may_hurry(connection, now())


def finish(run: Run, outcome: Run.Outcome, sentence: str) -> None:
    run.outcome, run.sentence, run.ended_at = outcome, sentence, now()
    run.save(update_fields=["outcome", "sentence", "ended_at"])
    run.refresh_from_db()


def must_go_on(run: Run) -> bool:
    """Whether a successor should be queued at once."""
    if run.outcome == Run.Outcome.YIELDED:
        return True
    paused = Connection.objects.filter(pk=run.connection_id, paused_until__gt=now())
    return run.outcome == Run.Outcome.DONE and not paused.exists() and has_work(run.connection)


def _postponed(connection: Connection, why: TryLater) -> tuple[Run.Outcome, str]:
    wait = why.retry_after or 60
    sentence, error = why.sentence, str(why)
    if wait >= LONG and not isinstance(why, LimitReached):
        when = f" The next call can go {next_call(connection, wait)}."
        sentence, error = sentence + when, error + when
    Connection.objects.filter(pk=connection.pk).update(
        paused_until=now() + timedelta(seconds=wait), last_error=error[:300]
    )
    return Run.Outcome.STOPPED, sentence


def _scarce(connection: Connection, why: OnlyReserveLeft) -> tuple[Run.Outcome, str]:
    """Payments and what is unknown still go; the others wait, and wake nobody meanwhile."""
    Connection.objects.filter(pk=connection.pk).update(
        scarce_until=now() + timedelta(seconds=why.retry_after or 60),
        last_error=why.sentence[:300],
    )
    return Run.Outcome.STOPPED, why.sentence


def _lost(connection: Connection, why: ConnectionLost) -> tuple[Run.Outcome, str]:
    Connection.objects.filter(pk=connection.pk).update(last_error=str(why)[:300])
    # A person who disconnected these books while the run was on has had the last word.
    reason, live = f"Connect again: {why.sentence}"[:300], Q(stage=Connection.Stage.LIVE)
    moved(connection, when=live, stage=Connection.Stage.PAUSED, stage_reason=reason)
    return Run.Outcome.STOPPED, why.sentence


def _broken(connection: Connection, run: Run, failure: Exception) -> tuple[Run.Outcome, str]:
    """A fault of ours. Said where it happened, but not what it said: the message of an exception
    may carry a customer's data, and the queue would keep it."""
    name = type(failure).__name__
    where = "".join(traceback.format_tb(failure.__traceback__))
    logger.error("run %s broke off (%s)\n%s", run.pk, name, where)
    sentence = f"Tieout itself failed ({name}). The next run goes on."
    Connection.objects.filter(pk=connection.pk).update(last_error=sentence)
    return Run.Outcome.STOPPED, sentence


def _end_the_cut_off(connection: Connection, duty: str) -> None:
    """Runs whose process was killed: whoever holds the lease now knows that they are over."""
    Run.objects.filter(connection=connection, duty=duty, outcome=Run.Outcome.RUNNING).rewrite(
        outcome=Run.Outcome.STOPPED,
        sentence="It was cut off; the next run goes on.",
        ended_at=now(),
    )


def _failed(connection: Connection, why: ConnectorError) -> tuple[Run.Outcome, str]:
    Connection.objects.filter(pk=connection.pk).update(last_error=str(why)[:300])
    return Run.Outcome.STOPPED, why.sentence
