"""What was open at the cut-off on either side, and which of ours may be which of theirs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from apps.billing.models import Customer
from apps.billing.rules.families import stands_for
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.core.money import ZERO
from apps.sync.models import OpeningItem
from apps.sync.opening.open_then import Desk, Ours, Theirs, folded
from apps.sync.wording import day, money

# An invoice is owed to us; credits and money on account are what we hold of the customer.
SIGN = {Kind.INVOICE: 1, Kind.CREDIT_NOTE: -1, Kind.PAYMENT: -1}
MOST_CANDIDATES = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Pair:
    """One of ours and one of theirs. `differences` are sentences; `refusal`: they cannot be one."""

    ours: Ours
    theirs: Theirs
    differences: tuple[str, ...] = ()
    refusal: str = ""
    item: OpeningItem | None = None

    @property
    def agrees(self) -> bool:
        return not (self.differences or self.refusal)


@dataclass(frozen=True, kw_only=True, slots=True)
class OnlyHere:
    """One of ours that is linked with nothing, and what over there may be it, likeliest first."""

    ours: Ours
    candidates: Sequence[Pair] = ()

    @property
    def proposed(self) -> Pair | None:
        """The only one that agrees in everything."""
        found = [each for each in self.candidates if each.agrees]
        return found[0] if len(found) == 1 else None


@dataclass(kw_only=True, slots=True)
class Sum:
    """What a customer owed at the cut-off in one currency, less what we held of it.

    theirs = ours - only_here + only_there + linked: every difference is one of these three.
    """

    customer: str
    currency: str
    ours: Decimal = ZERO
    theirs: Decimal = ZERO
    only_here: Decimal = ZERO
    only_there: Decimal = ZERO
    linked: Decimal = ZERO  # by which theirs is more, of what is linked

    @property
    def difference(self) -> Decimal:
        return self.theirs - self.ours

    @property
    def missing_there(self) -> Decimal:
        """The part of the difference that what is only here makes up."""
        return -self.only_here


@dataclass(kw_only=True, slots=True)
class OpenItems:
    """Both sides at the end of `day`, the day before the cut-off."""

    day: date
    linked: list[Pair] = field(default_factory=list)
    only_here: list[OnlyHere] = field(default_factory=list)
    only_there: list[Theirs] = field(default_factory=list)
    sums: list[Sum] = field(default_factory=list)
    is_read: bool = True  # whether their books were read at all

    @property
    def totals(self) -> list[Sum]:
        """All customers together, a sum per currency."""
        found: dict[str, Sum] = {}
        for each in self.sums:
            total = found.setdefault(each.currency, Sum(customer="", currency=each.currency))
            total.ours += each.ours
            total.theirs += each.theirs
            total.only_here += each.only_here
            total.only_there += each.only_there
            total.linked += each.linked
        return [found[currency] for currency in sorted(found)]

    @property
    def proposed(self) -> list[Pair]:
        """Pairs that agree in everything; a person says so."""
        return [each.proposed for each in self.only_here if each.proposed is not None]

    @property
    def agrees(self) -> bool:
        """Whether what customers owed was the same on both sides."""
        return not any(each.difference for each in self.sums)


def open_items(connection: Connection) -> OpenItems:
    """Everything that was open at the cut-off, read from our rows alone. Calls nobody.

    Raises ValueError where no cut-off is chosen.
    """
    desk = Desk(connection)
    found = OpenItems(day=desk.day, is_read=bool(desk.theirs_customers))
    theirs = desk.theirs()
    tied = desk.tied({each.row.pk: each for each in theirs})
    items = {
        item.sync_record_id: item
        for item in OpeningItem.objects.filter(sync_record__connection=connection, unlinked_at=None)
    }
    linked_there: set[int] = set()
    alone: list[Ours] = []
    for each in desk.ours():
        record_pk, row = tied.get((each.kind, each.subject.pk), (None, None))
        if row is None:
            alone.append(each)
            continue
        item = items.get(record_pk or 0)
        linked_there.add(row.row.pk)
        # What went over before the cut-off was moved is linked too, and bears no item.
        found.linked.append(pair(each, row, item))
    free = [each for each in theirs if each.row.pk not in linked_there]
    found.only_there = [each for each in free if each.open]
    found.only_here = [
        OnlyHere(ours=each, candidates=_candidates(each, free))
        for each in alone
        if each.open or each.awaited
    ]
    found.linked = [
        each for each in found.linked if each.item or each.ours.open or each.theirs.open
    ]
    found.sums = _sums(found)
    return found


def pair(ours: Ours, theirs: Theirs, item: OpeningItem | None = None) -> Pair:
    """Both beside each other: what differs, and why they cannot be one at all."""
    refusal, differences = "", []
    if ours.kind != theirs.kind:
        refusal = f"One is {_a(ours.kind)}, the other {_a(theirs.kind)}."
    elif ours.currency != theirs.currency:
        refusal = f"One is in {ours.currency}, the other in {theirs.currency}."
    elif not same_customer(ours, theirs):
        refusal = (
            f"One is of {ours.subject.customer}, the other of {theirs.customer}. If both are one "
            "customer, link these first."
        )
    if ours.kind == Kind.PAYMENT:
        if ours.dated != theirs.dated:
            differences.append(f"It is dated {day(ours.dated)} here and {day(theirs.dated)} there.")
        if ours.currency == theirs.currency and ours.amount != theirs.amount:
            differences.append(
                f"It comes to {money(ours.amount, ours.currency)} here and "
                f"{money(theirs.amount, ours.currency)} there."
            )
    elif ours.number != theirs.number:
        differences.append(
            f"Its number is {ours.number} here and {theirs.number or 'empty'} there."
        )
    if ours.currency == theirs.currency and ours.open != theirs.open:
        differences.append(
            f"{money(ours.open, ours.currency)} are open here and "
            f"{money(theirs.open, ours.currency)} there, "
            f"{money(abs(theirs.open - ours.open), ours.currency)} "
            f"{'more' if theirs.open > ours.open else 'less'} there."
        )
    return Pair(
        ours=ours, theirs=theirs, differences=tuple(differences), refusal=refusal, item=item
    )


def same_customer(ours: Ours, theirs: Theirs) -> bool:
    """Linked with each other; or linked with nothing, and of one name."""
    if ours.customers or theirs.ours_customer is not None:
        return theirs.customer_id in ours.customers
    return folded(theirs.customer) == ours.customer


def _a(kind: Kind) -> str:
    return {Kind.INVOICE: "an invoice", Kind.CREDIT_NOTE: "a credit note"}.get(kind, "a payment")


def _candidates(ours: Ours, theirs: Iterable[Theirs]) -> list[Pair]:
    """What may be it: of its kind and customer, with its number or its amount."""
    found = []
    for each in theirs:
        if each.kind != ours.kind:
            continue
        both = pair(ours, each)
        numbered = bool(ours.number) and ours.number == each.number
        # Another currency or customer under one number is shown, so that somebody sees why not.
        if (both.refusal and numbered) or (not both.refusal and (numbered or _alike(ours, each))):
            found.append(both)
    found.sort(key=lambda each: (bool(each.refusal), len(each.differences), each.theirs.row.pk))
    return found[:MOST_CANDIDATES]


def _alike(ours: Ours, theirs: Theirs) -> bool:
    if ours.kind == Kind.PAYMENT and ours.amount == theirs.amount:
        return True
    return bool(ours.open) and ours.open == theirs.open


def _sums(found: OpenItems) -> list[Sum]:
    by_customer: dict[tuple[str, str], Sum] = {}

    def at(customer: str, currency: str) -> Sum:
        key = (folded(customer), currency)
        return by_customer.setdefault(key, Sum(customer=customer, currency=currency))

    def who(ours: Ours) -> str:
        """Of a customer that was merged, the one that stands for it: their books know only that."""
        return str(stands_for(ours.subject.customer))

    for both in found.linked:
        line = at(who(both.ours), both.ours.currency)
        sign = SIGN[both.ours.kind]
        line.ours += sign * both.ours.open
        line.theirs += sign * both.theirs.open
        line.linked += sign * (both.theirs.open - both.ours.open)
    for here in found.only_here:
        line = at(who(here.ours), here.ours.currency)
        line.ours += SIGN[here.ours.kind] * here.ours.open
        line.only_here += SIGN[here.ours.kind] * here.ours.open
    names = dict(
        Customer.objects.filter(
            pk__in=[each.ours_customer for each in found.only_there if each.ours_customer]
        ).values_list("pk", "name")
    )
    for there in found.only_there:
        line = at(names.get(there.ours_customer or 0, there.customer), there.currency)
        line.theirs += SIGN[there.kind] * there.open
        line.only_there += SIGN[there.kind] * there.open
    told = [
        each
        for each in by_customer.values()
        if each.ours or each.theirs or each.only_here or each.only_there or each.linked
    ]
    return sorted(told, key=lambda each: (each.customer, each.currency))
