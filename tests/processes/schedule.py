"""One schedule: a stage is set, a worker meets its end, others go on, both sides are compared."""

import os
import random
import signal
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.processes.workers import (
    PACE,
    POINTS,
    STOPS,
    ended,
    forked,
    rigged,
    started,
    stood_still,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One crash: where, at which call of the run, and the seed of everything else."""

    number: int
    point: str
    nth: int
    invoices: int
    seed: int


@dataclass(slots=True)
class Verdict:
    scenario: Scenario
    killed: bool
    runs: int
    faults: list[str]


class Schedule(ABC):
    """One company on both sides, and what befalls it."""

    pk: int  # of its connection
    runs_after = 3  # within which both sides must agree once every time-out has passed

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.chance = random.Random(scenario.seed)
        self.killed = False
        self.stopped_worker = 0

    def play(self) -> Verdict:
        self.set_the_stage()
        self.befall()
        runs = self.go_on()
        if self.stopped_worker:
            os.kill(self.stopped_worker, signal.SIGCONT)
            ended(self.stopped_worker)
            forked(self.next_worker)
        return Verdict(self.scenario, self.killed, runs, self.faults())

    @abstractmethod
    def set_the_stage(self) -> None:
        """Books on both sides, with something that is to be sent."""

    @abstractmethod
    def faults(self) -> list[str]:
        """What is not once and equal on both sides, as sentences that begin with a sort."""

    def put_right(self) -> None:
        """What a person does before the next run."""
        let_in_again(self.pk)

    def befall(self) -> None:
        """Up to the moment from which others must put it right."""
        point = self.scenario.point
        worker = started(self.worker_until_its_point)
        if point in STOPS and stood_still(worker):
            self.stopped_worker, self.killed = worker, True
        elif point not in STOPS:
            self.killed = ended(worker) == signal.SIGKILL

    def worker_until_its_point(self) -> None:
        from apps.sync.tasks import sync_connection

        rigged(self.scenario.point, self.scenario.nth)
        sync_connection(self.pk)

    def next_worker(self) -> None:
        from apps.sync.tasks import sync_connection, tick

        tick()
        sync_connection(self.pk)

    def go_on(self) -> int:
        """Runs as ticks would start them, until both sides agree; how many it took."""
        from apps.sync.models import Run

        began = Run.objects.filter(connection=self.pk).count()
        hurt = self.killed or self.scenario.point not in (*POINTS, *STOPS)
        runs = 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep((90 + 120) / PACE if hurt and runs == 0 else 0.2)
            wait_until_due(self.pk)
            wait_out_the_pause(self.pk)
            self.put_right()
            forked(self.next_worker)
            runs += 1
            # On a busy machine a call may be too late for its short deadline: that run did not
            # count.
            if not self.faults() or counted(self.pk, since=began) >= self.runs_after:
                break
            if is_asking(self.pk):
                time.sleep((90 + 120) / PACE)
        return runs


@contextmanager
def unhurried(settings: Any) -> Iterator[None]:
    """The stage is set with the product's own times: only the crash runs against the short ones."""
    short = settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE
    settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE = 60, 90
    yield
    settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE = short


def counted(connection_id: int, since: int) -> int:
    """Runs after what befell it in which every call could leave in time, and none had to wait."""
    from apps.sync.models import Run

    runs = Run.objects.filter(connection=connection_id).order_by("pk")[since:]
    whole = runs.model.objects.filter(pk__in=[each.pk for each in runs], duty="sync")
    whole = whole.filter(ended_at__isnull=False).exclude(exchanges__state="unsent")
    return whole.exclude(outcome="stopped").exclude(sentence__startswith="Their limit").count()


def wait_until_due(connection_id: int) -> None:
    """What is to be tried again in a moment is due when the run begins."""
    from django.utils.timezone import now

    from apps.sync.models import State, SyncRecord

    waiting = SyncRecord.objects.filter(connection=connection_id, state=State.WAITING)
    due = waiting.filter(due_at__gt=now()).order_by("due_at").values_list("due_at", flat=True)
    if (first := due.first()) is not None:
        time.sleep(min((first - now()).total_seconds(), 120 / PACE))


def wait_out_the_pause(connection_id: int) -> None:
    """A minute's pause after an outage or a limit, at this command's pace."""
    from django.utils.timezone import now

    from apps.connections.models import Connection

    paused = Connection.objects.filter(pk=connection_id, paused_until__gt=now())
    if paused.exists():
        time.sleep(60 / PACE)
        paused.update(paused_until=None)


def let_in_again(connection_id: int) -> None:
    """Turned away as no longer authorised, these books are paused until a person looks: she finds
    the consent as it was, and goes live again."""
    from apps.connections import lifecycle
    from apps.connections.models import Connection

    connection = Connection.objects.get(pk=connection_id)
    if connection.stage == Connection.Stage.PAUSED:
        lifecycle.go_live(connection)


def is_asking(connection_id: int) -> bool:
    """Whether a time-out of theirs runs anew: what is unknown is asked about once it has passed."""
    from apps.sync.models import State, SyncRecord

    unknown = SyncRecord.objects.filter(connection=connection_id, state=State.UNKNOWN)
    return unknown.exists()
