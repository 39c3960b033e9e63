"""JSON as the worked ledger speaks it: money as text, days, times, and our marker in a remark."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

Json = dict[str, Any]

NIL = Decimal(0)
CENT = Decimal("0.01")
RATE = Decimal("0.000001")  # home per unit
REMARK = 200  # characters
_LONGEST_MARK = 50  # "[Tieout " and a marker, the place of one of several, and "]"

# Our public id, and the place of an object among several that are one record of ours.
_MARK = re.compile(r"\s*\[Tieout ([0-9a-f-]{32,36})(?: (\d+))?\]", re.I)


class Unread(Exception):
    """A field of theirs that holds nothing that could be meant."""

    def __init__(self, field: str, value: Any) -> None:
        super().__init__(field)
        self.field = field
        self.value = "null" if value is None else str(value)[:40]


# --- Ours to theirs ---------------------------------------------------------------------------


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def money(amount: Decimal) -> str:
    """With exactly two decimals, as they demand in every currency."""
    return f"{amount:.2f}"


def plain(number: Decimal) -> str:
    return format(number.normalize() + NIL, "f")


def their_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def remark(memo: str, marker: str, place: int = 0) -> str:
    """Our words with our mark behind them. `place` where the record is several objects there."""
    mark = f"[Tieout {marker} {place}]" if place else f"[Tieout {marker}]"
    return f"{held_memo(memo)} {mark}".strip()


def held_memo(memo: str) -> str:
    """What of our words fits beside our mark, on one line."""
    return " ".join(memo.split())[: REMARK - _LONGEST_MARK].strip()


# --- Theirs to ours ---------------------------------------------------------------------------


def marker_in(words: str) -> str:
    found = _MARK.search(words)
    return found.group(1) if found else ""


def place_in(words: str) -> int:
    """Which of several objects it is; 0 where it bears no place."""
    found = _MARK.search(words)
    return int(found.group(2) or 0) if found else 0


def memo_in(words: str) -> str:
    return _MARK.sub("", words).strip()


def word(source: Mapping[str, Any], name: str) -> str:
    """A text; "" where there is none. Raises Unread for anything else."""
    value = source.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | Mapping | list):
        raise Unread(name, value)
    return str(value)


def figure(source: Mapping[str, Any], name: str) -> Decimal:
    """A figure that must be there, as text. A JSON number may have lost digits: Unread."""
    value = source.get(name)
    if not isinstance(value, str):
        raise Unread(name, value)
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise Unread(name, value) from None
    if not found.is_finite():
        raise Unread(name, value)
    return found


def figure_or_none(source: Mapping[str, Any], name: str) -> Decimal | None:
    return None if source.get(name) is None else figure(source, name)


def day(source: Mapping[str, Any], name: str) -> date:
    value = source.get(name)
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Unread(name, value) from None


def moment(source: Mapping[str, Any], name: str) -> datetime | None:
    """A time of theirs; None where it tells none that could be read: nothing hangs on it alone."""
    value = source.get(name)
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def members(source: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = source.get(name)
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise Unread(name, value)
    return value
