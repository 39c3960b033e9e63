"""Finds out what became of a write whose answer was lost.

While its key lives the very bytes are sent again: the service answers what it answered then, errors
included. A refusal that is repeated is the answer of the first call; it is looked at all the same.
Afterwards only what stands there tells: numbers are unique and ours for ever; a contact has our
marker for its number; a payment its reference; a receipt on account the marker in its text; the
applications of a credit are told from those that stood before. Nothing else is ever written here.
"""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from typing import Any

from apps.connectors.errors import (
    CannotTell,
    ConnectionLost,
    ConnectorError,
    NameTaken,
    NeverArrived,
    NumberTaken,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Courier, Outcome, Purpose, Push, RemoteObject, Request, Unsettled
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.connectors.xero import money
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import BASE, LOOK_AGAIN
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.elements import (
    Ready,
    is_taken_back,
    new_parts,
    short_id,
    stood_before,
)
from apps.connectors.xero.lost_creations import LostCreations, There
from apps.connectors.xero.money import BANK_TRANSACTION, BATCH, OVERPAYMENT, PAYMENT
from apps.connectors.xero.objects import CONTACT, ITEM, PLURAL, gone, objects_of
from apps.connectors.xero.reader import Reader
from apps.connectors.xero.several import together
from apps.connectors.xero.todo import Key, Todo, key_of, wholes
from apps.connectors.xero.wire import (
    Json,
    Raw,
    Unread,
    figure,
    members,
    text,
    within,
)
from apps.connectors.xero.writing import Writer

SINGULAR = {plural: kind for kind, plural in PLURAL.items()}
NEWER = "Tieout reads it again and compares before it sends."
IDS = {
    CONTACT: "ContactID",
    ITEM: "ItemID",
    INVOICE: "InvoiceID",
    CREDIT_NOTE: "CreditNoteID",
    BANK_TRANSACTION: "BankTransactionID",
}

Found = tuple[RemoteObject, ...]


class Settler:
    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        self.reader: Reader = writer.reader
        self.creations = LostCreations(writer.reader)
        self.home = writer.planner.home

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        """An outcome per push, about the lost call and nothing else."""
        asked = [asked_by(unsettled.request, push) for push in unsettled.pushes]
        refused: dict[int, ConnectorError] = {}
        there: There = {}
        if unsettled.may_replay and unsettled.request.key:
            again = dataclasses.replace(unsettled.request, purpose=Purpose.RETRIES)
            ((request, reply),) = courier.carry([again])
            told = dict(self.writer.told(request, reply, asked))
            if any(_is_of_the_connection(each) for each in told.values()):
                for each in asked:
                    error = told[each.push.ref]
                    if isinstance(error, ConnectorError):
                        yield Outcome(ref=each.push.ref, error=error)
                return
            refused = {ref: each for ref, each in told.items() if isinstance(each, ConnectorError)}
            there = self.creations.read_together(asked, told, courier)
            asked = [self._with_id(each, told[each.push.ref]) for each in asked]
        for each in asked:
            yield self._outcome(each, refused.get(each.push.ref), unsettled, there, courier)

    @staticmethod
    def _with_id(each: Ready, told: ConnectorError | Raw | None) -> Ready:
        """What a replay says that it made is looked at by its id: it may have been changed since."""
        kind = each.todo.kind
        if not isinstance(told, Mapping) or kind == ITEM:
            return each
        name = {**IDS, PAYMENT: "PaymentID", BATCH: "BatchPaymentID", OVERPAYMENT: "OverpaymentID"}
        own = text(told, name[kind])
        if not own:
            return each
        return dataclasses.replace(each, todo=dataclasses.replace(each.todo, key=(kind, own, "")))

    def _outcome(
        self,
        each: Ready,
        refusal: ConnectorError | None,
        unsettled: Unsettled,
        there: There,
        courier: Courier,
    ) -> Outcome:
        push = each.push
        try:
            found = self._found(each, there, courier)
        except (RemoteGone, RemoteIsNewer, CannotTell, NumberTaken, NameTaken) as told:
            return Outcome(ref=push.ref, remote=_standing(push), error=told)
        except RecordRefused as trouble:
            # Of the question, not of the call that was lost.
            words = f"{NAME} does not let Tieout look for it: {trouble.sentence}"
            return _unknown(push, words, trouble.code)
        except Unread as problem:
            words = f"What stands in {NAME} cannot be read: {problem.field} is {problem.value}."
            return _unknown(push, words, "")
        if found is not None:
            return found
        if isinstance(refusal, RecordRefused | RemoteIsNewer):
            return Outcome(ref=push.ref, remote=_standing(push), error=refusal)
        if unsettled.believe_absence:
            never = NeverArrived(f"It never arrived in {NAME}.", "Tieout sends it again.")
            return Outcome(ref=push.ref, remote=_standing(push), error=never)
        return _unknown(push, f"It is not in {NAME} so far, but may still be on its way.", "")

    # --- What stands since the call was done; None: it was not done so far ---

    def _found(self, each: Ready, there: There, courier: Courier) -> Outcome | None:
        todo = each.todo
        if todo.key is None:
            raw = self.creations.made_by(each, there, courier)
            return None if raw is None else self._made(each, raw)
        kind, remote_id, _ = todo.key
        raw = there.get((kind, remote_id))
        if raw is None:
            (raw,) = self.reader.raws([(kind, remote_id)], courier).values()
        if todo.path.endswith("/Allocations"):
            return self._set(each, raw)
        if todo.method == "DELETE":
            return self._taken_off(each, raw)
        if todo.plural and todo.method == "PUT":
            if raw is None:
                raise RemoteGone(
                    f"It reached {NAME} and was deleted there since.",
                    "Decide whether it is to be created anew.",
                )
            return self._made(each, raw)
        return self._changed(each, raw)

    def _made(self, each: Ready, raw: Raw) -> Outcome:
        """As it stands now, as what the call made."""
        made = dataclasses.replace(each, todo=dataclasses.replace(each.todo, key=None))
        return self.writer.after(made, objects_of(each.todo.kind, raw, self.home))

    def _changed(self, each: Ready, raw: Raw | None) -> Outcome | None:
        """An update, a void, a deletion."""
        push, todo = each.push, each.todo
        assert todo.key is not None, "only what stands already is changed"
        kind, remote_id, _ = todo.key
        if raw is None:
            if not is_taken_back(push) and not todo.retires:
                raise RemoteGone(
                    f"It was deleted in {NAME}.", "Decide whether it is to be created anew."
                )
            return self.writer.after(each, (gone(kind, remote_id),))
        objects = objects_of(kind, raw, self.home)
        if _deletes(todo):
            off = objects[0].void or objects[0].gone
            return self.writer.after(each, objects) if off else None
        known = next((one for one in wholes(push) if key_of(one)[:2] == (kind, remote_id)), None)
        others = [one for one in wholes(push) if one is not known]
        stands = (*others, objects[0])
        then = dataclasses.replace(push, stands=stands, known=together(stands))
        left = self.writer.planner.todo_of(then)
        if left is None or left.key != todo.key:
            return self.writer.after(each, objects)
        if known is not None and known.version and known.version == objects[0].version:
            return None
        if left.said == todo.said and known is not None and not known.version:
            return None
        raise RemoteIsNewer(f"It was changed in {NAME} meanwhile.", NEWER)

    # --- Applications ---

    def _set(self, each: Ready, raw: Raw | None) -> Outcome | None:
        """What is set since, compared with what stood when the call left."""
        push = each.push
        if raw is None:
            raise RemoteGone(
                f"What is set against it was deleted in {NAME}.", "See what became of it."
            )
        if push.kind is Kind.ALLOCATION:
            parts = {one.part: one for one in objects_of(CREDIT_NOTE, raw, self.home) if one.part}
            found = new_parts(push, parts, each.evidence)
            if len(found) > 1:
                raise CannotTell(
                    f"It is set {len(found)} times in {NAME} since, and nothing tells which is this.",
                    f"Look in {NAME} at what the credit is set against.",
                )
            return self.writer.as_found(each, raw) if found else None
        asked = [
            (text(within(one, "Invoice"), "InvoiceID"), figure(one, "Amount"))
            for one in members(each.todo.body or {}, "Allocations")
        ]
        before = stood_before(each.evidence)
        new = [
            (text(money.invoice_of(one), "InvoiceID"), figure(one, "Amount"))
            for one in money.allocations_in(raw)
            if short_id(text(one, "AllocationID")) not in before
        ]
        there = [one for one in asked if one in new]
        if not there and not new:
            return None
        if len(there) < len(asked):
            raise RemoteIsNewer(f"It was changed in {NAME} meanwhile.", NEWER)
        return self.writer.as_found(each, raw)

    def _taken_off(self, each: Ready, raw: Raw | None) -> Outcome | None:
        part = each.todo.path.rpartition("/")[2]
        if raw is None and each.push.kind is not Kind.ALLOCATION and not is_taken_back(each.push):
            raise RemoteGone(
                f"It was deleted in {NAME}.", "Decide whether it is to be created anew."
            )
        still = raw is not None and any(
            text(one, "AllocationID") == part for one in money.allocations_in(raw)
        )
        return None if still else self.writer.as_found(each, raw)


# --- What a stored request was ----------------------------------------------------------------


def asked_by(request: Request, push: Push) -> Ready:
    """A push with its call as it left. Raises ValueError where it is no write of this connector."""
    steps = request.path.removeprefix(BASE).strip("/").split("/")
    kind = SINGULAR.get(steps[0])
    if kind is None or push.ref not in request.members:
        raise ValueError(f"{request.method} {request.path} is no write of {NAME}")
    body: Json | None = json.loads(request.body) if request.body else None
    plural = ""
    key: Key | None = None
    if len(steps) == 1 and body is not None:
        plural = steps[0]
        body = body[plural][request.members.index(push.ref)]
        if text(body, "Type") == money.ON_ACCOUNT[OVERPAYMENT]:
            kind = OVERPAYMENT
        key = _key_in(kind, request.method, body, push)
    elif len(steps) > 1:
        key = (kind, steps[1], "")
    todo = Todo(
        kind=kind,
        method=request.method,
        path="/".join(steps),
        body=body,
        plural=plural,
        query=request.query,
        step=push.step,
        key=key,
    )
    taken_back = _deletes(todo) and isinstance(push.snapshot, PaymentSnapshot)
    if taken_back and not is_taken_back(push) and key is not None:
        todo = dataclasses.replace(todo, retires=(key,))
    return Ready(push=push, todo=todo, evidence=request.evidence)


def _key_in(kind: str, method: str, body: Raw, push: Push) -> Key | None:
    if method == "PUT":
        return None
    if kind == ITEM:
        return ITEM, str(body["Code"]), ""
    return kind, text(body, IDS[kind]), ""


def _deletes(todo: Todo) -> bool:
    return (todo.body or {}).get("Status") == "DELETED"


def _is_of_the_connection(told: Any) -> bool:
    return isinstance(told, ConnectionLost) or (
        isinstance(told, TryLater) and told.whole_connection
    )


def _standing(push: Push) -> tuple[RemoteObject, ...]:
    return tuple(each for each in wholes(push) if not each.gone) if push.step else ()


def _unknown(push: Push, sentence: str, code: str) -> Outcome:
    return Outcome(
        ref=push.ref,
        remote=_standing(push),
        error=OutcomeUnknown(sentence, LOOK_AGAIN, code),
    )
