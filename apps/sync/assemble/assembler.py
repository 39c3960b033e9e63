"""The door of assembling: records of one kind in, what can be sent of them out."""

from collections.abc import Callable, Sequence

from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.connectors.snapshots import Kind, Snapshot
from apps.mappings.look_up import Mappings
from apps.sync.assemble import deposits, documents, masters, money
from apps.sync.assemble.lookups import Lookups
from apps.sync.assemble.obstacles import Assembled
from apps.sync.models import SUBJECTS, rows_of

MADE_BY: dict[Kind, Callable[[Lookups, Kind, Sequence[int]], list[Assembled]]] = {
    Kind.CUSTOMER: masters.customers,
    Kind.ITEM: masters.items,
    Kind.INVOICE: documents.documents,
    Kind.CREDIT_NOTE: documents.documents,
    Kind.PAYMENT: money.payments,
    Kind.ALLOCATION: money.allocations,
    Kind.ADJUSTMENT: money.adjustments,
    Kind.REFUND: money.refunds,
    Kind.DEPOSIT: deposits.deposits,
}


class Assembler:
    """Snapshots of one connection's records. Loads what a batch needs in a few statements."""

    def __init__(self, connection: Connection, connector: Connector, mappings: Mappings) -> None:
        self.lookups = Lookups(connection, connector, mappings)

    def snapshot(self, kind: Kind, pk: int) -> Snapshot | None:
        """One record's snapshot; None while something stands in its way."""
        return self.many(kind, [pk])[0].snapshot

    def many(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        """Assemble records of one kind, in the order of their keys."""
        self.lookups.learn_undone(kind, keys)
        if kind in self.lookups.connector.capabilities.kinds:
            return MADE_BY[kind](self.lookups, kind, keys)
        if not self.lookups.connector.capabilities.may_have(kind):
            return self._left_out(kind, keys)
        # What was made there while it was switched on is followed as long as it stands.
        self.lookups.learn(kind, keys)
        there = [pk for pk in keys if self.lookups.has(kind, pk)]
        made = MADE_BY[kind](self.lookups, kind, there) if there else []
        others = self._left_out(kind, [pk for pk in keys if pk not in there])
        by_key = {each.pk: each for each in (*made, *others)}
        return [by_key[pk] for pk in keys if pk in by_key]

    def _left_out(self, kind: Kind, keys: Sequence[int]) -> list[Assembled]:
        """A kind that their books have not: named, and nobody needs to do anything."""
        found = rows_of(kind).in_bulk(list(keys))
        cannot = self.lookups.connector.capabilities.cannot
        sentence = cannot.get(kind, f"{self.lookups.name} keeps no such record.")
        return [
            Assembled(kind=kind, pk=pk, revision=found[pk].revision, left_out=sentence)
            for pk in keys
            if pk in found
        ]

    def forget_absences(self) -> None:
        """After a send, within a wave."""
        self.lookups.forget_absences()

    def forget(self) -> None:
        """After a wave: what was not there may be there now."""
        self.lookups.forget()


assert set(SUBJECTS) == set(Kind) == set(MADE_BY), "every kind of the port is held and assembled"
