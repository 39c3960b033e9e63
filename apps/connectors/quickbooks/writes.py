"""From a push to the write that brings QuickBooks to it. Pure."""

import copy
from typing import cast

from apps.connectors.errors import RecordRefused, RemoteGone, RemoteIsNewer
from apps.connectors.port import Push, RemoteObject
from apps.connectors.quickbooks.amendments import document_changes, kept_lines, zeroed
from apps.connectors.quickbooks.client import Item
from apps.connectors.quickbooks.credits import credit_application_json, credit_lines
from apps.connectors.quickbooks.deposits import deposit_changes, deposit_json
from apps.connectors.quickbooks.documents import document_json
from apps.connectors.quickbooks.entries import is_linked, kept_rate, made_nil
from apps.connectors.quickbooks.entries import kept_lines as kept_entry_lines
from apps.connectors.quickbooks.journals import adjustment_changes, adjustment_json
from apps.connectors.quickbooks.masters import (
    customer_changes,
    customer_json,
    item_changes,
    item_json,
)
from apps.connectors.quickbooks.objects import (
    CREDIT_MEMO,
    DEPOSIT,
    ENTITY,
    INVOICE,
    JOURNAL,
    PAYMENT,
    PURCHASE,
    object_of,
)
from apps.connectors.quickbooks.payments import kept_allocations, payment_changes, payment_json
from apps.connectors.quickbooks.purchases import refund_changes, refund_json
from apps.connectors.quickbooks.taxes import NONE, kept_terms
from apps.connectors.quickbooks.wire import Json, figure, ref_of
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    DepositSnapshot,
    DocumentSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
)

# What the service works out itself, or what must not come back on a full write.
_COMPUTED = frozenset(
    {
        "MetaData", "domain", "sparse", "status", "LinkedTxn", "TotalAmt", "HomeTotalAmt",
        "Balance", "HomeBalance", "BalanceWithJobs", "RemainingCredit", "UnappliedAmt",
        "FullyQualifiedName", "Level", "V4IDPseudonym", "DeliveryInfo", "InvoiceLink",
        "OpenBalanceDate", "QtyOnHand", "InvStartDate",
    }
)  # fmt: skip


# What Tieout keeps there for its own bookkeeping, without a number that the law asks for: where it
# was to be taken back and is deleted, nothing is missing.
_NO_DOCUMENTS = frozenset({Kind.ALLOCATION, Kind.ADJUSTMENT, Kind.REFUND, Kind.DEPOSIT})


def write_of(push: Push, home: str, regime: str = NONE) -> Item | None:
    """The write that brings their books to the push's snapshot; None: they say so already.

    Raises RecordRefused where no write can, RemoteIsNewer where it has to be read first.
    """
    if push.known is None:
        return _create(push, home, regime)
    if is_deleted_as_wished(push):
        return None
    if push.known.gone:
        raise RemoteGone(
            "It was deleted in QuickBooks.",
            "Decide whether it is to be created anew.",
        )
    cancelled = is_cancelled(push.snapshot)
    if cancelled and push.known.void:
        return None
    if cancelled:
        return _void(push, push.known)
    if push.known.void:
        raise RecordRefused(
            "It was voided in QuickBooks, and a void cannot be taken back there.",
            "Void it here too, or issue it again under a new number.",
        )
    return _update(push, push.known, home, regime)


def noted_write(known: RemoteObject, private_note: str, ref: int) -> Item:
    """The write that puts another private note on what stands, and leaves the rest."""
    body = _over(known, {"PrivateNote": private_note}, frozenset())
    return Item(ref=ref, entity=known.kind, operation="update", body=body)


def is_cancelled(snapshot: Snapshot) -> bool:
    return bool(getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False))


def is_deleted_as_wished(push: Push) -> bool:
    return bool(
        push.known
        and push.known.gone
        and push.kind in _NO_DOCUMENTS
        and is_cancelled(push.snapshot)
    )


def _create(push: Push, home: str, regime: str) -> Item:
    if is_cancelled(push.snapshot):
        raise RecordRefused(
            "It was cancelled before it reached QuickBooks.", "Nothing needs to be done there."
        )
    return Item(
        ref=push.ref,
        entity=ENTITY[push.kind],
        operation="create",
        body=_create_body(push.snapshot, home, regime),
    )


