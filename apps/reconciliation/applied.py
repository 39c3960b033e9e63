"""What our payments settle, read for a portion of them at a time."""

from array import array
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from decimal import Decimal

from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.reconciliation.shelf_of_ours import PORTION
from apps.reconciliation.since import standing
from apps.sync.models import RemoteRecord

Parts = Mapping[str, Decimal]


class Applied(Mapping[int, Parts]):
    """Payment → what it settles now, or at the end of the day `until`, of the kinds that their ledger
    has: their id of the target → amount. KeyError for one that settles nothing.

    `payments` are looked at about in this order: those that follow the one which is asked for are
    read with it, and one portion is held. `targets` name what a refund is that is several objects:
    kind of ours, their id → its name.
    """

    def __init__(
        self,
        connection: Connection,
        kinds: Collection[Kind],
        payments: "array[int]",
        targets: Mapping[tuple[str, str], str],
        until: date | None = None,
    ) -> None:
        self._connection, self._kinds, self._targets = connection, kinds, targets
        self._refunds = ids_of(connection, Kind.REFUND)
        self._charges = ids_of(connection, Kind.ADJUSTMENT)
        self._payments, self._until = payments, until
        self._behind = 0  # the place behind the portion that is held
        self._asked: frozenset[int] = frozenset()
        self._held: dict[int, dict[str, Decimal]] = {}

    def __getitem__(self, payment_id: int) -> Parts:
        if payment_id not in self._asked:
            start = self._place_of(payment_id)
            self._behind = start + PORTION
            self._asked = frozenset(self._payments[start : self._behind])
            self._held = self._read(self._asked)
        return self._held[payment_id]

    def __iter__(self) -> Iterator[int]:
        return (payment_id for payment_id in self._payments if payment_id in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _place_of(self, payment_id: int) -> int:
        try:
            return self._payments.index(payment_id, self._behind)
        except ValueError:
            pass
        try:
            return self._payments.index(payment_id)
        except ValueError:
            raise KeyError(payment_id) from None

    def _read(self, payments: Collection[int]) -> dict[int, dict[str, Decimal]]:
        rows = standing(self._connection, self._until).filter(payment__in=payments)
        found = list(
            rows.values_list(
                "payment_id", "invoice_id", "refund_id", "charge_id", "outside_id", "amount"
            )
        )
        invoices = ids_of(
            self._connection, Kind.INVOICE, {row[1] for row in found if row[1] is not None}
        )
        settled: dict[int, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
        for payment_id, invoice_id, refund_id, charge_id, outside_id, amount in found:
            assert payment_id is not None, "asked for by it"
            stays_here = (refund_id and Kind.REFUND not in self._kinds) or (
                charge_id and Kind.ADJUSTMENT not in self._kinds
            )
            if stays_here:
                continue
            refund = self._refunds.get(refund_id, "")
            target = (
                outside_id
                or invoices.get(invoice_id)
                or self._targets.get((Kind.REFUND.value, refund), refund)
                or self._charges.get(charge_id)
                or f"ours:{invoice_id or refund_id or charge_id}"
            )
            settled[payment_id][target] += amount
        return {payment_id: dict(parts) for payment_id, parts in settled.items()}


def ids_of(
    connection: Connection, kind: Kind, only: Collection[int] | None = None
) -> dict[int | None, str]:
    """Their id of each record of ours of a kind, of these or of all."""
    rows = RemoteRecord.objects.filter(
        connection=connection, sync_record__kind=kind, retired=False, gone=False, part=""
    )
    if only is not None:
        rows = rows.filter(**{f"sync_record__{kind.value}__in": only})
    return dict(rows.values_list(f"sync_record__{kind.value}_id", "remote_id"))
