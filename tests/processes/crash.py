"""Kill or stop real workers at chosen points, and look at what both sides hold in the end.

`uv run python -m tests.processes.crash --count 100 --seed 7` prints a table. The database is the
one that DATABASE_URL names (a SQLite file is made where none is given). Every worker is a child
process that runs the task's own function; times are the product's settings divided by 30. Most are killed with SIGKILL. At the "stopped" points one is stopped with SIGSTOP until its lease,
its call's deadline and the provider's time-out have passed and others have done its work; then it
goes on, and must find out that it has no say any more.
"""

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.processes.adversity import (
    Database,
    down_and_up,
    host_ahead,
    ledger_of,
    make_template,
)

POINTS = ("before_send", "after_commit", "before_record", "after_record")
STOPS = ("stopped_before_send", "stopped_before_record")
GATES = {"limited_after_commit": 429, "forbidden_after_commit": 403}
OTHERS = ("ledger_down", *GATES, "restored", "clocks_apart")
SCHEDULES = POINTS + STOPS + OTHERS
PACE = 30
RUNS_AFTER = 3  # runs within which both sides must agree once every time-out has passed


def prepare(folder: Path) -> None:
    """Environment of this process and of every worker it forks; before Django is loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'product.sqlite3'}")
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ["SYNC_WITNESS_DIR"] = str(folder / "witness")
    for name, seconds in (
        ("SYNC_LEASE", 90),
        ("SYNC_CALL_DEADLINE", 60),
        ("SYNC_TICK", 60),
        ("SYNC_PROVIDER_TIMEOUT", 120),
        ("SYNC_RETRY_BASE", 30),
    ):
        os.environ[name] = str(seconds / PACE)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One crash: where, at which call of the run, with how many documents and which payments."""

    number: int
    point: str
    nth: int
    invoices: int
    seed: int

    @staticmethod
    def of(number: int, seed: int) -> "Scenario":
        chance = random.Random(f"{seed}-{number}")
        return Scenario(
            number=number,
            point=SCHEDULES[number % len(SCHEDULES)],
            nth=chance.randint(1, 5),
            invoices=chance.choice([1, 3, 31]),
            seed=chance.randint(1, 10**6),
        )


@dataclass(slots=True)
class Verdict:
    scenario: Scenario
    killed: bool
    runs: int
    faults: list[str]


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def stop_or_die(scenario: Scenario) -> None:
    """End this process at once; or let it stand still until somebody wakes it."""
    if scenario.point in STOPS:
        os.kill(os.getpid(), signal.SIGSTOP)
    else:
        die()


def started(work: Callable[[], None]) -> int:
    """The id of a child process that does this work and then ends."""
    from django.db import connections

    connections.close_all()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException as trouble:
            print(f"worker: {trouble!r}", file=sys.stderr, flush=True)
        finally:
            os._exit(code)
    return child


def stood_still(child: int) -> bool:
    """Wait until a child stops or ends; whether it stopped (and lives)."""
    _, status = os.waitpid(child, os.WUNTRACED)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        raise RuntimeError("a worker ended with an error of its own")
    return os.WIFSTOPPED(status)


def ended(child: int) -> int:
    """Wait for a child; the signal that ended it, 0 when it came to its end."""
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return os.WTERMSIG(status)
    if os.WEXITSTATUS(status):
        raise RuntimeError("a worker ended with an error of its own")
    return 0


def forked(work: Callable[[], None]) -> int:
    """Run in a child process to its end; the signal that ended it, 0 when it came to it by itself."""
    return ended(started(work))


def rigged(scenario: Scenario) -> None:
    """Let this process die at the scenario's point of its n-th write."""
    from apps.connections.transport import HttpLine
    from apps.sync.record import Recorder

    count = Counter[str]()
    exchange, record = HttpLine.exchange, Recorder.record

    def watched_exchange(self: Any, request: Any, **options: Any) -> Any:
        if not request.writes:
            return exchange(self, request, **options)
        count["calls"] += 1
        mine = count["calls"] == scenario.nth
        if mine and scenario.point.endswith("before_send"):
            stop_or_die(scenario)
        reply = exchange(self, request, **options)
        if mine and scenario.point in ("after_commit", "ledger_down", "clocks_apart"):
            stop_or_die(scenario)
        return reply

    def watched_record(self: Any, outcomes: Any, *rest: Any, **more: Any) -> None:
        if outcomes:
            count["records"] += 1
        mine = bool(outcomes) and count["records"] == scenario.nth
        if mine and scenario.point.endswith("before_record"):
            stop_or_die(scenario)
        record(self, outcomes, *rest, **more)
        if mine and scenario.point == "after_record":
            stop_or_die(scenario)

    HttpLine.exchange = watched_exchange  # type: ignore[method-assign]
    Recorder.record = watched_record  # type: ignore[method-assign]


