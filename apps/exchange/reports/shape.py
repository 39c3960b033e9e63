"""What a report is: lines, one for each record behind a figure, and how they are laid in a table.

A line puts an amount of one record into one column of one row. A figure of the table is the sum of its
lines, so what is behind it can always be listed, and two readings are compared line by line.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from apps.billing.models import Company
from apps.billing.standing.reading import Reading
from apps.exchange.exports.cells import Cell, Money

Group = tuple[str, ...]  # what names a row: keys of customers, codes, currencies
Record = tuple[str, int]  # kind and key


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a report is asked for: a day, or the days from `since` to `on`, both included.

    `known_at` is an aware moment (None: now); `by` one of the report's choices.
    """

    company: Company
    on: date
    since: date | None = None
    known_at: datetime | None = None
    by: str = ""
    customer_id: int | None = None

    @property
    def reading(self) -> Reading:
        return Reading(self.company, self.on, self.known_at)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """What one record puts into one figure: `amount` in `currency` ("": a number of pieces).

    `touches` are records whose own figures this one changes.
    """

    kind: str
    key: int
    group: Group
    column: str
    dated: date
    what: str
    currency: str
    amount: Decimal
    customer_id: int | None = None
    touches: tuple[Record, ...] = ()

    @property
    def record(self) -> Record:
        return self.kind, self.key


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures; one that adds others has no lines of its own. Numbers are no money."""

    name: str
    heading: str
    adds: tuple[str, ...] = ()
    is_number: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The columns whose lines are behind its figures."""
        return self.adds or (self.name,)


@dataclass(frozen=True, kw_only=True)
class Report:
    """`lines` come in an order that is the same for every reading of the same rows.

    `labels` says what the heads of each row read. `basis`, where it is not the lines, is what two
    readings are compared by: entries, whose sum is the report's.
    """

    name: str
    title: str
    meaning: str
    heads: tuple[str, ...]
    columns: tuple[Column, ...]
    lines: Callable[[Asked], Iterator[Line]]
    labels: Callable[[Asked, Collection[Group]], Mapping[Group, Sequence[Cell]]]
    basis: Callable[[Asked], Iterator[Line]] | None = None
    # Said below the table: (what it says, whether that is as it should be).
    check: "Callable[[Asked, Table], list[Check]] | None" = None
    has_period: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    needs_customer: bool = False
    of_records: bool = False  # a row is one record's, which it opens
    running: bool = False  # the last column is the balance after each row, day by day

    def column(self, name: str) -> Column:
        """Raises LookupError."""
        found = next((each for each in self.columns if each.name == name), None)
        if found is None:
            raise LookupError(name)
        return found


@dataclass(frozen=True, slots=True)
class Check:
    """A sentence on whether the table agrees with what it must agree with."""

    sentence: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure, and of how many lines it is the sum."""

    value: Money | Decimal
    lines: int

    @property
    def amount(self) -> Decimal:
        return self.value.amount if isinstance(self.value, Money) else self.value


@dataclass(frozen=True, slots=True)
class Row:
    """The heads, and a figure in each column (None: nothing there)."""

    group: Group
    heads: tuple[Cell, ...]
    figures: tuple[Figure | None, ...]
    record: Record | None = None  # of a row that is one record's


@dataclass(slots=True)
class Table:
    """A report laid out. `totals` has a row for each currency."""

    report: Report
    asked: Asked
    rows: list[Row] = field(default_factory=list)
    totals: list[Row] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def headings(self) -> list[str]:
        return [*self.report.heads, *(each.heading for each in self.report.columns)]

    def cells(self) -> Iterator[list[Cell]]:
        """Rows and totals as a file holds them."""
        for row in [*self.rows, *self.totals]:
            yield [*row.heads, *(None if each is None else each.value for each in row.figures)]
