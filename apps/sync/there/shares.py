"""One object there that is several records of ours, added up: which part of it is whose.

Its row stands for the record that came first; each further one has a `Tie` with its share, and the
first has what is left. So what somebody changes there is compared once. All of it is asked only
where a ledger adds up (`Capabilities.adds_up`).
"""

import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.billing.models import Allocation
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, Kind
from apps.sync.models import Reason, RemoteRecord, SyncRecord, Tie
from apps.sync.there.ties import live_tie

Key = tuple[str, str, str]  # their kind, id, part
Pair = tuple[int | None, ...]  # what is set against what, by our keys
NOTHING: Mapping[Key, Decimal] = {}
# What tells one pair from another: every source and every target that an allocation may have.
SOURCES = ("payment_id", "credit_note_id", "adjustment_id", "outside_entry_id")
ENDS = (*SOURCES, "invoice_id", "refund_id")


@dataclass(slots=True)
class Added:
    """Of some records, by their keys. `busy`: another one of the same pair of which it is not known
    whether it arrived, or not decided what is whose."""

    rows: dict[int, list[RemoteRecord]] = field(default_factory=dict)  # tied by a share
    beside: dict[int, Mapping[Key, Decimal]] = field(default_factory=dict)
    busy: dict[int, SyncRecord] = field(default_factory=dict)
    pairs: dict[int, Pair] = field(default_factory=dict)


def added_up(records: Sequence[SyncRecord], adds_up: Collection[Kind]) -> Added:
    """What of theirs these records share with others of ours."""
    records = [each for each in records if each.kind in adds_up]
    if not records:
        return Added()
    ends = dict(_ends(Allocation._base_manager.filter(sync_records__in=records)))
    pairs = {each.pk: ends[each.subject_id] for each in records}
    group = _of_pairs(records[0].connection_id, set(pairs.values()))
    shares, rows = _shares([each for some in group.values() for each in some])
    found = Added(pairs=pairs)
    for record in records:
        others = [each for each in group[pairs[record.pk]] if each.pk != record.pk]
        keys = {each.pk for each in others}
        beside: dict[Key, Decimal] = {}
        for row in rows:
            of_row = shares[row.pk]
            if record.pk in of_row and row.sync_record_id != record.pk:
                found.rows.setdefault(record.pk, []).append(row)
            theirs = [amount for pk, amount in of_row.items() if pk in keys]
            if theirs and not (row.gone or row.void):
                beside[row.kind, row.remote_id, row.part] = sum(theirs, Decimal(0))
        found.beside[record.pk] = beside
        busy = next((each for each in others if _is_open(each)), None)
        if busy is not None:
            found.busy[record.pk] = busy
    return found


def _is_open(record: SyncRecord) -> bool:
    """Taken off or added to now, what somebody set there beside it would be lost or taken for ours."""
    return record.in_doubt or record.reason == Reason.CHANGED_ON_BOTH_SIDES


def _ends(allocations: Iterable[Allocation]) -> Iterable[tuple[int, Pair]]:
    return [(each.pk, tuple(getattr(each, name) for name in ENDS)) for each in allocations]


def _of_pairs(connection_id: int, pairs: Collection[Pair]) -> dict[Pair, list[SyncRecord]]:
    """Every record of ours of these pairs that this connection knows, in their order."""
    invoices = {each[ENDS.index("invoice_id")] for each in pairs}
    refunds = {each[ENDS.index("refund_id")] for each in pairs}
    found: dict[Pair, list[SyncRecord]] = defaultdict(list)
    of_kind = SyncRecord.objects.filter(connection_id=connection_id, kind=Kind.ALLOCATION)
    for some in (
        of_kind.filter(allocation__invoice__in=invoices - {None}),
        of_kind.filter(allocation__refund__in=refunds - {None}),
    ):
        for record in some.select_related("allocation").order_by("pk"):
            assert record.allocation is not None, "an allocation's sync record"
            ((_, pair),) = _ends([record.allocation])
            if pair in pairs:
                found[pair].append(record)
    return found


def _shares(
    records: Sequence[SyncRecord],
) -> tuple[dict[int, dict[int, Decimal]], list[RemoteRecord]]:
    """Of each row of theirs that stands for any of these: how much is whose, by row and record."""
    rows = list(
        RemoteRecord.objects.filter(
            sync_record__in=records, of_kind=Kind.ALLOCATION, retired=False
        ).order_by("pk")
    )
    shares: dict[int, dict[int, Decimal]] = defaultdict(dict)
    for tied in _ties(rows):
        shares[tied.remote_record_id][tied.sync_record_id] = tied.share or Decimal(0)
    for row in rows:
        taken = sum(shares[row.pk].values(), Decimal(0))
        assert row.sync_record_id is not None, "chosen by its record"
        shares[row.pk][row.sync_record_id] = (row.amount or Decimal(0)) - taken
    return shares, rows


