"""What the next call for a record is, from what stands there. Pure.

A step is planned from what stands, never from its name. Of a change only the first of its parts is
executed there (a state, an act, then fields), so each is a call of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.connectors.errors import RecordRefused, RemoteGone
from apps.connectors.freshbooks import bodies
from apps.connectors.freshbooks.capabilities import (
    CAPABILITIES,
    DRAFT,
    NAME,
    SEND,
    STATE,
    TAKE_OFF,
)
from apps.connectors.freshbooks.client import CREDIT, INVOICE, PAYMENT
from apps.connectors.freshbooks.heads import ENTITY, is_draft, pays_by_credit
from apps.connectors.freshbooks.wire import ARCHIVED, DELETED, Json, named
from apps.connectors.port import Push, RemoteObject
from apps.connectors.snapshots import (
    AdjustmentSnapshot,
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
    Snapshot,
)

Key = tuple[str, str, str]
MARK_AS_SENT: Json = {"action_mark_as_sent": True}


@dataclass(frozen=True, kw_only=True, slots=True)
class Todo:
    """One call to be. `known` is the object that it changes; None: it makes one. `step` names it where
    it follows another one; `retires`: the object stands for the record no more once it is done."""

    kind: str
    fields: Json
    known: RemoteObject | None = None
    step: str = ""
    retires: bool = False

    @property
    def remote_id(self) -> str:
        return self.known.remote_id if self.known is not None else ""

    @property
    def takes_off(self) -> bool:
        return self.fields.get("vis_state") == DELETED


def key_of(each: RemoteObject) -> Key:
    return each.kind, each.remote_id, each.part


def stands_of(push: Push) -> tuple[RemoteObject, ...]:
    if push.stands:
        return push.stands
    return (push.known,) if push.known is not None else ()


def is_taken_back(snapshot: Snapshot) -> bool:
    return bool(getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False))


def todo_of(push: Push, stands: Sequence[RemoteObject], home: str) -> Todo | None:
    """None: their books say so already.

    Raises RecordRefused where nothing can be written, RemoteGone where what stood is gone.
    """
    snapshot = push.snapshot
    known = _only(stands, deleted_is_done=is_taken_back(snapshot) and push.kind in _DELETED)
    match snapshot:
        case CustomerSnapshot():
            return _master(push.kind, known, bodies.client_fields(snapshot), snapshot)
        case ItemSnapshot():
            return _master(push.kind, known, bodies.item_fields(snapshot, home), snapshot)
        case InvoiceSnapshot() | CreditNoteSnapshot():
            return _document(snapshot, known, as_draft=push.step == DRAFT)
        case AdjustmentSnapshot():
            return _adjustment(snapshot, known)
        case PaymentSnapshot():
            return _payment(snapshot, known, stands)
        case AllocationSnapshot():
            return _allocation(snapshot, known, stands)
    raise RecordRefused(
        CAPABILITIES.cannot.get(push.kind, f"{NAME} has no {push.kind}."), "It stays here."
    )


_DELETED = (Kind.PAYMENT, Kind.ALLOCATION)  # what is taken back by deleting it


def _only(stands: Sequence[RemoteObject], *, deleted_is_done: bool) -> RemoteObject | None:
    """The one object of a record. Raises RemoteGone where it is gone, unless that is what is wished."""
    wholes = [each for each in stands if not each.part]
    found = next((each for each in wholes if not each.gone), None)
    if found is None and wholes and not deleted_is_done:
        raise gone_there()
    return found


def gone_there() -> RemoteGone:
    return RemoteGone(f"It was deleted in {NAME}.", "Decide whether it is to be created anew.")


def never_there() -> RecordRefused:
    return RecordRefused(
        f"It was cancelled before it reached {NAME}.", "Nothing needs to be done there."
    )


# --- Masters ----------------------------------------------------------------------------------


def _master(
    kind: Kind, known: RemoteObject | None, fields: Json, snapshot: CustomerSnapshot | ItemSnapshot
) -> Todo | None:
    entity = ENTITY[kind]
    if known is None:
        made = bodies.new_client(snapshot) if isinstance(snapshot, CustomerSnapshot) else fields
        return Todo(kind=entity, fields=made)
    changes = bodies.unlike(fields, known.raw)
    if changes:
        return Todo(kind=entity, fields=changes, known=known)
    there = getattr(known.snapshot, "active", snapshot.active)
    if there != snapshot.active:
        state = {"vis_state": 0 if snapshot.active else ARCHIVED}
        return Todo(kind=entity, fields=state, known=known, step=STATE)
    return None


# --- Documents --------------------------------------------------------------------------------


def _document(
    document: InvoiceSnapshot | CreditNoteSnapshot, known: RemoteObject | None, *, as_draft: bool
) -> Todo | None:
    """`as_draft`: they refused to make one as sent."""
    entity = INVOICE if isinstance(document, InvoiceSnapshot) else CREDIT
    if known is None:
        if document.void:
            raise never_there()
        made = (
            bodies.new_invoice(document)
            if isinstance(document, InvoiceSnapshot)
            else bodies.new_credit(document)
        )
        if as_draft:
            made.pop("status", None)
        return Todo(kind=entity, fields=made, step=DRAFT if as_draft else "")
    if document.void:
        return None if known.void else _void(entity, known, document.currency)
    if known.void:
        raise RecordRefused(
            f"Its lines were set to nil in {NAME}, which is how it is voided there.",
            "Void it here too, or issue it again under a new number.",
        )
    if known.currency and known.currency != document.currency:
        raise RecordRefused(
            f"It stands in {NAME} in {known.currency}, and {NAME} changes no currency.",
            "Void it here, and issue another.",
        )
    fields = (
        bodies.changed_invoice(document, known.raw)
        if isinstance(document, InvoiceSnapshot)
        else bodies.changed_credit(document, known.raw)
    )
    changes = bodies.unlike(fields, known.raw)
    if _other_lines(document, known):
        changes["lines"] = bodies.lines_of(document)
    if changes:
        return Todo(kind=entity, fields=changes, known=known)
    if is_draft(known.raw):
        return Todo(kind=entity, fields=MARK_AS_SENT, known=known, step=SEND)
    return None


def _other_lines(document: InvoiceSnapshot | CreditNoteSnapshot, known: RemoteObject) -> bool:
    """Whether net or tax of any line differs: words, quantities and prices are theirs to keep."""
    there = known.snapshot
    if not isinstance(there, InvoiceSnapshot | CreditNoteSnapshot):
        raise RecordRefused(
            f"It cannot be read as it stands in {NAME}.", f"Look at it in {NAME}, then Retry."
        )
    ours = [(each.net, each.tax_code_id) for each in document.lines]
    return ours != [(each.net, each.tax_code_id) for each in there.lines]


def _void(entity: str, known: RemoteObject, currency: str) -> Todo:
    """Nothing may be set against it: a credit or money would be left over, and nobody told."""
    if known.balance is not None and known.balance != known.amount:
        raise RecordRefused(
            f"Something is set against it in {NAME}.", "Take it off there, or credit it instead."
        )
    return Todo(kind=entity, fields=bodies.voided(known.raw, currency), known=known)


def _adjustment(adjustment: AdjustmentSnapshot, known: RemoteObject | None) -> Todo | None:
    if known is None:
        if adjustment.cancelled:
            raise never_there()
        return Todo(
            kind=CREDIT, fields=bodies.new_adjustment(adjustment, bodies.helper_number(adjustment))
        )
    if adjustment.cancelled:
        return None if known.void else _void(CREDIT, known, adjustment.currency)
    there = known.snapshot
    if not isinstance(there, AdjustmentSnapshot) or (
        (there.amount, there.dated, there.currency, there.customer_id)
        != (adjustment.amount, adjustment.dated, adjustment.currency, adjustment.customer_id)
    ):
        raise RecordRefused(
            f"It stands in {NAME} with another amount, day or customer.",
            "Reverse it here, and enter it again as it should be.",
        )
    if is_draft(known.raw):
        return Todo(kind=CREDIT, fields=MARK_AS_SENT, known=known, step=SEND)
    return None


# --- Money ------------------------------------------------------------------------------------


def _payment(
    payment: PaymentSnapshot, known: RemoteObject | None, stands: Sequence[RemoteObject]
) -> Todo | None:
    if payment.cancelled:
        return _taken_back(known, stands)
    target = target_of(payment)
    if known is None:
        return Todo(kind=PAYMENT, fields=bodies.new_payment(payment, target))
    if known.kind != PAYMENT:
        return _on_account(payment, known)
    if named(known.raw, "invoiceid") != target:
        return Todo(kind=PAYMENT, fields=DELETION, known=known, step=TAKE_OFF, retires=True)
    changes = bodies.unlike(bodies.payment_fields(payment, known.raw), known.raw)
    return Todo(kind=PAYMENT, fields=changes, known=known) if changes else None


DELETION: Json = {"vis_state": DELETED}


def target_of(payment: PaymentSnapshot) -> str:
    """The one invoice that it pays. Raises RecordRefused where it is none, or several."""
    targets = {each.target_id for each in payment.allocations if not each.cancelled}
    if len(targets) != 1 or any(each.target_kind != Kind.INVOICE for each in payment.allocations):
        raise RecordRefused(
            CAPABILITIES.cannot["on_account"], "Apply all of it to one invoice, or split it here."
        )
    return next(iter(targets))


def _on_account(payment: PaymentSnapshot, known: RemoteObject) -> Todo | None:
    """Money that their books keep as a credit, adopted from there: it is used there, or not at all."""
    there = known.snapshot
    if isinstance(there, PaymentSnapshot) and there.amount == payment.amount:
        ours = {(each.target_id, each.amount) for each in payment.allocations}
        if ours == {(each.target_id, each.amount) for each in there.allocations}:
            return None
    raise RecordRefused(
        f"This money stands in {NAME} as a credit, which Tieout does not change.",
        f"Apply the credit in {NAME}: Tieout reads what it pays.",
    )


def _taken_back(known: RemoteObject | None, stands: Sequence[RemoteObject]) -> Todo | None:
    if known is None:
        if not stands:
            raise never_there()
        return None
    if known.kind != PAYMENT:
        raise RecordRefused(
            f"This money stands in {NAME} as a credit, which Tieout does not delete.",
            f"Delete the credit in {NAME}.",
        )
    return Todo(kind=PAYMENT, fields=DELETION, known=known)


def _allocation(
    allocation: AllocationSnapshot, known: RemoteObject | None, stands: Sequence[RemoteObject]
) -> Todo | None:
    if allocation.cancelled:
        if known is None and any(each.part for each in stands):
            raise RecordRefused(
                f"It is a part of money that {NAME} keeps as a credit.", f"Take it off in {NAME}."
            )
        return _taken_back(known, stands)
    if known is None:
        return Todo(kind=PAYMENT, fields=bodies.new_use(allocation))
    same = (
        pays_by_credit(known.raw)
        and named(known.raw, "invoiceid") == allocation.target_id
        and named(known.raw, "creditid") == allocation.source_id
    )
    if not same:
        return Todo(kind=PAYMENT, fields=DELETION, known=known, step=TAKE_OFF, retires=True)
    if known.amount != allocation.amount:
        return Todo(
            kind=PAYMENT,
            fields={"amount": bodies.money(allocation.amount, allocation.currency)},
            known=known,
        )
    return None
