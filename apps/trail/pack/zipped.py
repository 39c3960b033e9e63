"""Writes the files of a pack into one ZIP as a stream, and sums each of them up."""

import hashlib
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from apps.exchange.exports.writing import Row, Tally, csv_chunks
from apps.exchange.storage.sealing import SealingWriter

SUMS: Final = "SHA256SUMS"


class PackZip:
    """A pack under way. `members` are the files in it: name, rows (None of what is no table), sha256."""

    def __init__(self, into: SealingWriter, at: datetime) -> None:
        self._zip = zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED)
        self._at = (at.year, at.month, at.day, at.hour, at.minute, at.second)
        self.members: list[dict[str, Any]] = []

    def table(self, name: str, headings: tuple[str, ...], rows: Iterable[Row]) -> None:
        tally = Tally()
        self._write(name, csv_chunks(headings, rows, tally=tally))
        self.members[-1]["rows"] = tally.rows

    def text(self, name: str, lines: Iterable[str]) -> None:
        self._write(name, (f"{line}\n".encode() for line in lines))

    def data(self, name: str, chunks: Iterable[bytes]) -> None:
        self._write(name, chunks)

    def end(self) -> None:
        """With the checksums of all of it, as `sha256sum -c` reads them."""
        lines = [f"{each['sha256']}  {each['name']}" for each in self.members]
        self.text(SUMS, lines)
        self._zip.close()

    def _write(self, name: str, chunks: Iterable[bytes]) -> None:
        digest = hashlib.sha256()
        info = zipfile.ZipInfo(name, self._at)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as member:
            for chunk in chunks:
                digest.update(chunk)
                member.write(chunk)
        self.members.append({"name": name, "rows": None, "sha256": digest.hexdigest()})
