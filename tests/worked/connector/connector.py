"""The connector of the worked ledger. Holds no row and no state."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from apps.connectors import port
from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import (
    Code,
    Company,
    Confirmation,
    Courier,
    KnownThere,
    Outcome,
    Page,
    Posting,
    Purpose,
    Push,
    RemoteObject,
    Settings,
    SurveyPage,
    Unsettled,
)
from apps.connectors.snapshots import Kind, Master, Snapshot
from tests.worked.connector import rules
from tests.worked.connector.capabilities import CAPABILITIES, NAME
from tests.worked.connector.client import LOOK_AGAIN, Calls, Write, content_of
from tests.worked.connector.objects import ALLOCATIONS, ENTITY, SENT, USED, gone, objects_of
from tests.worked.connector.outcomes import after, ours_among
from tests.worked.connector.plan import Key, Todo, key_of, stands_of, todo_of
from tests.worked.connector.reader import LiveSources, Reader
from tests.worked.connector.settle import settled
from tests.worked.connector.several import parsed, together
from tests.worked.connector.wire import Unread, figure, word

PURPOSE = {
    Kind.CUSTOMER: Purpose.MASTERS,
    Kind.ITEM: Purpose.MASTERS,
    Kind.INVOICE: Purpose.DOCUMENTS,
    Kind.CREDIT_NOTE: Purpose.DOCUMENTS,
}
TAX_REGIME = "percent"  # a line bears a percentage and an amount


@dataclasses.dataclass(frozen=True, kw_only=True, slots=True)
class _Sent:
    """A push on its way, and what stands once its call is done, where no answer says it."""

    push: Push
    todo: Todo
    write: Write
    stands: RemoteObject | None = None


class Worked:
    """Speaks to one organisation."""

    capabilities = CAPABILITIES

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.home = settings.home_currency
        self.calls = Calls(settings.remote_company_id)
        self.reader = Reader(self.calls)

    # --- Ours to theirs ---

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        """One call each. What has to be read first goes one by one: two allocations of one source
        would count on the same open amount."""
        ready: list[_Sent] = []
        to_compose: list[tuple[Push, Todo]] = []
        for push in pushes:
            try:
                todo = todo_of(push)
            except ConnectorError as refusal:
                yield Outcome(ref=push.ref, remote=ours_among(push), error=refusal)
                continue
            if todo is None:
                yield Outcome(ref=push.ref, remote=_as_it_stands(push))
            elif todo.write is not None:
                ready.append(_Sent(push=push, todo=todo, write=todo.write))
            else:
                to_compose.append((push, todo))
        yield from self._sent(ready, courier)
        for push, todo in to_compose:
            yield from self._composed(push, todo, courier)

    def _composed(self, push: Push, todo: Todo, courier: Courier) -> Iterator[Outcome]:
        assert todo.compose is not None, "what has no call yet composes one"
        try:
            made = todo.compose(LiveSources(self.reader, courier))
        except Unread as problem:
            words = f"What it is set against cannot be read in {NAME}: {problem.field} is {problem.value}."
            refusal = RecordRefused(words, f"Look at it in {NAME}.")
            yield Outcome(ref=push.ref, remote=ours_among(push), error=refusal)
        except (RecordRefused, RemoteIsNewer, TryLater, ConnectionLost) as trouble:
            if isinstance(trouble, TryLater | ConnectionLost) and _is_raised(trouble):
                raise
            yield Outcome(ref=push.ref, remote=ours_among(push), error=trouble)
        else:
            if made.write is not None:
                sent = _Sent(push=push, todo=todo, write=made.write, stands=made.stands)
                yield from self._sent([sent], courier)
            elif made.stands is not None:
                yield after(push, [made.stands], retires=todo.retires)

    def _sent(self, several: Sequence[_Sent], courier: Courier) -> Iterator[Outcome]:
        if not several:
            return
        by_ref = {each.push.ref: each for each in several}
        requests = [
            self.calls.write(
                each.write, each.push.ref, PURPOSE.get(each.push.kind, Purpose.PAYMENTS)
            )
            for each in several
        ]
        for request, reply in courier.carry(requests):
            yield from self._outcome(by_ref[request.members[0]], request, reply, courier)

    def _outcome(
        self, sent: _Sent, request: port.Request, reply: port.Reply, courier: Courier
    ) -> Iterator[Outcome]:
        push = sent.push
        try:
            content = content_of(request, reply)
            found = [sent.stands] if sent.stands is not None else _told(sent, content)
        except ConnectorError as trouble:
            found = self._all_the_same(sent, trouble, courier)
            if not found:
                yield Outcome(ref=push.ref, remote=ours_among(push), error=_as_told(sent, trouble))
                return
        if not found:
            words = f"{NAME}'s answer does not say what stands there now."
            unknown = OutcomeUnknown(words, LOOK_AGAIN, trace_id=reply.headers.get("x-request", ""))
            yield Outcome(ref=push.ref, remote=ours_among(push), error=unknown)
            return
        yield after(push, found, retires=sent.todo.retires)

    def _all_the_same(
        self, sent: _Sent, trouble: ConnectorError, courier: Courier
    ) -> list[RemoteObject]:
        """What was refused and stands as it was wished: taken off, cancelled and deleted, or marked
        as sent by somebody over there."""
        path = sent.write.path
        if isinstance(trouble, RemoteGone) and sent.write.method == "DELETE":
            return [sent.stands] if sent.stands is not None else []
        if isinstance(trouble, RemoteGone) and path.endswith("/cancel") and sent.todo.key:
            return [gone(*sent.todo.key)]
        if trouble.code == "sent_already" and path.endswith("/send") and sent.todo.key:
            kind, remote_id, _ = sent.todo.key
            found = list(self.reader.read([(kind, remote_id)], courier))
            return found if found[0].raw.get("state") == SENT else []
        return []

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        for push in unsettled.pushes:
            yield settled(unsettled, push, self.reader, courier)

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        """None: what is answered stands."""
        return iter(())

    # --- Theirs to ours ---

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        yield from self.reader.changes(since, known, courier)

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        return self.reader.ids(kinds, courier)

    def everything(self, kinds: Iterable[Kind], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.everything(_entities(kinds), courier)

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        yield from self.reader.survey(_entities(kinds), position, courier)

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        yield from self.reader.read(wanted, courier)

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        """Customers by name, items by code, documents by number.

        Raises ValueError for a kind that has none of them.
        """
        condition = {
            Kind.CUSTOMER: "name",
            Kind.ITEM: "code",
            Kind.INVOICE: "number",
            Kind.CREDIT_NOTE: "number",
        }.get(kind)
        if condition is None:
            raise ValueError(f"{NAME} knows no name or number of a {kind}.")
        for name in dict.fromkeys(filter(None, names)):
            for raw in self.reader.where(ENTITY[kind], courier, **{condition: name}):
                yield from objects_of(ENTITY[kind], raw)

    def who_has_name(self, name: str, courier: Courier) -> tuple[RemoteObject, ...]:
        """Customers alone: names are shared with nobody, and are never refused as taken."""
        return tuple(self.find(Kind.CUSTOMER, [name], courier))

    def codes(self, courier: Courier) -> tuple[Code, ...]:
        """None: there is no chart, no tax code, no list."""
        return ()

    def company(self, courier: Courier) -> Company:
        said = self.reader.answer(self.calls.get("/organisation"), courier)
        try:
            return Company(
                remote_id=word(said, "id"),
                name=word(said, "name"),
                country=word(said, "country"),
                home_currency=word(said, "home_currency"),
                multi_currency=True,
                tax_regime=TAX_REGIME,
                closing_date=None,
            )
        except Unread as problem:
            raise TryLater(f"{NAME}'s answer could not be read ({problem.field}).") from None

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        """None: there is no trial balance. What they total is `receivable`."""
        return {}

    def receivable(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        """Their one control total: what customers owe at the end of a day, by currency."""
        request = self.calls.get("/receivable", Purpose.PROOF, dated=dated.isoformat())
        said = self.reader.answer(request, courier)
        try:
            return {currency: figure(said, currency) for currency in said}
        except Unread as problem:
            raise TryLater(f"{NAME}'s receivable could not be read ({problem.field}).") from None

    # --- Pure ---

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        return parsed(kind, raw)

    def together(self, several: Sequence[RemoteObject]) -> RemoteObject:
        return together(several)

    def project(self, snapshot: Snapshot) -> Snapshot:
        return rules.project(snapshot)

    def listed_as(self, master: Master, standing: str = "") -> str:
        return rules.listed_as(master)

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        return rules.objections(snapshot)

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        return rules.effect(snapshot, self.home)

    def address_of(self, remote: RemoteObject | tuple[str, str], web: str) -> str:
        kind, remote_id = (
            (remote.kind, remote.remote_id) if isinstance(remote, RemoteObject) else remote
        )
        if "{id}" in web:
            company = self.settings.remote_company_id
            return web.format(company=company, kind=kind, id=remote_id)
        return f"{web.rstrip('/')}/{kind}s/{remote_id}"


def connect(settings: Settings) -> Worked:
    return Worked(settings)


def _entities(kinds: Iterable[Kind]) -> list[str]:
    """An allocation comes with its source; what the ledger has not has no entity."""
    return list(dict.fromkeys(ENTITY[kind] for kind in kinds if kind in ENTITY))


def _as_it_stands(push: Push) -> tuple[RemoteObject, ...]:
    """What needs no call, with its parts where it is one object."""
    stands = stands_of(push)
    if len(stands) != 1 or stands[0].part or stands[0].gone:
        return stands
    return objects_of(stands[0].kind, stands[0].raw)


def _told(sent: _Sent, content: Mapping[str, Any]) -> list[RemoteObject]:
    """The object in an answer, with what a source was set against before, which it does not say."""
    key: Key | None = sent.todo.key
    kind = key[0] if key is not None else ENTITY[sent.push.kind]
    if not isinstance(content.get("id"), str):
        return []
    raw = dict(content)
    if kind in USED and key is not None:
        known = next((each for each in stands_of(sent.push) if key_of(each) == key), None)
        if known is not None and ALLOCATIONS in known.raw:
            raw.setdefault(ALLOCATIONS, known.raw[ALLOCATIONS])
    return list(objects_of(kind, raw))


def _as_told(sent: _Sent, trouble: ConnectorError) -> ConnectorError:
    """What "not found" and "sent already" mean depends on what was asked."""
    if isinstance(trouble, RemoteGone) and (
        sent.todo.key is None or sent.write.path.endswith(ALLOCATIONS)
    ):
        return RecordRefused(
            f"Something that it names does not stand in {NAME} any more.",
            "See what became of its customer, and of what it is set against.",
            trouble.code,
            trouble.trace_id,
        )
    if trouble.code == "sent_already":
        return RemoteIsNewer(
            f"It was marked as sent in {NAME} meanwhile.",
            "Tieout reads it again and compares before it sends.",
            trouble.code,
            trouble.trace_id,
        )
    return trouble


def _is_raised(trouble: TryLater | ConnectionLost) -> bool:
    """Whether nothing more can be asked now, of any record: as they say, or as the courier does by
    an error of its own."""
    return type(trouble) is not TryLater or trouble.whole_connection
