"""Several objects of theirs that are one record of ours. Pure."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from apps.connectors.port import RemoteObject, Unreadable
from apps.connectors.snapshots import (
    AllocationSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from apps.connectors.xero.documents import INVOICE
from apps.connectors.xero.money import BANK_TRANSACTION
from apps.connectors.xero.objects import object_of
from apps.connectors.xero.wire import NIL

TOGETHER = "Together"


def parsed(kind: str, raw: Mapping[str, Any], home: str) -> RemoteObject:
    """The object that a kept `raw` stands for: one, a part, or several together."""
    if TOGETHER in raw:
        return together([object_of(each["Kind"], each["Of"], home) for each in raw[TOGETHER]])
    return object_of(kind, raw, home)


def together(objects: Sequence[RemoteObject]) -> RemoteObject:
    """Payments that are one receipt: their sum. The charge of a refund and its line of the bank:
    what the charge says, with the account and the fee of the line. Under the id of the first that
    stands, with the versions of all.

    Where they differ in what one record has once, no one record is what they say: unreadable.
    """
    several = [each for each in objects if not each.part] or list(objects)
    if len(several) == 1:
        return several[0]
    if broken := [each for each in several if each.unreadable]:
        return broken[0]
    there = [each for each in several if not each.gone]
    standing = [each for each in there if not each.void] or there
    if not standing:
        return several[0]
    first = next((each for each in standing if each.kind == INVOICE), standing[0])
    common = dataclasses.replace(
        first,
        version="+".join(each.version for each in standing),
        updated_at=max((each.updated_at for each in standing if each.updated_at), default=None),
        raw={TOGETHER: [{"Kind": each.kind, "Of": each.raw} for each in several]},
        links=tuple(link for each in standing for link in each.links),
    )
    if unlike := _unlike(standing):
        return dataclasses.replace(
            common, snapshot=None, amount=None, balance=None, dated=None, unreadable=unlike
        )
    snapshot = _one(standing)
    amount = getattr(snapshot, "amount", None)
    return dataclasses.replace(common, snapshot=snapshot, amount=amount)


def _unlike(standing: Sequence[RemoteObject]) -> Unreadable | None:
    for name in ("customer_id", "currency", "paid_on"):
        said = dict.fromkeys(str(getattr(each.snapshot, name, "")) for each in standing)
        if len(said) > 1:
            return Unreadable(name, " and ".join(said)[:60])
    return None


def _one(standing: Sequence[RemoteObject]) -> Snapshot | None:
    snapshots = [each.snapshot for each in standing]
    first = snapshots[0]
    if isinstance(first, PaymentSnapshot):
        payments = [each for each in snapshots if isinstance(each, PaymentSnapshot)]
        return dataclasses.replace(
            first,
            amount=sum((each.amount for each in payments), NIL),
            reference=" / ".join(dict.fromkeys(each.reference for each in payments)),
            allocations=tuple(part for each in payments for part in each.allocations),
        )
    if isinstance(first, RefundSnapshot):
        return _refund(standing)
    if isinstance(first, AllocationSnapshot):
        amount = sum((each.amount or NIL for each in standing), NIL)
        return dataclasses.replace(first, amount=amount)
    return first


def _refund(standing: Sequence[RemoteObject]) -> RefundSnapshot | None:
    """What left the bank is what the customer's account was charged with, and a fee."""
    charges = _of_kind(standing, INVOICE)
    lines = _of_kind(standing, BANK_TRANSACTION)
    if not (charges and lines):
        refunds = [each.snapshot for each in standing if isinstance(each.snapshot, RefundSnapshot)]
        return refunds[0] if refunds else None
    charge, line = charges[0], lines[0]
    return dataclasses.replace(
        charge,
        account_id=line.account_id,
        amount=charge.amount,
        exchange_rate=line.exchange_rate,
        # What the line paid beside the charge is no fee that it names: it shows as a difference.
        fee=line.fee + (line.amount - charge.amount),
        fee_account_id=line.fee_account_id,
        fee_tax=line.fee_tax,
        fee_tax_account_id=line.fee_tax_account_id,
    )


def _of_kind(standing: Sequence[RemoteObject], kind: str) -> list[RefundSnapshot]:
    return [
        each.snapshot
        for each in standing
        if each.kind == kind and isinstance(each.snapshot, RefundSnapshot)
    ]
