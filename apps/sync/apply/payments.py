"""Payments that were recorded over there: taken over here, proposed as ours, or only listed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError

from apps.billing.actions import allocate, receive_payment
from apps.billing.changes import made_by
from apps.billing.models import Customer, Payment, PaymentMethod
from apps.connectors.port import RemoteObject
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.mappings.models import Mapping, RemoteCode
from apps.sync.apply.books import Books
from apps.sync.apply.credits import retire_missing_parts
from apps.sync.apply.linking import by_marker, tie_parts
from apps.sync.apply.merged import payer_of, undecided
from apps.sync.apply.parents import is_above
from apps.sync.apply.payment_changes import apply_change
from apps.sync.apply.targets import Target, closed, in_doubt, targets_of
from apps.sync.apply.verdicts import APPLIED, Arrival, Verdict, needs_person, only_theirs, waits
from apps.sync.models import RemoteRecord
from apps.sync.models.waits import On
from apps.sync.there import ties
from apps.sync.there.compare import under_marker
from apps.sync.there.merges import WHERE, question_in_words
from apps.sync.there.same_money import REMEDY, ours_like, propose
from apps.sync.wording import called, day, money


def apply_payment(books: Books, row: RemoteRecord, remote: RemoteObject) -> Verdict:
    """A payment of theirs, as last read.

    Its snapshot says what its money settles; credits that it uses up are parts of their own.
    """
    retire_missing_parts(books, row, remote)
    if row.sync_record is not None and not row.retired:
        return apply_change(books, row, remote, row.sync_record, receive=take_over)
    theirs = remote.snapshot
    if remote.gone or remote.void or not isinstance(theirs, PaymentSnapshot) or theirs.cancelled:
        return only_theirs(f"It was cancelled in {books.name} before it was taken over.")
    linked = by_marker(books, row, remote)
    if linked is not None:
        return linked
    held = books.projected(theirs)
    assert isinstance(held, PaymentSnapshot), "a projection keeps its kind"
    return _arrives(books, row, remote, held)


def _arrives(
    books: Books, row: RemoteRecord, remote: RemoteObject, theirs: PaymentSnapshot
) -> Verdict:
    targets = targets_of(books, theirs)
    customer = payer_of(books, theirs, targets)
    first = books.connection.starts_on
    if first is not None and theirs.paid_on < first:
        return only_theirs(f"It is dated {day(theirs.paid_on)}, before the cut-off ({day(first)}).")
    if (merge := undecided(books, theirs, targets)) is not None:
        asked = question_in_words(books.name, merge)
        return waits(On.REMOTE_RECORD.of(merge.gone_record_id), f"{asked}.", f"{WHERE}.")
    unknown = [(each.outside.kind, each.outside.id) for each in targets if each.outside]
    if (doubt := in_doubt(books, *unknown)) is not None:
        return doubt
    if not isinstance(customer, Customer):
        return _of_a_stranger(books, theirs, targets)
    if books.is_closed(theirs.paid_on):
        return closed(books)
    same = _same_money(books, row, theirs, customer, targets)
    if same is not None:
        return same
    take_over(books, row, remote, theirs)
    return APPLIED


def _of_a_stranger(books: Books, theirs: PaymentSnapshot, targets: Sequence[Target]) -> Verdict:
    """Its customer is not ours: counted, and told where it settles an invoice of ours all the same."""
    customer = books.like(Kind.CUSTOMER, theirs.customer_id)
    if customer is not None and customer.arrival in (Arrival.NEW, Arrival.WAITS):
        return waits(
            On.REMOTE_RECORD.of(customer.pk), f"It waits for a decision about customer {customer}."
        )
    name = books.name_of(theirs.customer_id)
    ours = [
        str(each.invoice) if each.invoice is not None else called(each.ours)
        for each in targets
        if each.ours is not None
    ]
    if not ours:
        return only_theirs(f"Its customer, {name}, is only in {books.name}.")
    above = any(
        each.invoice is not None and is_above(books, theirs.customer_id, each.invoice.customer)
        for each in targets
    )
    return needs_person(
        f"{money(theirs.amount, theirs.currency)} of {name} settle {', '.join(ours)} in "
        f"{books.name}, but {name} is not a customer here.",
        f"Take {name} over as a customer: in {books.name} it is the parent of who was invoiced, and "
        "the payment then arrives by itself."
        if above
        else f"In {books.name}, move the payment to the invoice's customer; or receive it here by "
        "hand.",
    )


def _same_money(
    books: Books,
    row: RemoteRecord,
    theirs: PaymentSnapshot,
    customer: Customer,
    targets: Sequence[Target],
) -> Verdict | None:
    """Both wait where ours may be the same receipt; a send of ours without answer goes first."""
    invoices = [each.invoice.pk for each in targets if each.invoice is not None]
    proposed = False
    for ours in ours_like(books.connection, theirs, customer.pk, invoices):
        record = ties.sync_record_of(books.connection, ours)
        if record.in_doubt:
            return waits(
                On.SYNC_RECORD.of(record.pk),
                f"Tieout finds out whether its own send of {money(ours.amount, ours.currency)} "
                f"of {ours.customer} arrived.",
            )
        proposed |= propose(row, record, ours) is not None
    if not proposed:
        return None
    return waits(On.DECISION.of(), row.sentence, REMEDY)


# --- Taken over -------------------------------------------------------------------------------


def take_over(
    books: Books, row: RemoteRecord, remote: RemoteObject, theirs: PaymentSnapshot
) -> Payment:
    """Receive here what was received there, tied part by part.

    Raises ValidationError, in billing's words, where it cannot be posted here.
    """
    targets = targets_of(books, theirs)
    customer = payer_of(books, theirs, targets)
    if not isinstance(customer, Customer):
        raise ValidationError(f"Its customer is only in {books.name}.")
    if theirs.currency != customer.currency:
        raise ValidationError(
            f"It is in {theirs.currency}; {customer} is invoiced in {customer.currency}."
        )
    with made_by(origin=books.origin, reason=f"Recorded in {books.name}"):
        payment = receive_payment(
            customer=customer,
            amount=theirs.amount,
            date=theirs.paid_on,
            method=method_of(books, theirs),
            reference=theirs.reference,
            memo=theirs.memo[:400],
            apply=[(each.invoice, each.amount) for each in targets if each.invoice is not None],
            **rate_there(books, theirs),
        )
        for each in targets:
            if each.invoice is None:
                on = max(payment.date, each.dated or payment.date)
                allocate(payment, each.ours, each.amount, on=on, outside=each.outside)
    payment.refresh_from_db()
    record = ties.sync_record_of(books.connection, payment)
    ties.tie(row, record)
    ties.agree(record, under_marker(theirs, payment.public_id.hex))
    ties.in_the_books(record, payment.revision)
    tie_parts(books, row, remote, record)
    look_again_at_deposits(books, payment.date)
    return payment


def rate_there(books: Books, theirs: PaymentSnapshot) -> dict[str, Any]:
    """Money in another currency is worth here what their books say that it is worth."""
    if theirs.currency == books.company.home_currency:
        return {}
    return {"exchange_rate": theirs.exchange_rate, "exchange_rate_source": books.name}


def look_again_at_deposits(books: Books, since: date) -> None:
    """A bank deposit that was only theirs may hold nothing but payments of ours by now."""
    RemoteRecord.objects.filter(
        connection=books.connection,
        of_kind=Kind.DEPOSIT,
        sync_record=None,
        arrival=Arrival.ONLY_THEIRS,
        dated__gte=since,
        void=False,
        gone=False,
    ).update(arrival=Arrival.NEW, sentence="", remedy="")


def method_of(books: Books, theirs: PaymentSnapshot) -> PaymentMethod | None:
    """Our payment method, when exactly one is mapped to the account and method of theirs; where
    theirs is words, when exactly one is called so."""
    if books.connector.capabilities.method_as_text:
        words = theirs.method_id.strip().casefold()
        named = [each for each in books.methods if each.name.strip().casefold() == words]
        fits = [each for each in named if each.currency == theirs.currency]
        return fits[0] if len(fits) == 1 else None
    codes = books.mappings.codes
    lies = {
        each.pk: codes.get(books.mappings.place_of(each, theirs.paid_on)) for each in books.methods
    }
    by_account = {
        pk for pk, code in lies.items() if code is not None and code.remote_id == theirs.account_id
    }
    by_method = _mapped_to(codes, Mapping.Subject.METHOD, theirs.method_id)
    mapped = by_account & by_method if by_account and by_method else by_account or by_method
    found = [
        each for each in books.methods if each.pk in mapped and each.currency == theirs.currency
    ]
    return found[0] if len(found) == 1 else None


def _mapped_to(
    codes: dict[tuple[str, int | None], RemoteCode], subject: str, remote_id: str
) -> set[int]:
    return {
        key
        for (mapped, key), code in codes.items()
        if mapped == subject and key is not None and remote_id and code.remote_id == remote_id
    }
