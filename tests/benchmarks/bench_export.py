"""What an export costs beside stock django-import-export, and how much memory it holds at any size.

Run by hand: `uv run python -m tests.benchmarks.bench_export [lines]`, on SQLite or, with
`DATABASE_URL`, on a PostgreSQL of which a database of its own is made. Each way is a process of its
own; CPU is that process's, memory its peak above what it was once Django was there.
"""

import itertools
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
BATCH = 40_000  # lines
STOCK = 100_000  # lines: stock holds them all
SHEET = 100_000
OWN = "bench_export"  # the database on a PostgreSQL
TYPED = ("quantity", "unit_price", "net", "tax")


def fill(lines: int) -> None:
    """A company with so many lines of issued invoices, written past the acts: rows are rows."""
    from django.db import transaction

    from tests.factories import make_company, make_customer, make_item

    company = make_company()
    customers = [make_customer(company, code=f"C{place}") for place in range(100)]
    items = [make_item(company) for _ in range(100)]
    with transaction.atomic():
        for made in range(0, lines, BATCH):
            _fill_batch(company, customers, items, made, min(BATCH, lines - made))


def _fill_batch(
    company: Any, customers: list[Any], items: list[Any], made: int, lines: int
) -> None:
    from apps.billing.models import Invoice, InvoiceLine
    from apps.core.rows import insert_rows

    first, count = date(2024, 1, 1), -(-lines // LINES_EACH)
    documents = [
        Invoice(
            company=company, customer=customers[place % 100], status="issued",
            number=f"INV-{made + place:08}", issue_date=first + timedelta(days=place % 700),
            due_date=first + timedelta(days=place % 700 + 30), currency="GBP",
            net=Decimal("101.96"), total=Decimal("101.96"), home_total=Decimal("101.96"),
        )
        for place in range(count)
    ]  # fmt: skip
    insert_rows(Invoice, documents)
    keys = Invoice.objects.order_by("-pk").values_list("pk", flat=True)[:count]
    insert_rows(
        InvoiceLine,
        [
            InvoiceLine(
                document_id=key, position=position, item=items[(position * 7) % 100],
                item_code=f"SKU-{position}", description=f"Brass lantern, “small”, lot {position}",
                quantity=Decimal(3), unit_price=Decimal("8.4967"), net=Decimal("25.49"),
            )
            for key in keys
            for position in range(1, LINES_EACH + 1)
        ],
    )  # fmt: skip


# --- The ways, each in a process of its own -------------------------------------------------------


def ours(code: str) -> int:
    """Rows of the native layout, streamed to a file."""
    from apps.billing.models import Company
    from apps.exchange.exports.codes import TypedCodes
    from apps.exchange.exports.files import Export
    from apps.exchange.exports.laying import Laying
    from apps.exchange.exports.layouts import layouts
    from apps.exchange.exports.records import Choice
    from apps.exchange.exports.sources import Terms
    from apps.exchange.exports.writing import Tally

    layout = layouts()[code]
    terms = Terms(layout=layout, codes=TypedCodes(), home="GBP")
    export = Export(Laying(terms, layout.formulas), Choice(company=Company.objects.get()))
    tally = Tally()
    with tempfile.TemporaryFile() as file:
        file.writelines(export.chunks(tally))
    return tally.rows


FIELDS = (
    "document__number", "document__issue_date", "document__due_date", "document__currency",
    "document__customer__name", "document__customer__code", "document__total", "position",
    "item__code", "description", "quantity", "unit_price", "net", "tax",
)  # fmt: skip


def plain_rows(most: int) -> Iterator[tuple[Any, ...]]:
    from apps.billing.models import InvoiceLine

    rows = InvoiceLine.objects.order_by("pk").values_list(*FIELDS)
    return itertools.islice(rows.iterator(chunk_size=2000), most)


def list_csv(most: int) -> int:
    """The same columns as stock, by the writer of lists."""
    from apps.exchange.exports.writing import Tally, csv_chunks

    tally = Tally()
    with tempfile.TemporaryFile() as file:
        file.writelines(csv_chunks(FIELDS, plain_rows(most), tally=tally))
    return tally.rows


def sheet(most: int) -> int:
    from apps.exchange.exports.writing import Tally, write_xlsx

    tally = Tally()
    with tempfile.TemporaryFile() as file:
        write_xlsx(file, "Invoices", FIELDS, plain_rows(most), tally)
    return tally.rows


def screen(most: int) -> int:
    """The list of invoices as it is shown, with what stands in the books, through the admin."""
    from django.contrib import admin
    from django.test import RequestFactory

    from apps.billing.models import Invoice
    from apps.staff.models import User
    from tests.all_rights import make_almighty

    who = User.objects.first() or make_almighty("bench@example.com", "x" * 20)
    request = RequestFactory().get("/", {"_format": "csv"})
    request.user = who
    response = admin.site._registry[Invoice].export_action(request)
    rows = 0
    for chunk in response.streaming_content:
        rows += chunk.count(b"\r\n")
        if rows >= most:
            break
    return rows


def stock(kind: str) -> int:
    from import_export import resources
    from import_export.fields import Field

    from apps.billing.models import InvoiceLine

    columns = {name: Field(attribute=name, column_name=name) for name in FIELDS}

    class LineResource(resources.ModelResource):  # type: ignore[misc]
        class Meta:
            model = InvoiceLine
            fields = ()

    LineResource.fields = columns
    rows = InvoiceLine.objects.select_related("document__customer", "item").order_by("pk")[:STOCK]
    data = LineResource().export(queryset=rows)
    with tempfile.TemporaryFile() as file:
        made = data.export(kind)
        file.write(made.encode() if isinstance(made, str) else made)
    return len(data)


WAYS = {
    "documents, 32 columns, CSV": lambda lines: ours("native-documents"),
    "14 columns, CSV": lambda lines: list_csv(lines),
    "14 columns, CSV, as many as stock": lambda lines: list_csv(STOCK),
    "stock, 14 columns, CSV": lambda lines: stock("csv"),
    "14 columns, Excel": lambda lines: sheet(SHEET),
    "stock, 14 columns, Excel": lambda lines: stock("xlsx"),
    "the list of invoices as shown, CSV": lambda lines: screen(50_000),
}


def measured(way: str, lines: int) -> dict[str, float]:
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, wall = time.process_time(), time.perf_counter()
    rows = WAYS[way](lines)
    cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "rows": rows,
        "cpu": cpu,
        "wall": time.perf_counter() - wall,
        "mb": (peak - idle) / 1024,
    }