def play(scenario: Scenario, shared: Any, folder: Path) -> Verdict:
    """Set the stage, let a worker meet its end, let others go on, and compare both sides."""
    with ledger_of(scenario.point, shared, folder, scenario.number) as server:
        return Schedule(scenario, server, folder).play()


class Schedule:
    """One company on both sides, and what befalls it."""

    def __init__(self, scenario: Scenario, server: Any, folder: Path) -> None:
        from django.conf import settings

        from tests.books import point_at

        self.scenario, self.server = scenario, server
        self.chance = random.Random(scenario.seed)
        self.killed = False
        self.stopped_worker = 0
        if scenario.point == "restored":
            self.database = Database(folder, scenario.number)
            if scenario.seed % 2:
                settings.SYNC_WITNESS_DIR = ""  # restored on another host
        if scenario.point == "clocks_apart":
            self.ahead = self.chance.choice([-3600, -300, 300, 3600])  # of the first worker's host
            server.move_clock(self.chance.choice([-86400, -3600, 3600, 86400]))
        point_at(server, settings)

    def play(self) -> Verdict:
        self.set_the_stage()
        self.befall()
        runs = self.go_on()
        if self.stopped_worker:
            os.kill(self.stopped_worker, signal.SIGCONT)
            ended(self.stopped_worker)
            forked(self.next_worker)
        return Verdict(self.scenario, self.killed, runs, self.faults())

    def set_the_stage(self) -> None:
        from django.conf import settings

        from apps.billing.actions import receive_payment
        from tests.books import Books
        from tests.factories import make_company, make_customer, make_invoice, make_item

        # Forked processes count alike: the name is made unique by the scenario.
        company = make_company(legal_name=f"Crash {self.scenario.number} of {os.getpid()}")
        with unhurried(settings):
            self.books: Any = Books(self.server, company=company)
            first = self.books.go_live()
        customer, item = make_customer(company), make_item(company)
        invoices: list[Any] = [
            make_invoice(customer=customer, lines=[(item, self.chance.randint(1, 9), "9.99")])
            for _ in range(self.scenario.invoices)
        ]
        self.payments = [
            receive_payment(
                customer=each.customer,
                amount=each.total,
                date=each.issue_date,
                method=self.books.method,
                apply=[(each, each.total)],
            )
            for each in invoices[::2]
        ]
        self.invoices = [first, *invoices]
        self.pk = self.books.connection.pk

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
        if point in GATES:
            match = {"endpoint": "batch", "contains": '"create"', "nth": self.scenario.nth}
            told = {"status": GATES[point], "after_commit": True, "retry_after": 1}
            self.server.arm(self.books.realm, "status", match=match, **told)
        worker = started(self.worker_until_its_point)
        if point in STOPS and stood_still(worker):
            self.stopped_worker, self.killed = worker, True
        elif point not in STOPS:
            self.killed = ended(worker) == signal.SIGKILL
        if point == "ledger_down":
            down_and_up(self.server, self.replays_are_due)

    def worker_until_its_point(self) -> None:
        from apps.sync.tasks import sync_connection

        rigged(self.scenario)
        with host_ahead(self.ahead) if self.scenario.point == "clocks_apart" else nullcontext():
            sync_connection(self.pk)

    def next_worker(self) -> None:
        from apps.sync.tasks import sync_connection, tick

        tick()
        sync_connection(self.pk)

    def replays_are_due(self) -> None:
        time.sleep((90 + 120) / PACE)
        forked(self.next_worker)
        forked(self.next_worker)

    def go_on(self) -> int:
        """Runs as ticks would start them, until both sides agree; how many it took."""
        from apps.sync.models import Run

        began = Run.objects.filter(connection=self.pk).count()
        hurt = self.killed or self.scenario.point in OTHERS
        runs = 0
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            time.sleep((90 + 120) / PACE if hurt and runs == 0 else 0.2)
            wait_out_the_pause(self.pk)
            let_in_again(self.pk)
            forked(self.next_worker)
            runs += 1
            # On a busy machine a call may be too late for its short deadline: that run did not
            # count.
            if not self.faults() or counted(self.pk, since=began) >= RUNS_AFTER:
                break
            if is_asking(self.pk):
                time.sleep((90 + 120) / PACE)
        return runs

    def faults(self) -> list[str]:
        return faults_of(self.books, self.invoices, self.payments)


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


