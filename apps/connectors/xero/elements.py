"""Elements of a call: which push each is of, and what of an answer is it. Pure."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.connectors.errors import (
    CallRefused,
    CannotTell,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
)
from apps.connectors.port import Outcome, Purpose, Push, RemoteObject
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import (
    ELEMENTS,
    LARGEST,
    LOOK_AGAIN,
)
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.faults import field, has_id
from apps.connectors.xero.money import BANK_TRANSACTION, BATCH, OVERPAYMENT, PAYMENT
from apps.connectors.xero.objects import CONTACT, ID, ITEM
from apps.connectors.xero.rows import in_parts
from apps.connectors.xero.todo import Key, Todo, key_of, live, wholes
from apps.connectors.xero.wire import Json, Raw, dump, mark_in, members, text, within

PURPOSE = {
    Kind.CUSTOMER: Purpose.MASTERS,
    Kind.ITEM: Purpose.MASTERS,
    Kind.INVOICE: Purpose.DOCUMENTS,
    Kind.CREDIT_NOTE: Purpose.DOCUMENTS,
}
# In the evidence: the (shortened) ids of the applications that stood before the call left, and
# whether there were more.
BEFORE, MORE = "allocations", "more"
MOST_EVIDENCE = 150  # ids
# What of an element of ours its answer must repeat, so that an answer out of place is noticed.
ECHOED = {
    CONTACT: ("ContactID", "ContactNumber"),
    ITEM: ("ItemID", "Code"),
    INVOICE: ("InvoiceID", "InvoiceNumber"),
    CREDIT_NOTE: ("CreditNoteID", "CreditNoteNumber"),
    PAYMENT: ("Reference",),
    BATCH: ("Details",),
    OVERPAYMENT: (),  # by the mark in its line
    BANK_TRANSACTION: ("BankTransactionID", "Reference"),
}
OWN_ID = {**ID, ITEM: "ItemID", OVERPAYMENT: "OverpaymentID"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A push with its call, composed from what stands as it was just read."""

    push: Push
    todo: Todo
    evidence: str = ""


def unproved(each: Ready, why: ConnectorError) -> Outcome:
    unknown = OutcomeUnknown(
        f"It was sent, and {NAME} cannot be asked now what came of it: {why.sentence}",
        LOOK_AGAIN,
        why.code,
        why.trace_id,
    )
    return Outcome(ref=each.push.ref, remote=half_done(each.push), error=unknown)


# --- What a push stands on --------------------------------------------------------------------


def reading_for(some: Sequence[Ready]) -> Purpose:
    """Reading what is to be changed, and what became of it, counts as the writing does; for money
    it may use the calls that are kept for money."""
    purposes = {PURPOSE.get(each.push.kind, Purpose.PAYMENTS) for each in some}
    return Purpose.PAYMENTS if len(purposes) > 1 else purposes.pop()


def refuse_without_source(push: Push, found: Mapping[tuple[str, str], Raw | None]) -> None:
    """Raises RecordRefused where the credit that is to be set against something is not there."""
    if found.get((CREDIT_NOTE, getattr(push.snapshot, "source_id", "")), {}) is None:
        raise RecordRefused(
            f"What is set against it does not stand in {NAME} any more.",
            "See what became of it there.",
        )


def touched(each: Ready) -> list[Key]:
    """What has to be read before its call is composed: all that stands of it, and the credit that
    an application is of."""
    if each.push.kind is Kind.ALLOCATION:
        return [each.todo.key] if each.todo.key is not None else []
    return [key_of(one) for one in live(each.push)]


def proof_key(todo: Todo) -> tuple[str, str]:
    assert todo.key is not None, "only what stands already is read again"
    body = todo.body or {}
    if todo.kind == ITEM and "Code" in body:
        return ITEM, str(body["Code"])  # it may have another code since
    return todo.key[0], todo.key[1]


def is_taken_back(push: Push) -> bool:
    return bool(getattr(push.snapshot, "void", False) or getattr(push.snapshot, "cancelled", False))


def half_done(push: Push) -> tuple[RemoteObject, ...]:
    """What stands of a record of which a step is still to come: told beside every error, so that
    nothing of it is made twice."""
    return tuple(live(push)) if push.step else ()


