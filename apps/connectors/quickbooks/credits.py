"""Credits set against invoices: the lines of a payment told apart, and payments of nil. Pure.

A payment says Σ invoices − Σ credits + unapplied = total, and nothing about which credit paid which
invoice. Tieout pairs them by a fixed rule, so that a second read pairs alike: credits in the order
of the lines fill invoices in the order of the lines, then the money does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.connectors.quickbooks.documents import currency_of
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


def their_word(kind: str) -> str:
    """Our word for a target as theirs; any other is theirs already (a journal)."""
    return INVOICE if kind == Kind.INVOICE else str(kind)


def our_word(kind: str) -> str:
    return Kind.INVOICE.value if kind == INVOICE else kind


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
    credits = tuple(each for each in links if each.kind == CREDIT_MEMO)
    waiting = [(each, each.amount) for each in credits]
    pairs: list[Pair] = []
    cash: list[Linked] = []
    for debit in links:
        if debit.kind == CREDIT_MEMO:
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


def linked_line(amount: Decimal, kind: str, remote_id: str) -> Json:
    return {"Amount": amount, "LinkedTxn": [{"TxnId": remote_id, "TxnType": kind}]}


# --- Payments of nil --------------------------------------------------------------------------


def sets_credit(source: Mapping[str, Any]) -> bool:
    """Whether it is no money but the use of a credit, standing or voided."""
    if figure(source.get("TotalAmt")):
        return False
    links = links_of(source)
    kinds = {linked.kind for linked in links}
    return CREDIT_MEMO in kinds or (not links and marks_credit(text(source, "PrivateNote")))


def credit_allocation(
    source: Mapping[str, Any], home: str, pair: Pair | None
) -> AllocationSnapshot:
    """A pair as the allocation of a credit note; None stands for one that was un-applied."""
    applied_on = day(source, "TxnDate")
    if applied_on is None:
        raise ValueError("a payment without a date")
    return AllocationSnapshot(
        marker=marker_in(text(source, "PrivateNote")),
        source=Kind.CREDIT_NOTE,
        source_id=pair.credit.remote_id if pair else "",
        target_kind=our_word(pair.debit.kind) if pair else Kind.INVOICE.value,
        target_id=pair.debit.remote_id if pair else "",
        amount=pair.amount if pair else NIL,
        currency=currency_of(source, home),
        applied_on=applied_on,
        customer_id=ref_of(source, "CustomerRef"),
        cancelled=pair is None,
    )


def credit_application_json(allocation: AllocationSnapshot) -> Json:
    """The payment of nil that QuickBooks itself makes when a credit is used."""
    return {
        "CustomerRef": ref(allocation.customer_id),
        "TotalAmt": NIL,
        "TxnDate": allocation.applied_on.isoformat(),
        "PrivateNote": note("", allocation.marker, of_credit=True),
        "Line": credit_lines(allocation),
    }


def credit_lines(allocation: AllocationSnapshot) -> list[Json]:
    kind = their_word(allocation.target_kind)
    return [
        linked_line(allocation.amount, kind, allocation.target_id),
        linked_line(allocation.amount, CREDIT_MEMO, allocation.source_id),
    ]
