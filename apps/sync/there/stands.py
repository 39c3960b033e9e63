"""What stands over there for records of ours: their objects, and what these are as one."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q

from apps.connections.models import Connection
from apps.connectors.port import Connector, RemoteObject
from apps.connectors.snapshots import Kind
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from apps.sync.there.remote import as_object
from apps.sync.there.shares import Added

Key = tuple[str, str, str]  # their kind, id, part


@dataclass(frozen=True, slots=True)
class Stands:
    """Of one record: rows in the order in which they came to stand, at least one.

    `row` speaks for all where only one can: whether it is gone, unreadable, or still settled.
    """

    rows: tuple[RemoteRecord, ...]

    @property
    def row(self) -> RemoteRecord:
        return next((each for each in reversed(self.rows) if not each.gone), self.rows[-1])

    def objects(self, connector: Connector) -> tuple[RemoteObject, ...]:
        """All of it, what is gone included: what was deleted there is not simply made again."""
        return tuple(as_object(each, connector) for each in self.rows)


def of_records(records: Sequence[SyncRecord], added: Added | None = None) -> dict[int, Stands]:
    """By sync record; none of what has nothing over there. Parts of their objects are theirs,
    but for allocations, which may stand as a part alone, or be a share of one."""
    rows = RemoteRecord.objects.filter(
        Q(part="") | Q(of_kind=Kind.ALLOCATION), sync_record__in=records, retired=False
    )
    found: dict[int, list[RemoteRecord]] = defaultdict(list)
    for row in sorted(rows, key=lambda each: each.pk):  # no index has this order
        if row.sync_record_id is not None:
            found[row.sync_record_id].append(row)
    for pk, shared in added.rows.items() if added is not None else ():
        found[pk] += shared
    return {pk: Stands(tuple(some)) for pk, some in found.items()}


def as_one(objects: Sequence[RemoteObject], connector: Connector) -> RemoteObject | None:
    """What objects of one record are as one; what is gone is no part of it while another stands."""
    standing = [each for each in objects if not each.gone] or list(objects)
    if len(standing) < 2:
        return standing[0] if standing else None
    return connector.together(standing)


def may_not_be_named(connection: Connection, kind: Kind) -> Q:
    """Of remote records of a kind: those on which nothing may hang yet, since what was handed over
    of them was never confirmed."""
    capabilities = connection.capabilities
    if not capabilities.hands_over or kind in capabilities.named_while_handed_over:
        return Q(pk__in=[])
    late = Q(sync_record__state=State.NEEDS_PERSON, sync_record__reason=Reason.ANSWER_LOST)
    return Q(sync_record__sent=0) & (Q(sync_record__state=State.HANDED_OVER) | late)


def after(
    before: Sequence[RemoteObject], came: Sequence[RemoteObject], gone: Sequence[Key]
) -> tuple[RemoteObject, ...]:
    """What stands once these objects came and those were retired."""
    found = {(each.kind, each.remote_id, each.part): each for each in before}
    found |= {(each.kind, each.remote_id, each.part): each for each in came}
    return tuple(each for key, each in found.items() if key not in set(gone))
