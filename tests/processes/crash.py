"""Kill or stop real workers at chosen points, and look at what both sides hold in the end.

`uv run python -m tests.processes.crash --count 100 --seed 7` prints a table; `--ledger worked` plays
on the worked ledger, where a record takes several calls. The database is the one that DATABASE_URL
names (a SQLite file is made where none is given). Every worker is a child process that runs the
task's own function; times are the product's settings divided by 30. Most are killed with SIGKILL. At
the "stopped" points one is stopped with SIGSTOP until its lease, its call's deadline and the
provider's time-out have passed and others have done its work; then it goes on, and must find out
that it has no say any more.
"""

import argparse
import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from tests.processes import batches, in_steps
from tests.processes.adversity import make_template
from tests.processes.schedule import Scenario, Verdict
from tests.processes.table import report
from tests.processes.workers import forked, prepare


class Ledger(Protocol):
    """The module of a ledger's schedules."""

    SCHEDULES: tuple[str, ...]

    def scenario(self, number: int, seed: int) -> Scenario: ...

    def play(self, scenario: Scenario, shared: Any, folder: Path) -> Verdict:
        """Set the stage, let a worker meet its end, let others go on, and compare both sides."""
        ...

    def shared(self, folder: Path) -> AbstractContextManager[Any]:
        """What all schedules have in common, as long as they are played."""
        ...


LEDGERS: dict[str, Any] = {"batches": batches, "worked": in_steps}


def play_many(
    ledger: Ledger, scenarios: list[Scenario], shared: Any, folder: Path, jobs: int
) -> list[Verdict]:
    """Each scenario in a forked process of its own, some side by side: they mostly wait."""

    def apart(scenario: Scenario) -> Verdict:
        reader, writer = os.pipe()

        def work() -> None:
            verdict = ledger.play(scenario, shared, folder)
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
    words.add_argument("--ledger", choices=LEDGERS, default="batches")
    words.add_argument("--only", nargs="*", help="only these of the schedules")
    chosen = words.parse_args()
    ledger = LEDGERS[chosen.ledger]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        import django

        django.setup()
        from tests.template_database import migrate

        migrate()
        make_template()
        scenarios = [ledger.scenario(each, chosen.seed) for each in range(chosen.count)]
        if chosen.only:
            scenarios = [each for each in scenarios if each.point in chosen.only]
        with ledger.shared(folder) as shared:
            verdicts = play_many(ledger, scenarios, shared, folder, chosen.jobs)
    return report(verdicts)


if __name__ == "__main__":
    sys.exit(main())
