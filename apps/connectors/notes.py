"""Notes beside objects of theirs: what a connector can do besides the port."""

import re
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from apps.connectors.port import Courier, RemoteObject
from apps.connectors.snapshots import Kind


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


@dataclass(frozen=True, kw_only=True, slots=True)
class EditNote:
    """What is to be read beside an object of theirs of a change that a person made by hand.

    `words` is one line, which names the record and holds `reference`: by that it is found again.
    `untouched`: its month is closed, and the object keeps its version.
    """

    of_kind: Kind  # what it is of ours
    kind: str  # theirs
    remote_id: str
    customer_id: str  # their customer whose it is; "" where it is nobody's
    words: str
    reference: str  # letters, digits and dashes, once for ever
    untouched: bool
    key: str  # what a write is known by, whatever run sends it


@dataclass(frozen=True, kw_only=True, slots=True)
class Noted:
    """Where it is read over there: "in its private note", as staff call the place. `objects` are
    those that were written for it, whole, as they stand now."""

    where: str
    objects: tuple[RemoteObject, ...] = ()


@runtime_checkable
class NotesEdits(Protocol):
    """What a connector can do besides, whose capabilities name kinds in `edit_notes`."""

    def note_edit(self, note: EditNote, courier: Courier) -> Noted:
        """Look whether it stands there, by its reference, and write it where it does not: at most
        one call that writes, all with purpose NOTES. What stands there is kept and added to, and
        shortened last: of the note first what its words say, never the reference.

        Raises `RemoteGone` where the object does not stand any more and nothing of whose it was takes
        the note, `RecordRefused` where there is no room or no place, `OutcomeUnknown` after a write
        without an answer: it may be asked again once their own time-out has passed, and then finds it
        or writes it.
        """
        ...


# --- What every connector does with their words -------------------------------------------------


def holds(said: str, reference: str) -> bool:
    """Whether a text bears the reference, and not a longer one that begins or ends like it."""
    return bool(re.search(rf"(?<![A-Za-z0-9-]){re.escape(reference)}(?![A-Za-z0-9-])", said))


def shortened(note: EditNote, room: int) -> str:
    """The words in at most `room` characters, with the reference whole. Raises ValueError where
    not even that has room."""
    if len(note.words) <= room:
        return note.words
    cut = f"{note.words[: room - 1]}…"
    if holds(cut, note.reference):
        return cut
    if room < len(note.reference):
        raise ValueError(f"{room} characters have no room for {note.reference}")
    left = room - len(note.reference) - 2
    return f"{note.words[:left]}… {note.reference}" if left > 0 else note.reference
