"""Their side at the end of an earlier day, out of what stands there now.

Objects that are dated later are laid aside. An application counts from its own day over there or,
where that is later, from the day of either record that it joins: a ledger that dates none counts it so.
What is open of a record now, and what was set against it since, together were open then.

What was voided, deleted or un-applied over there has no day on which that was done: a ledger shows
it on no day, so nothing of it is there to be counted.
"""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot
from apps.reconciliation.figures import ZERO
from apps.sync.opening.open_then import end_of

End = tuple[str, str]  # kind of ours and their id, of what an application joins


@dataclass(slots=True)
class LaidAside:
    """What does not count yet at the end of the day `until`, by what was read so far."""

    until: date
    ends: set[End] = field(default_factory=set)  # of what is dated later
    parts: list[AllocationSnapshot] = field(default_factory=list)

    def is_later(self, read: RemoteObject) -> bool:
        return read.dated is not None and read.dated > self.until

    def add(self, read: RemoteObject) -> None:
        """One that is later, with what it settles."""
        self.ends.add(end_of(read.of_kind or "", read.remote_id))
        if isinstance(read.snapshot, PaymentSnapshot) and not (
            read.void or read.snapshot.cancelled
        ):
            self.parts += [each for each in read.snapshot.allocations if not each.cancelled]

    def split(self, parts: Iterable[AllocationSnapshot]) -> Iterator[AllocationSnapshot]:
        """Those that count; the others are laid aside. Once all is read."""
        for each in parts:
            if self._counts(each):
                yield each
            else:
                self.parts.append(each)

    def _counts(self, part: AllocationSnapshot) -> bool:
        return part.applied_on <= self.until and self.ends.isdisjoint(_joined(part))

    def without_later(self, read: RemoteObject) -> RemoteObject:
        """A payment that settles what it settled by then."""
        held = read.snapshot
        if not isinstance(held, PaymentSnapshot):
            return read
        counting = tuple(self.split(each for each in held.allocations if not each.cancelled))
        if len(counting) == len(held.allocations):
            return read
        return dataclasses.replace(read, snapshot=dataclasses.replace(held, allocations=counting))

    def set_off_since(self) -> Mapping[tuple[Kind, str], Decimal]:
        """Kind and id of theirs → what of it was set off since."""
        found: dict[tuple[Kind, str], Decimal] = defaultdict(Decimal)
        for each in self.parts:
            for kind, remote_id in _joined(each):
                if kind and remote_id:
                    found[Kind(kind), remote_id] += each.amount
        return dict(found)


def as_it_was(read: RemoteObject, since: Mapping[tuple[Kind, str], Decimal]) -> RemoteObject:
    """With what was open of it then."""
    if read.of_kind is None or (read.of_kind, read.remote_id) not in since:
        return read
    if read.balance is None and read.of_kind is Kind.INVOICE:
        return read  # what points to it tells what is open
    balance = (read.balance or ZERO) + since[read.of_kind, read.remote_id]
    return dataclasses.replace(read, balance=balance)


def _joined(part: AllocationSnapshot) -> tuple[End, End]:
    return end_of(part.source, part.source_id), end_of(part.target_kind, part.target_id)
