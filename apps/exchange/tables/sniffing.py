"""How a CSV file divides its cells: delimiter and quotation mark, told from its beginning."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from apps.exchange.tables.csv_rows import SEPARATOR_LINE
from apps.exchange.tables.headings import SEARCHED, is_figure, known_among
from apps.exchange.tables.port import Doubt

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
_ROWS = 200  # that are looked at
_RUNAWAY = 20  # line ends in one cell, from which on its quotation mark is not closed


@dataclass(frozen=True, slots=True)
class FoundMarks:
    delimiter: str
    quote: str = '"'
    spaced: bool = False
    backslash: bool = False
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class _Division:
    """What comes of one delimiter."""

    delimiter: str
    rows: list[list[str]]
    known: int  # headings that are known
    width: int  # of most rows that are divided at all
    share: float  # of the rows that have it
    head: int  # the first row of that width, from 0
    tidy: float  # of that row's cells, those without another delimiter
    in_words: bool  # none of them is a figure

    @property
    def score(self) -> float:
        if self.width < 2:
            return 0.0
        looks = (0.5 + 0.5 * self.tidy) * (1 if self.in_words else 0.5)
        return self.share * (1 - 1 / self.width) * looks


def found_marks(text: str, known: Collection[str], *, whole: bool) -> FoundMarks:
    """Delimiter and quotation mark of a file that begins so. `whole`: the file ends with the text.

    `known` are keys of headings: the delimiter that yields most of them is taken. Else the one that
    divides most rows alike, headings included; where two do, it is asked.
    """
    told = SEPARATOR_LINE.match(text)
    if told:
        text = text[told.end() :]
    quote, doubts = _found_quote(text)
    lines = _lines(text, whole=whole)
    if told:
        mark = told["mark"]
        return _marks(text, mark, quote, doubts)
    divisions = sorted(
        (_divided(lines, mark, quote, known) for mark in DELIMITERS),
        key=lambda each: (each.known if each.known >= 2 else 0, each.score),
        reverse=True,
    )
    best, second = divisions[:2]
    mark = best.delimiter
    if _are_alike(best, second):
        doubts = (*doubts, _doubt(best, second))
    return _marks(text, mark, quote, doubts)


def _marks(text: str, delimiter: str, quote: str, doubts: tuple[Doubt, ...]) -> FoundMarks:
    return FoundMarks(
        delimiter=delimiter,
        quote=quote,
        spaced=_is_spaced(text, delimiter, quote),
        backslash=_has_backslashes(text, delimiter, quote),
        doubts=doubts,
    )


def _lines(text: str, *, whole: bool) -> list[str]:
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", text, maxsplit=_ROWS * 5)
    # The last one may be half a row.
    return lines if whole or len(lines) < 3 else lines[:-1]


def _divided(lines: Sequence[str], delimiter: str, quote: str, known: Collection[str]) -> _Division:
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
    )
    rows: list[list[str]] = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(cells)
            if len(rows) == _ROWS:
                break
    except csv.Error:
        rows = rows or [[""]]
    widths = Counter(len(cells) for cells in rows if len(cells) > 1)
    width, count = widths.most_common(1)[0] if widths else (1, len(rows))
    place = next((index for index, cells in enumerate(rows) if len(cells) == width), 0)
    head = rows[place] if rows else []
    others = [mark for mark in DELIMITERS if mark not in (delimiter, ",")]
    if delimiter != ",":
        others.append(",")
    clean = [cell for cell in head if not any(mark in cell for mark in others)]
    return _Division(
        delimiter=delimiter,
        rows=rows,
        known=max((known_among(cells, known) for cells in rows[:SEARCHED]), default=0),
        width=width,
        share=count / len(rows) if rows else 0.0,
        head=place,
        in_words=not any(is_figure(cell) for cell in head),
        tidy=len(clean) / len(head) if head else 1.0,
    )


def _are_alike(best: _Division, second: _Division) -> bool:
    """Whether the second divides all rows as well, that of the headings included."""
    if best.known >= 2 and best.known > second.known:
        return False
    return second.width > 1 and second.share >= 0.95 and second.head == best.head


def _doubt(best: _Division, second: _Division) -> Doubt:
    names = f"{DELIMITERS[best.delimiter]} or {DELIMITERS[second.delimiter]}"
    return Doubt(
        field="delimiter",
        sentence=f"The cells may be divided by {names}. Choose what gives the right columns.",
        choices=(best.delimiter, second.delimiter),
    )


def _found_quote(text: str) -> tuple[str, tuple[Doubt, ...]]:
    edge = "[,;\t|\r\n]"
    double = len(re.findall(rf'(?:^|{edge} ?)"', text))
    single = len(re.findall(rf"(?:^|{edge})'[^'\r\n]*'(?={edge}|$)", text))
    if single > double and single >= text.count("\n") and not double:
        return "'", ()
    if double and _runs_away(text):
        doubt = Doubt(
            field="quote",
            sentence="A quotation mark at the start of a cell is not closed for many rows: the file "
            "may quote nothing. Choose how it quotes.",
            choices=("", '"'),
        )
        return "", (doubt,)
    return '"', ()


def _runs_away(text: str) -> bool:
    """Whether a quoted cell holds so many line ends that its mark is hardly meant as one."""
    cell = re.compile(r'(?:^|(?<=[,;\t|\r\n]))"([^"]*(?:""[^"]*)*)("|$)')
    return any(
        match[1].count("\n") + match[1].count("\r") > _RUNAWAY and not match[2]
        for match in cell.finditer(text)
    )


def _is_spaced(text: str, delimiter: str, quote: str) -> bool:
    """Whether blanks stand between a delimiter and the quotation mark after it."""
    return bool(quote) and f"{delimiter} {quote}" in text and f"{delimiter}{quote}" not in text


def _has_backslashes(text: str, delimiter: str, quote: str) -> bool:
    """Whether quotation marks inside cells are written with a backslash, and none is doubled.

    One before a delimiter or a line end says nothing: it may close a cell that ends so (`"C:\\"`).
    """
    if not quote or f"\\{quote}" not in text:
        return False
    edge = rf"[{re.escape(delimiter)}\r\n]"
    inside = re.search(rf"\\{quote}(?!{edge}|$)", text)
    doubled = re.search(rf"(?<!{edge})(?<!^){quote}{quote}(?!{edge}|$)", text)
    return inside is not None and doubled is None
