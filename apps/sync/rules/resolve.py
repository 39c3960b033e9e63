"""Which of two values of one field stands. Pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from apps.sync.models.rules import Side


class Stands(StrEnum):
    ALIKE = "alike"  # both sides say the same
    SENT = "sent"  # ours alone changed, and goes over
    FOLLOWED = "followed"  # theirs alone changed, and ours follows
    LEFT = "left"  # theirs alone changed: it stays there, and ours here
    OURS = "ours"  # the rule: ours stands on both sides
    THEIRS = "theirs"  # the rule: theirs stands on both sides
    OPEN = "open"  # a person decides


@dataclass(frozen=True, kw_only=True, slots=True)
class Resolved:
    """`value` stands on both sides (None where none does); `kept` are the values that gave way to a
    rule and are written down for it."""

    stands: Stands
    value: Any = None
    kept: tuple[Any, ...] = ()


def resolve(base: Any, ours: Any, theirs: Any, side: Side, *, followed: bool) -> Resolved:
    """`base` is what both sides agreed on; `followed`: of this kind a change that one side alone
    made is followed on the other."""
    if ours == theirs:
        return Resolved(stands=Stands.ALIKE, value=ours)
    ours_moved, theirs_moved = ours != base, theirs != base
    if side == Side.OURS and theirs_moved:
        return Resolved(stands=Stands.OURS, value=ours, kept=(theirs,))
    if side == Side.THEIRS and (ours_moved or not followed):
        return Resolved(stands=Stands.THEIRS, value=theirs, kept=(ours,))
    if ours_moved and theirs_moved:
        return Resolved(stands=Stands.OPEN)
    if ours_moved:
        return Resolved(stands=Stands.SENT, value=ours)
    if followed:
        return Resolved(stands=Stands.FOLLOWED, value=theirs)
    return Resolved(stands=Stands.LEFT)