def faults_of(books: Any, invoices: list[Any], payments: list[Any]) -> list[str]:
    """What is not once and equal on both sides, as sentences."""
    from apps.sync.models import State, SyncRecord

    faults = []
    theirs = books.theirs("Invoice")
    numbers = Counter(each["DocNumber"] for each in theirs)
    totals = {each["DocNumber"]: Decimal(str(each["TotalAmt"])) for each in theirs}
    balances = {each["DocNumber"]: Decimal(str(each["Balance"])) for each in theirs}
    for invoice in invoices:
        invoice.refresh_from_db()
        if numbers[invoice.number] != 1:
            word = "double" if numbers[invoice.number] else "lost"
            faults.append(f"{word}: {invoice.number} is there {numbers[invoice.number]} times")
        elif totals[invoice.number] != invoice.total:
            faults.append(
                f"pennies: {invoice.number}: {totals[invoice.number]} there, {invoice.total} here"
            )
        elif balances[invoice.number] != invoice.balance_due:
            faults.append(f"pennies: {invoice.number}: due {balances[invoice.number]} there")
    if len(theirs) != len(invoices):
        word = "double" if len(theirs) > len(invoices) else "lost"
        faults.append(f"{word}: {len(theirs)} invoices there, {len(invoices)} here")
    money = books.theirs("Payment")
    if len(money) != len(payments):
        word = "double" if len(money) > len(payments) else "lost"
        faults.append(f"{word}: {len(money)} payments there, {len(payments)} here")
    doubles = books.server.state(books.realm)["doubles"]
    if any(doubles.values()):
        faults.append(f"double: {doubles}")
    open_records = SyncRecord.objects.filter(connection=books.connection).exclude(
        state=State.IN_THE_BOOKS
    )
    faults += [
        f"stuck: {each.kind} {each.subject_id}: {each.state} {each.sentence}"
        for each in open_records
    ]
    return faults


def play_many(scenarios: list[Scenario], server: Any, folder: Path, jobs: int) -> list[Verdict]:
    """Each scenario in a forked process of its own, some side by side: they mostly wait."""
    import json

    def apart(scenario: Scenario) -> Verdict:
        reader, writer = os.pipe()

        def work() -> None:
            verdict = play(scenario, server, folder)
            told = {"killed": verdict.killed, "runs": verdict.runs, "faults": verdict.faults}
            os.write(writer, json.dumps(told).encode()[:60000])

        try:
            forked(work)
        except RuntimeError as trouble:
            return Verdict(scenario, False, 0, [str(trouble)])
        finally:
            os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            told = json.loads(pipe.read() or b'{"killed": false, "runs": 0, "faults": ["silent"]}')
        return Verdict(scenario, **told)

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(apart, scenarios))


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--count", type=int, default=10)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=4)
    words.add_argument("--only", nargs="*", choices=SCHEDULES, help="only these of the schedules")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        import django

        django.setup()
        from tests.sandbox_server import SandboxServer
        from tests.template_database import migrate

        migrate()
        make_template()
        server = SandboxServer(folder).start()
        try:
            scenarios = [Scenario.of(each, chosen.seed) for each in range(chosen.count)]
            if chosen.only:
                scenarios = [each for each in scenarios if each.point in chosen.only]
            verdicts = play_many(scenarios, server, folder, chosen.jobs)
        finally:
            server.stop()
    return report(verdicts)


SORTS = ("double", "lost", "pennies", "stuck", "other")


def _showing(verdicts: list[Verdict], sort: str) -> int:
    """How many of them show a fault of this sort."""
    known = [word for word in SORTS if word != "other"]

    def is_it(fault: str) -> bool:
        word = fault.split(":", 1)[0]
        return word == sort if sort in known else word not in known

    return sum(any(is_it(fault) for fault in each.faults) for each in verdicts)


def report(verdicts: list[Verdict]) -> int:
    """A table by schedule, then every fault with the scenario that shows it again."""
    print(
        f"{'schedule':<24}{'played':>8}{'killed':>8}{'runs, most':>12}"
        + "".join(f"{word:>9}" for word in SORTS)
    )
    for point in SCHEDULES:
        mine = [each for each in verdicts if each.scenario.point == point]
        if mine:
            print(
                f"{point:<24}{len(mine):>8}{sum(each.killed for each in mine):>8}"
                f"{max(each.runs for each in mine):>12}"
                + "".join(f"{_showing(mine, word):>9}" for word in SORTS)
            )
    for each in verdicts:
        for fault in each.faults:
            print(f"  {each.scenario}: {fault}")
    return 1 if any(each.faults for each in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
