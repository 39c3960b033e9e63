"""Many small questions put to the database in one statement.

A page that counts twenty things then asks once. A count says how many rows there are, up to a bound; a
row comes back as texts, since a column of one statement has one type whatever is asked beside it.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.utils.dateparse import parse_datetime

AT_ONCE = 200  # questions of one statement: SQLite takes 500 parts
Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Question:
    key: Hashable
    rows: "models.QuerySet[Any, Any]"
    columns: tuple[str, ...]  # none: how many rows there are


@dataclass
class Together:
    """Questions with their keys, then (after `ask`) their answers. A key names one question."""

    _questions: list[_Question] = field(default_factory=list)
    _counts: dict[Hashable, int] = field(default_factory=dict)
    _rows: dict[Hashable, list[Row]] = field(default_factory=dict)

    def count(
        self, key: Hashable, rows: "models.QuerySet[Any, Any]", *, most: int | None = None
    ) -> None:
        """How many rows there are; `most`: no more than one beyond it are looked at."""
        rows = rows.order_by().values("pk")
        self._questions.append(_Question(key, rows if most is None else rows[: most + 1], ()))
        self._counts[key] = 0

    def rows(self, key: Hashable, rows: "models.QuerySet[Any, Any]", *columns: str) -> None:
        """These columns of each row, as texts; "" for none."""
        self._questions.append(_Question(key, rows.values_list(*columns), columns))
        self._rows[key] = []

    def ask(self) -> None:
        """Put all of them: one statement, whatever their number (of more than `AT_ONCE`, several)."""
        for first in range(0, len(self._questions), AT_ONCE):
            self._put(self._questions[first : first + AT_ONCE])

    def count_of(self, key: Hashable) -> int:
        return self._counts[key]

    def rows_of(self, key: Hashable) -> list[Row]:
        return self._rows[key]

    def _put(self, questions: Sequence[_Question]) -> None:
        width = max(1, *(len(each.columns) for each in questions))
        parts, params = [], []
        using = questions[0].rows.db
        for place, each in enumerate(questions):
            try:
                sql, given = each.rows.query.get_compiler(using).as_sql()
            except EmptyResultSet:
                continue  # nothing can be found: its answer is there already
            told = [f"CAST({_quoted(using, name)} AS text)" for name in each.columns]
            told = told or ["CAST(COUNT(*) AS text)"]
            told += ["CAST(NULL AS text)"] * (width - len(told))
            parts.append(
                f"SELECT {place} AS place, {', '.join(told)} FROM ({sql}) AS asked"  # noqa: S608 # compiled by Django, with its parameters apart
            )
            params += given
        if not parts:
            return
        with connections[using].cursor() as cursor:
            cursor.execute(" UNION ALL ".join(parts), params)
            for place, *texts in cursor.fetchall():
                each = questions[place]
                if each.columns:
                    known = texts[: len(each.columns)]
                    self._rows[each.key].append(tuple(text or "" for text in known))
                else:
                    self._counts[each.key] = int(texts[0])


def moment(text: str) -> datetime | None:
    """The moment that a row tells; None where it tells none."""
    found = parse_datetime(text)
    if found is None or found.tzinfo is not None:
        return found
    return found.replace(tzinfo=UTC)


def _quoted(using: str, name: str) -> str:
    return connections[using].ops.quote_name(name)
