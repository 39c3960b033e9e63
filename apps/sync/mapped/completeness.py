"""How much of what waits can go, and which mapping each of the others waits for: a figure, not a
colour. It counts what was issued and recorded, and beside it what the next documents will need."""

from dataclasses import dataclass, field

from django.db.models import Exists, OuterRef, Q

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.mappings.missing import Missing
from apps.sync.mapped.lacking import (
    Lacking,
    document_kinds,
    lacking_in,
    waiting_for,
    waiting_rows,
)
from apps.sync.models import Reason, State, SyncRecord

__all__ = [
    "Completeness",
    "Lacking",
    "completeness",
    "lacking_of",
    "still_missing",
    "waiting_for",
    "waiting_rows",
]


@dataclass(frozen=True, slots=True)
class Completeness:
    """Of the documents that wait: how many there are, and how many a run sends as things are."""

    waiting: int = 0
    can_go: int = 0
    held_otherwise: int = 0  # by a closed month, or since a person has to decide something
    lacking: list[Lacking] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return not self.lacking

    @property
    def blocked(self) -> int:
        """Documents that wait for a mapping."""
        return self.waiting - self.can_go - self.held_otherwise


def completeness(connection: Connection, lacking: list[Lacking] | None = None) -> Completeness:
    """`lacking`: what is still to be chosen, where it is known already. A number of queries that grows with the mappings that are missing, never with the documents.

    Documents are invoices and credit notes in scope that never went over. Money that waits is
    counted with the mapping that it lacks.
    """
    lacking = lacking_of(connection) if lacking is None else lacking
    waiting = can_go = held_otherwise = 0
    for kind in document_kinds(connection):
        rows = waiting_rows(connection, kind)
        blocked = Q(pk__in=[])
        for each in lacking:
            if each.blocks.get(kind):
                blocked |= Q(pk__in=waiting_for(connection, each.key)[kind].values("pk"))
        count = rows.count()
        if not count:
            continue
        held = rows.filter(held_for_another_reason(connection, kind)).exclude(blocked)
        others = held.count()
        waiting += count
        held_otherwise += others
        can_go += rows.exclude(blocked).count() - others
    return Completeness(waiting, can_go, held_otherwise, lacking)


def lacking_of(connection: Connection) -> list[Lacking]:
    """All that is to be chosen, with what waits for each."""
    [found] = lacking_in([connection]).values()
    return found


def still_missing(connection: Connection) -> list[Missing]:
    """All that is to be chosen: for what waits, and for what comes next."""
    return [each.what for each in lacking_of(connection)]


def held_for_another_reason(connection: Connection, kind: Kind) -> Q:
    """A closed month, or whatever a person must decide; a mapping is no such reason."""
    stuck = SyncRecord.objects.filter(
        connection=connection, state=State.NEEDS_PERSON, **{kind.value: OuterRef("pk")}
    ).exclude(reason__in=[Reason.MAPPING_MISSING, Reason.WAITS_FOR_RECORD])
    held = Q(Exists(stuck))
    if connection.remote_closing_date:
        held |= Q(issue_date__lte=connection.remote_closing_date)
    return held
