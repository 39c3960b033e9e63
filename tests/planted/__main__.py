"""Do the tests see what they should? Plants every kept fault in a copy and says what caught it.

    uv run python -m tests.planted [NAME …] [--suite] [--jobs N]

Each fault is a patch beside this file, and `caught_by.toml` names the tests that must catch it:
they pass without the fault and fail with it. `--suite` runs the whole default suite with each fault
and lists all that caught it. The exit code is 1 where a fault is not caught, a patch does not
apply, or a named test fails without any fault.
"""

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from queue import SimpleQueue

from tests.planted.catalogue import Planted, planted
from tests.planted.copy_of_tree import TESTS_FAILED, Copy, DoesNotApply, Result, copy_of_tree

LIMIT = 180.0  # seconds for the tests named for one fault
SUITE_LIMIT = 900.0
ALL_LIMIT = 600.0  # for all named tests, without a fault
SHOWN = 12  # tests listed of those that caught a fault


@dataclass(frozen=True, slots=True)
class Verdict:
    fault: Planted
    caught_by: tuple[str, ...]
    seconds: float
    trouble: str = ""  # why it does not count as caught


def main() -> int:
    asked = _arguments()
    # Ended by whoever started it, it takes its copies away as after an interruption.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        faults = planted(asked.names)
    except KeyError as missing:
        print(f"There is no patch, or no row in the table, for {missing}.")
        return 1
    copies: SimpleQueue[Copy] = SimpleQueue()
    jobs = 1 if asked.suite else max(1, min(asked.jobs, len(faults)))
    with ExitStack() as stack:
        for _ in range(jobs):
            copies.put(stack.enter_context(copy_of_tree()))
        if not asked.suite and not _pass_without_any_fault(faults, copies):
            return 1
        return _print_all(faults, copies, jobs, asked.suite)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.planted", description=__doc__)
    parser.add_argument("names", nargs="*", help="faults by name; all where none is given")
    parser.add_argument("--suite", action="store_true", help="the whole default suite with each")
    parser.add_argument("--jobs", type=int, default=2, help="copies at work side by side")
    return parser.parse_args()


def _pass_without_any_fault(faults: Sequence[Planted], copies: "SimpleQueue[Copy]") -> bool:
    """What fails anyway catches nothing."""
    tests = sorted({test for each in faults for test in each.tests})
    copy = copies.get()
    found = copy.pytest(["-n", "0", "-m", "", *tests], limit=ALL_LIMIT)
    copies.put(copy)
    if found.code == 0:
        print(f"{len(tests)} tests pass without a fault ({found.seconds:.0f} s).", flush=True)
        return True
    print(found.output)
    print("Some of these tests do not pass without any fault: nothing was planted.")
    return False


def _print_all(
    faults: Sequence[Planted], copies: "SimpleQueue[Copy]", jobs: int, suite: bool
) -> int:
    wide = max(len(each.name) for each in faults)
    print(f"{'fault':{wide}}  {'seconds':>7}  caught by")
    missed, started = 0, time.monotonic()
    for verdict in _verdicts(faults, copies, jobs, suite):
        missed += bool(verdict.trouble)
        said = [f"NOT CAUGHT: {verdict.trouble}"] if verdict.trouble else []
        listed = [*said, *verdict.caught_by[:SHOWN]]
        more = len(verdict.caught_by) - SHOWN
        listed += [f"and {more} more"] if more > 0 else []
        print(f"{verdict.fault.name:{wide}}  {verdict.seconds:7.1f}  {listed[0]}")
        for each in listed[1:]:
            print(f"{'':{wide}}  {'':7}  {each}")
        sys.stdout.flush()
    took = time.monotonic() - started
    print(f"{len(faults) - missed} of {len(faults)} planted faults caught ({took:.0f} s).")
    return 1 if missed else 0


def _verdicts(
    faults: Sequence[Planted], copies: "SimpleQueue[Copy]", jobs: int, suite: bool
) -> Iterator[Verdict]:
    """As they come. After an interruption nothing further is begun."""
    stopped = threading.Event()

    def look(fault: Planted) -> Verdict:
        copy = copies.get()
        try:
            if stopped.is_set():
                return Verdict(fault, (), 0, "not looked at")
            return _verdict(fault, copy, suite)
        finally:
            copies.put(copy)

    with ThreadPoolExecutor(jobs) as pool:
        try:
            for done in as_completed([pool.submit(look, each) for each in faults]):
                yield done.result()
        finally:
            stopped.set()


def _verdict(fault: Planted, copy: Copy, suite: bool) -> Verdict:
    try:
        copy.apply(fault.patch)
    except DoesNotApply as why:
        return Verdict(fault, (), 0, f"the patch does not apply: {why}")
    try:
        if suite:
            return _by_the_suite(fault, copy.pytest(["--ignore=tests/planted"], limit=SUITE_LIMIT))
        enough = ["-x"] if len(fault.tests) == 1 else []
        return _by_its_tests(
            fault, copy.pytest(["-n", "0", "-m", "", *enough, *fault.tests], limit=LIMIT)
        )
    finally:
        copy.apply(fault.patch, reverse=True)


def _by_its_tests(fault: Planted, found: Result) -> Verdict:
    quiet = [each for each in fault.tests if not _is_among(each, found.failed)]
    if found.code is None:
        trouble = f"its tests ran longer than {LIMIT:.0f} s"
    elif found.code not in (0, TESTS_FAILED):
        trouble = f"pytest ended with {found.code}: {found.output[-300:]}"
    elif quiet:
        trouble = f"{', '.join(quiet)} did not fail"
        trouble += f" (broken before: {', '.join(found.broken)})" if found.broken else ""
    else:
        trouble = "" if fault.tests else "no test is named"
    return Verdict(fault, found.failed, found.seconds, trouble)


def _by_the_suite(fault: Planted, found: Result) -> Verdict:
    if found.code is None:
        return Verdict(fault, (), found.seconds, f"the suite ran longer than {SUITE_LIMIT:.0f} s")
    caught = tuple(sorted({*found.failed, *found.broken}))
    return Verdict(fault, caught, found.seconds, "" if caught else "the whole suite passed")


def _is_among(test: str, failed: Sequence[str]) -> bool:
    return any(each == test or each.startswith(f"{test}[") for each in failed)


if __name__ == "__main__":
    sys.exit(main())
