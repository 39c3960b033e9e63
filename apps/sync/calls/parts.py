"""What of a call was one record's, of a call of many."""

import json
import zlib
from collections.abc import Mapping
from typing import Any

from apps.connectors import registry
from apps.connectors.parts import Part
from apps.sync.models import Call


def part_of(call: Call, ref: int) -> Part | None:
    """The part of the sync record with this key; None where the call carried it not, or alone: then
    the whole is its own. What their connector cannot tell apart, or nobody kept, stays None inside.
    """
    if ref not in call.members or len(call.members) < 2:
        return None
    take = registry.part_of(call.connection.system)
    if take is None:
        return Part()
    return take(call.members, ref, _read(call.body), _read(call.answer))


def _read(stored: bytes | memoryview) -> Mapping[str, Any]:
    """A kept body as JSON; empty where it is none, or is not kept any more."""
    raw = bytes(stored)
    if not raw:
        return {}
    try:
        found = json.loads(zlib.decompress(raw))
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}
