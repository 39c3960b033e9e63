"""What of a call of several elements is one record's: by its place, unless it says otherwise. Pure."""

from collections.abc import Sequence

from apps.connectors.parts import Json, Part
from apps.connectors.xero.elements import ECHOED, listed_in
from apps.connectors.xero.faults import field

REPEATED = frozenset(name for names in ECHOED.values() for name in names) - {"Details"}
REFUSED = "Elements"  # of a call that was refused: the bad ones alone


def part_of(members: Sequence[int], ref: int, sent: Json, answered: Json) -> Part:
    lists = [name for name, value in sent.items() if isinstance(value, list)]
    if len(lists) != 1 or ref not in members:
        return Part()
    elements = listed_in(sent, lists[0])
    if len(elements) != len(members):
        return Part()
    own = elements[members.index(ref)]
    rows = listed_in(answered, lists[0])
    if len(rows) == len(elements):
        row = rows[members.index(ref)]
        return Part(sent=own, answered=None if _says(own, row) is False else row)
    sure = [each for each in rows or listed_in(answered, REFUSED) if _says(own, each)]
    return Part(sent=own, answered=sure[0] if len(sure) == 1 else None)


def _says(own: Json, row: Json) -> bool | None:
    """Whether an element of an answer is of this one of ours; None where it does not say."""
    both = [
        str(own[name]).casefold() == yours.casefold()
        for name in REPEATED
        if name in own and isinstance(yours := field(row, name), str) and yours
    ]
    return all(both) if both else None
