"""What stands there, as far as it is known: what was handed over, and payments that they told."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.connectors.port import Link, RemoteObject
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CustomerSnapshot,
    DocumentSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
    Snapshot,
    from_json,
    kind_of,
    to_json,
)

LONGEST_ID = 60
MARK = 6  # digits of our mark that tell two of one name apart
TOLD = "told"  # a row of theirs, in the raw of what was made of it


def id_there(snapshot: Snapshot, *, by_code: bool = False) -> str:
    """What a record is called there from the day it is handed over, so that a person finds it: a
    document by its number, a customer and an item by name and a mark that tells doubles apart.
    `by_code`: a customer by our code for her, which is her reference there."""
    match snapshot:
        case CustomerSnapshot() if by_code:
            return snapshot.code
        case DocumentSnapshot():
            return snapshot.number
        case CustomerSnapshot():
            return _marked(snapshot.name, snapshot.marker)
        case ItemSnapshot():
            return _marked(snapshot.code or snapshot.name, snapshot.marker)
    return f"{kind_of(snapshot).value[0].upper()}-{snapshot.marker[:16].upper()}"


def _marked(name: str, marker: str) -> str:
    mark = f" ({marker[:MARK].upper()})"
    return f"{name.strip()[: LONGEST_ID - len(mark)]}{mark}"


def handed_object(snapshot: Snapshot, remote_id: str, version: str) -> RemoteObject:
    """What a record will be there once it is taken in; `version` is that of its file."""
    raw = {"id": remote_id, "version": version, **to_json(snapshot)}
    return object_of(kind_of(snapshot), raw)


def object_of(kind: Kind, raw: Mapping[str, Any]) -> RemoteObject:
    snapshot = from_json(kind, raw)
    links: tuple[Link, ...] = ()
    if isinstance(snapshot, AllocationSnapshot):
        links = (
            Link(kind=snapshot.target_kind, remote_id=snapshot.target_id, amount=snapshot.amount),
        )
    return RemoteObject(
        kind=kind.value,
        remote_id=raw["id"],
        version=raw["version"],
        of_kind=kind,
        snapshot=snapshot,
        raw=raw,
        marker=snapshot.marker,
        number=getattr(snapshot, "number", "") or getattr(snapshot, "code", ""),
        name=getattr(snapshot, "name", ""),
        customer_id=getattr(snapshot, "customer_id", ""),
        currency=getattr(snapshot, "currency", ""),
        amount=amount_of(snapshot),
        dated=dated_of(snapshot),
        links=links,
        void=getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False),
    )


def told_payment(told: Mapping[str, Any]) -> Iterator[RemoteObject]:
    """A payment of theirs, and a part for each invoice that it settles."""
    yield payment_of(told)
    for place in range(len(told["settles"])):
        yield part_of(told, place)


def payment_of(told: Mapping[str, Any]) -> RemoteObject:
    snapshot = PaymentSnapshot(
        marker="",
        customer_id=told["customer_id"],
        paid_on=date.fromisoformat(told["paid_on"]),
        currency=told["currency"],
        amount=Decimal(told["amount"]),
        exchange_rate=Decimal(told["rate"]),
        account_id=told["account_id"],
        reference=told["reference"],
    )
    return RemoteObject(
        kind=Kind.PAYMENT.value,
        remote_id=told["id"],
        version="1",
        of_kind=Kind.PAYMENT,
        snapshot=snapshot,
        raw={TOLD: dict(told)},
        customer_id=snapshot.customer_id,
        currency=snapshot.currency,
        amount=snapshot.amount,
        dated=snapshot.paid_on,
        links=tuple(
            Link(kind=Kind.INVOICE.value, remote_id=each["invoice"], amount=Decimal(each["amount"]))
            for each in told["settles"]
        ),
    )


def part_of(told: Mapping[str, Any], place: int) -> RemoteObject:
    settled = told["settles"][place]
    snapshot = AllocationSnapshot(
        marker="",
        source=Kind.PAYMENT.value,
        source_id=told["id"],
        target_kind=Kind.INVOICE.value,
        target_id=settled["invoice"],
        amount=Decimal(settled["amount"]),
        currency=told["currency"],
        applied_on=date.fromisoformat(told["paid_on"]),
        customer_id=told["customer_id"],
        exchange_rate=Decimal(told["rate"]),
    )
    return RemoteObject(
        kind=Kind.PAYMENT.value,
        remote_id=told["id"],
        part=settled["invoice"],
        version="1",
        of_kind=Kind.ALLOCATION,
        snapshot=snapshot,
        raw={TOLD: dict(told), "place": place},
        customer_id=snapshot.customer_id,
        currency=snapshot.currency,
        amount=snapshot.amount,
        dated=snapshot.applied_on,
        links=(
            Link(kind=Kind.INVOICE.value, remote_id=snapshot.target_id, amount=snapshot.amount),
        ),
    )


def parsed(kind: str, raw: Mapping[str, Any]) -> RemoteObject:
    if TOLD not in raw:
        return object_of(Kind(kind), raw)
    return part_of(raw[TOLD], raw["place"]) if "place" in raw else payment_of(raw[TOLD])


def amount_of(snapshot: Snapshot) -> Decimal | None:
    """What it comes to; None: it has no amount."""
    found = getattr(snapshot, "total", None)
    return found if found is not None else getattr(snapshot, "amount", None)


def dated_of(snapshot: Snapshot) -> date | None:
    """Its accounting date; None: it has none."""
    for name in ("issue_date", "paid_on", "applied_on"):
        found: date | None = getattr(snapshot, name, None)
        if found is not None:
            return found
    return None
