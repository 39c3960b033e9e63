"""Payments that both sides have and that were changed, cancelled or un-applied over there.

The side that made it wins. Ours follows theirs where they made it: another split is un-applied and
applied anew, dated; another amount, date or customer is cancelled and received anew, since what
was received is never edited. What was made here and changed there is asked, but for money of it
that they set against something more: that allocation they made.
"""

from collections.abc import Collection
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, cancel_payment, reverse
from apps.billing.changes import made_by
from apps.billing.models import Allocation, Payment
from apps.connections.models import Connection
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Difference, Kind, PaymentSnapshot
from apps.sync.apply.books import Books
from apps.sync.apply.conflicts import put_before_a_person
from apps.sync.apply.linking import calm, close_reversed, in_our_words, standing, tie_parts
from apps.sync.apply.opening import APART
from apps.sync.apply.targets import closed, target_of
from apps.sync.apply.verdicts import (
    ECHO,
    Verdict,
    applied,
    is_own_send,
    needs_person,
    not_followed,
    unreadable,
    waits,
)
from apps.sync.models import Reason, RemoteRecord, State, SyncRecord, Tie
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.compare import (
    Split,
    agreed_after,
    compare,
    split_of,
    told_apart,
    under_marker,
)
from apps.sync.wording import called, capital, day, label, told

# A change of one of these is another receipt: ours is cancelled and received anew.
ANOTHER_RECEIPT = frozenset({"amount", "paid_on", "customer_id", "currency", "exchange_rate"})


class TakeOver(Protocol):
    """Receives here what was received there."""

    def __call__(
        self, books: Books, row: RemoteRecord, remote: RemoteObject, theirs: PaymentSnapshot
    ) -> Payment: ...


def apply_change(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    *,
    receive: TakeOver,
) -> Verdict:
    """A payment that stands for one of ours, as last read."""
    payment = record.subject
    assert isinstance(payment, Payment), "a payment's sync record"
    if remote.gone or remote.void or getattr(remote.snapshot, "cancelled", False):
        return _taken_back(books, remote, record, payment)
    base, theirs = ties.agreed_on(record), remote.snapshot
    if is_own_send(record, base) and isinstance(theirs, PaymentSnapshot):
        return ECHO
    if not isinstance(base, PaymentSnapshot) or not isinstance(theirs, PaymentSnapshot):
        return unreadable(books.name, payment)
    base, theirs = _held(books, base), _held(books, theirs)
    found = told_apart(base, theirs)
    if not found:
        calm(record)
        return ECHO
    if payment.made_in == books.origin:
        return _follow(books, row, remote, record, base, theirs, found, receive)
    return _ours_changed_there(books, row, remote, record, base, theirs)


# --- Cancelled over there ---------------------------------------------------------------------


def _taken_back(
    books: Books, remote: RemoteObject, record: SyncRecord, payment: Payment
) -> Verdict:
    """Voided or deleted over there: cancelled here where they made it, so the invoices are open."""
    settled = record.state in (State.IN_THE_BOOKS, State.GONE) and record.wanted == record.sent
    if not payment.is_received and settled:
        return ECHO
    if payment.is_received and payment.made_in != books.origin:
        return _ours_taken_back(books, record, payment)
    if payment.is_received and (locked := locked_by_deposit(books, record, payment, gone=True)):
        return locked
    if payment.is_received:
        if books.is_closed(payment.date):
            return not_followed(record, closed(books, taken_back=payment), Reason.GONE)
        reason = f"Cancelled in {books.name}"
        with made_by(origin=books.origin, reason=reason):
            cancel_payment(payment, reason=reason)
    _settle_cancelled(books, remote, record, payment)
    return applied()


