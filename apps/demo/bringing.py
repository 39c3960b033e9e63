"""Brings a file of invoices in, as staff do: checked whole, its good rows taken, on hold, released."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from apps.billing.acts.batches import release_batch
from apps.billing.models import Company, Customer, Item
from apps.connectors.profiles import Field
from apps.exchange.imports.running import begin_writing, bring, check, write
from apps.exchange.imports.tally import Outcome, Tally
from apps.exchange.models import FileImport
from apps.exchange.profiles.native import NATIVE

NAME = "from-the-shop.csv"
COLUMNS = (
    *(Field.KIND, Field.NUMBER, Field.DATE, Field.CUSTOMER_NAME, Field.CURRENCY),
    *(Field.ITEM_CODE, Field.DESCRIPTION, Field.QUANTITY, Field.UNIT_PRICE),
)


def bring_a_file(company: Company, folder: Path, day: date) -> str:
    """Write a file of a shop in `folder` and bring it: two invoices, and one with a row that nobody can
    read, which is refused. Says what became of it, and where the file is."""
    path = folder / NAME
    with path.open("w", newline="", encoding="utf-8") as file:
        headings = [NATIVE.columns[each][0] for each in COLUMNS]
        csv.writer(file).writerows([headings, *_rows(company, day)])
    brought = bring(path, NATIVE.code, company)
    check(brought)
    begin_writing(brought, good_rows_only=True)
    write(brought)
    assert brought.batch is not None, "two of them are good"
    released = release_batch(brought.batch)
    return f"{in_words(brought)}; {released.issued} invoices, on hold until released: {path}"


def in_words(brought: FileImport) -> str:
    found = Tally.from_json(brought.counts)
    refused = brought.refused_rows.filter(tolerated=False).order_by("row")
    why = "; ".join(f"row {each.row}: {each.sentence}" for each in refused)
    return f"{found.rows[Outcome.NEW]} of {found.rows.total()} rows are good, refused: {why}"


def _rows(company: Company, day: date) -> Iterator[tuple[object, ...]]:
    buyers = Customer.objects.filter(company=company, currency=company.home_currency, active=True)
    one, other = buyers.order_by("pk")[:2]
    first, second, third = Item.objects.filter(company=company, active=True).order_by("pk")[:3]
    for number, customer, item, quantity, price in (
        ("SHOP-1001", one, first, "2", "45.00"),
        ("SHOP-1001", one, second, "1", "120.00"),
        ("SHOP-1002", other, third, "3", "19.90"),
        ("SHOP-1003", one, first, "two", "45.00"),
    ):
        yield (
            *("Invoice", number, day.isoformat(), customer.name, customer.currency),
            *(item.code, item.name, quantity, price),
        )
