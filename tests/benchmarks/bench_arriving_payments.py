"""What payments that come in cost, one by one and in sets: statements and CPU.

Run by hand: `python -m tests.benchmarks.bench_arriving_payments [payments]`. In a database file of
its own, as the product keeps it.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

QUERIES, CPU = 12.0, 12.0  # at most, of one payment in a set: statements, milliseconds


def main(payments: int = 400) -> bool:
    """Whether payments in sets keep to the limits."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from apps.sync.apply.arrivals import TOGETHER, Look
    from apps.sync.apply.books import Books
    from tests.sync.apply.test_payment_sets import Season

    season = Season(people=max(5, payments // 12))
    stage = season.stage
    keys = []
    for place in range(payments):
        invoice = season.invoices[place % len(season.invoices)]
        row = stage.put(season.pays("1.50", (invoice, "1"), reference=f"BACS {place}"))
        keys.append(row.pk)

    def look(together: bool) -> Callable[[Sequence[int]], int]:
        def at(some: Sequence[int]) -> int:
            books = Books(stage.connection, stage.connector)
            pass_ = Look(books, None, None)
            for start in range(0, len(some), TOGETHER):
                pass_.at(some[start : start + TOGETHER], together=together)
            return pass_.counts().applied

        return at

    half = payments // 2
    _measured("one by one", look(together=False), keys[:half])
    queries, cpu = _measured("in sets", look(together=True), keys[half:])
    applied = _applied()
    if applied != Decimal(payments):
        raise RuntimeError(f"{applied} were set off, not {payments}")
    return queries <= QUERIES and cpu <= CPU


def _applied() -> Decimal:
    from apps.billing.models import Payment

    return sum((each.applied for each in Payment.objects.all()), Decimal(0))


def _measured(
    name: str, act: Callable[[Sequence[int]], int], keys: Sequence[int]
) -> tuple[float, float]:
    from django.db import connection

    asked = 0

    def count(execute: Any, *said: Any) -> Any:
        nonlocal asked
        asked += 1
        return execute(*said)

    cut = len(keys) // 2
    with connection.execute_wrapper(count):
        done = act(keys[:cut])
    started, cpu = time.perf_counter(), time.process_time()
    done += act(keys[cut:])
    cpu = (time.process_time() - cpu) * 1000 / (len(keys) - cut)
    seconds = time.perf_counter() - started
    if done != len(keys):
        raise RuntimeError(f"only {done} of {len(keys)} were applied")
    queries = asked / cut
    sys.stdout.write(
        f"{name:>12}: {queries:5.1f} statements, {cpu:5.1f} ms CPU each, "
        f"{(len(keys) - cut) / seconds:5.0f}/s\n"
    )
    return queries, cpu


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        kept = main(*(int(word) for word in sys.argv[1:2]))
    sys.exit(0 if kept else 1)
