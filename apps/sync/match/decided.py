"""What a person has decided already: not the same, or created there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.models import Candidate, MatchDecision

Decision = MatchDecision.Decision


@dataclass(frozen=True, slots=True)
class Decided:
    """Pairs of keys (of our record, of their remote record) that are two things."""

    apart: frozenset[tuple[int, int]]

    @classmethod
    def of(
        cls, connection: Connection, kind: Kind, keys: Collection[int] | None = None
    ) -> "Decided":
        """Of all of ours, or of these keys."""
        rows = MatchDecision.objects.filter(
            connection=connection,
            decision=Decision.NOT_THE_SAME,
            withdrawn_at=None,
            **{f"{kind.value}__isnull": False},
        )
        kept = Candidate.objects.filter(
            sync_record__connection=connection,
            sync_record__kind=kind,
            decision=Candidate.Decision.KEEP_BOTH,
        ).order_by()
        if keys is not None:
            rows = rows.filter(**{f"{kind.value}__in": keys})
            kept = kept.filter(**{f"sync_record__{kind.value}__in": keys})
        return cls(
            frozenset(rows.values_list(f"{kind.value}_id", "remote_record_id"))
            | frozenset(kept.values_list(f"sync_record__{kind.value}_id", "remote_record_id"))
        )

    def keeps_apart(self, ours: int, theirs: int) -> bool:
        return (ours, theirs) in self.apart


def chosen_for(
    connection: Connection, kind: Kind, keys: Collection[int] | None = None
) -> Mapping[int, datetime]:
    """Keys of ours that a person wants created there, and since when; of all, or of these."""
    rows = MatchDecision.objects.filter(
        connection=connection,
        decision=Decision.CREATE_THERE,
        withdrawn_at=None,
        **{f"{kind.value}__isnull": False},
    )
    if keys is not None:
        rows = rows.filter(**{f"{kind.value}__in": keys})
    return dict(rows.values_list(f"{kind.value}_id", "decided_at"))
