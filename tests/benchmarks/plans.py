"""Which pages read more rows than they may with very many invoices: each statement of each page.

Run by hand, on a database that `tests.benchmarks.filled` filled with 50,000 invoices or more:
`DATABASE_URL=… uv run python -m tests.benchmarks.plans`; with `fill` it fills one that is empty, first.
It prints each page and statement that reads too much, and ends with 1 where one does.
`tests/backoffice/frame/test_plans.py` holds it on both databases.

PostgreSQL tells the rows that each node of a plan read; it is told to read no table whole where an index
would do, as its planner decides for itself once the table is twenty times larger. SQLite does not tell:
there the steps of its machine are counted, of which a row that is read takes five at least.
"""

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import django

ROWS = 25_000  # of one table in one statement: lists are counted up to 10,000
STEPS = 400_000
LONGER = 6  # so many times as much, where it is known why (`KNOWN`)
FULL = 40_000  # invoices: of fewer a page that reads all is not told from one that does not
# SQLite counts a whole table over its narrowest index; PostgreSQL's planner tells it (`LongPaginator`).
COUNTS_A_TABLE = re.compile(r'^SELECT COUNT\(\*\) AS "__count" FROM "\w+"$')
# (end of a page's name, why it reads more).
KNOWN = {
    "first page": "some forty questions in one statement, each counted up to 10,000",
    "a common word": "read until 10,000 rows with the word are met, or a page of the list is full",
    "two words": "the same of each of them",
    "last page": "the planner says how long the list is: up to 250,000 rows are passed over",
}
INVOICES = 50_000
EVERY = 1_000  # steps between two looks at the counter


def greedy() -> Iterator[tuple[str, str, str]]:
    """(page, what is read and how much of it, statement)."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from apps.billing.models import Invoice
    from apps.staff.models import User
    from tests.all_rights import make_almighty
    from tests.benchmarks.bench_pages import EMAIL, pages

    if Invoice.objects.count() < FULL:
        raise SystemExit("Fill it first: python -m tests.benchmarks.filled 50000")
    client = Client()
    known = User.objects.filter(email=EMAIL).first()
    client.force_login(known or make_almighty(EMAIL, "a-long-password-1"))
    reads = _steps if connection.vendor == "sqlite" else _rows
    for name, address in pages():
        client.get(address)  # what is asked once in a process was
        with CaptureQueriesContext(connection) as captured:
            client.get(address)
        for sql in {each["sql"] for each in captured.captured_queries}:
            if not sql.lstrip("(").startswith("SELECT") or COUNTS_A_TABLE.match(sql):
                continue
            why = next((words for end, words in KNOWN.items() if name.endswith(end)), "")
            for told in reads(sql, LONGER if why else 1):
                yield name, told, sql


def _rows(sql: str, longer: int) -> list[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SET enable_seqscan = off")
        # Past Django, for which a percent sign would be a parameter.
        cursor.cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {sql}")
        told = cursor.fetchone()[0]
    plan = json.loads(told) if isinstance(told, str) else told
    return sorted(set(_much(plan, ROWS * longer)))


def _much(node: Any, most: int) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _much(each, most)
    elif isinstance(node, dict):
        removed = sum(int(node.get(f"Rows Removed by {why}", 0)) for why in REMOVED)
        read = (int(node.get("Actual Rows", 0)) + removed) * int(node.get("Actual Loops", 1))
        if "Relation Name" in node and read > most:
            yield f"{node['Relation Name']}: {read:,} rows by {node['Node Type']}"
        for key in ("Plan", "Plans"):
            yield from _much(node.get(key, []), most)


REMOVED = ("Filter", "Index Recheck")


def _steps(sql: str, longer: int) -> list[str]:
    from django.db import connection

    taken = 0

    def look() -> int:
        nonlocal taken
        taken += EVERY
        return 0

    with connection.cursor() as cursor:
        connection.connection.set_progress_handler(look, EVERY)
        try:
            cursor.cursor.execute(sql)
            cursor.fetchall()
        finally:
            connection.connection.set_progress_handler(None, 0)
    return [f"{taken:,} steps"] if taken > STEPS * longer else []


def main() -> int:
    os.environ["SECOND_FACTOR"] = "waived"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.local_settings")
    os.environ.setdefault("OAUTHLIB_INSECURE_TRANSPORT", "1")
    django.setup()
    from django.conf import settings

    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = ["*"]
    if "fill" in sys.argv[1:]:
        from tests.benchmarks.filled import fill
        from tests.template_database import migrate

        migrate()
        fill(INVOICES)
    found = 0
    for page, told, sql in greedy():
        found += 1
        print(f"{page}: {told}\n    {sql[:2000]}", flush=True)
    print(f"{found} statements read too much.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
