"""What is open at the end of a day, record by record, in memory that stays flat.

Records and the parts set against them are read side by side, both by key.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from apps.billing.models import Adjustment
from apps.billing.standing.parts import Part, Parts
from apps.billing.standing.reading import Reading, streamed
from apps.core.money import ZERO


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenRecord:
    """A record of which something is open: `total` and `open` are above nil where the customer owes
    it, below where they hold it; in `currency`."""

    kind: str
    key: int
    customer_id: int
    currency: str
    number: str
    dated: date
    due: date
    total: Decimal
    open: Decimal

    @property
    def is_owed(self) -> bool:
        return self.open > 0


# (kind, the end by which allocations name it, what it does to the receivable, its fields).
_KINDS: Final = (
    ("invoice", "invoice", 1, ("number", "issue_date", "due_date", "total")),
    ("credit_note", "credit_note", -1, ("number", "issue_date", "issue_date", "total")),
    ("payment", "payment", -1, ("reference", "date", "date", "amount")),
    ("refund", "refund", 1, ("reference", "date", "date", "amount")),
    ("adjustment", "adjustment", -1, ("role", "date", "date", "amount")),
    ("adjustment", "charge", 1, ("role", "date", "date", "amount")),
)
_SIDES: Final = {"adjustment": Adjustment.Side.CREDIT, "charge": Adjustment.Side.DEBIT}


def open_records(reading: Reading, kinds: Collection[str] = ()) -> Iterator[OpenRecord]:
    """All that is open (of these kinds alone, where any are named), kind by kind and by key, in a
    fixed number of queries."""
    parts = Parts.of(reading)
    for kind, end, sign, fields in _KINDS:
        if kinds and kind not in kinds:
            continue
        rows = reading.standing(kind)
        if end in _SIDES:
            rows = rows.filter(side=_SIDES[end])
        applied = _Applied(end, parts.by(end))
        for key, customer, currency, *told in streamed(
            rows, "id", "customer_id", "currency", *fields
        ):
            number, dated, due, total = told
            left = total - applied.to(key)
            if left:
                yield OpenRecord(
                    kind=kind,
                    key=key,
                    customer_id=customer,
                    currency=currency,
                    number=number or "",
                    dated=dated,
                    due=due or dated,
                    total=sign * total,
                    open=sign * left,
                )


class _Applied:
    """Sums of parts by record, from a stream that comes in the order of the records."""

    def __init__(self, end: str, coming: Iterator[Part]) -> None:
        self.end, self.coming = end, coming
        self.next = next(coming, None)

    def to(self, key: int) -> Decimal:
        """What is set off of the record `key`; keys are asked for in rising order."""
        applied = ZERO
        while self.next is not None and (at := self.next.at(self.end)) <= key:
            if at == key:
                applied += self.next.amount
            self.next = next(self.coming, None)
        return applied
