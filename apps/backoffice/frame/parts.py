"""Rows that hang on a record in parts of fifty: as many as a page can show, or a form can hold."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, QueryDict

from apps.core.numbers import whole

PER_PART: Final = 50
LAST: Final = "last"


@dataclass(frozen=True, kw_only=True)
class Part:
    """Of `count` rows those from the `first` to the `last`, counted from one.

    `name` asks for a part in the address, by its number or `LAST`; `what` the rows are called.
    """

    name: str
    what: str
    number: int
    count: int
    rows: list[Any]
    asked: QueryDict = field(default_factory=QueryDict)

    @property
    def first(self) -> int:
        return (self.number - 1) * PER_PART + 1

    @property
    def here(self) -> str:
        return _span(self.first, min(self.number * PER_PART, self.count))

    @property
    def many(self) -> bool:
        return self.count > PER_PART

    @property
    def pages(self) -> list[tuple[int, str, str]]:
        """(number, “101–150”, what the address asks for) of each part."""
        starts = range(1, self.count + 1, PER_PART)
        return [
            (number, _span(first, min(first + PER_PART - 1, self.count)), self._query(number))
            for number, first in enumerate(starts, start=1)
        ]

    def _query(self, number: int) -> str:
        query = self.asked.copy()
        query[self.name] = str(number)
        return query.urlencode()


def part_of(
    request: HttpRequest,
    name: str,
    what: str,
    count: int,
    rows: "Callable[[], QuerySet[Any] | list[Any]]",
) -> Part:
    """The part that the address asks for: the nearest one where there is none of its number.

    `rows` is asked for only where there are any, and only for those of the part.
    """
    parts = max(1, -(-count // PER_PART))
    asked = request.GET.get(name, "")
    number = parts if asked == LAST else min(max(whole(asked) or 1, 1), parts)
    place = (number - 1) * PER_PART
    found = list(rows()[place : place + PER_PART]) if count else []
    return Part(name=name, what=what, number=number, count=count, rows=found, asked=request.GET)


def counted(rows: "QuerySet[Any]", by: str) -> Subquery:
    """How many of the rows hang on each record, by the name of their key; None of none."""
    its = rows.order_by().filter(**{by: OuterRef("pk")}).values(by)
    return Subquery(its.annotate(found=Count("pk")).values("found"))


def count_of(record: Any, name: str, ask: Callable[[], int]) -> int:
    """The count that was read with the record under this name; else asked for."""
    return (getattr(record, name) or 0) if hasattr(record, name) else ask()


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}–{last}"
