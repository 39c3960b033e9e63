"""The port: what every accounting system must be able to do for the engine, and in which words.

A connector is pure: it composes requests and reads answers. It holds no row and no state; all HTTP
leaves through the `Courier` it is handed, which writes intents first, keeps the limits, and carries
several requests at a time. A connector is written in `connectors/<system>/` and found by
`registry.py`; `tests/contract` runs the same tests against each.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from apps.connectors.capabilities import Capabilities, Check, LineTax, Switch
from apps.connectors.charts import Code, CodeKind, CodePart, Company, DatedPercent, Role
from apps.connectors.errors import ConnectorError
from apps.connectors.limits import READ
from apps.connectors.snapshots import Kind, Master, Snapshot

__all__ = [
    "Capabilities",
    "Check",
    "Code",
    "CodeKind",
    "CodePart",
    "Company",
    "Confirmation",
    "Connector",
    "Courier",
    "DatedPercent",
    "Fate",
    "KnownThere",
    "LineTax",
    "Link",
    "Outcome",
    "Page",
    "Posting",
    "Purpose",
    "Push",
    "RemoteObject",
    "Reply",
    "Request",
    "Role",
    "Settings",
    "SurveyPage",
    "Switch",
    "Unreadable",
    "Unsettled",
]


class Purpose(StrEnum):
    """What a call is for: the words in which calls are counted."""

    MASTERS = "masters"
    DOCUMENTS = "documents"
    PAYMENTS = "payments"
    READS = "reads"
    RETRIES = "retries"
    PROOF = "proof"
    NOTES = "notes"

    @property
    def may_use_reserve(self) -> bool:
        """Settling what is unknown, and money: some of a day's calls are kept for them."""
        return self in (Purpose.PAYMENTS, Purpose.RETRIES)


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """Their word that one object settles a part of another."""

    kind: str
    remote_id: str
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A field of an object of theirs that holds nothing that could be meant: a day 0000-00-00, an
    amount "n/a", a total that is null. `value` is shortened, for staff to read."""

    field: str
    value: str


@dataclass(frozen=True, kw_only=True, slots=True)
class RemoteObject:
    """One object of theirs as last read. `raw` is their JSON, kept so that a write loses nothing.

    `snapshot` is None where the object has a shape that Tieout does not hold (a journal) and where
    it is gone. `part` names a part of an object that stands for a record of ours of its own: the
    allocation of a payment that a ledger keeps as a line of the payment. `customer_id` says whose
    it is; of a customer, which one it is under. `marker`: ours; of a payment its first 20 digits,
    where there is room for no more, which are believed where currency, amount and day are ours too.
    `tax_number` is a customer's as they show it, which may be the end of it alone; Tieout writes none.
    """

    kind: str
    remote_id: str
    part: str = ""
    version: str = ""
    updated_at: datetime | None = None
    of_kind: Kind | None = None
    snapshot: Snapshot | None = None
    raw: Mapping[str, Any] = field(default_factory=dict)
    marker: str = ""
    number: str = ""
    name: str = ""
    customer_id: str = ""
    tax_number: str = ""
    currency: str = ""
    amount: Decimal | None = None
    balance: Decimal | None = None
    dated: date | None = None
    links: tuple[Link, ...] = ()
    # What it books, where Tieout holds no shape of it and it says so itself: a journal of theirs.
    # An account that only their rate or item tells is "tax:<id>" or "item:<id>".
    postings: "tuple[Posting, ...]" = ()
    void: bool = False
    gone: bool = False
    # Its line of the bank is reconciled with a statement there, where they tell that.
    reconciled: bool = False
    # A step of it that is still to come, where the object shows it: a draft that is to be sent.
    next_step: str = ""
    # Why it could not be read; then it has its kind and id, and no snapshot, figure or day.
    unreadable: Unreadable | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One exchange to be, with its exact bytes: what is stored is what is sent.

    `headers` say which organisation, the idempotency key, a condition. What lets us in is never
    among them (ValueError): the line adds it as a request leaves, so that no row holds it.
    `evidence` (JSON, short) is kept with a write and never leaves: it settles a lost answer.
    """

    method: str
    path: str  # below the API's base, with the company in it
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    content_type: str = "application/json"
    purpose: Purpose
    key: str = ""  # the provider's idempotency key; "" for reads
    members: tuple[int, ...] = ()  # refs of the pushes it carries, in the order of the body
    # By what limits count; a call is one call where it is not named, and nothing else.
    cost: Mapping[str, int] = field(default_factory=dict)
    writes: bool = False
    timeout: float | None = None  # seconds; None = the engine's call deadline
    evidence: str = ""

    @property
    def costs(self) -> Mapping[str, int]:
        """What it costs of whatever limits count, beside the call itself."""
        return {READ: 0 if self.writes else 1, **self.cost}


