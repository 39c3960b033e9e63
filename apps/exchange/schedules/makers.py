"""What can be made again and again: each kind says what it needs, and writes its file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import IO, Protocol

from apps.billing.sight import sees
from apps.exchange.models import ScheduledExport, ScheduleRun
from apps.staff.acts import ActName
from apps.staff.models import User


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
    """What was written. `is_empty`: nothing happened that it could tell; `sentence`: what a person
    must know of it."""

    name: str
    content_type: str
    letter: Letter | None = None
    is_empty: bool = False
    sentence: str = ""


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


def lacks(user: User, schedule: ScheduledExport, needs: Iterable[str]) -> str:
    """Why a person may not have it made and sent, after her name; "" where she may. `needs` are the
    permissions for what is in it."""
    if not user.is_active:
        return "does not work here any more"
    if not sees(user, schedule.company):
        return "does not see this company any more"
    if not user.has_perms(needs):
        return "may not see what is in it any more"
    if schedule.addresses and not user.has_perm(ActName.SEND_BY_EMAIL):
        return "may not send by e-mail to others any more"
    return ""
