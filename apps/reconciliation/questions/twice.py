"""One sale, refund or receipt that may have been typed on both sides."""

from collections import defaultdict
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.billing.models import Document, Payment, Refund, Synced
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Kind
from apps.core.money import ZERO
from apps.reconciliation.figures import shown
from apps.reconciliation.findings import called
from apps.reconciliation.ledger import Chart
from apps.reconciliation.models import Cause
from apps.reconciliation.ours import Key, Ours, stands
from apps.reconciliation.questions.asked import Asked, of_object, told
from apps.reconciliation.shelf_of_ours import Shelf
from apps.reconciliation.theirs import Theirs
from apps.sync.models import Candidate
from apps.sync.wording import day

NEAR = timedelta(days=7)
CAUSES: dict[Kind, Cause] = {
    Kind.INVOICE: Cause.SALE_TWICE,
    Kind.CREDIT_NOTE: Cause.SALE_TWICE,
    Kind.REFUND: Cause.REFUND_TWICE,
    Kind.PAYMENT: Cause.MONEY_TWICE,
}
Alike = tuple[Kind, str, str, Decimal]  # kind, their id of the customer, currency, total


@dataclass(frozen=True, slots=True)
class Mine:
    """A record of ours that stands, and its day."""

    record: Synced
    dated: date
    key: Key


def twice(ours: Ours, theirs: Theirs, chart: Chart) -> Iterator[Asked]:
    """What is only theirs and agrees with one of ours in customer, currency and total, within
    seven days. A receipt that books a sale or a refund counts as one, whatever they call it."""
    yield from _undecided(ours)
    wanted = {
        alike
        for _, remote, kinds in _only_theirs(ours, theirs, chart)
        for kind in kinds
        if (alike := _alike(kind, remote, chart.home)) is not None
    }
    if not wanted:
        return
    shelf = _shelf(ours, wanted)
    apart = _kept_apart(ours)
    # Read a second time: which of ours are looked for, all of theirs together had to say.
    for key, remote, kinds in _only_theirs(ours, theirs, chart):
        for kind in kinds:
            mine = _nearest(shelf, kind, remote, chart.home)
            if mine is None or (key[1], kind, mine.record.pk) in apart:
                continue
            yield _asked(ours, kind, mine, key, remote, chart.home)


def _undecided(ours: Ours) -> Iterator[Asked]:
    """Pairs under “Maybe the same” that nobody has decided: both wait for it."""
    pairs = Candidate.objects.filter(
        sync_record__connection=ours.connection, decision=Candidate.Decision.OPEN
    ).select_related("sync_record", "remote_record")
    if ours.until is not None:
        pairs = pairs.exclude(remote_record__dated__gt=ours.until)
    for pair in pairs.order_by("pk"):
        record, theirs = pair.sync_record, pair.remote_record
        kind = Kind(record.kind)
        if kind not in CAUSES:
            continue
        yield Asked(
            cause=CAUSES[kind],
            ours=((kind.value, record.subject_id),),
            theirs=((theirs.kind, theirs.remote_id),),
            amount=theirs.amount or ZERO,
            currency=theirs.currency,
            facts=(pair.evidence,),
            sentence=pair.evidence,
            remedy="Decide under “Maybe the same”: link both, or keep both.",
        )


def _asked(ours: Ours, kind: Kind, mine: Mine, key: Key, remote: RemoteObject, home: str) -> Asked:
    system = ours.connection.system_name
    amount, currency = remote.amount or ZERO, remote.currency or home
    name = called(kind, mine.record)
    number = remote.number or remote.remote_id
    return Asked(
        cause=CAUSES[kind],
        ours=((mine.record.kind, mine.record.pk),),
        theirs=(key,),
        amount=amount,
        currency=currency,
        facts=(mine.dated.isoformat(), told(amount), *of_object(remote)),
        sentence=(
            f"{name} of {day(mine.dated)} and {remote.kind} {number} of "
            f"{day(remote.dated) if remote.dated else 'no date'}, which is only in {system}, "
            f"are of one customer and both come to {shown(amount, currency)}."
        ),
        remedy=(
            f"If it is one, take the one that was typed in {system} away there. If they are two, say "
            "so here."
        ),
    )


# --- Ours ---------------------------------------------------------------------------------------


