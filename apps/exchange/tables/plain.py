"""The plain rows of a sheet, from our side of the process that reads them.

A sheet of a hundred thousand rows mostly has rows of one shape: texts, numbers and days. These are read
as a stream by what the first of them looks like, at many times the speed and in a tenth of the memory
of a reader of whole workbooks, which reads what is left.
"""

import json
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import repeat
from pathlib import Path

from apps.exchange.tables.child import refuse_long_cells, started
from apps.exchange.tables.formulas import read_back
from apps.exchange.tables.port import Cell, Limits

_SCRIPT = Path(__file__).with_name("plain_child.py")
_KEPT = 50_000
_SERIAL_NIL = date(1899, 12, 30)
Cells = Sequence[Cell]


def plain_rows(
    path: Path, part: str, styles: str, strings: str, limits: Limits, *, escapes: bool
) -> Generator[Cells, None, tuple[int, bool]]:
    """Its rows from the first on, blank ones as empty; ends with how many there were, and whether these
    are all. `part` holds the sheet, `styles` and `strings` ("": there is none) are parts too. Raises
    `FileRefused` for what only the reader of whole workbooks would refuse otherwise, and later."""
    request = {"part": part, "styles": styles, "strings": strings, "rows": limits.xlsx_rows + 1}
    reads = _Reads(limits, escapes)
    given = 0
    try:
        with started(_SCRIPT, path, request, limits) as (_, lines):
            for line in lines:
                told = json.loads(line)
                if "gone" in told:
                    return given, bool(told["whole"])
                yield from repeat((), told["first"] - given - 1)
                batch = reads.batch(told, lines)
                given = told["first"] + told["rows"] - 1
                yield from batch
    except _BrokeOff:
        pass
    return given, False


class _BrokeOff(Exception):
    """The process ended, or took too long, in the middle of a batch."""


class _Reads:
    """From what the process tells of columns to the rows."""

    def __init__(self, limits: Limits, escapes: bool) -> None:
        self._limits, self._escapes = limits, escapes
        self._numbers, self._days = _Numbers(), _Days()
        self._widest = 0
        self._of: dict[str, Callable[[str], list[Cell]]] = {
            "t": self._texts,
            "n": lambda line: list(map(self._numbers.__getitem__, line.split("\x1f"))),
            "d": lambda line: list(map(self._days.__getitem__, line.split("\x1f"))),
        }

    def batch(self, told: dict[str, list[tuple[int, str]]], lines: Iterator[bytes]) -> list[Cells]:
        columns = [(place, self._of[kind], next(lines, None)) for place, kind in told["columns"]]
        self._widest = max(self._widest, *(place + 1 for place, _, _ in columns))
        by_place: list[Sequence[Cell] | Iterator[None]] = [
            repeat(None) for _ in range(self._widest)
        ]
        for place, read, line in columns:
            if line is None:
                raise _BrokeOff
            by_place[place] = read(line.decode())
        return list(zip(*by_place))  # noqa: B905 # columns without a cell have no end

    def _texts(self, line: str) -> list[Cell]:
        texts: list[Cell] = [*line.split("\x1f")]
        if "\x1d" in line:
            texts = [str(each).replace("\x1d", "\n") for each in texts]
        if len(line) > self._limits.cell_characters:
            refuse_long_cells([texts], self._limits)
        if self._escapes and "'" in line:
            texts = [read_back(str(each)) for each in texts]
        if "" in texts:
            texts = [each or None for each in texts]
        return texts


class _Numbers(dict[str, Decimal]):
    """Decimals by what is written: the shortest figures that make the same number."""

    def __missing__(self, written: str) -> Decimal:
        if len(self) > _KEPT:
            self.clear()
        # Of at most 15 figures the shortest are those that are written, unless the last is a nought.
        short = len(written) < 16 and written[-1] in "123456789" and "E" not in written.upper()
        number = self[written] = Decimal(
            written if short else repr(float(written)).removesuffix(".0")
        )
        return number


class _Days(dict[str, date]):
    def __missing__(self, serial: str) -> date:
        if len(self) > _KEPT:
            self.clear()
        day = self[serial] = _SERIAL_NIL + timedelta(int(serial))
        return day
