"""Where secrets lie sealed by `TOKEN_KEYS`, so that they can be sealed anew with the first of them.

Each app names its fields as it is loaded, and a test finds whoever seals without a name here. A sealed
text needs no owner to be sealed anew: whose it is stays inside.
"""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.db import models
from django.views.decorators.debug import sensitive_variables

AT_ONCE: Final = 50  # rows that are held in memory

Change = Callable[[str], str]


def whole(value: Any, change: Change) -> Any:
    """A column that is one sealed text; "" where there is none."""
    return change(value) if value else value


def in_bytes(value: Any, change: Change) -> Any:
    return change(bytes(value).decode()).encode() if value else value


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedField:
    """A column of a table. `parts` gives every sealed text in its value to a function, and returns the
    value with what that gave back; `words` is what people call it; `lost` is what to do about one whose
    key is gone; `rows` which rows hold one."""

    model: str  # "connections.Grant"
    column: str
    words: str
    lost: str
    parts: Callable[[Any, Change], Any] = whole
    rows: models.Q = field(default_factory=models.Q)

    @property
    def name(self) -> str:
        return f"{self.model}.{self.column}"

    def every(self) -> Iterator[tuple[int, Any]]:
        """(key, value) of each row, by portions, also of what is added meanwhile."""
        rows: models.QuerySet[Any] = (
            models.QuerySet(apps.get_model(self.model)).filter(self.rows).order_by("pk")
        )
        last = 0
        while portion := list(rows.filter(pk__gt=last).values_list("pk", self.column)[:AT_ONCE]):
            yield from portion
            last = portion[-1][0]

    def replace(self, pk: int, before: Any, after: Any) -> bool:
        """False where somebody else wrote it meanwhile: they sealed it with the first key already."""
        rows: models.QuerySet[Any] = models.QuerySet(apps.get_model(self.model)).filter(
            pk=pk, **{self.column: before}
        )
        return bool(rows.update(**{self.column: after}))


FIELDS: Final[list[SealedField]] = []


class Keys:
    """The keys at hand, newest first, known by a number and a mark that tells nothing of them."""

    def __init__(self, keys: list[str]) -> None:
        self._each = [Fernet(key) for key in keys]
        self._all = MultiFernet(self._each)
        marks = [hashlib.sha256(b"tieout:mark:" + key.encode()).hexdigest()[:8] for key in keys]
        self.names = [f"{number}. {mark}" for number, mark in enumerate(marks, 1)]

    @sensitive_variables()
    def which(self, sealed: str) -> int | None:
        """The place of the key that opens it, from 0; None where none does."""
        for place, key in enumerate(self._each):
            try:
                key.decrypt(sealed.encode())
            except (InvalidToken, ValueError):
                continue
            return place
        return None

    @sensitive_variables()
    def again(self, sealed: str) -> str:
        """Sealed by the first; what it is sealed by already, and what no key opens, stays as it is."""
        place = self.which(sealed)
        return sealed if not place else self._all.rotate(sealed.encode()).decode()


@dataclass(slots=True)
class Standing:
    """Of one field: texts by the place of their key, those that no key opens, by row, and how many were
    sealed anew."""

    by_key: dict[int, int] = field(default_factory=dict)
    lost: list[int] = field(default_factory=list)
    anew: int = 0


def look(column: SealedField, keys: Keys) -> Standing:
    """Which keys its texts need."""
    found = Standing()

    def count(pk: int, sealed: str) -> str:
        place = keys.which(sealed)
        if place is None:
            found.lost.append(pk)
        else:
            found.by_key[place] = found.by_key.get(place, 0) + 1
        return sealed

    for pk, value in column.every():
        column.parts(value, lambda sealed, pk=pk: count(pk, sealed))  # type: ignore[misc] # bound
    return found


def seal_again(column: SealedField, keys: Keys) -> Standing:
    """Seal what an older key sealed with the first one, then look anew: what was written meanwhile by a
    process that has other keys is seen. Broken off, it goes on where it was."""
    anew = 0
    for pk, value in column.every():
        after = column.parts(value, keys.again)
        if after != value:
            anew += column.replace(pk, value, after)
    found = look(column, keys)
    found.anew = anew
    return found