def _shelf(ours: Ours, wanted: Container[Alike]) -> dict[Alike, list[Mine]]:
    """Those of ours that one of theirs could be."""
    found: dict[Alike, list[Mine]] = defaultdict(list)
    shelves: tuple[Shelf[Any], ...] = (ours.documents, ours.payments, ours.entries)
    for key, record in (pair for shelf in shelves for pair in shelf.once()):
        if not stands(record) or record.kind not in set(CAUSES):
            continue
        amount, dated = _figures(record)
        for customer in ours.customers.get(record.customer_id, frozenset()):
            alike = (Kind(record.kind), customer, record.currency, amount)
            if alike in wanted:
                found[alike].append(Mine(record, dated, key))
    return found


def _alike(kind: Kind, remote: RemoteObject, home: str) -> Alike | None:
    """What one of ours must have in common with it."""
    customer = _customer(remote)
    if remote.dated is None or not customer or remote.amount is None:
        return None
    return kind, customer, remote.currency or home, remote.amount


def _figures(record: Synced) -> tuple[Decimal, date]:
    match record:
        case Document():
            return record.total, record.issue_date
        case Payment() | Refund():
            return record.amount, record.date
    raise TypeError(f"A {record.kind} is not compared with what is only theirs.")


def _nearest(
    shelf: dict[Alike, list[Mine]], kind: Kind, remote: RemoteObject, home: str
) -> Mine | None:
    dated, alike = remote.dated, _alike(kind, remote, home)
    if dated is None or alike is None:
        return None
    near = [each for each in shelf.get(alike, []) if abs(each.dated - dated) <= NEAR]
    return min(near, key=lambda each: (abs(each.dated - dated), each.record.pk), default=None)


def _kept_apart(ours: Ours) -> set[tuple[str, Kind, int]]:
    """(their id, kind and key of ours) that somebody said are two."""
    decided = Candidate.objects.filter(
        sync_record__connection=ours.connection,
        decision=Candidate.Decision.KEEP_BOTH,
        sync_record__kind__in=list(CAUSES),
    ).select_related("remote_record", "sync_record")
    return {
        (each.remote_record.remote_id, Kind(each.sync_record.kind), each.sync_record.subject_id)
        for each in decided
    }


# --- Theirs -------------------------------------------------------------------------------------


def _only_theirs(
    ours: Ours, theirs: Theirs, chart: Chart
) -> Iterator[tuple[Key, RemoteObject, tuple[Kind, ...]]]:
    """Each object that is only theirs, with the kinds of ours that it could be."""
    known = ours.known
    for key, remote in theirs.documents.besides(known):
        if not remote.void and remote.of_kind is not None:
            yield key, remote, (remote.of_kind,)
    for key, remote in theirs.payments.besides(known):
        if not remote.void and remote.amount:
            yield key, remote, (Kind.PAYMENT,)
    for key, remote in theirs.entries.besides(known):
        if not remote.void and remote.of_kind is Kind.REFUND:
            yield key, remote, (Kind.REFUND,)
    for key, remote in theirs.others.besides(known):  # one typed there may be linked with ours
        yield key, remote, tuple(_could_be(remote, chart))


def _could_be(remote: RemoteObject, chart: Chart) -> Iterator[Kind]:
    """By what it books: a sale credits income, a refund takes money out of a bank."""
    income = _booked(remote, chart, "income")
    money = _booked(remote, chart, "bank") + _booked(remote, chart, "clearing")
    if income < 0:
        yield Kind.INVOICE
    if income > 0:
        yield Kind.CREDIT_NOTE
    if money < 0:
        yield Kind.REFUND
    if money > 0 and not income:
        yield Kind.PAYMENT


def _booked(remote: RemoteObject, chart: Chart, role: str) -> Decimal:
    """Debit less credit on accounts of a role; an income may be told by its item alone."""
    return sum(
        (
            each.debit - each.credit
            for each in remote.postings
            if _has(each.account_id, chart, role)
        ),
        ZERO,
    )


def _has(account: str, chart: Chart, role: str) -> bool:
    if account.startswith("item:"):
        return role == "income"
    code = chart.codes.get(account)
    return code is not None and role in code.roles


def _customer(remote: RemoteObject) -> str:
    snapshot = remote.snapshot
    if remote.customer_id or not isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
        return remote.customer_id
    return snapshot.customer_id
