"""Notes in the history of an object of theirs: written once, and never changed or taken back."""

from apps.connectors.errors import TryLater
from apps.connectors.notes import Note
from apps.connectors.port import Courier, Purpose
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import Calls, read_answer
from apps.connectors.xero.faults import is_refused, refusal_of
from apps.connectors.xero.objects import PLURAL
from apps.connectors.xero.rows import escaped

LONGEST = 2500  # [V] characters


def write(calls: Calls, note: Note, courier: Courier) -> None:
    """Nobody looks afterwards whether it stands: a note proves nothing. Raises as the port says."""
    request = calls.write(
        "PUT",
        f"{PLURAL[note.kind]}/{escaped(note.remote_id)}/History",
        {"HistoryRecords": [{"Details": note.words[:LONGEST]}]},
        members=[],
        identities=[note.key],
        purpose=Purpose.NOTES,
    )
    answered = list(courier.carry([request]))
    if not answered:
        raise TryLater(f"{NAME} was not asked to note it.")
    _, reply = answered[0]
    answer = read_answer(request, reply)
    bad = [row for row in answer.rows("HistoryRecords") if is_refused(row)]
    if bad:
        raise refusal_of(list(bad), answer.trace_id)
