"""Carries planned calls over and reads what came of them: an answer is a claim, the read the proof."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.connectors.errors import (
    CallRefused,
    CannotTell,
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Courier, Outcome, Purpose, Push, RemoteObject, Reply, Request
from apps.connectors.snapshots import Kind, PaymentSnapshot, differences
from apps.connectors.xero import rules
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import (
    ELEMENTS,
    LARGEST,
    LOOK_AGAIN,
    Answer,
    Calls,
    read_answer,
)
from apps.connectors.xero.documents import CREDIT_NOTE, INVOICE
from apps.connectors.xero.faults import field, has_id, is_refused, refusal_of
from apps.connectors.xero.lists import ROUNDING, account_id, is_bank
from apps.connectors.xero.money import BANK_TRANSACTION, BATCH, OVERPAYMENT, PAYMENT
from apps.connectors.xero.objects import CONTACT, ID, ITEM, gone, objects_of
from apps.connectors.xero.plan import (
    Accounts,
    Key,
    Planner,
    Todo,
    key_of,
    live,
    stands_of,
    wholes,
)
from apps.connectors.xero.reader import Reader, in_parts, with_invoices
from apps.connectors.xero.several import together
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
NOTHING_DONE = "{} answered that it was done, and it stands there as before."


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A push with its call, composed from what stands as it was just read."""

    push: Push
    todo: Todo
    evidence: str = ""


