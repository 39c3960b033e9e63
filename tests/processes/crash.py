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
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

POINTS = ("before_send", "after_commit", "before_record", "after_record")
STOPS = ("stopped_before_send", "stopped_before_record")
PACE = 30
RUNS_AFTER = 3  # runs within which both sides must agree once every time-out has passed


def prepare(folder: Path) -> None:
    """Environment of this process and of every worker it forks; before Django is loaded."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{folder / 'product.sqlite3'}")
    os.environ["OAUTHLIB_INSECURE_TRANSPORT"] = "1"
    os.environ.setdefault("LOG_LEVEL", "ERROR")
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
            point=(POINTS + STOPS)[number % len(POINTS + STOPS)],
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
    from apps.connections.transport import Line
    from apps.sync.record import Recorder

    count = Counter[str]()
    exchange, record = Line.exchange, Recorder.record

    def watched_exchange(self: Any, request: Any, **options: Any) -> Any:
        if not request.writes:
            return exchange(self, request, **options)
        count["calls"] += 1
        mine = count["calls"] == scenario.nth
        if mine and scenario.point.endswith("before_send"):
            stop_or_die(scenario)
        reply = exchange(self, request, **options)
        if mine and scenario.point == "after_commit":
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

    Line.exchange = watched_exchange  # type: ignore[method-assign]
    Recorder.record = watched_record  # type: ignore[method-assign]


def play(scenario: Scenario, server: Any) -> Verdict:
    """Set the stage, kill a worker, let others go on, and compare both sides."""
    from django.conf import settings

    from apps.billing.actions import receive_payment
    from apps.sync.tasks import sync_connection, tick
    from tests.books import Books, point_at
    from tests.factories import make_company, make_customer, make_invoice, make_item

    point_at(server, settings)
    # Forked processes count alike: the name is made unique by the scenario.
    company = make_company(legal_name=f"Crash {scenario.number} of {os.getpid()}")
    with unhurried(settings):
        books = Books(server, company=company)
        first = books.go_live()
    chance = random.Random(scenario.seed)
    customer, item = make_customer(books.company), make_item(books.company)
    invoices = [
        make_invoice(customer=customer, lines=[(item, chance.randint(1, 9), "9.99")])
        for _ in range(scenario.invoices)
    ]
    payments = [
        receive_payment(
            customer=each.customer,
            amount=each.total,
            date=each.issue_date,
            method=books.method,
            apply=[(each, each.total)],
        )
        for each in invoices[::2]
    ]
    pk = books.connection.pk

    def killed_worker() -> None:
        rigged(scenario)
        sync_connection(pk)

    def next_worker() -> None:
        tick()
        sync_connection(pk)

    worker = started(killed_worker)
    stopped = scenario.point in STOPS and stood_still(worker)
    killed = stopped or (scenario.point not in STOPS and ended(worker) == signal.SIGKILL)
    runs = 0
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep((90 + 120) / PACE if killed and runs == 0 else 0.2)
        forked(next_worker)
        runs += 1
        # On a busy machine a call may be too late for its short deadline: that run did not count.
        if not faults_of(books, [first, *invoices], payments) or counted(pk) >= RUNS_AFTER:
            break
    if stopped:
        os.kill(worker, signal.SIGCONT)
        ended(worker)
        forked(next_worker)
    return Verdict(scenario, killed, runs, faults_of(books, [first, *invoices], payments))


@contextmanager
def unhurried(settings: Any) -> Iterator[None]:
    """The stage is set with the product's own times: only the crash runs against the short ones."""
    short = settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE
    settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE = 60, 90
    yield
    settings.SYNC_CALL_DEADLINE, settings.SYNC_LEASE = short


def counted(connection_id: int) -> int:
    """Runs after the crash in which every call could leave in time."""
    from apps.sync.models import Run

    runs = Run.objects.filter(connection=connection_id, duty="sync", ended_at__isnull=False)
    return runs.exclude(exchanges__state="unsent").exclude(outcome="stopped").count()


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
            faults.append(f"{invoice.number} is there {numbers[invoice.number]} times")
        elif totals[invoice.number] != invoice.total:
            faults.append(f"{invoice.number}: {totals[invoice.number]} there, {invoice.total} here")
        elif balances[invoice.number] != invoice.balance_due:
            faults.append(f"{invoice.number}: due {balances[invoice.number]} there")
    if len(theirs) != len(invoices):
        faults.append(f"{len(theirs)} invoices there, {len(invoices)} here")
    money = books.theirs("Payment")
    if len(money) != len(payments):
        faults.append(f"{len(money)} payments there, {len(payments)} here")
    doubles = books.server.state(books.realm)["doubles"]
    if any(doubles.values()):
        faults.append(f"doubles: {doubles}")
    open_records = SyncRecord.objects.filter(connection=books.connection).exclude(
        state=State.IN_THE_BOOKS
    )
    faults += [
        f"{each.kind} {each.subject_id}: {each.state} {each.sentence}" for each in open_records
    ]
    return faults


def play_many(scenarios: list[Scenario], server: Any, jobs: int) -> list[Verdict]:
    """Each scenario in a forked process of its own, some side by side: they mostly wait."""
    import json

    def apart(scenario: Scenario) -> Verdict:
        reader, writer = os.pipe()

        def work() -> None:
            verdict = play(scenario, server)
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
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        import django

        django.setup()
        from django.core.management import call_command

        from tests.sandbox_server import SandboxServer

        call_command("migrate", verbosity=0)
        server = SandboxServer(folder).start()
        try:
            scenarios = [Scenario.of(each, chosen.seed) for each in range(chosen.count)]
            verdicts = play_many(scenarios, server, chosen.jobs)
        finally:
            server.stop()
    return report(verdicts)


def report(verdicts: list[Verdict]) -> int:
    """A table by crash point, then every fault with the scenario that shows it again."""
    print(f"{'point':<16}{'scenarios':>10}{'killed':>8}{'runs, most':>12}{'wrong':>7}")
    for point in POINTS + STOPS:
        mine = [each for each in verdicts if each.scenario.point == point]
        if mine:
            print(
                f"{point:<16}{len(mine):>10}{sum(each.killed for each in mine):>8}"
                f"{max(each.runs for each in mine):>12}{sum(bool(each.faults) for each in mine):>7}"
            )
    for each in verdicts:
        for fault in each.faults:
            print(f"  {each.scenario}: {fault}")
    return 1 if any(each.faults for each in verdicts) else 0


if __name__ == "__main__":
    sys.exit(main())
