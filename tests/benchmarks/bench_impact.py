"""What a change of mapping touches, and how much can go, over many documents and over few: seconds.

Run by hand: `uv run python -m tests.benchmarks.bench_impact [documents]`, on the database of
`BENCH_DATABASE_URL` (a fresh SQLite file unless given; of PostgreSQL an empty database). Half of the
documents went over and half wait; every one has three lines, one of the item that is looked at.
"""

import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

RUNS = 5
FEW = 250
LIMIT = 2.0  # seconds in which a page may say what a change touches


def main(documents: int = 25_000) -> None:
    with tempfile.TemporaryDirectory() as name:
        told = os.environ.get("BENCH_DATABASE_URL", f"sqlite:///{name}/product.sqlite3")
        os.environ.update(
            DJANGO_SETTINGS_MODULE="config.settings",
            DATABASE_URL=told,
            SYNC_WITNESS_DIR=str(Path(name) / "witness"),
            LOG_LEVEL="ERROR",
        )
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        books, item, code = begin()
        print(f"{connection.vendor}: seconds, the median of {RUNS}")
        print(f"{'documents':>12}{'impact':>12}{'completeness':>15}")
        lay(books, item, FEW)
        few = measured(books, item, code, FEW)
        lay(books, item, documents - FEW, FEW)
        many = measured(books, item, code, documents)
    print(f"{'ratio':>12}{many[0] / few[0]:>12.1f}{many[1] / few[1]:>15.1f}")
    assert max(many) < LIMIT, f"over {LIMIT} seconds"


def begin() -> tuple[Any, Any, Any]:
    """A company with live books, an item with an account of its own, and another account."""
    from django.utils import timezone

    from apps.connections.models import Connection
    from apps.mappings.choices import set_mapping
    from apps.mappings.models import RemoteCode
    from tests.factories import make_company, make_invoice, make_item

    company = make_company()
    books = Connection.objects.create(
        company=company,
        system="quickbooks",
        environment="simulated",
        remote_company_id=uuid.uuid4().hex[:20],
        home_currency="GBP",
        starts_on=date(2026, 1, 1),
        name="Books",
    )
    codes = [
        RemoteCode.objects.create(
            connection=books,
            kind="account",
            remote_id=name,
            name=name,
            roles=["income"],
            read_at=timezone.now(),
        )
        for name in ("Wrong", "Right", "Sales")
    ]
    item, other = make_item(company), make_item(company)
    set_mapping(books, "income", code=codes[2])
    set_mapping(books, "item_account", code=codes[0], item=item)
    make_invoice(company=company, lines=[(other, 1, 5), (item, 1, 10), (other, 2, 7)])
    return books, item, codes[1]


def lay(books: Any, item: Any, documents: int, after: int = 0) -> None:
    """So many copies of the first invoice; every second one went over."""
    from django.db import connection
    from django.utils import timezone

    from apps.billing.models import Invoice, InvoiceLine
    from apps.sync.models import Attempt, SyncRecord

    like = Invoice.objects.filter(company=books.company_id).order_by("pk")[0]
    lines = list(InvoiceLine.objects.filter(document=like))
    base = 1_000_000 + after
    invoices, rows, records, attempts = [], [], [], []
    for number in range(base, base + documents):
        day = date(2026, 1, 1) + timedelta(days=number % 300)
        told = {"id": number, "public_id": uuid.uuid4(), "number": f"L-{number}"}
        invoices.append(copy_of(like, **told, issue_date=day))
        rows += [
            copy_of(line, id=number * 4 + place, document_id=number)
            for place, line in enumerate(lines)
        ]
        if number % 2:
            records.append(
                SyncRecord(
                    id=number, connection=books, kind="invoice", invoice_id=number, wanted=1,
                    sent=1, state="in_the_books",
                )
            )  # fmt: skip
            attempts.append(
                Attempt(id=number, sync_record_id=number, revision=1, result="done", at=timezone.now())
            )  # fmt: skip
    for model, made in ((Invoice, invoices), (InvoiceLine, rows), (SyncRecord, records), (Attempt, attempts)):  # fmt: skip
        insert(model, made)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as the database does by itself, a minute later


def copy_of(row: Any, **fields: Any) -> Any:
    told = {each.attname: getattr(row, each.attname) for each in columns(type(row))}
    return type(row)(**{**told, **fields})


def columns(model: Any) -> list[Any]:
    return [each for each in model._meta.local_concrete_fields if not each.generated]


def insert(model: Any, rows: list[Any]) -> None:
    """Past the managers of synced models, which refuse to be written around their acts."""
    from django.db.models import QuerySet

    QuerySet.bulk_create(QuerySet(model), rows, batch_size=500)


def measured(books: Any, item: Any, code: Any, documents: int) -> tuple[float, float]:
    from apps.sync.mapped.completeness import completeness
    from apps.sync.mapped.impact import impact

    key = ("item_account", item.pk)
    told = impact(books, key, code)
    assert told.past_count == documents // 2, told.past
    assert told.waiting_count == documents - documents // 2 + 1, told.waiting
    assert told.past[0].amounts == {"GBP": Decimal(10) * told.past_count}
    found = (
        median_of(lambda: impact(books, key, code)),
        median_of(lambda: completeness(books)),
    )
    print(f"{documents:>12}{found[0]:>12.3f}{found[1]:>15.3f}")
    return found


def median_of(act: Callable[[], object]) -> float:
    took = []
    for _ in range(RUNS):
        began = time.perf_counter()
        act()
        took.append(time.perf_counter() - began)
    return statistics.median(took)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25_000)
