"""The three-way compare of one record: what both sides agreed, ours now, theirs now. Pure."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from apps.connectors.snapshots import Difference, differences

Shape = TypeVar("Shape")


class Missing:
    """The value of a line that one side does not have."""


MISSING = Missing()


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """A field that a person decides: base, ours and theirs."""

    path: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """`agreed` is the new base: theirs, with every clash left as it was agreed before.

    `taken` are fields that we hold and that changed only over there; `kept` are theirs to decide.
    Without any difference to the base everything is empty: an echo.
    """

    agreed: Any
    kept: tuple[Difference, ...] = ()
    taken: tuple[Difference, ...] = ()
    clashes: tuple[Clash, ...] = ()
    same: tuple[Difference, ...] = ()  # changed to the same on both sides

    @property
    def is_echo(self) -> bool:
        return not (self.kept or self.taken or self.clashes or self.same)


def compare(base: Any, ours: Any, theirs: Any, *, ours_changed: bool) -> Compared:
    """Sort every difference between `base` and `theirs` by what it means.

    All three are projections of one kind; `ours` may be None where ours cannot be told now. Ours
    counts as changed in a field only while a change of ours has not been sent: what their side
    keeps differently from ours (a due date changed over there) is no change of ours.
    """
    kept, taken, same, clashes = [], [], [], []
    for each in differences(base, theirs):
        mine = MISSING if ours is None else value_at(ours, each.path)
        if each.whose == "kept":
            kept.append(each)
        elif mine == each.theirs:
            same.append(each)
        elif each.whose == "held" and not (ours_changed and mine != each.ours):
            taken.append(each)
        else:
            clashes.append(
                Clash(path=each.path, base=each.ours, ours=_told(mine, each), theirs=each.theirs)
            )
    return Compared(
        agreed=without(theirs, base, clashes),
        kept=tuple(kept),
        taken=tuple(taken),
        clashes=tuple(clashes),
        same=tuple(same),
    )


def _told(mine: Any, difference: Difference) -> Any:
    return difference.ours if mine is MISSING else mine


def without(theirs: Shape, base: Any, clashes: Iterable[Clash]) -> Shape:
    """Theirs with the fields in dispute as they were agreed, under our own marker."""
    agreed: Any = dataclasses.replace(theirs, marker=base.marker)  # type: ignore[type-var]
    for each in clashes:
        agreed = with_value(agreed, each.path, each.base)
    return agreed  # type: ignore[no-any-return]


def value_at(snapshot: Any, path: str) -> Any:
    """The value at a path such as "total" or "lines.2.net"; MISSING where there is no such line."""
    found = snapshot
    for step in path.split("."):
        if step.isdecimal():
            if int(step) > len(found):
                return MISSING
            found = found[int(step) - 1]
        else:
            found = getattr(found, step)
    return found


def with_value(snapshot: Any, path: str, value: Any) -> Any:
    """A copy of the snapshot with this value at this path."""
    step, _, rest = path.partition(".")
    if step.isdecimal():
        place = int(step) - 1
        part = with_value(snapshot[place], rest, value) if rest else value
        return (*snapshot[:place], part, *snapshot[place + 1 :])
    inner = with_value(getattr(snapshot, step), rest, value) if rest else value
    return dataclasses.replace(snapshot, **{step: inner})
