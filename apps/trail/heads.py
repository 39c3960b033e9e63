"""The heads of the chain as this host saw them, in a file outside the database.

Whoever cuts the tail off, or restores an older copy, cannot cut it off here too. Lines are only
added: where the database went back and on, what it says now contradicts what stands here.
"""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from fcntl import LOCK_EX, flock
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.utils import timezone

from apps.trail.links import chain, head
from apps.trail.models import Entry

log = logging.getLogger(__name__)

MANY: Final = 4_000  # lines from which on the older ones are thinned to one a day
LATEST: Final = 1_000  # lines that stay whatever their day


@dataclass(frozen=True, slots=True)
class Head:
    """An entry's number and link, as they stood at a time."""

    number: int
    link: str
    at: datetime

    @staticmethod
    def read(line: str) -> "Head":
        """Raises ValueError for a line that is none."""
        number, link, at = line.split()
        bytes.fromhex(link)
        return Head(int(number), link, datetime.fromisoformat(at))

    def __str__(self) -> str:
        return f"{self.number} {self.link} {self.at.isoformat(timespec='seconds')}"

    @property
    def stands(self) -> bool:
        """Whether the chain still says so."""
        links = Entry.objects.filter(number=self.number).values_list("link", flat=True)
        return [bytes(each).hex() for each in links] == [self.link]


def keep(number: int, link: bytes) -> None:
    """Add a line, on the disk before this returns. A folder that cannot be written is no reason to
    seal nothing: it is logged, and the mailed head remains."""
    if not settings.TRAIL_HEADS_DIR:
        return
    try:
        with _opened() as file:
            lines = file.read().splitlines()
            file.write(f"{Head(number, link.hex(), timezone.now())}\n")
            if len(lines) > MANY:
                _thin(file, lines)
            file.flush()
            os.fsync(file.fileno())
    except OSError as trouble:
        log.warning("the head of the trail cannot be written: %s", trouble.strerror)


def kept() -> list[Head]:
    """What this host saw, oldest first; empty where it keeps none. Raises OSError, and ValueError for a
    file that is not ours any more."""
    path = _path()
    if not settings.TRAIL_HEADS_DIR or not path.exists():
        return []
    return [Head.read(line) for line in path.read_text().splitlines() if line.strip()]


def hold_against() -> None:
    """Before anything is added: whether the last head that this host saw still stands. If it does not,
    the head that stands now is written beside it, and a verification names both."""
    try:
        seen = kept()
    except (OSError, ValueError) as trouble:
        log.error("the heads of the trail cannot be read: %s", type(trouble).__name__)
        return
    if seen and not seen[-1].stands:
        log.error("the trail went back behind entry %s, which this host saw", seen[-1].number)
        keep(*head())


def _path() -> Path:
    return Path(settings.TRAIL_HEADS_DIR) / f"{chain().public_id.hex}.heads"


@contextmanager
def _opened() -> Iterator[IO[str]]:
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        flock(file, LOCK_EX)
        file.seek(0)
        yield file


def _thin(file: IO[str], lines: list[str]) -> None:
    """Of older days the last head alone. In place: the file is locked, and others wait for it."""
    by_day = {line.split()[2][:10]: line for line in lines[:-LATEST]}
    file.seek(0)
    last = file.read().splitlines()[-1]
    file.truncate(0)
    file.write("\n".join([*by_day.values(), *lines[-LATEST:], last]) + "\n")
