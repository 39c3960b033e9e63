"""What money and credits can still be set against, read before it is: the receipts of a payment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from apps.connectors.errors import RecordRefused, RemoteIsNewer
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, Kind, RefundSnapshot
from tests.worked.connector.bodies import refund_fields
from tests.worked.connector.capabilities import NAME
from tests.worked.connector.client import Write
from tests.worked.connector.objects import (
    CREDIT,
    ENTITY,
    INVOICE,
    RECEIPT,
    REFUND,
    allocations_in,
    gone,
    objects_of,
    part_name,
    part_of,
)
from tests.worked.connector.wire import NIL, figure, money, remark, word

Raw = dict[str, Any]
Beside = Mapping[tuple[str, str, str], Decimal]  # how much of a pair is other records' of ours


class Sources(Protocol):
    """Asks their books what a source is now. What a payment is may be several receipts."""

    def of(self, kind: str, remote_id: str) -> list[Raw]:
        """The receipts of the payment of which this is one, or the credit note alone; each with
        what it is set against. Empty where it does not stand there."""
        ...

    def refunds(self, remote_id: str) -> list[Raw]:
        """The refunds of the refund of which this is one."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Composed:
    """A call and what stands once it is done (None: their answer says it); or what stands already,
    without a call."""

    write: Write | None = None
    stands: RemoteObject | None = None


def compose_allocation(
    allocation: AllocationSnapshot,
    own: Sequence[RemoteObject],
    beside: Beside,
    sources: Sources,
) -> Composed:
    """Sets what is not set yet, as much of it as the first receipt with room holds.

    Two settings of one source against one invoice are one there, added up: only a pair of which all
    that stands is known to be ours, this record's and `beside` it, is added to, or begun.
    """
    if allocation.target_kind == Kind.REFUND:
        return _of_refund(allocation, own, sources)
    if allocation.target_kind != Kind.INVOICE:
        raise RecordRefused(f"{NAME} sets money against invoices only.", "Un-apply it here.")
    kind = _kind_of(allocation)
    found = sources.of(kind, allocation.source_id)
    if not found:
        raise RecordRefused(
            f"What is to be set against it does not stand in {NAME}.", "See what became of it."
        )
    pair = part_name(INVOICE, allocation.target_id)
    ours = {each.remote_id: each.amount or NIL for each in own}  # with what is beside it
    left = allocation.amount - sum(
        (amount - beside.get((kind, each, pair), NIL) for each, amount in ours.items()), NIL
    )
    free: list[tuple[Raw, Decimal]] = []
    others = NIL
    for raw in found:
        there = set_against(raw, allocation.target_id)
        mine = ours.get(word(raw, "id"), beside.get((kind, word(raw, "id"), pair), NIL))
        if mine and there != mine:
            raise RemoteIsNewer(
                f"{there} of it is set against this invoice in {NAME}, and {mine} as last read.",
                "Tieout reads it again and compares before it sends.",
            )
        if there != mine:
            others += there
        elif figure(raw, "open") > 0:
            free.append((raw, there))
    room = sum((figure(raw, "open") for raw, _ in free), NIL)
    if room < left:
        raise _no_room(left, room, others)
    raw, there = free[0]
    amount = min(figure(raw, "open"), left)
    dated = allocation.applied_on.isoformat()
    write = Write(
        method="POST",
        path=f"/{kind}s/{word(raw, 'id')}/allocations",
        fields={"invoice": allocation.target_id, "amount": money(amount), "dated": dated},
        stood=there,
    )
    return Composed(
        write=write, stands=part_of(kind, raw, allocation.target_id, there + amount, dated)
    )


def _kind_of(allocation: AllocationSnapshot) -> str:
    kind = ENTITY.get(Kind(allocation.source), "")
    if kind not in (RECEIPT, CREDIT):
        raise RecordRefused(f"{NAME} has no {allocation.source} to set against anything.")
    return kind


def set_against(raw: Raw, invoice_id: str) -> Decimal:
    found = (each for each in allocations_in(raw) if word(each, "invoice") == invoice_id)
    return sum((figure(each, "amount") for each in found), NIL)


