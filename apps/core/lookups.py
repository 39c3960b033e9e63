"""Conditions that Django has, as a database takes them fastest."""

from typing import Any, Final

from django.core.exceptions import EmptyResultSet
from django.db.models import ForeignKey, IntegerField
from django.db.models.fields.related_lookups import RelatedExact, RelatedIn
from django.db.models.lookups import In

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


class HeldRelatedExact(RelatedExact):
    """The same of `company=…`."""

    def process_rhs(self, compiler: Any, connection: Any) -> Any:
        if self.rhs_is_direct_value() and not _is_held(self.rhs):
            raise EmptyResultSet
        return super().process_rhs(compiler, connection)


def keep_to_columns() -> None:
    """Called once, before anything is asked. SQLite and PostgreSQL answer alike from then on."""
    IntegerField.register_lookup(HeldIn)
    ForeignKey.register_lookup(HeldRelatedIn)
    ForeignKey.register_lookup(HeldRelatedExact)
