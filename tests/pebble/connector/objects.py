"""Snapshots as Pebble's JSON and back. Pure."""

import dataclasses
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from apps.connectors.port import Link, RemoteObject, Unreadable
from apps.connectors.snapshots import (
    Address,
    AllocationSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    Line,
    PaymentSnapshot,
    Snapshot,
    to_json,
)

Json = dict[str, Any]
NIL = Decimal(0)
PAYS = "pays"  # the part of a payment that stands for its allocation


class Unread(Exception):
    """A field of theirs that holds nothing that could be meant."""

    def __init__(self, field: str, value: Any) -> None:
        self.unreadable = Unreadable(field, str(value)[:40])


# --- Ours to theirs -------------------------------------------------------------------------------


def projected(snapshot: Snapshot) -> Snapshot:
    """Without what Pebble has no room for. What is cancelled there keeps its amount and is void."""
    match snapshot:
        case CustomerSnapshot():
            return dataclasses.replace(snapshot, parent_id="", currency="")
        case InvoiceSnapshot():
            return dataclasses.replace(snapshot, terms_id="", home_total=None)
        case PaymentSnapshot(cancelled=True):
            return dataclasses.replace(snapshot, amount=NIL, allocations=())
        case PaymentSnapshot():
            standing = tuple(each for each in snapshot.allocations if not each.cancelled)
            return dataclasses.replace(snapshot, allocations=standing)
    return snapshot


def fields_of(snapshot: Snapshot) -> dict[str, Json]:
    """By field of ours, what it is there."""
    match snapshot:
        case CustomerSnapshot():
            plain = ("name", "email", "phone", "active")
            own = {name: {name: getattr(snapshot, name)} for name in plain}
            return own | {"address": {"address": to_json(snapshot.address)}}
        case ItemSnapshot():
            price = None if snapshot.unit_price is None else str(snapshot.unit_price)
            plain = ("code", "name", "description", "active")
            own = {name: {name: getattr(snapshot, name)} for name in plain}
            return own | {"unit_price": {"price": price}}
        case InvoiceSnapshot():
            figures = {"lines": [_line(each) for each in snapshot.lines]}
            due = snapshot.due_date.isoformat() if snapshot.due_date else None
            return {
                "number": {"number": snapshot.number},
                "customer_id": {"customer": snapshot.customer_id},
                "issue_date": {"date": snapshot.issue_date.isoformat()},
                **dict.fromkeys(
                    ("lines", "net", "total"), figures | {"total": str(snapshot.total)}
                ),
                "address": {"address": to_json(snapshot.address)},
                "message": {"message": snapshot.message},
                "memo": {"note": snapshot.memo},
                "due_date": {"due": due},
                "purchase_order_number": {"order": snapshot.purchase_order_number},
                "void": {"void": snapshot.void},
            }
        case PaymentSnapshot(cancelled=True):
            return {name: {"void": True} for name in ("cancelled", "amount", "allocations")}
        case PaymentSnapshot():
            paid = next((each.target_id for each in snapshot.allocations), None)
            return {
                "customer_id": {"customer": snapshot.customer_id},
                "paid_on": {"date": snapshot.paid_on.isoformat()},
                "amount": {"amount": str(snapshot.amount)},
                "allocations": {"invoice": paid},
                "reference": {"reference": snapshot.reference},
                "memo": {"note": snapshot.memo},
            }
    raise ValueError(f"Pebble has no {type(snapshot).__name__}")


def _line(line: Line) -> Json:
    return {
        "text": line.description,
        "quantity": str(line.quantity),
        "price": str(line.unit_price),
        "item": line.item_id,
        "net": str(line.net),
    }


# --- Theirs to ours -------------------------------------------------------------------------------


def objects_of(raw: Mapping[str, Any], home: str) -> tuple[RemoteObject, ...]:
    """The object, and behind a payment the part that stands for its allocation. Never raises."""
    kind, remote_id = str(raw.get("kind", "")), str(raw.get("id", ""))
    version = str(raw.get("version", ""))
    if raw.get("deleted"):
        return (gone(kind, remote_id, version),)
    bare = RemoteObject(
        kind=kind, remote_id=remote_id, version=version, of_kind=Kind(kind), raw=dict(raw)
    )
    try:
        snapshot = _snapshot(Kind(kind), raw, home)
    except Unread as no:
        return (dataclasses.replace(bare, unreadable=no.unreadable),)
    match snapshot:
        case CustomerSnapshot() | ItemSnapshot():
            code = getattr(snapshot, "code", "")
            own = dataclasses.replace(bare, number=code, name=snapshot.name)
        case InvoiceSnapshot():
            own = dataclasses.replace(
                bare, number=snapshot.number, amount=snapshot.total, dated=snapshot.issue_date
            )
        case PaymentSnapshot():
            own = dataclasses.replace(bare, amount=snapshot.amount, dated=snapshot.paid_on)
    parts = snapshot.allocations if isinstance(snapshot, PaymentSnapshot) else ()
    links = [
        Link(kind=Kind.INVOICE, remote_id=each.target_id, amount=each.amount) for each in parts
    ]
    own = dataclasses.replace(
        own,
        snapshot=snapshot,
        marker=snapshot.marker,
        customer_id=getattr(snapshot, "customer_id", ""),
        currency=getattr(snapshot, "currency", ""),
        links=tuple(links),
        void=bool(raw.get("void")),
    )
    return own, *(_part(own, each) for each in parts)


