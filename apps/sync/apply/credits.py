"""Credits of ours that were used over there: set against an invoice, alone or inside a payment."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from apps.billing.actions import allocate, outside_entry, reverse
from apps.billing.acts.allocations import dated_on
from apps.billing.changes import made_by
from apps.billing.models import (
    Adjustment,
    Allocation,
    CreditNote,
    Invoice,
    OutsideEntry,
    Payment,
    Refund,
)
from apps.billing.sums.home_values import open_amount
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, Kind
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import put_before_a_person
from apps.sync.apply.linking import by_marker, calm
from apps.sync.apply.outside import credit_of_theirs
from apps.sync.apply.targets import Target, closed, in_doubt, number_of, target_of, word_of
from apps.sync.apply.verdicts import (
    APPLIED,
    ECHO,
    Verdict,
    applied,
    needs_person,
    only_theirs,
    waits,
)
from apps.sync.models import Reason, RemoteRecord, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.compare import Clash, under_marker
from apps.sync.there.shares import sharing
from apps.sync.wording import against, called, capital, day, money

# How the look at a payment ended that may still become one of ours.
STILL_OPEN = (
    RemoteRecord.Arrival.NEW,
    RemoteRecord.Arrival.WAITS,
    RemoteRecord.Arrival.NEEDS_PERSON,
)

# --- A credit that was used by itself ---------------------------------------------------------


def apply_credit(books: Books, row: RemoteRecord, remote: RemoteObject) -> Verdict:
    """A use of a credit of theirs, as last read: the whole object, or a part of it."""
    if row.sync_record is not None and not row.retired:
        return _tied(books, row, remote, row.sync_record)
    theirs = remote.snapshot
    if remote.gone or not isinstance(theirs, AllocationSnapshot) or theirs.cancelled:
        return only_theirs(f"It was un-applied in {books.name} before it was taken over.")
    if theirs.source == Kind.PAYMENT and books.connector.capabilities.payments_carry_allocations:
        return ECHO  # a part of a payment, which is dealt with as a whole
    linked = by_marker(books, row, remote)
    if linked is not None:
        return linked
    return _arrives(books, row, theirs)


def _arrives(books: Books, row: RemoteRecord, theirs: AllocationSnapshot) -> Verdict:
    target = target_of(books, str(theirs.target_kind), theirs.target_id, theirs.amount)
    note = books.ours_behind(str(theirs.source), theirs.source_id)
    first = books.connection.starts_on
    if first is not None and theirs.applied_on < first:
        return only_theirs(
            f"It is dated {day(theirs.applied_on)}, before the cut-off ({day(first)})."
        )
    ends = [(str(theirs.source), theirs.source_id)] if note is None else []
    ends += [(str(theirs.target_kind), theirs.target_id)] if target.ours is None else []
    if (doubt := in_doubt(books, *ends)) is not None:
        return doubt
    if note is None and theirs.source == Kind.PAYMENT:
        return _of_their_payment(books, theirs)
    credit = None
    if not isinstance(note, OURS):
        credit = credit_of_theirs(books, theirs)
        if not isinstance(target.ours, Invoice) or credit is None:
            return _foreign_credit(books, str(theirs.source), theirs.source_id, target)
        dated = credit.date
    else:
        dated = dated_on(note)
    if books.is_closed(max(theirs.applied_on, dated, target.dated or dated)):
        return closed(books)
    if isinstance(note, OURS):
        rival = _used_elsewhere_here(books, note, target)
        if rival is not None:
            return _both_use_it(books, note, target, rival)
    with made_by(origin=books.origin, reason=f"Applied in {books.name}"):
        if credit is not None and isinstance(target.ours, Invoice):
            source: Credit = outside_entry(target.ours.customer, credit)
        else:
            assert isinstance(note, OURS), "a credit of ours"
            source = note
        allocation = _use(books, source, target, theirs.applied_on)
    record = ties.sync_record_of(books.connection, allocation)
    ties.tie(row, record)
    ties.agree(record, under_marker(books.projected(theirs), allocation.public_id.hex))
    ties.in_the_books(record, allocation.revision)
    return APPLIED


def _of_their_payment(books: Books, theirs: AllocationSnapshot) -> Verdict:
    """Their payment has not become one of ours: what becomes of it is found out first."""
    row = books.like(Kind.PAYMENT, theirs.source_id)
    if row is not None and row.arrival in STILL_OPEN:
        return waits(On.REMOTE_RECORD.of(row.pk), f"It waits for what becomes of {row}.")
    return only_theirs(f"The payment that it is of is only in {books.name}.")


def _foreign_credit(books: Books, kind: str, credit_id: str, target: Target) -> Verdict:
    """Their credit settles something of ours that is no invoice, or what it is cannot be told."""
    if target.ours is None:
        return only_theirs(f"Both documents are only in {books.name}.")
    credit = f"{word_of(books, kind, credit_id)} {number_of(books, kind, credit_id)}"
    amount = money(target.amount, target.ours.currency)
    against = str(target.invoice) if target.invoice is not None else called(target.ours)
    return needs_person(
        f"{amount} of {credit}, which is only in {books.name}, were set against {against}, and "
        "Tieout cannot tell what it is worth.",
        f"Un-apply {credit} in {books.name}. To enter it here too would book it twice.",
    )


OURS = CreditNote | Adjustment | Payment
Credit = OURS | OutsideEntry


def _own_day(applied_on: date, note: Credit, target: Target) -> date:
    """The day of an application: not before either document."""
    own = dated_on(note)
    return max(applied_on, own, target.dated or own)


def _use(books: Books, note: Credit, target: Target, applied_on: date) -> Allocation:
    """The credit set against its target here: one of ours that says just that, or a new one."""
    return _same_here(books, note, target) or allocate(
        note,
        target.ours,
        target.amount,
        on=_own_day(applied_on, note, target),
        outside=target.outside,
    )


def _same_here(books: Books, note: Credit, target: Target) -> Allocation | None:
    """Ours that says just that and stands for nothing there yet.

    A ledger that applies credits by itself does so as soon as ours arrives, while our own
    application waits to be sent: the same credit cannot be used twice.
    """
    same = Allocation.objects.filter(
        credit_note=note if isinstance(note, CreditNote) else None,
        adjustment=note if isinstance(note, Adjustment) else None,
        payment=note if isinstance(note, Payment) else None,
        outside_entry=note if isinstance(note, OutsideEntry) else None,
        invoice=target.invoice,
        refund=target.ours if isinstance(target.ours, Refund) else None,
        outside_id=target.outside.id if target.outside else "",
        amount=target.amount,
        reversed_on=None,
    )
    for each in same.order_by("pk"):
        record = each.sync_records.filter(connection=books.connection).first()
        if record is None or ties.live_tie(record) is None:
            return each
    return None


def _used_elsewhere_here(
    books: Books, note: CreditNote | Adjustment | Payment, target: Target
) -> Allocation | None:
    """An application of ours that has not gone over and needs what they used."""
    if target.amount <= open_amount(note) or _same_here(books, note, target) is not None:
        return None
    standing = note.allocations.filter(reversed_on=None).order_by("pk")
    records = {
        each.allocation_id: each
        for each in SyncRecord.objects.filter(
            connection=books.connection, allocation__in=[each.pk for each in standing]
        )
    }
    return next(
        (
            each
            for each in standing
            if each.pk not in records or ties.live_tie(records[each.pk]) is None
        ),
        None,
    )


def _both_use_it(
    books: Books, note: CreditNote | Adjustment | Payment, target: Target, ours: Allocation
) -> Verdict:
    """What their setting did by itself is no decision of anybody: ours is not undone for it."""
    against = target.outside.label if target.outside else str(target.ours)
    said = (
        f"{money(target.amount, note.currency)} of {called(note)} were set against {against} in "
        f"{books.name}, and are set against {ours.target or ours.outside_label} here."
    )
    return waits(
        On.STANDING.of(ours.pk),
        " ".join([said, *books.connection.warnings]),
        f"Un-apply one of both. Here: theirs then arrives by itself. In {books.name}: then press "
        "Retry on ours.",
    )


def _tied(books: Books, row: RemoteRecord, remote: RemoteObject, record: SyncRecord) -> Verdict:
    allocation = record.subject
    assert isinstance(allocation, Allocation), "an allocation's sync record"
    theirs, base = remote.snapshot, ties.agreed_on(record)
    made_there = not row.made_here
    if remote.gone or remote.void or not isinstance(theirs, AllocationSnapshot) or theirs.cancelled:
        for other in sharing(row) if books.connector.capabilities.adds_up else ():
            assert other.allocation is not None, "an allocation's sync record"
            _undone(books, remote, other, other.allocation, made_there=False)
        return _undone(books, remote, record, allocation, made_there=made_there)
    if not isinstance(base, AllocationSnapshot) or _says_the_same(base, theirs):
        calm(record)
        return ECHO
    if made_there:
        _undo(books, record, allocation, books.day_of(remote), gone=True)
        row.sync_record = None
        return _arrives(books, row, theirs)
    clash = Clash(path="amount", base=base.amount, ours=allocation.amount, theirs=theirs.amount)
    others = sharing(row) if books.connector.capabilities.adds_up else []
    together = [allocation, *(each.allocation for each in others if each.allocation is not None)]
    return put_before_a_person(
        books,
        record,
        [clash],
        sentence=_one_there(books, together, theirs.amount) if others else "",
    )


def _one_there(books: Books, together: Sequence[Allocation], first: Decimal) -> str:
    """All of ours that are one object there, as a whole; `first`: what of it is the first one's."""
    first_of_ours, *others = together
    rest = sum((each.amount for each in others), Decimal(0))
    currency = first_of_ours.currency
    amounts = " and ".join(money(each.amount, currency) for each in together)
    return (
        f"The {amounts} set against {against(first_of_ours)} are one in {books.name}, and it was "
        f"changed there: it is {money(first_of_ours.amount + rest, currency)} here and "
        f"{money(first + rest, currency)} in {books.name}."
    )


