"""Credits set against invoices: the lines of a payment told apart, and payments of nil. Pure.

A payment says Σ debits − Σ credits + unapplied = total, and nothing about which credit paid which
debit. Debits are invoices and expenses to the customer; credits are credit memos and deposits from
the customer; a journal is either, and its line does not say which: the sum does. Tieout pairs them
by a fixed rule, so that a second read pairs alike: credits in the order of the lines fill debits in
the order of the lines, then the money does.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.documents import currency_of
from apps.connectors.quickbooks.entries import currency_json
from apps.connectors.quickbooks.wire import (
    NIL,
    Json,
    day,
    figure,
    marker_in,
    marks_credit,
    members,
    note,
    ref,
    ref_of,
    text,
)
from apps.connectors.snapshots import AllocationSnapshot, Kind

INVOICE = "Invoice"
CREDIT_MEMO = "CreditMemo"
JOURNAL = "JournalEntry"
EXPENSE = "Expense"
DEPOSIT = "Deposit"

# How a link calls an expense, by the way it was paid (its entity is Purchase each time).
EXPENSES = frozenset({EXPENSE, "Check", "CreditCardExpense", "CreditCardCredit"})
ALWAYS_CREDIT = frozenset({CREDIT_MEMO, DEPOSIT})
MOST_JOURNALS = 10  # of one payment; beyond it their sides are not worked out

_THEIRS: dict[str, str] = {
    Kind.INVOICE.value: INVOICE,
    Kind.CREDIT_NOTE.value: CREDIT_MEMO,
    Kind.ADJUSTMENT.value: JOURNAL,
    Kind.REFUND.value: EXPENSE,
}
_OURS: dict[str, str] = {
    **{theirs: ours for ours, theirs in _THEIRS.items()},
    **dict.fromkeys(EXPENSES, Kind.REFUND.value),
}


def their_word(kind: str) -> str:
    """Our word for a source or a target as theirs in a link; any other is theirs already."""
    return _THEIRS.get(str(kind), str(kind))


def our_word(kind: str) -> str:
    """Theirs as ours, whether or not that very journal or expense is one of ours."""
    return _OURS.get(kind, kind)


def entity_of(kind: str) -> str:
    """The entity under which the target of a link is read."""
    return "Purchase" if kind in EXPENSES else kind


# --- Lines told apart -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Linked:
    """What a payment is set against: one target and the amount."""

    kind: str  # theirs
    remote_id: str
    amount: Decimal

    @property
    def part(self) -> str:
        return f"{self.kind}:{self.remote_id}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A credit set against one target."""

    credit: Linked
    debit: Linked
    amount: Decimal

    @property
    def part(self) -> str:
        return f"{self.credit.part}>{self.debit.part}"


@dataclass(frozen=True, slots=True)
class Pool:
    credits: tuple[Linked, ...]
    pairs: tuple[Pair, ...]
    cash: tuple[Linked, ...]  # what money is set against
    unused: Decimal  # of the credits; not nil: their lines do not add up
    unclear: bool = False  # which of its journals are credits cannot be told


def links_of(source: Mapping[str, Any]) -> list[Linked]:
    """The lines, joined per target: a payment may hold several of one invoice."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in members(source, "Line"):
        for linked in members(line, "LinkedTxn")[:1]:
            target = (text(linked, "TxnType"), text(linked, "TxnId"))
            found[target] = found.get(target, NIL) + figure(line.get("Amount"))
    return [Linked(kind, remote_id, amount) for (kind, remote_id), amount in found.items()]


def pool_of(source: Mapping[str, Any]) -> Pool:
    links = links_of(source)
    sides = _credits_among(links, source)
    if sides is None:
        return Pool((), (), (), NIL, unclear=True)
    credits = tuple(each for each in links if each in sides)
    waiting = [(each, each.amount) for each in credits]
    pairs: list[Pair] = []
    cash: list[Linked] = []
    for debit in links:
        if debit in sides:
            continue
        open_amount = debit.amount
        while waiting and open_amount > 0:
            credit, left = waiting.pop(0)
            used = min(left, open_amount)
            pairs.append(Pair(credit, debit, used))
            open_amount -= used
            if left > used:
                waiting.insert(0, (credit, left - used))
        if open_amount:
            cash.append(Linked(debit.kind, debit.remote_id, open_amount))
    unused = sum((left for _, left in waiting), NIL)
    return Pool(credits, tuple(pairs), tuple(cash), unused)


def _credits_among(links: list[Linked], source: Mapping[str, Any]) -> frozenset[Linked] | None:
    """Which links are credits: as few journals as make the sum right; None where two choices do.

    Where they do not say what is unapplied, any rest above nil is taken for it.
    """
    certain = frozenset(each for each in links if each.kind in ALWAYS_CREDIT)
    journals = [each for each in links if each.kind == JOURNAL]
    if not journals:
        return certain
    if len(journals) > MOST_JOURNALS:
        return None
    total, unapplied = figure(source.get("TotalAmt")), source.get("UnappliedAmt")
    for number in range(len(journals) + 1):
        right = []
        for some in itertools.combinations(journals, number):
            credits = certain | frozenset(some)
            applied = sum((-each.amount if each in credits else each.amount for each in links), NIL)
            rest = total - applied
            if rest == figure(unapplied) if unapplied is not None else rest >= 0:
                right.append(credits)
        if right:
            return right[0] if len(right) == 1 else None
    return certain


def linked_line(amount: Decimal, kind: str, remote_id: str) -> Json:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": remote_id, "TxnType": kind}]}


# --- Payments of nil --------------------------------------------------------------------------


def sets_credit(source: Mapping[str, Any]) -> bool:
    """Whether it is no money but the use of a credit, standing or voided."""
    if figure(source.get("TotalAmt")):
        return False
    if not links_of(source):
        return marks_credit(text(source, "PrivateNote"))
    return bool(pool_of(source).credits)


def credit_allocation(
    source: Mapping[str, Any], home: str, pair: Pair | None
) -> AllocationSnapshot:
    """A pair as the allocation of a credit note or an adjustment; None stands for one that was
    un-applied, whatever it was of."""
    applied_on = day(source, "TxnDate")
    if applied_on is None:
        raise ValueError("a payment without a date")
    return AllocationSnapshot(
        marker=marker_in(text(source, "PrivateNote")),
        source=our_word(pair.credit.kind) if pair else Kind.CREDIT_NOTE.value,
        source_id=pair.credit.remote_id if pair else "",
        target_kind=our_word(pair.debit.kind) if pair else Kind.INVOICE.value,
        target_id=pair.debit.remote_id if pair else "",
        amount=pair.amount if pair else NIL,
        currency=currency_of(source, home),
        applied_on=applied_on,
        customer_id=ref_of(source, "CustomerRef"),
        cancelled=pair is None,
    )


def credit_application_json(allocation: AllocationSnapshot, home: str) -> Json:
    """The payment of nil that QuickBooks itself makes when a credit is used."""
    return {
        "CustomerRef": ref(allocation.customer_id),
        "TotalAmt": NIL,
        "TxnDate": allocation.applied_on.isoformat(),
        "PrivateNote": note("", allocation.marker, of_credit=True),
        **currency_json(allocation.currency, allocation.exchange_rate, home),
        "Line": credit_lines(allocation),
    }


def credit_lines(allocation: AllocationSnapshot) -> list[Json]:
    kind = their_word(allocation.target_kind)
    return [
        linked_line(allocation.amount, kind, allocation.target_id),
        linked_line(allocation.amount, their_word(allocation.source), allocation.source_id),
    ]
