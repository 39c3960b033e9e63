"""Record which key paths and JSON types go over the wire, both ways, without any value."""

import json
import threading
from typing import Any

TYPE_NAMES = {
    str: "str",
    bool: "bool",
    int: "int",
    float: "float",
    type(None): "null",
    dict: "object",
    list: "array",
}


def paths(content: Any) -> list[tuple[str, str]]:
    """`[("Line[].Amount", "int"), …]`: every path with every type, members of a list share one."""
    return [(path, TYPE_NAMES[type(value)]) for path, value in leaves(content)]


def leaves(content: Any) -> list[tuple[str, Any]]:
    """Every innermost value with its path; an empty list or object counts as one."""
    out: list[tuple[str, Any]] = []

    def walk(value: Any, prefix: str) -> None:
        if isinstance(value, dict) and value:
            for key, member in value.items():
                walk(member, f"{prefix}.{key}" if prefix else key)
        elif isinstance(value, list) and value:
            for member in value:
                walk(member, f"{prefix}[]")
        else:
            out.append((prefix, value))

    walk(content, "")
    return out


class Recorder:
    """Off until switched on; `seen` is direction -> endpoint -> path -> types."""

    def __init__(self) -> None:
        self.on = False
        self.seen: dict[str, dict[str, dict[str, set[str]]]] = {"answers": {}, "requests": {}}
        # Of texts that callers send: endpoint -> path -> the longest seen, in characters.
        self.lengths: dict[str, dict[str, int]] = {}
        self.lock = threading.Lock()

    def note(self, direction: str, endpoint: str, text: str | bytes) -> None:
        if not self.on or not text:
            return
        try:
            content = json.loads(text)
        except ValueError:
            # A query statement, or an answer that a test had garbled on purpose: no JSON, no shape.
            return
        found = paths(content)
        with self.lock:
            of_endpoint = self.seen[direction].setdefault(endpoint, {})
            for path, name in found:
                of_endpoint.setdefault(path, set()).add(name)
            if direction == "requests":
                longest = self.lengths.setdefault(endpoint, {})
                for path, value in leaves(content):
                    if isinstance(value, str):
                        longest[path] = max(longest.get(path, 0), len(value))

    def as_json(self) -> dict[str, Any]:
        with self.lock:
            shapes: dict[str, Any] = {
                direction: {
                    endpoint: {path: sorted(types) for path, types in sorted(found.items())}
                    for endpoint, found in sorted(endpoints.items())
                }
                for direction, endpoints in self.seen.items()
            }
            return {**shapes, "lengths": {one: dict(found) for one, found in self.lengths.items()}}

    def clear(self) -> None:
        with self.lock:
            self.seen = {"answers": {}, "requests": {}}
            self.lengths = {}


recorder = Recorder()
