"""Adjustments and refunds that arrive: ours changed or deleted over there, or theirs alone."""

from apps.billing.models import Adjustment, Refund
from apps.billing.rules.money import standing_deposit
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import AdjustmentSnapshot, Kind, RefundSnapshot
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import put_before_a_person
from apps.sync.apply.linking import by_marker, calm
from apps.sync.apply.verdicts import (
    ECHO,
    Verdict,
    applied,
    is_own_send,
    needs_person,
    only_theirs,
    unreadable,
    waits,
)
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.compare import agreed_after, compare, told_apart
from apps.sync.there.same_money import REMEDY, propose, refunds_like
from apps.sync.wording import called, capital, day, label, told

ENDED = (State.IN_THE_BOOKS, State.GONE)


def apply_entry(books: Books, row: RemoteRecord, remote: RemoteObject) -> Verdict:
    """A journal or an expense on the receivable, as last read. None is ever made here from theirs:
    which deduction or refund it would be, only a person knows."""
    if row.sync_record is not None and not row.retired:
        return _tied(books, row.sync_record, remote)
    if remote.gone or remote.void:
        return only_theirs(f"It was taken back in {books.name}.")
    linked = by_marker(books, row, remote)
    if linked is not None:
        return linked
    if isinstance(remote.snapshot, RefundSnapshot):
        same = _same_money(books, row, remote.snapshot)
        if same is not None:
            return same
    return only_theirs(f"It was made in {books.name} and is only there.")


def _same_money(books: Books, row: RemoteRecord, theirs: RefundSnapshot) -> Verdict | None:
    """Both wait where ours may be the same money; a send of ours without answer goes first."""
    customer = books.subject(Kind.CUSTOMER, theirs.customer_id)
    if customer is None:
        return None
    proposed = False
    for ours in refunds_like(books.connection, theirs, customer.pk):
        record = ties.sync_record_of(books.connection, ours)
        if record.in_doubt:
            return waits(
                On.SYNC_RECORD.of(record.pk),
                f"Tieout finds out whether its own send of {called(ours)} arrived.",
            )
        proposed |= propose(row, record, ours) is not None
    return waits(On.DECISION.of(), row.sentence, REMEDY) if proposed else None


def _tied(books: Books, record: SyncRecord, remote: RemoteObject) -> Verdict:
    entry = record.subject
    assert isinstance(entry, Adjustment | Refund), "an adjustment's or a refund's sync record"
    theirs, base = remote.snapshot, ties.agreed_on(record)
    if remote.gone or remote.void or getattr(theirs, "cancelled", False):
        return _taken_back(books, record, entry, gone=remote.gone)
    if is_own_send(record, base) and isinstance(theirs, AdjustmentSnapshot | RefundSnapshot):
        return ECHO
    if base is None or theirs is None or type(theirs) is not type(base):
        return unreadable(books.name, entry)
    base, theirs = books.projected(base), books.projected(theirs)
    if not told_apart(base, theirs):
        calm(record)
        return ECHO
    result = compare(base, books.ours(record), theirs, pending=entry.revision > record.sent)
    ties.agree(record, agreed_after(base, theirs, [*result.clashes, *result.taken]))
    if result.clashes:
        return put_before_a_person(books, record, result.clashes)
    calm(record)
    left = [
        f"its {label(each.path)} is {told(each.theirs, each.path, entry.currency)} there"
        for each in result.taken
    ]
    left += [
        f"the {label(each.path)} was changed"
        for each in result.kept
        if each.path.endswith("account_id")
    ]
    if not left:
        return ECHO
    return applied(f"Changed in {books.name} and left as it is there: {', '.join(left)}.")


def _taken_back(
    books: Books, record: SyncRecord, entry: Adjustment | Refund, *, gone: bool
) -> Verdict:
    if not entry.is_made:
        settled = record.state in ENDED and record.sent == entry.revision
        if settled:
            return ECHO
        settle = ties.gone_there if gone else ties.in_the_books
        settle(record, entry.revision)
        return applied()
    sentence = (
        f"{capital(called(entry))} was {'deleted' if gone else 'cancelled'} in {books.name}, and "
        "stands here. Nothing sends it again by itself."
    )
    remedy = f"Cancel it here too, or decide to send it to {books.name} again as a new one."
    lies_in = standing_deposit(entry) if isinstance(entry, Refund) else None
    if lies_in is not None:
        remedy = (
            f"It lies here in {called(lies_in)} of {day(lies_in.date)}: undo that, then cancel it "
            f"here too. Or decide to send it to {books.name} again as a new one."
        )
    ties.hold(record, Reason.GONE, sentence, remedy)
    return needs_person(sentence, remedy)
