"""What it costs that SQLite commits survive a power cut: NORMAL beside FULL, in turns.

Run by hand: `uv run python -m tests.benchmarks.bench_sqlite [documents]`. Each turn is a process that
goes on with one database: small transactions a second, then a push of documents of a company of its
own to the simulated ledger.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TRANSACTIONS = 500
TURNS = 3


def turn(synchronous: str, documents: int, folder: Path) -> tuple[float, float]:
    """(transactions a second, documents a second), in this process."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings

    from tests.books import Books, point_at
    from tests.factories import make_company, make_customer, make_invoice, make_item
    from tests.sandbox_server import SandboxServer

    options: dict[str, Any] = settings.DATABASES["default"]["OPTIONS"]
    options["init_command"] = f"PRAGMA journal_mode=WAL; PRAGMA synchronous={synchronous};"
    server = SandboxServer(folder).start()
    try:
        point_at(server, settings)
        books = Books(server, company=make_company(legal_name=f"Company {os.getpid()}"))
        books.go_live()
        small = transactions_a_second(books.connection.pk)
        customer, item = make_customer(books.company), make_item(books.company)
        for _ in range(documents):
            make_invoice(customer=customer, lines=[(item, 1, "9.99")])
        began = time.perf_counter()
        while len(books.theirs("Invoice")) <= documents:
            books.run(get=False)
        return small, documents / (time.perf_counter() - began)
    finally:
        server.stop()


def transactions_a_second(connection_id: int) -> float:
    from django.db import transaction

    from apps.connections.models import Connection

    began = time.perf_counter()
    for count in range(TRANSACTIONS):
        with transaction.atomic():
            Connection.objects.filter(pk=connection_id).update(fence=count)
    return TRANSACTIONS / (time.perf_counter() - began)


def main(documents: int) -> None:
    found: dict[str, list[tuple[float, float]]] = {"NORMAL": [], "FULL": []}
    with tempfile.TemporaryDirectory() as name:
        environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{name}/product.sqlite3",
            "SYNC_WITNESS_DIR": f"{name}/witness",
            "OAUTHLIB_INSECURE_TRANSPORT": "1",
            "LOG_LEVEL": "ERROR",
        }
        run = {"cwd": ROOT, "env": environment, "capture_output": True, "text": True, "check": True}
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], **run)
        for _ in range(TURNS):
            for synchronous, turns in found.items():
                words = [sys.executable, "-m", __spec__.name, synchronous, str(documents), name]
                done = subprocess.run(words, **run)
                small, sent = map(float, done.stdout.split()[-2:])
                turns.append((small, sent))
    middle = {
        name: tuple(statistics.median(each) for each in zip(*turns, strict=True))
        for name, turns in found.items()
    }
    print(f"{'':<10}{'transactions/s':>16}{'documents/s':>14}")
    for name, (small, sent) in middle.items():
        print(f"{name:<10}{small:>16.0f}{sent:>14.1f}")
    ratio = [full / normal for full, normal in zip(middle["FULL"], middle["NORMAL"], strict=True)]
    print(f"{'ratio':<10}{ratio[0]:>16.2f}{ratio[1]:>14.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] in (["NORMAL"], ["FULL"]):
        print(*turn(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
