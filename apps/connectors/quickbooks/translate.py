"""From a push to a write of QuickBooks, and from its JSON to remote objects. Pure."""

import copy
import dataclasses
from collections.abc import Mapping
from typing import Any, cast

from apps.connectors.errors import RecordRefused, RemoteGone
from apps.connectors.port import Link, Push, RemoteObject
from apps.connectors.quickbooks.client import Item
from apps.connectors.quickbooks.credits import (
    Pair,
    credit_allocation,
    credit_application_json,
    credit_lines,
    linked_line,
    links_of,
    pool_of,
    sets_credit,
)
from apps.connectors.quickbooks.documents import (
    credit_note_of,
    currency_of,
    document_changes,
    document_json,
    invoice_of,
    is_void,
    kept_lines,
    zeroed,
)
from apps.connectors.quickbooks.masters import (
    SOLD_ONE_BY_ONE,
    customer_changes,
    customer_json,
    customer_of,
    item_changes,
    item_json,
    item_of,
    name_of,
)
from apps.connectors.quickbooks.payments import (
    allocation_of,
    kept_allocations,
    payment_changes,
    payment_json,
    payment_of,
)
from apps.connectors.quickbooks.wire import (
    Json,
    day,
    figure,
    mapping,
    marker_in,
    members,
    moment,
    ref_of,
    text,
)
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    DocumentSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
    Snapshot,
)

CUSTOMER, ITEM, INVOICE, CREDIT_MEMO, PAYMENT = (
    "Customer",
    "Item",
    "Invoice",
    "CreditMemo",
    "Payment",
)
ENTITY: dict[Kind, str] = {
    Kind.CUSTOMER: CUSTOMER,
    Kind.ITEM: ITEM,
    Kind.INVOICE: INVOICE,
    Kind.CREDIT_NOTE: CREDIT_MEMO,
    Kind.PAYMENT: PAYMENT,
    Kind.ALLOCATION: PAYMENT,
}
KIND: dict[str, Kind] = {
    CUSTOMER: Kind.CUSTOMER,
    ITEM: Kind.ITEM,
    INVOICE: Kind.INVOICE,
    CREDIT_MEMO: Kind.CREDIT_NOTE,
    PAYMENT: Kind.PAYMENT,
}
LISTS = frozenset({CUSTOMER, ITEM, "Vendor", "Employee"})  # made inactive, never deleted

# What the service works out itself, or what must not come back on a full write.
_COMPUTED = frozenset(
    {
        "MetaData", "domain", "sparse", "status", "LinkedTxn", "TotalAmt", "HomeTotalAmt",
        "Balance", "HomeBalance", "BalanceWithJobs", "RemainingCredit", "UnappliedAmt",
        "FullyQualifiedName", "Level", "V4IDPseudonym", "DeliveryInfo", "InvoiceLink",
        "OpenBalanceDate", "QtyOnHand", "InvStartDate",
    }
)  # fmt: skip


# --- Ours to theirs ---------------------------------------------------------------------------


def write_of(push: Push, home: str) -> Item | None:
    """The write that brings their books to the push's snapshot; None: they say so already.

    Raises RecordRefused where no write can.
    """
    if push.known is None:
        return _create(push)
    if push.known.gone:
        raise RemoteGone(
            "It was deleted in QuickBooks.",
            "Decide whether it is to be created anew.",
        )
    cancelled = _is_cancelled(push.snapshot)
    if cancelled and push.known.void:
        return None
    if cancelled:
        return _void(push, push.known)
    if push.known.void:
        raise RecordRefused(
            "It was voided in QuickBooks, and a void cannot be taken back there.",
            "Void it here too, or issue it again under a new number.",
        )
    return _update(push, push.known, home)


def _is_cancelled(snapshot: Snapshot) -> bool:
    if isinstance(snapshot, DocumentSnapshot):
        return snapshot.void
    return isinstance(snapshot, PaymentSnapshot | AllocationSnapshot) and snapshot.cancelled


def _create(push: Push) -> Item:
    if _is_cancelled(push.snapshot):
        raise RecordRefused(
            "It was cancelled before it reached QuickBooks.", "Nothing needs to be done there."
        )
    return Item(
        ref=push.ref,
        entity=ENTITY[push.kind],
        operation="create",
        body=_create_body(push.snapshot),
    )


def _create_body(snapshot: Snapshot) -> Json:
    match snapshot:
        case CustomerSnapshot():
            return customer_json(snapshot)
        case ItemSnapshot():
            return item_json(snapshot)
        case PaymentSnapshot():
            return payment_json(snapshot)
        case AllocationSnapshot():
            if snapshot.source != Kind.CREDIT_NOTE:
                raise RecordRefused("QuickBooks keeps the allocation of a payment in the payment.")
            return credit_application_json(snapshot)
    return document_json(cast(DocumentSnapshot, snapshot))


