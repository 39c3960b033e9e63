"""One line of the work list, and how many it counts.

A section of the list puts its questions and gives a `Then`; that one reads the answers, puts the
questions that follow, and gives its `Line`s, which read everything and are shown.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from django.db.models import QuerySet

from apps.core.together import Together

MOST: Final = 10_000  # nothing is counted further


@dataclass(frozen=True, kw_only=True)
class Work:
    """How many, of what, and where to go. `beyond`: there are more, and how many was not counted."""

    count: int
    what: str
    more: str
    url: str
    beyond: bool = False

    @property
    def shown(self) -> str:
        return f"more than {self.count - 1:,}" if self.beyond else up_to(self.count)


Line: TypeAlias = Callable[[], Iterable[Work]]
Then: TypeAlias = Callable[[], Iterable[Line]]


def up_to(count: int) -> str:
    """“12,345”; “more than 10,000” of what is counted no further."""
    return f"more than {MOST:,}" if count > MOST else f"{count:,}"


def counted(asked: Together, rows: "QuerySet[Any]", *, what: str, more: str, url: str) -> Line:
    """The line of these rows."""
    asked.count((what, url), rows, most=MOST)
    return lambda: [Work(count=asked.count_of((what, url)), what=what, more=more, url=url)]


def just(*lines: Line) -> Then:
    """Nothing more is to be asked."""
    return lambda: lines
