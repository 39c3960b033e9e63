"""One change as a person reads it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One field: what it is called, what it was, what it is."""

    field: str
    old: str
    new: str
