"""What can be made again and again: each kind says what it needs, and writes its file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Protocol

from apps.exchange.models import ScheduledExport, ScheduleRun


class CannotBeMade(Exception):
    """It will not be made by trying again; the sentence says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """The mail that brings a file. Without `html` it is plain text alone."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What was written. `is_empty`: nothing happened that it could tell."""

    name: str
    content_type: str
    letter: Letter | None = None
    is_empty: bool = False


class Maker(Protocol):
    """`tells_days`: each accounting day is told once, by one run or another."""

    formats: Mapping[str, str]
    tells_days: bool

    def words(self, schedule: ScheduledExport) -> str:
        """What it makes, for a person."""

    def needs(self, schedule: ScheduledExport) -> frozenset[str]:
        """The permissions without which nobody may have it."""

    def make(self, run: ScheduleRun, into: IO[bytes]) -> Made:
        """Write the file. Raises `CannotBeMade`."""


MAKERS: dict[str, Maker] = {}


def maker_of(schedule: ScheduledExport) -> Maker:
    return MAKERS[schedule.what]
