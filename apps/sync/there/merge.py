"""Three-way work on snapshots: what we changed since both sides agreed, laid over theirs."""

import dataclasses
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.connectors.port import Connector
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    DepositLineSnapshot,
    DepositSnapshot,
    Difference,
    InvoiceSnapshot,
    Snapshot,
    differences,
)
from apps.sync.models import Reason

SPEAKING = frozenset({"held", "ask"})


def ours_changed(agreed: Snapshot, ours: Snapshot) -> tuple[Difference, ...]:
    """The fields that we hold and changed since both sides agreed."""
    return tuple(
        each for each in differences(in_order(agreed), in_order(ours)) if each.whose in SPEAKING
    )


def laid_over(agreed: Snapshot, ours: Snapshot, theirs: Snapshot) -> Snapshot:
    """Theirs, with those of our fields that we changed since both sides agreed.

    A field we did not touch keeps what they have, whatever it is: a note, a class, a due date
    that somebody moved over there. Of an amount that they do not have the account is ours.
    """
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(ours):
        mine, base = getattr(ours, field.name), getattr(agreed, field.name)
        amount = field.metadata.get("of")
        if amount and not getattr(theirs, amount):
            changed[field.name] = mine
            continue
        unheld = field.metadata.get("whose") == "kept"
        changed[field.name] = getattr(theirs, field.name) if mine == base or unheld else mine
    changed["marker"] = ours.marker
    return dataclasses.replace(theirs, **changed)


def unconfirmed(connector: Connector, sent: Snapshot, answered: Snapshot) -> tuple[Difference, ...]:
    """Where their answer does not say what we sent: amounts, dates, customers, numbers.

    What we left open (None) is theirs to fill in. Of what was taken back only that it was counts:
    each ledger empties a void record in its own way.
    """
    if is_taken_back(sent) and is_taken_back(answered):
        return ()
    found = differences(in_order(connector.project(sent)), in_order(connector.project(answered)))
    return tuple(each for each in found if each.whose == "ask" and each.ours is not None)


def is_taken_back(snapshot: Snapshot) -> bool:
    """Void or cancelled."""
    return bool(getattr(snapshot, "void", False) or getattr(snapshot, "cancelled", False))


def in_order(snapshot: Snapshot) -> Snapshot:
    """Allocations, tax by rate and what a bank deposit holds have no order of their own: sorted by
    what they settle, by rate, by payment and amount; markers of allocations aside."""
    if isinstance(snapshot, DepositSnapshot):
        return dataclasses.replace(snapshot, lines=tuple(sorted(snapshot.lines, key=_member)))
    if isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
        rates = sorted(snapshot.taxes, key=lambda each: each.rate_id)
        return dataclasses.replace(snapshot, taxes=tuple(rates))
    parts = getattr(snapshot, "allocations", None)
    if not parts:
        return snapshot
    standing = [each for each in parts if not each.cancelled]
    plain = [dataclasses.replace(each, marker="", source_id="") for each in standing]
    return dataclasses.replace(snapshot, allocations=tuple(sorted(plain, key=_target)))  # type: ignore[arg-type] # only a payment has allocations


def _target(part: AllocationSnapshot) -> tuple[str, str]:
    return part.target_kind, part.target_id


def _member(line: DepositLineSnapshot) -> tuple[str, Decimal, str]:
    return line.payment_id, line.amount, line.account_id


def other_figures(name: str, wrong: Sequence[Difference]) -> tuple[Reason, str, str]:
    """How a record is held that stands there otherwise than it was sent: reason, sentence, remedy."""
    return (
        Reason.AMOUNTS_DIFFER,
        f"{name} answered with other figures: {said(tuple(wrong), name)}",
        f"Compare both, put right what is wrong in {name} or here, then press Retry.",
    )


def said(differences_found: tuple[Difference, ...], name: str) -> str:
    """The differences as a sentence for staff."""
    words = {
        "net": "net amount",
        "total": "total",
        "tax": "tax",
        "taxes": "tax by rate",
        "tax_code_id": "tax code",
        "exchange_rate": "exchange rate",
        "home_total": "total in home currency",
        "fee": "fee",
        "fee_tax": "tax in the fee",
        "dated": "date",
        "issue_date": "date",
        "paid_on": "date",
        "due_date": "due date",
        "customer_id": "customer",
        "number": "number",
        "amount": "amount",
        "void": "void",
        "cancelled": "cancelled",
        "allocations": "what it is set against",
    }
    parts = []
    for each in differences_found[:5]:
        *place, last = each.path.split(".")
        where = f"line {place[1]}, " if len(place) > 1 and place[0] == "lines" else ""
        parts.append(
            f"{where}{words.get(last, last.replace('_', ' '))}: "
            f"{_shown(each.ours)} in Tieout, {_shown(each.theirs)} in {name}"
        )
    more = len(differences_found) - len(parts)
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


def _shown(value: Any) -> str:
    if value is None or value == "":
        return "nothing"
    if isinstance(value, tuple):
        return f"{len(value)} of them"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
