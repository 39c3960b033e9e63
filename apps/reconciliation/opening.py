"""Compares what was open at the cut-off and is linked: what is open of it, then and today.

Total, tax and what was paid of it before are of the time before: theirs, and explained as such. By
how much theirs was more at the cut-off is accepted where a person linked both with a reason; nothing
else may differ since.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal

from apps.billing.models import Allocation, CreditNote, Invoice, Payment
from apps.billing.sums.as_of import Then, as_of
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    PaymentSnapshot,
)
from apps.reconciliation.figures import ZERO, Comparison, shown
from apps.reconciliation.findings import About, Finding
from apps.reconciliation.models import Why
from apps.reconciliation.ours import Ours, stands
from apps.reconciliation.sentences import (
    another_customer,
    not_compared,
    note_absent,
    note_set_off,
    texts,
)
from apps.reconciliation.theirs import Theirs
from apps.sync.models import OpeningItem
from apps.sync.opening.open_then import end_of, set_off_since
from apps.sync.want.as_it_was import is_before_cut_off, own_day

Linked = Invoice | CreditNote | Payment
WORDS = {
    Kind.INVOICE: "invoices of before: balance due",
    Kind.CREDIT_NOTE: "credit notes of before: open credit",
    Kind.PAYMENT: "payments of before: on account",
}


def compare_opening(ours: Ours, theirs: Theirs, into: Comparison) -> None:
    first = ours.connection.starts_on
    if not ours.opening or first is None:
        return
    then = as_of(ours.connection.company, first - timedelta(days=1))
    since, undone = _since(theirs, first), _undone(ours, first)
    for key, (subject, item) in ours.opening.items():
        name = About(subject, (key,))
        remote = theirs.documents.get(key) or theirs.payments.get(key)
        if remote is None:
            days = own_day(subject), theirs.dated_later((key,))
            note_absent(name, _amount(subject), subject.currency, stands(subject), into, days)
            continue
        off = undone.get((Kind(subject.kind), subject.pk), ZERO)
        into.differences += _differences(
            ours, theirs, name, subject, item, remote, then, since, off, into
        )


def _differences(
    ours: Ours,
    theirs: Theirs,
    name: About,
    subject: Linked,
    item: OpeningItem,
    remote: RemoteObject,
    then: Then,
    since: Mapping[tuple[Kind, str], Decimal],
    undone: Decimal,
    into: Comparison,
) -> Iterator[Finding]:
    snapshot, currency, kind = remote.snapshot, subject.currency, Kind(subject.kind)
    if not isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot | PaymentSnapshot):
        yield not_compared(name, remote, into)
        return
    void = remote.void or bool(getattr(snapshot, "void", False) or _cancelled(snapshot))
    if void or not stands(subject):
        if stands(subject) or not void:
            here = "stands here" if void else "was taken back here"
            there = "is void" if void else "stands"
            said = f"{name}, open at the cut-off, {here} and {there} in {into.system}."
            yield name.differs(Why.STATE, said, figure="state", here=here, there=there)
        return
    if (snapshot.currency or currency) != currency:
        yield from texts(name, into, ("currency", currency, snapshot.currency))
        return
    known = ours.customers.get(subject.customer_id, frozenset())
    if known and snapshot.customer_id not in known:
        yield another_customer(name, str(subject.customer), into)
    now_there = remote.balance if remote.balance is not None else ZERO
    then_there = now_there + since.get((kind, remote.remote_id), ZERO)
    then_here, now_here = _open_then(then, subject), _open_now(subject)
    # As of a day, both sides as they are since: `now` is then the end of that day.
    off_since = ours.since_of(subject).whole, theirs.set_off_since(kind, (remote.remote_id,))
    equal_now = (now_there - off_since[1]) - now_here == item.difference
    now_here += off_since[0]
    into.add(f"{WORDS[kind]}{_of(currency, into)}", now_here, now_there)
    into.opening.append(_listed(str(name), item, into))
    moved = then_there - then_here - item.difference
    apart = now_there - now_here - item.difference
    if equal_now and (moved == undone or not is_before_cut_off(ours.connection, subject)):
        # Un-applied on both sides since, and theirs keeps no day on which it was; or the cut-off was
        # moved back behind it, so that nothing of it was open then.
        if apart:
            note_set_off(name, "open", now_here, now_there, into, currency)
        return
    if moved:
        said = (
            f"{name}: open at the cut-off were {shown(then_here, currency)} here and "
            f"{shown(then_there, currency)} in {into.system}{_accepted(item)}."
        )
        yield _apart(name, said, "open at the cut-off", then_here, then_there, currency)
    if apart and equal_now:
        note_set_off(name, "open", now_here, now_there, into, currency)
    elif apart != moved:
        said = (
            f"{name}, open at the cut-off: {shown(now_here, currency)} are open here and "
            f"{shown(now_there, currency)} in {into.system}{_accepted(item)}."
        )
        yield _apart(name, said, "open today", now_here, now_there, currency)


def _apart(
    name: About, said: str, figure: str, here: Decimal, there: Decimal, currency: str
) -> Finding:
    return name.differs(
        Why.PAID,
        said,
        figure=figure,
        here=shown(here, currency),
        there=shown(there, currency),
        amount=there - here,
        currency=currency,
    )


def _listed(name: str, item: OpeningItem, into: Comparison) -> str:
    if not item.difference:
        said = f"{shown(item.ours, item.currency)} on both sides"
    else:
        said = f"{shown(item.ours, item.currency)} here and {shown(item.theirs, item.currency)} in"
        said += f" {into.system}"
    return f"{name}: open with {said}." + (f" {item.reason}" if item.reason else "")


def _accepted(item: OpeningItem) -> str:
    if not item.difference:
        return ""
    amount = shown(abs(item.difference), item.currency)
    word = "more" if item.difference > 0 else "less"
    return f"; {amount} {word} there was accepted when they were linked"


def _of(currency: str, into: Comparison) -> str:
    return "" if currency == into.currency else f" ({currency})"


def _cancelled(
    snapshot: InvoiceSnapshot | CreditNoteSnapshot | PaymentSnapshot,
) -> bool:
    return isinstance(snapshot, PaymentSnapshot) and snapshot.cancelled


def _amount(subject: Linked) -> Decimal:
    return subject.amount if isinstance(subject, Payment) else subject.total


def _open_now(subject: Linked) -> Decimal:
    match subject:
        case Invoice():
            return subject.balance_due
        case CreditNote():
            return subject.total - subject.applied
    return subject.amount - subject.applied


def _open_then(then: Then, subject: Linked) -> Decimal:
    match subject:
        case Invoice():
            invoice = then.invoices.get(subject.pk)
            return invoice.due if invoice is not None else ZERO
        case CreditNote():
            found = then.credit_notes.get(subject.pk)
        case _:
            found = then.payments.get(subject.pk)
    return found.open if found is not None else ZERO


def _undone(ours: Ours, first: date) -> Mapping[tuple[Kind, int], Decimal]:
    """Kind and key of ours → what was set against it before the cut-off, or it against, and is
    un-applied since."""
    found: dict[tuple[Kind, int], Decimal] = defaultdict(Decimal)
    rows = Allocation.objects.filter(
        company=ours.connection.company_id, date__lt=first, reversed_on__gte=first
    )
    for amount, *ends in rows.values_list("amount", "invoice", "credit_note", "payment"):
        for kind, pk in zip(WORDS, ends, strict=True):
            if pk is not None:
                found[kind, pk] += amount
    return found


def _since(theirs: Theirs, first: date) -> Mapping[tuple[Kind, str], Decimal]:
    """What was set off over there from the cut-off on, read afresh."""
    days: dict[tuple[str, str], date] = {}
    parts: list[AllocationSnapshot] = list(theirs.applications)
    shelves = (theirs.others, theirs.entries, theirs.documents, theirs.payments)
    for read in (each for shelf in shelves for each in shelf.values()):
        if read.dated is not None:
            days[end_of(read.of_kind or "", read.remote_id)] = read.dated
        if isinstance(read.snapshot, PaymentSnapshot) and not (
            read.void or read.snapshot.cancelled
        ):
            parts += [each for each in read.snapshot.allocations if not each.cancelled]
    return set_off_since(parts, first, days)
