"""What an arriving payment or credit settles, in our terms; and days on which nothing is posted."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.billing.actions import Outside
from apps.billing.models import Adjustment, Invoice, Refund, Synced
from apps.connectors.snapshots import Kind, PaymentSnapshot
from apps.sync.apply.books import Books
from apps.sync.apply.verdicts import Arrival, Verdict, waits
from apps.sync.models import RemoteRecord
from apps.sync.models.waits import On
from apps.sync.wording import called, capital, day


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """One thing that is settled: an invoice of ours, a refund that pays the money out, an
    adjustment that takes it up, or something of theirs."""

    amount: Decimal
    ours: Invoice | Refund | Adjustment | None = None
    outside: Outside | None = None

    @property
    def invoice(self) -> Invoice | None:
        return self.ours if isinstance(self.ours, Invoice) else None

    @property
    def dated(self) -> date | None:
        """Its own accounting date, where it is ours."""
        match self.ours:
            case Invoice():
                return self.ours.issue_date
            case Refund() | Adjustment():
                return self.ours.date
        return None


def targets_of(books: Books, theirs: PaymentSnapshot) -> Sequence[Target]:
    """What their payment settles."""
    return [
        target_of(books, str(each.target_kind), each.target_id, each.amount)
        for each in theirs.allocations
        if not each.cancelled
    ]


def target_of(books: Books, kind: str, remote_id: str, amount: Decimal) -> Target:
    """What of ours it is, or what their books call it where it is only theirs."""
    ours = books.ours_behind(kind, remote_id)
    if isinstance(ours, Invoice | Refund | Adjustment):
        return Target(amount=amount, ours=ours)
    label = label_of(books, kind, remote_id, row_of(books, kind, remote_id))
    return Target(amount=amount, outside=Outside(kind=kind, id=remote_id, label=label))


def in_doubt(books: Books, *ends: tuple[str, str]) -> Verdict | None:
    """What they set something against may be our own record whose send is not settled yet: then
    nothing says so far that it is ours, and it would be taken for one that is only theirs.

    `ends` are their kinds, as ours, and ids.
    """
    for kind, remote_id in ends:
        row = row_of(books, kind, remote_id)
        if row is None or row.sync_record_id is not None or row.arrival != Arrival.WAITS:
            continue
        if row.awaits.on == On.SYNC_RECORD:
            return waits(On.REMOTE_RECORD.of(row.pk), f"It waits for what becomes of {row}.")
    return None


def label_of(books: Books, kind: str, remote_id: str, row: RemoteRecord | None) -> str:
    """What staff read of an object of theirs: "journal entry 12 in …"."""
    return f"{_word(kind, row)} {_number(row, remote_id)} in {books.name}"[:120]


def word_of(books: Books, kind: str, remote_id: str) -> str:
    """Their word for it, as they say it: a journal of theirs is no adjustment of ours."""
    return _word(kind, row_of(books, kind, remote_id))


def number_of(books: Books, kind: str, remote_id: str) -> str:
    """What their books call an object of theirs: its number, else its id."""
    return _number(row_of(books, kind, remote_id), remote_id)


def _word(kind: str, row: RemoteRecord | None) -> str:
    theirs = row.kind if row is not None else kind.replace("_", " ")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", theirs).lower()


def _number(row: RemoteRecord | None, remote_id: str) -> str:
    return row.number if row is not None and row.number else remote_id


def row_of(books: Books, kind: str, remote_id: str) -> RemoteRecord | None:
    rows = RemoteRecord.objects.filter(connection=books.connection, remote_id=remote_id, part="")
    ours = kind in set(Kind)
    # What Tieout holds no shape of (a journal of many lines) has no kind of ours.
    return rows.filter(of_kind__in=[kind, ""]).first() if ours else rows.filter(kind=kind).first()


def closed(
    books: Books, *, changed: Synced | None = None, taken_back: Synced | None = None
) -> Verdict:
    """Nothing is posted into a month that is closed here: what arrives, or what became over there
    of a record of ours."""
    until = books.company.closing_date
    what = ""
    if (ours := changed or taken_back) is not None:
        became = "changed" if taken_back is None else "taken back"
        what = f"{capital(called(ours))} was {became} in {books.name}. "
    return waits(
        On.CLOSING_DATE.of(),
        f"{what}Tieout's books are closed up to {day(until) if until else 'its date'}: it is listed, not "
        "applied, until that date is moved back.",
        f"Move the closing date back, or move it in {books.name} into an open month.",
    )
