"""Money on account at the cut-off: what ours was set against since, over what theirs says."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from apps.billing.models import Allocation
from apps.connections.models import Connection
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot
from apps.sync.models import Agreed, SyncRecord


@dataclass(slots=True)
class OpeningPayment:
    """A payment of before the cut-off that is linked with theirs."""

    agreed: PaymentSnapshot  # theirs, as both sides last agreed
    since: list[Allocation] = field(default_factory=list)  # of ours, not in it yet
    undone: list[Allocation] = field(default_factory=list)  # in it, and un-applied here

    @property
    def is_moved(self) -> bool:
        return bool(self.since or self.undone)


def opening_payments(connection: Connection, keys: Sequence[int]) -> dict[int, OpeningPayment]:
    """Those among these payments of ours, by key; a query more where there is none."""
    records = SyncRecord.objects.filter(
        connection=connection, opening=True, kind=Kind.PAYMENT, payment__in=keys
    )
    agreed = Agreed.objects.filter(record__in=records).select_related("record")
    found: dict[int, OpeningPayment] = {}
    for each in agreed:
        snapshot = each.snapshot
        if isinstance(snapshot, PaymentSnapshot):
            found[each.record.subject_id] = OpeningPayment(snapshot)
    if found:
        _sort(connection, found)
    return found


def _sort(connection: Connection, found: dict[int, OpeningPayment]) -> None:
    """Whether an application is in theirs is told by the revision of it that was sent."""
    first = connection.starts_on
    rows = Allocation._base_manager.filter(payment__in=found)
    if first is not None:
        rows = rows.filter(date__gte=first)
    sent = dict(
        SyncRecord.objects.filter(connection=connection, allocation__in=rows).values_list(
            "allocation_id", "sent"
        )
    )
    for each in rows.select_related("payment", "invoice").order_by("pk"):
        payment, there = found[each.payment_id or 0], sent.get(each.pk, 0)
        if each.stands and not there:
            payment.since.append(each)
        elif not each.stands and 0 < there < each.revision:
            payment.undone.append(each)


def set_against(
    agreed: Iterable[AllocationSnapshot],
    more: Iterable[AllocationSnapshot],
    less: Iterable[AllocationSnapshot],
) -> tuple[AllocationSnapshot, ...]:
    """What theirs is to be set against, one part for each target."""
    parts: dict[tuple[str, str], AllocationSnapshot] = {}
    for some, sign in ((agreed, 1), (more, 1), (less, -1)):
        for each in some:
            target = (str(each.target_kind), each.target_id)
            before = parts.get(target)
            amount = sign * each.amount + (before.amount if before else Decimal(0))
            parts[target] = dataclasses.replace(before or each, amount=amount)
    return tuple(each for each in parts.values() if each.amount > 0)
