"""Rows of a file as lines of documents: each cell read as its field, with what is wrong with it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.connectors.profiles import (
    DAYS,
    OF_DOCUMENT,
    PERCENTAGES,
    Field,
    Profile,
)
from apps.core.money import rounded
from apps.exchange.documents import NOTHING, Told, Value, nothing
from apps.exchange.imports.columns import Columns, is_blank
from apps.exchange.imports.nesting import nested_cells
from apps.exchange.imports.shapes import DOCUMENTS
from apps.exchange.imports.styles import Styles
from apps.exchange.tables.dates import read_date
from apps.exchange.tables.numbers import read_figure, read_number, read_percent
from apps.exchange.tables.port import Cell, CellRefused, Row, RowKind

ZERO, ONE = Decimal(0), Decimal(1)
AS_CELLS = DOCUMENTS.as_cells
# What every line is asked for; the other fields are told where the file has them.
ALWAYS = (
    *(Field.NUMBER, Field.KIND, Field.DATE, Field.CURRENCY),
    *(Field.CUSTOMER_CODE, Field.CUSTOMER_NAME, Field.COUNTRY),
    *(Field.ITEM_CODE, Field.ITEM_NAME, Field.DESCRIPTION, Field.QUANTITY, Field.UNIT_PRICE),
)


@dataclass(slots=True)
class Line:
    """One row as its profile reads it, or one line inside it. `trouble` says why it cannot be read;
    amounts are nil then.

    `key` is the same on all lines of a document. `item` is in upper case, since codes that differ in
    case alone are one item; `spelled` is as the file has it; `by_name`: it is a name, as written.
    `more` is what else the file tells.
    """

    row: int
    key: str
    number: str
    kind: str
    day: date | None
    customer_code: str
    customer_name: str
    country: str
    currency: str
    item: str
    spelled: str
    description: str
    quantity: Decimal
    unit_price: Decimal
    by_name: bool = False
    more: Told = field(default_factory=nothing)
    trouble: str = ""

    @property
    def exact(self) -> Decimal:
        return self.quantity * self.unit_price

    def amount(self, of: Field) -> Decimal | None:
        told = self.more.get(of)
        return told if isinstance(told, Decimal) else None

    def text(self, of: Field) -> str:
        told = self.more.get(of)
        return told if isinstance(told, str) else ""


class Reader:
    """Reads rows by a profile, for a file of these headings; amounts without a currency are in `home`.

    Raises `FileRefused` where a field that the profile requires has neither column nor constant.
    """

    def __init__(
        self,
        profile: Profile,
        headings: Sequence[str],
        styles: Styles | None = None,
        home: str = "",
    ) -> None:
        self.profile = profile
        self.styles = styles or Styles()
        self._home = home
        self._above: dict[Field, Cell] = {}
        self._columns = Columns(profile, DOCUMENTS, headings, self.styles)
        # What stands on every row alike is not read from each.
        self._fixed: dict[Field, Cell] = {each: profile.constants.get(each, "") for each in ALWAYS}
        if profile.nested is not None:
            self._fixed |= dict.fromkeys(profile.nested.columns, "")
        self._fixed |= profile.constants
        self._read = self._columns.readers()
        told = {*self._fixed, *self._columns.places} - {*ALWAYS, Field.LINES, Field.TAXABLE}
        self._more = [each for each in Field if each in told]

    def lines(self, rows: Iterable[Row]) -> Iterator[Line]:
        """The rows that hold data, in the order of the file, each with the lines inside it."""
        for row in rows:
            if row.kind is not RowKind.BODY:
                continue
            cells = self._fixed.copy()
            for each, read in self._read:
                cells[each] = read(row.cells)
            if self.profile.entries and not self._is_line(cells):
                continue
            if self.profile.fills_down:
                self._fill_down(cells)
            if _said(cells, Field.TAXABLE).casefold() == "no":
                cells[Field.TAX_CODE] = ""
            if self.profile.nested is None:
                yield self._line(row, cells)
            else:
                yield from self._inside(row, cells)

    def _is_line(self, cells: dict[Field, Cell]) -> bool:
        """Whether a row is a line of a document, and not another part of the same entries."""
        entry = _said(cells, Field.ENTRY).casefold()
        return entry in self.profile.entries and bool(_said(cells, Field.NUMBER))

    def _inside(self, row: Row, cells: dict[Field, Cell]) -> Iterator[Line]:
        assert self.profile.nested is not None
        try:
            found = nested_cells(str(cells.get(Field.LINES) or ""), self.profile.nested)
        except CellRefused as refusal:
            yield self._line(row, cells, str(refusal).rstrip("."))
            return
        if not found:
            yield self._line(row, cells, "its cell of lines holds none")
        for told in found:
            meant = {each: self._columns.means(each)(cell) for each, cell in told.items()}
            yield self._line(row, cells | meant)

    def _line(self, row: Row, cells: dict[Field, Cell], trouble: str = "") -> Line:
        troubles: list[str] = [trouble] if trouble else []
        number, kind = _said(cells, Field.NUMBER), _said(cells, Field.KIND)
        code, name = _said(cells, Field.ITEM_CODE), _said(cells, Field.ITEM_NAME)
        description = _said(cells, Field.DESCRIPTION)
        if row.surplus:
            troubles.append("it has more cells than there are headings")
        if not number:
            troubles.append("it names no document")
        if not code and Field.ITEM_CODE in self.profile.required:
            troubles.append("it names no item")
        if self.profile.one_line_texts:
            description = " ".join(description.split())
        line = Line(
            row=row.number,
            key=f"{kind}\0{number}" if kind else number,
            number=number,
            kind=kind,
            day=self._day(Field.DATE, cells, troubles),
            customer_code=_said(cells, Field.CUSTOMER_CODE),
            customer_name=_said(cells, Field.CUSTOMER_NAME),
            country=_said(cells, Field.COUNTRY),
            currency=_said(cells, Field.CURRENCY).upper() or self._home,
            item=code.upper() or name,
            spelled=code or name,
            description=description,
            quantity=self._figure(Field.QUANTITY, cells, troubles),
            unit_price=self._figure(Field.UNIT_PRICE, cells, troubles),
            by_name=not code,
            more=NOTHING,
        )
        if self._more:
            line.more = self._told(cells, troubles)
            self._hold_against_amount(line, cells, troubles)
        line.trouble = "; ".join(troubles)
        return line

    def _fill_down(self, told: dict[Field, Cell]) -> None:
        """What a document's further rows leave empty stands on its first."""
        if told[Field.NUMBER] and told[Field.NUMBER] != self._above.get(Field.NUMBER):
            fields = (*OF_DOCUMENT, *self.profile.fills_too)
            self._above = {each: told[each] for each in fields if each in told}
            return
        for each, above in self._above.items():
            told[each] = told[each] or above

    # --- One field ---

    def _told(self, cells: dict[Field, Cell], troubles: list[str]) -> Told:
        """What the file tells beside what every line is asked for."""
        told: dict[Field, Value] = {}
        for each in self._more:
            cell = cells[each]
            if is_blank(cell):
                if each in self.profile.blank_tells:
                    told[each] = None if each in AS_CELLS else ""
            elif each is Field.DISCOUNT:
                told |= self._discount(cell, troubles)
            elif each in DAYS:
                told[each] = self._day(each, cells, troubles)
            elif each in AS_CELLS:
                told[each] = self._number(each, cell, troubles)
            else:
                told[each] = cell if isinstance(cell, str) else str(cell)
        return told

    def _discount(self, cell: Cell, troubles: list[str]) -> dict[Field, Value]:
        style = self.styles.number(Field.DISCOUNT)
        try:
            figure = read_figure(cell, style)
        except CellRefused as refusal:
            self._refuse(Field.DISCOUNT, refusal, troubles)
            return {}
        which = Field.DISCOUNT_PERCENT if figure.percent else Field.DISCOUNT_AMOUNT
        return {which: figure.value or None}

    def _figure(self, wanted: Field, cells: dict[Field, Cell], troubles: list[str]) -> Decimal:
        cell = cells[wanted]
        if not cell and wanted not in self.profile.required:
            return ZERO
        return self._number(wanted, cell, troubles)

    def _number(self, wanted: Field, cell: Cell, troubles: list[str]) -> Decimal:
        style = self.styles.number(wanted)
        try:
            if wanted in PERCENTAGES:
                return read_percent(cell, style)
            return read_number(cell, style)
        except CellRefused as refusal:
            self._refuse(wanted, refusal, troubles)
            return ZERO

    def _day(self, wanted: Field, cells: dict[Field, Cell], troubles: list[str]) -> date | None:
        cell = cells[wanted]
        if not cell and wanted not in self.profile.required:
            return None
        try:
            return read_date(cell, self.styles.day(wanted))
        except CellRefused as refusal:
            self._refuse(wanted, refusal, troubles)
            return None

    def _refuse(self, wanted: Field, refusal: CellRefused, troubles: list[str]) -> None:
        troubles.append(f"{self._columns.called(wanted)} {str(refusal).rstrip('.')}")

    def _hold_against_amount(
        self, line: Line, cells: dict[Field, Cell], troubles: list[str]
    ) -> None:
        """The line's own amount is quantity × price less its discount, unless it is all there is."""
        amount = line.amount(Field.LINE_AMOUNT)
        alone = self.profile.amount_alone and not (cells[Field.QUANTITY] or cells[Field.UNIT_PRICE])
        if alone and amount is None and not troubles:
            troubles.append("it has neither quantity and price nor an amount")
        if amount is None or troubles:
            return
        if alone:
            line.quantity, line.unit_price = ONE, amount
            return
        percent = line.amount(Field.DISCOUNT_PERCENT) or ZERO
        discount = line.amount(Field.DISCOUNT_AMOUNT) or ZERO
        worth = rounded(line.exact * (100 - percent) / 100 - discount, line.currency or "EUR")
        if worth != amount:
            troubles.append(
                f"{self._columns.called(Field.LINE_AMOUNT)} {amount:f} is not what quantity and price come "
                f"to, {worth:f}"
            )


def _said(cells: dict[Field, Cell], wanted: Field) -> str:
    cell = cells.get(wanted)
    return cell if isinstance(cell, str) else ""
