"""Which fields the rows of a file may tell, by what they bring, and how the cells of each are read."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic

from apps.connectors.profiles import (
    DAYS,
    JOINED_BY,
    LONG_TEXTS,
    NUMBERS,
    PERCENTAGES,
    AnyProfile,
    F,
    Field,
    Subject,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape(Generic[F]):
    """`fields` in the order in which a row tells them. Those in none of the others are texts on one
    line. `joined_by` is what stands between the parts of a text that several columns tell. `unit` and
    `units` are how staff call what the rows become."""

    unit: str
    units: str
    fields: Sequence[F]
    numbers: Collection[F] = ()
    percentages: Collection[F] = ()  # among the numbers
    days: Collection[F] = ()
    flags: Collection[F] = ()  # yes or no
    long_texts: Collection[F] = ()
    joined_by: Mapping[F, str] = field(default_factory=dict)
    # How a field is called where a file has no heading for it.
    called: Mapping[F, str] = field(default_factory=dict)

    @property
    def as_cells(self) -> frozenset[F]:
        """Read as they are: a workbook's numbers and days are no texts."""
        return frozenset((*self.numbers, *self.days))


DOCUMENTS: Shape[Field] = Shape(
    unit="document",
    units="documents",
    fields=tuple(Field),
    numbers=NUMBERS,
    percentages=PERCENTAGES,
    days=DAYS,
    long_texts=LONG_TEXTS,
    joined_by=JOINED_BY,
)
SHAPES: Mapping[Subject, Shape[Any]] = {Subject.DOCUMENTS: DOCUMENTS}


def shape_of(profile: AnyProfile) -> Shape[Any]:
    return SHAPES[profile.of]
