"""Notes in the history of an object of theirs: written once, and never changed or taken back. They
leave the object and its version as they are, in any month."""

from collections.abc import Mapping

from apps.connectors.errors import RemoteGone, TryLater
from apps.connectors.notes import EditNote, Note, Noted, holds, shortened
from apps.connectors.port import Courier, Purpose
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import Calls, read_answer, unclear
from apps.connectors.xero.faults import field, is_refused, refusal_of
from apps.connectors.xero.objects import PLURAL
from apps.connectors.xero.reader import Reader
from apps.connectors.xero.rows import escaped

LONGEST = 2500  # [V] characters


HISTORY = "HistoryRecords"
WHERE = "in its history"


def write(calls: Calls, note: Note, courier: Courier) -> None:
    """Nobody looks afterwards whether it stands: a note proves nothing. Raises as the port says."""
    _put(calls, _address(note), note.words[:LONGEST], note.key, courier)


def edit(reader: Reader, note: EditNote, courier: Courier) -> Noted:
    """What is in the history is read right before: an answer that was lost is found so."""
    if not _stands(reader, note, courier):
        _put(reader.calls, _address(note), shortened(note, LONGEST), note.key, courier)
    return Noted(where=WHERE)


def _address(note: Note | EditNote) -> str:
    return f"{PLURAL[note.kind]}/{escaped(note.remote_id)}/History"


def _stands(reader: Reader, note: EditNote, courier: Courier) -> bool:
    (answer,) = reader.ask([reader.calls.get(_address(note), Purpose.NOTES, exact=False)], courier)
    if answer is None:
        raise RemoteGone(
            f"It does not stand in {NAME} any more.", "See what became of it there.", "404"
        )
    told = (field(row, "Details") for row in answer.rows(HISTORY))
    return any(isinstance(said, str) and holds(said, note.reference) for said in told)


def _put(calls: Calls, path: str, words: str, key: str, courier: Courier) -> None:
    request = calls.write(
        "PUT",
        path,
        {HISTORY: [{"Details": words}]},
        members=[],
        identities=[key],
        purpose=Purpose.NOTES,
    )
    answered = list(courier.carry([request]))
    if not answered:
        raise TryLater(f"{NAME} was not asked to note it.")
    _, reply = answered[0]
    answer = read_answer(request, reply)
    told = field(answer.said, HISTORY) if isinstance(answer.said, Mapping) else None
    rows = [row for row in told if isinstance(row, Mapping)] if isinstance(told, list) else []
    if not rows:
        words = f"{NAME}'s answer does not say whether the note stands."
        raise unclear(request, words, str(reply.status), answer.trace_id)
    bad = [row for row in rows if is_refused(row)]
    if bad:
        raise refusal_of(bad, answer.trace_id)
