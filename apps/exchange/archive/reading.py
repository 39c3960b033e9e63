"""Reads an archive without believing it: limits first, then shapes, checksums and counts."""

import json
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any, Final

from apps.exchange.archive.carried import kinds
from apps.exchange.archive.cells import LONGEST
from apps.exchange.archive.manifest import (
    FORMAT,
    LARGEST,
    MANIFEST,
    PEOPLE,
    RECEIVABLES,
    Digest,
    Manifest,
)
from apps.exchange.archive.sealed import TORN, opening
from apps.exchange.storage.sealing import CannotOpen

# Deflate makes at most 1,032 of one; rows that differ by a key alone come to some thirty.
PACKED: Final = 250
SMALL: Final = 1 << 20  # bytes of a member that are never too many
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


class CannotRestore(Exception):
    """A sentence for whoever restores: what is the matter, and what to do."""


class Archive:
    """An open archive: its manifest, and the rows of its members, each verified as it is read."""

    def __init__(self, file: IO[bytes], passphrase: str) -> None:
        try:
            self._plain = opening(file, passphrase)
        except CannotOpen as refusal:
            raise CannotRestore(str(refusal)) from None
        self._zip: zipfile.ZipFile = _whole(lambda: zipfile.ZipFile(self._plain))
        self.manifest = self._manifest()
        self._refuse_what_is_too_large()

    def close(self) -> None:
        self._zip.close()
        self._plain.close()

    def rows(self, name: str) -> Iterator[list[Any]]:
        """Rows of a member. At their end the count and the checksum were those of the manifest."""
        digest = Digest()
        for place, text in enumerate(self._lines(name), start=1):
            digest.add(text)
            try:
                row = json.loads(text)
            except (ValueError, RecursionError):
                raise self.refused(name, place) from None
            if not isinstance(row, list):
                raise self.refused(name, place)
            yield row
        if not digest.is_of(self.manifest.members[name]):
            raise CannotRestore(
                f"What this archive holds of {name} is not what its manifest says: it was changed. "
                "Nothing was restored. Take another archive."
            )

    def refused(self, name: str, place: int) -> CannotRestore:
        return CannotRestore(
            f"Row {place:,} of {name} in this archive is none that Tieout writes, so nothing was "
            "restored. Take another archive."
        )

    def _lines(self, name: str) -> Iterator[bytes]:
        with _whole(lambda: self._zip.open(f"{name}.jsonl")) as member:
            while text := _whole(lambda: member.readline(LONGEST + 1)):
                if len(text) > LONGEST:
                    raise CannotRestore(f"A row of {name} in this archive is too long. {NOTHING}")
                yield text

    def _manifest(self) -> Manifest:
        try:
            if self._zip.getinfo(MANIFEST).file_size > LARGEST:
                raise CannotRestore(f"The manifest of this archive is too large. {NOTHING}")
            stored = json.loads(_whole(lambda: self._zip.read(MANIFEST)))
            made_by = stored["format"]
        except (KeyError, TypeError, ValueError, RecursionError):
            raise CannotRestore(NO_MANIFEST) from None
        if type(made_by) is int and made_by > FORMAT:
            raise CannotRestore(
                f"This archive was made by a newer Tieout (format {made_by}, here {FORMAT}). Restore "
                "it with a version as new as that."
            )
        try:
            found = Manifest.from_json(stored)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise CannotRestore(NO_MANIFEST) from None
        _refuse_other_shape(found)
        return found

    def _refuse_what_is_too_large(self) -> None:
        wanted = {MANIFEST, *(f"{name}.jsonl" for name in self.manifest.members)}
        listed = self._zip.infolist()
        if len(listed) != len(wanted) or {each.filename for each in listed} != wanted:
            raise CannotRestore(
                f"The members of this archive are not those it should have. {NOTHING}"
            )
        for each in listed:
            if each.file_size > SMALL and each.file_size > PACKED * max(each.compress_size, 1):
                raise CannotRestore(
                    f"{each.filename} in this archive unpacks to more than {PACKED} times its size, "
                    f"as no list of rows does. {NOTHING}"
                )


NOTHING: Final = "Nothing was restored. Take another archive."
NO_MANIFEST: Final = f"This archive has no manifest that can be read. {NOTHING}"


def _refuse_other_shape(manifest: Manifest) -> None:
    """Other kinds, or other fields: another version of Tieout made it."""
    wanted = {kind.label: [each.attname for each in kind.fields] for kind in kinds()}
    found = {
        name: member.fields
        for name, member in manifest.members.items()
        if name not in (PEOPLE, RECEIVABLES)
    }
    if manifest.format != FORMAT or found != wanted or len(manifest.members) != len(wanted) + 2:
        other = sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))
        raise CannotRestore(
            "This archive was made by another version of Tieout, which keeps other fields"
            f"{' of ' + ', '.join(other[:3]) if other else ''}. Restore it with the version that "
            "made it, and bring that up to date."
        )
    for member in manifest.members.values():
        if not (
            type(member.last) is int
            and type(member.rows) is int
            and 0 <= member.last < 1 << 62
            and 0 <= member.rows < 1 << 62
        ):
            raise CannotRestore(NO_MANIFEST)


def _whole(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (CannotOpen, *BROKEN):
        raise CannotRestore(TORN) from None
