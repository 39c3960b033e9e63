"""Headings: when two of them are one, and in which row of a file they stand."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from apps.exchange.tables.port import Cell, Doubt

SEARCHED = 40  # rows from the first in which headings are looked for
_FIGURE = re.compile(r"[-+(]?\W{0,3}\d[\d.,'’ \u00a0\u202f/:%€$£T+-]*\)?")


def heading_key(heading: object) -> str:
    """What makes two headings one: neither case, blanks, a leading `*` nor a byte-order mark."""
    text = str(heading).replace("\ufeff", "").replace("\u00a0", " ")
    return " ".join(text.strip().lstrip("*").casefold().split())


def written_heading(cell: Cell) -> str:
    """A heading as written, trimmed; "" where there is none."""
    return "" if cell is None else str(cell).replace("\ufeff", "").strip()


def is_filled(cell: Cell) -> bool:
    return cell is not None and (not isinstance(cell, str) or bool(cell.strip()))


def is_figure(text: str) -> bool:
    """Whether it looks like a number, an amount or a date in figures, as no heading does."""
    return _FIGURE.fullmatch(text.strip()) is not None


@dataclass(frozen=True, slots=True)
class FoundHeader:
    row: int  # from 1
    doubts: tuple[Doubt, ...] = ()
    known: int = 0  # how many of its headings are known


def known_among(cells: Sequence[Cell], known: Collection[str]) -> int:
    """How many headings of the row are among these (keys of headings)."""
    return len({key for cell in cells if (key := heading_key(written_heading(cell)))} & set(known))


def found_header(rows: Sequence[Sequence[Cell]], known: Collection[str]) -> FoundHeader:
    """The row of the headings among the first of a file.

    The row with most known headings, from two on. Else the first that is as wide as what follows and
    holds texts alone; where there is none, or the next row may be it as well, it is in doubt.
    """
    searched = rows[:SEARCHED]
    hits = [known_among(cells, known) for cells in searched]
    most = max(hits, default=0)
    if most >= 2:
        return FoundHeader(hits.index(most) + 1, known=most)
    widths = [sum(map(is_filled, cells)) for cells in searched]
    widest = max(widths, default=0)
    candidates = [
        index
        for index, cells in enumerate(searched)
        if widths[index] >= max(1, widest * 0.6) and _are_words(cells)
    ]
    if not candidates:
        return _none_found(widths)
    first = candidates[0]
    second = first + 1
    if second in candidates and widths[second] > widths[first]:
        return FoundHeader(
            second + 1,
            (_doubt("Two rows may hold the headings.", (second + 1, first + 1)),),
            known=most,
        )
    return FoundHeader(first + 1, known=most)


def _none_found(widths: list[int]) -> FoundHeader:
    filled = [index + 1 for index, width in enumerate(widths) if width] or [1]
    sentence = "No row looks like headings: each holds figures or dates."
    return FoundHeader(filled[0], (_doubt(sentence, tuple(filled[:5])),))


def _doubt(sentence: str, rows: tuple[int, ...]) -> Doubt:
    return Doubt(
        field="header_row",
        sentence=f"{sentence} Choose the row that names the columns.",
        choices=tuple(map(str, rows)),
    )


def _are_words(cells: Sequence[Cell]) -> bool:
    """Whether what is filled is text, each its own, and none a figure or a date."""
    texts = [cell.strip() for cell in cells if isinstance(cell, str) and cell.strip()]
    if len(texts) < sum(map(is_filled, cells)) or not texts:
        return False
    if any(map(is_figure, texts)) or texts[0].startswith("# "):
        return False
    return len({text.casefold() for text in texts}) > len(texts) / 2
