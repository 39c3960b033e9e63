"""An archive that is asked for: into a file or a stream, with a row of who took it."""

import os
from collections.abc import Iterator
from pathlib import Path

from django.utils import timezone

from apps.billing.models import Company
from apps.exchange.archive.making import Making
from apps.exchange.archive.manifest import Manifest
from apps.exchange.archive.sealed import refuse_weak
from apps.exchange.models import CompanyArchive
from apps.exchange.storage.sealing import Takes


class Taking:
    """An archive under way, with a row of who takes it; `manifest` is what it holds, once it ended.

    Raises ValidationError for a weak passphrase, before anything is written.
    """

    def __init__(self, company: Company, into: Takes, passphrase: str, by: int | None) -> None:
        refuse_weak(passphrase)
        self._making = Making(company, into, passphrase)
        self._row = CompanyArchive(company=company, taken_by_id=by)

    @property
    def manifest(self) -> Manifest | None:
        return self._making.manifest

    def portions(self) -> Iterator[str]:
        """Iterate to the end; what is being written."""
        self._row.save()
        yield from self._making.portions()
        file = self._making.file
        self._row.ended_at, self._row.size, self._row.sha256 = (
            timezone.now(),
            file.size,
            file.sha256,
        )
        self._row.save()


def taken_to(path: Path, company: Company, passphrase: str) -> Manifest:
    """Under this name once it is whole and on the disk; raises FileExistsError where there is one."""
    if path.exists():
        raise FileExistsError(path)
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with open(part, "xb", opener=_private) as file:
            taking = Taking(company, file, passphrase, None)
            for _ in taking.portions():
                pass
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)
    assert taking.manifest is not None  # it ended
    return taking.manifest


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