def _says_the_same(base: AllocationSnapshot, theirs: AllocationSnapshot) -> bool:
    return (base.source_id, base.target_id, base.amount) == (
        theirs.source_id,
        theirs.target_id,
        theirs.amount,
    )


def _undone(
    books: Books,
    remote: RemoteObject,
    record: SyncRecord,
    allocation: Allocation,
    *,
    made_there: bool,
) -> Verdict:
    if allocation.stands and not made_there:
        sentence = f"{capital(called(allocation))} was un-applied in {books.name}."
        remedy = f"Un-apply it here too, or decide to send it to {books.name} again."
        ties.hold(record, Reason.GONE, sentence, remedy)
        return needs_person(sentence, remedy)
    stood = allocation.stands
    _undo(books, record, allocation, books.day_of(remote), gone=remote.gone)
    return applied(f"Un-applied in {books.name}.") if stood else ECHO


def _undo(
    books: Books, record: SyncRecord, allocation: Allocation, on: date, *, gone: bool
) -> None:
    reason = f"Un-applied in {books.name}"
    if allocation.stands:
        with made_by(origin=books.origin, reason=reason):
            reverse(allocation, on=books.open_day(on, allocation.date), reason=reason)
    settle = ties.gone_there if gone else ties.in_the_books
    settle(record, allocation.revision)


