"""What somebody does who has the database and not Tieout: plain SQL, past triggers and chain."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import Error, connection, transaction

from apps.trail.guards import drop_guards, set_guards
from apps.trail.verifying import Report, verify

GENERATED = ("on_account", "balance_due", "open_credit")  # by the database


def refused(statement: str, *given: Any) -> str:
    """What the database says to it, which must refuse it."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, given)
    except Error as refusal:
        return str(refusal)
    raise AssertionError(f"The database let it pass: {statement}")


@contextmanager
def unguarded() -> Iterator[None]:
    """Triggers away, and there again afterwards, as somebody does who does not want to be seen."""
    drop_guards()
    yield
    set_guards()


def attack(statement: str, *given: Any, rows: int | None = 1) -> None:
    """Past the triggers; it must hit so many rows (None: however many)."""
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(statement, given)
        assert rows is None or cursor.rowcount == rows, cursor.rowcount


def value(statement: str, *given: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        row = cursor.fetchone()
    return row[0] if row else None


def columns_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        return [each.name for each in connection.introspection.get_table_description(cursor, table)]


def copied(table: str, key: str, of: int, changes: dict[str, Any]) -> None:
    """Insert a copy of a row, with these columns changed."""
    others = [each for each in columns_of(table) if each not in {*changes, *GENERATED}]
    quoted = ", ".join(f'"{each}"' for each in [*changes, *others])
    places = ", ".join(["%s"] * len(changes) + [f'"{each}"' for each in others])
    with connection.cursor() as cursor:
        cursor.execute(
            f'INSERT INTO {table} ({quoted}) SELECT {places} FROM {table} WHERE "{key}" = %s',
            [*changes.values(), of],
        )


def found(report: Report | None = None) -> list[tuple[str, str]]:
    """(what, sentence) of each finding."""
    report = report or verify()
    return [(each.what.value, each.sentence) for each in report.findings]


def only(findings: Sequence[tuple[str, str]], what: str, *words: str) -> None:
    """There is one finding, of this kind, with these words in it."""
    assert [each for each, _ in findings] == [what], findings
    for word in words:
        assert word in findings[0][1], findings