def locked_by_deposit(
    books: Books, record: SyncRecord, payment: Payment, *, gone: bool
) -> Verdict | None:
    """A bank deposit here holds it, so it cannot be cancelled: what to do first, and where. Once
    that is undone it is followed by itself."""
    line = payment.deposit_lines.filter(standing=True).select_related("deposit").first()
    if line is None:
        return None
    held_by = line.deposit.sync_records.filter(connection=books.connection).first()
    theirs = ties.live_tie(held_by) if held_by is not None else None
    became = "taken back" if gone else "changed"
    sentence = (
        f"{capital(called(payment))} was {became} in {books.name} and lies here in "
        f"{called(line.deposit)}, which holds it as it is."
    )
    if theirs is not None and theirs.arrival in (
        RemoteRecord.Arrival.NEW,
        RemoteRecord.Arrival.WAITS,
    ):
        return waits(On.REMOTE_RECORD.of(theirs.pk), sentence)
    remedy = (
        f"Undo {called(line.deposit)} of {day(line.deposit.date)} here: Tieout then follows "
        f"{books.name} by itself. Or put the payment back there as it was."
    )
    reason = Reason.GONE if gone else Reason.AMOUNTS_DIFFER
    held = needs_person(sentence, remedy)
    return not_followed(record, held, reason, On.UNDONE.of(line.deposit_id))


def _ours_taken_back(books: Books, record: SyncRecord, payment: Payment) -> Verdict:
    sentence = (
        f"{capital(called(payment))} was recorded {Connection.named_by(payment.made_in)} and "
        f"cancelled in {books.name}. Nothing sends it again by itself."
    )
    remedy = f"Cancel it here too, or decide to send it to {books.name} again as a new one."
    if record.opening:
        remedy = f"Cancel it here too, or enter it in {books.name} again. {APART}"
    ties.hold(record, Reason.GONE, sentence, remedy)
    return needs_person(sentence, remedy)


def _settle_cancelled(
    books: Books, remote: RemoteObject, record: SyncRecord, payment: Payment
) -> None:
    if isinstance(remote.snapshot, PaymentSnapshot):
        ties.agree(record, under_marker(_held(books, remote.snapshot), payment.public_id.hex))
    settle = ties.gone_there if remote.gone else ties.in_the_books
    settle(record, payment.revision)
    close_reversed(books, payment)


# --- Made over there: ours follows ------------------------------------------------------------


def _follow(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    base: PaymentSnapshot,
    theirs: PaymentSnapshot,
    found: tuple[Difference, ...],
    receive: TakeOver,
) -> Verdict:
    payment = record.subject
    assert isinstance(payment, Payment), "a payment's sync record"
    if not payment.is_received:
        return needs_person(
            f"{capital(called(payment))} was cancelled here and changed in {books.name}.",
            f"Cancel it in {books.name} too, or receive it here again.",
        )
    another = [each for each in found if each.path in ANOTHER_RECEIPT]
    if another and (books.is_closed(payment.date) or books.is_closed(theirs.paid_on)):
        return not_followed(record, closed(books, changed=payment), Reason.AMOUNTS_DIFFER)
    if another and (locked := locked_by_deposit(books, record, payment, gone=False)):
        return locked
    if another:
        return receive_anew(books, row, remote, record, payment, theirs, another, receive)
    if payment.reference != theirs.reference and books.is_closed(payment.date):
        return closed(books)
    with made_by(origin=books.origin, reason=f"Changed in {books.name}"):
        if payment.reference != theirs.reference:
            payment.reference = theirs.reference
            payment.save()
        _resplit(books, payment, split_of(base), split_of(theirs), books.day_of(remote))
    ties.agree(record, under_marker(theirs, base.marker))
    ties.in_the_books(record, payment.revision)
    close_reversed(books, payment)
    tie_parts(books, row, remote, record)
    return applied(_changed_in(books, found))


