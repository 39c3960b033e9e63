"""What the first reading after a busy spell costs in calls, beside one after a quiet spell.

Run by hand: `uv run python -m tests.benchmarks.bench_busy_spell [documents …]` (1,000 and 20,000 where
none are given). Each spell is pushed into books of its own; nobody but Tieout writes there.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

AT_ONCE = 500  # invoices made between two pushes
MOST = 12  # calls of the reading


def main(numbers: list[int]) -> bool:
    """Whether each reading keeps to the limit."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=f"sqlite:///{folder}/product.sqlite3",
            SYNC_WITNESS_DIR=f"{folder}/witness",
            SYNC_TASK_BUDGET="3600",
            OAUTHLIB_INSECURE_TRANSPORT="1",
            LOG_LEVEL="ERROR",
        )
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from apps.connections.buckets import RowBuckets
        from tests.books import Books, point_at
        from tests.sandbox_server import SandboxServer

        RowBuckets.spend = lambda self, costs, *, reserve: None
        call_command("migrate", verbosity=0)
        server = SandboxServer(folder).start()
        try:
            point_at(server, settings)
            print(f"{'documents':>12}{'pushed, s':>12}{'reading, calls':>16}{'reading, s':>12}")
            kept = [measured(Books(server), number) for number in [0, *numbers]]
        finally:
            server.stop()
    return all(kept)


def measured(books: Any, number: int) -> bool:
    from apps.sync.models import Call

    books.go_live()
    books.run()
    began = time.perf_counter()
    push(books, number)
    pushed = time.perf_counter() - began
    began = time.perf_counter()
    run = books.run()
    took = time.perf_counter() - began
    if run.outcome != "done":
        raise RuntimeError(f"the reading ended {run.outcome}: {run.sentence}")
    calls = Call.objects.filter(run=run, purpose="reads").count()
    print(f"{number:>12}{pushed:>12.1f}{calls:>16}{took:>12.1f}", flush=True)
    return calls <= MOST


def push(books: Any, number: int) -> None:
    from apps.sync.models import SyncRecord
    from tests.factories import make_customer, make_invoice

    customer = make_customer(books.company)
    for start in range(0, number, AT_ONCE):
        for _ in range(min(AT_ONCE, number - start)):
            make_invoice(company=books.company, customer=customer)
        books.run(get=False)
    there = SyncRecord.objects.filter(
        connection=books.connection, kind="invoice", state="in_the_books"
    )
    if there.count() < number:
        raise RuntimeError(f"{there.count()} of {number} invoices are in the books")


if __name__ == "__main__":
    kept = main([int(each) for each in sys.argv[1:]] or [1000, 20000])
    sys.exit(0 if kept else 1)
