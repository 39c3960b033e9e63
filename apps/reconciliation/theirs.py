"""Their side of a comparison: every object of their books, read afresh and counted."""

import dataclasses
from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.connectors.port import Connector, Courier, Purpose, RemoteObject, Reply, Request
from apps.connectors.snapshots import (
    AllocationSnapshot,
    DepositLineSnapshot,
    ItemSnapshot,
    Kind,
    PaymentSnapshot,
)
from apps.connectors.totals import ControlTotal
from apps.core.spilled import Spilled
from apps.reconciliation.figures import ZERO
from apps.reconciliation.findings import Finding
from apps.reconciliation.laid_aside import LaidAside, as_it_was
from apps.reconciliation.models import Why
from apps.reconciliation.settled import Deductions, Settled

READ_KINDS = (
    Kind.ITEM,
    Kind.INVOICE,
    Kind.CREDIT_NOTE,
    Kind.PAYMENT,
    Kind.ADJUSTMENT,
    Kind.REFUND,
    Kind.DEPOSIT,
)
Key = tuple[str, str]


class ProofCourier:
    """Carries reads of a proof by another courier, marks them as such and counts them. `before` is
    done before calls leave, and may refuse that they do."""

    def __init__(self, carrier: Courier, before: Callable[[], None] = lambda: None) -> None:
        self.carrier = carrier
        self.calls = 0
        self._before = before

    def carry(self, requests: Sequence[Request]) -> Iterator[tuple[Request, Reply]]:
        self._before()
        marked = {
            id(sent): (sent, asked)
            for asked in requests
            for sent in [dataclasses.replace(asked, purpose=Purpose.PROOF)]
        }
        for sent, reply in self.carrier.carry([sent for sent, _ in marked.values()]):
            self.calls += 1
            yield marked[id(sent)][1], reply


@dataclass(frozen=True, slots=True)
class Told:
    """What they say themselves that something comes to at the end of a day, by currency."""

    on: date
    amounts: Mapping[str, Decimal]


def newest(objects: Sequence[RemoteObject]) -> RemoteObject:
    """Where a record is one object there, the one that was read last speaks."""
    return objects[-1]


class Shelf(Spilled[Key, RemoteObject]):
    """Their objects of some kinds by kind and id, in the order in which they were read. They wait on
    disk: each look at one reads it anew."""

    def __init__(self) -> None:
        super().__init__("remote_id", "number", "marker")

    def besides(self, known: Container[Key]) -> Iterator[tuple[Key, RemoteObject]]:
        """Those that are not known. No other one is read."""
        for key in self:
            if key not in known:
                yield key, self[key]

    def of_id(self, remote_id: str) -> Iterator[RemoteObject]:
        """Those of an id, of whatever kind."""
        for _, each in self.where("remote_id", remote_id):
            yield each


