"""Credits that are only theirs and settle an invoice of ours: what billing must know of them."""

from decimal import Decimal

from apps.billing.actions import OutsideCredit
from apps.connectors.snapshots import AllocationSnapshot, CreditNoteSnapshot, Kind
from apps.sync.apply.books import Books
from apps.sync.apply.targets import number_of, row_of, word_of

# Whatever else settles an invoice is money that reached a bank without a payment.
WITHOUT_MONEY = frozenset({Kind.CREDIT_NOTE.value, Kind.ADJUSTMENT.value})


def credit_of_theirs(books: Books, theirs: AllocationSnapshot) -> OutsideCredit | None:
    """The source of an application as their books hold it.

    None where what it is worth cannot be told: it was not read, or it is foreign and does not say
    its rate.
    """
    kind, remote_id = str(theirs.source), theirs.source_id
    row = row_of(books, kind, remote_id)
    if row is None or row.amount is None or row.amount <= 0:
        return None
    rate = Decimal(1)
    if theirs.currency != books.company.home_currency:
        held = books.read(row).snapshot
        if not isinstance(held, CreditNoteSnapshot):
            return None
        rate = held.exchange_rate
    label = f"{word_of(books, kind, remote_id)} {number_of(books, kind, remote_id)} in {books.name}"
    return OutsideCredit(
        origin=books.origin,
        their_kind=row.kind,
        remote_id=remote_id,
        label=label,
        date=row.dated or theirs.applied_on,
        currency=theirs.currency,
        amount=row.amount,
        exchange_rate=rate,
        is_money=kind not in WITHOUT_MONEY,
    )
