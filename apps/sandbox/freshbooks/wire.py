"""How FreshBooks writes: amounts as texts with their currency, times of day in US/Eastern."""

import json
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from ..clock import moment_of

Content = dict[str, Any]
CENT = Decimal("0.01")
ZERO = Decimal(0)
ROUNDINGS = {"up": ROUND_HALF_UP, "even": ROUND_HALF_EVEN}
EASTERN = ZoneInfo("America/New_York")


def names(text: str, apart: str | None = None) -> tuple[str, ...]:
    """A list of names, written as one text."""
    return tuple(text.split(apart))


def encode(content: Any) -> str:
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def money(amount: Any, code: str) -> Content:
    return {"amount": amount if isinstance(amount, str) else f"{amount:.2f}", "code": code}


def of_cents(cents: int, code: str) -> Content:
    return money(Decimal(cents).scaleb(-2), code)


def cents(amount: Decimal) -> int:
    """Whole cents of an amount that has no more than two decimals."""
    return int(amount.scaleb(2))


def decimal(value: Any) -> Decimal:
    """A number or a text that is one; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise ValueError(f"{value!r} is no number")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None
    if not found.is_finite():
        raise ValueError(f"{value!r} is no number")
    return found


def eastern(microseconds: int) -> datetime:
    return moment_of(microseconds).astimezone(EASTERN)


def stamp(microseconds: int) -> str:
    """`2021-04-16 10:31:58` in US/Eastern."""
    return eastern(microseconds).strftime("%Y-%m-%d %H:%M:%S")


def stamp_utc(microseconds: int) -> str:
    return moment_of(microseconds).astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def version(microseconds: int) -> str:
    return eastern(microseconds).strftime("%Y-%m-%d %H:%M:%S.%f")


def stamp_z(microseconds: int) -> str:
    """`2023-04-27T14:33:48.841075Z`"""
    return moment_of(microseconds).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def day_of(microseconds: int) -> str:
    return eastern(microseconds).date().isoformat()


def read_day(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no date")
    return date.fromisoformat(value[:10]).isoformat()
