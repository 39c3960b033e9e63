"""Lays records out as a layout says: rows of ready CSV, and what it cannot hold, in sentences."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Final

from apps.billing.models import Customer, Item, TaxRate
from apps.connectors.layouts import Column, Credits, Formulas, Holds, Layout, TooLong
from apps.exchange.exports import records
from apps.exchange.exports.cells import Cell, Money, decimals_of, number_text
from apps.exchange.exports.records import Choice, Line, Received, Sold
from apps.exchange.exports.sources import (
    HEADS,
    LINES,
    SIMPLE,
    LineOf,
    Terms,
    priced,
    sign_of,
)
from apps.exchange.tables.formulas import escaped, is_formula, kept_by_reading

SHORT: Final = 40  # characters of a text that a sentence quotes
TO_QUOTE: Final = re.compile(r'[",\r\n]|^\s|\s$')


@dataclass(frozen=True, kw_only=True, slots=True)
class Objection:
    """What the layout cannot hold. `left_out`: the whole document stays out because of it."""

    what: str
    sentence: str
    left_out: bool


@dataclass(slots=True)
class Laid:
    """A document as rows of CSV, each with its line end; none where it is left out.

    `total` is what it adds to the control total of its currency, signed; None: it has none.
    """

    called: str
    rows: list[str] = field(default_factory=list)
    objections: list[Objection] = field(default_factory=list)
    currency: str = ""
    total: Decimal | None = None

    @property
    def is_left_out(self) -> bool:
        return any(each.left_out for each in self.objections)

    def object(self, sentence: str, *, left_out: bool) -> None:
        told = Objection(what=self.called, sentence=sentence, left_out=left_out)
        if told not in self.objections:
            self.objections.append(told)


@dataclass
class Laying:
    """One layout, under one person's answers."""

    terms: Terms
    formulas: Formulas

    def __post_init__(self) -> None:
        self.layout = self.terms.layout
        self._patterns = {
            each.heading: re.compile(each.only) for each in self.layout.columns if each.only
        }
        self._of_head = [(place, each, HEADS[each.source]) for place, each in self._from(HEADS)]
        self._of_line = [(place, each, LINES[each.source]) for place, each in self._from(LINES)]
        self._blank = [_quoted(each.constant, self.layout) for each in self.layout.columns]

    def _from(self, sources: dict[str, Any]) -> list[tuple[int, Column]]:
        return [
            (place, each)
            for place, each in enumerate(self.layout.columns)
            if each.source in sources
        ]

    @property
    def headings(self) -> str:
        return ",".join(_quoted(each.heading, self.layout) for each in self.layout.columns) + "\r\n"

    def of(self, choice: Choice) -> Iterator[Laid]:
        """Every chosen document, laid out; those that stay out with their reason."""
        if self.layout.holds is Holds.DOCUMENTS:
            yield from map(self.document, records.documents(choice))
        elif self.layout.holds is Holds.PAYMENTS:
            yield from map(self.payment, records.payments(choice))
        else:
            yield from map(self.master, self._masters(choice))

    def _masters(self, choice: Choice) -> Iterator[Any]:
        """A layout that says which are in use holds the others too."""
        if self.layout.holds is Holds.TAX_RATES:
            return records.tax_rates(choice)
        all_of_them = any(each.source == "active" for each in self.layout.columns)
        found = records.customers if self.layout.holds is Holds.CUSTOMERS else records.items
        return found(choice, all_of_them=all_of_them)

    # --- one document -------------------------------------------------------------------------

    def document(self, sold: Sold) -> Laid:
        head, sign = sold.head, sign_of(sold.head, self.layout)
        amount = -head.total if head.is_credit else head.total
        laid = Laid(head.called, currency=head.currency, total=amount)
        self._refuse_document(sold, laid)
        if laid.is_left_out:
            return laid
        row = self._blank.copy()
        for place, column, of_head in self._of_head:
            row[place] = self._cell(column, of_head(head, self.terms, sign), laid, 0)
        for line in self._lines(sold):
            worth = priced(head, line, self.layout)
            if worth.is_told and self._shows_price:
                laid.object(
                    f"line {line.position}: written as {number_text(worth.quantity)} × "
                    f"{number_text(worth.price)} without tax: {self.layout.product} takes its "
                    "discount or its price in no other way. The amount is the same.",
                    left_out=False,
                )
            of = LineOf(head, line, self.terms, worth, sign)
            cells = row.copy()
            for place, column, of_line in self._of_line:
                cells[place] = self._cell(column, of_line(of), laid, line.position)
            laid.rows.append(",".join(cells) + "\r\n")
        return self._checked(laid)

    @property
    def _shows_price(self) -> bool:
        return any(each.source == "price" for each in self.layout.columns)

    def _refuse_document(self, sold: Sold, laid: Laid) -> None:
        head, layout, product = sold.head, self.layout, self.layout.product
        if head.is_credit and layout.credits is Credits.REFUSED:
            laid.object(
                f"{product} takes no credit notes by this file. Enter it there by hand.",
                left_out=True,
            )
        if layout.home_currency_only and head.currency != self.terms.home:
            laid.object(
                f"it is in {head.currency}, and this file of {product} has no currency: it would "
                f"arrive as {self.terms.home}.",
                left_out=True,
            )
        if not sold.lines:
            laid.object("it has no lines.", left_out=True)

    def _lines(self, sold: Sold) -> list[Line]:
        """The lines, or one for each account and tax code where only sums are taken in."""
        if not self.layout.sums_per_account:
            return sold.lines
        found: dict[tuple[str, str], Line] = {}
        for line in sold.lines:
            codes = self.terms.codes
            key = codes.account(line.item_id), codes.tax_code(line.tax_rate_id)
            before = found.get(key)
            if before is not None:
                line = before._replace(net=before.net + line.net, tax=before.tax + line.tax)
            found[key] = line
        return list(found.values())

    def values(self, choice: Choice) -> Iterator[list[Cell]]:
        """Rows for a workbook, whose cells have types. Of a layout without limits, which leaves nothing
        out."""
        if self.layout.holds is Holds.DOCUMENTS:
            yield from self._values_of_documents(choice)
            return
        if self.layout.holds is Holds.PAYMENTS:
            yield from self._values_of_payments(choice)
            return
        sources: dict[str, Callable[[Any, Terms], Cell]] = SIMPLE[self.layout.holds]
        for record in self._masters(choice):
            yield [
                _kept(sources[each.source](record, self.terms)) if each.source else each.constant
                for each in self.layout.columns
            ]

    def _values_of_documents(self, choice: Choice) -> Iterator[list[Cell]]:
        for sold in records.documents(choice):
            row: list[Cell] = [each.constant for each in self.layout.columns]
            for place, _, of_head in self._of_head:
                row[place] = _kept(of_head(sold.head, self.terms, 1))
            for line in sold.lines:
                worth = priced(sold.head, line, self.layout)
                of = LineOf(sold.head, line, self.terms, worth, 1)
                cells = row.copy()
                for place, _, of_line in self._of_line:
                    cells[place] = _kept(of_line(of))
                yield cells

    def _values_of_payments(self, choice: Choice) -> Iterator[list[Cell]]:
        sources = SIMPLE[Holds.PAYMENTS]
        for received in records.payments(choice):
            for part in received.parts:
                yield [
                    _kept(sources[each.source]((received, part), self.terms))
                    if each.source
                    else each.constant
                    for each in self.layout.columns
                ]

    # --- payments, customers, items, tax rates ------------------------------------------------

    def payment(self, received: Received) -> Laid:
        payment = received.payment
        laid = Laid(f"Payment {payment}", currency=payment.currency, total=payment.amount)
        for part in received.parts:
            self._simple((received, part), laid)
        return self._checked(laid)

    def master(self, record: Customer | Item | TaxRate) -> Laid:
        laid = Laid(str(record))
        self._simple(record, laid)
        return self._checked(laid)

    def _simple(self, subject: Any, laid: Laid) -> None:
        sources: dict[str, Callable[[Any, Terms], Cell]] = SIMPLE[self.layout.holds]
        row = self._blank.copy()
        for place, column in enumerate(self.layout.columns):
            if column.source:
                row[place] = self._cell(
                    column, sources[column.source](subject, self.terms), laid, 0
                )
        laid.rows.append(",".join(row) + "\r\n")

    # --- one cell -----------------------------------------------------------------------------

    def _cell(self, column: Column, value: Cell, laid: Laid, line: int) -> str:
        if isinstance(value, Money):
            if value.amount < 0 and not self.layout.negative_lines:
                self._refuse_negative(column, laid)
            return number_text(value.amount, decimals_of(value.currency))
        if isinstance(value, str):
            return self._text(column, value, laid, line)
        if isinstance(value, Decimal):
            return number_text(value)
        if isinstance(value, date):
            return value.strftime(self.layout.date_format)
        if isinstance(value, bool):
            return "true" if value else "false"
        if value is None:
            return self._text(column, "", laid, line)
        return str(value)

    def _refuse_negative(self, column: Column, laid: Laid) -> None:
        laid.object(
            f"{_name(column)} comes below nil, and {self.layout.product} takes amounts above nil "
            "alone. Enter it there by hand.",
            left_out=True,
        )

    def _text(self, column: Column, text: str, laid: Laid, line: int) -> str:
        if not text:
            if column.required:
                self._object(
                    column, laid, line, f"is empty, and {self.layout.product} asks for it", True
                )
            return ""
        if column.longest and len(text) > column.longest:
            text = self._shortened(column, text, laid, line)
        pattern = self._patterns.get(column.heading)
        if pattern is not None and not pattern.fullmatch(text):
            self._object(column, laid, line, f"{_said(text)} does not fit there", True)
        if self.formulas is Formulas.ESCAPE:
            text = escaped(text)
        elif is_formula(text):
            self._meet_formula(column, text, laid, line)
        return _quoted(text, self.layout)

    def _shortened(self, column: Column, text: str, laid: Laid, line: int) -> str:
        refused = column.too_long is TooLong.REFUSE
        takes = f"{self.layout.product} takes {column.longest}"
        ends = "shorten it" if refused else "the rest is left out"
        self._object(
            column,
            laid,
            line,
            f"{_said(text)} has {len(text)} characters, {takes}: {ends}",
            refused,
        )
        return text[: column.longest]

    def _meet_formula(self, column: Column, text: str, laid: Laid, line: int) -> None:
        if self.formulas is Formulas.REFUSE:
            told = "begins as a formula does. Change the text, or choose to write it as it is"
        else:
            told = (
                "begins as a formula does, and is written as it is: open the file in no spreadsheet"
            )
        self._object(column, laid, line, f"{_said(text)} {told}", self.formulas is Formulas.REFUSE)

    def _object(self, column: Column, laid: Laid, line: int, told: str, left_out: bool) -> None:
        where = f"line {line}: " if line else ""
        hint = f" {column.hint}" if column.hint and left_out else ""
        laid.object(f"{where}{_name(column)} {told}.{hint}", left_out=left_out)

    def _checked(self, laid: Laid) -> Laid:
        """Without rows where it is left out, or where no file of the product has room for it."""
        layout = self.layout
        room = layout.most_rows - 1
        if layout.most_rows and len(laid.rows) > room:
            laid.object(
                f"it has {len(laid.rows)} lines, and a file of {layout.product} {room}.",
                left_out=True,
            )
        size = sum(len(each.encode()) for each in laid.rows) if layout.most_bytes else 0
        if layout.most_bytes and size + len(self.headings.encode()) > layout.most_bytes:
            laid.object(
                f"it is larger than {layout.most_bytes:,} bytes, a whole file of {layout.product}.",
                left_out=True,
            )
        if laid.is_left_out:
            laid.rows = []
        return laid


def _kept(value: Cell) -> Cell:
    return kept_by_reading(value) if isinstance(value, str) else value


def _name(column: Column) -> str:
    return column.heading.lstrip("*")


def _said(text: str) -> str:
    shown = text if len(text) <= SHORT else f"{text[:SHORT]}…"
    return f"“{shown}”"


def _quoted(text: str, layout: Layout) -> str:
    """Texts of files for people are always quoted, those for machines where they must be."""
    if text and (layout.bom or TO_QUOTE.search(text)):
        return '"' + text.replace('"', '""') + '"'
    return text
