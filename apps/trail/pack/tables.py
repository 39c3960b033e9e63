"""What a table of a pack is: its file, what an auditor reads in it, its headings and its rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from apps.exchange.exports.cells import Cell
from apps.trail.pack.period import Period
from apps.trail.pack.words import Words

Row = tuple[Cell, ...]
PORTION = 500  # rows that are held at once


@dataclass(frozen=True, kw_only=True)
class Table:
    """`means` stands in README.txt. `rows` reads as it is written down."""

    name: str
    means: str
    headings: tuple[str, ...]
    rows: Callable[[Period, Words], Iterator[Row]]
