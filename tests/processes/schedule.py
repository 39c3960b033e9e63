"""What befalls a company, whatever ledger it is kept in: a worker's end, others that go on, a count."""

import os
import random
import signal
import time
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.processes.adversity import Database, host_ahead
from tests.processes.workers import PACE, ended, forked, started, stood_still

POINTS = ("before_send", "after_commit", "before_record", "after_record")
STOPS = ("stopped_before_send", "stopped_before_record")
HOSTS = ("ledger_down", "restored", "clocks_apart")
RUNS_AFTER = 3  # runs within which both sides must agree once every time-out has passed


class Scenario(Protocol):
    """One schedule, made by its number and seed alone; printed where it shows a fault."""

    @property
    def number(self) -> int: ...
    @property
    def point(self) -> str: ...
    @property
    def seed(self) -> int: ...


@dataclass(slots=True)
class Verdict:
    scenario: Scenario
    killed: bool
    runs: int
    faults: list[str]


class LedgerUnderTest(Protocol):
    """A simulated ledger: what befalls it, its service, and books of a company in it."""

    @property
    def schedules(self) -> tuple[str, ...]: ...

    def scenario(self, number: int, seed: int) -> Scenario: ...

    def service(self, folder: Path) -> AbstractContextManager[None]:
        """What all schedules share while they are played."""

    def schedule(self, scenario: Any, folder: Path) -> "AbstractContextManager[Schedule]":
        """A company in this ledger, ready to be played."""


class Schedule:
    """One company on both sides, and what befalls it."""

    pk: int  # of its connection

    def __init__(self, scenario: Scenario, folder: Path) -> None:
        from django.conf import settings

        self.scenario = scenario
        self.chance = random.Random(scenario.seed)
        self.killed = False
        self.stopped_worker = 0
        self.ahead = 0  # seconds, of the first worker's host
        if scenario.point == "restored":
            self.database = Database(folder, scenario.number)
            if scenario.seed % 2:
                settings.SYNC_WITNESS_DIR = ""  # restored on another host
        if scenario.point == "clocks_apart":
            self.ahead = self.chance.choice([-3600, -300, 300, 3600])
            self.move_clock(self.chance.choice([-86400, -3600, 3600, 86400]))

    @abstractmethod
    def set_the_stage(self) -> None:
        """Our records and their books, live."""

    @abstractmethod
    def arm(self) -> None:
        """What the ledger itself does at this point."""

    @abstractmethod
    def rig(self) -> None:
        """Let this process meet its end at the scenario's point."""

    @abstractmethod
    def faults(self) -> list[str]:
        """What is not once and equal on both sides, as sentences."""

    @abstractmethod
    def move_clock(self, seconds: int) -> None: ...

    @abstractmethod
    def down_and_up(self) -> None:
        """The ledger answers nobody until replays were due; then it goes on."""

    @property
    @abstractmethod
    def others(self) -> tuple[str, ...]:
        """Points after which a time-out of theirs must pass, though nobody was killed."""

    def play(self) -> Verdict:
        self.set_the_stage()
        self.befall()
        runs = self.go_on()
        if self.stopped_worker:
            os.kill(self.stopped_worker, signal.SIGCONT)
            ended(self.stopped_worker)
            forked(self.next_worker)
        return Verdict(self.scenario, self.killed, runs, self.faults())

    def befall(self) -> None:
        """Up to the moment from which others must put it right."""
        point = self.scenario.point
        if point == "restored":
            self.database.copy()
            self.killed = forked(self.worker_until_its_point) == signal.SIGKILL
            forked(self.next_worker)
            time.sleep((60 + 120) / PACE)  # nothing of what was sent can still arrive
            forked(self.next_worker)
            self.database.restore()
            return
        self.arm()
        worker = started(self.worker_until_its_point)
        stops = point.startswith("stopped")
        if stops and stood_still(worker):
            self.stopped_worker, self.killed = worker, True
        elif not stops:
            self.killed = ended(worker) == signal.SIGKILL
        if point == "ledger_down":
            self.down_and_up()

    def worker_until_its_point(self) -> None:
        from apps.sync.tasks import sync_connection

        self.rig()
        with host_ahead(self.ahead) if self.ahead else nullcontext():
            sync_connection(self.pk)

    def next_worker(self) -> None:
        from apps.sync.tasks import sync_connection, tick

        tick()
        sync_connection(self.pk)

    def replays_are_due(self) -> None:
        time.sleep((90 + 120) / PACE)
        forked(self.next_worker)
        forked(self.next_worker)

    def let_in_again(self) -> None:
        """Turned away as no longer authorised, these books are paused until a person looks: she
        finds the consent as it was, and goes live again."""
        from apps.connections import lifecycle
        from apps.connections.models import Connection

        connection = Connection.objects.get(pk=self.pk)
        if connection.stage == Connection.Stage.PAUSED:
            lifecycle.go_live(connection)

    def staff_look(self) -> None:
        """What a person does between two runs, where a schedule needs one."""

    def go_on(self) -> int:
        """Runs as ticks would start them, until both sides agree; how many it took."""
        from apps.sync.models import Run

        began = Run.objects.filter(connection=self.pk).count()
        hurt = self.killed or self.scenario.point in self.others
        runs = 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep((90 + 120) / PACE if hurt and runs == 0 else 0.2)
            wait_out_the_pause(self.pk)
            self.let_in_again()
            self.staff_look()
            forked(self.next_worker)
            runs += 1
            # On a busy machine a call may be too late for its short deadline: that run did not
            # count.
            if not self.faults() or counted(self.pk, since=began) >= self.most_runs:
                break
            if is_asking(self.pk):
                time.sleep((90 + 120) / PACE)
        return runs

    most_runs = RUNS_AFTER


@contextmanager
def unhurried(settings: Any) -> Iterator[None]:
    """The stage is set with the product's own times: only the crash runs against the short ones."""
    short = settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE
    settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE = 60, 90
    yield
    settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE = short


def counted(connection_id: int, since: int) -> int:
    """Runs after what befell it in which every call could leave in time, and none had to wait. One
    that gives the rest to the next, since its time is up, is a part of that one; one that asked
    nothing came before what it waits for was due again, and a tick would not have started it.
    """
    from apps.sync.models import Run

    runs = Run.objects.filter(connection=connection_id).order_by("pk")[since:]
    whole = runs.model.objects.filter(pk__in=[each.pk for each in runs], duty="sync")
    whole = whole.filter(ended_at__isnull=False).exclude(exchanges__state="unsent")
    return whole.exclude(outcome__in=["stopped", "yielded"]).exclude(calls=0).count()


def wait_out_the_pause(connection_id: int) -> None:
    """A minute's pause after an outage or a limit, at this command's pace."""
    from django.utils.timezone import now

    from apps.connections.models import Connection

    paused = Connection.objects.filter(pk=connection_id, paused_until__gt=now())
    if paused.exists():
        time.sleep(60 / PACE)
        paused.update(paused_until=None)


def is_asking(connection_id: int) -> bool:
    """Whether a time-out of theirs runs anew: what is unknown is asked about once it has passed."""
    from apps.sync.models import State, SyncRecord

    unknown = SyncRecord.objects.filter(connection=connection_id, state=State.UNKNOWN)
    return unknown.exists()
