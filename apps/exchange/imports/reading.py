"""Rows of a file as lines of documents: each cell read as its field, with what is wrong with it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.core.money import rounded
from apps.exchange.imports.styles import DAYS, NUMBERS, Styles
from apps.exchange.profiles import Field, Profile
from apps.exchange.profiles.shape import OF_DOCUMENT
from apps.exchange.tables.dates import read_date
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.numbers import read_number, read_percent
from apps.exchange.tables.port import Cell, CellRefused, FileRefused, Row, RowKind

ZERO = Decimal(0)
Reads = Callable[[Sequence[Cell]], Cell]
# Their cells are read as they are: a workbook's numbers and days are no texts.
AS_CELLS = frozenset((*NUMBERS, *DAYS))


@dataclass(slots=True)
class Line:
    """One row as its profile reads it. `trouble` says why it cannot be read; amounts are nil then.

    `item` is in upper case, since codes that differ in case alone are one item; `spelled` is as the
    file has it. `discount` is a percentage.
    """

    row: int
    number: str
    day: date | None
    due: date | None
    customer_code: str
    customer_name: str
    country: str
    currency: str
    purchase_order_number: str
    message: str
    item: str
    spelled: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    discount: Decimal | None
    tax_code: str
    trouble: str = ""

    @property
    def exact(self) -> Decimal:
        return self.quantity * self.unit_price


class Reader:
    """Reads rows by a profile, for a file of these headings.

    Raises `FileRefused` where a field that the profile requires has neither column nor constant.
    """

    def __init__(
        self, profile: Profile, headings: Sequence[str], styles: Styles | None = None
    ) -> None:
        self.profile = profile
        self.styles = styles or Styles()
        self._named: dict[Field, str] = {}
        self._above: dict[Field, Cell] = {}
        keys = [heading_key(each) for each in headings]
        self._column = {each: self._find(each, headings, keys) for each in Field}
        if missing := [each for each in profile.required if not self._is_told(each)]:
            names = ", ".join(self._called(each) for each in missing)
            needed = ", ".join(self._called(each) for each in profile.required)
            raise FileRefused(
                f"The file has no column {names}; the profile {profile.code} needs {needed}."
            )
        # What stands on every row alike is not read from each.
        self._fixed = {each: profile.constants.get(each, "") for each in Field}
        self.columns = {each: place for each, place in self._column.items() if place is not None}
        self._read = [(each, self._reads(each, place)) for each, place in self.columns.items()]

    def _find(self, wanted: Field, headings: Sequence[str], keys: Sequence[str]) -> int | None:
        for heading in self.profile.columns.get(wanted, ()):
            if (key := heading_key(heading)) in keys:
                place = keys.index(key)
                self._named[wanted] = headings[place]
                return place
        return None

    def _is_told(self, wanted: Field) -> bool:
        return self._column[wanted] is not None or wanted in self.profile.constants

    def _called(self, wanted: Field) -> str:
        return self._named.get(wanted) or next(iter(self.profile.columns.get(wanted, ())), wanted)

    def _reads(self, wanted: Field, place: int) -> Reads:
        """From cells to the text of a field, as the profile means it."""
        constant = self.profile.constants.get(wanted, "")
        if wanted in AS_CELLS and not (self.profile.values.get(wanted) or constant):
            return lambda cells: _filled(cells[place])
        meant = {k.casefold(): v for k, v in self.profile.values.get(wanted, {}).items()}
        ending = self.profile.endings.get(wanted, "")
        if not (meant or ending or constant):
            return lambda cells: _text(cells[place])
        closed = wanted in self.profile.closed

        def read(cells: Sequence[Cell]) -> str:
            written = _text(cells[place]).removesuffix(ending) or constant
            return meant.get(written.casefold(), "" if closed else written) if meant else written

        return read

    def lines(self, rows: Iterable[Row]) -> Iterator[Line]:
        """The rows that hold data, in the order of the file."""
        for row in rows:
            if row.kind is RowKind.BODY:
                yield self._line(row)

    def _line(self, row: Row) -> Line:
        cells: dict[Field, Cell] = dict(self._fixed)
        for each, read in self._read:
            cells[each] = read(row.cells)
        if self.profile.fills_down:
            self._fill_down(cells)
        told = {each: cell if isinstance(cell, str) else "" for each, cell in cells.items()}
        troubles: list[str] = []

        def number(wanted: Field) -> Decimal:
            if not cells[wanted] and wanted not in self.profile.required:
                return ZERO
            return self._number(wanted, cells[wanted], troubles)

        if row.surplus:
            troubles.append("it has more cells than there are headings")
        if not told[Field.NUMBER]:
            troubles.append("it names no document")
        if Field.ITEM_CODE in self.profile.required and not told[Field.ITEM_CODE]:
            troubles.append("it names no item")
        line = Line(
            row=row.number,
            number=told[Field.NUMBER],
            day=self._day(Field.DATE, cells[Field.DATE], troubles),
            due=self._day(Field.DUE_DATE, cells[Field.DUE_DATE], troubles),
            customer_code=told[Field.CUSTOMER_CODE],
            customer_name=told[Field.CUSTOMER_NAME],
            country=told[Field.COUNTRY],
            currency=told[Field.CURRENCY].upper(),
            purchase_order_number=told[Field.PURCHASE_ORDER],
            message=told[Field.MESSAGE],
            item=told[Field.ITEM_CODE].upper(),
            spelled=told[Field.ITEM_CODE],
            description=" ".join(told[Field.DESCRIPTION].split()),
            quantity=number(Field.QUANTITY),
            unit_price=number(Field.UNIT_PRICE),
            discount=number(Field.DISCOUNT_PERCENT) or None,
            tax_code=told[Field.TAX_CODE],
        )
        if cells[Field.LINE_AMOUNT] and not troubles:
            self._compare(line, number(Field.LINE_AMOUNT), troubles)
        line.trouble = "; ".join(troubles)
        return line

    def _fill_down(self, told: dict[Field, Cell]) -> None:
        """What a document's further rows leave empty stands on its first."""
        if told[Field.NUMBER] and told[Field.NUMBER] != self._above.get(Field.NUMBER):
            self._above = {each: told[each] for each in OF_DOCUMENT}
            return
        for each in OF_DOCUMENT:
            told[each] = told[each] or self._above.get(each, "")

    def _number(self, wanted: Field, cell: Cell, troubles: list[str]) -> Decimal:
        style = self.styles.number(wanted)
        try:
            if wanted is Field.DISCOUNT_PERCENT:
                return read_percent(cell, style)
            return read_number(cell, style)
        except CellRefused as refusal:
            troubles.append(f"{self._called(wanted)} {str(refusal).rstrip('.')}")
            return ZERO

    def _day(self, wanted: Field, cell: Cell, troubles: list[str]) -> date | None:
        if not cell and wanted not in self.profile.required:
            return None
        try:
            return read_date(cell, self.styles.day(wanted))
        except CellRefused as refusal:
            troubles.append(f"{self._called(wanted)} {str(refusal).rstrip('.')}")
            return None

    def _compare(self, line: Line, amount: Decimal, troubles: list[str]) -> None:
        discounted = line.exact * (100 - (line.discount or ZERO)) / 100
        currency = line.currency or "EUR"
        if not troubles and rounded(discounted, currency) != amount:
            troubles.append(
                f"{self._called(Field.LINE_AMOUNT)} {amount:f} is not what quantity and price come "
                f"to, {rounded(discounted, currency):f}"
            )


def _filled(cell: Cell) -> Cell:
    return cell.strip() if isinstance(cell, str) else cell


def _text(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)