def receive_anew(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    payment: Payment,
    theirs: PaymentSnapshot,
    another: list[Difference],
    receive: TakeOver,
) -> Verdict:
    said = ", ".join(
        f"its {label(each.path)} is {told(each.theirs, each.path, payment.currency)} there"
        for each in another
        if each.path != "customer_id"
    )
    reason = f"Changed in {books.name}"
    not_sent = _not_there_yet(books, payment)
    with made_by(origin=books.origin, reason=reason):
        cancel_payment(payment, reason=reason)
    theirs_still = Decimal(0)
    if not books.connector.capabilities.payments_carry_allocations:
        theirs_still = _arrive_again(books, payment)
    close_reversed(books, payment)
    others = record.remote_records.filter(part="", retired=False, gone=False).exclude(pk=row.pk)
    with_it = list(others.order_by("pk"))  # of one that is several there
    row.sync_record = None
    anew = receive(books, row, remote, theirs)
    for other in with_it:
        ties.tie(other, ties.sync_record_of(books.connection, anew))
    sentence = f"Changed in {books.name}: received anew as {anew}."
    ties.left_out(record, payment.revision, Reason.CANCELLED_HERE, sentence)
    lost = _set_again(books, anew, not_sent, theirs_still)
    return applied(
        f"Changed in {books.name}, so it was received anew: {said or 'its customer'}.{lost}"
    )


def _not_there_yet(books: Books, payment: Payment) -> list[Allocation]:
    """What was set against invoices here and never left."""
    ours = payment.allocations.filter(reversed_on=None, invoice__isnull=False)
    left = SyncRecord.objects.filter(connection=books.connection, allocation__in=ours).exclude(
        sent=0, state=State.WAITING
    )
    not_sent = ours.exclude(pk__in=left.values("allocation"))
    return list(not_sent.select_related("invoice").order_by("pk"))


def _set_again(
    books: Books, anew: Payment, not_sent: Collection[Allocation], theirs_still: Decimal
) -> str:
    """Set the payment that was received anew against what only we had set it against, as far as it
    goes beside what theirs settles; what it does not go to, in a sentence."""
    anew.refresh_from_db()
    room, lost = anew.on_account - theirs_still, []
    for each in not_sent:
        assert each.invoice is not None, "chosen by it"
        try:
            if each.amount > room:
                raise ValidationError("No more is left.")
            with made_by(reason=f"Received anew: it was set against {each.invoice} before"):
                on = books.open_day(each.date, anew.date)
                allocate(anew, each.invoice, each.amount, on=on)
        except ValidationError:
            lost.append(str(each.invoice))
        else:
            room -= each.amount
    if not lost:
        return ""
    return f" What was set here against {', '.join(lost)} is no more: set it again."


def _arrive_again(books: Books, payment: Payment) -> Decimal:
    """What it is set against there, each as a record of its own, still is: looked at anew, it is
    set against the same by the payment that was received anew. How much that is."""
    parts = RemoteRecord.objects.filter(
        connection=books.connection,
        of_kind=Kind.ALLOCATION,
        sync_record__allocation__payment=payment,
        retired=False,
        gone=False,
    ).exclude(part="")
    amounts = dict(parts.values_list("pk", "amount"))
    keys = list(amounts)
    Tie.objects.filter(remote_record__in=keys, part=Tie.Part.ADDED).delete()
    RemoteRecord.objects.filter(pk__in=keys).update(
        sync_record=None,
        arrival=RemoteRecord.Arrival.NEW,
        sentence="",
        remedy="",
        waits_for="",
    )
    return sum((each or Decimal(0) for each in amounts.values()), Decimal(0))


def follow_split(
    books: Books, row: RemoteRecord, remote: RemoteObject, payment: Payment, theirs: PaymentSnapshot
) -> None:
    """Set a payment against what theirs is set against, whatever ours was, tied part by part."""
    ours: Split = {}
    for allocation, target in standing(books, payment):
        ours[target] = ours.get(target, Decimal(0)) + allocation.amount
    with made_by(origin=books.origin, reason=f"Changed in {books.name}"):
        _resplit(books, payment, ours, split_of(theirs), books.day_of(remote))
    close_reversed(books, payment)
    tie_parts(books, row, remote, ties.sync_record_of(books.connection, payment))


