"""Read what callers really send: unknown names ignored, "" taken as absent, numbers also as text."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from . import faults

Reader = Callable[[Any, str], Any]
Spec = Mapping[str, Reader]

ABSENT = (None, "")
# A float's text is exact up to 15 digits, and QuickBooks itself stops at 99,999,999,999.
LARGEST = Decimal("99999999999.99")
# Quantities and prices are kept to seven decimals.
MOST_DECIMALS = 7
FINEST = Decimal(1).scaleb(-MOST_DECIMALS)


def read(spec: Spec, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The writable fields that were sent and are not empty, each checked and coerced."""
    return {
        name: spec[name](value, name)
        for name, value in sent.items()
        if name in spec and value not in ABSENT
    }


def text(limit: int) -> Reader:
    def reader(value: Any, element: str) -> str:
        if not isinstance(value, str | int | Decimal) or isinstance(value, bool):
            raise faults.Refused("2010", f"{element} must be text", element)
        words = str(value)
        if len(words) > limit:
            raise faults.Refused(
                "2050",
                f"String length specified does not match the supported length. Min:0 Max:{limit} "
                f"supported. Supplied length:{len(words)}",
                element,
            )
        return words

    return reader


def flag(value: Any, element: str) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise faults.Refused("2090", f"{value} is not true or false", element)


def decimal(value: Any, element: str) -> Decimal:
    """A number as sent, JSON number or text."""
    if isinstance(value, Decimal):
        parsed = value
    elif isinstance(value, int) and not isinstance(value, bool):
        parsed = Decimal(value)
    else:
        try:
            parsed = Decimal(str(value).strip())
        except InvalidOperation:
            raise faults.Refused("2080", f"{value} is not a number", element) from None
    if not parsed.is_finite() or abs(parsed) > LARGEST:
        raise faults.Refused("2080", f"{value} is out of range", element)
    if parsed.as_tuple().exponent < -MOST_DECIMALS:  # type: ignore[operator] # it is finite
        parsed = parsed.quantize(FINEST, ROUND_HALF_UP).normalize()
    if len(parsed.as_tuple().digits) > 15:
        raise faults.Refused("2080", f"{value} has too many digits", element)
    return parsed


def whole(least: int, most: int) -> Reader:
    def reader(value: Any, element: str) -> int:
        parsed = decimal(value, element)
        if parsed != int(parsed) or not least <= parsed <= most:
            raise faults.Refused("2090", f"{element} must be between {least} and {most}", element)
        return int(parsed)

    return reader


def day(value: Any, element: str) -> str:
    """A calendar date; what follows the first ten characters (a time) is dropped, as it is there."""
    try:
        return date.fromisoformat(str(value)[:10]).isoformat()
    except ValueError:
        raise faults.Refused("2090", f"{value} is not a date (YYYY-MM-DD)", element) from None


def choice(*allowed: str) -> Reader:
    def reader(value: Any, element: str) -> str:
        if value not in allowed:
            raise faults.Refused("2170", f"{value} is not one of {', '.join(allowed)}", element)
        return str(value)

    return reader


def record(spec: Spec) -> Reader:
    """A nested object; one in which nothing was sent is itself absent (read as {})."""

    def reader(value: Any, element: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise faults.Refused("2010", f"{element} must be an object", element)
        return read(spec, value)

    return reader


def reference(value: Any, element: str) -> str | None:
    """The id a reference points to; its name is decoration. A reference without id is absent."""
    if isinstance(value, dict):
        value = value.get("value")
    return None if value in ABSENT else str(value)


def rows(value: Any, element: str) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise faults.Refused("2010", f"{element} must be a list of objects", element)
    return value


ADDRESS = record(
    {f"Line{number}": text(500) for number in range(1, 6)}
    | {
        "City": text(255),
        "Country": text(255),
        "CountrySubDivisionCode": text(255),
        "PostalCode": text(30),
    }
)
PHONE = record({"FreeFormNumber": text(30)})
EMAIL = record({"Address": text(100)})
WEB = record({"URI": text(1000)})
MEMO = record({"value": text(1000)})
