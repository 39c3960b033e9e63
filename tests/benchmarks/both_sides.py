"""Many documents that stand on both sides, laid quickly: a few are sent by the engine, and their rows
here and over there are copied as often as it takes.

What stands over there is copied while its server is down, which then reads it as it reads any books.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.books import Books, point_at
from tests.sandbox_server import SandboxServer

EACH = 10  # documents of one copy: nine invoices of two lines, and a credit note
PAID = 6  # of these invoices
APART = 1000  # keys of ours and of theirs, from one copy to the next
STEP = 1 << 80  # likewise of markers: in the digits that every one keeps
HEX, GUID = r"\b[0-9a-f]{32}\b", r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"
SHORT = (
    r"\bT[0-9A-HJKMNP-TV-Z]{16}\b"  # what a payment's reference keeps of a marker, in some ledgers
)
BASE_32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
OURS = ("Invoice", "InvoiceLine", "CreditNote", "CreditNoteLine", "Payment", "Allocation")
ENGINE = ("SyncRecord", "RemoteRecord")
Row = dict[str, Any]


@dataclass(frozen=True)
class Ledger:
    """How one simulated ledger keeps its rows: `tables` of what is copied, each with its columns
    that hold an id; `masters` are not copied. `number` finds ids in its texts where they are numbers."""

    open: Callable[[SandboxServer, Any], Books]
    tables: Mapping[str, str]
    masters: tuple[str, ...]
    number: str = r"(?!)"


def _quickbooks(server: SandboxServer, company: Any) -> Books:
    return Books(server, company=company, profile="uk")


def _xero(server: SandboxServer, company: Any) -> Books:
    from tests.connectors.xero.live import XeroBooks
    from tests.xero_twin import XeroTwin

    return XeroBooks(XeroTwin(server), company=company)


def _freshbooks(server: SandboxServer, company: Any) -> Books:
    from tests.connectors.freshbooks.live import FreshBooksBooks
    from tests.freshbooks_twin import FreshBooksTwin

    books = FreshBooksBooks(FreshBooksTwin(server), company=company)
    books.server.act(
        books.business, "create", kind="taxes", body={"name": "VAT 20", "amount": "20"}
    )
    return books


LEDGERS = {
    "quickbooks": Ledger(
        _quickbooks,
        {"sandbox_storedobject": "object_id", "sandbox_posting": "txn"},
        ("Customer", "Item"),
        r'(?<="sparse":false,"Id":")\d+|(?<="TxnId":")\d+|(?<="Name":"txnId","Value":")\d+',
    ),
    "xero": Ledger(_xero, {"sandbox_objectrow": "object_id"}, ("Contacts", "Items")),
    "freshbooks": Ledger(
        _freshbooks, {"sandbox_bookrow": "object_id"}, ("clients", "items"), r"\b9\d{8}\b"
    ),
}


def send_a_few(name: str, server: SandboxServer) -> None:
    """Live books with `EACH` documents of which copies may be laid; then the server is stopped."""
    from django.conf import settings

    from tests.factories import make_company, make_tax_rate

    point_at(server, settings)
    ledger, company = LEDGERS[name], make_company(country="GB")
    rate = make_tax_rate(company, 20)
    books = ledger.open(server, company)
    books.go_live()
    before = {
        "here": {model.__name__: _keys(model) for model in _models()},
        "there": {
            table: [row["id"] for row in _rows(server.file, table)] for table in ledger.tables
        },
    }
    _send(books, rate)
    server.stop()
    _before(server.file).write_text(json.dumps(before), encoding="utf-8")


def lay_copies(name: str, file: Path, documents: int) -> None:
    """So many documents in all of those that were sent, a multiple of `EACH`, on both sides. `file`
    is that of the simulated ledgers, whose server is down."""
    ledger, before = LEDGERS[name], json.loads(_before(file).read_text(encoding="utf-8"))
    theirs = {
        table: [
            row
            for row in _rows(file, table)
            if row["id"] not in before["there"][table] and row.get("kind") not in ledger.masters
        ]
        for table in ledger.tables
    }
    ours = {model: _of_documents(model, before["here"][model.__name__]) for model in _models()}
    words = _Words(ledger, theirs)
    _copy_here(ours, words, documents // EACH)
    _copy_there(file, theirs, words, documents // EACH)


def _before(file: Path) -> Path:
    return file.with_name("before.json")


def _send(books: Books, rate: Any) -> None:
    from apps.billing.acts.allocations import allocate
    from tests.factories import (
        make_credit_note,
        make_customer,
        make_invoice,
        make_item,
        make_payment,
    )

    customers = [make_customer(books.company) for _ in range(3)]
    items = [make_item(books.company) for _ in range(4)]
    invoices = [
        make_invoice(
            customer=customers[place % 3],
            lines=[
                (items[place % 4], 3, "24.99", rate),
                (items[(place + 1) % 4], 1, f"{place}9.50", rate),
            ],
        )
        for place in range(EACH - 1)
    ]
    for invoice in invoices[:PAID]:
        make_payment(invoice=invoice, method=books.method)
    note = make_credit_note(invoice=invoices[PAID])
    allocate(note, invoices[PAID], amount=note.total, on=note.issue_date)
    for _ in range(4):
        books.run()


class _Words:
    """What of a text is a copy's own: ids, markers and numbers of documents."""

    def __init__(self, ledger: Ledger, theirs: Mapping[str, Sequence[Row]]) -> None:
        from apps.billing.models import CreditNote, Invoice

        texts = [str(row.get("body", "")) for rows in theirs.values() for row in rows]
        self.ids = {
            str(row[column]) for table, column in ledger.tables.items() for row in theirs[table]
        }
        inner = {each for text in texts for each in re.findall(r'"id":"(' + GUID[2:-2] + ")", text)}
        self.guids = inner | {each for each in self.ids if "-" in each}
        numbers = [
            number
            for model in (Invoice, CreditNote)
            for number in model.objects.values_list("number", flat=True)
            if number
        ]
        self.pattern = re.compile(
            "|".join([ledger.number, HEX, GUID, SHORT, *map(re.escape, numbers)])
        )
        self.alone = re.compile(GUID + r"|\d+")

    def copied(self, text: str, copy: int) -> str:
        return self.pattern.sub(lambda met: self._one(met[0], copy), text)

    def part(self, text: str, copy: int) -> str:
        """Where nothing but ids of theirs can be a number."""
        return self.alone.sub(lambda met: self._one(met[0], copy), text)

    def _one(self, word: str, copy: int) -> str:
        if "-" in word and re.fullmatch(GUID, word):
            return str(self.key(UUID(word), copy)) if word in self.guids else word
        if re.fullmatch(HEX, word):
            return self.key(UUID(word), copy).hex
        if re.fullmatch(SHORT, word):
            return f"T{_in_base_32(_of_base_32(word[1:]) ^ copy * STEP >> 48)}"
        if word.isdigit():
            return str(int(word) + copy * APART) if word in self.ids else word
        return f"{word}-{copy}"

    def key(self, key: UUID, copy: int) -> UUID:
        return UUID(int=key.int ^ copy * STEP)


