"""A record ready to be sent, or everything that stands in its way, each said once."""

from dataclasses import dataclass, field

from apps.connectors.snapshots import Kind, Snapshot
from apps.sync.models import NO_WAIT, Reason, Wait


@dataclass(frozen=True, kw_only=True, slots=True)
class Obstacle:
    """One thing that must be put right before a record can leave.

    `waits_for` is what would let it be looked at again; none: the record itself must be changed.
    `is_mended_here`: by an act on the record, so that no set of books leaves it out for good.
    """

    reason: Reason
    sentence: str
    remedy: str
    waits_for: Wait = NO_WAIT
    is_mended_here: bool = False


@dataclass(slots=True)
class Assembled:
    """One record ready to be sent, or the obstacles in its way (all of them, found without a call)."""

    kind: Kind
    pk: int
    revision: int
    snapshot: Snapshot | None = None
    obstacles: list[Obstacle] = field(default_factory=list)
    taken_back: bool = False  # void or cancelled here, whatever else stands in its way
    left_out: str = ""  # why it never belongs into these books, in a sentence
    left_out_for: Reason = Reason.CANNOT_HOLD
    # Allocations that its snapshot carries: (key of ours, revision, kind and id of their target).
    carried: list[tuple[int, int, str, str]] = field(default_factory=list)


def cannot_hold(sentence: str, remedy: str) -> Obstacle:
    return Obstacle(reason=Reason.CANNOT_HOLD, sentence=sentence, remedy=remedy)
