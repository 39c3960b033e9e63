"""From a file to the lines that its profile reads."""

from collections.abc import Iterator
from pathlib import Path

from apps.exchange.imports.reading import Line, Reader
from apps.exchange.profiles import Profile
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Dialect, FileRefused, Look, Row
from apps.exchange.tables.rows import rows


def opened(
    path: Path, profile: Profile, dialect: Dialect | None = None
) -> tuple[Look, Iterator[Row]]:
    """How a file looks, and its rows as a stream; without a `dialect`, read as it looks.

    Raises `FileRefused` where it cannot be read, or where its look leaves something open.
    """
    seen = look(path, known_headings=profile.headings, dialect=dialect)
    if dialect is None and seen.doubts:
        raise FileRefused(" ".join(each.sentence for each in seen.doubts))
    return seen, rows(path, seen.dialect)


def open_file(path: Path, profile: Profile, dialect: Dialect | None = None) -> Iterator[Line]:
    """Its lines, as a stream. Raises `FileRefused` as above, or where a column is missing."""
    seen, found = opened(path, profile, dialect)
    return Reader(profile, seen.headings).lines(found)
