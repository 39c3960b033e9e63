"""What the next call for a record is, from what stands there. Pure.

A step is planned from what stands, never from its name: what was done is seen, what was edited here
meanwhile is carried along, and the name only says in words what follows.
"""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.connectors.errors import RecordRefused, RemoteGone
from apps.connectors.port import Push, RemoteObject
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    CustomerSnapshot,
    InvoiceSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
    RefundSnapshot,
    Snapshot,
    differences,
)
from tests.worked.connector import capabilities
from tests.worked.connector.bodies import (
    contact_fields,
    document_fields,
    kept,
    product_fields,
    receipt_fields,
    refund_fields,
    unlike,
)
from tests.worked.connector.capabilities import CAPABILITIES, NAME
from tests.worked.connector.client import Write
from tests.worked.connector.objects import DRAFT, ENTITY, REFUND
from tests.worked.connector.rules import LARGEST_RECEIPT
from tests.worked.connector.several import in_order, place_of
from tests.worked.connector.sources import (
    Beside,
    Composed,
    Sources,
    compose_allocation,
    compose_refund,
    compose_taking_off,
)
from tests.worked.connector.wire import NIL, Json, place_in, remark, word

Key = tuple[str, str, str]  # their kind, id, part
NOTHING_WRITTEN: frozenset[Key] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Todo:
    """One call to be. What has to be read before it can be composed is `compose`d.

    `step` names it where it follows another one; `retires` what stands for the record no more once
    it is done; `key` the object that is written to, where there is one.
    """

    write: Write | None = None
    compose: Callable[[Sources], Composed] | None = None
    step: str = ""
    retires: tuple[Key, ...] = ()
    key: Key | None = None


def key_of(each: RemoteObject) -> Key:
    return each.kind, each.remote_id, each.part


def stands_of(push: Push) -> tuple[RemoteObject, ...]:
    if push.stands:
        return push.stands
    return (push.known,) if push.known is not None else ()


def todo_of(push: Push, written: frozenset[Key] = NOTHING_WRITTEN) -> Todo | None:
    """None: their books say so already. What was just `written` is not written again for a
    difference that it left.

    Raises RecordRefused where nothing can be written, RemoteGone where what stood is gone.
    """
    stands = stands_of(push)
    match push.snapshot:
        case AllocationSnapshot():
            return _allocation(push.snapshot, stands, push.beside)
        case CustomerSnapshot():
            return _master(push, contact_fields(push.snapshot), written)
        case ItemSnapshot():
            return _master(push, product_fields(push.snapshot), written)
        case InvoiceSnapshot() | CreditNoteSnapshot():
            return _document(push, push.snapshot, written)
        case PaymentSnapshot():
            return _payment(push, push.snapshot, written)
        case RefundSnapshot():
            return _refund(push, push.snapshot, written)
    raise RecordRefused(CAPABILITIES.cannot.get(push.kind, f"{NAME} has no {push.kind}."))


def is_taken_back(snapshot: Snapshot) -> bool:
    return bool(getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False))


# --- Writes -----------------------------------------------------------------------------------


def _create(kind: str, fields: Json, step: str = "") -> Todo:
    return Todo(write=Write(method="POST", path=f"/{kind}s", fields=fields), step=step)


def _change(known: RemoteObject, fields: Json, step: str = "") -> Todo:
    write = Write(
        method="PUT",
        path=f"/{known.kind}s/{known.remote_id}",
        fields=fields,
        version=known.version,
    )
    return Todo(write=write, step=step, key=key_of(known))


def _act(known: RemoteObject, act: str, step: str = "", *, retires: bool = False) -> Todo:
    return Todo(
        write=Write(method="POST", path=f"/{known.kind}s/{known.remote_id}/{act}"),
        step=step,
        retires=(key_of(known),) if retires else (),
        key=key_of(known),
    )


# --- Masters ----------------------------------------------------------------------------------


def _master(push: Push, fields: Json, written: frozenset[Key]) -> Todo | None:
    known = _only(push)
    if known is None:
        return _create(ENTITY[push.kind], {**fields, "remark": remark("", push.snapshot.marker)})
    changes = unlike(fields, known.raw)
    return _change(known, changes) if changes and key_of(known) not in written else None


def _only(push: Push) -> RemoteObject | None:
    """The one object of a record that is one there. Raises RemoteGone where it is gone."""
    stands = [each for each in stands_of(push) if not each.part]
    if not stands:
        return None
    found = next((each for each in stands if not each.gone), None)
    if found is None:
        raise _gone()
    return found


