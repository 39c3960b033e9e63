"""One value of one field as JSON, and back: equal values give equal texts on every database."""

import base64
import binascii
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection, models

from apps.exchange.archive.carried import Field

LONGEST: Final = 64 << 20  # bytes of one row
_FIGURE: Final = re.compile(r"-?\d{1,24}(\.\d{1,12})?", re.ASCII)
Reader = Callable[[Any], Any]


class NotSuch(ValueError):
    """A value that the field cannot hold."""


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(value).decode()
    raise TypeError(f"{type(value).__name__} has no form in an archive.")


_ENCODER: Final = json.JSONEncoder(
    default=_written, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False
)


def line(values: list[Any]) -> bytes:
    """A row as a line of JSON."""
    return _ENCODER.encode(values).encode() + b"\n"


def reader(field: Field) -> Reader:
    """Reads a value of this field from JSON; the reader raises `NotSuch`."""
    read = next(make(field) for kind, make in _READERS if isinstance(field, kind))

    def checked(value: Any) -> Any:
        if value is None:
            if not field.null:
                raise NotSuch
            return None
        try:
            return read(value)
        except (TypeError, ValueError, ArithmeticError, binascii.Error):
            raise NotSuch from None

    return checked


def _json(field: Field) -> Reader:
    return lambda value: value


def _text(field: Field) -> Reader:
    longest = field.max_length if isinstance(field, models.CharField) else None

    def read(value: Any) -> str:
        if not isinstance(value, str) or "\0" in value or (longest and len(value) > longest):
            raise NotSuch
        value.encode()  # half a letter of UTF-16 is none
        return value

    return read


def _flag(field: Field) -> Reader:
    def read(value: Any) -> bool:
        if not isinstance(value, bool):
            raise NotSuch
        return value

    return read


def _whole(field: Field) -> Reader:
    target: Any = field
    while target.remote_field is not None:
        target = target.target_field
    least, most = connection.ops.integer_field_range(target.get_internal_type())

    def read(value: Any) -> int:
        if type(value) is not int or not (least or 0) <= value <= (most or 0):
            raise NotSuch
        return value

    return read


def _figure(field: Any) -> Reader:
    whole = field.max_digits - field.decimal_places

    def read(value: Any) -> Decimal:
        if not isinstance(value, str) or not _FIGURE.fullmatch(value):
            raise NotSuch
        digits, _, fraction = value.lstrip("-").partition(".")
        if len(digits.lstrip("0")) > whole or len(fraction) > field.decimal_places:
            raise NotSuch
        return Decimal(value)

    return read


def _float(field: Field) -> Reader:
    def read(value: Any) -> float:
        if type(value) not in (int, float):
            raise NotSuch
        return float(value)

    return read


def _moment(field: Field) -> Reader:
    def read(value: Any) -> datetime:
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise NotSuch
        return found

    return read


def _bytes(field: Field) -> Reader:
    return lambda value: base64.b64decode(value, validate=True)


# The first that fits; a foreign key is read as the key that it holds.
_READERS: Final[tuple[tuple[type[Field], Callable[[Field], Reader]], ...]] = (
    (models.ForeignKey, _whole),
    (models.BooleanField, _flag),
    (models.IntegerField, _whole),
    (models.DecimalField, _figure),
    (models.FloatField, _float),
    (models.DateTimeField, _moment),
    (models.DateField, lambda field: date.fromisoformat),
    (models.TimeField, lambda field: time.fromisoformat),
    (models.UUIDField, lambda field: UUID),
    (models.BinaryField, _bytes),
    (models.JSONField, _json),
    (models.CharField, _text),
    (models.TextField, _text),
)
