"""Lays what customers owe at the end of a day beside what their ledger says of it itself.

Worked out from our own rows, currency by currency and each in its own: invoices and refunds debit the
receivable, credit notes and payments credit it, a deduction does what its side says; each counts by
its own day and as it stands now, and what is applied moves nothing. The difference is explained
record by record, from their objects as read; what these do not account for is unexplained.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.billing.models import Adjustment, CreditNote, Invoice, Payment, Refund, Synced
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AdjustmentSnapshot, Kind, RefundSnapshot
from apps.connectors.totals import ControlTotal
from apps.reconciliation.figures import ZERO, Comparison, Explanation, TotalLine, shown
from apps.reconciliation.findings import Finding, called
from apps.reconciliation.models import Why
from apps.reconciliation.ours import Expected, Key, Ours, stands
from apps.reconciliation.sentences import label_of, made_of
from apps.reconciliation.theirs import Theirs

SIGN = {
    Kind.INVOICE: 1,
    Kind.REFUND: 1,
    Kind.CREDIT_NOTE: -1,
    Kind.PAYMENT: -1,
}


@dataclass(frozen=True, slots=True)
class Owes:
    """What one record puts on the receivable, on which day; a debit is above nil."""

    amount: Decimal
    currency: str
    dated: date | None


def compare_receivable(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    """A line for each currency, where their ledger tells this total; what is unexplained differs."""
    if theirs.owed is None:
        return
    on = theirs.owed.on
    here: dict[str, Decimal] = defaultdict(Decimal)
    found: dict[str, list[Explanation]] = defaultdict(list)
    for currency, explanation in _explained(ours, theirs, on, here, into):
        found[currency].append(explanation)
    for currency in sorted({*here, *found, *theirs.owed.amounts}):
        line = TotalLine(
            total=ControlTotal.RECEIVABLE,
            currency=currency,
            on=on,
            ours=here[currency],
            theirs=theirs.owed.amounts.get(currency, ZERO),
            explanations=tuple(found[currency]),
        )
        into.totals.append(line)
        if line.unexplained:
            into.differences.append(_unexplained(line, into))


def _unexplained(line: TotalLine, into: Comparison) -> Finding:
    currency = line.currency
    here, there = shown(line.ours, currency), shown(line.theirs, currency)
    return Finding(
        f"Receivable in {currency} at the end of {line.on}: {here} by our "
        f"records and {there} in {into.system}; "
        f"{shown(line.unexplained, currency)} of the difference are unexplained.",
        Why.UNEXPLAINED,
        figure=f"receivable in {currency}",
        here=here,
        there=there,
        amount=line.unexplained,
        currency=currency,
    )


# --- What each record owes ----------------------------------------------------------------------


def owed_here(subject: Synced) -> Iterator[Owes]:
    """Nothing of what was taken back, and of what moves no receivable."""
    if not stands(subject):
        return
    match subject:
        case Invoice() | CreditNote():
            sign = SIGN[Kind(subject.kind)]
            yield Owes(sign * subject.total, subject.currency, subject.issue_date)
        case Payment() | Refund():
            sign = SIGN[Kind(subject.kind)]
            yield Owes(sign * subject.amount, subject.currency, subject.date)
        case Adjustment():
            sign = 1 if subject.side == Adjustment.Side.DEBIT else -1
            yield Owes(sign * subject.amount, subject.currency, subject.date)


def owed_there(remote: RemoteObject, home: str) -> Iterator[Owes]:
    """Nothing of what was taken back, and of what is not finished there (a draft)."""
    snapshot = remote.snapshot
    taken_back = getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False)
    # What leaves the bank with a refund besides is a fee, and no customer's.
    amount = snapshot.amount if isinstance(snapshot, RefundSnapshot) else remote.amount
    if remote.void or taken_back or remote.next_step or not amount:
        return
    if isinstance(snapshot, AdjustmentSnapshot):
        sign = 1 if snapshot.debits else -1
    elif remote.of_kind in SIGN:
        sign = SIGN[remote.of_kind]
    else:
        return
    yield Owes(sign * amount, remote.currency or home, remote.dated)


def counted(on: date | None, owes: Owes) -> Decimal:
    """What of it counts at the end of a day; None: of all time."""
    counts = on is None or owes.dated is None or owes.dated <= on
    return owes.amount if counts else ZERO


def _by_currency(several: Iterable[Owes], on: date | None) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for owes in several:
        found[owes.currency] += counted(on, owes)
    return found


# --- Why the total is another one ---------------------------------------------------------------


def _explained(
    ours: Ours, theirs: Theirs, on: date, here: dict[str, Decimal], into: Comparison
) -> Iterator[tuple[str, Explanation]]:
    """Record by record; what ours come to by currency is added to `here` on the way."""
    shelves = (theirs.documents, theirs.payments, theirs.entries)
    unread = {(each.kind, each.remote_id) for each in theirs.unreadable}
    for each in ours.expected:
        for owes in owed_here(each.subject):
            here[owes.currency] += counted(on, owes)
        if not unread.isdisjoint(each.keys):
            continue  # told as such: what it comes to there, nobody knows
        # One typed over there and linked stands among the others.
        objects = theirs.objects_at(each.keys, *shelves, theirs.others, theirs.later)
        yield from _of_one(each, objects, on, into)
    only = (pair for shelf in shelves for pair in shelf.besides(ours.posted))
    yield from _only_theirs(ours, only, on, into)


def _of_one(
    each: Expected, objects: list[RemoteObject], on: date, into: Comparison
) -> Iterator[tuple[str, Explanation]]:
    mine = list(owed_here(each.subject))
    yours = [owes for remote in objects for owes in owed_there(remote, into.currency)]
    here, there = _by_currency(mine, on), _by_currency(yours, on)
    for currency in sorted({*here, *there}):
        amounts = here.get(currency, ZERO), there.get(currency, ZERO)
        if amounts[0] == amounts[1]:
            continue
        yield (
            currency,
            Explanation(
                why=_why(each, objects, mine, yours),
                amount=amounts[1] - amounts[0],
                sentence=_sentence(each, objects, amounts, currency, into),
                ours=((each.subject.kind, each.subject.pk),),
                theirs=each.keys,
            ),
        )


def _why(each: Expected, objects: list[RemoteObject], mine: list[Owes], yours: list[Owes]) -> Why:
    if each.left_out:
        return Why.LEFT_OUT
    if not objects:
        return Why.ONLY_HERE
    if not (mine and yours):
        return Why.STATE
    here, there = _by_currency(mine, None), _by_currency(yours, None)
    if here.keys() != there.keys():
        return Why.CURRENCY
    return Why.DATE if here == there else Why.AMOUNT


def _sentence(
    each: Expected,
    objects: list[RemoteObject],
    amounts: tuple[Decimal, Decimal],
    currency: str,
    into: Comparison,
) -> str:
    name = f"{called(Kind(each.subject.kind), each.subject)}{made_of(objects, each.keys, into)}"
    here, there = (shown(amount, currency) for amount in amounts)
    said = f"{name}: {here} on the receivable here and {there} in {into.system}"
    return f"{said}: {each.left_out}" if each.left_out else f"{said}."


def _only_theirs(
    ours: Ours, only: Iterable[tuple[Key, RemoteObject]], on: date, into: Comparison
) -> Iterator[tuple[str, Explanation]]:
    """One by one since the cut-off; what their books had before is one amount."""
    first = ours.connection.starts_on
    before: dict[str, list[tuple[Key, Decimal]]] = defaultdict(list)
    for key, remote in only:
        for owes in owed_there(remote, into.currency):
            amount = counted(on, owes)
            if not amount:
                continue
            old = first is not None and owes.dated is not None and owes.dated < first
            if old or key in ours.opening:
                before[owes.currency].append((key, amount))
                continue
            label = label_of(remote, into.currency)
            yield (
                owes.currency,
                Explanation(
                    why=Why.ONLY_THERE,
                    amount=amount,
                    sentence=f"{label}, is only in {into.system}.",
                    theirs=(key,),
                ),
            )
    for currency, several in before.items():
        amount = sum((each for _, each in several), ZERO)
        yield (
            currency,
            Explanation(
                why=Why.BEFORE,
                amount=amount,
                sentence=(
                    f"{shown(amount, currency)} on the receivable in {into.system} are of before "
                    f"{first}: {len(several)} of its records."
                ),
                theirs=tuple(key for key, _ in several),
            ),
        )
