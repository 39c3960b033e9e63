"""How far an undo has come, by what stands on its records now."""

from dataclasses import dataclass
from enum import StrEnum

from apps.sync.models import Reason, State, SyncRecord, Undo, UndoPart
from apps.sync.undo.refusals import SUBJECT_FIELDS


class Fate(StrEnum):
    DONE = "Taken back"
    UNDER_WAY = "On its way"
    HELD = "Could not be taken back"
    STAYS = "Stays"
    LEFT = "Left there after all"
    SENT_ANEW = "Taken back, and sent again since"


@dataclass(frozen=True, slots=True)
class Taken:
    """One record of an undo: what became of it, and where it stays or is held why."""

    part: UndoPart
    fate: Fate
    sentence: str = ""
    remedy: str = ""


def fates_of(undo: Undo) -> list[Taken]:
    """Of every record that the run had written, in their order: one statement."""
    parts = undo.parts.select_related(*(f"sync_record__{each}" for each in SUBJECT_FIELDS))
    return [_fate(each, each.sync_record) for each in parts.order_by("pk")]


def _fate(part: UndoPart, record: SyncRecord) -> Taken:
    if part.sentence:
        return Taken(part, Fate.STAYS, part.sentence, part.remedy)
    if part.left_at is not None:
        return Taken(part, Fate.LEFT)
    if record.undo_id != part.undo_id:
        return Taken(part, Fate.SENT_ANEW)
    if record.state == State.LEFT_OUT and record.reason == Reason.UNDONE:
        return Taken(part, Fate.DONE)
    if record.state == State.NEEDS_PERSON:
        return Taken(part, Fate.HELD, record.sentence, record.remedy)
    return Taken(part, Fate.UNDER_WAY, record.sentence)
