"""What lies in the folder of a connection: confirmations and payments that were put there."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.connections.folders import FolderLine
from apps.connections.models import BroughtFile, Connection
from apps.connectors.errors import TryLater
from apps.connectors.moments import within
from apps.connectors.port import Fate, Purpose, Request
from apps.exchange.coming_back.bringing import Sort, bring
from apps.exchange.tables.port import FileRefused
from apps.staff.models import User

# In this order: what a payment settles is confirmed first.
FOLDERS = {Sort.CONFIRMATION: "confirmations", Sort.PAYMENTS: "payments"}
SECONDS = 20.0  # that reading one file may take


@dataclass(frozen=True, slots=True)
class Lay:
    """A file that lay there: what was brought of it, or why nothing was."""

    name: str
    brought: BroughtFile | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Lying:
    """A file in one of the folders, with its bytes."""

    sort: Sort
    name: str
    content: bytes

    @property
    def path(self) -> str:
        return f"{FOLDERS[self.sort]}/{self.name}"


def bring_what_lies(connection: Connection, user: User) -> Iterator[Lay]:
    """Bring each file that lies there, on the word of a person: what was taken before is not taken
    again. Raises as `lying`."""
    for each in lying(connection):
        try:
            yield Lay(each.name, bring(connection, each.sort, each.name, each.content, user))
        except FileRefused as refusal:
            yield Lay(each.name, None, str(refusal))


def lying(connection: Connection) -> Iterator[Lying]:
    """Each file in the folders `confirmations` and `payments` of the connection's own, where they
    stay. Raises `ConnectionLost` where the folder is none that may be used, `TryLater` where it
    cannot be read now."""
    if connection.grant is None or not connection.grant.address:
        return
    folder = FolderLine.unsaved(connection.grant.address)
    for sort, where in FOLDERS.items():
        for name in _read(folder, f"{where}/").decode().splitlines():
            yield Lying(sort, name, _read(folder, f"{where}/{name}"))


def _read(folder: FolderLine, path: str) -> bytes:
    """What a file holds, or the names in a folder; nothing where there is none."""
    request = Request(method="GET", path=path, purpose=Purpose.READS)
    reply = folder.exchange(request, until=within(SECONDS))
    if reply.fate is Fate.ANSWERED and reply.status in (200, 404):
        return reply.body if reply.status == 200 else b""
    raise TryLater(f"The folder could not be read ({reply.problem or reply.status}).")
