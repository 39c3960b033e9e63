"""How QuickBooks writes JSON: numbers without trailing zeros, times with the company's offset."""

import json
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape, quoteattr
from zoneinfo import ZoneInfo

CENT = Decimal("0.01")


def number(value: object) -> int | float:
    """Give the encoder a Decimal as the shortest JSON number that reads back as the same Decimal.

    A float's text is exact up to 15 significant digits; `fields.amount` refuses longer ones.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} does not belong in an answer")
    if value == (whole := int(value)):
        return whole
    near = float(value)
    if Decimal(repr(near)) != value:
        raise ValueError(f"{value} has more digits than an answer can carry")
    return near


_encoder = json.JSONEncoder(default=number, separators=(",", ":"), ensure_ascii=False)
encode = _encoder.encode


def decode(raw: str | bytes) -> Any:
    """Parse JSON with every fraction as Decimal."""
    return json.loads(raw, parse_float=Decimal)


def to_cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def cents(value: Decimal | int) -> int:
    return int(Decimal(value).scaleb(2).to_integral_value(ROUND_HALF_UP))


def from_cents(value: int) -> Decimal:
    return Decimal(value).scaleb(-2)


def stamp(moment: datetime, zone: ZoneInfo) -> str:
    """MetaData's form: whole seconds with the company's offset, `2026-03-02T09:15:04-08:00`."""
    return moment.astimezone(zone).isoformat(timespec="seconds")


def answer_time(moment: datetime, zone: ZoneInfo) -> str:
    """The envelope's `time`: the same with milliseconds."""
    return moment.astimezone(zone).isoformat(timespec="milliseconds")


def trace_id() -> str:
    """A value for the header `intuit_tid`."""
    digits = uuid4().hex
    return f"1-{digits[:8]}-{digits[8:]}"


def as_xml(answer: dict[str, Any]) -> str:
    """The same answer for a caller that did not ask for JSON: QuickBooks' default is XML."""
    time = answer.get("time", "")
    inside = "".join(_element(key, value) for key, value in answer.items() if key != "time")
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
        f'<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" time={quoteattr(str(time))}>'
        f"{inside}</IntuitResponse>"
    )


# In XML these are attributes, in JSON ordinary keys.
ATTRIBUTES = {"domain", "sparse", "status", "bId", "type", "code", "element"} | {
    "startPosition",
    "maxResults",
    "totalCount",
}


def _element(name: str, value: Any) -> str:
    if isinstance(value, list):
        return "".join(_element(name, member) for member in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(_plain(value))}</{name}>"
    if "value" in value and set(value) <= {"value", "name", "type"}:
        named = f" name={quoteattr(value['name'])}" if value.get("name") else ""
        return f"<{name}{named}>{escape(_plain(value['value']))}</{name}>"
    marks = "".join(
        f" {key}={quoteattr(_plain(member))}"
        for key, member in value.items()
        if key in ATTRIBUTES and not isinstance(member, dict | list)
    )
    inside = "".join(
        _element(key, member)
        for key, member in value.items()
        if key not in ATTRIBUTES or isinstance(member, dict | list)
    )
    return f"<{name}{marks}>{inside}</{name}>"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
