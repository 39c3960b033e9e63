"""Reads one sheet of a workbook, in a process of its own that cannot grow: `calamine_child.py REQUEST`.

It is started by path, imports nothing of ours, and ends with what it was asked. The request is JSON:
path, sheet, rows (0: all), most_rows, columns, megabytes, seconds. Standard output is a line of JSON
each: first about the sheet, then batches of rows. A number is the shortest text that gives the same
float; {"d": …} is a date, {"t": …} a time, {"m": …} both. Every cell passes here, and costs.
"""

import json
import math
import resource
import sys
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

_BATCH = 200


def main() -> int:
    request = json.loads(sys.argv[1])
    confine(request["megabytes"] << 20, request["seconds"])
    try:
        import python_calamine  # confined already: it maps memory as it loads
    except (ImportError, MemoryError):
        return tell({"refused": "memory"})
    try:
        return read(python_calamine, request)
    except python_calamine.PasswordError:
        return tell({"refused": "password"})
    except (python_calamine.CalamineError, OSError, ValueError) as problem:
        return tell({"refused": "damaged", "why": str(problem)[:200]})
    except MemoryError:
        return tell({"refused": "memory"})


def confine(memory: int, seconds: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def read(calamine: Any, request: dict[str, Any]) -> int:
    sheet = calamine.load_workbook(request["path"]).get_sheet_by_name(request["sheet"])
    start = sheet.start or (0, 0)
    end = sheet.end or (-1, -1)
    height, width = end[0] + 1, end[1] + 1
    tell({"height": height, "width": width, "merged": sheet.merged_cell_ranges or []})
    if height > request["most_rows"] or width > request["columns"]:
        return 0
    encode = json.JSONEncoder(
        ensure_ascii=False, default=Tagged().__getitem__, separators=(",", ":"), allow_nan=False
    ).encode
    rows = sheet.iter_rows()
    if request["rows"]:
        rows = islice(rows, request["rows"])
    left = [None] * start[1]
    while batch := [plain([*left, *row] if left else row) for row in islice(rows, _BATCH)]:
        try:
            text = encode(batch)
        except ValueError:  # some number is none: infinite, or NaN
            text = encode([[finite(cell) for cell in row] for row in batch])
        sys.stdout.write(text + "\n")
    return 0


def plain(row: list[Any]) -> list[Any]:
    """The row with None for what was never filled."""
    return [None if cell == "" else cell for cell in row] if "" in row else row


def finite(cell: Any) -> Any:
    return str(cell) if isinstance(cell, float) and not math.isfinite(cell) else cell


class Tagged(dict[Any, Any]):
    """What JSON has no word for, by value: dates repeat."""

    def __missing__(self, value: Any) -> Any:
        if isinstance(value, timedelta):
            return _hours(value)
        tag = "m" if isinstance(value, datetime) else "d" if isinstance(value, date) else "t"
        assert isinstance(value, date | time), type(value)
        if len(self) > 10_000:
            self.clear()
        self[value] = {tag: value.isoformat()}
        return self[value]


def _hours(span: timedelta) -> str:
    """ "36:05:00", as a cell shows it that counts hours past the day."""
    seconds = int(span.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def tell(what: Any) -> int:
    sys.stdout.write(json.dumps(what) + "\n")
    return 0


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.exit(main())
