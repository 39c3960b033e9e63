"""Conditions that Django has, as a database takes them fastest."""

from datetime import MAXYEAR, MINYEAR
from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db.models import ForeignKey, IntegerField
from django.db.models.fields.related_lookups import (
    RelatedExact,
    RelatedGreaterThan,
    RelatedGreaterThanOrEqual,
    RelatedIn,
    RelatedLessThan,
    RelatedLessThanOrEqual,
)
from django.db.models.functions import ExtractIsoYear, ExtractYear
from django.db.models.lookups import In, Range, YearExact, YearGt, YearGte, YearLt, YearLte

LEAST: Final = -(2**63)
MOST: Final = 2**63 - 1


class Among(In):
    """`Among(F("code"), codes)`: as `code__in=codes`, for plain values by the hundred.

    On PostgreSQL the values are one array: psycopg searches the statement for each place of a value, which
    for 500 of them takes longer than the rest of the query.
    """

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """The condition with one parameter. Raises EmptyResultSet for no values, as `In` does."""
        values = {value for value in self.rhs if value is not None}
        if not values:
            raise EmptyResultSet
        column, told = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*told, list(values))


def _is_held(value: object) -> bool:
    """Whether a column of whole numbers can have it."""
    return not isinstance(value, int) or LEAST <= value <= MOST


class HeldIn(In):
    """`pk__in=[…]` where somebody typed the keys: no row has what no column holds. Django knows that of
    `pk=…` alone; SQLite meets the rest with an OverflowError."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value():
            self.rhs = [each for each in self.rhs if _is_held(each)]
        return super().process_rhs(compiler, connection)


class HeldRelatedIn(HeldIn, RelatedIn):
    """The same of `company__in=[…]`."""


class HeldRange(Range):
    """The same of `pk__range=(…, …)`: the part of it that a column can have."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value() and not all(map(_is_held, self.rhs)):
            least, most = self.rhs
            if least is None or most is None or least > MOST or most < LEAST:
                raise EmptyResultSet
            self.rhs = [max(least, LEAST), min(most, MOST)]
        return super().process_rhs(compiler, connection)


class _Within:
    """Of a comparison with one whole number: beyond `least` and `most` nothing is there to compare with,
    so that it holds of no row, or of all that have a value."""

    # Whether it holds where the number is lower, and higher, than any of theirs.
    below = above = False
    rhs: Any  # of Django's lookup that it is mixed with
    lhs: Any

    def bounds(self) -> tuple[int, int]:
        return LEAST, MOST

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        rhs = self.rhs
        least, most = self.bounds()
        if isinstance(rhs, int) and not least <= rhs <= most:
            if not (self.below if rhs < least else self.above):
                raise EmptyResultSet
            self.rhs = least if rhs < least else most
        return super().process_rhs(compiler, connection)  # type: ignore[misc] # a mixin of Django's lookups


class _Greater(_Within):
    below = True


class _Less(_Within):
    above = True


class _OfCalendar(_Within):
    """Years of which Python has days; of weeks, it needs the first day of the next."""

    def bounds(self) -> tuple[int, int]:
        by_weeks = isinstance(self.lhs, ExtractIsoYear)
        return MINYEAR, MAXYEAR - by_weeks


# The same of `company=…`, `company__gt=…` and so on.
OF_KEYS: Final[tuple[type[Any], ...]] = (
    type("HeldRelatedExact", (_Within, RelatedExact), {}),
    type("HeldRelatedGreater", (_Greater, RelatedGreaterThan), {}),
    type("HeldRelatedGreaterOrEqual", (_Greater, RelatedGreaterThanOrEqual), {}),
    type("HeldRelatedLess", (_Less, RelatedLessThan), {}),
    type("HeldRelatedLessOrEqual", (_Less, RelatedLessThanOrEqual), {}),
)
# And of `issued_on__year=…`, which no database is asked for: Django asks for the days of it.
OF_YEARS: Final[tuple[type[Any], ...]] = (
    type("HeldYear", (_OfCalendar, YearExact), {}),
    type("HeldYearGreater", (_OfCalendar, _Greater, YearGt), {}),
    type("HeldYearGreaterOrEqual", (_OfCalendar, _Greater, YearGte), {}),
    type("HeldYearLess", (_OfCalendar, _Less, YearLt), {}),
    type("HeldYearLessOrEqual", (_OfCalendar, _Less, YearLte), {}),
)


def keep_to_columns() -> None:
    """Called once, before anything is asked. SQLite and PostgreSQL answer alike from then on."""
    IntegerField.register_lookup(HeldIn)
    IntegerField.register_lookup(HeldRange)
    ForeignKey.register_lookup(HeldRelatedIn)
    for of_keys in OF_KEYS:
        ForeignKey.register_lookup(of_keys)
    for of_years in OF_YEARS:
        ExtractYear.register_lookup(of_years)
        ExtractIsoYear.register_lookup(of_years)
