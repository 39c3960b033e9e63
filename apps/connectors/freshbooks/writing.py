"""Sends records, a step each, and reads back what is money before it says that it is done.

There is neither a key nor a lock. So what is changed is read before, by pages, and held against the
version that was known; what is paid is looked at, whether its invoice is still open for it; and what
was answered is read after, by pages: 50 documents cost 51 calls.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.freshbooks.capabilities import DRAFT, NAME, PROVE, SEND
from apps.connectors.freshbooks.client import (
    CREDIT,
    INVOICE,
    LOOK_AGAIN,
    PAYMENT,
    Calls,
    read_answer,
    refuses_status,
)
from apps.connectors.freshbooks.heads import SOURCE, id_of, is_deleted, pays_by_credit
from apps.connectors.freshbooks.objects import gone, objects_of
from apps.connectors.freshbooks.outcomes import after, ours_among
from apps.connectors.freshbooks.plan import Todo, gone_there, stands_of, todo_of
from apps.connectors.freshbooks.reader import Reader
from apps.connectors.freshbooks.wire import DELETED, Json, Raw, Unread, amount, currency_of
from apps.connectors.port import Courier, Outcome, Purpose, Push, RemoteObject, Reply, Request
from apps.connectors.snapshots import Kind

PURPOSE = {
    Kind.CUSTOMER: Purpose.MASTERS,
    Kind.ITEM: Purpose.MASTERS,
    Kind.INVOICE: Purpose.DOCUMENTS,
    Kind.CREDIT_NOTE: Purpose.DOCUMENTS,
}
PROVED = (INVOICE, CREDIT, PAYMENT)  # a master moves no amount: its answer is compared alone
AT_ONCE = 50  # writes before what they answered is read back


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A push on its way."""

    push: Push
    todo: Todo


@dataclass(frozen=True, kw_only=True, slots=True)
class Claimed:
    """What their answer to a push says; `raw` is None where it says nothing of the object. `at`:
    their time of it, where they tell one."""

    sent: Sent
    remote_id: str
    raw: Raw | None
    at: datetime | None


