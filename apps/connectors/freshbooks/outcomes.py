"""What came of one step: what stands now, whether that is what was asked, and what remains. Pure.

An answer is a claim. Names that they do not know are dropped without a word, a draft may stay one,
and a payment of more than is open is split: so what was read is held against what was wished.
"""

from collections.abc import Sequence
from datetime import date

from apps.connectors.errors import ConnectorError, RecordRefused
from apps.connectors.freshbooks.capabilities import AGAIN, NAME, SEND, STATE
from apps.connectors.freshbooks.client import CREDIT
from apps.connectors.freshbooks.heads import is_draft, is_money, pays_by_credit
from apps.connectors.freshbooks.plan import Key, Todo, is_taken_back, key_of, stands_of, todo_of
from apps.connectors.freshbooks.rules import project
from apps.connectors.freshbooks.wire import named
from apps.connectors.port import Outcome, Push, RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, PaymentSnapshot, differences

Found = Sequence[RemoteObject]


def after(push: Push, found: Found, home: str, *, did: str = "", retires: bool = False) -> Outcome:
    """`found` stands since the step `did` was done; its first is the record's own. Where it retires,
    that one stands for the record no more."""
    own = found[0]
    others = [each for each in stands_of(push) if key_of(each)[:2] != key_of(own)[:2]]
    if retires and own.gone:
        retired: tuple[Key, ...] = (key_of(own),)
        return _remaining(push, (), others, home, retired)
    trouble = _not_as_asked(push, own, did, retires=retires)
    if trouble is not None:
        return Outcome(ref=push.ref, remote=tuple(found), error=trouble)
    return _remaining(push, found, [*others, *found], home, ())


def _remaining(
    push: Push, found: Found, stands: Found, home: str, retired: tuple[Key, ...]
) -> Outcome:
    next_step = ""
    try:
        todo = todo_of(push, stands, home)
    except ConnectorError as refusal:
        return Outcome(ref=push.ref, remote=tuple(found), error=refusal, retired=retired)
    if todo is not None and not _just_written(todo, found):
        next_step = todo.step or AGAIN
    return Outcome(ref=push.ref, remote=tuple(found), next_step=next_step, retired=retired)


def _just_written(todo: Todo, found: Found) -> bool:
    """What was written, and reads as it was wished, is not written again for how it is spelt."""
    return not todo.step and todo.known is not None and todo.known.remote_id == found[0].remote_id


def _not_as_asked(
    push: Push, own: RemoteObject, did: str, *, retires: bool
) -> ConnectorError | None:
    back = is_taken_back(push.snapshot) or retires
    if back:
        if own.void or own.gone:
            return None
        return RecordRefused(
            f"{NAME} answered that it was done, and it still counts there.",
            f"Take it back in {NAME} by hand, then press Retry.",
        )
    if own.gone:
        return RecordRefused(
            f"It was deleted in {NAME} as soon as it stood there.",
            "Decide whether it is to be created anew.",
        )
    if own.unreadable is not None:
        return RecordRefused(
            f"{NAME} keeps it so that it cannot be read: {own.unreadable.field} is "
            f"{own.unreadable.value}.",
            f"Look at it in {NAME}, then press Retry.",
        )
    if did == SEND and is_draft(own.raw):
        return RecordRefused(
            f"{NAME} keeps it a draft, though it was marked as sent: it counts in no report.",
            f"Mark it as sent in {NAME}, then press Retry.",
        )
    if isinstance(push.snapshot, AllocationSnapshot) and not _uses_its_credit(push.snapshot, own):
        return RecordRefused(
            f"{NAME} booked it as money received, and not as the use of the credit.",
            f"Delete payment {own.remote_id} in {NAME}, apply the credit there by hand, and press "
            "Retry.",
        )
    if isinstance(push.snapshot, PaymentSnapshot) and named(own.raw, "overpaymentid"):
        return split(push.snapshot, own)
    return _differing(push, own, did)


def split(payment: PaymentSnapshot, own: RemoteObject) -> RecordRefused:
    return RecordRefused(
        f"The invoice was open for less in {NAME}: {own.amount} of {payment.amount} pays it, and "
        "the rest stands there as a credit.",
        f"See in {NAME} what else paid the invoice. Then delete that payment there, or cancel this "
        "one here and receive it in two.",
    )


def _uses_its_credit(allocation: AllocationSnapshot, own: RemoteObject) -> bool:
    return pays_by_credit(own.raw) and named(own.raw, "creditid") == allocation.source_id


def _differing(push: Push, own: RemoteObject, did: str) -> RecordRefused | None:
    """Fields of ours that were asked for and are not there."""
    if own.snapshot is None:
        if own.kind == CREDIT and is_money(own.raw):
            return None
        return RecordRefused(
            f"{NAME} keeps it as something else than it is here.", f"Look at it in {NAME}."
        )
    there = project(own.snapshot)
    if type(there) is not type(push.snapshot):
        return RecordRefused(
            f"{NAME} keeps it as something else than it is here.", f"Look at it in {NAME}."
        )
    ours = push.snapshot
    # Whether it is archived is a step of its own.
    later = () if did == STATE else ("active",)
    found = [
        each for each in differences(ours, there) if each.whose != "kept" and each.path not in later
    ]
    if not found:
        return None
    said = "; ".join(
        f"{_field(each.path)} is {_shown(each.theirs)}, not {_shown(each.ours)}"
        for each in found[:3]
    )
    return RecordRefused(
        f"{NAME} answered that it was done, and keeps it otherwise: {said}.",
        f"Look at it in {NAME} and put it right there, then press Retry.",
    )


def _field(path: str) -> str:
    """As staff read it: "lines.1.tax_code_id" is "line 1, tax code"."""
    words = path.replace("_id", "").replace("_", " ").split(".")
    return (
        f"line {words[1]}, {words[2]}"
        if words[0] == "lines" and len(words) > 2
        else ", ".join(words)
    )


def _shown(value: object) -> str:
    if isinstance(value, date):
        return f"{value:%-d %B %Y}"
    if isinstance(value, tuple):
        return f"{len(value)} of them" if value else "none"
    return str(value)[:60] or "nothing"


def ours_among(push: Push) -> tuple[RemoteObject, ...]:
    """What stands of it, told beside every error, so that it is never made again."""
    return tuple(each for each in stands_of(push) if not each.gone)
