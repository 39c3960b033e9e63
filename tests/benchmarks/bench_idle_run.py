"""What an idle run, and the tick that wakes runs, cost beside many sync records, and beside none:
seconds, in one process.

Run by hand: `uv run python -m tests.benchmarks.bench_idle_run [records]`. The records stand in one
live set of books, all of them in the books and none due; the plans of every query that decides what
is due are shown index-bound by `tests/sync/test_due_queries.py`.
"""

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RUNS = 7
KINDS = ("invoice", "payment", "credit_note")


def main(records: int = 2_500_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=f"sqlite:///{folder}/product.sqlite3",
            SYNC_WITNESS_DIR=f"{folder}/witness",
            OAUTHLIB_INSECURE_TRANSPORT="1",
            LOG_LEVEL="ERROR",
        )
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        from tests.books import Books, point_at
        from tests.sandbox_server import SandboxServer

        call_command("migrate", verbosity=0)
        server = SandboxServer(folder).start()
        try:
            point_at(server, settings)
            books = Books(server)
            first = books.go_live()
            few, few_ticks = idle(books), ticks()
            lay(books.record(first), records)
            many, many_ticks = idle(books), ticks()
        finally:
            server.stop()
    print(f"{'records':>12}{'idle run, s':>14}{'tick, s':>14}")
    print(f"{'few':>12}{few:>14.3f}{few_ticks:>14.4f}")
    print(f"{records:>12}{many:>14.3f}{many_ticks:>14.4f}")
    print(f"{'ratio':>12}{many / few:>14.2f}{many_ticks / few_ticks:>14.2f}")


def idle(books: Any) -> float:
    """Seconds of a run with nothing to do, the median of some."""
    return median_of(books.run)


def ticks() -> float:
    """Seconds of a look at what is due anywhere, the median of some."""
    from apps.sync.want.wake import wake_the_due

    return median_of(wake_the_due)


def median_of(act: Callable[[], object]) -> float:
    for _ in range(2):
        act()
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


def lay(like: Any, records: int) -> None:
    """So many rows like this one, each of a record of ours that only its key stands for."""
    from django.db import connection

    fields = [each.column for each in type(like)._meta.local_concrete_fields]
    told = {
        "id": "n",
        "kind": "k",
        **{f"{kind}_id": f"iif(k = '{kind}', n, NULL)" for kind in KINDS},
    }
    columns = ", ".join(f'"{each}"' for each in fields)
    values = ", ".join(told.get(each, f's."{each}"') for each in fields)
    of_kind = " ".join(f"WHEN {place} THEN '{kind}'" for place, kind in enumerate(KINDS))
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")  # ours are not laid: no idle run may look at them
        cursor.execute(
            f"WITH RECURSIVE c(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM c WHERE n < %s), "
            f"d(n, k) AS (SELECT n, CASE n %% {len(KINDS)} {of_kind} END FROM c) "
            f'INSERT INTO "{type(like)._meta.db_table}" ({columns}) SELECT {values} '
            f'FROM d, "{type(like)._meta.db_table}" s WHERE s.id = %s',
            [1000 + records - 1, like.pk],
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_500_000)
