"""JSON as Xero speaks it: exact figures, days, times, rates, and our marker. Pure."""

import base64
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
from typing import Any

from apps.core.money import rounded

Json = dict[str, Any]
Raw = Mapping[str, Any]

NIL = Decimal(0)
ONE = Decimal(1)
CENT = Decimal("0.01")
FINEST = Decimal("0.0001")  # of a price and a quantity, with unitdp=4
RATE = Decimal("0.000001")  # of CurrencyRate: [18].[6]
RATE_DIGITS = 8  # what of a rate survives being turned round twice and stored with ten decimals
MOST_DIGITS = 15  # before the point; Python reads numbers of that many exactly
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY = "00000000-0000-0000-0000-000000000000"  # the id of what was refused

_MS = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")
_MARK = re.compile(r"\s*\[Tieout (?:(refund|adjustment|deposit) )?([0-9a-f]{32})\]", re.I)
_BASE_32 = "[0-9A-HJKMNP-TV-Z]"
_SHORT = re.compile(rf"(?:^|\s+)(T{_BASE_32}{{16}})$")
_HELPER = re.compile(rf"T{_BASE_32}{{16}}-([AR])")
_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_FROM_CROCKFORD = {then: now for now, then in _CROCKFORD.items()}


class Unread(Exception):
    """A field of theirs that holds nothing that could be meant."""

    def __init__(self, field: str, value: Any) -> None:
        super().__init__(field)
        self.field = field
        self.value = "missing" if value is None else str(value)[:60] or "empty"


# --- Ours to theirs ---------------------------------------------------------------------------


