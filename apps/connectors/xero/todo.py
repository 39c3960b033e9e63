"""What a call to be is, and what may be said of what stands. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.connectors.errors import RecordRefused, RemoteGone
from apps.connectors.port import Push, RemoteObject
from apps.connectors.snapshots import (
    Snapshot,
    differences,
)
from apps.connectors.xero import capabilities, money, rules
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import EACH_TOLD, EXACT
from apps.connectors.xero.documents import VOIDED
from apps.connectors.xero.faults import RECONCILED
from apps.connectors.xero.money import (
    OVERPAYMENT,
    PREPAYMENT,
)
from apps.connectors.xero.objects import PLURAL
from apps.connectors.xero.wire import Json

Key = tuple[str, str, str]  # their kind, id, part
NOTHING_WRITTEN: frozenset[Key] = frozenset()
ON_ACCOUNT = (OVERPAYMENT, PREPAYMENT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Todo:
    """One call to be, or one element of one.

    `plural` names the list of a call in which many records go together; without it the body goes
    as it is. `kind` is what it makes or changes; `key` what it is written to, which is read before
    and after: None, where it makes something. `retires` stands for the record no more once it is
    done. `needs` has to be read before the rest can be said.
    """

    kind: str
    method: str = "PUT"
    path: str = ""
    body: Json | None = None
    plural: str = ""
    query: tuple[tuple[str, str], ...] = (EACH_TOLD,)
    step: str = ""
    key: Key | None = None
    retires: tuple[Key, ...] = ()
    needs: Callable[["Accounts"], "Todo"] | None = None

    @property
    def said(self) -> tuple[Any, ...]:
        return self.method, self.path, self.body


@dataclass(frozen=True, kw_only=True, slots=True)
class Accounts:
    """What must be known of their chart before a refund can be said: our id → type and currency,
    and the account of roundings, on which a charge and its line of the bank meet."""

    banks: Mapping[str, str]  # bank accounts → currency
    rounding: str


def key_of(each: RemoteObject) -> Key:
    return each.kind, each.remote_id, each.part


def stands_of(push: Push) -> tuple[RemoteObject, ...]:
    if push.stands:
        return push.stands
    return (push.known,) if push.known is not None else ()


def wholes(push: Push) -> list[RemoteObject]:
    return [each for each in stands_of(push) if not each.part]


def live(push: Push) -> list[RemoteObject]:
    """What stands and counts."""
    return [each for each in wholes(push) if not (each.gone or each.void)]


@dataclass(frozen=True, slots=True)
class Ground:
    """What plans for one organisation stand on: its home currency and whether it keeps tax."""

    home: str
    regime: str

    def unlike(self, ours: Snapshot, known: RemoteObject) -> list[str]:
        """The paths in which theirs is another; what is theirs to decide aside."""
        if known.snapshot is None:
            raise RecordRefused(
                f"It cannot be read as it stands in {NAME}.", f"Look at it in {NAME}, then Retry."
            )
        if type(known.snapshot) is not type(ours):
            raise RecordRefused(
                f"In {NAME} it does not bear the number and the mark any more that say what it is.",
                f"Put it right in {NAME}, or void it there and cancel it here.",
            )
        theirs = rules.project(known.snapshot, self.home, self.regime)
        return [each.path for each in differences(ours, theirs) if each.whose != "kept"]


# --- Writes -----------------------------------------------------------------------------------


def create(kind: str, body: Json, *, step: str = "", exact: bool = True) -> Todo:
    """PUT creates, and never overwrites what has the number already."""
    query = (EACH_TOLD, EXACT) if exact else (EACH_TOLD,)
    plural = PLURAL[kind]
    return Todo(kind=kind, path=plural, body=body, plural=plural, query=query, step=step)


def update(kind: str, known: RemoteObject, body: Json, *, exact: bool = True) -> Todo:
    """POST with their id, which is all that says which object it is."""
    query = (EACH_TOLD, EXACT) if exact else (EACH_TOLD,)
    plural = PLURAL[kind]
    return Todo(
        kind=kind,
        method="POST",
        path=plural,
        body=body,
        plural=plural,
        query=query,
        key=key_of(known),
    )


def void(kind: str, known: RemoteObject) -> Todo:
    if known.balance is not None and known.balance != known.amount:
        raise RecordRefused(
            f"Something is set against it in {NAME}, which voids nothing that is settled in part.",
            "Un-apply what is set against it first.",
        )
    return update(kind, known, {f"{kind}ID": known.remote_id, "Status": VOIDED})


def take_back(known: RemoteObject) -> Todo:
    """The deletion of a payment or a batch. It is deleted with what it was set against."""
    refuse_reconciled(known)
    return Todo(
        kind=known.kind,
        method="POST",
        path=f"{PLURAL[known.kind]}/{known.remote_id}",
        body={"Status": "DELETED"},
        query=(),
        step=capabilities.TAKE_BACK,
        key=key_of(known),
        retires=(key_of(known),),
    )


# --- Refusals ---------------------------------------------------------------------------------


def only(push: Push) -> RemoteObject | None:
    """The one object of a record that is one there. Raises RemoteGone where it is gone."""
    stands = wholes(push)
    if not stands:
        return None
    found = next((each for each in stands if not each.gone), None)
    if found is None:
        raise is_gone()
    return found


def is_gone() -> RemoteGone:
    return RemoteGone(f"It was deleted in {NAME}.", "Decide whether it is to be created anew.")


def never_there() -> RecordRefused:
    return RecordRefused(
        f"It was cancelled before it reached {NAME}.", "Nothing needs to be done there."
    )


def cannot_be_unvoided() -> RecordRefused:
    return RecordRefused(
        f"It was voided in {NAME}, and a void cannot be taken back there.",
        "Void it here too, or issue it again under a new number.",
    )


def refuse_gone(push: Push) -> None:
    if any(each.gone for each in wholes(push)):
        raise is_gone()


def refuse_deleted(push: Push) -> None:
    """What Tieout itself took back is retired; what is deleted and is not, somebody deleted."""
    deleted = [each for each in wholes(push) if each.void]
    if deleted:
        what = "a part of it" if len(wholes(push)) > len(deleted) else "it"
        raise RecordRefused(
            f"In {NAME} somebody deleted {what}, which cannot be brought back there.",
            "Cancel it here too, and enter it again if it is right.",
        )


def refuse_reconciled(known: RemoteObject) -> None:
    if money.is_reconciled(known.raw):
        raise RecordRefused(f"Its line of the bank is reconciled in {NAME}.", RECONCILED)


def in_words(paths: Sequence[str]) -> str:
    names = dict.fromkeys(each.partition(".")[0].replace("_", " ") for each in paths)
    return ", ".join(list(names)[:4])