def _ties(rows: Iterable[RemoteRecord]) -> list[Tie]:
    return list(Tie.objects.filter(remote_record__in=list(rows), part=Tie.Part.ADDED))


def beside_the_first(rows: Sequence[RemoteRecord]) -> dict[Key, Decimal]:
    """How much of each row is of others than the record that it stands for."""
    found: dict[Key, Decimal] = defaultdict(Decimal)
    keys = {row.pk: (row.kind, row.remote_id, row.part) for row in rows}
    for tied in _ties(rows):
        found[keys[tied.remote_record_id]] += tied.share or Decimal(0)
    return found


def mine(
    objects: Iterable[RemoteObject], beside: Mapping[Key, Decimal]
) -> tuple[RemoteObject, ...]:
    """Their objects with what is one record's alone of each."""
    return tuple(
        _less(each, beside.get((each.kind, each.remote_id, each.part))) for each in objects
    )


def _less(each: RemoteObject, others: Decimal | None) -> RemoteObject:
    snapshot = each.snapshot
    if not others or each.amount is None or not isinstance(snapshot, AllocationSnapshot):
        return each
    own = each.amount - others
    return dataclasses.replace(each, amount=own, snapshot=dataclasses.replace(snapshot, amount=own))


def sharing(row: RemoteRecord) -> list[SyncRecord]:
    """The further records of ours that are one with the one that it stands for."""
    tied = Tie.objects.filter(remote_record=row, part=Tie.Part.ADDED).order_by("pk")
    return [each.sync_record for each in tied.select_related("sync_record__allocation")]


def one_there_with(record: SyncRecord) -> list[SyncRecord]:
    """The other records of ours that are one object there with this one."""
    row = live_tie(record) if record.kind == Kind.ALLOCATION else None
    if row is None or row.sync_record is None:
        return []
    return [each for each in (row.sync_record, *sharing(row)) if each.pk != record.pk]


def note_share(row: RemoteRecord, record: SyncRecord, amount: Decimal) -> None:
    """So much of it is this record's, beside the one that it stands for."""
    Tie.objects.update_or_create(
        sync_record=record,
        remote_record=row,
        defaults={"part": Tie.Part.ADDED, "share": amount},
    )


def set_anew(row: RemoteRecord, taken_off: SyncRecord) -> None:
    """We took the whole object off for the sake of one record: it is that one's alone from now on,
    and what the others had of it is set again, each by a call of its own."""
    tied = Tie.objects.filter(remote_record=row, part=Tie.Part.ADDED)
    assert row.sync_record_id is not None, "it stands for the first of them"
    keys = {row.sync_record_id, *tied.values_list("sync_record_id", flat=True)} - {taken_off.pk}
    tied.delete()
    row.sync_record = taken_off
    for record in SyncRecord.objects.select_for_update().filter(pk__in=keys).order_by("pk"):
        record.generation += 1
        record.sent = 0
        record.step = ""
        record.plan_again()
        record.save()


def give_up(record: SyncRecord) -> None:
    """What stood for it stands for it no more. What is gone and was others' too goes on to stand
    for the next of them, each of which a person decides."""
    Tie.objects.filter(sync_record=record, part=Tie.Part.ADDED).delete()
    rows = list(RemoteRecord.objects.filter(sync_record=record))
    for tied in _ties(rows):
        row = next(each for each in rows if each.pk == tied.remote_record_id)
        if row.sync_record_id == record.pk:
            RemoteRecord.objects.filter(pk=row.pk).update(sync_record=tied.sync_record)
            row.sync_record_id = tied.sync_record_id
            tied.delete()
    RemoteRecord.objects.filter(sync_record=record).update(retired=True)


def stands_anew(
    row: RemoteRecord, record: SyncRecord, beside: Mapping[Key, Decimal], *, retired: bool
) -> bool:
    """Whether an object that an outcome of ours brought stands for this record from now on, where
    it did not. What others of ours are part of goes on to stand for the first, and this one has the
    rest as its share, unless the whole of it was taken off. `retired`: the outcome ended it."""
    others = beside.get((row.kind, row.remote_id, row.part))
    if others is None:
        return row.sync_record_id != record.pk or (row.retired and not retired)
    if row.gone:
        set_anew(row, record)
        return not retired
    if row.sync_record_id != record.pk:
        note_share(row, record, (row.amount or Decimal(0)) - others)
    return False
