"""Record which key paths and kinds of values are answered, each exchange under its own name."""

import json
import re
import threading
from typing import Any

from ..shapes import leaves

GUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
TIME = re.compile(r"^\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?$")
DECIMAL = re.compile(r"^-?\d+\.\d+$")


def kind_of(value: Any) -> str:
    """The recordings' own words for a value: `str:decimal`, `str:date`, `int`, `null`, …"""
    names = {bool: "bool", int: "int", float: "number", dict: "object", list: "array"}
    if value is None:
        return "null"
    if not isinstance(value, str):
        return names[type(value)]
    if not value:
        return "str:empty"
    for pattern, name in ((GUID, "guid"), (DAY, "date"), (TIME, "time"), (DECIMAL, "decimal")):
        if pattern.match(value):
            return f"str:{name}"
    return "str"


class Recorder:
    """Off until switched on; `seen` is exchange -> path -> kinds of values."""

    def __init__(self) -> None:
        self.on = False
        self.answers = 0
        self.seen: dict[str, dict[str, set[str]]] = {}
        self.lock = threading.Lock()

    def note(self, exchange: str, status: int, text: str) -> None:
        if not self.on or not text:
            return
        try:
            content = json.loads(text)
        except ValueError:
            # An answer that a test had garbled on purpose: no JSON, no shape.
            return
        with self.lock:
            self.answers += 1
            found = self.seen.setdefault(f"{exchange} {status}", {})
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
