"""Telling in portions, so that a record of which we cannot tell holds up no other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet

from apps.triggers.faults import Faults

AT_ONCE: Final = 100  # rows in one transaction: bounds memory, and SQLite's lock
MOST_PASSED_BY: Final = 20  # records: with more it is no matter of single ones


@dataclass(frozen=True, kw_only=True, slots=True)
class Alike:
    """What goes wrong with a row goes wrong with these, too: those of the same record."""

    rows: Q
    words: str  # for the log


def in_portions(
    unread: Callable[[], "QuerySet[Any]"],
    take: Callable[["QuerySet[Any]"], tuple[int, int]],
    alike: Callable[[Any], Alike],
    faults: Faults,
    goes_on: Callable[[], bool] = lambda: True,
) -> int:
    """Take what is unread, in order, for as long as `goes_on`, asked between portions; the number of
    events that are told.

    `take` reads a portion in a transaction of its own and says how many rows it read and how many events
    came of them. Where it raises, the portion is halved until it is known of which row; the rows of that
    one's record are passed by and stay unread for the next time, and what was raised is kept in `faults`.
    """
    told, size, passed_by, broken = 0, AT_ONCE, Q(pk__in=[]), 0
    while True:
        left = unread().filter(~passed_by)
        try:
            read, made = take(left[:size])
        except Exception as fault:  # noqa: BLE001 - kept, once it is known of which record
            if size > 1:
                size //= 2
                continue
            first = left.first()
            if first is None:  # taken meanwhile, by whoever could
                return told
            found = alike(first)
            faults.add(fault, found.words)
            passed_by |= found.rows
            broken += 1
            if broken == MOST_PASSED_BY:
                return told
            continue
        told += made
        if read < size or not goes_on():
            return told
        size = min(2 * size, AT_ONCE)
