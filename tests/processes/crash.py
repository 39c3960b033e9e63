"""Kill or stop real workers at chosen points, and look at what both sides hold in the end.

`uv run python -m tests.processes.crash --count 100 --seed 7` prints a table for the simulated
QuickBooks, `--ledger xero` and `--ledger freshbooks` for these; `--ledger worked` plays it with the
worked ledger, in whose books a record may need several calls. The database is the one that DATABASE_URL names (a SQLite file is made where none is given). Every worker is a child
process that runs the task's own function; times are the product's settings divided by 30. Most are
killed with SIGKILL. At the "stopped" points one is stopped with SIGSTOP until its lease,
its call's deadline and the provider's time-out have passed and others have done its work; then it
goes on, and must find out that it has no say any more.
"""

import argparse
import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.processes.adversity import make_template
from tests.processes.ledgers import LEDGERS
from tests.processes.schedule import LedgerUnderTest, Scenario, Verdict
from tests.processes.simulated import Simulated
from tests.processes.workers import forked, prepare

WORKED = "worked"


def ledger_named(name: str) -> LedgerUnderTest:
    if name != WORKED:
        return Simulated(name)
    from tests.processes.in_steps import Worked

    return Worked()


def play_many(
    ledger: LedgerUnderTest, scenarios: list[Scenario], folder: Path, jobs: int
) -> list[Verdict]:
    """Each scenario in a forked process of its own, some side by side: they mostly wait."""

    def apart(scenario: Scenario) -> Verdict:
        reader, writer = os.pipe()

        def work() -> None:
            with ledger.schedule(scenario, folder) as schedule:
                verdict = schedule.play()
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

    def told(scenario: Scenario) -> Verdict:
        """As it ends: a table of a hundred takes half an hour."""
        verdict = apart(scenario)
        said = "killed " if verdict.killed else ""
        print(
            f"{scenario}: {said}runs {verdict.runs} {verdict.faults or 'agreed'}", file=sys.stderr
        )
        return verdict

    with ThreadPoolExecutor(max_workers=jobs) as pool:
        return list(pool.map(told, scenarios))


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--count", type=int, default=10)
    words.add_argument("--first", type=int, default=0, help="the number that it begins with")
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=4)
    words.add_argument("--ledger", choices=(*LEDGERS, WORKED), default=next(iter(LEDGERS)))
    words.add_argument("--only", nargs="*", help="only these of the schedules")
    words.add_argument("--point", help="play the chosen ones at this point instead of their own")
    words.add_argument("--number", nargs="*", type=int, help="only these of the scenarios")
    chosen = words.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        import django

        django.setup()
        ledger = ledger_named(chosen.ledger)
        if unknown := set(chosen.only or ()) - set(ledger.schedules):
            words.error(
                f"--only: {', '.join(sorted(unknown))} is none of {', '.join(ledger.schedules)}"
            )
        from tests.template_database import migrate

        migrate()
        make_template()
        scenarios = [
            ledger.scenario(each, chosen.seed) for each in range(chosen.first, chosen.count)
        ]
        if chosen.only:
            scenarios = [each for each in scenarios if each.point in chosen.only]
        if chosen.number:
            scenarios = [each for each in scenarios if each.number in chosen.number]
        if chosen.point:
            scenarios = [replace(each, point=chosen.point) for each in scenarios]
        with ledger.service(folder):
            verdicts = play_many(ledger, scenarios, folder, chosen.jobs)
    played = (*ledger.schedules, *([chosen.point] if chosen.point else []))
    return report(tuple(dict.fromkeys(played)), verdicts)


SORTS = ("double", "lost", "pennies", "stuck", "other")


def _showing(verdicts: list[Verdict], sort: str) -> int:
    """How many of them show a fault of this sort."""
    known = [word for word in SORTS if word != "other"]

    def is_it(fault: str) -> bool:
        word = fault.split(":", 1)[0]
        return word == sort if sort in known else word not in known

    return sum(any(is_it(fault) for fault in each.faults) for each in verdicts)


def report(schedules: tuple[str, ...], verdicts: list[Verdict]) -> int:
    """A table by schedule, then every fault with the scenario that shows it again."""
    print(
        f"{'schedule':<24}{'played':>8}{'killed':>8}{'runs, most':>12}"
        + "".join(f"{word:>9}" for word in SORTS)
    )
    for point in schedules:
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
