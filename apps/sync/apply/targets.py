"""What an arriving payment or credit settles, in our terms; and days on which nothing is posted."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from apps.billing.actions import Outside
from apps.billing.models import Invoice
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.sync.apply.books import Books
from apps.sync.apply.verdicts import Verdict, waits
from apps.sync.models import RemoteRecord
from apps.sync.wording import day


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One thing that is settled: an invoice of ours, or something of theirs."""

    amount: Decimal
    invoice: Invoice | None = None
    outside: Outside | None = None


def targets_of(books: Books, theirs: PaymentSnapshot) -> Sequence[Target]:
    """What their payment settles."""
    return [
        target_of(books, str(each.target_kind), each.target_id, each.amount)
        for each in theirs.allocations
        if not each.cancelled
    ]


def target_of(books: Books, kind: str, remote_id: str, amount: Decimal) -> Target:
    """An invoice that is ours, or what their books call it where it is only theirs."""
    if kind == Kind.INVOICE:
        invoice = books.subject(Kind.INVOICE, remote_id)
        if isinstance(invoice, Invoice):
            return Target(amount=amount, invoice=invoice)
    label = f"{kind.replace('_', ' ')} {_number(books, kind, remote_id)} in {books.name}"
    return Target(amount=amount, outside=Outside(kind=kind, id=remote_id, label=label[:120]))


def _number(books: Books, kind: str, remote_id: str) -> str:
    rows = RemoteRecord.objects.filter(
        connection=books.connection, remote_id=remote_id, part=""
    ).exclude(number="")
    rows = rows.filter(of_kind=kind) if kind in set(Kind) else rows.filter(kind=kind)
    return rows.values_list("number", flat=True).first() or remote_id


def closed(books: Books) -> Verdict:
    """Nothing is posted into a month that is closed here."""
    until = books.company.closing_date
    return waits(
        "closing_date",
        f"Tieout's books are closed up to {day(until) if until else 'its date'}: it is listed, not "
        "applied, until that date is moved back.",
        f"Move the closing date back, or move it in {books.name} into an open month.",
    )