def new_parts(push: Push, parts: Mapping[str, RemoteObject], evidence: str) -> list[RemoteObject]:
    """Of what a credit is set against: as this asks, and not there before the call left."""
    before = stood_before(evidence)
    return [
        each
        for part, each in parts.items()
        if short_id(part) not in before
        and each.amount == getattr(push.snapshot, "amount", None)
        and getattr(each.snapshot, "target_id", "") == getattr(push.snapshot, "target_id", "")
    ]


def short_id(part: str) -> str:
    """As much of an id as tells it from the others of one credit."""
    return part.partition("-")[0].lower()


def stood_before(evidence: str) -> frozenset[str]:
    """Raises CannotTell where there were more than a call may keep."""
    said = json.loads(evidence) if evidence else {}
    if said.get(MORE):
        raise CannotTell(
            f"It is set against more than {MOST_EVIDENCE} documents in {NAME}, and nothing tells "
            "which of them is this.",
            f"Look in {NAME} at what it is set against.",
        )
    return frozenset(str(each) for each in said.get(BEFORE, []))


def evidence_of(todo: Todo, found: Mapping[tuple[str, str], Raw | None]) -> str:
    """What stood of the applications of a credit, so that a lost answer can be told."""
    if todo.key is None or not todo.path.endswith("/Allocations"):
        return ""
    raw = found.get(todo.key[:2]) or {}
    ids = [short_id(text(each, "AllocationID")) for each in members(raw, "Allocations")]
    said: Json = {BEFORE: ids[:MOST_EVIDENCE]}
    if len(ids) > MOST_EVIDENCE:
        said[MORE] = True
    return dump(said).decode()


def base_of(each: Ready) -> str:
    """The version that a write is based on: of what is read and written again."""
    return "+".join(one.version for one in wholes(each.push))


# --- Elements ---------------------------------------------------------------------------------


