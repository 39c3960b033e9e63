"""A company that is live on both sides, made once a session and brought back for each test.

Going live takes hundreds of statements and a dozen calls; most tests begin only after it. What it
left is kept: the rows it added here, the company over there, and what this process remembers of the
two. Brought back they are the same to the byte, made some minutes ago, as a real company's are.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from apps.billing.models import Company, PaymentMethod
from apps.connections.models import Connection
from apps.staff.models import User
from apps.sync.calls import witness
from tests.books import Books
from tests.sandbox_server import SandboxServer

Rows = dict[str, list[Any]]  # by table: a row as this database takes it back


@dataclass(frozen=True)
class Kept:
    server: SandboxServer
    realm: str
    rows: Rows
    company: int
    connection: int
    fay: int
    method: int | None
    seen: witness.Seen | None
    is_read: bool


_kept: dict[str, Kept] = {}


def live_books(server: SandboxServer, **theirs: Any) -> Books:
    """`Books(server, **theirs)`, connected, mapped, tested with one invoice, live."""
    name = json.dumps(theirs, sort_keys=True)
    kept = _kept.get(name)
    if Company.objects.exists() or User.objects.exists():
        return _made(server, theirs)  # not alone here: its rows could be somebody's
    if kept is not None and kept.server is server:
        return _brought_back(kept)
    before = _rows_of(_tables())
    books = _made(server, theirs)
    _kept[name] = _keep(books, before)
    return books


def _made(server: SandboxServer, theirs: dict[str, Any]) -> Books:
    books = Books(server, **theirs)
    books.go_live()
    return books


def _keep(books: Books, before: Rows) -> Kept:
    rows = {}
    for table, found in _rows_of(_tables()).items():
        assert all(each in found for each in before[table]), f"{table}: a row that was there moved"
        known = set(before[table])
        if new := [each for each in found if each not in known]:
            rows[table] = new
    books.server.keep(books.realm)
    seen_as = books.connection.public_id.hex
    return Kept(
        server=books.server,
        realm=books.realm,
        rows=rows,
        company=books.company.pk,
        connection=books.connection.pk,
        fay=books.fay.pk,
        method=books.method.pk if books.method else None,
        seen=witness._seen.get(seen_as),
        is_read=seen_as in witness._read,
    )


def _brought_back(kept: Kept) -> Books:
    kept.server.bring_back(kept.realm)
    with transaction.atomic():
        _put(kept.rows)
    books = Books.__new__(Books)
    books.server = kept.server
    books.realm = kept.realm
    books.company = Company.objects.get(pk=kept.company)
    books.connection = Connection.objects.get(pk=kept.connection)
    books.fay = User.objects.get(pk=kept.fay)
    books.method = PaymentMethod.objects.get(pk=kept.method) if kept.method else None
    _remember(books.connection.public_id.hex, kept)
    return books


def _remember(seen_as: str, kept: Kept) -> None:
    """This process knows of these books what it knew then, nothing of the tests in between."""
    witness._seen.pop(seen_as, None)
    witness._read.discard(seen_as)
    if kept.seen is not None:
        witness._seen[seen_as] = kept.seen
    if kept.is_read:
        witness._read.add(seen_as)


# --- rows as the database has them, without any model's opinion -------------------------------
def _tables() -> dict[str, list[str]]:
    """The columns that can be written, by table."""
    found: dict[str, list[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        if _is_ours(model):
            found[model._meta.db_table] = [
                field.column for field in model._meta.local_concrete_fields if not field.generated
            ]
    return found


def _is_ours(model: type[models.Model]) -> bool:
    meta = model._meta
    return meta.managed and not meta.proxy and meta.app_label != "sandbox"


def _rows_of(tables: dict[str, list[str]]) -> Rows:
    with connection.cursor() as cursor:
        found: Rows = {}
        for table, columns in tables.items():
            if connection.vendor == "postgresql":
                cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')
                found[table] = [row for (row,) in cursor.fetchall()]
            else:
                # The plus hides a column's declared type, so that values come as they are kept.
                cursor.execute(f'SELECT {_listed(columns, "+")} FROM "{table}"')
                found[table] = cursor.fetchall()
    return found


def _put(rows: Rows) -> None:
    tables = _tables()
    with connection.cursor() as cursor:
        for table, new in rows.items():
            columns = tables[table]
            into = f'INSERT INTO "{table}" ({_listed(columns)})'
            if connection.vendor == "postgresql":
                cursor.execute(
                    f'{into} SELECT {_listed(columns)} FROM json_populate_recordset(NULL::"{table}", %s)',
                    [f"[{','.join(new)}]"],
                )
            else:
                cursor.executemany(f"{into} VALUES ({','.join(['%s'] * len(columns))})", new)


def _listed(columns: Iterable[str], before: str = "") -> str:
    return ", ".join(f'{before}"{each}"' for each in columns)