# --- Parts that are read with what they are of -------------------------------------------------


def note_missing_parts(books: Books, row: RemoteRecord) -> None:
    """Where each allocation is a record of its own and their feed tells none that was taken off: of
    an object that was read with all its parts, one that was not among them is gone. Those of a
    payment that carries them are dealt with as it is."""
    carries = books.connector.capabilities.payments_carry_allocations
    sources = (Kind.CREDIT_NOTE, Kind.ADJUSTMENT, *(() if carries else (Kind.PAYMENT,)))
    if row.part or row.of_kind not in sources:
        return
    parts = RemoteRecord.objects.filter(
        connection_id=row.connection_id,
        kind=row.kind,
        remote_id=row.remote_id,
        of_kind=Kind.ALLOCATION,
        retired=False,
        gone=False,
    ).exclude(part="")
    if not (row.gone or row.void):
        parts = parts.exclude(version=row.version)
    parts.update(gone=True, arrival=RemoteRecord.Arrival.NEW, sentence="", remedy="", waits_for="")


# --- Credits used inside a payment ------------------------------------------------------------


def retire_missing_parts(books: Books, row: RemoteRecord, remote: RemoteObject) -> bool:
    """Un-apply the credits that an object of theirs uses no longer; whether there was any.

    Its parts are read with it, in one version: an older one was not read this time.
    """
    missing = [
        (part, record, allocation)
        for part, record, allocation in _credit_parts(row)
        if row.gone or row.void or part.version != row.version
    ]
    for part, record, allocation in missing:
        part.gone = True
        part.save(update_fields=["gone"])
        _undo(books, record, allocation, books.day_of(remote), gone=True)
    return bool(missing)


def _credit_parts(row: RemoteRecord) -> Iterator[tuple[RemoteRecord, SyncRecord, Allocation]]:
    """Parts of their object that stand for allocations of our credit notes and adjustments."""
    parts = RemoteRecord.objects.filter(
        connection_id=row.connection_id,
        kind=row.kind,
        remote_id=row.remote_id,
        retired=False,
        gone=False,
        sync_record__allocation__isnull=False,
        sync_record__allocation__payment=None,
    ).exclude(part="")
    for part in parts.select_related("sync_record__allocation"):
        if part.sync_record is not None and part.sync_record.allocation is not None:
            yield part, part.sync_record, part.sync_record.allocation
