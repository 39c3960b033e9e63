"""Reading what was sent. What is not exactly as the page says is refused, never mended."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

MONEY = re.compile(r"-?(0|[1-9]\d{0,11})\.\d\d")
DECIMAL = re.compile(r"-?(0|[1-9]\d{0,11})(\.\d{1,6})?")
RATE = re.compile(r"(0|[1-9]\d{0,5})\.\d{6}")
CURRENCY = re.compile(r"[A-Z]{3}")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
TIME = "%Y-%m-%dT%H:%M:%S.%fZ"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")

# Reads one value and gives what is kept; ValueError says in words what is wrong with it.
Reader = Callable[[Any], Any]


class Refused(Exception):
    """An answer that is an error: its status, its code, the field and the words."""

    def __init__(
        self, status: int, code: str, message: str, field: str | None = None, **more: Any
    ) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.content = {"error": code, "field": field, "message": message, **more}


def text(shortest: int, longest: int) -> Reader:
    def read(value: Any) -> str:
        if not isinstance(value, str) or not shortest <= len(value) <= longest:
            raise ValueError(f"a text of {shortest} to {longest} characters is wanted")
        return value

    return read


def _matching(pattern: re.Pattern[str], words: str) -> Reader:
    def read(value: Any) -> str:
        # ASCII alone: `\d` would take the digits of every script.
        if not isinstance(value, str) or not value.isascii() or not pattern.fullmatch(value):
            raise ValueError(f"{words} is wanted")
        return value

    return read


_money = _matching(MONEY, 'money as text with two decimals ("12.00")')
decimal = _matching(DECIMAL, 'a number as text with at most six decimals ("1.5")')
currency = _matching(CURRENCY, "a currency of three capitals")
_rate = _matching(RATE, 'a rate as text with six decimals ("1.000000")')
_day = _matching(DAY, "a date (YYYY-MM-DD)")
_moment = _matching(MOMENT, "a time (YYYY-MM-DDThh:mm:ss.ffffffZ)")


def money(value: Any) -> str:
    if _money(value) == "-0.00":
        raise ValueError("nought has no sign")
    return str(value)


def rate(value: Any) -> str:
    if not Decimal(_rate(value)):
        raise ValueError("a rate above nought is wanted")
    return str(value)


def percent(value: Any) -> str:
    if Decimal(decimal(value)) < 0:
        raise ValueError("a percentage of nought or more is wanted")
    return str(value)


def day(value: Any) -> str:
    """The text of a day that the calendar has; such texts sort as their days."""
    date.fromisoformat(_day(value))
    return str(value)


def moment(value: Any) -> datetime:
    return datetime.strptime(_moment(value), TIME).replace(tzinfo=UTC)


def written(when: datetime) -> str:
    return when.strftime(TIME)


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false is wanted")
    return value


def whole(value: Any) -> int:
    """A count in a query or a header."""
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,15}", value):
        raise ValueError("a whole number is wanted")
    return int(value)


def or_nothing(reader: Reader) -> Reader:
    return lambda value: None if value is None else reader(value)


def one_of(*choices: str) -> Reader:
    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise ValueError(f"one of {', '.join(choices)} is wanted")
        return value

    return read


class Spec:
    """The fields of a body: those that must come, and those with what stands where they do not."""

    def __init__(self, must: dict[str, Reader], may: dict[str, tuple[Reader, Any]]) -> None:
        self.must = must
        self.may = may
        self.readers = {**must, **{name: reader for name, (reader, _) in may.items()}}

    def given(self, body: Any, within: str = "") -> dict[str, Any]:
        """The fields that came; Refused names the first that is unknown or not understood."""
        if not isinstance(body, dict):
            raise Refused(400, "not_understood", "An object of JSON is wanted.", within or None)
        read = {}
        for name, value in body.items():
            field = f"{within}.{name}" if within else name
            if name not in self.readers:
                raise Refused(400, "unknown_field", f"There is no {name} to be written.", field)
            try:
                read[name] = self.readers[name](value)
            except ValueError as wrong:
                raise Refused(400, "not_understood", f"{name}: {wrong}.", field) from wrong
        return read

    def whole(self, body: Any, within: str = "") -> dict[str, Any]:
        """All fields, with what stands where one did not come; Refused where one must."""
        read = self.given(body, within)
        for name in self.must:
            if name not in read:
                field = f"{within}.{name}" if within else name
                raise Refused(400, "missing", f"{name} is missing.", field)
        return {**{name: stands for name, (_, stands) in self.may.items()}, **read}