class Writer:
    """Writes to one organisation's books through a courier."""

    def __init__(self, calls: Calls, reader: Reader, planner: Planner) -> None:
        self.calls = calls
        self.reader = reader
        self.planner = planner

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        """What needs no call, or cannot be written, is answered first; then up to 50 a call.

        What stands there is read before it is changed: there are no versions that a write could be
        refused by. Applications go one by one, since two of one credit count on the same rest.
        """
        planned: list[Ready] = []
        for push in pushes:
            push = self._as_held(push)
            try:
                todo = self.planner.todo_of(push)
            except ConnectorError as refusal:
                yield Outcome(ref=push.ref, remote=half_done(push), error=refusal)
                continue
            if todo is None:
                yield Outcome(ref=push.ref, remote=self.standing(push))
            else:
                planned.append(Ready(push=push, todo=todo))
        alone = [each for each in planned if each.push.kind is Kind.ALLOCATION]
        together_ = [each for each in planned if each.push.kind is not Kind.ALLOCATION]
        ready: list[Ready] = []
        for outcome_or_ready in self._made_ready(together_, courier):
            if isinstance(outcome_or_ready, Outcome):
                yield outcome_or_ready
            else:
                ready.append(outcome_or_ready)
        yield from self._sent(ready, courier)
        for each in alone:
            for one in self._made_ready([each], courier):
                if isinstance(one, Outcome):
                    yield one
                else:
                    yield from self._sent([one], courier)

    def _as_held(self, push: Push) -> Push:
        snapshot = rules.project(push.snapshot, self.planner.home, self.planner.regime)
        return dataclasses.replace(push, snapshot=snapshot)

    # --- Before ---

    def _made_ready(self, planned: Sequence[Ready], courier: Courier) -> Iterator[Outcome | Ready]:
        """Planned anew from what stands now; RemoteIsNewer where somebody changed it there."""
        wanted = [key[:2] for each in planned for key in touched(each)]
        found = self.reader.raws(list(dict.fromkeys(wanted)), courier) if wanted else {}
        accounts: Accounts | None = None
        for each in planned:
            try:
                push = self._afresh(each.push, found)
                todo = self.planner.todo_of(push)
                if todo is not None and todo.needs is not None:
                    accounts = accounts or self.accounts(courier)
                    todo = todo.needs(accounts)
            except ConnectorError as refusal:
                if isinstance(refusal, TryLater | ConnectionLost):
                    raise
                yield Outcome(ref=each.push.ref, remote=half_done(each.push), error=refusal)
                continue
            if todo is None:
                yield Outcome(ref=push.ref, remote=self.standing(push))
            else:
                yield Ready(push=push, todo=todo, evidence=_evidence(todo, found))

    def _afresh(self, push: Push, found: Mapping[tuple[str, str], Raw | None]) -> Push:
        if push.kind is Kind.ALLOCATION:
            self._refuse_without_source(push, found)
            return push
        fresh: list[RemoteObject] = []
        for each in wholes(push):
            key = (each.kind, each.remote_id)
            if key not in found:
                fresh.append(each)
                continue
            raw = found[key]
            if raw is None:
                fresh.append(gone(each.kind, each.remote_id))
                continue
            if each.kind == OVERPAYMENT and "BankAccount" in each.raw:
                raw = {**raw, "BankAccount": each.raw["BankAccount"]}
            now = objects_of(each.kind, raw, self.planner.home)[0]
            if self._is_newer(each, now):
                raise RemoteIsNewer(
                    f"It was changed in {NAME} meanwhile.",
                    "Tieout reads it again and compares before it sends.",
                )
            fresh.append(now)
        standing_now = [each for each in fresh if not each.gone] or fresh
        known = together(standing_now) if standing_now else None
        return dataclasses.replace(push, stands=tuple(fresh), known=known)

    def _is_newer(self, known: RemoteObject, now: RemoteObject) -> bool:
        if known.version and now.version:
            return known.version != now.version
        if known.snapshot is None or now.snapshot is None:
            return known.snapshot is not now.snapshot
        home, regime = self.planner.home, self.planner.regime
        was = rules.project(known.snapshot, home, regime)
        told = differences(was, rules.project(now.snapshot, home, regime))
        return any(each.whose != "kept" for each in told)

    @staticmethod
    def _refuse_without_source(push: Push, found: Mapping[tuple[str, str], Raw | None]) -> None:
        source_id = getattr(push.snapshot, "source_id", "")
        if found.get((CREDIT_NOTE, source_id), {}) is None:
            raise RecordRefused(
                f"What is set against it does not stand in {NAME} any more.",
                "See what became of it there.",
            )

    def accounts(self, courier: Courier) -> Accounts:
        request = self.calls.get("Accounts", exact=False)
        rows = self.reader.one(request, courier).rows("Accounts")
        rounding = [each for each in rows if text(each, "SystemAccount").upper() == ROUNDING]
        return Accounts(
            banks={account_id(each): text(each, "CurrencyCode") for each in rows if is_bank(each)},
            rounding=account_id(rounding[0]) if rounding else "",
        )

    # --- The calls ---

    def _sent(self, ready: Sequence[Ready], courier: Courier) -> Iterator[Outcome]:
        by_ref = {each.push.ref: each for each in ready}
        requests = [self._request(some) for some in _together(ready)]
        proved: list[Ready] = []
        try:
            for request, reply in courier.carry(requests) if requests else ():
                some = [by_ref[ref] for ref in request.members]
                for ref, told in self.told(request, reply, some):
                    if isinstance(told, ConnectorError):
                        stands = half_done(by_ref[ref].push)
                        yield Outcome(ref=ref, remote=stands, error=told)
                    elif told is None:
                        proved.append(by_ref[ref])
                    else:
                        yield self.made(by_ref[ref], told, courier)
        except (TryLater, ConnectionLost) as why:
            yield from (_unproved(each, why) for each in proved)
            raise
        yield from self.prove(proved, courier)

    def _request(self, some: Sequence[Ready]) -> Request:
        first = some[0].todo
        body = first.body
        if first.plural:
            body = {first.plural: [each.todo.body for each in some]}
        return self.calls.write(
            first.method,
            first.path,
            body,
            members=[each.push.ref for each in some],
            identities=[f"{each.push.identity} {_base(each)}" for each in some],
            purpose=PURPOSE.get(some[0].push.kind, Purpose.PAYMENTS),
            query=first.query,
            evidence=some[0].evidence,
        )

    def told(
        self, request: Request, reply: Reply, some: Sequence[Ready]
    ) -> Iterator[tuple[int, ConnectorError | Raw | None]]:
        """Of each push: an error; what was made; or None, where the object itself has to be read."""
        try:
            answer = read_answer(request, reply)
            rows = self._rows(some[0].todo, answer)
        except ConnectorError as trouble:
            for each in some:
                yield each.push.ref, _as_told(each, trouble)
            return
        for place, each in enumerate(some):
            yield each.push.ref, self._element(each, rows, place, len(some), answer.trace_id)

    def _rows(self, todo: Todo, answer: Answer) -> list[Raw]:
        if todo.plural:
            return list(answer.rows(todo.plural))
        if not isinstance(answer.said, Mapping):
            return []
        listed = [value for value in answer.said.values() if isinstance(value, list)]
        rows = [each for one in listed for each in one if isinstance(each, Mapping)]
        return rows or [answer.said]

    def _element(
        self, each: Ready, rows: Sequence[Raw], place: int, number: int, trace_id: str
    ) -> ConnectorError | Raw | None:
        todo = each.todo
        if not todo.plural:
            bad = [row for row in rows if is_refused(row)]
            return refusal_of(list(bad), trace_id) if bad else None
        row = _row_of(todo, rows, place, number)
        if row is None:
            return OutcomeUnknown(
                f"{NAME}'s answer does not say what became of it.", LOOK_AGAIN, trace_id=trace_id
            )
        if is_refused(row):
            return refusal_of(row, trace_id)
        if todo.key is not None:
            return None
        if not has_id(row, OWN_ID[todo.kind]):
            return OutcomeUnknown(f"{NAME}'s answer gives it no id.", LOOK_AGAIN, trace_id=trace_id)
        return row

    # --- After ---

    def made(self, each: Ready, row: Raw, courier: Courier) -> Outcome:
        """What a creation brought: a new id without an error is believed."""
        raw = made_whole(each, row)
        if _lacks_numbers(each, raw):
            raw = self._with_numbers(each.todo.kind, raw, courier)
        return self.after(each, objects_of(each.todo.kind, raw, self.planner.home))

    def _with_numbers(self, kind: str, raw: Json, courier: Courier) -> Json:
        """What is set against an adjustment or a refund of ours is told by the number of what
        stands for it there."""
        whole = raw if kind == BATCH else {"Payments": [raw]}
        wanted = [
            (INVOICE, text(within(each, "Invoice"), "InvoiceID")) for each in whole["Payments"]
        ]
        try:
            found = self.reader.raws(wanted, courier)
        except (TryLater, ConnectionLost):
            return raw  # the next reading tells it
        numbered = with_invoices(whole, {one: each for (_, one), each in found.items() if each})
        if kind == BATCH:
            return numbered
        told = numbered["Payments"][0]["Invoice"]
        return {**raw, "Invoice": {**raw["Invoice"], **told}}

    def prove(self, proved: Sequence[Ready], courier: Courier) -> Iterator[Outcome]:
        """Read what was changed, voided or deleted, and compare it with what was asked: a refusal may
        come as an answer that repeats the question."""
        if not proved:
            return
        keys = [proof_key(each.todo) for each in proved]
        try:
            found = self.reader.raws(list(dict.fromkeys(keys)), courier)
        except (TryLater, ConnectionLost) as trouble:
            yield from (_unproved(each, trouble) for each in proved)
            return
        for each, key in zip(proved, keys, strict=True):
            yield self.as_found(each, found[key])

    def as_found(self, each: Ready, raw: Raw | None) -> Outcome:
        """An outcome by the object as it was read after the call."""
        kind, remote_id = proof_key(each.todo)
        if each.push.kind is Kind.ALLOCATION:
            return self._applied(each, raw)
        if raw is None:
            if each.todo.retires or is_taken_back(each.push):
                return self.after(each, (gone(kind, remote_id),))
            return Outcome(
                ref=each.push.ref,
                error=RemoteGone(
                    f"It was deleted in {NAME}.", "Decide whether it is to be created anew."
                ),
            )
        if kind == OVERPAYMENT:
            known = next((one for one in wholes(each.push) if one.kind == kind), None)
            if known is not None and "BankAccount" in known.raw:
                raw = {**raw, "BankAccount": known.raw["BankAccount"]}
        objects = objects_of(kind, raw, self.planner.home)
        if each.todo.body == {"Status": "DELETED"} and not (objects[0].void or objects[0].gone):
            return self._nothing_done(each, objects)
        return self.after(each, objects)

    def _nothing_done(self, each: Ready, objects: Sequence[RemoteObject]) -> Outcome:
        refusal = RecordRefused(
            NOTHING_DONE.format(NAME),
            f"Look at it in {NAME}: it may be reconciled, or something may be set against it. Put "
            "that right there, then press Retry.",
        )
        return Outcome(ref=each.push.ref, remote=tuple(objects), error=refusal)

    def _applied(self, each: Ready, raw: Raw | None) -> Outcome:
        """The application of a credit, by its id, and the credit that it changed."""
        push, home = each.push, self.planner.home
        listed = objects_of(CREDIT_NOTE, raw, home) if raw is not None else ()
        parts = {one.part: one for one in listed if one.part}
        if each.todo.method == "DELETE":
            part = each.todo.path.rpartition("/")[2]
            if part in parts:
                return self._nothing_done(each, (parts[part], *listed[:1]))
            off = gone(CREDIT_NOTE, proof_key(each.todo)[1], part)
            return Outcome(ref=push.ref, remote=(off, *listed[:1]))
        try:
            found = new_parts(push, parts, each.evidence)
        except CannotTell as untold:
            return Outcome(ref=push.ref, error=untold)
        if len(found) == 1:
            return Outcome(ref=push.ref, remote=(found[0], *listed[:1]))
        if not found:
            return self._nothing_done(each, listed[:1])
        return Outcome(
            ref=push.ref,
            error=OutcomeUnknown(
                f"{NAME} shows it {len(found)} times since, and does not say which is this.",
                LOOK_AGAIN,
            ),
        )

    def after(self, each: Ready, found: Sequence[RemoteObject]) -> Outcome:
        """What stands since the step was done, and what remains."""
        push, retires, new = each.push, each.todo.retires, found[0]
        others = [one for one in wholes(push) if key_of(one) != key_of(new)]
        stands = [one for one in (*others, new) if key_of(one) not in retires]
        counting = [one for one in stands if not one.gone] or stands
        then = dataclasses.replace(
            push, stands=tuple(stands), known=together(counting) if counting else None
        )
        remote = (*found, *(part for one in others for part in self._parts(one)))
        if new.unreadable:
            return Outcome(ref=push.ref, remote=remote, retired=retires)
        try:
            todo = self.planner.todo_of(then, frozenset({key_of(new)}))
        except ConnectorError as refusal:
            return Outcome(ref=push.ref, remote=remote, error=refusal, retired=retires)
        if todo is not None and todo.said == each.todo.said:
            return self._nothing_done(each, remote)
        if todo is None and each.todo.key is not None and self._is_unlike(push, then):
            return self._dropped(each, remote)
        step = todo.step if todo is not None else ""
        return Outcome(ref=push.ref, remote=remote, retired=retires, next_step=step)

    def _is_unlike(self, push: Push, then: Push) -> bool:
        """Whether what was changed is not as it was asked."""
        known = then.known
        if known is None or known.snapshot is None or known.gone or is_taken_back(push):
            return False
        if push.kind not in (Kind.INVOICE, Kind.CREDIT_NOTE):
            return False  # money is compared when it is planned; names they spell as they like
        theirs = rules.project(known.snapshot, self.planner.home, self.planner.regime)
        return any(one.whose != "kept" for one in differences(push.snapshot, theirs))

    @staticmethod
    def _dropped(each: Ready, remote: Sequence[RemoteObject]) -> Outcome:
        refusal = RecordRefused(
            f"{NAME} took the change and dropped a part of it without a word.",
            f"Compare both, and put it right in {NAME} or here.",
        )
        return Outcome(ref=each.push.ref, remote=tuple(remote), error=refusal)

    def standing(self, push: Push) -> tuple[RemoteObject, ...]:
        """What is known of it, with the parts of a payment: nothing has to be written."""
        own = list(stands_of(push))
        first = [each for each in own if not (each.gone or each.void)] or own
        if push.kind is Kind.ALLOCATION:
            return tuple(first[:1])
        return (*first, *(part for each in first for part in self._parts(each)))

    def _parts(self, whole: RemoteObject) -> list[RemoteObject]:
        if whole.gone or whole.void or not whole.raw:
            return []
        return [one for one in objects_of(whole.kind, whole.raw, self.planner.home) if one.part]


