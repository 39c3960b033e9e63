"""Triggers of the database: what is written once cannot be altered or deleted, past Tieout either.

They keep out whoever has no right to drop them, and mistakes; who owns the database can lift them, and
is found by the chain. Made after each migration for whatever tables there are, and taken away before
one, so that a migration may alter them. `apps.core.lifting` lets a rule through.
"""

from collections.abc import Iterable
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.db.models import Model

from apps.core.lifting import FUNCTION, SETTING
from apps.trail.sources import kept_models

WORDS: Final = "This table is written once: its rows are neither altered nor deleted."
_NAME: Final = "kept"  # of a trigger, before what it refuses and its table
_REFUSE: Final = "tieout_refuse"
_EVENTS: Final = {"sqlite": ("UPDATE", "DELETE"), "postgresql": ("UPDATE", "DELETE", "TRUNCATE")}


def tables() -> list[str]:
    """Of every model whose rows are written once, the trail's own among them."""
    return sorted({model._meta.db_table for model in kept_models() if _is_made(model)})


def set_guards(**_: Any) -> None:
    """Make those that are missing. Receives `post_migrate`; one statement where none is."""
    if not settings.TRAIL_TRIGGERS or connection.vendor not in _EVENTS:
        return
    missing = unguarded()
    if not missing:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_FUNCTION)
        for table, event in missing:
            cursor.execute(_statement(table, event))


def lift_guards(plan: Iterable[Any] = (), **_: Any) -> None:
    """Take all away where something is to be migrated. Receives `pre_migrate`."""
    if plan and connection.vendor in _EVENTS:
        drop_guards()


def drop_guards() -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for name, table in _standing():
            on = f" ON {quote(table)}" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER IF EXISTS {quote(name)}{on}")


def unguarded() -> list[tuple[str, str]]:
    """(table, what is not refused there), of tables that are there."""
    standing = {name for name, _ in _standing()}
    there = set(connection.introspection.table_names())
    return [
        (table, event)
        for table in tables()
        if table in there
        for event in _EVENTS.get(connection.vendor, ())
        if _name(table, event) not in standing
    ]


def _is_made(model: type[Model]) -> bool:
    return model._meta.managed and not model._meta.proxy


def _name(table: str, event: str) -> str:
    # At most 63 letters, which is all that PostgreSQL keeps of a name.
    return f"{_NAME}_{event.lower()}_{table}"[:63]


def _standing() -> list[tuple[str, str]]:
    """Ours that are there and in force: (name, table)."""
    asked = {
        "sqlite": "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'",
        # One that was disabled is as good as none.
        "postgresql": "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND t.tgenabled IN ('O', 'A') AND pg_table_is_visible(c.oid)",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return [(name, table) for name, table in cursor.fetchall() if name.startswith(f"{_NAME}_")]


def _statement(table: str, event: str) -> str:
    quote, name = connection.ops.quote_name, connection.ops.quote_name(_name(table, event))
    if connection.vendor == "sqlite":
        return (
            f"CREATE TRIGGER {name} BEFORE {event} ON {quote(table)} WHEN NOT {FUNCTION}() "
            f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
        )
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    return (
        f"CREATE OR REPLACE TRIGGER {name} BEFORE {event} ON {quote(table)} "
        f"FOR EACH {each} EXECUTE FUNCTION {_REFUSE}()"
    )


# A trigger before DELETE has to hand on the old row, or nothing is deleted.
_FUNCTION: Final = f"""
CREATE OR REPLACE FUNCTION {_REFUSE}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('{SETTING}', true), '') = 'on' THEN
        IF TG_OP = 'UPDATE' THEN RETURN NEW; END IF;
        RETURN OLD;
    END IF;
    RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'integrity_constraint_violation';
END $$
"""
