"""JSON as FreshBooks speaks it: money, days, their Eastern times, countries by name, and our mark."""

import base64
import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale

from apps.core.numbers import whole

Json = dict[str, Any]
Raw = Mapping[str, Any]

NIL = Decimal(0)
CENT = Decimal("0.01")
EASTERN = ZoneInfo("America/New_York")  # of every time without a zone in the accounting API
DELETED, ARCHIVED = 1, 2  # vis_state; 0 is active
VOIDED = "Voided"  # how the notes of a document begin whose lines were set to nil
OTHER = "Other"
# How money came: a closed list, spelt exactly so.
TYPES = (
    "Check",
    "Credit",
    "Cash",
    "Bank Transfer",
    "Credit Card",
    "Debit",
    "PayPal",
    "2Checkout",
    "VISA",
    "MASTERCARD",
    "DISCOVER",
    "AMEX",
    "DINERS",
    "JCB",
    "ACH",
    OTHER,
)
USED_CREDIT = "Credit"  # the type of what a credit pays: never of money

# Our public id, with what kind of record it is of where the object does not tell, and the reference
# of a payment: inside, so that whatever their staff write beside it stays theirs.
_MARK = re.compile(r"\[Tieout (?:(adjustment) )?([0-9a-f]{32})(?:: ([^\]\n]*))?\]", re.I)


class Unread(Exception):
    """A field of theirs that holds nothing that could be meant."""

    def __init__(self, field: str, value: Any) -> None:
        super().__init__(field)
        self.field = field
        self.value = "missing" if value is None else str(value)[:60] or "empty"


# --- Ours to theirs ---------------------------------------------------------------------------


def dump(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def money(amount: Decimal, currency: str) -> Json:
    """With two decimals, as text: what has more was objected to before."""
    return {"amount": f"{amount.quantize(CENT) + NIL:f}", "code": currency}


def plain(number: Decimal) -> str:
    return format(number.normalize() + NIL, "f")


def number_or_text(remote_id: str) -> int | str:
    """Their ids are numbers on the wire."""
    number = whole(remote_id)
    return remote_id if number is None else number


def mark(marker: str, *, reference: str = "", adjustment: bool = False) -> str:
    what = "adjustment " if adjustment else ""
    return f"[Tieout {what}{marker}{f': {reference}' if reference else ''}]"


def held_reference(reference: str) -> str:
    """What of a reference stands inside a mark: one line without a bracket that would end it."""
    return " ".join(reference.replace("]", ")").split())


def their_day(moment: datetime, *, days_before: int = 0) -> str:
    """The day in their zone: `updated_min` knows no time."""
    return (moment.astimezone(EASTERN).date() - timedelta(days=days_before)).isoformat()


@cache
def _countries() -> dict[str, str]:
    names = Locale("en").territories
    return {code: str(name) for code, name in names.items() if re.fullmatch("[A-Z]{2}", code)}


def country_name(code: str) -> str:
    """A country is written by its English name there."""
    return _countries().get(code.upper(), code)


def country_code(name: str) -> str:
    """By its name or its code; "" for words that name none."""
    wanted = name.strip()
    if wanted.upper() in _countries():
        return wanted.upper()
    return next((code for code, each in _countries().items() if each == wanted), "")


# --- Theirs to ours ---------------------------------------------------------------------------


def text(source: Raw, name: str) -> str:
    """A word or an id; "" where there is none."""
    value = source.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | Mapping | list):
        raise Unread(name, value)
    return str(value)


def named(source: Raw, name: str) -> str:
    """An id that another object is named by: nil there means none."""
    value = text(source, name)
    return "" if value == "0" else value


def figure(source: Raw, name: str) -> Decimal:
    """A figure that must be there, as text. A JSON number may have lost digits: only whole ones."""
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unread(name, value)
    try:
        found = Decimal(value)
    except InvalidOperation:
        raise Unread(name, value) from None
    if not found.is_finite():
        raise Unread(name, value)
    return found


def amount(source: Raw, name: str) -> Decimal:
    """Of {"amount": "41.94", "code": "CAD"}."""
    value = source.get(name)
    if not isinstance(value, Mapping):
        raise Unread(name, value)
    return figure(value, "amount")


def amount_or_nil(source: Raw, name: str) -> Decimal:
    return NIL if source.get(name) is None else amount(source, name)


def currency_of(source: Raw, name: str) -> str:
    value = source.get(name)
    return text(value, "code") if isinstance(value, Mapping) else ""


def day(source: Raw, name: str) -> date:
    value = source.get(name)
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        raise Unread(name, value) from None


def moment(source: Raw, name: str) -> datetime | None:
    """A time of theirs: Eastern where it names no zone. None where none could be read: nothing
    hangs on it alone. The hour that is there twice in autumn is read as the first of both."""
    value = source.get(name)
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=EASTERN)).astimezone(UTC)


def members(source: Raw, name: str) -> list[Raw]:
    value = source.get(name)
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise Unread(name, value)
    return value


def marker_in(words: str) -> str:
    found = _MARK.search(words)
    return found[2].lower() if found else ""


def is_adjustment(words: str) -> bool:
    found = _MARK.search(words)
    return bool(found and found[1])


def reference_in(words: str) -> str:
    found = _MARK.search(words)
    return (found[3] or "") if found else ""


def message_in(words: str) -> str:
    """What the customer is told: what stands before our mark; all of it where there is none."""
    found = _MARK.search(words)
    said = words[: found.start()] if found else words
    return said.removeprefix(VOIDED).strip()


def with_message(words: str, message: str, marker: str) -> str:
    """The notes with another message: what stands behind our mark is kept."""
    found = _MARK.search(words)
    own, behind = (found[0], words[found.end() :]) if found else (mark(marker), "")
    return f"{message}\n{own}{behind}".strip()


def with_reference(words: str, reference: str, marker: str) -> str:
    """The note with another reference inside our mark: everything beside it is kept."""
    own = mark(marker, reference=reference)
    return (
        _MARK.sub(lambda _: own, words, count=1)
        if _MARK.search(words)
        else f"{words}\n{own}".strip()
    )


def with_note(words: str, note: str) -> str:
    """The note with another one below it. What looks like a mark in that is none: the first that
    is found is believed."""
    return f"{words}\n{_MARK.sub(lambda found: f'({found[0][1:-1]})', note)}".strip()


def digest(parts: Sequence[Any]) -> str:
    told = json.dumps(parts, sort_keys=True, default=str)
    return hashlib.sha256(told.encode()).hexdigest()[:10]


_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def short_marker(marker: str) -> str:
    """T and the first 80 bits of a marker in base 32: the number of what helps others."""
    try:
        first = uuid.UUID(marker).bytes[:10]
    except ValueError:
        first = hashlib.sha256(marker.encode()).digest()[:10]
    return "T" + base64.b32encode(first).decode().translate(_CROCKFORD)