def _part(own: RemoteObject, allocation: AllocationSnapshot) -> RemoteObject:
    return dataclasses.replace(
        own,
        part=PAYS,
        of_kind=Kind.ALLOCATION,
        snapshot=allocation,
        marker="",
        raw={"part": PAYS, **own.raw},
        amount=allocation.amount,
    )


def gone(kind: str, remote_id: str, version: str = "") -> RemoteObject:
    return RemoteObject(
        kind=kind, remote_id=remote_id, version=version, of_kind=Kind(kind), gone=True
    )


def parsed(raw: Mapping[str, Any], home: str) -> RemoteObject:
    whole = {name: value for name, value in raw.items() if name != "part"}
    return next(each for each in objects_of(whole, home) if each.part == raw.get("part", ""))


def _snapshot(kind: Kind, raw: Mapping[str, Any], home: str) -> Any:
    match kind:
        case Kind.CUSTOMER:
            return CustomerSnapshot(
                marker=_word(raw, "ref"),
                name=_word(raw, "name"),
                email=_word(raw, "email"),
                phone=_word(raw, "phone"),
                address=_address(raw),
                active=raw.get("active", True) is True,
            )
        case Kind.ITEM:
            return ItemSnapshot(
                marker=_word(raw, "ref"),
                code=_word(raw, "code"),
                name=_word(raw, "name"),
                description=_word(raw, "description"),
                unit_price=None if raw.get("price") is None else _figure(raw, "price"),
                active=raw.get("active", True) is True,
            )
        case Kind.INVOICE:
            return _invoice(raw, home)
    return _payment(raw, home)


def _invoice(raw: Mapping[str, Any], home: str) -> InvoiceSnapshot:
    lines = tuple(_read_line(place, each) for place, each in enumerate(raw["lines"], 1))
    return InvoiceSnapshot(
        marker=_word(raw, "ref"),
        number=_word(raw, "number"),
        customer_id=_word(raw, "customer"),
        issue_date=_day(raw, "date"),
        currency=home,
        lines=lines,
        net=sum((each.net for each in lines), NIL),
        tax=NIL,
        total=_figure(raw, "total"),
        address=_address(raw),
        message=_word(raw, "message"),
        memo=_word(raw, "note"),
        void=bool(raw.get("void")),
        due_date=_day(raw, "due") if raw.get("due") else None,
        purchase_order_number=_word(raw, "order"),
    )


def _payment(raw: Mapping[str, Any], home: str) -> Snapshot:
    amount, day, customer = _figure(raw, "amount"), _day(raw, "date"), _word(raw, "customer")
    part = AllocationSnapshot(
        marker="",
        source=Kind.PAYMENT,
        source_id=_word(raw, "id"),
        target_kind=Kind.INVOICE,
        target_id=_word(raw, "invoice"),
        amount=amount,
        currency=home,
        applied_on=day,
        customer_id=customer,
    )
    payment = PaymentSnapshot(
        marker=_word(raw, "ref"),
        customer_id=customer,
        paid_on=day,
        currency=home,
        amount=amount,
        reference=_word(raw, "reference"),
        memo=_word(raw, "note"),
        allocations=(part,),
        cancelled=bool(raw.get("void")),
    )
    return projected(payment)


def _read_line(place: int, raw: Mapping[str, Any]) -> Line:
    return Line(
        key=str(place),
        net=_figure(raw, "net"),
        description=_word(raw, "text"),
        quantity=_figure(raw, "quantity"),
        unit_price=_figure(raw, "price"),
        item_id=_word(raw, "item"),
    )


def _address(raw: Mapping[str, Any]) -> Address:
    said = raw.get("address")
    if not isinstance(said, Mapping):
        return Address()
    return Address(**{**said, "lines": tuple(said.get("lines", ()))})


def _word(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    return "" if value is None else str(value)


def _figure(raw: Mapping[str, Any], name: str) -> Decimal:
    try:
        return Decimal(raw[name])
    except (KeyError, TypeError, ValueError, InvalidOperation):
        raise Unread(name, raw.get(name)) from None


def _day(raw: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(raw[name])
    except (KeyError, TypeError, ValueError):
        raise Unread(name, raw.get(name)) from None
