"""What a customer, or every customer of a company, has open on a day, and how old it is.

All of it is worked out by `billing/sums/as_of.py`: an item here is one of its records with its words.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from apps.billing.models import Adjustment, Company, CreditNote, Customer, Invoice, Payment, Refund
from apps.billing.sums.as_of import InvoiceThen, OpenThen, Then, as_of
from apps.core.money import ZERO


class Bucket(StrEnum):
    """How long something is overdue; credits have no due date."""

    NOT_DUE = "not_due"
    UP_TO_30 = "up_to_30"
    UP_TO_60 = "up_to_60"
    UP_TO_90 = "up_to_90"
    OVER_90 = "over_90"
    UNAPPLIED = "unapplied"


class ItemKind(StrEnum):
    """The key of its caption."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"
    RETURNED = "returned"
    DEBITED = "debited"
    DEDUCTION = "deduction"


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenItem:
    """Something open on a day: `open` is below nil where the customer holds it, not owes it."""

    customer_id: int
    currency: str
    kind: ItemKind
    number: str
    dated: date
    due: date | None
    total: Decimal
    open: Decimal
    days_overdue: int

    @property
    def bucket(self) -> Bucket:
        if self.open < 0:
            return Bucket.UNAPPLIED
        return bucket_of(self.days_overdue)


def bucket_of(days: int) -> Bucket:
    """Of days past the due date: the due date itself, and any day before, is not overdue."""
    if days <= 0:
        return Bucket.NOT_DUE
    for most, bucket in ((30, Bucket.UP_TO_30), (60, Bucket.UP_TO_60), (90, Bucket.UP_TO_90)):
        if days <= most:
            return bucket
    return Bucket.OVER_90


def open_items(company: Company, day: date, customer: Customer | None = None) -> list[OpenItem]:
    """All that was open at the end of `day`, oldest first."""
    then = as_of(company, day, customer)
    only = None if customer is None else customer.pk
    items = [item for item in _items(then, day) if only in (None, item.customer_id)]
    return sorted(items, key=lambda each: (each.dated, each.kind, each.number))


def kind_of_refund(why: str) -> ItemKind:
    """What a bank took back is no refund to whoever paid."""
    went_back = why in (Refund.Why.RETURNED, Refund.Why.CHARGEBACK)
    return ItemKind.RETURNED if went_back else ItemKind.REFUND


def aged(items: Iterable[OpenItem]) -> dict[Bucket, Decimal]:
    """What is open by its age. All buckets, nil included; together they are the balance."""
    found = dict.fromkeys(Bucket, ZERO)
    for item in items:
        found[item.bucket] += item.open
    return found


def by_currency(items: Iterable[OpenItem]) -> dict[str, list[OpenItem]]:
    """Currencies in alphabetical order."""
    found: dict[str, list[OpenItem]] = {}
    for item in sorted(items, key=lambda each: each.currency):
        found.setdefault(item.currency, []).append(item)
    return found


def balance(items: Sequence[OpenItem]) -> Decimal:
    """What is owed less what is held."""
    return sum((item.open for item in items), ZERO)


def _items(then: Then, day: date) -> Iterable[OpenItem]:
    owed = {key: each for key, each in then.invoices.items() if each.due}
    for row in _rows(Invoice, owed, "number", "issue_date", "due_date"):
        due = row["due_date"] or row["issue_date"]
        found = owed[row["pk"]]
        yield _item(ItemKind.INVOICE, found, found.due, row["number"], row["issue_date"], due, day)
    notes = _still_open(then.credit_notes)
    for row in _rows(CreditNote, notes, "number", "issue_date"):
        note = notes[row["pk"]]
        yield _item(ItemKind.CREDIT_NOTE, note, -note.open, row["number"], row["issue_date"])
    money = _still_open(then.payments)
    for row in _rows(Payment, money, "reference", "date"):
        payment = money[row["pk"]]
        yield _item(ItemKind.PAYMENT, payment, -payment.open, row["reference"], row["date"])
    refunds = _still_open(then.refunds)
    for row in _rows(Refund, refunds, "reference", "date", "why"):
        refund = refunds[row["pk"]]
        yield _item(kind_of_refund(row["why"]), refund, refund.open, row["reference"], row["date"])
    moved = _still_open(then.adjustments)
    for row in _rows(Adjustment, moved, "side", "date"):
        adjustment = moved[row["pk"]]
        if row["side"] == Adjustment.Side.DEBIT:
            yield _item(ItemKind.DEBITED, adjustment, adjustment.open, "", row["date"])
        else:
            yield _item(ItemKind.DEDUCTION, adjustment, -adjustment.open, "", row["date"])


def _still_open(rows: dict[int, OpenThen]) -> dict[int, OpenThen]:
    return {key: each for key, each in rows.items() if each.open}


SLICE = 500  # keys in one statement


def _rows(model: type[Any], wanted: dict[int, Any], *fields: str) -> Iterable[dict[str, Any]]:
    keys = list(wanted)
    for start in range(0, len(keys), SLICE):
        rows = model.objects.filter(pk__in=keys[start : start + SLICE])
        yield from rows.order_by("pk").values("pk", *fields)


def _item(
    kind: ItemKind,
    found: InvoiceThen | OpenThen,
    left: Decimal,
    number: str,
    dated: date,
    due: date | None = None,
    day: date | None = None,
) -> OpenItem:
    return OpenItem(
        customer_id=found.customer_id,
        currency=found.currency,
        kind=kind,
        number=number,
        dated=dated,
        due=due,
        total=found.total,
        open=left,
        days_overdue=(day - due).days if day and due else 0,
    )
