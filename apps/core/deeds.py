"""What is done by rule to rows that are otherwise kept as they are: purged, erased, brought back.

Whoever does it tells it here in the same transaction. The audit trail listens, and keeps it under its
own key: so it later knows what had to go from what was taken away.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class What(StrEnum):
    PURGED = "purged"  # rows, or one part of them, are gone
    CHANGED = "changed"  # rows stand, and say something else by rule: erased, or asked anew
    RESTORED = "restored"  # a company's rows came back with their old dates


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """`table` is the label of a model ("sync.Call"), `part` what of its rows, "" for the rows
    themselves. `rule` says why, in a sentence. Of `RESTORED`, only the company counts."""

    what: What
    rule: str
    table: str = ""
    part: str = ""
    keys: Sequence[int] = ()
    company: int | None = None


listeners: list[Callable[[Deed], None]] = []


def tell(deed: Deed) -> None:
    """Inside the transaction that does it. Deeds about no row are not told."""
    if deed.what is not What.RESTORED and not deed.keys:
        return
    for listener in listeners:
        listener(deed)


def ranges(keys: Iterable[int]) -> list[list[int]]:
    """Keys as ranges, both ends included: [[1, 3], [7, 7]]."""
    found: list[list[int]] = []
    for key in sorted(set(keys)):
        if found and key == found[-1][1] + 1:
            found[-1][1] = key
        else:
            found.append([key, key])
    return found
