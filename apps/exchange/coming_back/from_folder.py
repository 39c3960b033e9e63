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


def bring_what_lies(connection: Connection, user: User) -> Iterator[Lay]:
    """Each file in the folders `confirmations` and `payments` of the connection's own; what was taken
    before is not taken again, and the files stay where they lie. Raises `ConnectionLost` where the
    folder is none that may be used, `TryLater` where it cannot be read now."""
    if connection.grant is None or not connection.grant.address:
        return
    folder = FolderLine.unsaved(connection.grant.address)
    for sort, where in FOLDERS.items():
        for name in _read(folder, f"{where}/").decode().splitlines():
            content = _read(folder, f"{where}/{name}")
            try:
                yield Lay(name, bring(connection, sort, name, content, user))
            except FileRefused as refusal:
                yield Lay(name, None, str(refusal))


def _read(folder: FolderLine, path: str) -> bytes:
    """What a file holds, or the names in a folder; nothing where there is none."""
    request = Request(method="GET", path=path, purpose=Purpose.READS)
    reply = folder.exchange(request, until=within(SECONDS))
    if reply.fate is Fate.ANSWERED and reply.status in (200, 404):
        return reply.body if reply.status == 200 else b""
    raise TryLater(f"The folder could not be read ({reply.problem or reply.status}).")
