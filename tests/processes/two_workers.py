"""Run the task of one connection in several processes at the same moment, round after round.

`uv run python -m tests.processes.two_workers` prints how many of them found the lease taken, and
ends with 1 where a document is not once and equal on both sides. Both databases, as `crash`.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.processes.ledgers import LEDGERS, Ledger, books_of
from tests.processes.standing import faults_of
from tests.processes.workers import ended, prepare, started

ROUNDS = 3
WORKERS = 3
INVOICES = 35  # a batch and a bit


def rounds(ledger: Ledger, books: Any) -> int:
    """Let all workers go at once, some times; how many found another at work."""
    from apps.sync.tasks import sync_connection
    from tests.factories import make_customer, make_invoice, make_item

    customer, item = make_customer(books.company), make_item(books.company)
    left = 0
    for _ in range(ROUNDS):
        for _ in range(INVOICES):
            make_invoice(customer=customer, lines=[(item, 1, "9.99")])
        reader, writer = os.pipe()
        start_at = time.time() + 1

        def work(at: float = start_at, told: int = writer) -> None:
            time.sleep(max(0.0, at - time.time()))
            said = sync_connection(books.connection.pk)
            os.write(told, b"left\n" if said.startswith("Another") else b"ran\n")

        children = [started(work) for _ in range(WORKERS)]
        for child in children:
            ended(child)
        os.close(writer)
        with os.fdopen(reader) as pipe:
            left += pipe.read().split().count("left")
    faults = faults_of(ledger, books)
    for fault in faults:
        sys.stdout.write(f"{fault}\n")
    if faults:
        raise SystemExit(1)
    return left


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        import django

        django.setup()
        from django.conf import settings

        from tests.books import point_at
        from tests.factories import make_company
        from tests.sandbox_server import SandboxServer
        from tests.template_database import migrate

        migrate()
        server = SandboxServer(folder).start()
        try:
            point_at(server, settings)
            ledger = LEDGERS["quickbooks"]()
            books = books_of(ledger, server, make_company(legal_name=f"Two of {os.getpid()}"))
            books.go_live()
            sys.stdout.write(f"left: {rounds(ledger, books)} of {ROUNDS * WORKERS}\n")
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
