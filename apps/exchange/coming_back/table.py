"""A small table that came back: its rows as fields, whatever dialect and order of columns."""

import tempfile
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from apps.exchange.tables.dates import DateEvidence, DateStyle, read_date
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.look import look
from apps.exchange.tables.numbers import NumberEvidence, NumberStyle, read_number
from apps.exchange.tables.port import Cell, DayOrder, FileRefused, Row, RowKind
from apps.exchange.tables.rows import rows

LARGEST = 5_000_000  # bytes
MOST_ROWS = 20_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Columns:
    """Which headings mean which field; the first of them is how it is called in our own words."""

    headings: Mapping[str, Sequence[str]]
    required: Collection[str]
    numbers: Collection[str] = ()
    days: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Read:
    """A row of the file, by field; a field that the file has not is empty."""

    number: int
    cells: Mapping[str, Cell]
    styles: "Styles"

    def text(self, name: str) -> str:
        cell = self.cells.get(name)
        return "" if cell is None else str(cell).strip()

    def figure(self, name: str) -> Decimal | None:
        """Raises `CellRefused`."""
        return read_number(self.cells[name], self.styles.number) if self.text(name) else None

    def day(self, name: str) -> date | None:
        """Raises `CellRefused`."""
        return read_date(self.cells[name], self.styles.day) if self.text(name) else None


@dataclass(frozen=True, slots=True)
class Styles:
    number: NumberStyle
    day: DateStyle


def read_table(
    content: bytes, columns: Columns, *, order: str = "", decimal_mark: str = ""
) -> list[Read]:
    """Its rows. `order` (of day and month, as `DayOrder`) and `decimal_mark` are what a person says
    where the file leaves them open. Raises `FileRefused` with what to do."""
    if not content:
        raise FileRefused("The file is empty.")
    if len(content) > LARGEST:
        raise FileRefused("The file is larger than 5 MB. Split it into several.")
    with tempfile.NamedTemporaryFile(prefix="came-back-") as file:
        file.write(content)
        file.flush()
        return _read(Path(file.name), columns, order, decimal_mark)


def _read(path: Path, columns: Columns, order: str, decimal_mark: str) -> list[Read]:
    known = {heading_key(each): name for name, given in columns.headings.items() for each in given}
    seen = look(
        path, known_headings=[each for given in columns.headings.values() for each in given]
    )
    if seen.doubts:
        raise FileRefused(" ".join(each.sentence for each in seen.doubts))
    places = _places(seen.headings, known, columns)
    body = [each for each in rows(path, seen.dialect) if each.kind is RowKind.BODY]
    if len(body) > MOST_ROWS:
        raise FileRefused(f"The file has more than {MOST_ROWS:,} rows. Split it into several.")
    styles = _styles(body, places, columns, order, decimal_mark, seen.dialect.date_1904)
    return [
        Read(each.number, {name: each.cells[place] for name, place in places.items()}, styles)
        for each in body
    ]


def _places(headings: Sequence[str], known: Mapping[str, str], columns: Columns) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = known.get(heading_key(heading))
        if name is None:
            continue
        if name in places:
            raise FileRefused(
                f"Two columns are both “{columns.headings[name][0]}”. Leave one of them out."
            )
        places[name] = place
    missing = [columns.headings[each][0] for each in columns.required if each not in places]
    if missing:
        raise FileRefused(
            f"No column is called {' or '.join(f'“{each}”' for each in missing)}. Name it so in the "
            "first row, then bring the file again."
        )
    return places


def _styles(
    body: Sequence[Row],
    places: Mapping[str, int],
    columns: Columns,
    order: str,
    decimal_mark: str,
    date_1904: bool,
) -> Styles:
    """By all cells of the file together: one file is written in one way."""
    numbers, days = NumberEvidence(), DateEvidence()
    for row in body:
        for name, place in places.items():
            if name in columns.numbers:
                numbers.add(row.cells[place])
            elif name in columns.days:
                days.add(row.cells[place])
    if numbers.doubt and not decimal_mark:
        raise FileRefused(numbers.doubt)
    if days.doubt and not order:
        raise FileRefused(days.doubt)
    mark = NumberStyle(decimal_mark=decimal_mark) if decimal_mark else numbers.style
    day = DayOrder(order) if order else days.order
    return Styles(
        mark or NumberStyle(),
        DateStyle(order=day or DayOrder.DAY_FIRST, serials=days.serials, date_1904=date_1904),
    )
