"""What a report on our own books costs, as known now and as known earlier, and how much memory it holds.

Run by hand: `uv run python -m tests.benchmarks.bench_reports [invoices]`, on SQLite or, with
`DATABASE_URL`, on a PostgreSQL of which a database of its own is made. Two of three invoices are
paid, each row with its history. Each report is a process of its own; memory is its peak above what
Django itself takes.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.benchmarks.bench_export import ROOT, database

OWN = "bench_reports"  # the database on a PostgreSQL
BATCH = 10_000  # invoices
FIRST = date(2025, 1, 1)
KNOWN = datetime(2100, 1, 1, tzinfo=UTC)  # everything, but by way of its history
LEFT_OUT = ("customer-account",)  # of one customer


def fill(invoices: int) -> None:
    """Written past the acts: rows are rows."""
    from django.db import transaction

    from tests.factories import make_company, make_customer, make_method

    company = make_company()
    customers = [make_customer(company, code=f"C{place}") for place in range(500)]
    method = make_method(company)
    with transaction.atomic():
        for made in range(0, invoices, BATCH):
            _fill_batch(company, customers, method, made, min(BATCH, invoices - made))


def _fill_batch(company: Any, customers: list[Any], method: Any, made: int, count: int) -> None:
    from apps.billing.models import Allocation, Invoice, InvoiceLine, Payment
    from apps.core.rows import insert_rows

    due = Decimal("120.00")
    days = [FIRST + timedelta(days=(made + place) % 700) for place in range(count)]
    common = {"company": company, "currency": "GBP"}
    invoices = _written(
        Invoice,
        [
            Invoice(
                **common, customer=customers[place % 500], status="issued", issue_date=day,
                number=f"INV-{made + place:08}", due_date=day + timedelta(days=30),
                net=Decimal(100), tax=Decimal(20), total=due, home_total=due, home_tax=Decimal(20),
            )
            for place, day in enumerate(days)
        ],
    )  # fmt: skip
    lines = [
        InvoiceLine(
            document=each, position=position, quantity=Decimal(1), unit_price=Decimal(50),
            net=Decimal(50), tax=Decimal(10), tax_code="S", tax_percent=Decimal(20),
            tax_treatment="standard",
        )
        for each in invoices
        for position in (1, 2)
    ]  # fmt: skip
    insert_rows(InvoiceLine, lines)
    _remember(invoices, {each.pk: lines[2 * at : 2 * at + 2] for at, each in enumerate(invoices)})
    paid = [each for place, each in enumerate(invoices) if place % 3]
    payments = _written(
        Payment,
        [
            Payment(**common, customer_id=each.customer_id, amount=due, method=method,
                    date=each.issue_date + timedelta(days=20))
            for each in paid
        ],
    )  # fmt: skip
    _remember(payments)
    applied = _written(
        Allocation,
        [
            Allocation(**common, payment=payment, invoice=invoice, amount=due, date=payment.date)
            for payment, invoice in zip(payments, paid, strict=True)
        ],
    )
    _remember(applied)


def _written(model: Any, records: list[Any]) -> list[Any]:
    from apps.core.rows import insert_rows

    insert_rows(model, records)
    found = list(model.objects.order_by("-pk")[: len(records)])
    return found[::-1]


def _remember(records: Sequence[Any], lines: Any = None) -> None:
    from apps.billing.acts.history import CREATED, remember

    remember(records, CREATED, lines=lines)


def measured(name: str, known_at: datetime | None) -> dict[str, float]:
    from apps.billing.models import Company
    from apps.exchange.reports.catalogue import REPORTS
    from apps.exchange.reports.laying import lay
    from apps.exchange.reports.shape import Asked

    idle = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    asked = Asked(
        company=Company.objects.get(), since=FIRST, on=FIRST + timedelta(days=720),
        known_at=known_at,
    )  # fmt: skip
    table = lay(REPORTS[name], asked)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"rows": len(table.rows), "seconds": seconds, "mb": (peak - idle) / 1024}


def main(invoices: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATABASE_URL": database(folder, OWN), "LOG_LEVEL": "ERROR"}
        run: dict[str, Any] = {
            "cwd": ROOT, "env": environment, "capture_output": True, "text": True, "check": True,
        }  # fmt: skip
        subprocess.run([sys.executable, "manage.py", "migrate", "-v", "0"], **run)
        words = [sys.executable, "-m", __spec__.name, str(invoices)]
        subprocess.run([*words, "fill"], **run)
        print(f"{invoices:,} invoices, {environment['DATABASE_URL'].partition(':')[0]}")
        print(f"{'':28}{'rows':>7}{'now s':>8}{'MB':>6}{'then s':>8}{'MB':>6}")
        for name in json.loads(subprocess.run([*words, "names"], **run).stdout):
            found = [
                json.loads(subprocess.run([*words, name, when], **run).stdout.splitlines()[-1])
                for when in ("now", "then")
            ]
            told = "".join(f"{each['seconds']:>8.1f}{each['mb']:>6.0f}" for each in found)
            print(f"{name:28}{found[0]['rows']:>7,}{told}", flush=True)


def in_a_process(invoices: int, what: str, when: str = "now") -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from apps.exchange.reports.catalogue import REPORTS

    if what == "fill":
        fill(invoices)
    elif what == "names":
        print(json.dumps([each for each in REPORTS if each not in LEFT_OUT]))
    else:
        print(json.dumps(measured(what, None if when == "now" else KNOWN)))


if __name__ == "__main__":
    given = sys.argv[1:]
    if len(given) > 1:
        in_a_process(int(given[0]), *given[1:])
    else:
        main(int(given[0]) if given else 25_000)
