"""The file of an import: kept sealed, in plain while it is read, and read as its check settled it."""

import dataclasses
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from apps.connectors.profiles import AnyProfile, Profile, RecordProfile, Subject
from apps.exchange.imports.money.payouts.methods import doubt_of
from apps.exchange.imports.opening import Opened, read_so, records_so, study
from apps.exchange.imports.own.as_json import CannotBeRead, from_json
from apps.exchange.imports.own.finding import as_it_stands, known_headings, own_row, with_code
from apps.exchange.imports.reading import Line
from apps.exchange.imports.records.reading import ReadRecord
from apps.exchange.imports.shapes import SHAPES
from apps.exchange.imports.styles import Styles
from apps.exchange.models import FileImport
from apps.exchange.profiles.movements import PayoutProfile
from apps.exchange.storage import vault
from apps.exchange.storage.sealing import CannotOpen
from apps.exchange.tables.look import look
from apps.exchange.tables.port import Cell, Dialect, Doubt, FileFormat, FileRefused, Look, RowKind
from apps.exchange.tables.rows import rows

NO_PROFILE = "The headings of the file fit no layout, or more than one. Choose its layout."
GONE = "Its layout is not here any more. Choose another, and it is checked again."


@contextmanager
def at_hand(file_import: FileImport) -> Iterator[Path]:
    """Where it can be read, for the time of the block. Raises FileRefused where it is not kept any
    more, or is not what was kept."""
    if Path(file_import.path).is_absolute():
        if not Path(file_import.path).is_file():
            raise FileRefused(f"The file does not stand at {file_import.path} any more.")
        yield Path(file_import.path)
        return
    with in_plain(file_import.path, file_import.sha256) as path:
        yield path


@contextmanager
def in_plain(name: str, sha256: str) -> Iterator[Path]:
    """What is kept under this name, where it can be read for the time of the block. Raises FileRefused
    as `at_hand`."""
    with NamedTemporaryFile(prefix="tieout-import-") as plain:
        try:
            with vault.verified(name, sha256) as kept:
                shutil.copyfileobj(kept, plain, vault.READ_AT_ONCE)
        except CannotOpen as refusal:
            raise FileRefused(str(refusal)) from refusal
        except FileNotFoundError as missing:
            raise FileRefused(
                "The file is not on this machine any more. Bring it again."
            ) from missing
        plain.flush()
        yield Path(plain.name)


def profile_of(file_import: FileImport) -> AnyProfile:
    """As its check began with it. Raises `FileRefused` where nobody has said yet how it is read, or its
    layout is gone."""
    kept = file_import.read_by
    if not (kept or file_import.profile):
        raise FileRefused(NO_PROFILE)
    try:
        if kept:
            return from_json(kept["content"], code=file_import.profile, name=kept["name"])
        found = with_code(file_import.profile)
    except CannotBeRead as problem:
        raise FileRefused(f"Its layout cannot be read: {problem} Choose another.") from problem
    if found is None or found.of not in SHAPES:
        raise FileRefused(GONE)
    return found


def subject_of(file_import: FileImport) -> Subject | None:
    """What its rows bring; None while nobody has said, or its layout is gone."""
    try:
        return profile_of(file_import).of
    except FileRefused:
        return None


def dialect_of(file_import: FileImport) -> Dialect | None:
    stored = file_import.dialect
    return Dialect(**{**stored, "format": FileFormat(stored["format"])}) if stored else None


def doubts_of(file_import: FileImport) -> list[Doubt]:
    """What only a person can settle about it."""
    return [Doubt(**{**each, "choices": tuple(each["choices"])}) for each in file_import.doubts]


def studied(file_import: FileImport, at_most: int | None = None) -> Opened:
    """How it would be read, by all its cells, or those of its first rows. Raises FileRefused."""
    with at_hand(file_import) as path:
        return study(
            path,
            profile_of(file_import),
            dialect=dialect_of(file_import),
            said=file_import.said,
            zone=file_import.company.time_zone,
            at_most=at_most,
        )


def settle(file_import: FileImport) -> None:
    """Put into its row, unsaved, how it is read, and what is left open. Raises FileRefused."""
    file_import.read_by = as_it_stands(own_row(file_import.profile))
    found, profile = studied(file_import), profile_of(file_import)
    doubts = [*found.doubts]
    if isinstance(profile, PayoutProfile):
        doubts += doubt_of(file_import.company, profile, file_import.said)
    file_import.doubts = [dataclasses.asdict(each) for each in doubts]
    file_import.notices = list(found.look.notices)
    if not doubts:
        file_import.dialect = dataclasses.asdict(found.look.dialect)
        file_import.styles = found.styles.to_json()


def looked_at(file_import: FileImport) -> Look | None:
    """Its beginning, as it is or would be read; None where it cannot be."""
    try:
        with at_hand(file_import) as path:
            known = headings_known_for(file_import)
            return look(path, known_headings=known, dialect=dialect_of(file_import))
    except (FileRefused, OSError):
        return None


def headings_known_for(file_import: FileImport) -> frozenset[str]:
    """Those of its layout; of all, while nobody has said which one it is."""
    try:
        return profile_of(file_import).headings
    except FileRefused:
        return known_headings(file_import.company)


def lines_of(file_import: FileImport) -> Iterator[Line]:
    """Its lines of documents, as its check settled how they are read. Raises FileRefused."""
    profile = profile_of(file_import)
    assert isinstance(profile, Profile), "it brings documents"
    home = file_import.company.home_currency
    with at_hand(file_import) as path:
        yield from read_so(path, profile, *_settled(file_import), home)


def records_of(file_import: FileImport) -> Iterator[ReadRecord]:
    """Its records, in the same way."""
    profile = profile_of(file_import)
    assert isinstance(profile, RecordProfile), "it brings records"
    with at_hand(file_import) as path:
        yield from records_so(path, profile, *_settled(file_import))


def _settled(file_import: FileImport) -> tuple[Dialect, Styles]:
    dialect = dialect_of(file_import)
    assert dialect is not None, "its check settles it first"
    return dialect, Styles.from_json(file_import.styles, file_import.company.time_zone)


def table_of(file_import: FileImport, wanted: dict[int, str], heading: str) -> Iterator[list[Cell]]:
    """The headings of the file and a column more; then those of its rows that are wanted, by their
    number, each with what belongs into that column. Raises FileRefused."""
    with at_hand(file_import) as path:
        known = profile_of(file_import).headings
        seen = look(path, known_headings=known, dialect=dialect_of(file_import))
        yield [*seen.headings, heading]
        for row in rows(path, seen.dialect):
            if row.kind is RowKind.BODY and row.number in wanted:
                yield [*row.cells, wanted[row.number]]