def _create_body(snapshot: Snapshot, home: str, regime: str) -> Json:
    match snapshot:
        case CustomerSnapshot():
            return customer_json(snapshot, home)
        case ItemSnapshot():
            return item_json(snapshot)
        case PaymentSnapshot():
            return payment_json(snapshot, home)
        case AllocationSnapshot():
            if snapshot.source == Kind.PAYMENT:
                raise RecordRefused("QuickBooks keeps the allocation of a payment in the payment.")
            return credit_application_json(snapshot, home)
        case AdjustmentSnapshot():
            return adjustment_json(snapshot, home)
        case RefundSnapshot():
            return refund_json(snapshot, home, regime)
        case DepositSnapshot():
            return deposit_json(snapshot, home, regime)
    return document_json(cast(DocumentSnapshot, snapshot), home, regime)


def _update(push: Push, known: RemoteObject, home: str, regime: str) -> Item | None:
    raw = known.raw
    cleared: frozenset[str] = frozenset()
    match push.snapshot:
        case CustomerSnapshot() as customer:
            over, cleared = customer_changes(customer, raw)
        case ItemSnapshot() as item:
            over, cleared = item_changes(item, raw)
        case PaymentSnapshot() as payment:
            agreed = push.agreed if isinstance(push.agreed, PaymentSnapshot) else None
            over, cleared = payment_changes(payment, raw, home, agreed)
        case AllocationSnapshot() as allocation:
            over, cleared = _allocation_changes(allocation, known, home)
        case AdjustmentSnapshot() as adjustment:
            over = adjustment_changes(adjustment, raw, home)
        case RefundSnapshot() as refund:
            over = refund_changes(refund, raw, home)
        case DepositSnapshot() as deposit:
            over = deposit_changes(deposit, raw, home)
        case InvoiceSnapshot() | CreditNoteSnapshot() as document:
            over, cleared = document_changes(document, raw, home, regime)
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
        return {
            "CustomerRef": {"value": ref_of(raw, "CustomerRef")},
            "Line": kept_lines(raw),
            **kept_terms(raw),
        }
    if known.kind == PAYMENT:
        return {
            "CustomerRef": {"value": ref_of(raw, "CustomerRef")},
            "TotalAmt": figure(raw.get("TotalAmt")),
            "Line": kept_allocations(raw),
            **kept_rate(raw),
        }
    if known.kind in (JOURNAL, PURCHASE, DEPOSIT):
        # An expense is refused without its way of payment and account, a deposit without its bank.
        demanded = {name: copy.deepcopy(raw[name]) for name in _OF_AN_ENTRY if name in raw}
        return {**demanded, "Line": kept_entry_lines(raw), **kept_rate(raw)}
    return {}


_OF_AN_ENTRY = ("PaymentType", "AccountRef", "EntityRef", "DepositToAccountRef")


def _void(push: Push, known: RemoteObject) -> Item:
    if known.kind in (INVOICE, CREDIT_MEMO) and known.balance != known.amount:
        raise RecordRefused(
            "Something is set against it in QuickBooks, so it cannot be voided.",
            "Un-apply what is set against it first, or credit it instead.",
        )
    _refuse_part(known)
    if known.kind == DEPOSIT:
        # A deposit has no void, and is no document: deleting it is what frees its payments.
        body = {"Id": known.remote_id, "SyncToken": known.version}
        return Item(ref=push.ref, entity=known.kind, operation="delete", body=body)
    head: Json = {"Id": known.remote_id, "SyncToken": known.version, "sparse": True}
    if known.kind in (JOURNAL, PURCHASE):
        if is_linked(known.raw):
            raise RemoteIsNewer(
                "As Tieout last read it, something is set against it in QuickBooks.",
                "Tieout reads it again. Un-apply what is set against it first.",
            )
        body = {**head, **_demanded(known), **made_nil(known.raw)}
        return Item(ref=push.ref, entity=known.kind, operation="update", body=body)
    body = head
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
