"""A row as the bytes that its digest is over: alike on each database, for each kind of value."""

import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.trail.keys import Key


def digest_of(
    key: Key, salt: bytes, kind: str, columns: Sequence[str], row: Sequence[Any]
) -> bytes:
    """32 bytes under the key. `row` are the values of these columns, as the ORM reads them."""
    return hmac.digest(key.of_rows, salt + canonical(kind, columns, row), hashlib.sha256)


def canonical(kind: str, columns: Sequence[str], row: Sequence[Any]) -> bytes:
    """JSON of kind, columns and values, each value with its type where JSON has none for it."""
    return _ENCODER.encode([kind, columns, row]).encode()


def plain(value: Any) -> Any:
    """What JSON holds of a value that it has no type for."""
    if isinstance(value, Decimal):
        return {"decimal": format(value, "f")}
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat(timespec="microseconds")}
    if isinstance(value, date | time):
        return {"on": value.isoformat()}
    if isinstance(value, UUID):
        return {"uuid": value.hex}
    if isinstance(value, bytes | memoryview | bytearray):
        return {"sha256": hashlib.sha256(value).hexdigest()}
    raise TypeError(f"A {type(value).__name__} cannot be sealed.")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=plain)