def _no_room(left: Decimal, room: Decimal, others: Decimal) -> RecordRefused:
    if others:
        return RecordRefused(
            f"{others} of the same source is set against this invoice in {NAME} already, which "
            "would add the two up and never tell them apart again.",
            "Un-apply the other one first, then apply both as one amount.",
        )
    return RecordRefused(
        f"Only {room} of it is open in {NAME}, and {left} is to be set.",
        f"Look in {NAME} at what it is already set against.",
    )


def compose_taking_off(part: RemoteObject, sources: Sources) -> Composed:
    """Takes off the whole of a pair, where all of it is this record's."""
    found = sources.of(part.kind, part.remote_id)
    raw = next((each for each in found if word(each, "id") == part.remote_id), None)
    invoice_id = part.part.partition(":")[2]
    off = gone(part.kind, part.remote_id, part.part)
    there = NIL if raw is None else set_against(raw, invoice_id)
    if not there:
        return Composed(stands=off)
    if there != part.amount:
        raise RecordRefused(
            f"{there} of it is set against the invoice in {NAME}, of which {part.amount} is this; "
            f"{NAME} takes off only the whole.",
            f"Take it off in {NAME}, and set there again what is not this.",
        )
    path = f"/{part.kind}s/{part.remote_id}/allocations/{invoice_id}"
    return Composed(write=Write(method="DELETE", path=path, stood=there), stands=off)


# --- Refunds ----------------------------------------------------------------------------------


def compose_refund(
    refund: RefundSnapshot, standing: Sequence[RemoteObject], place: int, sources: Sources
) -> Composed:
    """The next refund: of the first source, and of its first receipt, that is not paid back whole."""
    wanted = refund.sources
    if not wanted:
        raise RecordRefused(
            f"{NAME} has to know which payment or credit note is paid back, and it is not told.",
            "Enter the refund there by hand.",
        )
    for source in wanted:
        kind = ENTITY[source.kind]
        found = sources.of(kind, source.source_id)
        left = source.amount - _paid_back(found, kind, standing)
        if left <= 0:
            continue
        free = [raw for raw in found if figure(raw, "open") > 0]
        room = sum((figure(raw, "open") for raw in free), NIL)
        if room < left:
            raise _no_room(left, room, NIL)
        several = place > 1 or len(wanted) > 1 or figure(free[0], "open") < left
        return Composed(
            write=Write(
                method="POST",
                path=f"/{REFUND}s",
                fields={
                    **refund_fields(refund),
                    "amount": money(min(left, figure(free[0], "open"))),
                    "of": {"kind": kind, "id": word(free[0], "id")},
                    "remark": remark(refund.memo, refund.marker, place if several else 0),
                },
            )
        )
    raise RecordRefused(
        f"What stands of it in {NAME} pays back something else.", "Cancel it there, then Retry."
    )


def _paid_back(found: Sequence[Raw], kind: str, standing: Sequence[RemoteObject]) -> Decimal:
    ids = {(kind, word(raw, "id")) for raw in found}
    return sum(
        (
            each.amount or NIL
            for each in standing
            if {(link.kind, link.remote_id) for link in each.links} & ids
        ),
        NIL,
    )


def _of_refund(
    allocation: AllocationSnapshot, own: Sequence[RemoteObject], sources: Sources
) -> Composed:
    """What a refund pays back it says itself: nothing is left to be written."""
    kind = _kind_of(allocation)
    ids = {word(raw, "id") for raw in sources.of(kind, allocation.source_id)}
    known = {(each.remote_id, each.part) for each in own}
    for raw in sources.refunds(allocation.target_id):
        for each in objects_of(REFUND, raw):
            source_kind, _, source_id = each.part.partition(":")
            if (
                source_kind == kind
                and source_id in ids
                and not each.void
                and (each.remote_id, each.part) not in known
            ):
                return Composed(stands=each)
    raise RecordRefused(
        f"In {NAME} the refund pays back something else.",
        "Cancel the refund here and enter it again.",
    )
