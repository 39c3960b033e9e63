"""Rows of a file as what they tell, field by field, with what is wrong with them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from apps.connectors.profiles import RecordProfile
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.columns import Columns, Reads, is_blank, text_of
from apps.exchange.imports.shapes import Shape, shape_of
from apps.exchange.imports.styles import Styles
from apps.exchange.tables.dates import DateStyle, read_date
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.numbers import NumberStyle, read_figure, read_number, read_percent
from apps.exchange.tables.port import Cell, CellRefused, Row, RowKind


@dataclass(frozen=True, slots=True)
class Beside:
    """What one cell tells of several fields: an amount, and the currency beside it."""

    told: Mapping[str, str | Decimal]


RecordValue = str | Decimal | date | bool | None
YES = frozenset({"yes", "y", "true", "1", "x", "active", "on"})
NO = frozenset({"no", "n", "false", "0", "inactive", "off"})


@dataclass(slots=True)
class ReadRecord:
    """A row as its profile reads it. What the file does not tell is absent from `told`; of the fields in
    the profile's `blank_tells` a blank is "" or None. `trouble` says why it cannot be read, `left_out`
    that it is none of what the file is to bring ("" as a reason where that goes without saying; None: it is
    one)."""

    row: int
    told: Mapping[str, RecordValue]
    trouble: str = ""
    left_out: str | None = None
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    same_as: int = 0  # the row above that says the same of the same record; 0: none

    @property
    def rows(self) -> int:
        return 1

    def text(self, of: str) -> str:
        told = self.told.get(of)
        return told if isinstance(told, str) else ""

    def number(self, of: str) -> Decimal | None:
        told = self.told.get(of)
        return told if isinstance(told, Decimal) else None

    def day(self, of: str) -> date | None:
        told = self.told.get(of)
        return told if isinstance(told, date) else None

    def flag(self, of: str) -> bool | None:
        told = self.told.get(of)
        return told if isinstance(told, bool) else None


Told = RecordValue | Beside
Tell = Callable[[Sequence[Cell]], Told]  # from the cells of a row; None where they are blank


class RecordReader:
    """Reads rows by a profile, for a file of these headings. Raises `FileRefused` as `Columns` does."""

    def __init__(
        self, profile: RecordProfile, headings: Sequence[str], styles: Styles | None = None
    ) -> None:
        self.profile = profile
        self.styles = styles or Styles()
        self.shape: Shape[Any] = shape_of(profile)
        self._columns: Columns[str] = Columns(profile, self.shape, headings, self.styles)
        read = dict(self._columns.readers())
        self._tells: list[tuple[str, Tell]] = [
            (each, self._teller(each, reads)) for each, reads in read.items()
        ]
        # What no column tells, the profile does: the same of every row.
        self._fixed: list[tuple[str, Tell]] = [
            (each, self._teller(each, self._constant(each)))
            for each in profile.constants
            if each not in read
        ]
        self._blank: dict[str, RecordValue] = {
            each: "" if self._is_text(each) else None for each in profile.blank_tells
        }
        self._left_out = [
            (read[each], {said.casefold(): why for said, why in reasons.items()})
            for each, reasons in profile.left_out.items()
            if each in read
        ]

    def records(self, rows: Iterable[Row]) -> Iterator[ReadRecord]:
        """The rows that hold data, in the order of the file."""
        for row in rows:
            if row.kind is RowKind.BODY:
                yield self._record(row)

    def _record(self, row: Row) -> ReadRecord:
        cells = row.cells
        for read, reasons in self._left_out:
            said = text_of(read(cells)).casefold()
            if said in reasons:
                return ReadRecord(row.number, {}, left_out=reasons[said])
        troubles = ["it has more cells than there are headings"] if row.surplus else []
        told: dict[str, RecordValue] = {}
        for each, tell in (*self._fixed, *self._tells) if self._fixed else self._tells:
            try:
                value = tell(cells)
            except CellRefused as refusal:
                troubles.append(f"{self._columns.called(each)} {str(refusal).rstrip('.')}")
                continue
            if isinstance(value, Beside):
                told |= value.told
            elif value is not None:
                told[each] = value
            elif each in self.profile.required:
                troubles.append(f"{self._columns.called(each)} is empty")
            elif each in self._blank:
                told[each] = self._blank[each]
        return ReadRecord(row.number, told, "; ".join(troubles))

    def _constant(self, wanted: str) -> Reads:
        constant = self.profile.constants[wanted]
        return lambda cells: constant

    def _day_style(self, wanted: str) -> DateStyle:
        style, heading = self.styles.day(wanted), heading_key(self._columns.called(wanted))
        zones = {heading_key(each): zone for each, zone in self.profile.times_in.items()}
        if heading not in zones:
            return style
        return replace(style, written_in=ZoneInfo(zones[heading]))

    def _is_text(self, wanted: str) -> bool:
        shape = self.shape
        return wanted not in shape.as_cells and wanted not in shape.flags

    def _teller(self, wanted: str, read: Reads) -> Tell:
        """How the cells of a field are read; what it gives raises `CellRefused`."""
        shape = self.shape
        if self._is_text(wanted):
            if wanted in shape.long_texts:
                return _long_text(read)
            place = self._columns.place_of_text(wanted) if wanted in self._columns.places else None
            return _one_line(read if place is None else itemgetter(place))
        tell = self._teller_of_cell(wanted)

        def told(cells: Sequence[Cell]) -> Told:
            cell = read(cells)
            return None if is_blank(cell) else tell(cell)

        return told

    def _teller_of_cell(self, wanted: str) -> Callable[[Cell], Told]:
        shape, number = self.shape, self.styles.number(wanted)
        if wanted in shape.percentages:
            return lambda cell: read_percent(cell, number)
        if wanted in shape.currency_of:
            return lambda cell: _amount(cell, number, wanted, shape.currency_of[wanted])
        if wanted in shape.numbers:
            return lambda cell: read_number(cell, number)
        if wanted in shape.days:
            day = self._day_style(wanted)
            return lambda cell: read_date(cell, day)
        return lambda cell: _flag(text_of(cell))


def _one_line(read: Reads) -> Tell:
    def told(cells: Sequence[Cell]) -> RecordValue:
        cell = read(cells)
        return " ".join((cell if type(cell) is str else text_of(cell)).split()) or None

    return told


def _long_text(read: Reads) -> Tell:
    def told(cells: Sequence[Cell]) -> RecordValue:
        cell = read(cells)
        return (cell if type(cell) is str else text_of(cell)) or None

    return told


def _amount(cell: Cell, style: NumberStyle, wanted: str, currency: str) -> Told:
    figure = read_figure(cell, style)
    if figure.percent:
        raise CellRefused(f"“{text_of(cell)}” is a percentage")
    if not figure.currency:
        return figure.value
    return Beside({wanted: figure.value, currency: figure.currency})


def _flag(said: str) -> bool:
    """Raises `CellRefused`."""
    if said.casefold() in YES:
        return True
    if said.casefold() in NO:
        return False
    raise CellRefused(f"“{said}” is neither yes nor no")
