"""Where words are looked up that stand anywhere within a text: an index by three letters each.

Of each table in `SEARCHED` the texts of a row are one document. PostgreSQL has them in a trigram index
of an expression (its extension `pg_trgm`), SQLite in a table of FTS5 beside it, which triggers keep.
Both are made after each migration for whatever is missing, and SQLite's taken away before one, since a
table that is altered there is made anew without its triggers.
"""

import logging
from collections.abc import Iterable
from hashlib import blake2s
from typing import Any, Final

from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.db.models import Func, Model, QuerySet, TextField
from django.db.models.expressions import RawSQL

log = logging.getLogger(__name__)

LEAST: Final = 3  # letters of a word that the index finds

SEARCHED: Final[dict[str, tuple[str, ...]]] = {
    "billing.Customer": ("name", "code", "email", "tax_number", "normal_name"),
    "billing.Item": ("code", "name", "description"),
    "billing.Invoice": ("number", "customer_name", "purchase_order_number"),
    "billing.CreditNote": ("number", "customer_name", "purchase_order_number"),
    "billing.Payment": ("reference", "memo"),
    "billing.Deposit": ("reference", "memo"),
    "sync.SyncRecord": ("sentence",),
    "sync.RemoteRecord": ("number", "name", "remote_id"),
    "sync.Call": ("path", "key", "trace_id"),
}


class Document(Func):
    """The texts of a row, one behind the other. Without parameters: an index of an expression serves
    the same expression only."""

    output_field = TextField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        columns = [compiler.compile(each)[0] for each in self.get_source_expressions()]
        return _document(columns), []


def is_indexed(model: type[Model]) -> bool:
    return model._meta.label in SEARCHED


def knows_capitals(word: str) -> bool:
    """Whether only the index finds the word in capitals and in small letters: SQLite's own comparison
    knows those of English alone."""
    return connection.vendor == "sqlite" and not word.isascii()


def having(rows: "QuerySet[Any]", words: Iterable[str]) -> "QuerySet[Any]":
    """Those of the rows whose document has each of these words, of three letters and more, anywhere."""
    if connection.vendor == "sqlite":
        asked = " AND ".join('"' + word.replace('"', '""') + '"' for word in words)
        name = connection.ops.quote_name(_name(rows.model))
        # The name is of a table of ours; what was typed is a parameter.
        found = RawSQL(f"SELECT rowid FROM {name} WHERE {name} MATCH %s", [asked])  # noqa: S608
        return rows.filter(pk__in=found)
    rows = rows.alias(_document=Document(*SEARCHED[rows.model._meta.label]))
    for word in words:
        rows = rows.filter(_document__icontains=word)
    return rows


# --- making them ----------------------------------------------------------------------------------


def make_word_indexes(**_: Any) -> None:
    """Make those that are missing. Receives `post_migrate`; a few statements where none is."""
    made, there = _made(), set(connection.introspection.table_names())
    standing = _kept_up(made)
    _drop(made - {_name(apps.get_model(label)) for label in SEARCHED})
    for label in SEARCHED:
        model = apps.get_model(label)
        if model._meta.db_table in there and _name(model) not in standing and _is_as_now(model):
            _make(model)


def _drop(names: Iterable[str]) -> None:
    """Those of columns that are not searched any more."""
    lite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        for name in names:
            for event in _EVENTS if lite else ():
                cursor.execute(f"DROP TRIGGER IF EXISTS {name}_{event}")
            cursor.execute(f"DROP {'TABLE' if lite else 'INDEX'} {name}")


def _is_as_now(model: type[Model]) -> bool:
    """Whether its table has each column by now: migrations may go to an earlier state."""
    with connection.cursor() as cursor:
        there = connection.introspection.get_table_description(cursor, model._meta.db_table)
    return {connection.ops.quote_name(each.name) for each in there} >= set(_columns(model))


