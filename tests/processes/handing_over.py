"""A run that hands files over, killed where it stands, again and again, exports nothing twice.

`python -m tests.processes.handing_over --kills 50 --seed 8` lets child processes hand invoices over,
each killed with SIGKILL before or after a point of its way that is drawn from the seed; what comes
after goes on by itself. Then every file is held against the invoices. Ends with 1 where one is
missing, stands twice, or where a number or a byte is not what it was.
"""

import argparse
import csv
import io
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tests.processes.workers import die, forked, prepare

POINTS = (
    "before it is intended",
    "before it is written",
    "while it is written",
    "after it was written",
    "before it is recorded",
    "after it was recorded",
    "while it is put into the folder",
)
TOGETHER = 2  # invoices of one file, each noted in a transaction of its own
MOST_RUNS = 400
PAUSE = 0.1  # seconds


class Fault(Exception):
    """What stands is not what was issued."""


def rig(point: str) -> None:
    """Let this process die when it first comes to a point."""
    from apps.connections import mailbox
    from apps.connections.mailbox import MailboxLine
    from apps.sync.calls.courier import SyncCourier
    from apps.sync.calls.record import Recorder

    def at(name: str) -> None:
        if name == point:
            die()

    def around(owner: Any, name: str, before: str, after: str, meant: Callable[..., bool]) -> None:
        done = getattr(owner, name)

        def watched(*given: Any, **more: Any) -> Any:
            if not meant(*given, **more):
                return done(*given, **more)
            at(before)
            answer = done(*given, **more)
            at(after)
            return answer

        setattr(owner, name, watched)

    def writes(self: Any, request: Any, *rest: Any, **more: Any) -> bool:
        return bool(request.writes)

    around(SyncCourier, "_intend", "before it is intended", "", writes)
    around(MailboxLine, "exchange", "before it is written", "after it was written", writes)
    around(mailbox, "_made", "", "while it is written", lambda *given: True)
    around(mailbox, "_placed", "while it is put into the folder", "", lambda *given: True)
    around(
        Recorder,
        "record",
        "before it is recorded",
        "after it was recorded",
        lambda self, outcomes, *rest, **more: bool(outcomes),
    )


def hold(name: str, found: Any, wanted: Any) -> None:
    if found != wanted:
        raise Fault(f"{name}: {found}, and {wanted} were expected")


def play(folder: Path, kills: int, seed: int) -> Counter[str]:
    from apps.connections.mailbox import content_of
    from apps.connections.models import BatchFile, Connection
    from apps.sync.models import State, SyncRecord
    from apps.sync.run import run_connection
    from apps.sync.send import push
    from tests.connectors.csv_ledger.live import CsvLive
    from tests.factories import make_customer, make_invoice, make_item

    push.NOTED_AT_ONCE = 1
    chance, killed = random.Random(seed), Counter[str]()
    books = CsvLive(folder="theirs")
    customer, item = make_customer(books.company), make_item(books.company)
    known: dict[str, str] = {}

    def run() -> None:
        run_connection(books.connection.pk, get=True)

    def rigged_run(point: str) -> None:
        rig(point)
        run()

    made = 0
    for _ in range(MOST_RUNS):
        if sum(killed.values()) == kills:
            break
        if made < TOGETHER * (sum(killed.values()) + 1):
            for _ in range(TOGETHER):
                make_invoice(customer=customer, lines=[(item, 1, "10.00")])
                made += 1
        # Nobody who holds the lease lives: its time need not be waited for.
        Connection.objects.update(lease_until=None, lease_holder="")
        point = chance.choice(POINTS)
        if forked(partial(rigged_run, point)):
            killed[point] += 1
        else:
            time.sleep(PAUSE)  # an answer that was lost is asked about later
        for each in BatchFile.objects.all():
            hold("a file that was made", known.setdefault(each.name, each.sha256), each.sha256)
    settled = (State.HANDED_OVER, State.IN_THE_BOOKS)
    for _ in range(MOST_RUNS):
        Connection.objects.update(lease_until=None, lease_holder="")
        run()
        if not SyncRecord.objects.exclude(state__in=settled).exists():
            break
        time.sleep(PAUSE)
    states = SyncRecord.objects.values_list("state", flat=True)
    hold("states", set(states) - set(settled), set())

    files = list(BatchFile.objects.order_by("number"))
    hold("numbers", [each.number for each in files], list(range(1, len(files) + 1)))
    written: Counter[str] = Counter()
    for each in files:
        content = content_of(each)
        hold(f"{each.name} in the folder", (folder / "theirs" / each.name).read_bytes(), content)
        if each.holds == "invoices":
            rows = csv.DictReader(io.StringIO(content.decode(), newline=""))
            written.update(row["Number"] for row in rows)
    hold("written twice", {number: times for number, times in written.items() if times > 1}, {})
    hold("invoices", len(written), made)
    lying = sorted(each.name for each in (folder / "theirs").iterdir())
    hold("the folder", lying, sorted(each.name for each in files))
    return killed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=8)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "theirs").mkdir()
        prepare(folder)
        for name in ("SYNC_CALL_DEADLINE", "SYNC_PROVIDER_TIMEOUT", "SYNC_RETRY_BASE"):
            os.environ[name] = "0.2"
        import django
        from django.conf import settings

        django.setup()
        settings.LEDGER_FOLDERS = {"theirs": str(folder / "theirs")}
        from tests.template_database import migrate

        migrate()
        try:
            killed = play(folder, asked.kills, asked.seed)
        except Fault as fault:
            print(f"fault: {fault}")
            return 1
    print(f"killed {sum(killed.values())} times")
    for point in POINTS:
        print(f"  {killed[point]} {point}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