def _update(push: Push, known: RemoteObject, home: str) -> Item | None:
    raw = known.raw
    match push.snapshot:
        case CustomerSnapshot() as customer:
            over, cleared = customer_changes(customer, raw)
        case ItemSnapshot() as item:
            over, cleared = item_changes(item, raw)
        case PaymentSnapshot() as payment:
            over, cleared = payment_changes(payment, raw, home)
        case AllocationSnapshot() as allocation:
            over, cleared = _allocation_changes(allocation, known, home)
        case InvoiceSnapshot() | CreditNoteSnapshot() as document:
            over, cleared = document_changes(document, raw, home)
    if not over and not cleared:
        return None
    return Item(
        ref=push.ref,
        entity=known.kind,
        operation="update",
        body=_over(known, over, cleared),
    )


def _allocation_changes(
    allocation: AllocationSnapshot, known: RemoteObject, home: str
) -> tuple[Json, frozenset[str]]:
    standing = known.snapshot or object_of(known.kind, known.raw, home).snapshot
    if isinstance(standing, AllocationSnapshot) and standing.amount == allocation.amount:
        return {}, frozenset()
    _refuse_part(known)
    return {"Line": credit_lines(allocation)}, frozenset()


def _over(known: RemoteObject, over: Json, cleared: frozenset[str]) -> Json:
    """The body of an update.

    A sparse one keeps every field that is not sent, also those no version of the API shows; a
    field can only be cleared by a full one that leaves it out, which sends back all that was read.
    Lines are the exception: where they are sent they are whole in both.
    """
    raw = known.raw
    head: Json = {"Id": known.remote_id, "SyncToken": known.version}
    if not cleared:
        return {**head, "sparse": True, **_demanded(known), **over}
    whole = {
        name: copy.deepcopy(value) for name, value in raw.items() if name not in _COMPUTED | cleared
    }
    return {**whole, **head, "sparse": False, **_demanded(known), **over}


def _demanded(known: RemoteObject) -> Json:
    """What must be sent with every update, sparse or not (code 2020 otherwise)."""
    raw = known.raw
    if known.kind in (INVOICE, CREDIT_MEMO):
        return {"CustomerRef": {"value": ref_of(raw, "CustomerRef")}, "Line": kept_lines(raw)}
    if known.kind == PAYMENT:
        return {
            "CustomerRef": {"value": ref_of(raw, "CustomerRef")},
            "TotalAmt": figure(raw.get("TotalAmt")),
            "Line": kept_allocations(raw),
        }
    return {}


def _void(push: Push, known: RemoteObject) -> Item:
    if known.kind in (INVOICE, CREDIT_MEMO) and known.balance != known.amount:
        raise RecordRefused(
            "Something is set against it in QuickBooks, so it cannot be voided.",
            "Un-apply what is set against it first, or credit it instead.",
        )
    _refuse_part(known)
    head: Json = {"Id": known.remote_id, "SyncToken": known.version, "sparse": True}
    body: Json = head
    options = "void"
    if known.kind == CREDIT_MEMO:
        body = {**head, **_demanded(known), **zeroed(known.raw)}
        options = ""
    return Item(ref=push.ref, entity=known.kind, operation="update", body=body, options=options)


def _refuse_part(known: RemoteObject) -> None:
    if known.part:
        raise RecordRefused(
            "In QuickBooks one transaction applies it together with others.",
            "Change that transaction in QuickBooks; Tieout then follows.",
        )


# --- Theirs to ours ---------------------------------------------------------------------------


def objects_of(entity: str, source: Mapping[str, Any], home: str) -> tuple[RemoteObject, ...]:
    """One object of theirs: itself first, then its parts that stand for allocations.

    The parts of a deleted payment are gone with it and not listed one by one.
    """
    if source.get("status") == "Deleted":
        return (_gone(entity, source),)
    if entity == PAYMENT:
        return _payment_objects(source, home)
    snapshot = _snapshot(entity, source, home)
    return (_head(entity, source, home, snapshot, KIND.get(entity) if snapshot else None),)


def gone(entity: str, remote_id: str) -> RemoteObject:
    return RemoteObject(kind=entity, remote_id=remote_id, of_kind=KIND.get(entity), gone=True)


def _gone(entity: str, source: Mapping[str, Any]) -> RemoteObject:
    return RemoteObject(
        kind=entity,
        remote_id=text(source, "Id"),
        updated_at=moment(mapping(source, "MetaData").get("LastUpdatedTime")),
        of_kind=KIND.get(entity),
        raw=source,
        gone=True,
    )


def _snapshot(entity: str, source: Mapping[str, Any], home: str) -> Snapshot | None:
    """None for a shape that Tieout does not hold: a category, a bundle, a journal."""
    match entity:
        case "Customer":
            return customer_of(source)
        case "Item":
            kind = text(source, "Type")
            return item_of(source) if kind in SOLD_ONE_BY_ONE else None
        case "Invoice":
            return invoice_of(source, home)
        case "CreditMemo":
            return credit_note_of(source, home)
    return None