def in_calls(ready: Sequence[Ready]) -> list[list[Ready]]:
    """Calls to be: what goes to one list together, as many as they take by number and by bytes."""
    groups: dict[tuple[Any, ...], list[Ready]] = {}
    alone: list[list[Ready]] = []
    for each in ready:
        todo = each.todo
        if todo.plural:
            purpose = PURPOSE.get(each.push.kind, Purpose.PAYMENTS)
            groups.setdefault((todo.method, todo.path, todo.query, purpose), []).append(each)
        else:
            alone.append([each])
    calls: list[list[Ready]] = []
    for some in groups.values():
        for part in in_parts(some, ELEMENTS):
            size = sum(len(dump(each.todo.body)) for each in part)
            calls += (
                in_parts(part, max(1, len(part) * LARGEST // size)) if size > LARGEST else [part]
            )
    return calls + alone


def row_of(todo: Todo, rows: Sequence[Raw], place: int, number: int) -> Raw | None:
    """The element of an answer that is of this element of ours: in its place, where that does not
    say that it is another; else the only one that says it is."""
    if len(rows) == number and _may_be(todo, rows[place]):
        return rows[place]
    sure = [row for row in rows if _says_it_is(todo, row)]
    return sure[0] if len(sure) == 1 else None


def _may_be(todo: Todo, row: Raw) -> bool:
    if todo.kind == OVERPAYMENT and _mark(row) not in ("", _mark(todo.body or {})):
        return False
    return all(_said_same(todo, row, name) is not False for name in ECHOED[todo.kind])


def _says_it_is(todo: Todo, row: Raw) -> bool:
    if todo.kind == OVERPAYMENT:
        return _mark(row) == _mark(todo.body or {})
    return any(_said_same(todo, row, name) for name in ECHOED[todo.kind])


def _mark(row: Raw) -> str:
    listed = listed_in(row, "LineItems")
    return mark_in(str(field(listed[0], "Description") or ""))[0] if listed else ""


def _said_same(todo: Todo, row: Raw, name: str) -> bool | None:
    mine = (todo.body or {}).get(name)
    yours = field(row, name)
    if mine is None or not isinstance(yours, str) or not yours:
        return None
    return str(mine).casefold() == yours.casefold()


def as_told(each: Ready, trouble: ConnectorError) -> ConnectorError:
    """One object each: whoever takes an outcome may write on its error. What is to be taken back
    and is not there is no refusal; what is changed and is not there is told as gone."""
    if isinstance(trouble, CallRefused) or not isinstance(trouble, RemoteGone):
        return dataclasses.replace(trouble)
    if each.todo.key is None:
        return RecordRefused(
            f"{NAME} does not find something that it names.",
            f"See what became in {NAME} of what it names.",
            trouble.code,
            trouble.trace_id,
        )
    return RemoteIsNewer(
        f"It was changed in {NAME} meanwhile.",
        "Tieout reads it again and compares before it sends.",
        trouble.code,
        trouble.trace_id,
    )


def made_whole(each: Ready, row: Raw) -> Json:
    """The answer of a creation as the object reads later: an answer leaves out what it did not work
    out, and that is what was sent."""
    kind, snapshot, raw = each.todo.kind, each.push.snapshot, dict(row)
    body = each.todo.body or {}
    if kind == OVERPAYMENT:
        assert isinstance(snapshot, PaymentSnapshot), "only a receipt lies on account"
        raw = {name: value for name, value in raw.items() if name not in _OF_A_BANK_LINE}
        raw = {"Total": float(snapshot.amount), **raw}
        raw.setdefault("RemainingCredit", raw["Total"])
        raw.setdefault("CurrencyCode", snapshot.currency)
        return raw
    if kind == PAYMENT and isinstance(snapshot, PaymentSnapshot):
        invoice = within(raw, "Invoice")
        raw["Invoice"] = {
            "Contact": {"ContactID": snapshot.customer_id},
            "CurrencyCode": snapshot.currency,
            **body["Invoice"],
            **invoice,
        }
        if "CurrencyRate" in body:
            raw.setdefault("CurrencyRate", float(body["CurrencyRate"]))
    if kind == BATCH and isinstance(snapshot, PaymentSnapshot):
        raw.setdefault(
            "Payments",
            [
                {"Invoice": each["Invoice"], "Amount": float(each["Amount"])}
                for each in body["Payments"]
            ],
        )
        raw["Contact"] = {"ContactID": snapshot.customer_id}
        if not text(within(raw, "Account"), "Code"):
            raw["Account"] = {**within(raw, "Account"), **body["Account"]}
    for name in ("Date", "Account", "Amount", "Status", "Reference"):
        if (
            kind in (PAYMENT, BATCH)
            and name in body
            and name not in raw
            and f"{name}String" not in raw
        ):
            raw[name] = float(body[name]) if name == "Amount" else body[name]
    return raw


def never_made(each: Ready) -> Outcome:
    refusal = RecordRefused(
        f"{NAME} answered that it was made, and it does not stand there.",
        f"Look for it in {NAME}. If it is not there, press Retry: Tieout sends it again.",
    )
    return Outcome(ref=each.push.ref, remote=half_done(each.push), error=refusal)


def in_full(each: Ready, outcome: Outcome) -> Outcome:
    """A batch that lacks a payment is told as a refusal: nothing is agreed on then, so that
    Retry puts it right."""
    ours, booked = each.push.snapshot, outcome.remote[0].amount
    assert isinstance(ours, PaymentSnapshot), "a batch is a receipt"
    if booked == ours.amount:
        return outcome
    refusal = RecordRefused(
        f"{NAME} answered that it was done, and booked {booked} of {ours.amount}.",
        f"Look in {NAME} at the invoices that it pays. Then press Retry: Tieout takes back what "
        "stands of it, and enters it anew.",
    )
    return dataclasses.replace(outcome, error=refusal)


def lacks_payments(row: Raw) -> bool:
    """Whether an answer shows a payment of a batch without an id."""
    inside = field(row, "Payments")
    listed = inside if isinstance(inside, list) else []
    return not all(isinstance(each, Mapping) and has_id(each, "PaymentID") for each in listed)


def listed_in(row: Raw, name: str) -> list[Raw]:
    listed = field(row, name)
    return (
        [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
    )


# An overpayment has a version of its own, and not that of the bank transaction that made it.
_OF_A_BANK_LINE = frozenset({"UpdatedDateUTC", "UpdatedDateUTCString", "StatusAttributeString"})


def lacks_numbers(each: Ready, raw: Raw) -> bool:
    snapshot = each.push.snapshot
    if not isinstance(snapshot, PaymentSnapshot) or each.todo.kind not in (PAYMENT, BATCH):
        return False
    if all(one.target_kind == Kind.INVOICE for one in snapshot.allocations):
        return False
    payments = raw["Payments"] if each.todo.kind == BATCH else [raw]
    return any(not text(within(one, "Invoice"), "InvoiceNumber") for one in payments)
