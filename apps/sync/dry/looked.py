"""What would become of one record, in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from apps.billing.models import Synced
from apps.connectors.snapshots import Difference, Kind
from apps.sync.assemble.obstacles import Obstacle
from apps.sync.models import Reason, SyncRecord
from apps.sync.wording import capital, label, told


class Would(StrEnum):
    """What would become of a record."""

    CREATE = "create"
    CHANGE = "change"
    STANDS = "stands"  # there as it is here: no call
    HELD = "held"
    LEFT_OUT = "left_out"
    ON_ITS_WAY = "on_its_way"


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """One record: what would become of it, why, and what a person does where it would be held."""

    kind: Kind
    record: Synced
    would: Would
    sentence: str = ""
    remedy: str = ""
    mapping: str = ""  # which one is missing, as a wait names it: "income", "tax:5"

    @property
    def is_sent(self) -> bool:
        return self.would in (Would.CREATE, Would.CHANGE)


def changes(changed: Sequence[Difference], currency: str) -> str:
    """From what both sides agreed on to what is here now."""
    parts = [
        f"{label(each.path)} from {told(each.ours, each.path, currency)} to "
        f"{told(each.theirs, each.path, currency)}"
        for each in changed[:5]
    ]
    more = len(changed) - len(parts)
    return capital("; ".join(parts)) + (f"; and {more} more." if more > 0 else ".")


def held(kind: Kind, subject: Synced, obstacles: Sequence[Obstacle]) -> Looked:
    unmapped = any(each.reason == Reason.MAPPING_MISSING for each in obstacles)
    if unmapped:  # what their rules say of it without the mapping is not of what would be sent
        obstacles = [each for each in obstacles if each.reason != Reason.CANNOT_HOLD]
    first = next(
        (each for each in obstacles if each.reason != Reason.WAITS_FOR_RECORD), obstacles[0]
    )
    sentence = "; ".join(dict.fromkeys(each.sentence.rstrip(".") for each in obstacles))
    return Looked(
        kind=kind,
        record=subject,
        would=Would.HELD,
        sentence=capital(sentence) + ".",
        remedy=first.remedy,
        mapping=mapping_of(first),
    )


def mapping_of(obstacle: Obstacle) -> str:
    if obstacle.reason != Reason.MAPPING_MISSING:
        return ""
    return str(obstacle.waits_for).partition(":")[2]


def held_by_person(kind: Kind, subject: Synced, record: SyncRecord | None) -> Looked:
    sentence = record.sentence if record is not None else ""
    remedy = record.remedy if record is not None else ""
    return Looked(
        kind=kind,
        record=subject,
        would=Would.HELD,
        sentence=sentence or "It was deleted, or cannot be read, over there.",
        remedy=remedy or "Decide it where it is listed under To decide.",
    )