def _of_base_32(word: str) -> int:
    return sum(BASE_32.index(each) << 5 * place for place, each in enumerate(reversed(word)))


def _in_base_32(number: int) -> str:
    return "".join(BASE_32[number >> 5 * place & 31] for place in reversed(range(16)))


# --- Over there -----------------------------------------------------------------------------------


def _rows(file: Path, table: str) -> list[Row]:
    with closing(sqlite3.connect(file)) as there:
        there.row_factory = sqlite3.Row
        return [dict(row) for row in there.execute(f"SELECT * FROM {table} ORDER BY id")]


def _copy_there(
    file: Path, theirs: Mapping[str, Sequence[Row]], words: _Words, copies: int
) -> None:
    with closing(sqlite3.connect(file)) as there, there:
        for table, rows in theirs.items():
            columns = [each for each in rows[0] if each != "id"]
            told = f"({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
            there.executemany(
                f"INSERT INTO {table} {told}",
                (
                    [_copied_there(words, column, row[column], copy) for column in columns]
                    for copy in range(1, copies)
                    for row in rows
                ),
            )


def _copied_there(words: _Words, column: str, value: Any, copy: int) -> Any:
    match column:
        case "object_id" | "txn" if isinstance(value, int):
            return value + copy * APART
        case "number":
            return value + copy * APART
        case "object_id" | "body" | "doc_number":
            return words.copied(value, copy)
    return value


# --- Here -----------------------------------------------------------------------------------------


def _models() -> Iterator[type[Any]]:
    from django.apps import apps

    yield from (apps.get_model("billing", name) for name in OURS)
    yield from (apps.get_model("sync", name) for name in ENGINE)


def _keys(model: type[Any]) -> list[int]:
    return list(model.objects.values_list("pk", flat=True))


def _of_documents(model: type[Any], before: Sequence[int]) -> set[int]:
    """What is new, of the engine's rows without those of masters."""
    rows = model.objects.exclude(pk__in=before)
    masters = {"SyncRecord": "kind__in", "RemoteRecord": "of_kind__in"}.get(model.__name__)
    if masters is not None:
        rows = rows.exclude(**{masters: ["customer", "item"]})
    return set(rows.values_list("pk", flat=True))


def _copy_here(ours: Mapping[type[Any], set[int]], words: _Words, copies: int) -> None:
    from apps.core.rows import insert_values

    for model, keys in ours.items():
        fields = [each for each in model._meta.local_concrete_fields if not each.generated]
        names = [each.attname for each in fields]
        rows = list(model.objects.filter(pk__in=keys).values_list(*names))
        insert_values(
            model,
            fields,
            [
                [
                    _copied_here(words, field, value, copy, ours)
                    for field, value in zip(fields, row, strict=True)
                ]
                for copy in range(1, copies)
                for row in rows
            ],
        )


def _copied_here(
    words: _Words, field: Any, value: Any, copy: int, new: Mapping[type[Any], set[int]]
) -> Any:
    if value is None:
        return None
    model = field.related_model or (field.model if field.primary_key else None)
    if model is not None:
        return value + copy * APART if value in new.get(model, ()) else value
    if isinstance(value, UUID):
        return words.key(value, copy)
    match field.name:
        case "remote_id" | "part":
            return words.part(value, copy)
        case "number" | "marker":
            return words.copied(value, copy)
    return value
