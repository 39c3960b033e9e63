"""How far matching has come, for the stepper and the first page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.core.cache import caches
from django.db.models import Count, Max

from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.match.documents import count_on_both, kinds_of
from apps.sync.match.pairs import MASTERS, matches
from apps.sync.match.reading import are_read
from apps.sync.match.sides import standing_alone
from apps.sync.models import Candidate, MatchDecision, SyncRecord, rows_of

KEPT = 3600  # seconds; what is kept is of the very state that it was counted in


@dataclass(frozen=True, slots=True)
class Standing:
    """`done`: theirs were read, and nothing that is alike waits for a person. `waits`: of which kind
    how many do."""

    done: bool
    note: str
    waits: Mapping[Kind, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one kind: pairs to decide, and what stands on one side alone. `chosen` of those here are to
    be created there."""

    exact: int
    likely: int
    only_here: int
    only_there: int
    chosen: int


def match_standing(connection: Connection) -> Standing:
    """What is left to decide, as a figure: "3 exact, 2 likely, 40 documents on both sides to decide"."""
    if not are_read(connection):
        return Standing(False, f"{connection.system_name} is not read yet")
    kinds = [kind for kind in MASTERS if kind in connection.capabilities.kinds]
    counted = {kind: count(connection, kind) for kind in kinds}
    both = {kind: count_on_both(connection, kind) for kind in kinds_of(connection)}
    exact, likely = (
        sum(each.exact for each in counted.values()),
        sum(each.likely for each in counted.values()),
    )
    said = [f"{number} {word}" for number, word in ((exact, "exact"), (likely, "likely")) if number]
    documents = sum(both.values())
    if documents:
        said.append(f"{documents} document{'' if documents == 1 else 's'} on both sides")
    if not said:
        return Standing(True, "Nothing is left to decide")
    waits = {kind: each.exact + each.likely for kind, each in counted.items()} | both
    return Standing(False, f"{', '.join(said)} to decide", waits)


def count(connection: Connection, kind: Kind) -> Counted:
    """The figures of a kind; found anew only once something of it has changed on either side."""
    state = state_of(connection, kind)
    key = f"match:{connection.pk}:{kind.value}"
    kept = caches["process"].get(key)
    if kept is not None and kept[0] == state:
        found: Counted = kept[1]
        return found
    told = matches(connection, open_connector(connection), kind)
    counted = Counted(
        exact=len(told.exact),
        likely=len(told.likely),
        only_here=len(told.only_here),
        only_there=len(told.only_there),
        chosen=len(told.chosen),
    )
    caches["process"].set(key, (state, counted), KEPT)
    return counted


def state_of(connection: Connection, kind: Kind) -> Mapping[str, object]:
    """Whatever moves when a pair may be another than it was: five statements."""
    return {
        "theirs": standing_alone(connection, kind).aggregate(
            Count("pk"), Max("read_at"), Max("pk")
        ),
        "ours": rows_of(kind)
        .filter(company_id=connection.company_id)
        .aggregate(Count("pk"), Max("updated_at")),
        "sent": SyncRecord.objects.filter(connection=connection, kind=kind).aggregate(
            Max("changed_at")
        ),
        "decided": MatchDecision.objects.filter(
            connection=connection, **{f"{kind.value}__isnull": False}
        ).aggregate(Count("pk"), Max("decided_at"), Max("withdrawn_at")),
        "kept": Candidate.objects.filter(
            sync_record__connection=connection, sync_record__kind=kind
        ).aggregate(Max("decided_at")),
    }
