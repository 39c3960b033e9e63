"""What it costs to take a company out in a file and to bring it back, and how much memory it holds.

Run by hand: `uv run python -m tests.benchmarks.bench_archive [documents]`, on SQLite or, with
`DATABASE_URL`, on a PostgreSQL of which two databases are made. Each document has four lines, two rows
of history with the lines as they were, and money set against it. Each way is a process of its own;
CPU is that process's, memory its peak above what it was once Django was there.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
LINES_EACH = 4
BATCH = 5_000  # documents
FROM, TO = "bench_archive_from", "bench_archive_to"  # on a PostgreSQL
PASSPHRASE = "four words that do well"


def fill(documents: int) -> None:
    """Written past the acts: rows are rows."""
    from django.db import transaction

    from tests.factories import make_company, make_customer, make_item, make_method

    company = make_company(legal_name="Bench Ltd")
    masters = (
        company,
        [make_customer(company, code=f"C{place}") for place in range(100)],
        [make_item(company) for _ in range(100)],
        make_method(company),
    )
    with transaction.atomic():
        for made in range(0, documents, BATCH):
            _fill_batch(masters, range(made, min(made + BATCH, documents)))


def _fill_batch(masters: Any, numbers: range) -> None:
    from django.utils import timezone

    from apps.billing.acts.history import line_then
    from apps.billing.models import Allocation, Invoice, InvoiceLine, Payment
    from apps.core.rows import insert_rows

    company, customers, items, method = masters
    first, paid, now = date(2024, 1, 1), Decimal("101.96"), timezone.now()
    insert_rows(
        Invoice,
        [
            Invoice(
                company=company, customer=customers[number % 100], status="issued",
                number=f"INV-{number:08}", issue_date=first + timedelta(days=number % 700),
                due_date=first + timedelta(days=number % 700 + 30), currency="GBP",
                net=paid, total=paid, home_total=paid, paid=paid, issued_at=now,
                customer_name=customers[number % 100].name,
            )
            for number in numbers
        ],
    )  # fmt: skip
    invoices = list(Invoice.objects.order_by("-pk")[: len(numbers)])
    lines = {
        each.pk: [
            InvoiceLine(
                document=each, position=position, item=items[(position * 7) % 100],
                item_code=f"SKU-{position}", description=f"Brass lantern, “small”, lot {position}",
                quantity=Decimal(3), unit_price=Decimal("8.4967"), net=Decimal("25.49"),
            )
            for position in range(1, LINES_EACH + 1)
        ]
        for each in invoices
    }  # fmt: skip
    insert_rows(InvoiceLine, [line for each in lines.values() for line in each])
    _history(
        invoices, lines_then={key: [line_then(line) for line in of] for key, of in lines.items()}
    )
    insert_rows(
        Payment,
        [
            Payment(
                company=company, customer_id=each.customer_id, method=method, date=each.issue_date,
                currency="GBP", amount=paid, applied=paid, reference=str(each.pk),
            )
            for each in invoices
        ],
    )  # fmt: skip
    payments = list(Payment.objects.order_by("-pk")[: len(numbers)])
    _history(payments)
    insert_rows(
        Allocation,
        [
            Allocation(
                company=company, payment=payment, invoice_id=int(payment.reference),
                date=payment.date, currency="GBP", amount=paid, home_amount=paid,
            )
            for payment in payments
        ],
    )  # fmt: skip
    _history(list(Allocation.objects.order_by("-pk")[: len(numbers)]))


def _history(records: list[Any], **of_each: dict[int, Any]) -> None:
    from django.utils import timezone

    from apps.core.rows import insert_rows

    past: Any = type(records[0]).history.model
    names = [field.attname for field in past.tracked_fields]
    rows = [
        past(
            **{name: getattr(each, name) for name in names},
            **{name: values[each.pk] for name, values in of_each.items()},
            history_date=timezone.now(), history_type=kind, history_change_reason="Imported",
        )
        for each in records
        for kind in ("+", "~")
    ]  # fmt: skip
    insert_rows(past, rows)


# --- The ways, each in a process of its own -------------------------------------------------------


def archive(path: Path) -> int:
    from apps.billing.models import Company
    from apps.exchange.archive.taking import taken_to

    manifest = taken_to(path, Company.objects.get(), PASSPHRASE)
    return sum(each.rows for each in manifest.members.values())


def restore(path: Path) -> int:
    from apps.exchange.archive.reading import Archive
    from apps.exchange.archive.restoring import restore as bring_back

    with path.open("rb") as file:
        archive = Archive(file, PASSPHRASE)
        bring_back(archive)
    return sum(each.rows for each in archive.manifest.members.values())


WAYS = {"archive": archive, "restore": restore}


def measured(way: str, path: Path) -> dict[str, float]:
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, wall = time.process_time(), time.perf_counter()
    rows = WAYS[way](path)
    return {
        "rows": rows,
        "cpu": time.process_time() - began,
        "wall": time.perf_counter() - wall,
        "mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - idle) / 1024,
    }


def databases(folder: str) -> Iterator[str]:
    """The addresses of two of their own; what was there of an earlier run is dropped."""
    given = os.environ.get("DATABASE_URL", "")
    for name in (FROM, TO):
        if not given.startswith("postgres"):
            yield f"sqlite:///{folder}/{name}.sqlite3"
            continue
        import psycopg

        with psycopg.connect(given, autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {name}")
            server.execute(f"CREATE DATABASE {name}")
        yield urlsplit(given)._replace(path=f"/{name}").geturl()


def main(documents: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.tieout"
        places = dict(zip(WAYS, databases(folder), strict=True))
        print(f"{documents:,} documents, {places['archive'].partition(':')[0]}")
        print(f"{'':10}{'rows':>11}{'wall s':>9}{'CPU s':>8}{'peak MB':>9}{'file MB':>9}")
        for way, address in places.items():
            run: dict[str, Any] = {
                "cwd": ROOT, "capture_output": True, "text": True, "check": True,
                "env": {**os.environ, "DATABASE_URL": address, "LOG_LEVEL": "ERROR"},
            }  # fmt: skip
            subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], **run)
            words = [sys.executable, "-m", __spec__.name, str(documents)]
            if way == "archive":
                subprocess.run([*words, "fill"], **run)
            done = subprocess.run([*words, way, str(path)], **run)
            found = json.loads(done.stdout.splitlines()[-1])
            print(
                f"{way:10}{found['rows']:>11,}{found['wall']:>9.1f}{found['cpu']:>8.1f}"
                f"{found['mb']:>9.0f}{path.stat().st_size / 1e6:>9.1f}",
                flush=True,
            )


def in_a_process(documents: int, way: str, *path: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if way == "fill":
        fill(documents)
        return
    from apps.exchange.archive.carried import kinds
    from apps.exchange.archive.restoring import restore as _  # noqa: F401 - what it needs is loaded

    kinds()
    print(json.dumps(measured(way, Path(*path))))


if __name__ == "__main__":
    given = sys.argv[1:]
    if len(given) > 1:
        in_a_process(int(given[0]), *given[1:])
    else:
        main(int(given[0]) if given else 20_000)