@dataclass(slots=True)
class Theirs:
    """What stands over there today, without what is gone; or what of it stood at the end of a day,
    and then what is `later`.

    In memory is what belongs to few objects, or is small: what credits and entries are set against,
    what cannot be read, and sums.
    """

    documents: Shelf = field(default_factory=Shelf)
    payments: Shelf = field(default_factory=Shelf)
    # Their id of what is like a payment of ours and says what it books → its key.
    like_payments: dict[str, Key] = field(default_factory=dict)
    entries: Shelf = field(default_factory=Shelf)  # adjustments and refunds
    deposits: Shelf = field(default_factory=Shelf)
    applications: list[AllocationSnapshot] = field(default_factory=list)  # of credits and entries
    # Journals, expenses, receipts: no shape of ours, and they say what they book.
    others: Shelf = field(default_factory=Shelf)
    item_accounts: dict[str, str] = field(default_factory=dict)  # their item → its sales account
    balances: Mapping[str, Decimal] = field(default_factory=dict)  # debit less credit
    totals: dict[ControlTotal, Told] = field(default_factory=dict)  # besides the trial balance
    unreadable: list[RemoteObject] = field(default_factory=list)  # of no figure: nobody can agree
    # Whether a payment says itself what it is set against; else each part of it does.
    carries_parts: bool = True
    together: Callable[[Sequence[RemoteObject]], RemoteObject] = newest
    of_payments: dict[str, list[AllocationSnapshot]] = field(
        default_factory=lambda: defaultdict(list)
    )
    aside: LaidAside | None = None  # as of a day: what does not count yet
    later: Shelf = field(default_factory=Shelf)  # what is dated behind it, of any kind
    # Kind and id → what of it was set off since the day.
    since: Mapping[tuple[Kind, str], Decimal] = field(default_factory=dict)

    @property
    def until(self) -> date | None:
        return self.aside.until if self.aside is not None else None

    def put(self, read: RemoteObject) -> None:
        """An object as it stands; a part of one only where it uses up something but money."""
        if read.unreadable:
            self.unreadable.append(read)
            return
        snapshot = read.snapshot
        if isinstance(snapshot, AllocationSnapshot):
            told_by_it = self.carries_parts and snapshot.source == Kind.PAYMENT
            if not (told_by_it or read.void or snapshot.cancelled):
                self.applications.append(snapshot)
                if snapshot.source == Kind.PAYMENT:
                    self.of_payments[snapshot.source_id].append(snapshot)
            return
        if read.part:
            return
        # Nothing of a comparison looks at their JSON, which is most of an object.
        read = dataclasses.replace(read, raw={})
        if self.aside is not None and self.aside.is_later(read):
            self.later[read.kind, read.remote_id] = read
            self.aside.add(read)
            return
        if read.of_kind == Kind.PAYMENT and read.postings:
            self.like_payments[read.remote_id] = (read.kind, read.remote_id)
        # What was typed over there says itself what it books, also where it has a shape of ours.
        shelf = None if read.postings else self.shelf(read.of_kind)
        if shelf is not None:
            shelf[read.kind, read.remote_id] = read
        elif isinstance(snapshot, ItemSnapshot) and snapshot.account_id:
            self.item_accounts[read.remote_id] = snapshot.account_id
        elif read.postings and not read.void:
            self.others[read.kind, read.remote_id] = read

    def turn_back(self) -> None:
        """Once all is read: as of a day, what was set off since is open again."""
        if self.aside is None:
            return
        for key in list(self.payments):
            read = self.payments[key]
            then = self.aside.without_later(read)
            if then is not read:
                self.payments[key] = then
        self.applications = list(self.aside.split(self.applications))
        self.of_payments.clear()
        for part in self.applications:
            if part.source == Kind.PAYMENT:
                self.of_payments[part.source_id].append(part)
        self.since = self.aside.set_off_since()
        for shelf in (self.documents, self.payments):
            for key in list(shelf):
                read = shelf[key]
                then = as_it_was(read, self.since)
                if then is not read:
                    shelf[key] = then

    def dated_later(self, keys: Sequence[Key]) -> date | None:
        """The day behind the one that is asked on which the first of these stands."""
        found = [each.dated for each in self.objects_at(keys, self.later)]
        return found[0] if found else None

    def is_there(self, key: Key) -> bool:
        """Whether it stands by the day that is asked."""
        return any(key in shelf for shelf in self._shelves)

    def all_at(self, keys: Sequence[Key]) -> list[RemoteObject]:
        """Those that stand by then."""
        return self.objects_at(keys, *self._shelves)

    @property
    def _shelves(self) -> tuple[Shelf, ...]:
        return self.documents, self.payments, self.entries, self.deposits, self.others

    def shelf(self, kind: Kind | None) -> Shelf | None:
        match kind:
            case Kind.INVOICE | Kind.CREDIT_NOTE:
                return self.documents
            case Kind.PAYMENT:
                return self.payments
            case Kind.ADJUSTMENT | Kind.REFUND:
                return self.entries
            case Kind.DEPOSIT:
                return self.deposits
        return None

    def objects_at(
        self, keys: Sequence[Key], *shelves: Mapping[Key, RemoteObject]
    ) -> list[RemoteObject]:
        """Those of them that are there, whatever became of them."""
        found = [_first_at(key, shelves) for key in keys]
        return [each for each in found if each is not None]

    def reads_part_of(self, keys: Sequence[Key]) -> bool:
        """Whether one of several objects cannot be read, which is told of it: then nobody knows what
        they come to."""
        if len(keys) < 2:
            return False
        unread = {(each.kind, each.remote_id) for each in self.unreadable}
        return not unread.isdisjoint(keys)

    def as_one(self, objects: Sequence[RemoteObject]) -> RemoteObject | None:
        """What the objects of one record are as one."""
        if len(objects) < 2:
            return objects[0] if objects else None
        return self.together(objects)

    def parts_of(self, payment: PaymentSnapshot, ids: Sequence[str]) -> list[AllocationSnapshot]:
        """What a payment, which has these ids, is set against."""
        if self.carries_parts:
            return [each for each in payment.allocations if not each.cancelled]
        return [part for each in ids for part in self.of_payments.get(each, ())]

    def parts_since(self, ids: Sequence[str]) -> list[AllocationSnapshot]:
        """What a payment was set against since the day."""
        parts = self.aside.parts if self.aside is not None else ()
        return [each for each in parts if each.source == Kind.PAYMENT and each.source_id in ids]

    def set_off_since(self, kind: Kind, ids: Iterable[str]) -> Decimal:
        """How much of an object, or of several, was set off since the day."""
        return sum((self.since.get((kind, each), ZERO) for each in ids), ZERO)

    def held_by(self, line: DepositLineSnapshot) -> Key:
        """The payment or the receipt that a line of a bank deposit holds."""
        named = (line.kind, line.payment_id)
        if line.kind:
            return named
        for each in self.payments.of_id(line.payment_id):
            return each.kind, each.remote_id
        return self.like_payments.get(line.payment_id, named)

    def lies_in(self, key: Key) -> str:
        """The account that the money of a receipt came to; "" where that is not known."""
        receipt = self.others.get(key)
        return receipt.postings[0].account_id if receipt is not None else ""

    def settled(self, deductions: Deductions) -> dict[str, Settled]:
        """Their id of an invoice → what was set against it."""
        found: dict[str, Settled] = defaultdict(Settled)
        for read in self.payments.values():
            snapshot = read.snapshot
            if not isinstance(snapshot, PaymentSnapshot) or read.void or snapshot.cancelled:
                continue
            for part in snapshot.allocations:
                if not part.cancelled:
                    deductions.settle(found, part)
        for part in self.applications:
            deductions.settle(found, part)
        return found

    def settled_since(self, deductions: Deductions) -> dict[str, Settled]:
        """The same of what was set against invoices since the day."""
        found: dict[str, Settled] = defaultdict(Settled)
        for part in self.aside.parts if self.aside is not None else ():
            deductions.settle(found, part)
        return found


