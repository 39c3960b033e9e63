"""Record which key paths and kinds of values are answered, each exchange under its own name."""

import re
import threading
from typing import Any

from ..shapes import leaves
from . import wire
from .kinds import Call

MS = re.compile(r"^/Date\(-?\d+\)/$")
MS_ZONE = re.compile(r"^/Date\(-?\d+[+-]\d{4}\)/$")
ISO = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(Z?)$")


def kind_of(value: Any) -> str:
    """The recordings' own words for a value: `str:guid`, `number`, `bool`, …"""
    if isinstance(value, bool):
        return "bool"
    if value is None:
        return "null"
    if isinstance(value, int):
        return "int"
    if not isinstance(value, str):
        return (
            "object"
            if isinstance(value, dict)
            else "array"
            if isinstance(value, list)
            else "number"
        )
    if not value:
        return "str:empty"
    if wire.is_guid(value):
        return "str:guid"
    if MS_ZONE.match(value):
        return "str:/Date(ms+0000)/"
    if MS.match(value):
        return "str:/Date(ms)/"
    if found := ISO.match(value):
        return "str:iso-Z" if found[1] else "str:iso-no-zone"
    return "str"


def exchange_of(call: Call, status: int) -> str:
    """`PUT Invoices/{}/History 200`."""
    parts = [part if index % 2 == 0 else "{}" for index, part in enumerate(call.parts)]
    if call.parts[0].lower() in ("reports", "organisation"):
        parts = [part if not wire.is_guid(part) else "{}" for part in call.parts]
    return f"{call.method} {'/'.join(parts)} {status}"


class Recorder:
    """Off until switched on; `seen` is exchange -> path -> kinds of values."""

    def __init__(self) -> None:
        self.on = False
        self.answers = 0
        self.seen: dict[str, dict[str, set[str]]] = {}
        self.lock = threading.Lock()

    def note(self, call: Call, status: int, text: str) -> None:
        if not self.on or not text:
            return
        try:
            content = wire.decode(text)
        except ValueError:
            # An answer that a test had garbled on purpose: no JSON, no shape.
            return
        with self.lock:
            self.answers += 1
            found = self.seen.setdefault(exchange_of(call, status), {})
            for path, value in leaves(content):
                found.setdefault(path, set()).add(kind_of(value))

    def as_json(self) -> dict[str, Any]:
        with self.lock:
            seen = {
                exchange: {path: sorted(kinds) for path, kinds in sorted(found.items())}
                for exchange, found in sorted(self.seen.items())
            }
            return {"answers": seen, "count": self.answers}

    def clear(self) -> None:
        with self.lock:
            self.answers, self.seen = 0, {}


recorder = Recorder()
