"""What becomes over there of what was open at the cut-off and is linked, and what became before."""

from collections.abc import Collection, Iterator

from django.db.models import Q

from apps.billing.actions import allocate, reverse
from apps.billing.changes import made_by
from apps.billing.models import Allocation, CreditNote, Invoice, Synced
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    AllocationSnapshot,
    CreditNoteSnapshot,
    InvoiceSnapshot,
    Kind,
    PaymentSnapshot,
    Snapshot,
)
from apps.sync.apply.books import Books
from apps.sync.apply.verdicts import (
    ECHO,
    Arrival,
    Verdict,
    applied,
    needs_person,
    unreadable,
)
from apps.sync.models import Agreed, Reason, RemoteRecord, State, SyncRecord
from apps.sync.there import ties
from apps.sync.there.compare import told_apart, under_marker
from apps.sync.wording import called, capital, label, money

APART = (
    "Then take its link apart under “Open at the cut-off” on the page of the connection, and link the "
    "new one."
)


def follow_opening(
    books: Books, record: SyncRecord, document: Invoice | CreditNote, remote: RemoteObject
) -> Verdict:
    """Theirs is theirs to change, and ours is not written there: both are kept and told apart.

    Void or deleted on one side alone goes before a person; a comparison names all that differs.
    """
    theirs = remote.snapshot
    if remote.gone or remote.void or getattr(theirs, "void", False):
        return _ended(books, record, document, gone=remote.gone)
    base = ties.agreed_on(record)
    if base is None or not isinstance(theirs, InvoiceSnapshot | CreditNoteSnapshot):
        return unreadable(books.name, document)
    found = told_apart(books.projected(base), books.projected(theirs))
    ties.agree(record, under_marker(books.projected(theirs), base.marker))
    if document.is_issued and record.state != State.IN_THE_BOOKS:
        ties.in_the_books(record, document.revision)
    if not found:
        return ECHO
    said = ", ".join(dict.fromkeys(label(each.path) for each in found))
    return applied(f"Changed in {books.name} and left as it is there: {said}.")


def _ended(
    books: Books, record: SyncRecord, document: Invoice | CreditNote, *, gone: bool
) -> Verdict:
    if not document.is_issued:
        settle = ties.gone_there if gone else ties.in_the_books
        settle(record, document.revision)
        return applied()
    became = "deleted" if gone else "voided"
    sentence = (
        f"{capital(called(document))} over {money(document.total, document.currency)} was open at the "
        f"cut-off and was {became} in {books.name}. Tieout does not write it there."
    )
    remedy = f"Void it here too, or enter it in {books.name} again. {APART}"
    ties.hold(record, Reason.GONE if gone else Reason.AMOUNTS_DIFFER, sentence, remedy)
    return needs_person(sentence, remedy)


# --- What became of it before it was linked ---------------------------------------------------------


def point_at_ours(books: Books, row: RemoteRecord, subject: Synced) -> None:
    """Money and credits that were set against theirs while it was nobody's are set against ours:
    un-applied and applied again on the day they bear, tied to the same part of theirs.

    Raises ValidationError, in billing's words, where ours has no room for them.
    """
    if not isinstance(subject, Invoice):
        return
    rows = Allocation.objects.filter(
        Q(outside_kind=Kind.INVOICE.value) | Q(outside_kind=row.kind),
        company=books.company,
        outside_id=row.remote_id,
        reversed_on=None,
    )
    for old in rows.order_by("pk"):
        record = old.sync_records.filter(connection=books.connection).first()
        if record is None:
            continue  # set against the same id of other books
        on = books.open_day(old.date)
        with made_by(origin=books.origin, reason="Open at the cut-off: linked"):
            reverse(old, on=on, reason=f"It is {called(subject)}")
            new = allocate(old.source, subject, old.amount, on=on)
        _take_place(books, old, record, new)


def _take_place(books: Books, old: Allocation, record: SyncRecord, new: Allocation) -> None:
    """Whatever of theirs stood for the old application stands for the new one."""
    after = ties.sync_record_of(books.connection, new)
    RemoteRecord.objects.filter(sync_record=record).update(sync_record=after)
    record.ties.update(sync_record=after)
    agreed = Agreed.objects.filter(record=record).select_related("record").first()
    if agreed is not None:
        ties.agree(after, under_marker(agreed.snapshot, new.public_id.hex))
    ties.in_the_books(after, new.revision)
    old.refresh_from_db()
    ties.gone_there(record, old.revision)


def look_again_at_what_settles(books: Books, linked: Collection[RemoteRecord]) -> None:
    """Money and credits of since the cut-off that settle these, or that these settle, were only
    theirs as long as they were."""
    named = {(each.of_kind, each.remote_id) for each in linked}
    first = books.connection.starts_on
    rows = RemoteRecord.objects.filter(
        connection=books.connection,
        of_kind__in=[Kind.PAYMENT, Kind.ALLOCATION],
        sync_record=None,
        gone=False,
        void=False,
        unreadable="",
        arrival__in=[Arrival.ONLY_THEIRS, Arrival.NEEDS_PERSON],
        dated__gte=first,
    )
    found = [each.pk for each in rows.iterator() if named & set(_ends(books.read(each).snapshot))]
    RemoteRecord.objects.filter(pk__in=found).update(
        arrival=Arrival.NEW, sentence="", remedy="", waits_for=""
    )


def _ends(snapshot: Snapshot | None) -> Iterator[tuple[str, str]]:
    """Kind and id of what it sets off against each other."""
    parts: tuple[AllocationSnapshot, ...] = ()
    if isinstance(snapshot, PaymentSnapshot):
        parts = snapshot.allocations
    elif isinstance(snapshot, AllocationSnapshot):
        parts = (snapshot,)
    for each in parts:
        if not each.cancelled:
            yield str(each.target_kind), each.target_id
            yield str(each.source), each.source_id
