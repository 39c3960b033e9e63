"""Cells of a file: a text that no spreadsheet runs, and figures in all decimals they need."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from apps.core.money import minor_unit


class Money(NamedTuple):
    """An amount that is written with its currency's decimals, and with any finer ones it has."""

    amount: Decimal
    currency: str


Cell = str | int | bool | Decimal | Money | date | datetime | time | None


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