class Fate(StrEnum):
    """How far a request got."""

    ANSWERED = "answered"  # a status line and a whole body arrived
    UNSENT = "unsent"  # not a byte left: nothing can have happened there
    LOST = "lost"  # it may have been executed


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What came back. `status` is 0 unless answered."""

    fate: Fate
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: bytes = b""
    seconds: float = 0.0
    problem: str = ""  # why it was unsent or lost, without any secret
    peer: str = ""  # the IP address that answered, of an address that a person typed


class Courier(Protocol):
    """Carries requests for a connector: intents first, limits kept, several at a time.

    Replies arrive in any order, each beside its request: whatever they answered (a 304 too), or
    that it was not sent, or lost. The line adds the authorisation; the courier lets it be renewed
    once on 401. It raises `ConnectionLost` when there is no authorisation to renew, and
    `TryLater` when no further call may start now; requests that it has not started stay unsent.
    """

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """One step of a record that should stand in their books as `snapshot` says.

    `known` is their object as last read (None: create); `agreed` what both sides last agreed on.
    `stands` are all objects of theirs that are the record's by now, parts included and what is gone
    there; where several stand, `known` is what `Connector.together` makes of them. How much of an
    object is other records' of ours says `beside`; `known` is without it, `stands` the whole.
    `step` is what the last outcome named as due ("" first): by now the record may need another.
    `identity` is (connection, record, generation, step), of each later change too: make a key of
    it, of the version that the write is based on, and of its bytes.
    """

    ref: int
    kind: Kind
    snapshot: Snapshot
    identity: str
    known: RemoteObject | None = None
    agreed: Snapshot | None = None
    stands: tuple[RemoteObject, ...] = ()
    beside: Mapping[tuple[str, str, str], Decimal] = field(default_factory=dict)
    step: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What came of one push.

    `remote` holds their objects as their answer says; the first is the record's own, the others are
    parts and objects that changed with it. Beside an `error` it is what stands all the same. With
    `next_step` this step is done and the record is not: it is pushed again for that one. `retired`
    are (kind, id, part) of objects that stand for the record no more, since it changed its form.
    With `handed_over` it has surely arrived and is not in their books: `remote` names the object that
    it will be, with a version of its own, and a later `Confirmation` of that version says what
    became of it. A record that carries others inside is never handed over.
    """

    ref: int
    remote: tuple[RemoteObject, ...] = ()
    error: ConnectorError | None = None
    next_step: str = ""
    retired: tuple[tuple[str, str, str], ...] = ()
    handed_over: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmation:
    """Their word about what was handed over: this version of the object is in their books, or was
    turned away for the reason in `refusal`, in their words."""

    kind: str
    remote_id: str
    version: str
    refusal: str = ""
    code: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsettled:
    """A request whose answer was lost, with the pushes it carried.

    Absence may be believed only while no byte of it left since: a replay that gets no answer
    begins the provider's time-out anew.
    """

    request: Request
    pushes: tuple[Push, ...]
    may_replay: bool  # its key is believed to live, and no replay of it stayed without an answer
    believe_absence: bool  # the provider's own time-out has passed since the last byte


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Part of a change feed. The last page alone says how far it was read: `cursor`, in their time;
    `position`, where the feed counts by something else (versions, a token of theirs): from there
    the next reading goes on. Either may be missing, not both.

    `totals`, on the last page, where the feed could not say what was deleted: how many objects of
    each kind of theirs stand there. Where we hold another number once the page is stored, `ids`
    tells which are gone.
    `nameless` are objects that came without an id: nothing can be kept of them but their number.
    """

    objects: tuple[RemoteObject, ...]
    cursor: datetime | None = None
    position: str = ""
    totals: Mapping[str, int] = field(default_factory=dict)
    nameless: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class SurveyPage:
    """Part of the reading of everything. `position` lets another process go on behind it; "" once
    nothing is left. `read_at` is their time of the answer, where it tells one."""

    objects: tuple[RemoteObject, ...]
    position: str
    read_at: datetime | None = None


class KnownThere(Protocol):
    """What the engine holds of theirs: what a feed that is too full for one answer need not read."""

    def news(self, kind: str, versions: Mapping[str, str]) -> list[str]:
        """Of objects of a kind (id → version), the ids of those that are not held as they are."""
        ...

    def written(self, since: datetime) -> int:
        """About how many objects Tieout itself wrote there since a time of theirs: where they fill
        an answer of the feed alone, it need not be asked."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Posting:
    """One debit or credit, in home currency: exactly one of both is not nil."""

    account_id: str  # theirs; "receivable" where the ledger chooses it
    debit: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a connector must know of a connection: set per connection, never per call."""

    remote_company_id: str
    home_currency: str
    today: Callable[[], date]
    now: Callable[[], datetime]
    tax_regime: str = "none"  # as `Company.tax_regime` said at the last look
    multi_currency: bool = False  # likewise
    switches: frozenset[str] = frozenset()  # of `Capabilities.switches` those that are on
    there: Mapping[str, str] = field(default_factory=dict)  # `Company.settings` at the last look


class Connector(Protocol):
    """Speaks to one accounting system for one of its companies."""

    capabilities: Capabilities  # with the switches of its settings

    def push(self, pushes: Sequence[Push], courier: Courier) -> Iterator[Outcome]:
        """Carry records of one wave over, a step each; an outcome per push, as answers arrive.

        Every push ends in exactly one outcome, unless the courier raises. A step is at most one
        call that writes for this push: what follows it is named in the outcome.
        """
        ...

    def settle(self, unsettled: Unsettled, courier: Courier) -> Iterator[Outcome]:
        """Find out what became of a lost request: replay its very bytes, look up, or both.

        An outcome per push, about the lost call and nothing else: done (found or replayed), a
        refusal of that very call, `NeverArrived` where it surely is not there (it may be sent anew
        under a new key), `CannotTell` where this ledger can never be asked, and any other error
        where that cannot be told yet. It writes nothing but those bytes.
        """
        ...

    def confirmations(
        self, handed: Sequence[tuple[str, str, str]], courier: Courier
    ) -> Iterator[Confirmation]:
        """What they have said by now of what was handed over: (their kind, id, version). Asked only
        where the capabilities say that they hand over; what is not decided yet is left out."""
        ...

    def changes(
        self, since: datetime, courier: Courier, known: KnownThere, position: str = ""
    ) -> Iterator[Page]:
        """Everything that changed there since `since` (their time), gone objects included; what is
        known as it stands may be left out. Where `feed_by_time` is False, behind the `position` of
        the reading before: from the beginning for "" and for one that they do not know any more."""
        ...

    def ids(self, kinds: Sequence[str], courier: Courier) -> Mapping[str, frozenset[str]]:
        """The ids of everything that stands there now, by kind of theirs."""
        ...

    def everything(self, kinds: Iterable[Kind], courier: Courier) -> Iterator[RemoteObject]:
        """All their objects of these kinds, read afresh, ordered by id and counted; and what of
        theirs books money beside them, without a kind of ours (a sales receipt)."""
        ...

    def survey(
        self, kinds: Sequence[Kind], position: str, courier: Courier
    ) -> Iterator[SurveyPage]:
        """The same page by page, behind the `position` that a page of the same kinds gave; from the
        beginning for "". What changes meanwhile is left to the feed."""
        ...

    def read(self, wanted: Sequence[tuple[str, str]], courier: Courier) -> Iterator[RemoteObject]:
        """Objects by (their kind, id); an object that is gone is answered with `gone`."""
        ...

    def find(self, kind: Kind, names: Sequence[str], courier: Courier) -> Iterator[RemoteObject]:
        """Objects by name (masters, inactive included) or number (documents)."""
        ...

    def who_has_name(self, name: str, courier: Courier) -> tuple[RemoteObject, ...]:
        """Whoever carries a customer's name that was refused as taken, on every list that shares
        names with customers, the inactive included."""
        ...

    def parse(self, kind: str, raw: Mapping[str, Any]) -> RemoteObject:
        """The object, or the part of one, that a kept `raw` of this kind stands for. Pure.

        `raw` is what the connector put there; the same object comes back, snapshot included.
        """
        ...

    def together(self, objects: Sequence[RemoteObject]) -> RemoteObject:
        """What several objects of one record are as one: two payments there that are one receipt
        here have the sum of both. Parts are of their object. Pure."""
        ...

    def codes(self, courier: Courier) -> tuple[Code, ...]: ...

    def company(self, courier: Courier) -> Company: ...

    def balances(self, courier: Courier, as_of: date | None = None) -> Mapping[str, Decimal]:
        """Their trial balance: account id → debit less credit, in home currency. Of all that was
        ever booked or is dated ahead, or at the end of a day; then of that day's date alone, as their
        books stand now. This and the next two are asked only where `control_totals` names them."""
        ...

    def receivable(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        """What customers owe by their own sum at the end of a day: currency → amount in it, each
        document and each payment by its own day and as it stands now, applied or not."""
        ...

    def tax_on_sales(self, dated: date, courier: Courier) -> Mapping[str, Decimal]:
        """What was charged as tax until the end of a day by their own sum, less what credit notes took
        back (`tax_total_counts_credits`): currency → amount in it, each document by its own day."""
        ...

    def project(self, snapshot: Snapshot) -> Snapshot:
        """What their ledger can hold of it: lengths, decimals, characters. Pure."""
        ...

    def listed_as(self, master: Master, standing: str = "") -> str:
        """What their lists call a customer or an item of ours once it was sent, where it is called
        `standing` there now ("": it is new). Pure."""
        ...

    def objections(self, snapshot: Snapshot) -> tuple[str, ...]:
        """Sentences: why this ledger cannot hold it accurately. Pure, before any call."""
        ...

    def effect(self, snapshot: Snapshot) -> tuple[Posting, ...]:
        """The debits and credits their ledger will make. Pure."""
        ...

    def address_of(self, remote: RemoteObject | tuple[str, str], web: str) -> str:
        """The page of their web app that shows the object (kind, id); "" where there is none."""
        ...
