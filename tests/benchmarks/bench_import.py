"""What an import of documents with lines costs beside stock django-import-export, and its memory.

Run by hand: `uv run python -m tests.benchmarks.bench_import [lines]`, on SQLite or, with
`DATABASE_URL`, on a PostgreSQL of which a database of its own is made (CPU is then the client's alone).
Each way is a process and a database of its own: the same file twice, so that the second time nothing
is new. Customers and items stand here before. Ours is both passes, the check of the whole file and the writing; stock is one `import_data`,
without the preview that its screens do before it.
"""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.benchmarks.bench_export import ROOT, database

LINES_EACH = 20
CUSTOMERS, ITEMS = 2_000, 3_000
STOCK = 4_000  # lines: it takes seconds for a thousand
KEPT_IN = "purchase_order_number"  # stock's: a document has no number of its own before its issue
HEADINGS = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice",
            "CustomerID", "Country")  # fmt: skip
WAYS = ("stock", "ours, as many as stock", "ours")


def rows(lines: int) -> Iterator[tuple[object, ...]]:
    """In the layout of the profile `online-retail`: 20 lines an invoice, 40 invoices a day."""
    first = datetime(2024, 1, 2, 9, 0, tzinfo=UTC)
    for place in range(lines):
        document, item = divmod(place, LINES_EACH)
        code = (document * 7 + item) % ITEMS
        yield (
            600_000 + document,
            f"S{code:05}",
            f"BRASS LANTERN, LOT {code}",
            1 + place % 9,
            (first + timedelta(days=document // 40, minutes=document % 40)).strftime(
                "%Y-%m-%d %H:%M:%S"
            ),
            f"{1 + code % 40}.{code % 100:02}",
            12_000 + document % CUSTOMERS,
            "United Kingdom",
        )


def make_masters(company: Any) -> None:
    from apps.billing.acts.bulk import save_many
    from apps.billing.models import Customer, Item

    customers = [
        Customer(company=company, code=str(12_000 + place), name=f"Customer {12_000 + place}",
                 currency="GBP", country="GB")
        for place in range(CUSTOMERS)
    ]  # fmt: skip
    items = [
        Item(company=company, code=f"S{place:05}", name=f"BRASS LANTERN, LOT {place}")
        for place in range(ITEMS)
    ]
    fields = ["code", "name", "currency", "country"]
    save_many(Customer, customers, key_fields=["code"], fields=fields)
    save_many(Item, items, key_fields=["code"], fields=["code", "name"])


def write_file(path: Path, lines: int) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADINGS)
        writer.writerows(rows(lines))


def measured(do: Callable[[], int]) -> dict[str, float]:
    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    count = do()
    cpu = time.process_time() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"rows": count, "cpu": cpu, "mb": (peak - idle) / 1024}


def ours(path: Path, company: Any) -> int:
    from apps.exchange.imports.running import begin_writing, bring, check, write
    from apps.exchange.imports.tally import Outcome, Tally
    from apps.exchange.models import FileImport

    file_import = bring(path, "online-retail", company)
    check(file_import)
    begin_writing(file_import)
    if file_import.stage == FileImport.Stage.WRITING:
        write(file_import)
    found = Tally.from_json(file_import.counts)
    assert not found.rows[Outcome.REFUSED], found.to_json()
    return int(found.rows.total())


def stock(path: Path, company: Any) -> int:
    """Headers, customers and items are looked up or made a row, as its guide does it."""
    import tablib
    from import_export import fields, resources, widgets

    from apps.billing.models import Customer, Invoice, InvoiceLine, Item

    class LineResource(resources.ModelResource):  # type: ignore[misc]
        document = fields.Field("document", "InvoiceNo", widgets.ForeignKeyWidget(Invoice, KEPT_IN))
        item = fields.Field("item", "StockCode", widgets.ForeignKeyWidget(Item, "code"))
        description = fields.Field("description", "Description")
        quantity = fields.Field("quantity", "Quantity", widgets.DecimalWidget())
        unit_price = fields.Field("unit_price", "UnitPrice", widgets.DecimalWidget())
        position = fields.Field("position", "position", widgets.IntegerWidget())

        class Meta:
            model = InvoiceLine
            fields = ("document", "item", "description", "quantity", "unit_price", "position")
            import_id_fields = ("document", "position")
            skip_unchanged = True
            report_skipped = False

        def before_import_row(self, row: Any, **kwargs: Any) -> None:
            code, number = row["CustomerID"], row["InvoiceNo"]
            customer, _ = Customer.objects.get_or_create(
                company=company, code=code, defaults={"name": f"Customer {code}"}
            )
            Item.objects.get_or_create(
                company=company, code=row["StockCode"], defaults={"name": row["Description"]}
            )
            Invoice.objects.get_or_create(
                company=company,
                **{KEPT_IN: number},
                defaults={
                    "customer": customer,
                    "issue_date": datetime.fromisoformat(row["InvoiceDate"]).date(),
                    "currency": "GBP",
                },
            )

    with path.open(newline="", encoding="utf-8") as file:
        read = list(csv.DictReader(file))
    data = tablib.Dataset(headers=[*HEADINGS, "position"])
    for place, row in enumerate(read):
        data.append([*row.values(), 1 + place % LINES_EACH])
    result = LineResource().import_data(data, raise_errors=True)
    assert not result.has_errors(), result.row_errors()[:1]
    return len(read)


def in_a_process(way: str, path: Path) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from apps.core.heap import leave_out_what_stays

    leave_out_what_stays()  # as each process of the product does, for stock too
    from apps.billing.models import InvoiceLine
    from tests.factories import make_company

    company = make_company()
    make_masters(company)
    do = stock if way == "stock" else ours
    made = measured(lambda: do(path, company))
    lines = InvoiceLine.objects.count()
    again = measured(lambda: do(path, company))
    assert InvoiceLine.objects.count() == lines == made["rows"] == again["rows"]
    total = sum(
        (each.quantity * each.unit_price for each in InvoiceLine.objects.iterator()), Decimal(0)
    )
    print(json.dumps({"create": made, "unchanged": again, "total": str(total)}))


def main(lines: int) -> None:
    found: dict[str, Any] = {}
    for way in WAYS:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "invoices.csv"
            write_file(path, lines if way == "ours" else STOCK)
            environment = {**os.environ, "DATABASE_URL": database(folder), "LOG_LEVEL": "ERROR"}
            run: dict[str, Any] = {"cwd": ROOT, "env": environment, "check": True}
            subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], **run)
            words = [sys.executable, "-m", __spec__.name, way, str(path)]
            done = subprocess.run(words, **run, stdout=subprocess.PIPE, text=True)
            found[way] = json.loads(done.stdout.splitlines()[-1])
    assert found["stock"]["total"] == found["ours, as many as stock"]["total"]
    print(f"{'':28}{'':>11}{'rows':>9}{'CPU s':>8}{'rows/s':>9}{'× stock':>9}{'peak MB':>9}")
    for way in WAYS:
        for what in ("create", "unchanged"):
            it, base = found[way][what], found["stock"][what]
            speed, beside = it["rows"] / it["cpu"], base["rows"] / base["cpu"]
            print(
                f"{way:28}{what:>11}{it['rows']:>9,}{it['cpu']:>8.1f}{speed:>9,.0f}"
                f"{speed / beside:>9.1f}{it['mb']:>9.0f}"
            )


if __name__ == "__main__":
    given = sys.argv[1:]
    if len(given) > 1:
        in_a_process(given[0], Path(given[1]))
    else:
        main(int(given[0]) if given else 100_000)
