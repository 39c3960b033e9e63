"""Several objects of theirs that are one record of ours. Pure."""

import dataclasses
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.port import RemoteObject, Unreadable
from apps.connectors.snapshots import (
    AllocationSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)
from tests.worked.connector.objects import REFUND, object_of
from tests.worked.connector.wire import NIL, place_in


def parsed(kind: str, raw: Mapping[str, Any]) -> RemoteObject:
    """The object that a kept `raw` stands for: one, or several together."""
    if "together" in raw:
        return together([object_of(kind, each) for each in raw["together"]])
    return object_of(kind, raw)


def place_of(each: RemoteObject) -> int:
    """Which of several it is; the only one, and what bears no mark of ours, is the first."""
    words = each.raw.get("remark")
    return (place_in(words) if isinstance(words, str) else 0) or 1


def in_order(objects: Sequence[RemoteObject]) -> list[RemoteObject]:
    return sorted(objects, key=lambda each: (place_of(each), len(each.remote_id), each.remote_id))


def together(objects: Sequence[RemoteObject]) -> RemoteObject:
    """Receipts that are one payment (refunds that are one, parts that are one allocation): the sum
    of those that stand, under the id of the first and with the versions of all.

    Where they differ in what one record has once (the customer, the day, the currency), no one
    record is what they say: unreadable, with the field named.
    """
    wholes = in_order([each for each in objects if not each.part])
    several = wholes or list(objects)
    if len(several) == 1:
        return several[0]
    if any(each.unreadable for each in several):
        return next(each for each in several if each.unreadable)
    there = [each for each in several if not each.gone]
    standing = [each for each in there if not each.void] or there
    if not standing:
        return several[0]
    first = standing[0]
    common = dataclasses.replace(
        first,
        version="+".join(each.version for each in standing),
        updated_at=max((each.updated_at for each in standing if each.updated_at), default=None),
        raw={"together": [each.raw for each in several]},
        amount=_sum(standing, "amount"),
        balance=_sum(standing, "balance"),
        links=tuple(link for each in standing for link in each.links),
    )
    unlike = _unlike(standing)
    if unlike:
        return dataclasses.replace(
            common, snapshot=None, amount=None, balance=None, dated=None, unreadable=unlike
        )
    return dataclasses.replace(common, snapshot=_one_snapshot(standing))


def _sum(objects: Sequence[RemoteObject], name: str) -> Decimal | None:
    found = [getattr(each, name) for each in objects]
    return None if None in found else sum(found, NIL)


_ONCE = ("customer_id", "currency", "paid_on", "exchange_rate", "target_kind", "target_id")


def _unlike(objects: Sequence[RemoteObject]) -> Unreadable | None:
    for name in _ONCE:
        if name == "target_id" and objects[0].kind == REFUND:
            continue  # an allocation to a refund that is several has one of them for each part
        said = dict.fromkeys(str(getattr(each.snapshot, name, "")) for each in objects)
        if len(said) > 1:
            return Unreadable(name, " and ".join(said)[:40])
    return None


def _one_snapshot(objects: Sequence[RemoteObject]) -> Snapshot | None:
    first = objects[0].snapshot
    amount = _sum(objects, "amount")
    if amount is None:
        return None
    match first:
        case AllocationSnapshot():
            return dataclasses.replace(first, amount=amount)
        case PaymentSnapshot():
            # What they have of their own is shown side by side, so that no difference is hidden.
            return dataclasses.replace(
                first,
                amount=amount,
                reference=_said(objects, "reference"),
                method_id=_said(objects, "method_id"),
                memo=_said(objects, "memo"),
            )
        case RefundSnapshot():
            return dataclasses.replace(first, amount=amount, memo=_said(objects, "memo"))
    return first


def _said(objects: Sequence[RemoteObject], name: str) -> str:
    return " / ".join(dict.fromkeys(getattr(each.snapshot, name) for each in objects))
