"""The engine's rows."""

from apps.sync.models.decisions import Candidate, Conflict, CustomerMerge
from apps.sync.models.opening import OpeningItem
from apps.sync.models.records import (
    SUBJECTS,
    Agreed,
    Intended,
    RemoteRecord,
    SyncRecord,
    Tie,
    packed,
    rows_of,
    unpacked,
)
from apps.sync.models.states import (
    ENDED_STATES,
    HELD_REASONS,
    IN_DOUBT,
    OPEN_STATES,
    Reason,
    State,
)
from apps.sync.models.traffic import Attempt, Call, Cursor, Run, Survey

__all__ = [
    "ENDED_STATES",
    "HELD_REASONS",
    "IN_DOUBT",
    "OPEN_STATES",
    "SUBJECTS",
    "Agreed",
    "Attempt",
    "Call",
    "Candidate",
    "Conflict",
    "Cursor",
    "CustomerMerge",
    "Intended",
    "OpeningItem",
    "Reason",
    "RemoteRecord",
    "Run",
    "State",
    "Survey",
    "SyncRecord",
    "Tie",
    "packed",
    "rows_of",
    "unpacked",
]
