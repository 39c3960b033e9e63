"""Notes in the history of objects of theirs: what a connector can do besides the port."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from apps.connectors.port import Courier


@dataclass(frozen=True, kw_only=True, slots=True)
class Note:
    """What the history of an object of theirs is to say. `key` names it once for ever."""

    kind: str  # theirs
    remote_id: str
    words: str
    key: str


@runtime_checkable
class KeepsNotes(Protocol):
    """What a connector can do besides, whose capabilities name kinds in `notes`."""

    def note(self, note: Note, courier: Courier) -> None:
        """Write it, shortened to what they hold: one call, whose purpose is NOTES. Raises
        ConnectorError where it was not written, or where nobody can say; it is never sent again
        but for `TryLater`, which says that surely nothing was."""
        ...