def _gone() -> RemoteGone:
    return RemoteGone(f"It was deleted in {NAME}.", "Decide whether it is to be created anew.")


# --- Documents --------------------------------------------------------------------------------


def _document(
    push: Push, document: InvoiceSnapshot | CreditNoteSnapshot, written: frozenset[Key]
) -> Todo | None:
    known = _only(push)
    fields = document_fields(document)
    if known is None:
        if document.void:
            raise _never_there()
        mark = remark(document.memo, document.marker)
        return _create(ENTITY[push.kind], {**fields, "remark": mark})
    if document.void:
        return None if known.void else _act(known, "void")
    if known.void:
        raise RecordRefused(
            f"It was voided in {NAME}, and a void cannot be taken back there.",
            "Void it here too, or issue it again under a new number.",
        )
    if known.raw.get("state") == DRAFT:
        changes = unlike(fields, known.raw)
        if changes and key_of(known) not in written:
            return _change(known, changes)
        return _act(known, "send", capabilities.SEND)
    _refuse_what_is_sent(document, known)
    may_change = {name: fields[name] for name in ("due",) if name in fields}
    if push.agreed is not None:
        may_change |= kept(document, push.agreed, 0)
    changes = unlike(may_change, known.raw)
    return _change(known, changes) if changes and key_of(known) not in written else None


def _refuse_what_is_sent(
    document: InvoiceSnapshot | CreditNoteSnapshot, known: RemoteObject
) -> None:
    if known.snapshot is None:
        raise RecordRefused(
            f"It cannot be read as it stands in {NAME}.", f"Look at it in {NAME}, then Retry."
        )
    unlike_there = [each for each in differences(document, known.snapshot) if each.whose == "ask"]
    if unlike_there:
        named = ", ".join(each.path.replace("_", " ") for each in unlike_there[:4])
        raise RecordRefused(
            f"It is marked as sent in {NAME}, which takes no other {named} then.",
            "Void or credit it here, and issue another.",
        )


def _never_there() -> RecordRefused:
    return RecordRefused(
        f"It was cancelled before it reached {NAME}.", "Nothing needs to be done there."
    )


# --- Payments ---------------------------------------------------------------------------------


def split(amount: Decimal) -> list[Decimal]:
    """An amount as receipts: as few as there can be, the full ones first."""
    found, left = [], amount
    while left > LARGEST_RECEIPT:
        found.append(LARGEST_RECEIPT)
        left -= LARGEST_RECEIPT
    return [*found, left]


def _payment(push: Push, payment: PaymentSnapshot, written: frozenset[Key]) -> Todo | None:
    """The next receipt that is to be changed or added; then those that are one too many."""
    stands = in_order([each for each in stands_of(push) if not each.part])
    if not stands and payment.cancelled:
        raise _never_there()
    if payment.cancelled:
        return _cancel_next(stands, capabilities.RECEIPT)
    _refuse_gone(stands)
    standing = [each for each in stands if not each.void]
    amounts = split(payment.amount)
    if standing and _total(standing) == payment.amount:
        for each in standing:  # whoever divided it so: it is the same payment
            changes = _of_receipt(push, payment, each, each.amount or NIL)
            if changes and key_of(each) not in written:
                return _change(each, changes, _step(capabilities.RECEIPT, place_of(each)))
        return None
    by_place: dict[int, RemoteObject] = {}
    for each in standing:
        by_place.setdefault(place_of(each), each)
    _refuse_cancelled(stands, set(by_place), len(amounts))
    for place, amount in enumerate(amounts, 1):
        step = _step(capabilities.RECEIPT, place)
        if place not in by_place:
            mark = kept(payment, None, place if len(amounts) > 1 else 0)
            return _create(ENTITY[Kind.PAYMENT], {**receipt_fields(payment, amount), **mark}, step)
        known = by_place[place]
        changes = _of_receipt(push, payment, known, amount)
        if changes and key_of(known) not in written:
            return _change(known, changes, step)
    wanted = {key_of(by_place[place]) for place in range(1, len(amounts) + 1)}
    surplus = [each for each in standing if key_of(each) not in wanted]
    if surplus:
        step = _step(capabilities.RECEIPT, place_of(surplus[-1]))
        return _act(surplus[-1], "cancel", step, retires=True)
    return None


