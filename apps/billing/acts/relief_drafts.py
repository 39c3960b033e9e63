"""Documents on the item of bad debts: what is written off with its tax, and what is booked again."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from apps.billing.models import (
    CreditNote,
    CreditNoteLine,
    Document,
    Invoice,
    InvoiceLine,
    Item,
    TaxMode,
)
from apps.billing.rules.documents import require_amount
from apps.billing.sums.relief_sums import shared_out
from apps.billing.sums.totals import work_out
from apps.core.money import ZERO, figure


def left_of_relief(note: CreditNote) -> Decimal:
    """Of a write-off with relief, what was not booked again, tax included."""
    again = note.recoveries.filter(status=Document.Status.ISSUED)
    return note.total - sum(again.values_list("total", flat=True), ZERO)


def owed_again(
    note: CreditNote, amount: Decimal, on: date, reason: str, *, book: Callable[[Document], None]
) -> Invoice:
    """So much of a bad debt, with its tax, on an issued invoice. `book` issues a draft without a
    limit of its own. The caller holds the company's lock and settles the invoice."""
    require_amount(amount, note.currency)
    note.hold()
    left = left_of_relief(note)
    if not note.is_issued or note.relieves_id is None:
        raise ValidationError(f"{note} writes nothing off.")
    if amount > left:
        raise ValidationError(
            f"Only {figure(left, note.currency)} {note.currency} of {note} is written off and not "
            f"booked again, not {figure(amount, note.currency)}."
        )
    owed = Invoice(**alike(note, on), recovers=note, due_date=on)
    owed.save()
    give_lines(owed, InvoiceLine, note, amount, f"Bad debt of {note.relieves} after all")
    book(owed)
    owed.refresh_from_db()
    return owed


def refuse_booked_again(document: Document) -> None:
    """Neither what books a bad debt again is credited like a sale, nor what was booked again of one
    undone under it."""
    if isinstance(document, Invoice) and document.recovers_id is not None:
        raise ValidationError(
            f"{document} books a bad debt again. Void it, or write off what will not be paid of it."
        )
    if isinstance(document, CreditNote):
        again = document.recoveries.filter(status=Document.Status.ISSUED).first()
        if again is not None:
            raise ValidationError(f"{document} was booked again already, by {again}.")


def alike(origin: Document, on: date) -> dict[str, object]:
    """What a document has of the one that it takes back. Its lines hold amounts with tax, which is
    what is shared out."""
    return {
        "company": origin.company,
        "customer_id": origin.customer_id,
        "issue_date": on,
        "currency": origin.currency,
        "exchange_rate": origin.exchange_rate,
        "exchange_rate_date": origin.exchange_rate_date,
        "exchange_rate_source": origin.exchange_rate_source,
        "tax_mode": TaxMode.INCLUSIVE,
    }


def give_lines(
    to: Document,
    shape: type[InvoiceLine] | type[CreditNoteLine],
    origin: Document,
    amount: Decimal,
    words: str,
) -> None:
    item = _item(origin)
    for place, (left, part) in enumerate(shared_out(origin, amount), start=1):
        made: Any = shape  # whose document is of the kind of its own
        made(
            document=to,
            position=place,
            item=item,
            description=words,
            quantity=Decimal(1),
            unit_price=part,
            tax_rate=left.rate,
        ).save()
    work_out(to)
    to.refresh_from_db()


def _item(origin: Document) -> Item:
    """The item by which bad debts are booked: of what is booked again, the one it was written off
    with, so that it lands where it was."""
    if isinstance(origin, CreditNote):
        line = origin.lines.select_related("item").first()
        if line is not None and line.item is not None:
            found: Item = line.item
            return found
    item = origin.company.bad_debt_item
    if item is None:
        raise ValidationError(
            f"{origin.company} has no item of bad debts yet. Make one, and choose it on the page of "
            "the company."
        )
    return item
