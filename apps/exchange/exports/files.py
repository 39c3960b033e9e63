"""Writes what was laid out into numbered files that the product takes: a document is never divided."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import IO, Final

from apps.connectors.layouts import Formulas, Layout
from apps.core.money import ZERO
from apps.exchange.exports.laying import Laid, Laying, Objection
from apps.exchange.exports.records import Choice
from apps.exchange.exports.writing import BOM, CHUNK, Tally, write_xlsx

TOLD: Final = 100  # objections that are kept; the others are counted


@dataclass
class Cutter:
    """In which file a document goes: the next one where this one has no more room."""

    layout: Layout
    head_bytes: int
    files: int = 0
    _documents: int = 0
    _rows: int = 0
    _bytes: int = 0

    def begins_another(self, laid: Laid) -> bool:
        size = sum(len(each.encode()) for each in laid.rows) if self.layout.most_bytes else 0
        rows, limits = len(laid.rows), self.layout
        is_full = (
            (limits.most_documents and self._documents + 1 > limits.most_documents)
            or (limits.most_rows and self._rows + rows > limits.most_rows)
            or (limits.most_bytes and self._bytes + size > limits.most_bytes)
        )
        another = self.files == 0 or bool(is_full)
        if another:
            self.files += 1
            self._documents, self._rows, self._bytes = 0, 1, self.head_bytes
        self._documents += 1
        self._rows += rows
        self._bytes += size
        return another


@dataclass
class Outlook:
    """What will come of an export, or what came. Amounts are signed: credit notes lower them."""

    documents: int = 0
    rows: int = 0
    files: int = 0
    left_out: int = 0
    objections: list[Objection] = field(default_factory=list)  # the first of them
    objection_count: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)
    is_partial: bool = False  # more was chosen than was looked at

    def note(self, laid: Laid) -> None:
        self.objection_count += len(laid.objections)
        self.objections += laid.objections[: max(0, TOLD - len(self.objections))]
        if laid.is_left_out:
            self.left_out += 1
            return
        self.documents += 1
        self.rows += len(laid.rows)
        if laid.total is not None:
            before = self.totals.get(laid.currency, ZERO)
            self.totals[laid.currency] = before + laid.total

    @property
    def what_is_left_out(self) -> str:
        """How many records, and why the first of them; "" where there is none."""
        first = next((each for each in self.objections if each.left_out), None)
        if not self.left_out:
            return ""
        why = f" The first: {first.what}: {first.sentence}" if first else ""
        return f"{self.left_out} of {self.left_out + self.documents} records were left out.{why}"


@dataclass(frozen=True)
class Export:
    """A layout under a person's answers, and the records that she chose."""

    laying: Laying
    choice: Choice

    @property
    def layout(self) -> Layout:
        return self.laying.layout

    @property
    def is_limited(self) -> bool:
        layout = self.layout
        return bool(layout.most_rows or layout.most_documents or layout.most_bytes)

    def _cutter(self) -> Cutter:
        return Cutter(self.layout, len(self.laying.headings.encode()))

    def outlook(self, most: int = 0) -> Outlook:
        """What will come, worked out without writing it; with `most`, of the first so many."""
        cutter, found = self._cutter(), Outlook()
        for count, laid in enumerate(self.laying.of(self.choice)):
            if most and count == most:
                found.is_partial = True
                break
            found.note(laid)
            if not laid.is_left_out:
                cutter.begins_another(laid)
        found.files = cutter.files
        return found

    def objections(self) -> Iterator[Objection]:
        """All that stays out and all that is told, record by record."""
        for laid in self.laying.of(self.choice):
            yield from laid.objections

    def holds_anything(self) -> bool:
        """Whether one record at least would be in the file: all are looked at until one is found."""
        return any(not laid.is_left_out for laid in self.laying.of(self.choice))

    def chunks(self, tally: Tally, found: Outlook | None = None) -> Iterator[bytes]:
        """One file, in pieces, of a layout that knows no limit. `found` is told what came."""
        if self.layout.bom:
            yield BOM
        buffer, size = [self.laying.headings], 0
        for laid in self.laying.of(self.choice):
            if found is not None:
                found.note(laid)
            buffer += laid.rows
            tally.rows += len(laid.rows)
            size += sum(map(len, laid.rows))
            if size >= CHUNK:
                yield "".join(buffer).encode()
                buffer, size = [], 0
        yield "".join(buffer).encode()
        tally.done = True

    @property
    def has_workbook(self) -> bool:
        """Whether it comes as an Excel workbook too: our own files do."""
        return self.layout.formulas is Formulas.ESCAPE

    def workbook(self, into: IO[bytes], tally: Tally) -> None:
        """The same as an Excel workbook. Raises `CannotBeWritten` beyond what Excel holds."""
        headings = [each.heading for each in self.layout.columns]
        write_xlsx(into, self.layout.product, headings, self.laying.values(self.choice), tally)

    def write(self, folder: Path, name: str) -> tuple[list[Path], Outlook]:
        """The files, in order: `name.csv`, or `name-1-of-3.csv` and so on where it takes several."""
        cutter, found = self._cutter(), Outlook()
        paths: list[Path] = []
        file: IO[bytes] | None = None
        try:
            for laid in self.laying.of(self.choice):
                found.note(laid)
                if laid.is_left_out:
                    continue
                if cutter.begins_another(laid):
                    if file is not None:
                        file.close()
                    paths.append(folder / f"{len(paths) + 1}.part")
                    file = paths[-1].open("wb")
                    file.write((BOM if self.layout.bom else b"") + self.laying.headings.encode())
                if file is not None:
                    file.write("".join(laid.rows).encode())
        finally:
            if file is not None:
                file.close()
        found.files = len(paths)
        return [_named(each, name, place, len(paths)) for place, each in enumerate(paths, 1)], found


def _named(path: Path, name: str, place: int, of: int) -> Path:
    wanted = f"{name}.csv" if of == 1 else f"{name}-{place}-of-{of}.csv"
    return path.rename(path.with_name(wanted))


def zipped(paths: list[Path], into: IO[bytes]) -> None:
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            archive.write(path, path.name)
