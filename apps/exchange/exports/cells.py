"""Cells of a file: a text that no spreadsheet runs, and figures in all decimals they need."""

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from apps.core.money import minor_unit

# A text that a spreadsheet would run: one of these first, be it after blanks. Apostrophes before it
# count too, so that `written` and `read_back` are each other's inverse.
FORMULA = re.compile(r"'*\s*[=+\-@\t\r\n\0＝＋－＠]")
ESCAPED = re.compile(r"'(?='*\s*[=+\-@\t\r\n\0＝＋－＠])")
MAY_BEGIN = frozenset("=+-@\t\r\n\0＝＋－＠'")  # or a blank of any kind


class Money(NamedTuple):
    """An amount that is written with its currency's decimals, and with any finer ones it has."""

    amount: Decimal
    currency: str


Cell = str | int | bool | Decimal | Money | date | datetime | time | None


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take the text for a formula, or an import for an escaped one."""
    return FORMULA.match(text) is not None


def escaped(text: str) -> str:
    """The text with an apostrophe in front where a spreadsheet would run it."""
    first = text[:1]
    if (first in MAY_BEGIN or first.isspace()) and FORMULA.match(text):
        return f"'{text}"
    return text


def read_back(text: str) -> str:
    """What was written by `escaped`: one apostrophe goes where it stands before a formula."""
    return text[1:] if ESCAPED.match(text) else text


def number_text(number: Decimal, least: int = 0) -> str:
    """Plain digits with a point and `least` decimals or as many as it needs; nil is never −0.

    Raises ValueError for what is no number (NaN, Infinity).
    """
    if not number.is_finite():
        raise ValueError(f"{number} is no figure that a file can hold.")
    whole, _, fraction = format(number, "f").partition(".")
    fraction = fraction.rstrip("0").ljust(least, "0")
    text = f"{whole}.{fraction}" if fraction else whole
    return text[1:] if text[0] == "-" and not number else text


def decimals_of(currency: str) -> int:
    """Of an ISO 4217 currency; two where none is named."""
    return max(0, -int(minor_unit(currency).as_tuple().exponent)) if currency else 2


def moment_here(moment: datetime) -> datetime:
    """Without its zone, as a clock on the wall shows it: spreadsheets know no zones."""
    return timezone.localtime(moment).replace(tzinfo=None) if timezone.is_aware(moment) else moment
