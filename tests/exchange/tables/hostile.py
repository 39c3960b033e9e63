"""Files that would do harm or are not what they say, made by code, with what has to become of each.

`python -m tests.exchange.tables.hostile FOLDER` reads every file of a folder, as an import does, and
prints as JSON what became of it, how long it took and the most memory that this process and the one
that reads workbooks had.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.exchange.tables.look import look
from apps.exchange.tables.port import FileRefused, RowKind
from apps.exchange.tables.rows import rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Hostile:
    """`refused`: words of the sentence. Else it is read, with so many rows of data and these cells."""

    name: str
    write: Callable[[Path], object]
    refused: str = ""
    body: int = 0
    holds: tuple[str, ...] = ()
    large: bool = False  # takes its time to be made


def outcome_of(path: Path) -> dict[str, Any]:
    """What becomes of a file: looked at, then read to its end."""
    began = time.perf_counter()
    found: dict[str, Any] = {"refused": "", "body": 0, "cells": []}
    try:
        looked = look(path)
        for row in rows(path, looked.dialect):
            if row.kind is RowKind.BODY:
                found["body"] += 1
                if found["body"] <= 5:
                    found["cells"].extend(map(str, row.cells))
    except FileRefused as refused:
        found["refused"] = str(refused)
    found["seconds"] = round(time.perf_counter() - began, 3)
    return found


def wrong(case: Hostile, found: dict[str, Any]) -> str:
    """What is not as it should be; "" where all is."""
    if case.refused:
        right = case.refused in found["refused"]
    else:
        read = not found["refused"] and found["body"] == case.body
        right = read and all(text in found["cells"] for text in case.holds)
    return "" if right else f"{case.name}: {found}"


def write_all(folder: Path, cases: Iterable[Hostile]) -> None:
    for case in cases:
        case.write(folder / case.name)


def main(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        found = outcome_of(path)
        found["name"] = path.name
        found["own_mb"] = _peak() // 1024
        found["child_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        sys.stdout.write(json.dumps(found) + "\n")


def _peak() -> int:
    """Kilobytes. `ru_maxrss` begins at what the process had that started this one, so not that."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(status.read_text().partition("VmHWM:")[2].split()[0])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
