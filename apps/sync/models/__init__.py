"""The engine's rows."""

from apps.sync.models.decisions import Candidate, Conflict, CustomerMerge
from apps.sync.models.edits import Edit
from apps.sync.models.first import TRIED_FIRST, FirstOfKind
from apps.sync.models.matches import MatchDecision
from apps.sync.models.news import News
from apps.sync.models.opening import OpeningItem
from apps.sync.models.packing import packed, unpacked
from apps.sync.models.records import (
    SUBJECTS,
    Agreed,
    Intended,
    RemoteRecord,
    SyncRecord,
    rows_of,
)
from apps.sync.models.rules import Side, SideRule
from apps.sync.models.states import (
    ENDED_STATES,
    HELD_REASONS,
    IN_DOUBT,
    OPEN_STATES,
    Reason,
    State,
)
from apps.sync.models.tied import Tie
from apps.sync.models.traffic import Attempt, Call, Cursor, HistoryNote, Run, Survey
from apps.sync.models.undo import Undo, UndoPart
from apps.sync.models.waits import NO_WAIT, UNFOLLOWED, On, Wait

__all__ = [
    "ENDED_STATES",
    "HELD_REASONS",
    "IN_DOUBT",
    "NO_WAIT",
    "OPEN_STATES",
    "SUBJECTS",
    "TRIED_FIRST",
    "UNFOLLOWED",
    "Agreed",
    "Attempt",
    "Call",
    "Candidate",
    "Conflict",
    "Cursor",
    "CustomerMerge",
    "Edit",
    "FirstOfKind",
    "HistoryNote",
    "Intended",
    "MatchDecision",
    "News",
    "On",
    "OpeningItem",
    "Reason",
    "RemoteRecord",
    "Run",
    "Side",
    "SideRule",
    "State",
    "Survey",
    "SyncRecord",
    "Tie",
    "Undo",
    "UndoPart",
    "Wait",
    "packed",
    "rows_of",
    "unpacked",
]
