"""From QuickBooks' JSON to remote objects: each object, and the parts that stand for allocations. Pure."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from apps.connectors.port import Link, RemoteObject, Unreadable
from apps.connectors.quickbooks.bookings import postings_of
from apps.connectors.quickbooks.credits import (
    Linked,
    Pair,
    credit_allocation,
    entity_of,
    linked_line,
    links_of,
    pool_of,
    sets_credit,
)
from apps.connectors.quickbooks.deposits import deposit_of
from apps.connectors.quickbooks.documents import (
    credit_note_of,
    currency_of,
    invoice_of,
    is_void,
)
from apps.connectors.quickbooks.entries import is_nil
from apps.connectors.quickbooks.journals import (
    adjustment_of,
    amount_of_journal,
    customer_of_journal,
)
from apps.connectors.quickbooks.masters import SOLD_ONE_BY_ONE, customer_of, item_of, name_of
from apps.connectors.quickbooks.payments import allocation_of, payment_of
from apps.connectors.quickbooks.purchases import customer_of_expense, refund_of
from apps.connectors.quickbooks.readable import id_of, shown, unreadable_in
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
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot, Snapshot

CUSTOMER, ITEM, INVOICE, CREDIT_MEMO, PAYMENT = (
    "Customer",
    "Item",
    "Invoice",
    "CreditMemo",
    "Payment",
)
JOURNAL, PURCHASE, DEPOSIT = "JournalEntry", "Purchase", "Deposit"
ENTITY: dict[Kind, str] = {
    Kind.CUSTOMER: CUSTOMER,
    Kind.ITEM: ITEM,
    Kind.INVOICE: INVOICE,
    Kind.CREDIT_NOTE: CREDIT_MEMO,
    Kind.PAYMENT: PAYMENT,
    Kind.ALLOCATION: PAYMENT,
    Kind.ADJUSTMENT: JOURNAL,
    Kind.REFUND: PURCHASE,
    Kind.DEPOSIT: DEPOSIT,
}
KIND: dict[str, Kind] = {
    CUSTOMER: Kind.CUSTOMER,
    ITEM: Kind.ITEM,
    INVOICE: Kind.INVOICE,
    CREDIT_MEMO: Kind.CREDIT_NOTE,
    PAYMENT: Kind.PAYMENT,
    JOURNAL: Kind.ADJUSTMENT,
    PURCHASE: Kind.REFUND,
    DEPOSIT: Kind.DEPOSIT,
}
# Read beside a kind, and only theirs: money that came or went without a document of ours.
BESIDE: dict[Kind, str] = {Kind.PAYMENT: "SalesReceipt", Kind.REFUND: "RefundReceipt"}
LISTS = frozenset({CUSTOMER, ITEM, "Vendor", "Employee"})  # made inactive, never deleted


def objects_of(entity: str, source: Mapping[str, Any], home: str) -> tuple[RemoteObject, ...]:
    """One object of theirs: itself first, then its parts that stand for allocations.

    The parts of a deleted payment are gone with it and not listed one by one. Never raises: what
    cannot be read is one object that says so, and stops no other.
    """
    if source.get("status") == "Deleted":
        return (_gone(entity, source),)
    try:
        problem = unreadable_in(entity, source)
        if problem is None:
            return _read(entity, source, home)
    except Exception as failure:  # noqa: BLE001 - whatever it is, it is this one object's
        problem = Unreadable("something in it", shown(type(failure).__name__))
    return (_unread(entity, source, problem),)


def _read(entity: str, source: Mapping[str, Any], home: str) -> tuple[RemoteObject, ...]:
    if entity == PAYMENT:
        return _payment_objects(source, home)
    snapshot = _snapshot(entity, source, home)
    return (_head(entity, source, home, snapshot, KIND.get(entity) if snapshot else None),)


def gone(entity: str, remote_id: str) -> RemoteObject:
    return RemoteObject(kind=entity, remote_id=remote_id, of_kind=KIND.get(entity), gone=True)


def _unread(
    entity: str, source: Mapping[str, Any], problem: Unreadable, part: str = ""
) -> RemoteObject:
    """Its names, as far as they can be told; no figure and no day."""

    def word(name: str) -> str:
        value = source.get(name)
        return value if isinstance(value, str) else ""

    token = source.get("SyncToken")
    return RemoteObject(
        kind=entity,
        remote_id=id_of(source),
        part=part,
        version=str(token) if isinstance(token, str | int) and len(str(token)) <= 20 else "",
        updated_at=_changed_at(source),
        of_kind=KIND.get(entity),
        raw=source,
        marker=marker_in(word("Notes" if entity in LISTS else "PrivateNote")),
        number=word("PaymentRefNum" if entity == PAYMENT else "DocNumber"),
        name=name_of(word("DisplayName") or word("Name"), active=source.get("Active") is not False),
        unreadable=problem,
    )


def _changed_at(source: Mapping[str, Any]) -> datetime | None:
    try:
        return moment(mapping(source, "MetaData").get("LastUpdatedTime"))
    except (ValueError, OverflowError):
        return None


def _gone(entity: str, source: Mapping[str, Any]) -> RemoteObject:
    return RemoteObject(
        kind=entity,
        remote_id=id_of(source),
        updated_at=_changed_at(source),
        of_kind=KIND.get(entity),
        raw=source,
        gone=True,
    )


def _snapshot(entity: str, source: Mapping[str, Any], home: str) -> Snapshot | None:
    """None for a shape that Tieout does not hold: a category, a bundle, a journal of theirs."""
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
        case "JournalEntry":
            return adjustment_of(source, home)
        case "Purchase":
            return refund_of(source, home)
        case "Deposit":
            return deposit_of(source, home)
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
        customer_id=_customer_of(entity, source),
        tax_number=text(source, "PrimaryTaxIdentifier") if entity == CUSTOMER else "",
        currency=currency_of(source, home),
        amount=_amount_of(entity, source),
        balance=None if balance is None else figure(balance),
        dated=day(source, "TxnDate"),
        links=_links(source),
        # An expense typed over there may be a refund of ours; until somebody links it, it is what
        # it books.
        postings=()
        if snapshot and (entity != PURCHASE or snapshot.marker)
        else postings_of(entity, source, home),
        void=_is_void(entity, source),
    )


def _customer_of(entity: str, source: Mapping[str, Any]) -> str:
    if entity == CUSTOMER:
        return ref_of(source, "ParentRef")  # the one that it is under
    if entity == JOURNAL:
        return customer_of_journal(source)
    if entity == PURCHASE:
        return customer_of_expense(source)
    return ref_of(source, "CustomerRef")


def _amount_of(entity: str, source: Mapping[str, Any]) -> Decimal | None:
    if entity == JOURNAL:
        return amount_of_journal(source)
    if entity in LISTS or "TotalAmt" not in source:
        return None
    return figure(source["TotalAmt"])


def _is_void(entity: str, source: Mapping[str, Any]) -> bool:
    if entity in LISTS:
        return False
    return is_nil(source) if entity in (JOURNAL, PURCHASE, DEPOSIT) else is_void(source)


def _links(source: Mapping[str, Any]) -> tuple[Link, ...]:
    whole = [
        Link(kind=entity_of(text(each, "TxnType")), remote_id=text(each, "TxnId"))
        for each in members(source, "LinkedTxn")
    ]
    lines = [
        Link(kind=entity_of(each.kind), remote_id=each.remote_id, amount=each.amount)
        for each in links_of(source)
    ]
    return tuple(whole + lines)


def _payment_objects(source: Mapping[str, Any], home: str) -> tuple[RemoteObject, ...]:
    pool = pool_of(source)
    if pool.unclear:
        # Which journal paid which cannot be told from it: counted and shown only.
        return (_head(PAYMENT, source, home, None, None),)
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
        _cash_part(source, home, payment, linked)
        for linked in ([] if payment.cancelled else pool.cash)
    ]
    return (_head(PAYMENT, source, home, payment, Kind.PAYMENT), *cash, *pairs)


def _cash_part(
    source: Mapping[str, Any], home: str, payment: PaymentSnapshot, linked: Linked
) -> RemoteObject:
    lines = [linked_line(linked.amount, linked.kind, linked.remote_id)]
    return _part(source, home, allocation_of(source, payment, linked), linked.part, lines)


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
                kind=entity_of(line["LinkedTxn"][0]["TxnType"]),
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
    try:
        return _kept_part(raw, home)
    except Exception as failure:  # noqa: BLE001 - as for a whole one
        problem = Unreadable("something in it", shown(type(failure).__name__))
        return _unread(PAYMENT, mapping(raw, PAYMENT), problem, text(raw, "Part"))


def _kept_part(raw: Mapping[str, Any], home: str) -> RemoteObject:
    source, part = mapping(raw, PAYMENT), text(raw, "Part")
    links = links_of(source)
    if ">" in part:
        debit, credit = links
        pair = Pair(credit, debit, debit.amount)
        return _part(source, home, credit_allocation(source, home, pair), part, _pair_lines(pair))
    (linked,) = links
    return _cash_part(source, home, payment_of({**source, "Line": []}, home), linked)