def _unproved(each: Ready, why: ConnectorError) -> Outcome:
    unknown = OutcomeUnknown(
        f"It was sent, and {NAME} cannot be asked now what came of it: {why.sentence}",
        LOOK_AGAIN,
        why.code,
        why.trace_id,
    )
    return Outcome(ref=each.push.ref, remote=half_done(each.push), error=unknown)


# --- What a push stands on --------------------------------------------------------------------


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


def _evidence(todo: Todo, found: Mapping[tuple[str, str], Raw | None]) -> str:
    """What stood of the applications of a credit, so that a lost answer can be told."""
    if todo.key is None or not todo.path.endswith("/Allocations"):
        return ""
    raw = found.get(todo.key[:2]) or {}
    ids = [short_id(text(each, "AllocationID")) for each in members(raw, "Allocations")]
    said: Json = {BEFORE: ids[:MOST_EVIDENCE]}
    if len(ids) > MOST_EVIDENCE:
        said[MORE] = True
    return dump(said).decode()


def _base(each: Ready) -> str:
    """The version that a write is based on: of what is read and written again."""
    return "+".join(one.version for one in wholes(each.push))


# --- Elements ---------------------------------------------------------------------------------


def _together(ready: Sequence[Ready]) -> list[list[Ready]]:
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


