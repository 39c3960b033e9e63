"""From a file to the lines that its profile reads."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from apps.billing.models import Company
from apps.connectors.profiles import AnyProfile, Profile, RecordProfile
from apps.exchange.imports.columns import Columns
from apps.exchange.imports.own.finding import fitted, known_headings
from apps.exchange.imports.reading import Line, Reader
from apps.exchange.imports.records.reading import ReadRecord, RecordReader
from apps.exchange.imports.shapes import shape_of
from apps.exchange.imports.styles import Styles, learn
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Dialect, Doubt, FileRefused, Look
from apps.exchange.tables.rows import rows


@dataclass(frozen=True, slots=True)
class Opened:
    """A file as it is going to be read, and what only a person can settle about it."""

    look: Look
    styles: Styles
    doubts: tuple[Doubt, ...]


def study(
    path: Path,
    profile: AnyProfile,
    *,
    dialect: Dialect | None = None,
    said: Mapping[str, str] | None = None,
    zone: str = "",
    at_most: int | None = None,
) -> Opened:
    """Look at a file, and learn from all its cells, or those of the first `at_most` rows, how its
    columns write numbers and days.

    Raises `FileRefused` where it cannot be read, or where a column is missing.
    """
    seen = look(path, known_headings=profile.headings, dialect=dialect)
    shape = shape_of(profile)
    columns: Columns[Any] = Columns(profile, shape, seen.headings)
    styles, doubts = learn(
        islice(rows(path, seen.dialect), at_most),
        columns.places,
        shape,
        nested=profile.nested,
        usual=profile.usual,
        zone=zone,
        date_1904=seen.dialect.date_1904,
        said=said,
    )
    return Opened(seen, styles, (*(seen.doubts if dialect is None else ()), *doubts))


def proposed(path: Path, company: Company | None = None) -> AnyProfile | None:
    """The profile that its headings fit, where they fit one alone; layouts of our own are known for a
    company. Raises `FileRefused` where it cannot
    be read."""
    seen = look(path, known_headings=known_headings(company))
    return fitted(seen.headings, company)


def open_file(
    path: Path,
    profile: Profile,
    dialect: Dialect | None = None,
    said: Mapping[str, str] | None = None,
    zone: str = "",
    at_most: int | None = None,
    home: str = "",
) -> Iterator[Line]:
    """Its lines, as a stream; `at_most` as in `study`. Raises `FileRefused` as there, or where
    something is left open."""
    found = study(path, profile, dialect=dialect, said=said, zone=zone, at_most=at_most)
    if found.doubts:
        raise FileRefused(" ".join(each.sentence for each in found.doubts))
    return read_so(path, profile, found.look.dialect, found.styles, home)


def read_so(
    path: Path, profile: Profile, dialect: Dialect, styles: Styles, home: str = ""
) -> Iterator[Line]:
    """The lines of a file that was studied before; without a currency they are in `home`. Raises
    `FileRefused`."""
    seen = look(path, known_headings=profile.headings, dialect=dialect)
    return Reader(profile, seen.headings, styles, home).lines(rows(path, dialect))


def records_so(
    path: Path, profile: RecordProfile, dialect: Dialect, styles: Styles
) -> Iterator[ReadRecord]:
    """The same of a file whose rows are records."""
    seen = look(path, known_headings=profile.headings, dialect=dialect)
    return RecordReader(profile, seen.headings, styles).records(rows(path, dialect))
