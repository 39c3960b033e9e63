"""What stands open on customers' accounts as of a day: every document with what was left of it then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from ...models import Posting, StoredObject
from .. import ledger
from ..book import Book
from ..entities.money import on_receivable
from ..filing import Content
from ..links import applications, is_charge
from ..wire import cents

KINDS = ("Invoice", "CreditMemo", "Payment", "JournalEntry", "Deposit", "Purchase")
Key = tuple[str, int]


@dataclass
class Item:
    """One document on a customer's account; what the customer owes is positive.

    `amount` and `open` are cents of its own currency, `home` and `open_home` of the company's.
    """

    stored: StoredObject
    amount: int
    home: int
    open: int = 0
    open_home: int = 0

    @property
    def customer(self) -> int:
        assert self.stored.customer is not None
        return self.stored.customer

    @property
    def content(self) -> Content:
        return self.stored.content

    @property
    def dated(self) -> date:
        assert self.stored.txn_date is not None
        return self.stored.txn_date

    @property
    def due(self) -> date:
        """The day it is due; credits and money on account have none and count from their own."""
        named = self.content.get("DueDate")
        return date.fromisoformat(named) if named else self.dated


def items_as_of(book: Book, day: date, *, settled_since: bool = False) -> list[Item]:
    """Every document dated up to `day`, with what was open of it at the end of that day.

    A payment of later does not lower it yet, and what a payment pays of a later document is still
    on account. `settled_since` takes what is open now instead. The home amounts add up to the
    receivables of the trial balance of that day.
    """
    rows = list(
        StoredObject.objects.filter(
            realm=book.company.realm, kind__in=KINDS, customer__isnull=False, deleted=False
        ).order_by("txn_date", "object_id")
    )
    book.cache.update({(one.kind, one.object_id): one for one in rows})
    home = posted_on_receivables(book)
    items = {
        (one.kind, one.object_id): Item(one, base(book, one), home.get(one.object_id, 0))
        for one in rows
    }
    for item in items.values():
        item.open, item.open_home = item.amount, item.home
    shown = [item for item in items.values() if item.dated <= day]
    payments = items.values() if settled_since else shown
    for payment in [one for one in payments if one.stored.kind == "Payment"]:
        for target, amount in applications(payment.content).items():
            if target in items and (settled_since or items[target].dated <= day):
                settle(book, payment, items[target], target, amount)
    return shown


def settle(book: Book, payment: Item, target: Item, key: Key, amount: int) -> None:
    """Take what a payment applies off both: a charge owes less, and so does the money on account."""
    signed = amount if is_charge(target.stored) else -amount
    worth = ledger.share(book, payment.stored, key, amount)
    payment.open += signed
    target.open -= signed
    payment.open_home += worth
    target.open_home -= worth


def posted_on_receivables(book: Book) -> dict[int, int]:
    """Transaction -> what it debits less credits on receivables, home cents."""
    accounts = ledger.receivable_accounts(book).values()
    rows = Posting.objects.filter(realm=book.company.realm, account__in=list(accounts))
    return dict(rows.values_list("txn").annotate(total=Sum("cents")))


def base(book: Book, stored: StoredObject) -> int:
    """What a document adds to its customer's account, before anything is applied to it."""
    content = stored.content
    if stored.kind == "Invoice":
        return cents(content["TotalAmt"]) - cents(content.get("Deposit", 0))
    if stored.kind in ("CreditMemo", "Payment"):
        return -cents(content["TotalAmt"])
    return on_receivable(book, stored)


def opened(items: Iterable[Item]) -> list[Item]:
    return [one for one in items if one.open or one.open_home]


def names(book: Book) -> dict[int, str]:
    """Every customer's full name by id."""
    return {one.object_id: one.content["FullyQualifiedName"] for one in book.everything("Customer")}
