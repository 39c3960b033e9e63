"""Rows of a company as lines of JSON, in the order of their keys."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from apps.exchange.archive.carried import Field, Kind, Treatment
from apps.exchange.archive.cells import line
from apps.exchange.archive.renumbering import Move

AT_ONCE: Final = 2000  # rows
Change = Callable[[Any], Any]
People = Callable[[int], int | None]


def lines_of(kind: Kind, company: int, move: Move | None, person: People) -> Iterator[list[bytes]]:
    """Portions of lines. `move` and `person` say by which keys rows and people go there.

    None for `move`: the keys stay as they are.
    """
    fields = kind.fields
    changes = [
        (place, change)
        for place, each in enumerate(fields)
        if (change := _change(kind, each, move, person)) is not None
    ]
    rows = kind.rows(company).values_list(*(each.attname for each in fields))
    portion: list[bytes] = []
    for row in rows.iterator(chunk_size=AT_ONCE):
        values = list(row)
        for place, change in changes:
            values[place] = change(values[place])
        portion.append(line(values))
        if len(portion) == AT_ONCE:
            yield portion
            portion = []
    yield portion


def _change(kind: Kind, each: Field, move: Move | None, person: People) -> Change | None:
    treatment = kind.treatment(each)
    if treatment is Treatment.BLANK:
        nothing = None if each.null else ""
        return lambda value: nothing
    if treatment is Treatment.PERSON:
        return _unless_none(person)
    renumber = kind.renumber(each)
    if move is None or treatment is Treatment.AS_IT_IS:
        return None
    if treatment is Treatment.KEY:
        return _unless_none(move)
    assert renumber is not None  # it is renumbered
    return _unless_none(lambda value: renumber(value, move))


def _unless_none(change: Change) -> Change:
    return lambda value: None if value is None else change(value)
