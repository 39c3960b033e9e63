"""Cells as numbers, as people write them: the decimal mark is told by the whole column, never by one.

`1,234` is a thousand or one and a bit. `NumberEvidence` sees every cell of a column and says which
mark its decimals have, or that nothing tells; with that `NumberStyle` each cell is read, exactly.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from apps.core.money import is_currency
from apps.exchange.tables.port import Cell, CellRefused
from apps.exchange.tables.sentences import quoted

POINT, COMMA = ".", ","
_LONGEST = 60  # signs of a number, currency and blanks included
_EXCEL_DIGITS = 15  # what Excel calculates with and shows; a float has two more, which are noise
_BLANKS = " \u00a0\u202f\u2007\u2009\u3000\t"
_MINUS = "-\u2212\u2013\ufe63\uff0d"
_APOSTROPHES = "'’"

_PLAIN = re.compile(r"-?[0-9]{1,30}(?:\.[0-9]{1,20})?")  # as programs write them
_EXPONENT = re.compile(r"[-+]?[0-9]+(?:[.,][0-9]+)?[eE][-+]?[0-9]+")
# A point after a letter belongs to the word: "Rs.500".
_BODY = re.compile(rf"[0-9][0-9.,{_BLANKS}{_APOSTROPHES}]*|(?<![^\W\d_])[.,][0-9]+")
_BLANK_GROUPS = re.compile(r"[0-9]{1,3}(?:'[0-9]{3})+(?:[.,][0-9]*)?")
# Groups of three, or as in India of two with three at the end.
_GROUPS = {
    mark: re.compile(
        rf"[0-9]{{1,3}}(?:[{mark}][0-9]{{3}})+|[0-9]{{1,2}}(?:[{mark}][0-9]{{2}})*[{mark}][0-9]{{3}}"
    )
    for mark in (POINT, COMMA)
}
_WORDS_OF_MONEY = frozenset({"kr", "kr.", "zł", "kč", "ft", "fr", "fr.", "rs", "rs.", "лв", "дин"})
_SIGN = re.compile(r"[A-Z]{0,3}(\W)")  # "€", "US$"


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and what stood beside it: `currency` as written ("€", "EUR", ""), a percent sign."""

    value: Decimal
    currency: str = ""
    percent: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class NumberStyle:
    """How a column writes its numbers. `decimal_mark` is "." or ","; what groups digits follows."""

    decimal_mark: str = POINT

    @property
    def group_mark(self) -> str:
        return COMMA if self.decimal_mark == POINT else POINT


@dataclass(slots=True)
class NumberEvidence:
    """What the cells of a column say of their decimal mark. Feed it every cell, then ask.

    Texts that are no numbers say nothing, and are refused when read.
    """

    pointed: str = ""  # the first cell whose decimals have a point
    with_comma: str = ""  # … a comma
    either: str = ""  # … that may be read both ways

    def add(self, cell: Cell) -> None:
        if type(cell) is not str:
            return
        point, comma = POINT in cell, COMMA in cell
        if not (point or comma):
            return
        if (self.pointed and not comma) or (self.with_comma and not point):
            return  # it can tell nothing new: most cells of a column end here
        mark = _mark_of(cell)
        if mark == "?":
            self.either = self.either or cell
        elif mark == POINT and _is_number(cell, POINT):
            self.pointed = self.pointed or cell
        elif mark == COMMA and _is_number(cell, COMMA):
            self.with_comma = self.with_comma or cell

    def add_all(self, cells: Iterable[Cell]) -> "NumberEvidence":
        for cell in cells:
            self.add(cell)
        return self

    @property
    def style(self) -> NumberStyle | None:
        """The style that the column settles; None where a person has to choose."""
        if self.pointed and self.with_comma:
            return None
        if self.pointed or self.with_comma:
            return NumberStyle(decimal_mark=POINT if self.pointed else COMMA)
        return None if self.either else NumberStyle()

    @property
    def doubt(self) -> str:
        """Why no style is settled, in a sentence; "" where one is."""
        if self.pointed and self.with_comma:
            return (
                f"{quoted(self.pointed)} has a decimal point and {quoted(self.with_comma)} a decimal "
                "comma. Choose which is right; the other rows will be refused."
            )
        if self.style is None:
            return (
                f"{quoted(self.either)} may be a thousand or a number with three decimals, and no "
                "other number in the column tells. Choose the decimal mark."
            )
        return ""


def read_figure(cell: Cell, style: NumberStyle) -> Figure:
    """The number in a cell, exactly as written, and the currency or percent sign beside it.

    Minus may stand before, behind (`12.00-`) or as brackets. A number of a workbook is taken with the
    15 digits that Excel has: 0.30000000000000004 is 0.3. Raises `CellRefused`.
    """
    if isinstance(cell, Decimal):
        return Figure(_as_excel_has_it(cell))
    if not isinstance(cell, str):
        raise _no_number(cell, "")
    if style.decimal_mark == POINT and _PLAIN.fullmatch(cell):
        return Figure(Decimal(cell))
    text = cell.strip(_BLANKS + "\r\n")
    if len(text) > _LONGEST:
        raise _no_number(cell, "")
    if _EXPONENT.fullmatch(text):
        raise CellRefused(
            f"{quoted(cell)} is a number that Excel has shortened, and its other digits are lost. "
            "Format the column as a number (or as text for codes) where it comes from, and export "
            "again."
        )
    negative, rest = _without_minus(text, cell)
    currency, percent, digits = _without_signs(rest, cell)
    value = _value(digits, style, cell)
    # Not `-value`, which rounds to the digits of the context.
    return Figure(value.copy_negate() if negative else value, currency, percent)


