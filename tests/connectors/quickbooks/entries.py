"""Entries and payments that the tests of this folder hold against QuickBooks' JSON."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.port import Push, RemoteObject
from apps.connectors.quickbooks.objects import ENTITY, objects_of
from apps.connectors.quickbooks.wire import dump
from apps.connectors.quickbooks.writes import write_of
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    DepositSnapshot,
    Kind,
    PaymentSnapshot,
    Snapshot,
    kind_of,
)

HOME = "USD"
DAY = date(2026, 3, 1)
MARKER = "0f" * 16
ADJUSTMENT = AdjustmentSnapshot(
    marker=MARKER,
    customer_id="1",
    dated=DAY,
    currency=HOME,
    amount=Decimal(3),
    debits=False,
    account_id="23",
    receivable_id="3",
)


def total_of(snapshot: Any) -> Decimal:
    if isinstance(snapshot, DepositSnapshot):
        return snapshot.total
    beside: list[Decimal] = [getattr(snapshot, each, Decimal(0)) for each in ("fee", "fee_tax")]
    return snapshot.amount + sum(beside)


def through(snapshot: Snapshot) -> RemoteObject:
    """Written, sent as bytes, and read as a service would answer that adds what it works out."""
    push = Push(ref=1, kind=kind_of(snapshot), snapshot=snapshot, identity="1-1-1")
    item = write_of(push, HOME)
    assert item is not None
    total = float(total_of(snapshot))
    answer = {**json.loads(dump(item.body)), "Id": "7", "SyncToken": "0", "TotalAmt": total}
    return objects_of(ENTITY[push.kind], answer, HOME)[0]


def part_of(kind: Kind | str, target: str, amount: int) -> AllocationSnapshot:
    return AllocationSnapshot(
        marker="",
        source=Kind.PAYMENT,
        source_id="9",
        target_kind=str(kind),
        target_id=target,
        amount=Decimal(amount),
        currency=HOME,
        applied_on=DAY,
    )


def payment(*parts: AllocationSnapshot) -> PaymentSnapshot:
    return PaymentSnapshot(
        marker=MARKER,
        customer_id="1",
        paid_on=date(2026, 3, 3),
        currency=HOME,
        amount=Decimal(100),
        allocations=parts,
    )
