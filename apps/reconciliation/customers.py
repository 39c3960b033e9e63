"""Lays what each customer owes by our records beside what it owes over there.

From the records and objects that were read anyway, each at its own customer and currency: a document
that stands under another customer there makes both of them differ. What a total of theirs holds beside
them (a journal that names no customer) is a line of its own, so that the differences of all lines add up
to that of the receivable: by currency where their ledger tells it so, else in home currency, with what
applications at another rate realised.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from apps.billing.models import Customer
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind
from apps.connectors.totals import ControlTotal
from apps.core.money import rounded
from apps.reconciliation.adding import counted
from apps.reconciliation.explained import Alone, rate_of_source
from apps.reconciliation.figures import ZERO, Both, Comparison, CustomerLine
from apps.reconciliation.ledger import RECEIVABLE, Chart, Ledger
from apps.reconciliation.ours import Ours
from apps.reconciliation.postings import realising
from apps.reconciliation.receivable import owed_here, owed_there
from apps.reconciliation.shelf_of_ours import Key
from apps.reconciliation.theirs import Theirs
from apps.sync.models import RemoteRecord

Whose = int | str  # key of ours, or their id of one that is only theirs; "" of nobody
NOBODY = ""


@dataclass(slots=True)
class _Balance:
    """Of one customer and currency, as it is added up; at home beside it."""

    ours: Decimal = ZERO
    theirs: Decimal = ZERO
    explained: Decimal = ZERO
    home_ours: Decimal = ZERO
    home_theirs: Decimal = ZERO


@dataclass(slots=True)
class _Balances:
    at_home: bool  # whether their ledger tells accounts in home currency
    of: dict[tuple[Whose, str], _Balance] = field(default_factory=dict)

    def at(self, whose: Whose, currency: str) -> _Balance:
        return self.of.setdefault((whose, currency), _Balance())


def compare_customers(ours: Ours, theirs: Theirs, chart: Chart, into: Comparison) -> None:
    """Once totals and accounts are compared: what they hold of no customer is what is left of them."""
    has_accounts = ControlTotal.TRIAL_BALANCE in ours.connection.capabilities.control_totals
    owed = theirs.totals.get(ControlTotal.RECEIVABLE)
    on = into.as_of if owed is None else owed.on
    owners = _Owners(ours)
    found = _Balances(at_home=has_accounts)
    _add_ours(ours, owners, on, chart.home, found)
    _add_theirs(ours, theirs, owners, chart, on, found)
    if has_accounts:
        _realised_here(ours, owners, on, found)
        _realised_there(theirs, owners, chart, found)
        _rest_of_accounts(found, chart.home, into)
    else:
        _rest_of_totals(found, into)
    lines = _lines(found, owners, into.system)
    into.customers = sorted((each for each in lines if not each.is_nil), key=_order)


def _order(line: CustomerLine) -> tuple[Any, ...]:
    """What differs and is not explained first, then what differs, the largest first."""
    apart = line.difference or (line.home.theirs - line.home.ours if line.home else ZERO)
    return -abs(line.unexplained), -abs(apart), line.name.casefold(), line.currency


class _Owners:
    """Whose an object of theirs is. Customers of ours that are one there are one line."""

    def __init__(self, ours: Ours) -> None:
        self.connection = ours.connection
        merged = Customer.objects.filter(company=self.connection.company_id)
        losers = set(merged.filter(merged_into__isnull=False).values_list("pk", flat=True))
        self._of_id: dict[str, int] = {}
        self._of_ours: dict[int, int] = {}
        for key, ids in sorted(
            ours.customers.items(), key=lambda each: (each[0] in losers, each[0])
        ):
            first = min((self._of_id[each] for each in ids if each in self._of_id), default=key)
            self._of_ours[key] = first
            for each in ids:
                self._of_id.setdefault(each, first)
        self._ids: dict[Whose, list[str]] = defaultdict(list)
        for remote_id, owner in sorted(self._of_id.items()):
            self._ids[owner].append(remote_id)

    def ours(self, customer_id: int) -> Whose:
        return self._of_ours.get(customer_id, customer_id)

    def theirs(self, remote_id: str) -> Whose:
        return self._of_id.get(remote_id, remote_id)

    def ids(self, whose: Whose) -> tuple[str, ...]:
        """Over there."""
        if isinstance(whose, int):
            return tuple(self._ids.get(whose, ()))
        return (whose,) if whose else ()

    def names(self, several: Iterator[Whose], system: str) -> Mapping[Whose, str]:
        keys = set(several)
        mine = [each for each in keys if isinstance(each, int)]
        named: dict[Whose, str] = {
            key: customer.name for key, customer in Customer.objects.in_bulk(mine).items()
        }
        rows = RemoteRecord.objects.filter(
            connection=self.connection, of_kind=Kind.CUSTOMER, part=""
        )
        yours = {each for each in keys if isinstance(each, str)} - {NOBODY}
        for remote_id, name in rows.values_list("remote_id", "name") if yours else ():
            if remote_id in yours and name:
                named[remote_id] = f"{name} (only in {system})"
        for each in yours - set(named):
            named[each] = f"Customer {each} of {system}"
        return named | {NOBODY: "Of no customer"}


# --- what each owes -------------------------------------------------------------------------------


def _add_ours(ours: Ours, owners: _Owners, on: date | None, home: str, found: _Balances) -> None:
    for each in ours.expected:
        for owes in owed_here(each.subject):
            amount = counted(on, owes)
            line = found.at(owners.ours(_customer_of(each.subject)), owes.currency)
            line.ours += amount
            if each.left_out:
                line.explained -= amount  # and no account of ours is held to have it
            elif amount:
                line.home_ours += _worth(each.subject, amount, home)


def _customer_of(subject: Any) -> int:
    key: int = subject.customer_id
    return key


def _worth(subject: Any, amount: Decimal, home: str) -> Decimal:
    """In home currency, as it is posted."""
    at_home: Decimal | None = getattr(subject, "home_total", None)
    if at_home is not None:
        return at_home if amount > 0 else -at_home
    return rounded(amount * subject.exchange_rate, home)


def _add_theirs(
    ours: Ours, theirs: Theirs, owners: _Owners, chart: Chart, on: date | None, found: _Balances
) -> None:
    shelves = (theirs.documents, theirs.payments, theirs.entries, theirs.others)
    as_one = _as_one(ours, theirs)
    for key, read in (pair for shelf in shelves for pair in shelf.pairs()):
        remote = as_one.get(key, read)
        if remote is None:
            continue
        known = key in ours.posted
        whose = _whose(remote, owners)
        if remote.postings and not known:
            _add_booked(remote, found, whose, chart)
            continue
        for owes in owed_there(remote, chart.home):
            amount = counted(on, owes)
            line = found.at(whose, owes.currency)
            line.theirs += amount
            line.explained += ZERO if known else amount
            if owes.currency == chart.home:
                line.home_theirs += amount
            elif found.at_home:
                alone = Alone(Ledger(chart), theirs)
                alone.post(remote)
                line.home_theirs += _on_receivables(alone.ledger)


def _as_one(ours: Ours, theirs: Theirs) -> Mapping[Key, RemoteObject | None]:
    """Of records that are several objects there (a refund, and what pays it out): the first stands for
    all, and for each of the others None."""
    found: dict[Key, RemoteObject | None] = {}
    for shelf in (ours.payments, ours.entries):
        for kind, keys in shelf.several():
            there = [each for each in keys if theirs.is_there(each)]
            if kind in ours.several and len(there) > 1:
                found |= dict.fromkeys(there)
                found[there[0]] = theirs.as_one(theirs.all_at(there))
    return found


def _add_booked(remote: RemoteObject, found: _Balances, whose: Whose, chart: Chart) -> None:
    """A journal or a receipt that is only theirs: what it books on a receivable, in home currency."""
    amounts = [
        each.debit - each.credit
        for each in remote.postings
        if chart.key_of(each.account_id).startswith(RECEIVABLE)
    ]
    if found.at_home and amounts and not remote.void:
        line, amount = found.at(whose, chart.home), sum(amounts, ZERO)
        line.theirs += amount
        line.home_theirs += amount
        line.explained += amount


def _whose(remote: RemoteObject, owners: _Owners) -> Whose:
    told = remote.customer_id or getattr(remote.snapshot, "customer_id", "")
    return owners.theirs(told)


# --- at home --------------------------------------------------------------------------------------


def _realised_here(ours: Ours, owners: _Owners, on: date | None, found: _Balances) -> None:
    """What applications realised, at the customer whose money or credit it is."""
    ends = ("payment", "credit_note", "adjustment", "invoice")
    told = realising(ours).values_list(
        "date", "currency", "exchange_difference", *(f"{end}__customer" for end in ends)
    )
    for day, currency, difference, *customers in told:
        if on is None or day <= on:
            whose = next((each for each in customers if each is not None), None)
            at = NOBODY if whose is None else owners.ours(whose)
            found.at(at, currency).home_ours += difference


def _realised_there(theirs: Theirs, owners: _Owners, chart: Chart, found: _Balances) -> None:
    """The same over there, but for what payments of theirs have realised with themselves."""
    sources = theirs.payments, theirs.documents, theirs.entries
    for part in theirs.applications:
        rate = None if part.currency == chart.home else rate_of_source(part, theirs)
        if rate is None or (part.source == Kind.PAYMENT and theirs.carries_parts):
            continue
        source = next((each for shelf in sources for each in shelf.of_id(part.source_id)), None)
        whose = _whose(source, owners) if source is not None else NOBODY
        alone = Alone(Ledger(chart), theirs)
        alone.realise(part, rate)
        found.at(whose, part.currency).home_theirs += _on_receivables(alone.ledger)


def _on_receivables(posted: Ledger) -> Decimal:
    accounts = posted.explained.items()
    return sum((amount for account, amount in accounts if account.startswith(RECEIVABLE)), ZERO)


# --- what totals hold beside them -----------------------------------------------------------------


def _rest_of_accounts(found: _Balances, home: str, into: Comparison) -> None:
    accounts = [each for each in into.accounts if each.role == RECEIVABLE]
    known = list(found.of.values())
    rest = found.at(NOBODY, home)
    ours = sum((each.ours for each in accounts), ZERO) - sum(
        (each.home_ours for each in known), ZERO
    )
    theirs = sum((each.theirs for each in accounts), ZERO) - sum(
        (each.home_theirs for each in known), ZERO
    )
    rest.ours += ours
    rest.home_ours += ours
    rest.theirs += theirs
    rest.home_theirs += theirs


def _rest_of_totals(found: _Balances, into: Comparison) -> None:
    for total in into.totals:
        if total.total != ControlTotal.RECEIVABLE:
            continue
        known = [each for (_, currency), each in found.of.items() if currency == total.currency]
        ours = total.ours - sum((each.ours for each in known), ZERO)
        theirs = total.theirs - sum((each.theirs for each in known), ZERO)
        rest = found.at(NOBODY, total.currency)
        rest.ours += ours
        rest.theirs += theirs


def _lines(found: _Balances, owners: _Owners, system: str) -> Iterator[CustomerLine]:
    names = owners.names((whose for whose, _ in found.of), system)
    for (whose, currency), each in found.of.items():
        yield CustomerLine(
            customer_id=whose if isinstance(whose, int) else None,
            remote_ids=owners.ids(whose),
            name=names[whose],
            currency=currency,
            ours=each.ours,
            theirs=each.theirs,
            explained=each.explained,
            home=Both(ours=each.home_ours, theirs=each.home_theirs) if found.at_home else None,
        )
