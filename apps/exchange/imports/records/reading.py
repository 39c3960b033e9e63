"""Rows of a file as what they tell, field by field, with what is wrong with them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from apps.connectors.profiles import RecordProfile
from apps.exchange.documents import Note, Refusal
from apps.exchange.imports.columns import Columns, is_blank, text_of
from apps.exchange.imports.shapes import Shape, shape_of
from apps.exchange.imports.styles import Styles
from apps.exchange.tables.dates import DateStyle, read_date
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.numbers import read_number, read_percent
from apps.exchange.tables.port import Cell, CellRefused, Row, RowKind

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


class RecordReader:
    """Reads rows by a profile, for a file of these headings. Raises `FileRefused` as `Columns` does."""

    def __init__(
        self, profile: RecordProfile, headings: Sequence[str], styles: Styles | None = None
    ) -> None:
        self.profile = profile
        self.styles = styles or Styles()
        self.shape: Shape[Any] = shape_of(profile)
        self._columns: Columns[str] = Columns(profile, self.shape, headings, self.styles)
        self._read = self._columns.readers()
        self._days = {each: self._day_style(each) for each in self.shape.days}
        self._left_out = {
            each: {said.casefold(): why for said, why in reasons.items()}
            for each, reasons in profile.left_out.items()
        }

    def records(self, rows: Iterable[Row]) -> Iterator[ReadRecord]:
        """The rows that hold data, in the order of the file."""
        for row in rows:
            if row.kind is RowKind.BODY:
                yield self._record(row)

    def _record(self, row: Row) -> ReadRecord:
        cells: dict[str, Cell] = {**self.profile.constants}
        for each, read in self._read:
            cell = read(row.cells)
            if not is_blank(cell) or each not in cells:
                cells[each] = cell
        reason = self._why_left_out(cells)
        if reason is not None:
            return ReadRecord(row.number, {}, left_out=reason)
        troubles = ["it has more cells than there are headings"] if row.surplus else []
        told: dict[str, RecordValue] = {}
        for each, cell in cells.items():
            if is_blank(cell):
                if each in self.profile.required:
                    troubles.append(f"{self._columns.called(each)} is empty")
                elif each in self.profile.blank_tells:
                    told[each] = "" if self._is_text(each) else None
            else:
                self._tell(each, cell, told, troubles)
        return ReadRecord(row.number, told, "; ".join(troubles))

    def _why_left_out(self, cells: Mapping[str, Cell]) -> str | None:
        for each, reasons in self._left_out.items():
            said = text_of(cells.get(each)).casefold()
            if said in reasons:
                return reasons[said]
        return None

    def _day_style(self, wanted: str) -> DateStyle:
        style, heading = self.styles.day(wanted), heading_key(self._columns.called(wanted))
        zones = {heading_key(each): zone for each, zone in self.profile.times_in.items()}
        if heading not in zones:
            return style
        return replace(style, written_in=ZoneInfo(zones[heading]))

    def _is_text(self, wanted: str) -> bool:
        shape = self.shape
        return wanted not in shape.as_cells and wanted not in shape.flags

    def _tell(
        self, wanted: str, cell: Cell, told: dict[str, RecordValue], troubles: list[str]
    ) -> None:
        shape = self.shape
        try:
            if wanted in shape.percentages:
                told[wanted] = read_percent(cell, self.styles.number(wanted))
            elif wanted in shape.numbers:
                told[wanted] = read_number(cell, self.styles.number(wanted))
            elif wanted in shape.days:
                told[wanted] = read_date(cell, self._days[wanted])
            elif wanted in shape.flags:
                told[wanted] = _flag(text_of(cell))
            elif wanted in shape.long_texts:
                told[wanted] = cell if isinstance(cell, str) else text_of(cell)
            else:
                told[wanted] = " ".join(text_of(cell).split())
        except CellRefused as refusal:
            troubles.append(f"{self._columns.called(wanted)} {str(refusal).rstrip('.')}")


def _flag(said: str) -> bool:
    """Raises `CellRefused`."""
    if said.casefold() in YES:
        return True
    if said.casefold() in NO:
        return False
    raise CellRefused(f"“{said}” is neither yes nor no")
