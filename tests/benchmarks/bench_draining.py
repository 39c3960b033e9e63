"""How fast a queue of batches drains under the published limits, by the ledger's own count.

Run by hand: `uv run python -m tests.benchmarks.bench_draining [minutes]`. The real clock, real HTTP,
the simulated ledger with its published limits on. The courier of pages and the courier of runs each
carry a queue that never ends; the ratio is to the 40 batches a minute that are published.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PUBLISHED = 40  # batches a minute
AT_ONCE = 12


def main(minutes: int = 3) -> None:
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
            books.go_live()
            server.set_up(books.realm, limits={"published": True})
            time.sleep(61)  # what went before has left the minute
            print(f"{'courier':>10}{'minute':>8}{'left':>6}{'refused':>9}{'ratio':>7}")
            for kind, courier in couriers(books):
                show(kind, drained(courier, books.realm, minutes), minutes)
                time.sleep(61)
        finally:
            server.stop()


def couriers(books: Any) -> Iterator[tuple[str, Any]]:
    from apps.connections.buckets import RowBuckets
    from apps.connections.courier import ReadCourier
    from apps.connections.transport import Line
    from apps.connectors.registry import system
    from apps.sync.calls.courier import SyncCourier
    from apps.sync.lease import Lease

    with ReadCourier(books.connection) as pages:
        yield "pages", pages
    capabilities = system(books.connection.system).capabilities
    lease = Lease.acquire(books.connection.pk)
    assert lease is not None
    with Line(books.connection) as line:
        yield (
            "runs",
            SyncCourier(
                connection=books.connection,
                run=None,
                lease=lease,
                line=line,
                buckets=RowBuckets(books.connection, capabilities.limits),
                capabilities=capabilities,
            ),
        )


def drained(courier: Any, realm: str, minutes: int) -> list[tuple[float, int]]:
    """(seconds since the start, status) of each reply."""
    from apps.connectors.port import Purpose, Request

    question = {"bId": "0", "Query": "SELECT COUNT(*) FROM Customer"}
    batch = Request(
        method="POST",
        path=f"v3/company/{realm}/batch",
        body=json.dumps({"BatchItemRequest": [question]}).encode(),
        purpose=Purpose.READS,
        cost={"batch": 1},
    )
    began, answered = time.monotonic(), []
    while time.monotonic() - began < 60 * minutes:
        for _, reply in courier.carry([batch] * AT_ONCE):
            answered.append((time.monotonic() - began, reply.status))
    return answered


def show(kind: str, answered: list[tuple[float, int]], minutes: int) -> None:
    for minute in range(minutes):
        here = [status for at, status in answered if 60 * minute <= at < 60 * (minute + 1)]
        refused = here.count(429)
        left = len(here) - refused
        print(f"{kind:>10}{minute + 1:>8}{left:>6}{refused:>9}{left / PUBLISHED:>7.2f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
