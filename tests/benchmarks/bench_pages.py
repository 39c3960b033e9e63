"""What each page costs with a million invoices: CPU of the web process and of its database, queries,
and kB before compression.

Run by hand, on a database that `tests.benchmarks.filled` filled:
`DATABASE_URL=… uv run python -m tests.benchmarks.bench_pages [words of a page's name]`.

CPU is the least of three times, after one that warms up; the database's own is read from the backend's
process (PostgreSQL on this machine, without parallel workers), and lies within the first on SQLite.
"""

import logging
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import django

TIMES = 3
CPU, QUERIES, KB = 150, 12, 200  # the most that a page may take
EMAIL = "bench@example.com"
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one page; milliseconds of CPU, kB."""

    status: int
    web: float
    database: float
    queries: int
    kb: float

    @property
    def cpu(self) -> float:
        return self.web + self.database

    @property
    def over(self) -> bool:
        return self.cpu > CPU or self.queries > QUERIES or self.kb > KB or self.status != 200


def pages() -> Iterator[tuple[str, str]]:
    """(name, address) of what is measured."""
    from django.urls import reverse

    from apps.billing.models import Customer, Deposit, Invoice, Payment
    from apps.sync.models import Call, RemoteRecord, SyncRecord

    yield "first page", reverse("admin:index")
    for name, model, word, filters in _lists():
        of = f"{model._meta.app_label}_{model._meta.model_name}"
        at = reverse(f"admin:{of}_changelist")
        yield name, at
        yield f"{name}, page 2", f"{at}?p=2"
        if model is not RemoteRecord:  # its list leaves some out
            yield f"{name}, last page", f"{at}?p={_last(model)}"
        if word:
            yield f"{name}, one number", f"{at}?q={word}"
            yield f"{name}, a common word", f"{at}?q=bell"
            yield f"{name}, two words", f"{at}?q=acme+bakery-17"
            yield f"{name}, no match", f"{at}?q=zzqy"
        for each in filters:
            yield f"{name}, {each}", f"{at}?{each}"
    for model, told in (
        (Invoice, "invoice"),
        (Payment, "payment"),
        (Customer, "customer"),
        (Deposit, "deposit"),
        (SyncRecord, "sync record"),
        (Call, "call"),
    ):
        of = f"{model._meta.app_label}_{model._meta.model_name}"
        middle = model._base_manager.order_by("pk").first()
        if middle is not None:
            yield f"one {told}", reverse(f"admin:{of}_change", args=[middle.pk])
            yield f"one {told}, history", reverse(f"admin:{of}_history", args=[middle.pk])
    long = Invoice.objects.filter(customer__name="Of many lines").order_by("-pk").first()
    if long is not None:
        yield "an invoice of 300 lines", reverse("admin:billing_invoice_change", args=[long.pk])
    draft = Invoice.objects.filter(status="draft").order_by("pk").first()
    if draft is not None:
        yield "a draft", reverse("admin:billing_invoice_change", args=[draft.pk])
    yield "a new invoice", reverse("admin:billing_invoice_add")
    picker = reverse("admin:autocomplete")
    of = "app_label=billing&model_name=invoice&field_name=customer"
    yield "picker of a customer, nothing typed", f"{picker}?{of}&term="
    yield "picker of a customer, two words", f"{picker}?{of}&term=acme+bak"


def _lists() -> Iterator[tuple[str, type[Any], str, Sequence[str]]]:
    from apps.billing.models import Allocation, CreditNote, Customer, Deposit, Invoice, Payment
    from apps.sync.models import Call, RemoteRecord, Run, SyncRecord

    number = Invoice.objects.exclude(number="").order_by("pk").values_list("number", flat=True)[5]
    days = "issue_date_from=2026-10-01&issue_date_to=2026-10-31"
    yield "invoices", Invoice, number, ["stands=open", "stands=paid", "stands=draft", days, "o=3"]
    yield "credit notes", CreditNote, number, ["stands=open"]
    yield "customers", Customer, "acme", ["active__exact=1", "o=1"]
    yield "payments", Payment, number, ["rest=some", "rest=none", "o=4"]
    yield "applied amounts", Allocation, number, []
    yield "deposits", Deposit, number, []
    yield "sync log", SyncRecord, number, ["state__exact=synced", "state__exact=held"]
    yield "their records", RemoteRecord, number, []
    yield "calls", Call, "invoice", []
    yield "runs", Run, "", []


def _last(model: type[Any]) -> int:
    return max(1, -(-model._base_manager.count() // 50))


def measured(client: Any, address: str) -> Cost:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    queries = len(captured)  # before another request forgets them
    web, database = [], []
    for _ in range(TIMES):
        backend, began = _backend(), time.process_time()
        client.get(address)
        web.append((time.process_time() - began) * 1000)
        database.append(_backend() - backend)
    best = min(range(TIMES), key=lambda place: web[place] + database[place])
    return Cost(answer.status_code, web[best], database[best], queries, len(body) / 1000)


def _backend() -> float:
    """Milliseconds of CPU of the database's process so far; nil where it is ours."""
    from django.db import connection

    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / TICK


def main(words: Sequence[str]) -> int:
    os.environ["SECOND_FACTOR"] = "waived"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.local_settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client

    from apps.staff.models import User
    from tests.all_rights import make_almighty

    logging.disable(logging.CRITICAL)
    settings.ALLOWED_HOSTS = ["*"]
    client = Client(raise_request_exception=False)
    known = User.objects.filter(email=EMAIL).first()
    client.force_login(known or make_almighty(EMAIL, "a-long-password-1"))
    print(f"{connection.vendor:52}{'web':>8}{'database':>9}{'queries':>9}{'kB':>8}")
    over = 0
    for name, address in pages():
        if words and not all(word in name for word in words):
            continue
        cost = measured(client, address)
        over += cost.over
        print(
            f"{name[:50]:50}{'*' if cost.over else ' ':2}{cost.web:8.0f}{cost.database:9.0f}"
            f"{cost.queries:9}{cost.kb:8.0f}{'' if cost.status == 200 else f'  {cost.status}'}",
            flush=True,
        )
    print(f"{over} over {CPU} ms, {QUERIES} queries or {KB} kB")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
