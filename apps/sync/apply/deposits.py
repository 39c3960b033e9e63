"""Bank deposits that arrive: made over there of payments that are ours, ours changed, or theirs alone.

The side that made it wins. One of theirs becomes a deposit here where everything in it is ours:
each payment stands for one of ours, what was refunded out of the same account is one of our refunds,
and every other amount lies on the account of one of our roles. What is changed there is undone and
made anew here, since a deposit is never edited.
"""

from django.core.exceptions import ValidationError

from apps.billing.actions import make_deposit, undo_deposit
from apps.billing.acts.depositing import note_outside_deposit
from apps.billing.changes import made_by
from apps.billing.models import Deposit, Payment
from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import DepositSnapshot
from apps.core.money import rounded
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import put_before_a_person
from apps.sync.apply.deposit_members import Contents, Foreign, NotYet, contents_of, payments_of_ours
from apps.sync.apply.linking import by_marker, calm, tie_and_compare
from apps.sync.apply.targets import closed
from apps.sync.apply.verdicts import (
    APPLIED,
    ECHO,
    Verdict,
    applied,
    is_own_send,
    needs_person,
    not_followed,
    only_theirs,
    unreadable,
    waits,
)
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.compare import agreed_after, compare, told_apart, under_marker
from apps.sync.wording import called, capital, day, label, money

ENDED = (State.IN_THE_BOOKS, State.GONE)


def apply_deposit(books: Books, row: RemoteRecord, remote: RemoteObject) -> Verdict:
    """A bank deposit of theirs, as last read."""
    if row.sync_record is not None and not row.retired:
        return _tied(books, row, remote, row.sync_record)
    theirs = remote.snapshot
    if remote.gone or remote.void or not isinstance(theirs, DepositSnapshot) or theirs.cancelled:
        note_outside_deposit([], key=_key(books, row), label="")
        return only_theirs(f"It was deleted in {books.name} before it was taken over.")
    linked = by_marker(books, row, remote)
    if linked is not None:
        return linked
    return _arrives(books, row, remote, _held(books, theirs))


# --- Made over there --------------------------------------------------------------------------


def _arrives(
    books: Books, row: RemoteRecord, remote: RemoteObject, theirs: DepositSnapshot
) -> Verdict:
    first = books.connection.starts_on
    if first is not None and theirs.dated < first:
        return only_theirs(f"It is dated {day(theirs.dated)}, before the cut-off ({day(first)}).")
    try:
        contents = contents_of(books, theirs)
    except Foreign as foreign:
        return _only_there(books, row, theirs, str(foreign))
    except NotYet as missing:
        return waits(On.REMOTE_RECORD.of(missing.row.pk), str(missing))
    standing = contents.deposit_here()
    if standing is not None:
        return _stands_here(books, row, remote, standing, contents)
    if books.is_closed(theirs.dated):
        return closed(books)
    note_outside_deposit([], key=_key(books, row), label="")
    take_over(books, row, theirs, contents)
    return APPLIED


def _only_there(books: Books, row: RemoteRecord, theirs: DepositSnapshot, why: str) -> Verdict:
    """It stays theirs; payments of ours in it are at the bank with it."""
    label = f"bank deposit of {day(theirs.dated)} in {books.name}"
    held = [each for each in payments_of_ours(books, theirs) if not _lies_here(each)]
    note_outside_deposit(held, key=_key(books, row), label=label)
    if not held:
        return only_theirs(why)
    return only_theirs(
        f"{why} Payments of yours lie in it ({', '.join(map(called, held))}): they are at the bank, "
        "and are not proposed for a bank deposit here."
    )


def _lies_here(payment: Payment) -> bool:
    return payment.deposit_lines.filter(standing=True).exists()


def _key(books: Books, row: RemoteRecord) -> str:
    return f"{books.origin}:{row.kind}:{row.remote_id}"


def _stands_here(
    books: Books, row: RemoteRecord, remote: RemoteObject, deposit: Deposit, contents: Contents
) -> Verdict:
    """A payment of it lies in a bank deposit here: that one is it, or one of both is wrong."""
    record = ties.sync_record_of(books.connection, deposit)
    if record.in_doubt:
        return waits(
            On.SYNC_RECORD.of(record.pk),
            f"Tieout finds out first whether its own send of {called(deposit)} arrived.",
        )
    if contents.holds_the_same(deposit) and ties.live_tie(record) is None:
        return tie_and_compare(books, row, remote, record)
    return needs_person(
        f"Payments in it lie in {called(deposit)} of {day(deposit.date)} here, together with "
        "others or on another account.",
        f"Undo that bank deposit here, or delete this one in {books.name}; then press "
        "“Look again”.",
    )