def dump(value: Any) -> bytes:
    """Compact JSON in which a Decimal is a number with exactly its digits."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(k)}:{_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def money(amount: Decimal) -> Decimal:
    """With two decimals: what has more was objected to before."""
    return amount.quantize(CENT)


def plain(number: Decimal) -> Decimal:
    """Without noughts behind its last digit, and without an exponent."""
    return Decimal(format(number.normalize() + NIL, "f"))


def guid(value: str) -> str:
    """A guid as their filters want it."""
    return f'guid("{value}")'


def quoted(value: str) -> str:
    """A text within a filter. A quotation mark or backslash in it is escaped as in .NET."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def modified_since(moment: datetime) -> str:
    """To the second; with a zone, which the description demands and the service takes."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- Rates ------------------------------------------------------------------------------------


def their_rate(ours: Decimal) -> Decimal:
    """Ours is home currency per unit; theirs is foreign units per unit of home, to six decimals.

    Raises ValueError for a rate that is nil, below it, or nil in theirs.
    """
    if ours <= 0:
        raise ValueError("a rate that is not above nil")
    with localcontext(Context(prec=28)):
        held = _held(ONE / ours)
    if held <= 0:
        raise ValueError("a rate that is nil to six decimals")
    return held


def our_rate(theirs: Decimal) -> Decimal:
    """Their rate as home currency per unit, as far as both ways round agree on it."""
    if theirs == ONE:
        return ONE
    held = _held(theirs)
    if held <= 0:
        raise ValueError("a rate that is nil to six decimals")
    with localcontext(Context(prec=15)):
        return plain(ONE / held)


def fitting_rate(ours: Decimal, amount: Decimal, worth: Decimal, home: str) -> Decimal | None:
    """Our rate in theirs, or one beside it, by which an amount is worth the same to the cent.

    Six decimals leave the worth of some amounts a cent off. The two rates between which the exact
    one lies are tried, and then one further. None where nothing fits. Raises as `their_rate`.
    """
    nearest = their_rate(ours)
    step = max(RATE, Decimal(1).scaleb(nearest.adjusted() + 1 - RATE_DIGITS))
    for distance in (0, 1, -1, 2, -2):
        rate = plain(nearest + step * distance)
        if (
            rate > 0
            and rounded(amount / rate, home) == worth
            and their_rate(our_rate(rate)) == rate
        ):
            return rate
    return None


def projected_rate(ours: Decimal) -> Decimal:
    """What of our rate they can show back."""
    return ONE if ours == ONE else our_rate(their_rate(ours))


def _held(theirs: Decimal) -> Decimal:
    found = theirs.quantize(RATE, rounding=ROUND_HALF_UP)
    with localcontext(Context(prec=RATE_DIGITS, rounding=ROUND_HALF_UP)):
        return plain(+found)


# --- Markers ----------------------------------------------------------------------------------


def short_marker(marker: str) -> str:
    """`T` and the first 80 bits of our public id in base 32 (Crockford): 17 characters. It is
    looked for, and never proof. Raises ValueError where the marker is no UUID."""
    encoded = base64.b32encode(uuid.UUID(marker).bytes[:10]).decode()
    return "T" + encoded.translate(_CROCKFORD)


def with_short(words: str, marker: str) -> str:
    """A reference that ends with our short marker."""
    return f"{words.strip()} {short_marker(marker)}".strip()


def without_short(words: str) -> str:
    return _SHORT.sub("", words.strip()).strip()


def short_in(words: str) -> str:
    found = _SHORT.search(words.strip())
    return found.group(1) if found else ""


def beginning_in(words: str) -> str:
    """The first 80 bits of the marker whose short form ends a text, as its first 20 digits."""
    short = short_in(words)
    return base64.b32decode(short[1:].translate(_FROM_CROCKFORD)).hex() if short else ""


def with_mark(words: str, marker: str, what: str = "") -> str:
    """Our words with the whole marker behind them; `what` where an object of theirs stands for a
    record of ours that is like none of theirs: "refund", "adjustment", "deposit"."""
    mark = (
        f"[Tieout {what} {uuid.UUID(marker).hex}]" if what else f"[Tieout {uuid.UUID(marker).hex}]"
    )
    return f"{words.strip()} {mark}".strip()


def mark_in(words: str) -> tuple[str, str]:
    """The marker in a text, and what it stands for ("" for what the object itself is)."""
    found = _MARK.search(words)
    return (found.group(2).lower(), (found.group(1) or "").lower()) if found else ("", "")


def without_mark(words: str) -> str:
    return _MARK.sub("", words).strip()


def helper_number(marker: str, what: str) -> str:
    """The number of an invoice or credit note that stands for an adjustment or a refund of ours:
    no series of anybody has it, and it says of itself what it is."""
    return f"{short_marker(marker)}-{'R' if what == 'refund' else 'A'}"


def helper_in(number: str) -> str:
    """ "refund" or "adjustment" by the number of a helper of ours; "" for any other."""
    found = _HELPER.fullmatch(number)
    return {"R": "refund", "A": "adjustment"}[found.group(1)] if found else ""


# --- Theirs to ours ---------------------------------------------------------------------------


def text(source: Raw, name: str) -> str:
    """A text; "" where there is none. Raises Unread for anything that is none."""
    value = source.get(name)
    if value is None:
        return ""
    if isinstance(value, bool | Mapping | list):
        raise Unread(name, value)
    return str(value)


def figure(source: Raw, name: str) -> Decimal:
    """A figure that must be there: a number, or the text of one. A null is never nil.

    Python writes a number that was read from JSON with the digits it was read from (up to 15), so
    its text is exact.
    """
    value = source.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise Unread(name, value)
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise Unread(name, value) from None
    if not found.is_finite() or found.adjusted() >= MOST_DIGITS:
        raise Unread(name, value)
    return plain(found)


def figure_or(source: Raw, name: str, otherwise: Decimal) -> Decimal:
    """A figure whose key may be absent: keys without a value are left out."""
    return otherwise if source.get(name) is None else figure(source, name)


def within(source: Raw, name: str) -> Raw:
    """An object inside; empty where there is none."""
    value = source.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Unread(name, value)
    return value


def members(source: Raw, name: str) -> list[Raw]:
    value = source.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise Unread(name, value)
    return value


def day_or_none(source: Raw, name: str) -> date | None:
    """A calendar day: `DateString` says it in plain; `/Date(ms+1300)/` is UTC already and is never
    shifted by what stands behind it."""
    said = source.get(f"{name}String")
    value = said if isinstance(said, str) and said else source.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise Unread(name, value)
    found = _MS.fullmatch(value)
    try:
        if found:
            return (EPOCH + timedelta(milliseconds=int(found.group(1)))).date()
        return date.fromisoformat(value[:10])
    except (ValueError, OverflowError):
        raise Unread(name, value) from None


def day(source: Raw, name: str) -> date:
    found = day_or_none(source, name)
    if found is None:
        raise Unread(name, None)
    return found


def moment(source: Raw, name: str) -> datetime | None:
    """A time of theirs; None where it tells none that could be read: nothing hangs on it alone."""
    value = source.get(name)
    if not isinstance(value, str):
        return None
    found = _MS.fullmatch(value)
    try:
        if found:
            return EPOCH + timedelta(milliseconds=int(found.group(1)))
        told = datetime.fromisoformat(value)
    except (ValueError, OverflowError):
        return None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def version_of(source: Raw) -> str:
    """There are no versions: milliseconds of when it last changed stand for one."""
    at = moment(source, "UpdatedDateUTC")
    return "" if at is None else str((at - EPOCH) // timedelta(milliseconds=1))
