"""How Xero writes JSON: dates as `/Date(ms+0000)/`, amounts as numbers, absent keys and never null."""

import json
import re
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any
from xml.sax.saxutils import escape

from ..clock import EPOCH

CENT = Decimal("0.01")
ZERO = Decimal(0)
ROUNDINGS = {"up": ROUND_HALF_UP, "cut": ROUND_DOWN, "even": ROUND_HALF_EVEN}
MS_DATE = re.compile(r"^/Date\((-?\d+)(?:[+-]\d{4})?\)/$")
NO_GUID = "00000000-0000-0000-0000-000000000000"
GUID = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$", re.IGNORECASE)


def milliseconds(moment: datetime) -> int:
    return int((moment - EPOCH).total_seconds() * 1000)


def bare(moment: datetime) -> str:
    """A time without the zone's part, as in the envelope."""
    return f"/Date({milliseconds(moment)})/"


def _default(value: object) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return f"/Date({milliseconds(value)}+0000)/"
    if isinstance(value, date):
        return (
            f"/Date({milliseconds(datetime(value.year, value.month, value.day, tzinfo=UTC))}+0000)/"
        )
    raise TypeError(f"{type(value).__name__} does not belong in an answer")


_encoder = json.JSONEncoder(default=_default, separators=(",", ":"), ensure_ascii=False)
encode = _encoder.encode


def decode(raw: str | bytes) -> Any:
    """Parse JSON with every fraction as Decimal."""
    return json.loads(raw, parse_float=Decimal)


def keep(content: Any) -> str:
    """As the books store it: Decimals as numbers, dates and times as texts of their own."""
    return json.dumps(content, default=_kept, separators=(",", ":"), ensure_ascii=False)


def _kept(value: object) -> Any:
    if isinstance(value, Decimal):
        return {"~": str(value)}
    raise TypeError(f"{type(value).__name__} cannot be kept")


def recall(text: str) -> Any:
    return json.loads(text, object_hook=_recalled)


def _recalled(value: dict[str, Any]) -> Any:
    return Decimal(value["~"]) if len(value) == 1 and "~" in value else value


def cents(value: Decimal) -> Decimal:
    return value.quantize(CENT, ROUND_HALF_UP)


def text_date(day: str) -> str:
    """The twin of a date: `2019-03-11T00:00:00`."""
    return f"{day}T00:00:00"


def day_of(day: str | None) -> date | None:
    return date.fromisoformat(day) if day else None


def read_date(value: Any) -> str:
    """`YYYY-MM-DD`, an ISO time or `/Date(ms)/` as a calendar day; ValueError for anything else."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is no date")
    if found := MS_DATE.match(value):
        return datetime.fromtimestamp(int(found[1]) / 1000, UTC).date().isoformat()
    return date.fromisoformat(value[:10]).isoformat()


def read_number(value: Any) -> Decimal:
    """A number or a text that is one; ValueError for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise ValueError(f"{value!r} is no number")
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is no number") from None


def is_guid(value: Any) -> bool:
    return isinstance(value, str) and GUID.match(value) is not None


def plain(content: dict[str, Any]) -> dict[str, Any]:
    """Without the keys that have no value: Xero leaves them out."""
    return {name: value for name, value in content.items() if value is not None}


def as_xml(content: Any, name: str = "Response") -> str:
    """The same answer for a caller that did not ask for JSON: Xero's default is XML."""
    if isinstance(content, dict):
        inside = "".join(as_xml(value, key) for key, value in content.items())
        return f"<{name}>{inside}</{name}>"
    if isinstance(content, list):
        single = name.removesuffix("s") or name
        return f"<{name}>{''.join(as_xml(one, single) for one in content)}</{name}>"
    shown = str(content).lower() if isinstance(content, bool) else str(content)
    return f"<{name}>{escape(shown)}</{name}>"
