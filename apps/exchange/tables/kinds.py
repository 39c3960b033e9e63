"""What a row is: data, or one of the other things people and programs put between it."""

import re
from collections.abc import Sequence

from apps.exchange.tables.headings import heading_key, is_filled, written_heading
from apps.exchange.tables.port import Cell, RowKind

# First words of a row of sums; in each case the whole word.
TOTAL_WORDS = frozenset(
    {"total", "totals", "subtotal", "subtotals", "grand", "sum", "sums"}  # English
    | {"summe", "summen", "gesamt", "gesamtsumme", "zwischensumme", "endsumme"}  # German
    | {"somme", "totaux", "suma", "sumas", "totale", "totali", "subtotale", "somma", "soma"}
    | {"totaal", "subtotaal", "totalt", "delsumma", "celkem", "razem", "ogółem"}
    | {"итого", "всего", "合計", "小計", "合计", "总计"}
)
_LEARNT_FROM = 200  # body rows, after which what they all have is known
# "# exported by Ann", and not a number such as "#1001" or "#EN1001".
_REMARK = re.compile(r"#(?:\s|[#=*!-]|[^\W\d_]+(?:[\s:,.]|$))")
_BEFORE = " \t\u00a0\ufeff*"
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


class Kinds:
    """Tells the kinds of the rows below the headings, in the order of the file.

    A comment or a sum is told from a document called "#1001" or a customer called "Total Ltd" by what
    it lacks: columns that every row of data so far has filled. `suspects` are the first signs of a
    first cell ("" where it is blank) that may be other than data: past the learning, a row whose first
    cell begins with none of them is BODY, which is asked before anything that costs more.
    """

    def __init__(self, headings: Sequence[Cell]) -> None:
        self._keys = [heading_key(written_heading(each)) for each in headings]
        self._always = set(range(len(self._keys)))
        self._fewest = len(self._keys)  # cells that a row of data has filled
        self._seen = 0
        self._starts = frozenset(word[:2] for word in (*TOTAL_WORDS, *self._keys[:1]))
        signs = "#" + "".join(start[:1] for start in self._starts)
        self.suspects = frozenset(["", *signs, *signs.upper(), *_BEFORE])

    def is_suspect(self, first: str) -> bool:
        """Whether a first cell that begins with one of `suspects` may be other than data."""
        text = first.lstrip(_BEFORE)
        start = text[:2].casefold()
        if not start or start[0] == "#":
            return True
        if start not in self._starts:
            return False
        return _is_total(text) or heading_key(text) == self._keys[0]

    @property
    def learning(self) -> bool:
        """Whether what rows of data all have is not known yet: every row is to be shown to `of`."""
        return self._seen < _LEARNT_FROM

    def of(self, cells: Sequence[Cell]) -> RowKind:
        filled = [index for index, cell in enumerate(cells) if is_filled(cell)]
        if not filled:
            return RowKind.BLANK
        kind = self._of_filled(cells, filled)
        # One cell alone is the name of a group of rows, or its own column's list.
        teaches = len(filled) > 1 or len(self._keys) < 3
        if kind is RowKind.BODY and teaches and self._seen < _LEARNT_FROM:
            self._always.intersection_update(filled)
            self._fewest = min(self._fewest, len(filled))
            self._seen += 1
        return kind

    def _of_filled(self, cells: Sequence[Cell], filled: list[int]) -> RowKind:
        first = cells[filled[0]]
        if not isinstance(first, str):
            return RowKind.BODY
        if heading_key(first) in self._keys and self._is_headings(cells):
            return RowKind.HEADINGS
        text = first.strip()
        if _REMARK.match(text) and self._lacks(filled):
            return RowKind.COMMENT
        if _is_total(text) and self._seen and self._lacks(filled):
            return RowKind.TOTAL
        return RowKind.BODY

    def _is_headings(self, cells: Sequence[Cell]) -> bool:
        keys = [heading_key(written_heading(each)) for each in cells]
        width = len(self._keys)
        return keys[:width] == self._keys and not any(keys[width:])

    def _lacks(self, filled: list[int]) -> bool:
        if not self._seen:
            return len(filled) * 2 < len(self._keys)
        return len(filled) < self._fewest or not self._always.issubset(filled)


def _is_total(text: str) -> bool:
    word = _WORD.match(text)
    if word is None:
        return False
    found = word.group().casefold().replace("-", "")
    return found in TOTAL_WORDS and (found != "grand" or "total" in text.casefold())