class Writer:
    def __init__(self, calls: Calls, reader: Reader, home: str) -> None:
        self.calls = calls
        self.reader = reader
        self.home = home

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        ready: list[Sent] = []
        to_prove: list[Push] = []
        for push in pushes:
            try:
                todo = todo_of(push, stands_of(push), self.home)
            except ConnectorError as refusal:
                yield Outcome(ref=push.ref, remote=ours_among(push), error=refusal)
                continue
            if todo is not None:
                ready.append(Sent(push=push, todo=todo))
            elif push.step == PROVE and ours_among(push):
                to_prove.append(push)
            else:
                yield Outcome(ref=push.ref, remote=as_it_stands(push, self.home))
        yield from self._read_again(to_prove, courier)
        for start in range(0, len(ready), AT_ONCE):
            yield from self._some(ready[start : start + AT_ONCE], courier)

    def _some(self, several: Sequence[Sent], courier: Courier) -> Iterator[Outcome]:
        ready: list[Sent] = []
        for each, trouble in self._checked(several, courier):
            if trouble is None:
                ready.append(each)
            elif isinstance(trouble, RemoteGone) and each.todo.takes_off:
                yield self._after(each, (taken_off(each.todo),))
            else:
                push = each.push
                yield Outcome(ref=push.ref, remote=ours_among(push), error=trouble)
        if ready:
            yield from self._sent(ready, courier)

    # --- Before -----------------------------------------------------------------------------------

    def _checked(
        self, several: Sequence[Sent], courier: Courier
    ) -> Iterator[tuple[Sent, ConnectorError | None]]:
        """What stands in the way of each, by what is read now."""
        changed: dict[str, list[str]] = {}
        paid: list[str] = []
        for each in several:
            if _is_held_against_now(each):
                changed.setdefault(each.todo.kind, []).append(each.todo.remote_id)
            elif each.todo.kind == PAYMENT and not each.todo.remote_id:
                paid.append(str(each.todo.fields["invoiceid"]))
        now = {
            kind: self.reader.raws(kind, ids, courier, _for(several))
            for kind, ids in changed.items()
        }
        invoices = self.reader.raws(INVOICE, paid, courier, Purpose.PAYMENTS) if paid else {}
        left: dict[str, Decimal] = {}
        for each in several:
            if _is_held_against_now(each):
                raw = now[each.todo.kind].get(each.todo.remote_id)
                yield each, self._moved(each, raw)
            elif each.todo.kind == PAYMENT and not each.todo.remote_id:
                yield each, _not_open(each, invoices, left)
            else:
                yield each, None

    def _moved(self, each: Sent, raw: Raw | None) -> ConnectorError | None:
        """Somebody changed or deleted it there since it was last read: there is no lock."""
        known = each.todo.known
        assert known is not None
        if raw is None or is_deleted(raw):
            return gone_there()
        found = objects_of(each.todo.kind, raw, self.home)[0]
        if found.version != known.version:
            return RemoteIsNewer(
                f"It was changed in {NAME} meanwhile.",
                "Tieout reads it again and compares before it sends.",
            )
        return None

    # --- The call -----------------------------------------------------------------------------------

    def _sent(self, several: Sequence[Sent], courier: Courier) -> Iterator[Outcome]:
        by_ref = {each.push.ref: each for each in several}
        requests = [self._request(each) for each in several]
        claimed: list[Claimed] = []
        try:
            for request, reply in courier.carry(requests):
                told = self._told(by_ref[request.members[0]], request, reply)
                if isinstance(told, Claimed):
                    claimed.append(told)
                else:
                    yield told
        except (TryLater, ConnectionLost):
            # Nothing more may be asked in this run: what was answered is read by the next one.
            yield from (self._to_be_read(each) for each in claimed)
            raise
        yield from self._proved(claimed, courier)

    def _request(self, each: Sent) -> Request:
        known = each.todo.known
        return self.calls.write(
            each.todo.kind,
            each.todo.remote_id,
            each.todo.fields,
            ref=each.push.ref,
            purpose=PURPOSE.get(each.push.kind, Purpose.PAYMENTS),
            base=known.version if known is not None else "",
        )

    def _told(self, each: Sent, request: Request, reply: Reply) -> Claimed | Outcome:
        push, todo = each.push, each.todo
        try:
            answer = read_answer(request, reply)
        except RemoteGone as trouble:
            if todo.takes_off:
                return self._after(each, (taken_off(todo),))
            return Outcome(ref=push.ref, remote=ours_among(push), error=trouble)
        except ConnectorError as trouble:
            makes_as_sent = not todo.remote_id and "status" in todo.fields
            if isinstance(trouble, RecordRefused) and makes_as_sent and refuses_status(reply):
                return Outcome(ref=push.ref, next_step=DRAFT)
            return Outcome(ref=push.ref, remote=ours_among(push), error=trouble)
        raw = answer.one(todo.kind)
        remote_id = id_of(todo.kind, raw) if raw is not None else ""
        if (not remote_id and not todo.takes_off) or (
            todo.remote_id and remote_id not in ("", todo.remote_id)
        ):
            words = f"{NAME}'s answer does not say what stands there now."
            unknown = OutcomeUnknown(words, LOOK_AGAIN)
            return Outcome(ref=push.ref, remote=ours_among(push), error=unknown)
        if todo.kind not in PROVED:
            assert raw is not None
            return self._after(each, objects_of(todo.kind, raw, self.home))
        return Claimed(sent=each, remote_id=remote_id or todo.remote_id, raw=raw, at=answer.at)

    # --- After ----------------------------------------------------------------------------------------

    def _proved(self, claimed: Sequence[Claimed], courier: Courier) -> Iterator[Outcome]:
        by_kind: dict[str, list[Claimed]] = {}
        for each in claimed:
            by_kind.setdefault(each.sent.todo.kind, []).append(each)
        for kind, several in by_kind.items():
            ids = [each.remote_id for each in several]
            try:
                there = self.reader.written(kind, ids, _earliest(several), courier, _for(several))
            except (TryLater, ConnectionLost) as trouble:
                yield from (self._to_be_read(each) for each in several)
                if _is_raised(trouble):
                    rest = [
                        each for each in claimed if each.sent.todo.kind not in _until(by_kind, kind)
                    ]
                    yield from (self._to_be_read(each) for each in rest)
                    raise
                continue
            for each in several:
                yield self._as_read(each, there.get(each.remote_id))

    def _as_read(self, each: Claimed, raw: Raw | None) -> Outcome:
        push, todo = each.sent.push, each.sent.todo
        if raw is None and todo.takes_off:
            return self._after(each.sent, (taken_off(todo),))
        if raw is None:
            words = f"{NAME} answered with {todo.kind} {each.remote_id}, and does not have it."
            return Outcome(
                ref=push.ref, remote=ours_among(push), error=OutcomeUnknown(words, LOOK_AGAIN)
            )
        return self._after(each.sent, objects_of(todo.kind, with_source(push, raw), self.home))

    def _to_be_read(self, each: Claimed) -> Outcome:
        """What was answered is kept, and the record is not done before it was read."""
        push, todo = each.sent.push, each.sent.todo
        if each.raw is None:
            words = f"{NAME}'s answer does not say what stands there now."
            return Outcome(
                ref=push.ref, remote=ours_among(push), error=OutcomeUnknown(words, LOOK_AGAIN)
            )
        found = objects_of(todo.kind, with_source(push, each.raw), self.home)
        if todo.retires and found[0].gone:
            return self._after(each.sent, found)
        return Outcome(ref=push.ref, remote=found, next_step=PROVE)

    def _read_again(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        """The step that only reads."""
        wanted: dict[str, list[str]] = {}
        for push in pushes:
            own = next(each for each in ours_among(push) if not each.part)
            wanted.setdefault(own.kind, []).append(own.remote_id)
        why = _purpose(pushes)
        there = {kind: self.reader.raws(kind, ids, courier, why) for kind, ids in wanted.items()}
        for push in pushes:
            own = next(each for each in ours_among(push) if not each.part)
            raw = there[own.kind].get(own.remote_id)
            if raw is None:
                yield Outcome(ref=push.ref, remote=ours_among(push), error=gone_there())
            else:
                yield after(
                    push, objects_of(own.kind, with_source(push, raw), self.home), self.home
                )

    def _after(self, each: Sent, found: Sequence[RemoteObject]) -> Outcome:
        return after(each.push, found, self.home, did=each.todo.step, retires=each.todo.retires)


def as_it_stands(push: Push, home: str) -> tuple[RemoteObject, ...]:
    """What needs no call, with its parts where it is one object."""
    stands = stands_of(push)
    if len(stands) != 1 or stands[0].part or stands[0].gone or not stands[0].raw:
        return stands
    return objects_of(stands[0].kind, stands[0].raw, home)


def taken_off(todo: Todo) -> RemoteObject:
    """The object as it is once it was deleted, and is told no more."""
    raw = todo.known.raw if todo.known is not None else {}
    return gone(todo.kind, todo.remote_id, {**raw, "vis_state": DELETED})


def with_source(push: Push, raw: Raw) -> Raw:
    """Of what pays by a credit of ours, that this is one: the kind of our own record tells it."""
    source = getattr(push.snapshot, "source", "")
    if push.kind is not Kind.ALLOCATION or not pays_by_credit(raw):
        return raw
    note: Json = {"credit_type": "goodwill"}
    if source == Kind.ADJUSTMENT:
        note["notes"] = "[Tieout adjustment 00000000000000000000000000000000]"
    return {**raw, SOURCE: note}


def _is_held_against_now(each: Sent) -> bool:
    """What is changed; a draft that was just made is marked as sent without another look."""
    todo, push = each.todo, each.push
    return bool(todo.remote_id) and not (todo.step == SEND and push.step == SEND)


def _not_open(
    each: Sent, invoices: Mapping[str, Raw], left: dict[str, Decimal]
) -> ConnectorError | None:
    """What is paid above what is open is split into a credit without a word. `left` is what those
    before it in this call leave."""
    fields = each.todo.fields
    invoice = str(fields["invoiceid"])
    raw = invoices.get(invoice)
    if raw is None or is_deleted(raw):
        return RecordRefused(
            f"The invoice that it pays does not stand in {NAME}.", "See what became of it there."
        )
    try:
        open_there = left.get(invoice, amount(raw, "outstanding"))
        theirs, ours = currency_of(raw, "outstanding"), currency_of(fields, "amount")
        wanted = amount(fields, "amount")
    except Unread as problem:
        return RecordRefused(
            f"What the invoice is open for cannot be read in {NAME}: {problem.value}.",
            f"Look at the invoice in {NAME}, then press Retry.",
        )
    if theirs and theirs != ours:
        return RecordRefused(
            f"The invoice that it pays is in {theirs}, and this is in {ours}: a payment in {NAME} has "
            "the currency of its invoice.",
            "Receive it here in the currency of the invoice.",
        )
    if wanted > open_there:
        return RecordRefused(
            f"The invoice that it pays is open for {open_there} in {NAME}, and this is {wanted}.",
            f"Look in {NAME} at what else paid it, then press Retry.",
        )
    left[invoice] = open_there - wanted
    return None


def _until(by_kind: Mapping[str, object], kind: str) -> tuple[str, ...]:
    kinds = list(by_kind)
    return tuple(kinds[: kinds.index(kind) + 1])


def _is_raised(trouble: TryLater | ConnectionLost) -> bool:
    """Whether nothing more can be asked now: as they say, or as the courier does by an error of its
    own."""
    return type(trouble) is not TryLater or trouble.whole_connection


def _earliest(several: Sequence[Claimed]) -> datetime | None:
    """None where an answer tells no time."""
    times = [each.at for each in several if each.at is not None]
    return min(times) if len(times) == len(several) else None


def _for(several: Sequence[Sent | Claimed]) -> Purpose:
    return _purpose([each.push if isinstance(each, Sent) else each.sent.push for each in several])


def _purpose(pushes: Sequence[Push]) -> Purpose:
    """Reading what is to be changed, and what became of it, counts as the writing does; for money
    it may use the calls that are kept for money."""
    purposes = {PURPOSE.get(each.kind, Purpose.PAYMENTS) for each in pushes}
    return purposes.pop() if len(purposes) == 1 else Purpose.PAYMENTS
