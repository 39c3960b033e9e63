"""What was set against an invoice of theirs, by what it came from."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from apps.connectors.snapshots import AllocationSnapshot, Kind
from apps.reconciliation.figures import ZERO


@dataclass(slots=True)
class Settled:
    """What was set against one invoice of theirs, by what it came from; in its currency."""

    paid: Decimal = ZERO  # by money
    credited: Decimal = ZERO  # by credit notes, and by entries of theirs without money
    written_off: Decimal = ZERO  # by deductions of ours

    @property
    def whole(self) -> Decimal:
        return self.paid + self.credited + self.written_off

    def plus(self, other: "Settled") -> "Settled":
        return Settled(
            self.paid + other.paid,
            self.credited + other.credited,
            self.written_off + other.written_off,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Deductions:
    """Their ids of what takes off an invoice of ours and is no money.

    `all` are those of our adjustments, `retainers` of them those that are retainers used: paid before,
    not written off. `reliefs` are those of our credit notes that write bad debts off. What else credits
    an invoice there is theirs: money, or not.
    """

    all: Collection[str]
    retainers: Collection[str]
    reliefs: Collection[str]

    def settle(self, found: dict[str, Settled], part: AllocationSnapshot) -> None:
        """Add a part to what is set against its invoice; of anything else nothing."""
        if part.target_kind != Kind.INVOICE:
            return
        ours = part.source == Kind.ADJUSTMENT and part.source_id in self.all
        relief = part.source == Kind.CREDIT_NOTE and part.source_id in self.reliefs
        if relief or (ours and part.source_id not in self.retainers):
            found[part.target_id].written_off += part.amount
        elif ours or part.source not in (Kind.CREDIT_NOTE, Kind.ADJUSTMENT):
            found[part.target_id].paid += part.amount
        else:
            found[part.target_id].credited += part.amount
