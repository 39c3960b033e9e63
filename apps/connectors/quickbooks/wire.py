"""JSON as QuickBooks speaks it: exact figures, references, dates, times, and our marker."""

import base64
import json
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

Json = dict[str, Any]

NIL = Decimal(0)
VOIDED = "Voided"
DELETED_SUFFIX = " (deleted)"  # QuickBooks appends it to the name of what is made inactive

# Our public id, in a note that staff over there can read. PrivateNote cannot be queried, so it is
# proof of what was found by number or money, never the key of a look-up.
_MARKER = re.compile(
    r"\bTieout (?:credit )?([0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12})\b", re.I
)
_CREDIT_MARKER = re.compile(r"\bTieout credit [0-9a-f]", re.I)


# --- Text of a body ---------------------------------------------------------------------------


def dump(value: Any) -> bytes:
    """Compact JSON in which a Decimal is a number with exactly its digits."""
    return _text(value).encode()


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        plain = format(value.normalize(), "f")
        return "0" if plain == "-0" else plain
    if isinstance(value, Mapping):
        members = (f"{json.dumps(name)}:{_text(each)}" for name, each in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_text(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def figure(value: Any) -> Decimal:
    """A number of theirs, or of a stored answer. Python writes a number that was read from JSON
    with the digits it was read from (up to 15, which is beyond any amount), so its text is exact.

    Nil where there is none: whether there may be none, `readable` has asked before. Raises
    ValueError or ArithmeticError for what is no figure.
    """
    if value is None or value == "":
        return NIL
    found = Decimal(str(value))
    if not found.is_finite():
        raise ValueError(f"{found} is no figure")
    return found


def text(source: Mapping[str, Any], name: str) -> str:
    value = source.get(name)
    return "" if value is None else str(value)


def mapping(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = source.get(name)
    return value if isinstance(value, Mapping) else {}


def members(source: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = source.get(name)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []


def ref(value: str) -> Json:
    """A reference: only its id matters on a write, a name may be stale."""
    return {"value": value}


def ref_of(source: Mapping[str, Any], name: str) -> str:
    return text(mapping(source, name), "value")


def day(source: Mapping[str, Any], name: str) -> date | None:
    value = text(source, name)
    return date.fromisoformat(value[:10]) if value else None


def moment(value: Any) -> datetime | None:
    """A time of theirs (company or Pacific offset) as UTC."""
    if not isinstance(value, str) or not value:
        return None
    found = datetime.fromisoformat(value)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


# --- Notes ------------------------------------------------------------------------------------


def note(memo: str, marker: str, *, of_credit: bool = False) -> str:
    """A memo with our marker below it."""
    ours = f"Tieout {'credit ' if of_credit else ''}{marker}"
    return f"{memo}\n{ours}" if memo else ours


def short_marker(marker: str) -> str:
    """`T` and the first 80 bits of our public id in base 32 (Crockford): 17 characters, for number
    fields of 21. A look-up, never proof: the whole marker stands in the note.

    Raises ValueError where the marker is no UUID.
    """
    plain = base64.b32encode(uuid.UUID(marker).bytes[:10]).decode()
    return "T" + plain.translate(_CROCKFORD)


_CROCKFORD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", "0123456789ABCDEFGHJKMNPQRSTVWXYZ")


def marker_in(note_text: str) -> str:
    found = _MARKER.search(note_text)
    return found.group(1) if found else ""


def marks_credit(note_text: str) -> bool:
    """Whether our marker says that this payment only sets a credit against an invoice."""
    return bool(_CREDIT_MARKER.search(note_text))


def memo_in(note_text: str) -> str:
    """Their memo without our marker and without the word that a void puts before it."""
    return _MARKER.sub("", without_voided(note_text)).strip()


def says_voided(note_text: str) -> bool:
    return note_text.startswith(VOIDED)


def voided_note(standing: str) -> str:
    return f"{VOIDED}\n{standing}" if standing else VOIDED


def without_voided(note_text: str) -> str:
    return note_text.removeprefix(VOIDED).lstrip(" -:\n") if says_voided(note_text) else note_text


def with_note(standing: str, words: str) -> str:
    """A private note with another one below it. What in that looks like our marker, or like a void
    where nothing stands above it, is neither."""
    for each in (_MARKER, _CREDIT_MARKER):
        words = each.sub(lambda found: found[0].replace(" ", ": ", 1), words)
    if not standing and says_voided(words):
        words = f"Note: {words}"
    return f"{standing}\n{words}" if standing else words


def clean(words: str) -> str:
    """Words as a name may hold them: one line, single spaces, no colon (it separates levels)."""
    return " ".join(re.sub(r"\s*:\s*", " - ", words).split())