def _row_of(todo: Todo, rows: Sequence[Raw], place: int, number: int) -> Raw | None:
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
    lines = field(row, "LineItems")
    listed = (
        [each for each in lines if isinstance(each, Mapping)] if isinstance(lines, list) else []
    )
    return mark_in(str(field(listed[0], "Description") or ""))[0] if listed else ""


def _said_same(todo: Todo, row: Raw, name: str) -> bool | None:
    mine = (todo.body or {}).get(name)
    yours = field(row, name)
    if mine is None or not isinstance(yours, str) or not yours:
        return None
    return str(mine).casefold() == yours.casefold()


def _as_told(each: Ready, trouble: ConnectorError) -> ConnectorError:
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
        raw.setdefault("Payments", body["Payments"])
        raw["Contact"] = {"ContactID": snapshot.customer_id}
    for name in ("Date", "Account", "Amount", "Status", "Reference"):
        if (
            kind in (PAYMENT, BATCH)
            and name in body
            and name not in raw
            and f"{name}String" not in raw
        ):
            raw[name] = float(body[name]) if name == "Amount" else body[name]
    return raw


# An overpayment has a version of its own, and not that of the bank transaction that made it.
_OF_A_BANK_LINE = frozenset({"UpdatedDateUTC", "UpdatedDateUTCString", "StatusAttributeString"})


def _lacks_numbers(each: Ready, raw: Raw) -> bool:
    snapshot = each.push.snapshot
    if not isinstance(snapshot, PaymentSnapshot) or each.todo.kind not in (PAYMENT, BATCH):
        return False
    if all(one.target_kind == Kind.INVOICE for one in snapshot.allocations):
        return False
    payments = raw["Payments"] if each.todo.kind == BATCH else [raw]
    return any(not text(within(one, "Invoice"), "InvoiceNumber") for one in payments)