def read_number(cell: Cell, style: NumberStyle) -> Decimal:
    """An amount or a quantity; a percent sign is refused. Raises `CellRefused`."""
    figure = read_figure(cell, style)
    if figure.percent:
        raise CellRefused(f"{quoted(cell)} is a percentage, and an amount is expected.")
    return figure.value


def read_percent(cell: Cell, style: NumberStyle) -> Decimal:
    """A percentage: 5 of both "5%" and "5". Raises `CellRefused`.

    A workbook keeps a cell formatted as 5% as 0.05, and nothing in it tells that from 0.05 percent:
    the layout has to know.
    """
    figure = read_figure(cell, style)
    if figure.currency:
        raise CellRefused(f"{quoted(cell)} is an amount of money, and a percentage is expected.")
    return figure.value


def _as_excel_has_it(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise _no_number(number, "")
    digits = len(number.as_tuple().digits)
    if digits <= _EXCEL_DIGITS:
        return number
    whole = number.adjusted()
    return number.quantize(Decimal(1).scaleb(whole - _EXCEL_DIGITS + 1)).normalize() + 0


def _no_number(cell: object, why: str) -> CellRefused:
    return CellRefused(f"{quoted(cell)} is not a number{why}.")


def _without_minus(text: str, cell: Cell) -> tuple[bool, str]:
    """Whether the number is negative, and the text without the sign of it."""
    negative = 0
    if text.startswith("(") and text.endswith(")"):
        negative, text = 1, text[1:-1].strip(_BLANKS)
    signs = [sign for sign in text if sign in _MINUS]
    if len(signs) + negative > 1:
        raise _no_number(cell, ": it has two signs")
    if not signs:
        return bool(negative), text.removeprefix("+")
    if text[0] in _MINUS or text[-1] in _MINUS:
        return True, text.strip(_MINUS + _BLANKS)
    before, _, after = text.partition(signs[0])
    if _is_money(before.strip(_BLANKS)):  # "$-400.00"
        return True, before + after.lstrip(_BLANKS)
    raise _no_number(cell, "")


def _without_signs(text: str, cell: Cell) -> tuple[str, bool, str]:
    """Currency, whether there is a percent sign, and the digits with their marks."""
    body = _BODY.search(text)
    if body is None:
        raise _no_number(cell, "")
    before = text[: body.start()].strip(_BLANKS)
    after = text[body.end() :].strip(_BLANKS)
    digits = body.group().rstrip(_BLANKS)
    # "Rs.500" and "Fr.500": the point belongs to the word, and has been left to it.
    if after == "%" and not before:
        return "", True, digits
    signs = [each for each in (before, after) if each]
    if len(signs) > 1 or not all(map(_is_money, signs)):
        raise _no_number(cell, "")
    currency = signs[0] if signs else ""
    return (
        (currency.upper() if currency.isalpha() and len(currency) == 3 else currency),
        False,
        digits,
    )


def _is_money(text: str) -> bool:
    if text.casefold() in _WORDS_OF_MONEY:
        return True
    if is_currency(text.upper()):
        return True
    match = _SIGN.fullmatch(text)
    return match is not None and unicodedata.category(match[1]) == "Sc"


def _value(digits: str, style: NumberStyle, cell: Cell) -> Decimal:
    if not digits.isascii():
        digits = "".join("'" if sign in _BLANKS or sign == "’" else sign for sign in digits)
    plain = digits.replace(" ", "'")
    if "'" in plain:
        if not _BLANK_GROUPS.fullmatch(plain):
            raise _no_number(cell, "")
        plain = plain.replace("'", "")
    mark, group = style.decimal_mark, style.group_mark
    whole, _, decimals = plain.partition(mark)
    if group in whole:
        if not _GROUPS[group].fullmatch(whole):
            raise _other_mark(cell, style)
        whole = whole.replace(group, "")
    if (decimals and not decimals.isdecimal()) or not (whole + decimals).isascii():
        raise _other_mark(cell, style)
    if not (whole or decimals) or (whole and not whole.isdecimal()):
        raise _no_number(cell, "")
    return Decimal(f"{whole or '0'}.{decimals}" if decimals else whole)


def _other_mark(cell: Cell, style: NumberStyle) -> CellRefused:
    name = "point" if style.decimal_mark == POINT else "comma"
    return _no_number(cell, f" with a decimal {name}, as the column is read")


def _is_number(cell: Cell, mark: str) -> bool:
    try:
        read_figure(cell, NumberStyle(decimal_mark=mark))
    except CellRefused:
        return False
    return True


def _mark_of(text: str) -> str:
    """The decimal mark of a number: "." or ","; "?" where it may be either; "" where it has none."""
    body = _BODY.search(text[:_LONGEST])
    if body is None or _EXPONENT.fullmatch(text.strip()):
        return ""
    digits = body.group().strip(_BLANKS)
    grouped = any(sign in digits for sign in _BLANKS + _APOSTROPHES)
    points, commas = digits.count(POINT), digits.count(COMMA)
    if points and commas:
        last = POINT if digits.rfind(POINT) > digits.rfind(COMMA) else COMMA
        return last if min(points, commas) == 1 and digits.count(last) == 1 else ""
    mark, other = (POINT, COMMA) if points else (COMMA, POINT)
    count = points or commas
    if count == 0:
        return ""
    if grouped:
        return mark if count == 1 else ""
    if count > 1:
        return other if _GROUPS[mark].fullmatch(digits) else ""
    whole, _, decimals = digits.partition(mark)
    if len(decimals) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0"):
        return "?"
    return mark
