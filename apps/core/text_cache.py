"""A cache in the database that all processes share, and that keeps texts.

Django's own keeps pickles: whoever can write a row would run code in whoever reads it. This one keeps
JSON in the same table (`createcachetable` makes it), and adds a key in one statement, so that of two
processes that add it one succeeds.
"""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import BaseDatabaseCache
from django.db import connections, router

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
ADD = """
INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)
ON CONFLICT (cache_key) DO NOTHING
"""
SET = """
INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s)
ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires
"""
# Two that forget at once pass each other by, in whatever order they meet the rows.
FORGET = """
DELETE FROM {table} WHERE cache_key IN
(SELECT cache_key FROM {table} WHERE expires <= %s {passing_by})
"""


class TextCache(BaseDatabaseCache):
    """Values are what JSON can say: numbers, texts, booleans, lists and objects of them."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        rows = self._run(
            "SELECT value FROM {table} WHERE cache_key = %s AND expires > %s",
            [self._key(key, version), self._at(datetime.now(UTC))],
        )
        return json.loads(rows[0][0]) if rows else default

    def add(
        self,
        key: Any,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> bool:
        """Whether it was not there before."""
        self._forget_what_is_over()
        return self._write(ADD, key, value, timeout, version)

    def set(
        self,
        key: Any,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
    ) -> None:
        self._forget_what_is_over()
        self._write(SET, key, value, timeout, version)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(
            self._count("DELETE FROM {table} WHERE cache_key = %s", [self._key(key, version)])
        )

    def clear(self) -> None:
        self._count("DELETE FROM {table}", [])

    def _write(self, statement: str, key: Any, value: Any, timeout: Any, version: Any) -> bool:
        end = self.get_backend_timeout(timeout)
        expires = NEVER if end is None else datetime.fromtimestamp(end, UTC)
        values = [self._key(key, version), json.dumps(value), self._at(expires)]
        return bool(self._count(statement, values))

    def _forget_what_is_over(self) -> None:
        """With each write: the table holds no more than what counts now."""
        self._count(FORGET, [self._at(datetime.now(UTC))])

    def _key(self, key: Any, version: int | None) -> str:
        return self.make_and_validate_key(key, version=version)

    def _at(self, moment: datetime) -> Any:
        return self._connection().ops.adapt_datetimefield_value(moment.replace(microsecond=0))

    def _connection(self) -> Any:
        return connections[router.db_for_write(self.cache_model_class) or "default"]

    def _run(self, statement: str, values: list[Any]) -> list[Any]:
        with self._cursor(statement, values) as cursor:
            rows: list[Any] = cursor.fetchall()
        return rows

    def _count(self, statement: str, values: list[Any]) -> int:
        with self._cursor(statement, values) as cursor:
            return int(cursor.rowcount)

    def _cursor(self, statement: str, values: list[Any]) -> Any:
        connection = self._connection()
        table = connection.ops.quote_name(self.cache_model_class._meta.db_table)
        skips = connection.features.has_select_for_update_skip_locked
        passing_by = connection.ops.for_update_sql(skip_locked=True) if skips else ""
        cursor = connection.cursor()
        cursor.execute(statement.format(table=table, passing_by=passing_by), values)
        return cursor