def _first_at(key: Key, shelves: Sequence[Mapping[Key, RemoteObject]]) -> RemoteObject | None:
    for shelf in shelves:
        found = shelf.get(key)
        if found is not None:
            return found
    return None


def theirs_of(
    connector: Connector, courier: Courier, today: date, as_of: date | None = None
) -> Theirs:
    """Everything of the kinds that this connector knows, and the totals that their ledger tells; as
    of a day what is dated until its end."""
    has = connector.capabilities
    found = Theirs(
        carries_parts=has.payments_carry_allocations,
        together=connector.together,
        aside=LaidAside(as_of) if as_of is not None else None,
    )
    kinds = [kind for kind in READ_KINDS if has.may_have(kind)]
    for each in connector.everything(kinds, courier):
        if not each.gone:
            found.put(each)
    found.turn_back()
    if ControlTotal.TRIAL_BALANCE in has.control_totals:
        found.balances = connector.balances(courier, as_of)
    on = as_of or today
    if ControlTotal.RECEIVABLE in has.control_totals:
        found.totals[ControlTotal.RECEIVABLE] = Told(on, connector.receivable(on, courier))
    if ControlTotal.TAX in has.control_totals:
        found.totals[ControlTotal.TAX] = Told(on, connector.tax_on_sales(on, courier))
    return found


def not_read(found: Theirs, system: str) -> list[Finding]:
    """What stands there and holds something that cannot be read: its figures are unknown."""
    return [
        Finding(
            f"{each.kind} {each.number or each.name or each.remote_id} (id {each.remote_id}) in {system} "
            f"cannot be read: {each.unreadable.field} is {each.unreadable.value}.",
            Why.UNREADABLE,
            theirs=((each.kind, each.remote_id),),
            figure=each.unreadable.field,
            there=each.unreadable.value,
        )
        for each in found.unreadable
        if each.unreadable
    ]


def doubles(found: Theirs, known: Container[Key], several: Collection[Kind]) -> list[Finding]:
    """What stands there twice: one number on two documents of a kind, one marker on two objects.

    Of a kind of which one record may be several objects, those that are `known` to be it are one.
    """
    numbers: dict[tuple[str, str], list[str]] = defaultdict(list)
    markers: dict[tuple[str, str], list[str]] = defaultdict(list)
    one_record: set[tuple[str, str]] = set()
    for _, each in found.documents.repeated("number"):
        if not each.void and each.of_kind in (Kind.INVOICE, Kind.CREDIT_NOTE):
            numbers[each.kind, each.number].append(each.remote_id)
    shelves = (found.documents, found.payments, found.entries, found.deposits)
    for marker in _met_again(marker for shelf in shelves for marker in shelf.said("marker")):
        for key, each in [pair for shelf in shelves for pair in shelf.where("marker", marker)]:
            if each.void:
                continue
            if each.of_kind in several and key in known:
                if (each.kind, each.marker) in one_record:
                    continue
                one_record.add((each.kind, each.marker))
            markers[each.kind, each.marker].append(each.remote_id)
    found_twice = [(f"{kind} {number}", kind, ids) for (kind, number), ids in numbers.items()]
    found_twice += [
        (f"{kind} with our marker {marker}", kind, ids) for (kind, marker), ids in markers.items()
    ]
    return [
        Finding(
            f"{name} stands there {len(ids)} times (ids {', '.join(ids)}).",
            Why.TWICE,
            theirs=tuple((kind, each) for each in ids),
            figure=name,
            there=f"{len(ids)} times",
        )
        for name, kind, ids in found_twice
        if len(ids) > 1
    ]


def _met_again(words: Iterable[str]) -> Collection[str]:
    """Those that come more than once, and a few that do not: only their hashes are remembered."""
    seen: set[int] = set()
    again: dict[str, None] = {}
    for word in words:
        if hash(word) in seen:
            again[word] = None
        seen.add(hash(word))
    return again
