"""The process that reads a workbook, from our side: started, listened to for so long, ended."""

import json
import os
import select
import subprocess
import sys
import time as clock
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from apps.exchange.tables.formulas import read_back
from apps.exchange.tables.port import Cell, FileRefused, Limits

_SCRIPT = Path(__file__).with_name("calamine_child.py")
_LONGEST_ANSWER = 64_000_000  # bytes of one line
_KEPT = 50_000
_TOO_LARGE = (
    "The workbook is too large to be read within the memory and time that are allowed. Save the sheet "
    "as CSV, and try again."
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the process tells of a sheet before its rows. Ranges are ((row, column), (row, column))."""

    height: int
    width: int
    merged: tuple[tuple[tuple[int, int], tuple[int, int]], ...]


def read_sheet(
    path: Path, sheet: str, limits: Limits, *, rows: int = 0, escapes: bool = True
) -> Generator[Sheet | list[list[Cell]], None, None]:
    """First the `Sheet`, then its rows in batches, from the first row and column of the sheet on.

    `rows`: how many, 0 for all; `escapes`: as in the dialect. Only the time is counted that is spent waiting, so that a reader may
    take as long as it needs between two batches. Raises `FileRefused`. Closing ends the process.
    """
    request = {"sheet": sheet, "rows": rows, "most_rows": limits.xlsx_rows + 1}
    with started(_SCRIPT, path, request, limits) as (child, lines):
        yield from _told(lines, limits, escapes)
        if child.wait(limits.child_seconds) > 0:
            raise _damaged("it cannot be understood")
        if child.returncode < 0:
            raise FileRefused(_TOO_LARGE)


@contextmanager
def started(
    script: Path, path: Path, request: dict[str, Any], limits: Limits
) -> Iterator[tuple[subprocess.Popen[bytes], Iterator[bytes]]]:
    """A process that reads `path` within the limits, and what it says, line by line. It is ended with
    the block."""
    asked = {
        **request,
        "path": str(path.absolute()),
        "columns": limits.columns,
        "megabytes": limits.child_megabytes,
        "seconds": limits.child_seconds,
    }
    child = subprocess.Popen(
        # Isolated: neither our environment nor the directory decides what it imports.
        [sys.executable, "-I", str(script), json.dumps(asked)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        pipesize=1 << 20,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LC_ALL": "C.UTF-8"},
    )
    assert child.stdout is not None
    try:
        yield child, _lines(child.stdout.fileno(), limits)
    finally:
        child.kill()
        child.stdout.close()
        child.wait()


def _told(
    lines: Iterator[bytes], limits: Limits, escapes: bool
) -> Iterator[Sheet | list[list[Cell]]]:
    decode = json.JSONDecoder(
        parse_float=_Numbers().__getitem__,
        parse_int=Decimal,
        object_pairs_hook=_untagged(_Moments()),
    ).decode
    for line in lines:
        answer = decode(line.decode())
        if isinstance(answer, dict):
            sheet = _sheet(answer)
            yield sheet
            _refuse_size(sheet, limits)
        else:
            if len(line) > limits.cell_characters:
                refuse_long_cells(answer, limits)
            if b"\\u0000" in line:
                _refuse_nul(answer)
            if escapes and b"\"'" in line:
                answer = [[_unescaped(cell) for cell in row] for row in answer]
            yield answer


def _unescaped(cell: Cell) -> Cell:
    return read_back(cell) if isinstance(cell, str) else cell


class _Numbers(dict[str, Decimal]):
    """Decimals by their text: most figures of a sheet stand in it many times."""

    def __missing__(self, text: str) -> Decimal:
        if len(self) > _KEPT:
            self.clear()
        number = self[text] = Decimal(text.removesuffix(".0"))
        return number


class _Moments(dict[tuple[str, str], Cell]):
    """Days and times by their tag and text."""

    _READ: dict[str, Callable[[str], Cell]] = {
        "d": date.fromisoformat,
        "t": time.fromisoformat,
        "m": datetime.fromisoformat,
    }

    def __missing__(self, tagged: tuple[str, str]) -> Cell:
        if len(self) > _KEPT:
            self.clear()
        tag, text = tagged
        moment = self[tagged] = self._READ[tag](text)
        return moment


def _untagged(moments: _Moments) -> Callable[[list[tuple[str, Any]]], Any]:
    def read(pairs: list[tuple[str, Any]]) -> Any:
        return moments[pairs[0]] if pairs[0][0] in "dtm" else dict(pairs)

    return read


def _sheet(answer: dict[str, Any]) -> Sheet:
    match answer.get("refused"):
        case "password":
            raise FileRefused(
                "The workbook is protected by a password. Open it in Excel, take the password away, "
                "save it, and try again."
            )
        case "memory":
            raise FileRefused(_TOO_LARGE)
        case "damaged":
            raise _damaged(answer["why"])
    merged = [((int(a), int(b)), (int(c), int(d))) for (a, b), (c, d) in answer["merged"]]
    return Sheet(int(answer["height"]), int(answer["width"]), tuple(merged))


def _damaged(why: str) -> FileRefused:
    return FileRefused(
        f"The workbook is damaged ({why}). Open it in Excel, save it once more, and try again."
    )


def _refuse_size(sheet: Sheet, limits: Limits) -> None:
    """By what is filled: the process stops after it has told such a size."""
    if sheet.height > limits.xlsx_rows + 1:
        raise too_many_rows(limits)
    if sheet.width > limits.columns:
        raise too_many_columns(limits)


def too_many_rows(limits: Limits) -> FileRefused:
    return FileRefused(
        f"The sheet has more than {limits.xlsx_rows:,} rows, the most that is read of a workbook. Save "
        "the sheet as CSV (File, Save As, CSV UTF-8), which may have any number."
    )


def too_many_columns(limits: Limits) -> FileRefused:
    return FileRefused(
        f"The sheet has more than {limits.columns:,} columns. Keep only those that are needed."
    )


def _refuse_nul(batch: list[list[Cell]]) -> None:
    """Excel writes such as `_x0000_`, and no database of texts holds one."""
    if any(isinstance(cell, str) and "\0" in cell for row in batch for cell in row):
        raise FileRefused("A cell of the sheet holds a NUL character. Retype it, and save again.")


def refuse_long_cells(batch: Iterable[Iterable[Cell]], limits: Limits) -> None:
    for row in batch:
        for cell in row:
            if isinstance(cell, str) and len(cell) > limits.cell_characters:
                raise FileRefused(
                    f"A cell holds {len(cell):,} characters; at most {limits.cell_characters:,} are "
                    "read. Shorten it."
                )


def _lines(pipe: int, limits: Limits) -> Iterator[bytes]:
    """Whole lines, as long as the waiting for them does not exceed the limit in sum."""
    waiting = select.poll()
    waiting.register(pipe, select.POLLIN | select.POLLHUP)
    left = float(limits.child_seconds)
    rest: list[bytes] = []
    size = 0
    while True:
        began = clock.monotonic()
        ready = waiting.poll(max(left, 0) * 1000)
        left -= clock.monotonic() - began
        if not ready:
            raise FileRefused(_TOO_LARGE)
        block = os.read(pipe, 1 << 18)
        if not block:
            return
        *whole, last = block.split(b"\n")
        for line in whole:
            yield b"".join([*rest, line])
            rest, size = [], 0
        rest.append(last)
        size += len(last)
        if size > _LONGEST_ANSWER:
            raise FileRefused(_TOO_LARGE)
