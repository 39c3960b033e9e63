"""The columns of one file, found by a profile: which cells tell which field, and what they mean."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Generic

from apps.connectors.profiles import BaseProfile, F
from apps.exchange.imports.shapes import Shape
from apps.exchange.imports.styles import Styles
from apps.exchange.tables.headings import heading_key
from apps.exchange.tables.numbers import read_number
from apps.exchange.tables.port import Cell, CellRefused, FileRefused

Reads = Callable[[Sequence[Cell]], Cell]
Means = Callable[[Cell], Cell]


class Columns(Generic[F]):
    """By field the places of its columns: the one that tells it, and those that tell more of it.

    Raises `FileRefused` where a field that the profile requires has neither column nor constant.
    """

    def __init__(
        self,
        profile: BaseProfile[F],
        shape: Shape[F],
        headings: Sequence[str],
        styles: Styles | None = None,
    ) -> None:
        self.profile, self.shape = profile, shape
        self.styles = styles or Styles()
        self.places: dict[F, tuple[int, ...]] = {}
        self._named: dict[F, str] = {}
        self._as_cells = shape.as_cells
        keys = [heading_key(each) for each in headings]
        for each in shape.fields:
            if places := self._find(each, headings, keys):
                self.places[each] = places
        self._refuse_missing()

    def called(self, wanted: F) -> str:
        """As the file calls a field, else as the profile or we do."""
        known = next(iter(self.profile.columns.get(wanted, ())), None)
        return self._named.get(wanted) or known or self.shape.called.get(wanted, wanted)

    def readers(self) -> list[tuple[F, Reads]]:
        """Of each field that has a column, from the cells of a row to its text or its cell."""
        return [(each, self._reads(each, places)) for each, places in self.places.items()]

    def place_of_text(self, wanted: F) -> int | None:
        """Of the one column that tells a text of one line as it is written; None where more is made
        of it."""
        places = self.places[wanted]
        return places[0] if len(places) == 1 and self.means(wanted) is text_of else None

    def means(self, wanted: F) -> Means:
        """From a cell to what the profile takes it for."""
        profile = self.profile
        constant = profile.constants.get(wanted, "")
        meant = {k.casefold(): v for k, v in profile.values.get(wanted, {}).items()}
        if wanted in self._as_cells and not (meant or constant or wanted in profile.beginnings):
            return _filled
        if profile.as_written and wanted in self.shape.long_texts:
            return _as_written
        beginning, ending = profile.beginnings.get(wanted, ""), profile.endings.get(wanted, "")
        if not (meant or beginning or ending or constant):
            return text_of
        closed = wanted in profile.closed

        def means(cell: Cell) -> Cell:
            written = text_of(cell).removeprefix(beginning).removesuffix(ending) or constant
            return meant.get(written.casefold(), "" if closed else written) if meant else written

        return means

    def _find(self, wanted: F, headings: Sequence[str], keys: Sequence[str]) -> tuple[int, ...]:
        for heading in self.profile.columns.get(wanted, ()):
            if (key := heading_key(heading)) in keys:
                place = keys.index(key)
                self._named[wanted] = headings[place]
                more = map(heading_key, self.profile.further.get(wanted, ()))
                return place, *(keys.index(each) for each in more if each in keys)
        return ()

    def _refuse_missing(self) -> None:
        if missing := [each for each in self.profile.required if not self._is_told(each)]:
            names = ", ".join(self.called(each) for each in missing)
            needed = ", ".join(self.called(each) for each in self.profile.required)
            raise FileRefused(
                f"The file has no column {names}; the profile {self.profile.code} needs {needed}."
            )

    def _is_told(self, wanted: F) -> bool:
        nested = self.profile.nested
        return (
            wanted in self.places
            or wanted in self.profile.constants
            or (nested is not None and wanted in nested.columns)
        )

    def _reads(self, wanted: F, places: tuple[int, ...]) -> Reads:
        means, place = self.means(wanted), places[0]
        if len(places) > 1 and wanted in self.shape.joined_by:
            mark = self.shape.joined_by[wanted]
            return lambda cells: means(
                mark.join(filter(None, (text_of(cells[each]) for each in places)))
            )
        if len(places) > 1:
            return lambda cells: self._added(wanted, [means(cells[each]) for each in places])
        return lambda cells: means(cells[place])

    def _added(self, wanted: F, cells: Sequence[Cell]) -> Cell:
        """The sum of amounts in several columns; the first that cannot be read, to be refused."""
        style, found = self.styles.number(wanted), [each for each in cells if not is_blank(each)]
        total = Decimal(0)
        for cell in found:
            try:
                total += read_number(cell, style)
            except CellRefused:
                return cell
        return total if found else ""


def is_blank(cell: Cell) -> bool:
    return cell is None or cell == ""


def text_of(cell: Cell) -> str:
    if isinstance(cell, str):
        return cell.strip()
    if cell is None:
        return ""
    return f"{cell:f}" if isinstance(cell, Decimal) else str(cell)


def _filled(cell: Cell) -> Cell:
    return cell.strip() if isinstance(cell, str) else cell


def _as_written(cell: Cell) -> str:
    return cell if isinstance(cell, str) else text_of(cell)