def take_over(
    books: Books, row: RemoteRecord, theirs: DepositSnapshot, contents: Contents
) -> Deposit:
    """Make here what was made there. Raises ValidationError, in billing's words, where it cannot
    be posted here."""
    of_its_own = contents.bank_account.currency == theirs.currency
    with made_by(origin=books.origin, reason=f"Made in {books.name}"):
        deposit = make_deposit(
            contents.bank_account,
            date=theirs.dated,
            payments=contents.payments,
            refunds=contents.refunds,
            amounts=contents.amounts,
            memo=theirs.memo[:400],
            # Of a home account's line no rate is asked, though its payments may have one.
            exchange_rate=theirs.exchange_rate if of_its_own else None,
        )
    came = theirs.total
    if deposit.currency != theirs.currency:
        came = rounded(came * theirs.exchange_rate, deposit.currency)
    if deposit.total != came:
        raise ValidationError(
            f"Its lines come to {money(deposit.total, deposit.currency)} here and to "
            f"{money(came, deposit.currency)} in {books.name}."
        )
    record = ties.sync_record_of(books.connection, deposit)
    ties.tie(row, record)
    ties.agree(record, under_marker(theirs, deposit.public_id.hex))
    ties.in_the_books(record, deposit.revision)
    return deposit


# --- Changed or deleted over there ------------------------------------------------------------


def _tied(books: Books, row: RemoteRecord, remote: RemoteObject, record: SyncRecord) -> Verdict:
    deposit = record.subject
    assert isinstance(deposit, Deposit), "a bank deposit's sync record"
    theirs, base = remote.snapshot, ties.agreed_on(record)
    if remote.gone or remote.void or getattr(theirs, "cancelled", False):
        return _taken_back(books, remote, record, deposit)
    if is_own_send(record, base) and isinstance(theirs, DepositSnapshot):
        return ECHO
    if not isinstance(base, DepositSnapshot) or not isinstance(theirs, DepositSnapshot):
        return unreadable(books.name, deposit)
    base, theirs = _held(books, base), _held(books, theirs)
    found = told_apart(base, theirs)
    if all(each.whose == "kept" for each in found):
        if found:
            ties.agree(record, under_marker(theirs, base.marker))
        calm(record)
        return ECHO
    if deposit.made_in == books.origin:
        if not deposit.is_made:
            return needs_person(
                f"{capital(called(deposit))} was undone here and changed in {books.name}.",
                f"Delete it in {books.name} too, or make it here again.",
            )
        said = ", ".join(label(each.path) for each in found if each.whose != "kept")
        return make_anew(books, row, remote, record, theirs, said)
    result = compare(base, books.ours(record), theirs, pending=deposit.revision > record.sent)
    ties.agree(record, agreed_after(base, theirs, [*result.clashes, *result.taken]))
    if result.clashes:
        return put_before_a_person(books, record, result.clashes)
    calm(record)
    return ECHO


def make_anew(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    theirs: DepositSnapshot,
    said: str,
) -> Verdict:
    """Undo ours and make it here as it stands there, where both months are open."""
    deposit = record.subject
    assert isinstance(deposit, Deposit), "a bank deposit's sync record"
    if books.is_closed(deposit.date) or books.is_closed(theirs.dated):
        return not_followed(record, closed(books, changed=deposit), Reason.AMOUNTS_DIFFER)
    reason = f"Changed in {books.name}"
    with made_by(origin=books.origin, reason=reason):
        undo_deposit(deposit, reason=reason)
    row.sync_record = None
    row.save(update_fields=["sync_record"])
    ties.left_out(record, deposit.revision, Reason.CANCELLED_HERE, f"{reason}: it was undone here.")
    verdict = _arrives(books, row, remote, theirs)
    if verdict.arrival == RemoteRecord.Arrival.APPLIED:
        return applied(f"Changed in {books.name} ({said}), so it was undone and made anew here.")
    return verdict


def _taken_back(
    books: Books, remote: RemoteObject, record: SyncRecord, deposit: Deposit
) -> Verdict:
    settled = record.state in ENDED and record.sent == deposit.revision
    if not deposit.is_made and settled:
        return ECHO
    if deposit.is_made and deposit.made_in != books.origin:
        sentence = (
            f"{capital(called(deposit))} was made {Connection.named_by(deposit.made_in)} and deleted "
            f"in {books.name}. Nothing sends it again by itself."
        )
        remedy = f"Undo it here too, or decide to send it to {books.name} again as a new one."
        ties.hold(record, Reason.GONE, sentence, remedy)
        return needs_person(sentence, remedy)
    if deposit.is_made:
        if books.is_closed(deposit.date):
            return not_followed(record, closed(books, taken_back=deposit), Reason.GONE)
        reason = f"Deleted in {books.name}"
        with made_by(origin=books.origin, reason=reason):
            undo_deposit(deposit, reason=reason)
    settle = ties.gone_there if remote.gone else ties.in_the_books
    settle(record, deposit.revision)
    return applied()


def _held(books: Books, snapshot: DepositSnapshot) -> DepositSnapshot:
    held = books.projected(snapshot)
    assert isinstance(held, DepositSnapshot), "a projection keeps its kind"
    return held