def _head(
    entity: str,
    source: Mapping[str, Any],
    home: str,
    snapshot: Snapshot | None,
    of_kind: Kind | None,
    part: str = "",
) -> RemoteObject:
    listed = entity in LISTS
    notes = text(source, "Notes" if listed else "PrivateNote")
    active = source.get("Active") is not False
    named = text(source, "DisplayName") or text(source, "Name")
    balance = source.get("UnappliedAmt" if entity == PAYMENT else "Balance")
    return RemoteObject(
        kind=entity,
        remote_id=text(source, "Id"),
        part=part,
        version=text(source, "SyncToken"),
        updated_at=moment(mapping(source, "MetaData").get("LastUpdatedTime")),
        of_kind=of_kind,
        snapshot=snapshot,
        raw=source,
        marker=marker_in(notes),
        number=text(source, "PaymentRefNum" if entity == PAYMENT else "DocNumber"),
        name=name_of(named, active=active),
        customer_id=ref_of(source, "CustomerRef"),
        currency=currency_of(source, home),
        amount=None if listed or "TotalAmt" not in source else figure(source["TotalAmt"]),
        balance=None if balance is None else figure(balance),
        dated=day(source, "TxnDate"),
        links=_links(source),
        void=not listed and is_void(source),
    )


def _links(source: Mapping[str, Any]) -> tuple[Link, ...]:
    whole = [
        Link(kind=text(each, "TxnType"), remote_id=text(each, "TxnId"))
        for each in members(source, "LinkedTxn")
    ]
    lines = [
        Link(kind=each.kind, remote_id=each.remote_id, amount=each.amount)
        for each in links_of(source)
    ]
    return tuple(whole + lines)


def _payment_objects(source: Mapping[str, Any], home: str) -> tuple[RemoteObject, ...]:
    pool = pool_of(source)
    pairs = [
        _part(source, home, credit_allocation(source, home, pair), pair.part, _pair_lines(pair))
        for pair in pool.pairs
    ]
    if sets_credit(source):
        if pool.unused or pool.cash:
            return (_head(PAYMENT, source, home, None, None),)
        if len(pairs) > 1:
            return (_head(PAYMENT, source, home, None, None), *pairs)
        whole = credit_allocation(source, home, pool.pairs[0] if pool.pairs else None)
        return (_head(PAYMENT, source, home, whole, Kind.ALLOCATION),)
    if not figure(source.get("TotalAmt")) and not is_void(source):
        # A nil that sets no credit: what it is cannot be told, so it is counted and shown only.
        return (_head(PAYMENT, source, home, None, None),)
    payment = payment_of(source, home)
    cash = [
        _part(
            source,
            home,
            allocation_of(source, payment, linked),
            linked.part,
            [linked_line(linked.amount, linked.kind, linked.remote_id)],
        )
        for linked in ([] if payment.cancelled else pool.cash)
    ]
    return (_head(PAYMENT, source, home, payment, Kind.PAYMENT), *cash, *pairs)


def _pair_lines(pair: Pair) -> list[Json]:
    return [
        linked_line(pair.amount, each.kind, each.remote_id) for each in (pair.debit, pair.credit)
    ]


def _part(
    source: Mapping[str, Any],
    home: str,
    allocation: AllocationSnapshot,
    part: str,
    lines: list[Json],
) -> RemoteObject:
    """A part keeps of its payment what is needed to read it again: its own lines."""
    own = {name: source[name] for name in _OF_A_PART if name in source}
    amounts = [{**line, "Amount": str(line["Amount"])} for line in lines]
    head = _head(PAYMENT, source, home, allocation, Kind.ALLOCATION, part)
    return dataclasses.replace(
        head,
        raw={"Part": part, PAYMENT: {**own, "Line": amounts}},
        marker="",
        number="",
        amount=allocation.amount,
        balance=None,
        links=tuple(
            Link(
                kind=line["LinkedTxn"][0]["TxnType"],
                remote_id=line["LinkedTxn"][0]["TxnId"],
                amount=allocation.amount,
            )
            for line in lines
        ),
    )


_OF_A_PART = (
    "Id",
    "SyncToken",
    "MetaData",
    "TxnDate",
    "CustomerRef",
    "CurrencyRef",
    "ExchangeRate",
)


def object_of(entity: str, raw: Mapping[str, Any], home: str) -> RemoteObject:
    """The object that a kept `raw` stands for, be it an object or a part of one."""
    if "Part" not in raw:
        return objects_of(entity, raw, home)[0] if raw else gone(entity, "")
    source = mapping(raw, PAYMENT)
    pool = pool_of(source)
    if pool.pairs:
        allocation = credit_allocation(source, home, pool.pairs[0])
        return _part(source, home, allocation, text(raw, "Part"), _pair_lines(pool.pairs[0]))
    (linked,) = pool.cash
    allocation = allocation_of(source, payment_of(source, home), linked)
    lines = [linked_line(linked.amount, linked.kind, linked.remote_id)]
    return _part(source, home, allocation, text(raw, "Part"), lines)
