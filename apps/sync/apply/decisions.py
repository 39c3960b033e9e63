"""Carry out what a person decided about fields that both sides have differently."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.billing.actions import change_open_fields, void
from apps.billing.changes import made_by
from apps.billing.models import (
    CreditNote,
    Deposit,
    Invoice,
    Payment,
)
from apps.connections.lifecycle import open_connector
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import (
    DepositSnapshot,
    Difference,
    PaymentSnapshot,
    Snapshot,
    to_json,
)
from apps.sync.apply.books import Books
from apps.sync.apply.deposits import make_anew
from apps.sync.apply.fields import follow_fields, follows_here, never_follows
from apps.sync.apply.payment_changes import ANOTHER_RECEIPT, follow_split, receive_anew
from apps.sync.apply.payments import take_over
from apps.sync.models import Conflict, RemoteRecord, SyncRecord
from apps.sync.there import ties
from apps.sync.there.compare import agreed_after, told_apart, value_at
from apps.sync.there.merge import ours_changed


def carry_out_conflicts(record: SyncRecord, *, user_id: int) -> None:
    """Ours is put back over there by the next run; theirs is taken over here now.

    A decision holds for the values that were decided: what changed since is compared anew. Raises
    ValidationError, in words for staff, where ours cannot follow theirs; then nothing is decided.
    """
    with transaction.atomic():
        books = Books(record.connection, open_connector(record.connection))
        row = ties.live_tie(record)
        if row is None:
            raise ValidationError(f"It is not in {books.name} any more.")
        remote = books.whole(row)  # what was put before the person
        if remote.snapshot is None:
            raise ValidationError(f"Tieout cannot read it in {books.name}; look at it there.")
        theirs = books.projected(remote.snapshot)
        decided = _still_true(books, record, theirs)
        taken = [each.path for each in decided if each.decision == Conflict.Decision.THEIRS]
        put_back = [each.path for each in decided if each.decision == Conflict.Decision.OURS]
        if "void" in put_back:
            raise ValidationError(
                f"{books.name} cannot make a void document valid again. Take theirs: it is voided "
                "here too, and a new one can be issued."
            )
        if put_back and record.opening:
            raise ValidationError(
                f"It was open at the cut-off, so Tieout does not write it in {books.name}. Take "
                f"theirs, or put it back in {books.name} yourself."
            )
        with made_by(user_id, reason=f"Decided: as in {books.name}"):
            stands_for = _take(books, row, remote, record, theirs, taken)
        if stands_for is not record:
            _dealt_with(row)
            return
        _agree(record, theirs, decided)
        revision = type(record.subject)._base_manager.get(pk=record.subject_id).revision
        if put_back or _changed_here_besides(books, record):
            ties.wanted_again(record, revision, sent=record.sent)
        else:
            ties.in_the_books(record, revision)
        if len(decided) < _asked(record):
            # Something moved since the decision: the next run compares it again.
            RemoteRecord.objects.filter(pk=row.pk).update(arrival=RemoteRecord.Arrival.NEW)
        else:
            _dealt_with(row)


def _changed_here_besides(books: Books, record: SyncRecord) -> bool:
    """Whether another field of ours, which nobody asked about, is still to be sent."""
    base, ours = ties.agreed_on(record), books.ours(record)
    if base is None or ours is None or record.opening:
        return False
    return any(each.whose == "held" for each in ours_changed(books.projected(base), ours))


def _dealt_with(row: RemoteRecord) -> None:
    RemoteRecord.objects.filter(pk=row.pk).update(
        arrival=RemoteRecord.Arrival.APPLIED, sentence="", remedy="", waits_for=""
    )


def _still_true(books: Books, record: SyncRecord, theirs: Snapshot) -> list[Conflict]:
    """The newest decision per field, where both values are still those that were decided."""
    ours = books.ours(record)
    newest: dict[str, Conflict] = {}
    rows = Conflict.objects.filter(sync_record=record, decision__in=["ours", "theirs"])
    for each in rows.order_by("decided_at", "pk"):
        newest[each.path] = each
    return [
        each
        for each in newest.values()
        if to_json(value_at(theirs, each.path)) == each.theirs
        and (ours is None or to_json(value_at(ours, each.path)) == each.ours)
    ]


def _asked(record: SyncRecord) -> int:
    """Fields in which both sides differ still and which are not theirs to decide."""
    row, base = ties.live_tie(record), ties.agreed_on(record)
    if row is None or base is None:
        return 0
    books = Books(record.connection, open_connector(record.connection))
    snapshot = books.whole(row).snapshot
    if snapshot is None:
        return 0
    return sum(
        each.whose == "ask" for each in told_apart(books.projected(base), books.projected(snapshot))
    )


def _agree(record: SyncRecord, theirs: Snapshot, decided: Sequence[Conflict]) -> None:
    """Theirs becomes the base of what was decided: what ours has differently is a change of ours."""
    base = ties.agreed_on(record)
    if base is None:
        ties.agree(record, theirs)
        return
    paths = {each.path for each in decided}
    if "void" in paths:
        return
    open_still = [
        each for each in told_apart(base, theirs) if each.whose != "kept" and each.path not in paths
    ]
    ties.agree(record, agreed_after(base, theirs, open_still))


# --- Theirs, taken over here ------------------------------------------------------------------


def _take(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    theirs: Snapshot,
    paths: Sequence[str],
) -> SyncRecord:
    """Write what was decided for them into ours; the sync record that stands for it afterwards."""
    if not paths:
        return record
    subject = record.subject
    if isinstance(subject, Payment) and isinstance(theirs, PaymentSnapshot):
        return _take_payment(books, row, remote, record, subject, theirs, paths)
    if isinstance(subject, Deposit) and isinstance(theirs, DepositSnapshot):
        return _take_deposit(books, row, remote, record, theirs)
    with made_by(origin=books.origin):
        if isinstance(subject, Invoice | CreditNote):
            _take_document(books, record, subject, theirs, paths)
        elif not follow_fields(books, subject, _differences(theirs, paths)):
            raise ValidationError(never_follows(books.name, subject, paths))
    return record


def _take_payment(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    payment: Payment,
    theirs: PaymentSnapshot,
    paths: Sequence[str],
) -> SyncRecord:
    if ANOTHER_RECEIPT & set(paths):
        receive_anew(books, row, remote, record, payment, theirs, [], take_over)
        again = RemoteRecord.objects.select_related("sync_record").get(pk=row.pk).sync_record
        assert again is not None, "what was received anew is tied"
        return again
    follow_split(books, row, remote, payment, theirs)
    return record


def _take_deposit(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    theirs: DepositSnapshot,
) -> SyncRecord:
    """A bank deposit is never edited: undone, and made here as it stands there, where they say which
    payments it holds."""
    if not books.connector.capabilities.deposits_name_payments:
        raise ValidationError(
            f"{books.name} does not say which payments it holds now. Put ours back, or undo the bank "
            "deposit here and make it as it is meant."
        )
    verdict = make_anew(books, row, remote, record, theirs, "decided")
    again = RemoteRecord.objects.select_related("sync_record").get(pk=row.pk).sync_record
    if again is None or again == record:
        raise ValidationError(verdict.sentence)
    return again


def _take_document(
    books: Books,
    record: SyncRecord,
    document: Invoice | CreditNote,
    theirs: Snapshot,
    paths: Sequence[str],
) -> None:
    if "void" in paths:
        void(document, reason=f"Voided in {books.name}")
        now = books.ours(record)
        if now is not None:
            ties.agree(record, now)
        return
    if not follows_here(document, paths):
        raise ValidationError(never_follows(books.name, document, paths))
    fields: dict[str, Any] = {path: value_at(theirs, path) for path in paths}
    change_open_fields(document, **fields, reason=f"Changed in {books.name}")


def _differences(theirs: Snapshot, paths: Sequence[str]) -> list[Difference]:
    return [
        Difference(path=path, ours=None, theirs=value_at(theirs, path), whose="held")
        for path in paths
    ]
