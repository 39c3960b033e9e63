"""Carries planned calls over and reads what came of them: an answer is a claim, the read the proof."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from apps.connectors.errors import (
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
from apps.connectors.snapshots import Kind, differences
from apps.connectors.xero import rules
from apps.connectors.xero.beside import batch_as_it_stands, with_numbers
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.claims import read_claims
from apps.connectors.xero.client import LOOK_AGAIN, Answer, Calls, read_answer
from apps.connectors.xero.documents import CREDIT_NOTE
from apps.connectors.xero.elements import (
    OWN_ID,
    PURPOSE,
    Ready,
    as_told,
    base_of,
    evidence_of,
    half_done,
    in_calls,
    in_full,
    is_taken_back,
    lacks_numbers,
    lacks_payments,
    made_whole,
    never_made,
    new_parts,
    proof_key,
    reading_for,
    refuse_without_source,
    row_of,
    touched,
    unproved,
)
from apps.connectors.xero.faults import field, has_id, is_refused, refusal_of
from apps.connectors.xero.money import BATCH, OVERPAYMENT
from apps.connectors.xero.objects import gone, objects_of
from apps.connectors.xero.plan import Planner
from apps.connectors.xero.reader import Reader
from apps.connectors.xero.several import together
from apps.connectors.xero.todo import Accounts, Todo, key_of, stands_of, wholes
from apps.connectors.xero.wire import Raw, Unread

NOTHING_DONE = "{} answered that it was done, and it stands there as before."


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
        asked = list(dict.fromkeys(wanted))
        found = self.reader.raws(asked, courier, reading_for(planned)) if asked else {}
        accounts: Accounts | None = None
        for each in planned:
            try:
                push = self._afresh(each.push, found)
                todo = self.planner.todo_of(push)
                if todo is not None and todo.needs is not None:
                    accounts = accounts or self.reader.accounts(courier)
                    todo = todo.needs(accounts)
            except ConnectorError as refusal:
                if isinstance(refusal, TryLater | ConnectionLost):
                    raise
                yield Outcome(ref=each.push.ref, remote=half_done(each.push), error=refusal)
                continue
            if todo is None:
                yield Outcome(ref=push.ref, remote=self.standing(push))
            else:
                yield Ready(push=push, todo=todo, evidence=evidence_of(todo, found))

    def _afresh(self, push: Push, found: Mapping[tuple[str, str], Raw | None]) -> Push:
        if push.kind is Kind.ALLOCATION:
            refuse_without_source(push, found)
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
        if type(known.snapshot) is not type(now.snapshot):
            return True
        if known.snapshot is None or now.snapshot is None:
            return False
        home, regime = self.planner.home, self.planner.regime
        was = rules.project(known.snapshot, home, regime)
        told = differences(was, rules.project(now.snapshot, home, regime))
        return any(each.whose != "kept" for each in told)

    # --- The calls ---

    def _sent(self, ready: Sequence[Ready], courier: Courier) -> Iterator[Outcome]:
        by_ref = {each.push.ref: each for each in ready}
        requests = [self._request(some) for some in in_calls(ready)]
        proved: list[Ready] = []
        claimed: list[tuple[Ready, Raw]] = []
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
                        claimed.append((by_ref[ref], told))
        except (TryLater, ConnectionLost) as why:
            yield from (unproved(each, why) for each in (*proved, *(one for one, _ in claimed)))
            raise
        yield from self._made(claimed, courier)
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
            identities=[f"{each.push.identity} {base_of(each)}" for each in some],
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
                yield each.push.ref, as_told(each, trouble)
            return
        for place, each in enumerate(some):
            yield each.push.ref, self._element(each, rows, place, len(some), answer.trace_id)

    def _rows(self, todo: Todo, answer: Answer) -> list[Raw]:
        if todo.plural:
            listed = field(answer.said, todo.plural) if isinstance(answer.said, Mapping) else None
            if not isinstance(listed, list):
                raise OutcomeUnknown(
                    f"{NAME}'s answer does not say what became of it.",
                    LOOK_AGAIN,
                    trace_id=answer.trace_id,
                )
            return [each for each in listed if isinstance(each, Mapping)]
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
        row = row_of(todo, rows, place, number)
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

    def _made(self, claimed: Sequence[tuple[Ready, Raw]], courier: Courier) -> Iterator[Outcome]:
        for each, there in read_claims(self.reader, claimed, courier):
            if isinstance(there, ConnectorError):
                yield unproved(each, there)
            elif there is None:
                yield never_made(each)
            else:
                yield self.made(each, there, courier)

    def made(self, each: Ready, row: Raw, courier: Courier) -> Outcome:
        """What a creation brought, as it stands."""
        try:
            raw = made_whole(each, row)
            if each.todo.kind == BATCH and lacks_payments(row):
                raw = batch_as_it_stands(self.reader, raw, courier)
            if lacks_numbers(each, raw):
                raw = with_numbers(self.reader, each.todo.kind, raw, courier)
        except Unread as problem:
            unclear = OutcomeUnknown(
                f"{NAME}'s answer cannot be read: {problem.field} is {problem.value}.", LOOK_AGAIN
            )
            return Outcome(ref=each.push.ref, remote=half_done(each.push), error=unclear)
        outcome = self.after(each, objects_of(each.todo.kind, raw, self.planner.home))
        if each.todo.kind == BATCH and not (outcome.error or outcome.next_step):
            return in_full(each, outcome)
        return outcome

    def prove(self, proved: Sequence[Ready], courier: Courier) -> Iterator[Outcome]:
        """Read what was changed, voided or deleted, and compare it with what was asked: a refusal may
        come as an answer that repeats the question."""
        if not proved:
            return
        keys = [proof_key(each.todo) for each in proved]
        try:
            found = self.reader.raws(list(dict.fromkeys(keys)), courier, reading_for(proved))
        except (TryLater, ConnectionLost) as trouble:
            yield from (unproved(each, trouble) for each in proved)
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
                return self._nothing_done(each, (parts[part],))
            off = gone(CREDIT_NOTE, proof_key(each.todo)[1], part)
            return Outcome(ref=push.ref, remote=(off, *listed[:1]))
        try:
            found = new_parts(push, parts, each.evidence)
        except CannotTell as untold:
            return Outcome(ref=push.ref, error=untold)
        if len(found) == 1:
            return Outcome(ref=push.ref, remote=(found[0], *listed[:1]))
        if not found:
            # The credit is no object of the application's: beside an error it would become that.
            return self._nothing_done(each, ())
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
        remote = (
            *found,
            *(part for one in others for part in self._parts(one)),
            *self._parts_that_left(push, found),
        )
        if new.unreadable:
            return Outcome(ref=push.ref, remote=remote, retired=retires)
        try:
            if each.todo.key is not None and self._is_due_again(each, then):
                return self._nothing_done(each, remote)
            todo = self.planner.todo_of(then, frozenset({key_of(new)}))
        except ConnectorError as refusal:
            return Outcome(ref=push.ref, remote=remote, error=refusal, retired=retires)
        if todo is None and each.todo.key is not None and self._is_unlike(push, then):
            return self._dropped(each, remote)
        step = todo.step if todo is not None else ""
        return Outcome(ref=push.ref, remote=remote, retired=retires, next_step=step)

    def _parts_that_left(self, push: Push, found: Sequence[RemoteObject]) -> list[RemoteObject]:
        """What the object was set against before and is not any more: told as gone, so that nothing
        of ours goes on standing on it once the receipt has another form."""
        before = next((one for one in wholes(push) if key_of(one) == key_of(found[0])), None)
        if before is None:
            return []
        now = {one.part for one in found}
        left = [one for one in self._parts(before) if one.part not in now]
        return [gone(one.kind, one.remote_id, one.part) for one in left]

    def _is_due_again(self, each: Ready, then: Push) -> bool:
        """Whether what was just written is what would be written now."""
        again = self.planner.todo_of(then)
        return again is not None and again.said == each.todo.said

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
