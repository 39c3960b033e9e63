"""Odd requests at every address, as each role and as nobody:
`python -m tests.benchmarks.fuzz_screens [requests] [seed]`.

In a database of its own beside that of `DATABASE_URL` (SQLite in memory without it), which is filled
with one record of everything and deleted afterwards. Ends with 1 where an answer was a fault, or took
longer than it may.
"""

import logging
import os
import signal
import sys
import time

import django

REQUESTS, SEED = 100_000, 1
AT_A_TIME = 500
PAGES = (
    0.1  # the least share of answers that are pages, so that no closed door is tried 100,000 times
)


def main(wanted: int, seed: int) -> int:
    # Nobody of this set up a second factor: without it each of them would be sent to set one up.
    os.environ["SECOND_FACTOR"] = "waived"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.local_settings")
    django.setup()
    from django.db import connection
    from django.test.runner import DiscoverRunner

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    runner = DiscoverRunner(verbosity=0, interactive=False)
    runner.setup_test_environment()
    made = runner.setup_databases()
    try:
        logging.disable(logging.CRITICAL)
        good = _asked(wanted, seed)
        print(f"On {connection.vendor}, seed {seed}.")
        return 0 if good else 1
    finally:
        runner.teardown_databases(made)
        runner.teardown_test_environment()


def _asked(wanted: int, seed: int) -> bool:
    from tests.backoffice.fuzzing import Fuzzer, keys_of
    from tests.backoffice.people import make_people
    from tests.backoffice.world import WholeWorld

    people = make_people()
    world = WholeWorld(people["Fay"])
    from tests.all_rights import make_almighty

    people["Root"] = make_almighty("root@example.com", "a-long-password-1")
    fuzzer, began = Fuzzer(people, keys_of(world.records), seed), time.monotonic()
    try:
        while (left := wanted - fuzzer.found.requests) > 0:
            found = fuzzer.run(min(left, AT_A_TIME))
            took = time.monotonic() - began
            told = f"{found.requests:,} requests, {len(found.faults)} kinds of fault, {took:.0f} s"
            print(told, flush=True)
    finally:  # also of a run that was broken off
        print(fuzzer.found.told(), flush=True)
    told = fuzzer.found
    if told.statuses[200] < told.requests * PAGES:
        print(f"Hardly a page was met: {told.statuses[200]:,} of {told.requests:,} answers.")
        return False
    return not told.faults and not told.slow


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    sys.exit(main(*given) if len(given) == 2 else main(given[0] if given else REQUESTS, SEED))
