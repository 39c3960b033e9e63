"""The three-way compare of one record: what both sides agreed, ours now, theirs now. Pure."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.connectors.snapshots import (
    CreditNoteSnapshot,
    DepositSnapshot,
    Difference,
    InvoiceSnapshot,
    PaymentSnapshot,
    Snapshot,
    differences,
)


class Missing:
    """The value of a line that one side does not have."""


MISSING = Missing()
Split = dict[tuple[str, str], Decimal]  # kind and id of theirs that is settled → amount
Parts = tuple[tuple[str, ...], ...]  # of a list, as plain texts, in a fixed order


@dataclass(frozen=True, kw_only=True, slots=True)
class Clash:
    """A field that a person decides: base, ours and theirs."""

    path: str
    base: Any
    ours: Any
    theirs: Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """Every difference between what was agreed and theirs, by what it means.

    `kept` are theirs to decide; `taken` are fields that we hold and that changed only over there;
    `same` changed to the same on both sides; `clashes` go before a person.
    """

    kept: tuple[Difference, ...] = ()
    taken: tuple[Difference, ...] = ()
    same: tuple[Difference, ...] = ()
    clashes: tuple[Clash, ...] = ()


def told_apart(base: Snapshot, theirs: Snapshot) -> tuple[Difference, ...]:
    """The fields in which theirs differs from what was agreed.

    What ours left open (None) is theirs to fill in. Lists without an order are compared as a
    whole, and differ in one path: a payment's split by what it settles ("allocations"), a
    document's tax by rate ("taxes"; where ours names no rate only its sum counts), a bank deposit
    by what it holds ("lines").
    """
    plain_base, plain_theirs = _without_lists(base), _without_lists(theirs)
    found = [each for each in differences(plain_base, plain_theirs) if each.ours is not None]
    for path in ("allocations", "taxes", "lines"):
        mine, yours = parts_of(base, path), parts_of(theirs, path)
        if mine is None or yours is None or mine == yours or (path == "taxes" and not mine):
            continue
        found.append(Difference(path=path, ours=mine, theirs=yours, whose="ask"))
    return tuple(found)


def compare(base: Snapshot, ours: Snapshot | None, theirs: Snapshot, *, pending: bool) -> Compared:
    """Sort the differences between `base` and `theirs`; all three are projections of one kind.

    `ours` is None where it cannot be told now. Ours counts as changed in a field only while a
    change of ours is pending: what their side keeps differently from ours (a due date moved over
    there) is no change of ours.
    """
    kept, taken, same, clashes = [], [], [], []
    for each in told_apart(base, theirs):
        mine = MISSING if ours is None else value_at(ours, each.path)
        if each.whose == "kept":
            kept.append(each)
        elif mine == each.theirs:
            same.append(each)
        elif each.whose == "held" and (not pending or mine == each.ours):
            taken.append(each)
        else:
            told = each.ours if mine is MISSING else mine
            clashes.append(Clash(path=each.path, base=each.ours, ours=told, theirs=each.theirs))
    return Compared(kept=tuple(kept), taken=tuple(taken), same=tuple(same), clashes=tuple(clashes))


def agreed_after(
    base: Snapshot, theirs: Snapshot, disputed: Iterable[Difference | Clash]
) -> Snapshot:
    """The new base: theirs under our marker, with what is in dispute as it was agreed before."""
    agreed: Any = under_marker(theirs, base.marker)
    for field in dataclasses.fields(base):
        if getattr(base, field.name) is None:
            agreed = dataclasses.replace(agreed, **{field.name: None})
    for each in disputed:
        whole = "." not in each.path  # of allocations `value_at` gives texts, not the parts
        before = getattr(base, each.path) if whole else value_at(base, each.path)
        agreed = with_value(agreed, each.path, before)
    settled: Snapshot = agreed
    return settled


def under_marker(snapshot: Snapshot, marker: str) -> Snapshot:
    return dataclasses.replace(snapshot, marker=marker)


def split_of(snapshot: Snapshot | None) -> Split:
    """What a payment settles, by their kind and id; nothing for other kinds."""
    split: Split = defaultdict(Decimal)
    if isinstance(snapshot, PaymentSnapshot):
        for each in snapshot.allocations:
            if not each.cancelled:
                split[str(each.target_kind), each.target_id] += each.amount
    return dict(split)


def parts_of(snapshot: Any, path: str) -> Parts | None:
    """A list that has no order of its own, as texts; None where the path is no such list."""
    if path == "allocations" and isinstance(snapshot, PaymentSnapshot):
        return tuple(
            (kind, remote_id, _text(amount))
            for (kind, remote_id), amount in sorted(split_of(snapshot).items())
        )
    if path == "taxes" and isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
        rates: dict[str, Decimal] = defaultdict(Decimal)
        for each in snapshot.taxes:
            rates[each.rate_id] += each.tax
        return tuple((rate, _text(tax)) for rate, tax in sorted(rates.items()) if tax)
    if path == "lines" and isinstance(snapshot, DepositSnapshot):
        # On which account a fee is booked is theirs to decide.
        return tuple(
            sorted((line.kind, line.payment_id, _text(line.amount)) for line in snapshot.lines)
        )
    return None


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


def _without_lists(snapshot: Snapshot) -> Snapshot:
    match snapshot:
        case PaymentSnapshot():
            return dataclasses.replace(snapshot, allocations=())
        case InvoiceSnapshot() | CreditNoteSnapshot():
            return dataclasses.replace(snapshot, taxes=())
        case DepositSnapshot():
            return dataclasses.replace(snapshot, lines=())
    return snapshot


def value_at(snapshot: Any, path: str) -> Any:
    """The value at a path such as "total" or "lines.2.net"; MISSING where there is no such line."""
    parts = parts_of(snapshot, path)
    if parts is not None:
        return parts
    found = snapshot
    for step in path.split("."):
        if step.isdecimal():
            if int(step) > len(found):
                return MISSING
            found = found[int(step) - 1]
        else:
            found = getattr(found, step)
    return found


def with_value(snapshot: Any, path: str, value: Any) -> Any:
    """A copy of the snapshot with this value at this path."""
    step, _, rest = path.partition(".")
    if step.isdecimal():
        place = int(step) - 1
        part = with_value(snapshot[place], rest, value) if rest else value
        return (*snapshot[:place], part, *snapshot[place + 1 :])
    inner = with_value(getattr(snapshot, step), rest, value) if rest else value
    return dataclasses.replace(snapshot, **{step: inner})
