"""What to do about many differences at once, in a sentence each: for files, which have no buttons.

What `fitting.py` says of one on its page, the way that fits best, asked for a portion of them together.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from apps.backoffice.ledgers.status import sentence_of, why_absent
from apps.backoffice.worklist.fitting import (
    ASKS,
    NOTHING_WAITS,
    OF_A_TOTAL,
    READ_AND_LEFT,
    STANDS_TWICE,
    first_of_all,
)
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.reconciliation.models import Why
from apps.sync.models import (
    Candidate,
    Conflict,
    CustomerMerge,
    RemoteRecord,
    State,
    SyncRecord,
    rows_of,
)

PORTION: Final = 200  # differences: some queries for all of them
CONFLICT: Final = "It was changed on both sides. Choose under “Conflicts” which side is right."
CANDIDATE: Final = (
    "It may be one that stands there already. Decide under “Maybe the same” whether it is."
)
MERGE: Final = "Its customer was merged over there. Decide under “Merged customers” what follows."
Ours = tuple[str, int]
Theirs = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Apart:
    """A difference, by what is needed to say what to do: why, and the records of both sides."""

    why: str  # the label of a `Why`
    ours: tuple[Ours, ...]
    theirs: tuple[Theirs, ...]


@dataclass(slots=True)
class _Known:
    """What the engine knows of the records of a portion."""

    records: dict[Ours, SyncRecord] = field(default_factory=dict)
    objects: dict[Theirs, RemoteRecord] = field(default_factory=dict)
    subjects: dict[Ours, Any] = field(default_factory=dict)  # without a sync record
    in_conflict: set[int] = field(default_factory=set)  # keys of sync records
    alike: set[tuple[str, int]] = field(default_factory=set)  # side and key of its row
    merged: set[int] = field(default_factory=set)  # keys of sync records


def remedies(connection: Connection, several: Iterable[Apart]) -> Iterator[str]:
    """One sentence for each, in their order; about ten queries for two hundred of them."""
    first = first_of_all(connection)
    waiting = iter(several)
    while portion := list(islice(waiting, PORTION)):
        if first:
            yield from (first for _ in portion)
            continue
        known = _known(connection, portion)
        for each in portion:
            yield next(_fitting(each, known, connection), NOTHING_WAITS)


def _fitting(each: Apart, known: _Known, connection: Connection) -> Iterator[str]:
    """What fits best first."""
    records = [known.records[one] for one in each.ours if one in known.records]
    objects = [known.objects[one] for one in each.theirs if one in known.objects]
    if any(record.pk in known.in_conflict for record in records):
        yield CONFLICT
    sides = {("ours", one.pk) for one in records} | {("theirs", one.pk) for one in objects}
    if not sides.isdisjoint(known.alike):
        yield CANDIDATE
    if any(record.pk in known.merged for record in records):
        yield MERGE
    for record in records:
        if record.state != State.IN_THE_BOOKS:
            told = " ".join(part for part in (sentence_of(record), record.remedy) if part)
            yield told or f"It is {State(record.state).label.lower()}."
    for one in each.ours:
        if one in known.subjects:
            yield why_absent(known.subjects[one], connection)
    for remote in objects:
        if remote.arrival in ASKS:
            told = " ".join(part for part in (remote.sentence, remote.remedy) if part)
            yield told or READ_AND_LEFT
    if each.why in (Why.BALANCE.label, Why.UNEXPLAINED.label):
        yield OF_A_TOTAL
    if each.why == Why.TWICE.label:
        yield STANDS_TWICE


def _known(connection: Connection, portion: Sequence[Apart]) -> _Known:
    found = _Known()
    of_connection = SyncRecord.objects.filter(connection=connection)
    for kind, keys in _by_kind(one for each in portion for one in each.ours).items():
        rows = of_connection.filter(**{f"{kind}__in": keys}).select_related("connection", kind)
        found.records |= {(kind, row.subject_id): row for row in rows}
        lacking = [key for key in keys if (kind, key) not in found.records]
        if lacking:
            there = rows_of(Kind(kind)).filter(pk__in=lacking)
            found.subjects |= {(kind, row.pk): row for row in there}
    for kind, ids in _by_kind(one for each in portion for one in each.theirs).items():
        rows_there = RemoteRecord.objects.filter(
            connection=connection, kind=kind, remote_id__in=ids, part=""
        )
        found.objects |= {(kind, row.remote_id): row for row in rows_there}
    _add_decisions(found)
    return found


def _add_decisions(found: _Known) -> None:
    records = [each.pk for each in found.records.values()]
    objects = [each.pk for each in found.objects.values()]
    conflicts = Conflict.objects.filter(decision="", sync_record__in=records)
    found.in_conflict |= set(conflicts.values_list("sync_record_id", flat=True))
    merges = CustomerMerge.objects.filter(decision="", sync_record__in=records)
    found.merged |= set(merges.values_list("sync_record_id", flat=True))
    open_ones = Candidate.objects.filter(decision="")
    ours = open_ones.filter(sync_record__in=records).values_list("sync_record_id", flat=True)
    theirs = open_ones.filter(remote_record__in=objects)
    found.alike |= {("ours", key) for key in ours}
    found.alike |= {("theirs", key) for key in theirs.values_list("remote_record_id", flat=True)}


def _by_kind(places: Iterable[tuple[str, Any]]) -> dict[str, list[Any]]:
    found: dict[str, dict[Any, None]] = defaultdict(dict)
    for kind, key in places:
        found[kind][key] = None
    return {kind: list(keys) for kind, keys in found.items()}
