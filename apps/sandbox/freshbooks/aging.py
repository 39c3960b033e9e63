"""What each client owes as of a day, by age: the receivable of that day, taken apart."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from . import invoices, ledger, wire
from .store import Business, Content
from .taxing import totals
from .wire import ZERO

BUCKETS = ("0-30", "31-60", "61-90", "91+")


def open_on(books: Business, day: str, code: str) -> Iterator[tuple[Content, Decimal]]:
    """(invoice, what was owed on it that day): later documents and later money do not count.

    Money that came before its invoice's own date owes the client until that date.
    """
    for invoice in books.all("invoices"):
        if not ledger.counts(invoice) or invoice["currency_code"] != code:
            continue
        owed = totals(books, invoice).total if invoice["create_date"] <= day else ZERO
        for payment in invoices.payments_of(books, invoice):
            if payment["date"] <= day:
                owed -= wire.decimal(payment["amount"])
        if owed:
            yield invoice, owed


def credit_on(books: Business, day: str, code: str) -> Iterator[tuple[Content, Decimal]]:
    """(credit note, what was left of it that day)."""
    for credit in books.all("credit_notes"):
        if not ledger.credit_counts(credit) or credit["currency_code"] != code:
            continue
        left = totals(books, credit).total if credit["create_date"] <= day else ZERO
        for payment in invoices.spent_by(books, credit):
            if payment["date"] <= day:
                left -= wire.decimal(payment["amount"])
        if left:
            yield credit, left


def bucket(first: str, day: str) -> str:
    days = (date.fromisoformat(day) - date.fromisoformat(first)).days
    return BUCKETS[0 if days <= 30 else 1 if days <= 60 else 2 if days <= 90 else 3]


def by_client(books: Business, day: str, code: str) -> dict[int, dict[str, Decimal]]:
    out: dict[int, dict[str, Decimal]] = {}

    def add(client: int, where: str, amount: Decimal) -> None:
        row = out.setdefault(client, dict.fromkeys((*BUCKETS, "total"), ZERO))
        row[where] += amount
        row["total"] += amount

    by_due = books.switch("aging_from") == "due_date"
    for invoice, owed in open_on(books, day, code):
        first = invoices.due_date(invoice) if by_due else invoice["create_date"]
        add(invoice["customerid"], bucket(first, day), owed)
    if books.switch("aging_credits") == "subtracted":
        for credit, left in credit_on(books, day, code):
            add(credit["clientid"], bucket(credit["create_date"], day), -left)
    return {client: row for client, row in out.items() if any(row.values())}


def report(books: Business, day: str, code: str) -> Content:
    found = by_client(books, day, code)

    def shown(row: dict[str, Decimal]) -> Content:
        return {name: wire.money(amount, code) for name, amount in row.items()}

    accounts = []
    sums = dict.fromkeys((*BUCKETS, "total"), ZERO)
    for client, row in sorted(found.items()):
        who = books.objects["clients"][client]
        told = {name: who.get(name) or "" for name in ("email", "fname", "lname", "organization")}
        accounts.append({**shown(row), **told, "userid": client})
        sums = {name: amount + row[name] for name, amount in sums.items()}
    return {"accounts": accounts, "end_date": day, "totals": shown(sums)}
