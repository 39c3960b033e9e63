"""From a file to the lines that its profile reads."""

from collections.abc import Iterator
from pathlib import Path

from apps.exchange.imports.reading import Line, Reader
from apps.exchange.profiles import Profile
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Dialect, FileRefused
from apps.exchange.tables.rows import rows


def open_file(path: Path, profile: Profile, dialect: Dialect | None = None) -> Iterator[Line]:
    """The lines of a file, as a stream; without a `dialect`, read as it looks.

    Raises `FileRefused` where it cannot be read, or where its look leaves something open.
    """
    seen = look(path, known_headings=profile.headings, dialect=dialect)
    if dialect is None and seen.doubts:
        raise FileRefused(" ".join(each.sentence for each in seen.doubts))
    return Reader(profile, seen.headings).lines(rows(path, seen.dialect))
