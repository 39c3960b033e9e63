"""A company as large as wanted, laid in minutes: a small one is kept by the product's own acts and sent
to a simulated ledger, and its rows are copied by the database itself, keys, numbers and days moved.

Run by hand: `uv run python -m tests.benchmarks.filled [invoices]` into the migrated, empty database of
`DATABASE_URL`; twice does nothing more.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import django

APART = 10_000  # keys, from one copy to the next: no table of the small company has as many rows
DAYS = 1_200  # over which the copies are spread
EACH = 250  # invoices of one copy, of 25 customers; 175 of them are paid
CUSTOMERS, ITEMS, PAID, NOTES, DRAFTS, DEPOSITED = 25, 20, 175, 8, 10, 20
LONG = 300  # lines of the one invoice that is not copied
BOOKS = (
    "Customer", "Item", "Invoice", "InvoiceLine", "CreditNote", "CreditNoteLine", "Payment", "Allocation",
    "Deposit", "DepositLine", "Change",
)  # fmt: skip
ENGINE = ("SyncRecord", "RemoteRecord", "Agreed", "Intended", "Tie", "Call", "Attempt", "News")
# Texts that are one record's own, in it and in its history.
OWN = {"code", "number", "name", "normal_name", "customer_name", "remote_id", "reference"}


def fill(invoices: int) -> None:
    """So many invoices in all, a multiple of `EACH`, with what belongs to them."""
    from apps.billing.models import Invoice

    if Invoice.objects.exists():
        return
    with tempfile.TemporaryDirectory() as folder:
        _small(Path(folder))
    copy(invoices // EACH - 1)
    _long()


# --- The small company ----------------------------------------------------------------------------


def _small(folder: Path) -> None:
    from django.conf import settings

    from tests.books import Books, point_at
    from tests.factories import make_company, make_tax_rate
    from tests.sandbox_server import SandboxServer

    server = SandboxServer(folder).start()
    try:
        point_at(server, settings)
        company = make_company(country="GB")
        rate = make_tax_rate(company, 20)
        books = Books(server, company=company, profile="uk")
        books.go_live(since=date(2024, 1, 1))
        _kept(books, rate)
        while books.run().pushed:  # as many as one run takes
            pass
    finally:
        server.stop()


def _kept(books: Any, rate: Any) -> None:
    from apps.billing.acts.allocations import allocate
    from apps.billing.acts.depositing import make_deposit
    from apps.billing.models import BankAccount
    from tests.factories import (
        make_credit_note,
        make_customer,
        make_invoice,
        make_item,
        make_payment,
    )

    customers = [make_customer(books.company, name=f"{word} Ltd") for word in _words(CUSTOMERS)]
    items = [make_item(books.company) for _ in range(ITEMS)]
    invoices = []
    for place in range(EACH - 1 - DRAFTS):  # one was sent first
        day = date(2026, 10, 1) + timedelta(days=place % 50)
        invoices.append(
            make_invoice(
                customer=customers[place % CUSTOMERS],
                issue_date=day,
                due_date=day + timedelta(days=30),
                lines=[
                    (items[place % ITEMS], 3, "24.99", rate),
                    (items[(place + 1) % ITEMS], 1, f"{place}9.50", rate),
                ],
            )
        )
    payments = [
        make_payment(invoice=invoice, method=books.method, date=invoice.issue_date)
        for invoice in invoices[:PAID]
    ]
    bank = BankAccount.objects.create(company=books.company, name="Current account", currency="GBP")
    for first in range(0, DEPOSITED, 4):
        some = payments[first : first + 4]
        make_deposit(bank, date=max(each.date for each in some), payments=some)
    for invoice in invoices[PAID : PAID + NOTES]:
        note = make_credit_note(invoice=invoice, issue_date=invoice.issue_date)
        allocate(note, invoice, amount=note.total, on=note.issue_date)
    for place in range(DRAFTS):
        make_invoice(customer=customers[place], issued=False, lines=[(items[0], 1, 10, rate)])


def _words(count: int) -> list[str]:
    first = ("Acme", "Bell", "Cole", "Dane", "Ellis")
    then = ("Bakery", "Carriers", "Foods", "Joinery", "Mills")
    return [f"{one} {two}" for one in first for two in then][:count]


def _long() -> None:
    from apps.billing.models import Company
    from tests.factories import make_customer, make_invoice, make_item

    company = Company.objects.get()
    item = make_item(company, code="LONG")
    customer = make_customer(company, name="Of many lines")
    lines = [(item, 1, Decimal("1.25"))] * LONG
    make_invoice(customer=customer, lines=lines, issue_date=date(2026, 11, 20))


# --- Copies ---------------------------------------------------------------------------------------


def copied() -> list[type[Any]]:
    """The models whose rows are copied, in the order in which rows may be written."""
    from django.apps import apps

    own = [apps.get_model("billing", name) for name in BOOKS]
    history = [each.history.model for each in own if hasattr(each, "history")]
    return [*own, *history, *(apps.get_model("sync", name) for name in ENGINE)]


def copy(times: int) -> None:
    """Each row of `copied` so often again."""
    from django.db import connection, transaction

    models = copied()
    keys = {each: _keys(each) for each in models}
    for model, found in keys.items():
        if found and max(found) >= APART:
            raise ValueError(f"{model._meta.label} has a key {max(found)}: more than {APART} apart")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE copies (k integer)")
        cursor.execute(
            "INSERT INTO copies WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n"
            " WHERE k < %s) SELECT k FROM n",
            [times],
        )
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA defer_foreign_keys = ON")
        for model in models:
            _copy(cursor, model, set(models))
        cursor.execute("DROP TABLE copies")
        for sql in connection.ops.sequence_reset_sql(django_style(), models):
            cursor.execute(sql)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def django_style() -> Any:
    from django.core.management.color import no_style

    return no_style()


def _keys(model: type[Any]) -> list[int]:
    return list(model._base_manager.values_list("pk", flat=True))


def _copy(cursor: Any, model: type[Any], models: set[type[Any]]) -> None:
    from django.db import connection

    fields = [each for each in model._meta.local_concrete_fields if not each.generated]
    quote = connection.ops.quote_name
    names = ", ".join(quote(each.column) for each in fields)
    told = ", ".join(_told(each, f"t.{quote(each.column)}", models) for each in fields)
    table = quote(model._meta.db_table)
    began = time.monotonic()
    cursor.execute(
        f"INSERT INTO {table} ({names}) SELECT {told} FROM {table} t CROSS JOIN copies"
        f" WHERE t.{quote(model._meta.pk.column)} < {APART}"
    )
    if __name__ == "__main__":
        print(f"{model._meta.label}: {cursor.rowcount:,} in {time.monotonic() - began:.0f} s")


def _told(field: Any, column: str, models: set[type[Any]]) -> str:
    """What a copy has there, in SQL."""
    from django.db import connection
    from django.db.models import DateField, DateTimeField, UUIDField

    lite = connection.vendor == "sqlite"
    of = field.related_model or (field.model if field.primary_key else None)
    if of in models or _is_key_of_a_record(field):
        return f"{column} + copies.k * {APART}"
    if isinstance(field, UUIDField):
        return f"CASE WHEN {column} IS NULL THEN NULL ELSE {_any_uuid(lite)} END"
    if isinstance(field, DateTimeField | DateField):
        moved = f"copies.k % {DAYS}"
        if lite:
            form = "%Y-%m-%d %H:%M:%f" if isinstance(field, DateTimeField) else "%Y-%m-%d"
            return f"strftime('{form}', {column}, '-' || ({moved}) || ' days')"
        whole = isinstance(field, DateTimeField)
        return f"{column} - ({moved}) * interval '1 day'" if whole else f"{column} - ({moved})"
    if field.name in OWN and field.max_length:
        short = f"substr({column}, 1, {field.max_length - 6})"
        return f"CASE WHEN {column} = '' THEN '' ELSE {short} || '-' || copies.k END"
    return column


def _is_key_of_a_record(field: Any) -> bool:
    """A number that is a record's key without being a foreign key to it."""
    history = field.model.__name__.startswith("Historical")
    return (history and field.name == "id") or field.name == "subject_id"


def _any_uuid(lite: bool) -> str:
    return "lower(hex(randomblob(16)))" if lite else "gen_random_uuid()"


def counts() -> Iterator[tuple[str, int]]:
    for model in copied():
        yield model._meta.label, model._base_manager.count()


def main(given: Sequence[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.local_settings")
    os.environ.setdefault("OAUTHLIB_INSECURE_TRANSPORT", "1")
    django.setup()
    began = time.monotonic()
    fill(int(given[0]) if given else 50_000)
    for label, count in counts():
        print(f"{label}: {count:,}")
    print(f"{time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main(sys.argv[1:])