def _resplit(books: Books, payment: Payment, before: Split, after: Split, changed_on: date) -> None:
    """Un-apply and apply what changed between two splits of theirs; the rest of ours stays."""
    ours = list(standing(books, payment))
    before, after = in_our_words(books, before), in_our_words(books, after)
    changed = {
        target
        for target in before.keys() | after.keys()
        if before.get(target, Decimal(0)) != after.get(target, Decimal(0))
    }
    missing: Split = {}
    for target in sorted(changed):
        rest = after.get(target, Decimal(0))
        for allocation, of in ours:
            if of != target:
                continue
            if allocation.amount <= rest:
                rest -= allocation.amount
                continue
            on = books.open_day(changed_on, allocation.date)
            reverse(allocation, on=on, reason=f"Un-applied in {books.name}")
        if rest > 0:
            missing[target] = rest
    _apply_more(books, payment, missing, changed_on)


def _apply_more(books: Books, payment: Payment, more: Split, changed_on: date) -> None:
    for (kind, remote_id), amount in sorted(more.items()):
        target = target_of(books, kind, remote_id, amount)
        on = books.open_day(changed_on, payment.date, target.dated or payment.date)
        allocate(payment, target.ours, amount, on=on, outside=target.outside)


# --- Made here and changed over there ---------------------------------------------------------


def _ours_changed_there(
    books: Books,
    row: RemoteRecord,
    remote: RemoteObject,
    record: SyncRecord,
    base: PaymentSnapshot,
    theirs: PaymentSnapshot,
) -> Verdict:
    payment = record.subject
    assert isinstance(payment, Payment), "a payment's sync record"
    pending = payment.revision > record.sent
    result = compare(base, books.ours(record), theirs, pending=pending)
    more = _only_more(split_of(base), split_of(theirs))
    clashes = [each for each in result.clashes if each.path != "allocations" or more is None]
    took = more is not None and any(each.path == "allocations" for each in result.clashes)
    if clashes:
        ties.agree(record, agreed_after(base, theirs, [*result.clashes, *result.taken]))
        return put_before_a_person(books, record, clashes)
    if took and more is not None:
        before = set(payment.allocations.values_list("pk", flat=True))
        with made_by(origin=books.origin, reason=f"Applied in {books.name}"):
            _apply_more(books, payment, more, books.day_of(remote))
        if record.opening:  # a part of theirs may hold what it settled before the cut-off too
            for each in payment.allocations.exclude(pk__in=before):
                ties.in_the_books(ties.sync_record_of(books.connection, each), each.revision)
    ties.agree(record, agreed_after(base, theirs, result.taken))
    calm(record)
    tie_parts(books, row, remote, record)
    if took:
        return applied(f"Money on account was set against more in {books.name}.")
    if result.taken:
        return applied(
            f"Changed in {books.name} and left as it is there: "
            f"{', '.join(label(each.path) for each in result.taken)}."
        )
    return ECHO


def _only_more(before: Split, after: Split) -> Split | None:
    """What they set against something on top of what was agreed; None where anything was taken."""
    nil = Decimal(0)
    if any(after.get(target, nil) < amount for target, amount in before.items()):
        return None
    return {
        target: amount - before.get(target, nil)
        for target, amount in after.items()
        if amount > before.get(target, nil)
    }


def _held(books: Books, snapshot: PaymentSnapshot) -> PaymentSnapshot:
    held = books.projected(snapshot)
    if not isinstance(held, PaymentSnapshot):
        raise ValidationError("A payment of theirs has a shape that Tieout cannot read.")
    return held


def _changed_in(books: Books, found: Collection[Difference]) -> str:
    return f"Changed in {books.name}: {', '.join(label(each.path) for each in found)}."
