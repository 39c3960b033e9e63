"""Files below `settings.PRIVATE_FILES_DIR`, by name: always sealed, whole or not there."""

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from django.conf import settings

from apps.exchange.storage.sealing import CannotOpen, Keys, OpeningReader, SealingWriter

PART = ".part"
READ_AT_ONCE = 1 << 20  # bytes


class Changed(CannotOpen):
    """It opens, and its checksum is not that of what was kept."""


def keys() -> Keys:
    return Keys(settings.FILE_KEYS)


@contextmanager
def written(name: str) -> Iterator[SealingWriter]:
    """Write a file: it is there under its name, and on the disk, once the block has ended well.

    `name` is relative and may have folders. What stood there is replaced, at once and whole.
    """
    path = path_of(name)
    _make_folder(path.parent)
    part = path.with_name(f"{path.name}.{secrets.token_hex(4)}{PART}")
    try:
        with open(part, "xb", opener=_private) as file:
            writer = SealingWriter(file, keys(), name)
            yield writer
            writer.finish()
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
        _on_disk(path.parent)
    finally:
        part.unlink(missing_ok=True)


def opened(name: str) -> IO[bytes]:
    """Its plain text as a stream. Raises FileNotFoundError, and `CannotOpen` also while reading."""
    file = path_of(name).open("rb")
    try:
        return io.BufferedReader(OpeningReader(file, keys(), name), READ_AT_ONCE)
    except CannotOpen:
        file.close()
        raise


def verified(name: str, sha256: str) -> IO[bytes]:
    """The same once all of it was read and has this checksum: what is handed out is what was kept."""
    digest = hashlib.sha256()
    with opened(name) as file:
        while chunk := file.read(READ_AT_ONCE):
            digest.update(chunk)
    if digest.hexdigest() != sha256:
        raise Changed(
            "The checksum of this file is not that of what was kept. It is not handed out. Make it "
            "again, and tell whoever runs Tieout."
        )
    return opened(name)


def is_there(name: str) -> bool:
    return path_of(name).is_file()


def names_in(folder: str) -> list[str]:
    """What is kept in a folder, without what is being written."""
    found = sorted(path_of(folder).glob("*"))
    return [f"{folder}/{each.name}" for each in found if each.suffix != PART]


def removed(name: str) -> None:
    """A file, or a folder with what is in it, where there is one."""
    path = path_of(name)
    if path.is_dir():
        # What is left of it is sealed, and no reason to stop.
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def half_written(name: str) -> list[str]:
    """What workers that ended were writing of it."""
    path = path_of(name)
    found = sorted(path.parent.glob(f"{path.name}.*{PART}"))
    return [str(each.relative_to(settings.PRIVATE_FILES_DIR)) for each in found]


def left_behind(folder: str, before: datetime) -> list[str]:
    """All names in a folder, also of what a worker that ended was writing, last written earlier."""
    found = sorted(path_of(folder).glob("*"))
    return [f"{folder}/{each.name}" for each in found if _written_before(each, before)]


def _written_before(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:  # a worker finished it, and it bears its name now
        return False


def sealed_again(name: str) -> None:
    """Under the newest key, so that an older one can be taken out of FILE_KEYS."""
    with opened(name) as file, written(name) as again:
        shutil.copyfileobj(file, again, READ_AT_ONCE)


def every_name() -> Iterator[str]:
    """Whatever is kept, in whichever folder."""
    folder = path_of("")
    for each in sorted(folder.rglob("*")):
        if each.is_file() and each.suffix != PART:
            yield str(each.relative_to(folder))


def path_of(name: str) -> Path:
    """Where it lies. Raises ValueError for a name that leads out of the folder."""
    folder = Path(settings.PRIVATE_FILES_DIR)
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ValueError("This name leads out of the folder of files.")
    return path


def _make_folder(folder: Path) -> None:
    """For our user alone, and each folder above it that is made with it."""
    for each in [*reversed(folder.parents), folder]:
        each.mkdir(mode=0o700, exist_ok=True)


def _on_disk(folder: Path) -> None:
    """That a file bears its name is of its folder, which the disk keeps by itself."""
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
