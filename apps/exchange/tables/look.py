"""The first look at a file: what it is, how it is written, where its headings stand, what is open."""

from collections.abc import Collection
from dataclasses import replace
from itertools import islice
from pathlib import Path

from apps.exchange.tables.csv_rows import SEPARATOR_LINE, csv_rows, records, too_many_rows
from apps.exchange.tables.encodings import found_encoding, texts
from apps.exchange.tables.files import blocks, format_of
from apps.exchange.tables.headings import (
    SEARCHED,
    found_header,
    heading_key,
    is_filled,
    written_heading,
)
from apps.exchange.tables.port import LIMITS, Dialect, FileFormat, FileRefused, Limits, Look
from apps.exchange.tables.sniffing import DELIMITERS, found_marks
from apps.exchange.tables.workbook import look_at_workbook

FIRST = 25  # rows that a look shows, those above the headings included
_SAMPLE = 200_000  # characters from which delimiter and quotation mark are told


def look(
    path: Path,
    *,
    known_headings: Collection[str] = frozenset(),
    limits: Limits = LIMITS,
    dialect: Dialect | None = None,
) -> Look:
    """How the file is written, its headings and first rows, and what only a person can settle.

    `known_headings` (as written by those who know the layout) settle what else is in doubt: the
    delimiter and the row that yield most of them are taken. With a `dialect` the file is read as told.
    `path` is CSV (plain or `.gz`) or .xlsx, by what stands in it. Every byte of a CSV file is read
    for its encoding; rows are read to the first 25 alone, so `rows` may refuse what this did not.

    Raises `FileRefused`.
    """
    known = frozenset(filter(None, map(heading_key, known_headings)))
    found = format_of(path, limits)
    if dialect is not None and dialect.format is not found:
        raise FileRefused(
            f"The file is {_NAMES[found]}, and was to be read as {_NAMES[dialect.format]}."
        )
    if found is FileFormat.XLSX:
        return look_at_workbook(path, known, limits, dialect, first=FIRST)
    if dialect is not None:
        return _as_told(path, dialect, limits)
    return _look_at_csv(path, known, limits)


_NAMES = {FileFormat.CSV: "CSV", FileFormat.XLSX: "an Excel workbook"}


def _look_at_csv(path: Path, known: frozenset[str], limits: Limits) -> Look:
    encoding = found_encoding(path, limits)
    sample, whole = _sample(path, encoding.encoding, limits)
    marks = found_marks(sample, known, whole=whole)
    dialect = Dialect(
        encoding=encoding.encoding,
        delimiter=marks.delimiter,
        quote=marks.quote,
        spaced=marks.spaced,
        backslash=marks.backslash,
    )
    _refuse_rows(path, dialect, limits)
    top = list(islice(records(path, dialect, limits), SEARCHED))
    if not any(any(map(is_filled, cells)) for cells in top):
        raise FileRefused(
            "The file holds no text."
            if len(top) < SEARCHED
            else f"The first {SEARCHED} rows of the file are blank. Delete them, and try again."
        )
    header = found_header(top, known)
    notices = list(encoding.notices)
    if SEPARATOR_LINE.match(sample):
        name = DELIMITERS.get(marks.delimiter, marks.delimiter)
        notices.append(f"Its first line names the delimiter ({name}), and is no row.")
    if marks.backslash:
        notices.append(f"Quotation marks inside cells are written \\{marks.quote}, and read so.")
    looked = _as_told(path, replace(dialect, header_row=header.row), limits)
    return replace(
        looked,
        doubts=(*encoding.doubts, *marks.doubts, *header.doubts),
        notices=(*notices, *looked.notices),
    )


def _refuse_rows(path: Path, dialect: Dialect, limits: Limits) -> None:
    """At once, where line ends alone show it: no cell holds one in a file that quotes nothing."""
    if dialect.encoding.startswith(("utf-16", "utf-32")):
        return
    quote = dialect.quote.encode()
    lines = 0
    for block in blocks(path, limits):
        if quote and quote in block:
            return
        lines += max(block.count(b"\n"), block.count(b"\r"))
        if lines > limits.rows:
            raise too_many_rows(limits)


def _as_told(path: Path, dialect: Dialect, limits: Limits) -> Look:
    head = list(islice(records(path, dialect, limits), dialect.header_row))
    first = tuple(islice(csv_rows(path, dialect, limits), FIRST))
    headings = tuple(written_heading(cell) for cell in head[-1])
    return Look(
        dialect=dialect, headings=headings, first=first, notices=notices_on_headings(headings)
    )


def _sample(path: Path, encoding: str, limits: Limits) -> tuple[str, bool]:
    """The beginning of the text, and whether it is all of it."""
    taken = ""
    for text in texts(path, encoding, limits):
        taken += text
        if len(taken) > _SAMPLE:
            return taken[:_SAMPLE], False
    return taken, True


def notices_on_headings(headings: tuple[str, ...]) -> tuple[str, ...]:
    """What is odd about them and tolerated: repeated ones, and columns without one that are filled."""
    keys = [heading_key(each) for each in headings]
    repeated = {
        heading for heading, key in zip(headings, keys, strict=True) if key and keys.count(key) > 1
    }
    if not repeated:
        return ()
    names = ", ".join(sorted(repeated))
    return (f"More than one column is called {names}: columns are told apart by their place.",)