def database(folder: str, own: str = OWN) -> str:
    """The address of a database of its own; what was there of an earlier run is dropped."""
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        return f"sqlite:///{folder}/product.sqlite3"
    import psycopg

    with psycopg.connect(given, autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {own}")
        server.execute(f"CREATE DATABASE {own}")
    return urlsplit(given)._replace(path=f"/{own}").geturl()


def main(lines: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATABASE_URL": database(folder), "LOG_LEVEL": "ERROR"}
        run: dict[str, Any] = {
            "cwd": ROOT, "env": environment, "capture_output": True, "text": True, "check": True,
        }  # fmt: skip
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], **run)
        words = [sys.executable, "-m", __spec__.name, str(lines)]
        subprocess.run([*words, "fill"], **run)
        print(f"{lines:,} lines, {environment['DATABASE_URL'].partition(':')[0]}")
        print(f"{'':36}{'rows':>11}{'CPU s':>8}{'rows/s':>9}{'peak MB':>9}")
        for way in WAYS:
            done = subprocess.run([*words, way], **run)
            found = json.loads(done.stdout.splitlines()[-1])
            speed = found["rows"] / found["cpu"]
            print(
                f"{way:36}{found['rows']:>11,}{found['cpu']:>8.1f}{speed:>9,.0f}{found['mb']:>9.0f}",
                flush=True,
            )


def in_a_process(lines: int, way: str) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if way == "fill":
        fill(lines)
        return
    from apps.core.heap import leave_out_what_stays

    leave_out_what_stays()  # as each process of the product does, for stock too
    from apps.exchange.exports.layouts import layouts

    layouts()
    print(json.dumps(measured(way, lines)))


if __name__ == "__main__":
    given = sys.argv[1:]
    if len(given) > 1:
        in_a_process(int(given[0]), given[1])
    else:
        main(int(given[0]) if given else 1_000_000)