def drop_triggers(plan: Iterable[Any] = (), **_: Any) -> None:
    """Where something is to be migrated. Receives `pre_migrate`."""
    if not plan or connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        for name in _names("trigger"):
            cursor.execute(f"DROP TRIGGER {name}")


_EVENTS: Final = ("insert", "update", "delete")


def _make(model: type[Model]) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for statement in _of_sqlite(model):
                cursor.execute(statement)
    elif connection.vendor == "postgresql":
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
                cursor.execute(_of_postgres(model))
        except DatabaseError as refused:
            # The search finds the same without it, by reading whole tables.
            log.warning("No index of words for %s: %s", model._meta.label, refused)


def _of_postgres(model: type[Model]) -> str:
    table = connection.ops.quote_name(model._meta.db_table)
    document = _document(_columns(model))
    return (
        f"CREATE INDEX IF NOT EXISTS {_name(model)} ON {table} "
        f"USING gin (UPPER(({document})::text) gin_trgm_ops)"
    )


def _of_sqlite(model: type[Model]) -> list[str]:
    name, table = _name(model), connection.ops.quote_name(model._meta.db_table)
    columns = _columns(model)
    key = _column(model, "pk")
    # Names of tables and columns of ours stand in these statements, and no value.
    new, old = (_document([f"{row}.{each}" for each in columns]) for row in ("new", "old"))
    add = f"INSERT INTO {name}(rowid, words) SELECT new.{key}, {new} WHERE TRIM({new}) <> '';"
    take = (
        f"INSERT INTO {name}({name}, rowid, words) SELECT 'delete', old.{key}, {old} "
        f"WHERE TRIM({old}) <> '';"
    )
    changed = f"UPDATE OF {', '.join(columns)}"
    whole = _document(columns)
    return [
        f"DROP TABLE IF EXISTS {name}",
        f"CREATE VIRTUAL TABLE {name} USING fts5(words, content='', tokenize='trigram')",
        f"INSERT INTO {name}(rowid, words) SELECT {key}, {whole} FROM {table} WHERE TRIM({whole}) <> ''",  # noqa: S608
        *(f"DROP TRIGGER IF EXISTS {name}_{event}" for event in _EVENTS),
        f"CREATE TRIGGER {name}_insert AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER {name}_update AFTER {changed} ON {table} BEGIN {take} {add} END",
        f"CREATE TRIGGER {name}_delete AFTER DELETE ON {table} BEGIN {take} END",
    ]


def _document(columns: list[str]) -> str:
    return " || ' ' || ".join(f"COALESCE({each}, '')" for each in columns)


def _columns(model: type[Model]) -> list[str]:
    return [_column(model, each) for each in SEARCHED[model._meta.label]]


def _column(model: type[Model], name: str) -> str:
    field = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return connection.ops.quote_name(str(getattr(field, "column", name)))


def _name(model: type[Model]) -> str:
    """With what it is of: columns that change here are another index."""
    of = blake2s(" ".join(SEARCHED[model._meta.label]).encode(), digest_size=4).hexdigest()
    return f"words_of_{model._meta.db_table}_{of}"


def _made() -> set[str]:
    return _names("table" if connection.vendor == "sqlite" else "index")


def _kept_up(made: set[str]) -> set[str]:
    """Those of them that follow their table: on SQLite by all their triggers."""
    if connection.vendor != "sqlite":
        return made
    triggers = _names("trigger")
    return {each for each in made if all(f"{each}_{event}" in triggers for event in _EVENTS)}


def _names(kind: str) -> set[str]:
    asked = {
        # A table of FTS5 has others of its own beside it.
        "sqlite": "SELECT name FROM sqlite_master WHERE name GLOB 'words_of_*' AND type = %s "
        "AND sql NOT LIKE 'CREATE TABLE%%'",
        "postgresql": "SELECT relname FROM pg_class WHERE relname LIKE 'words!_of!_%%' ESCAPE '!' "
        'AND relkind = left(%s, 1)::"char" AND pg_table_is_visible(oid)',
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(asked, [kind])
        return {name for (name,) in cursor.fetchall()}
