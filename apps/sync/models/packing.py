"""JSON with exact decimals, compressed: how snapshots and what was read are kept."""

import json
import re
import secrets
import zlib
from decimal import Decimal
from typing import Any

# JSON has no word for an exact decimal and Python's writer knows only floats: a Decimal is written
# as a marked text first, and the marks, which no text of theirs can bear, are taken off.
_MARK = secrets.token_hex(8)
_MARKED = re.compile(rf'"{_MARK}([^"\\]*){_MARK}"')


def _marked(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{_MARK}{value.normalize():f}{_MARK}"
    raise TypeError(f"{type(value).__name__} has no form in JSON.")


def packed(value: Any) -> bytes:
    """JSON values (Decimal for fractions) compressed; equal values give equal bytes."""
    text = json.dumps(value, separators=(",", ":"), sort_keys=True, default=_marked)
    return zlib.compress(_MARKED.sub(r"\1", text).encode(), 6)


def unpacked(stored: bytes | memoryview) -> Any:
    """What was packed; fractions come back as the exact Decimal."""
    return json.loads(zlib.decompress(bytes(stored)), parse_float=Decimal)