def _of_receipt(push: Push, payment: PaymentSnapshot, known: RemoteObject, amount: Decimal) -> Json:
    fields = receipt_fields(payment, amount)
    if push.agreed is not None:
        fields |= kept(payment, push.agreed, _place_written(known))
    return unlike(fields, known.raw)


def _place_written(known: RemoteObject) -> int:
    return place_in(word(known.raw, "remark"))


def _step(family: str, place: int) -> str:
    return f"{family}-{place}"


def _total(objects: Sequence[RemoteObject]) -> Decimal:
    return sum((each.amount or NIL for each in objects), NIL)


def _cancel_next(stands: Sequence[RemoteObject], family: str) -> Todo | None:
    """Receipts and refunds are no documents: what was deleted there is taken back as well."""
    standing = [each for each in stands if not (each.void or each.gone)]
    if not standing:
        return None
    return _act(standing[0], "cancel", _step(family, place_of(standing[0])))


def _refuse_gone(stands: Sequence[RemoteObject]) -> None:
    if any(each.gone for each in stands):
        raise _gone()


def _refuse_cancelled(stands: Sequence[RemoteObject], places: set[int], wanted: int) -> None:
    """What Tieout itself cancelled is retired; what is cancelled and is not, somebody cancelled."""
    missing = [
        each
        for each in stands
        if each.void and place_of(each) <= wanted and place_of(each) not in places
    ]
    if missing:
        what = f"{missing[0].kind} {missing[0].remote_id}" if len(stands) > 1 else "it"
        raise RecordRefused(
            f"In {NAME} somebody cancelled {what}, and that cannot be taken back there.",
            "Cancel it here too, and enter it again if it is right.",
        )


# --- Refunds ----------------------------------------------------------------------------------


def _refund(push: Push, refund: RefundSnapshot, written: frozenset[Key]) -> Todo | None:
    stands = in_order([each for each in stands_of(push) if not each.part])
    if not stands and refund.cancelled:
        raise _never_there()
    if refund.cancelled:
        return _cancel_next(stands, capabilities.REFUND)
    _refuse_gone(stands)
    standing = [each for each in stands if not each.void]
    if len(standing) < len(stands) and _total(standing) != refund.amount:
        _refuse_cancelled(stands, {place_of(each) for each in standing}, len(stands))
    for each in standing:
        fields = refund_fields(refund)
        if push.agreed is not None:
            fields |= kept(refund, push.agreed, _place_written(each))
        changes = unlike(fields, each.raw)
        if changes and key_of(each) not in written:
            return _change(each, changes, _step(capabilities.REFUND, place_of(each)))
    if _total(standing) > refund.amount:
        step = _step(capabilities.REFUND, place_of(standing[-1]))
        return _act(standing[-1], "cancel", step, retires=True)
    if _total(standing) < refund.amount:
        place = place_of(standing[-1]) + 1 if standing else 1

        def compose(sources: Sources) -> Composed:
            return compose_refund(refund, standing, place, sources)

        return Todo(compose=compose, step=_step(capabilities.REFUND, place))
    return None


# --- Allocations ------------------------------------------------------------------------------


def _allocation(
    allocation: AllocationSnapshot, stands: Sequence[RemoteObject], beside: Beside
) -> Todo | None:
    own = [each for each in stands if each.part and not (each.void or each.gone)]
    set_there = _total(own) - sum((beside.get(key_of(each), NIL) for each in own), NIL)
    if allocation.cancelled or set_there > allocation.amount:
        if not own:
            return None
        last = own[-1]
        if last.kind == REFUND:
            raise RecordRefused(
                f"In {NAME} a refund is of what it pays back for as long as it stands.",
                "Cancel the refund.",
            )

        def take_off(sources: Sources) -> Composed:
            return compose_taking_off(last, sources)

        return Todo(
            compose=take_off,
            step=_step(capabilities.PART, len(own)),
            retires=() if allocation.cancelled else (key_of(last),),
            key=key_of(last),
        )
    if set_there == allocation.amount:
        return None

    def add(sources: Sources) -> Composed:
        return compose_allocation(allocation, own, beside, sources)

    return Todo(compose=add, step=_step(capabilities.PART, len(own) + 1))


def with_known(push: Push, stands: Sequence[RemoteObject], known: RemoteObject | None) -> Push:
    return dataclasses.replace(push, stands=tuple(stands), known=known)
