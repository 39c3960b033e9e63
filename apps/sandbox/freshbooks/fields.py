"""What a write may carry: known names are read, read-only ones refused, others ignored without a word."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import wire
from .refusals import Refused, read_only
from .store import Business, Content

Reader = Callable[[Any, str], Any]
LONGEST_TEXT = 10_000


@dataclass(frozen=True)
class Fields:
    """The names of a kind: how each that can be written is read, and which are read-only."""

    writable: Mapping[str, Reader]
    read_only: frozenset[str]


def read(books: Business, fields: Fields, body: Content) -> Content:
    told: Content = {}
    for name, value in body.items():
        if name in fields.read_only and books.switch("read_only") == "refuse":
            raise read_only(name, value)
        reader = fields.writable.get(name)
        if reader is not None:
            told[name] = reader(value, name)
    return told


def text(value: Any, name: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool | dict | list):
        raise Refused(1006, f"The field '{name}' must be a string.", name, value)
    if len(str(value)) > LONGEST_TEXT:
        raise Refused(1017, f"The field '{name}' is too long.", name, value)
    return str(value)


def whole(value: Any, name: str) -> int:
    try:
        found = wire.decimal(value)
    except ValueError:
        found = None
    if found is None or found != int(found):
        raise Refused(1015, f"The field '{name}' must be a number.", name, value)
    return int(found)


def reference(value: Any, name: str) -> int | None:
    """The id of another object; nought and nothing are none."""
    return None if value in (None, "", 0) else whole(value, name)


def number(value: Any, name: str) -> str:
    """A decimal number as a text."""
    try:
        found = wire.decimal(value)
    except ValueError:
        raise Refused(1015, f"The field '{name}' must be a number.", name, value) from None
    return f"{found:f}"


def percent(value: Any, name: str) -> str:
    told = number(0 if value in (None, "") else value, name)
    if not 0 <= wire.decimal(told) <= 100:
        raise Refused(1018, f"The field '{name}' must be between 0 and 100.", name, value)
    return told


def flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise Refused(1031, f"The field '{name}' must be a boolean.", name, value)
    return value


def day(value: Any, name: str) -> str | None:
    if value is None:
        return None
    try:
        return wire.read_day(value)
    except ValueError:
        raise Refused(1033, f"The field '{name}' must be a date.", name, value) from None


def money(value: Any, name: str) -> Content:
    """`{"amount": "12.50", "code": "USD"}`, the code may be missing."""
    if not isinstance(value, dict) or "amount" not in value:
        raise Refused(1006, f"The field '{name}' must be a money object.", name, value)
    return {"amount": number(value["amount"], name), "code": text(value.get("code"), name)}


def one_of(*allowed: Any) -> Reader:
    def reader(value: Any, name: str) -> Any:
        if value not in allowed:
            told = ", ".join(str(one) for one in allowed)
            raise Refused(1004, f"The field '{name}' must be one of {told}.", name, value)
        return value

    return reader


def objects(value: Any, name: str) -> list[Content]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Refused(1005, f"The field '{name}' must be a list.", name, value)
    return value
