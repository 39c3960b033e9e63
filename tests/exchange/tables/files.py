"""Files of these tests, and reading them whole."""

import gzip
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from apps.exchange.tables.look import look
from apps.exchange.tables.port import LIMITS, Dialect, FileRefused, Limits, Look, Row, RowKind
from apps.exchange.tables.rows import rows

SHARED = Path(os.environ.get("SHARED_FILES") or Path(__file__).parents[4] / "shared")
CASES = SHARED / "data/csv-cases"
RETAIL = SHARED / "data/online-retail/online-retail.csv.gz"


@dataclass(slots=True)
class Read:
    """A file as it was looked at and read."""

    look: Look
    rows: list[Row] = field(default_factory=list)

    @property
    def body(self) -> list[tuple]:
        return [row.cells for row in self.rows if row.kind is RowKind.BODY]

    @property
    def kinds(self) -> list[str]:
        return [f"{row.number} {row.kind}" for row in self.rows]

    def column(self, heading: str) -> list:
        place = self.look.headings.index(heading)
        return [cells[place] for cells in self.body]


def read(path: Path, *, dialect: Dialect | None = None, limits: Limits = LIMITS, known=()) -> Read:
    looked = look(path, known_headings=frozenset(known), limits=limits, dialect=dialect)
    return Read(looked, list(rows(path, looked.dialect, limits=limits)))


def read_bytes(folder: Path, data: bytes | str, **how) -> Read:
    path = folder / "file.csv"
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return read(path, **how)


def refusal(act: Callable[[], object]) -> str:
    """The sentence with which it is refused; "" where it is not."""
    try:
        act()
    except FileRefused as refused:
        return str(refused)
    return ""


def packed(folder: Path, data: bytes) -> Path:
    path = folder / "file.csv.gz"
    path.write_bytes(gzip.compress(data))
    return path
