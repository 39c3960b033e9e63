"""Cells as values: numbers, days, flags, texts and codes. What is none is refused in a sentence."""

import re
from datetime import date, datetime, time
from decimal import Decimal

from apps.exchange.tables.dates import DateEvidence, DateStyle, read_date, read_moment
from apps.exchange.tables.headings import is_filled
from apps.exchange.tables.numbers import (
    Figure,
    NumberEvidence,
    NumberStyle,
    read_figure,
    read_number,
    read_percent,
)
from apps.exchange.tables.port import Cell, CellRefused
from apps.exchange.tables.sentences import quoted

__all__ = [
    "DateEvidence",
    "DateStyle",
    "Figure",
    "NumberEvidence",
    "NumberStyle",
    "is_filled",
    "read_code",
    "read_date",
    "read_figure",
    "read_flag",
    "read_moment",
    "read_number",
    "read_percent",
    "read_text",
]

# As spreadsheets show that a formula went wrong.
ERRORS = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
    | {"#BEZUG!", "#NV", "#WERT!", "#ZAHL!", "#VALEUR!", "#NOM?", "#NOMBRE!", "#ERROR!", "#FIELD!"}
)
_SAFE_DIGITS = Decimal(10) ** 15  # past it a workbook has put noughts for the last digits
_SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?E\+?[0-9]{2}")

_YES = frozenset(
    [
        "yes",
        "y",
        "true",
        "t",
        "1",
        "x",
        "✓",
        "✔",
        "☑",
        "on",
        "ja",
        "j",
        "wahr",
        "oui",
        "o",
        "vrai",
        "si",
        "sí",
        "s",
        "verdadero",
        "sì",
        "vero",
        "sim",
    ]
)
_NO = frozenset(
    [
        "no",
        "n",
        "false",
        "f",
        "0",
        "off",
        "nein",
        "falsch",
        "non",
        "faux",
        "falso",
        "não",
        "nao",
        "nee",
        "☐",
        "✗",
        "✘",
        "-",
    ]
)


def read_flag(cell: Cell) -> bool:
    """Yes or no: 1, x, true and the words of several languages. Raises `CellRefused`.

    A blank cell is neither: what it means the layout has to say.
    """
    if isinstance(cell, bool):
        return cell
    text = "" if cell is None else str(cell).strip().casefold().removesuffix(".0")
    if text in _YES:
        return True
    if text in _NO:
        return False
    raise CellRefused(f"{quoted('' if cell is None else cell)} is neither yes nor no.")


def read_text(cell: Cell) -> str:
    """A text, trimmed; "" of a blank cell. Raises `CellRefused` for an error that a cell shows.

    A number is written without exponent, a day as 2026-03-31, true and false in capitals as Excel has
    them.
    """
    if cell is None:
        return ""
    if isinstance(cell, str):
        text = cell.strip().strip("\u00a0\u202f\ufeff").strip()
        if text.upper() in ERRORS:
            raise CellRefused(
                f"The cell shows the error {quoted(text)}. Mend its formula where it comes from."
            )
        return text
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, Decimal):
        return _figures(cell)
    return cell.isoformat(" ", "seconds") if isinstance(cell, datetime) else cell.isoformat()


def read_code(cell: Cell) -> str:
    """A number of a document, a code: a text that Excel may have damaged, and which must be exact.

    Raises `CellRefused` for a day, a time, yes or no (Excel makes such of codes), and for numbers
    whose last digits are lost.
    """
    if isinstance(cell, date | time | bool):
        raise CellRefused(
            f"{quoted(read_text(cell))} is no code: Excel may have changed what was typed. Format the "
            "column as text where it comes from, and type it again."
        )
    if isinstance(cell, Decimal) and (abs(cell) >= _SAFE_DIGITS or not cell.is_finite()):
        raise _lost_digits(cell)
    text = read_text(cell)
    if _SHORTENED.fullmatch(text):
        raise _lost_digits(text)
    return text


def _lost_digits(cell: Cell) -> CellRefused:
    return CellRefused(
        f"{quoted(cell)} has lost digits in Excel, which keeps 15. Format the column as text where it "
        "comes from, and export again."
    )


def _figures(number: Decimal) -> str:
    if not number.is_finite():
        return str(number)
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
