"""What happens to a company, here and in its books, so that each type of event comes true once."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from apps.billing.actions import make_deposit, pay_refund, return_payment, void
from apps.billing.models import BankAccount, Invoice
from apps.mappings.models import Mapping
from apps.reconciliation import keeping as comparisons
from apps.triggers.models import Listening
from apps.triggers.tasks import tick
from tests.books import Books
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_method,
    make_paid_credit_note,
    make_payment,
)

DAY: Final = date(2026, 3, 18)
LONG_AGO: Final = timedelta(days=60)


def open_the_books(books: Books) -> None:
    """Nothing of them waits, and both sides agree."""
    books.run()
    assert _compared(books), "both sides are to agree before anything happens"
    tick()


def let_everything_happen(books: Books) -> None:
    """Each type of event at least once; told once a worker reads and sends."""
    _with_customers_and_money(books)
    _overdue(books)
    tick()  # before the books answer: they are read again below
    _in_the_books(books)
    _not_in_the_books(books)
    _apart(books)
    tick()
    _lost(books)
    tick()


def _with_customers_and_money(books: Books) -> None:
    company = books.company
    customer = make_customer(company, name="Rivers & Sons", address_lines="1 High Street\nFloor 2")
    tick()
    customer.phone = "+44 20 7946 0018"
    customer.save()
    invoice = make_invoice(customer=customer)
    tick()
    paid = make_payment(invoice=invoice, method=books.method)
    void(make_invoice(customer=customer), reason="Typed twice")
    make_credit_note(invoice=make_invoice(customer=customer))
    note = make_paid_credit_note(company)
    pay_refund(note, amount=Decimal(100), on=DAY, method=books.method, reason="Sent back")
    return_payment(make_payment(customer=customer, method=books.method), on=DAY, reason="No funds")
    bank = BankAccount.objects.create(company=company, name="Barclays", currency="GBP")
    till = make_method(company, posts_to="clearing", bank_account=bank)
    make_deposit(bank, date=DAY, payments=[make_payment(customer=customer, method=till)])
    assert paid.applied == invoice.total


def _overdue(books: Books) -> None:
    """Somebody has listened for two months when a due date goes by."""
    heard = Listening.objects.get(company=books.company)
    Listening.objects.filter(pk=heard.pk).update(since=heard.since - LONG_AGO, overdue_until=None)
    yesterday = books.company.today() - timedelta(days=1)
    make_invoice(company=books.company, issue_date=yesterday, due_date=yesterday)


def _in_the_books(books: Books) -> None:
    books.run(get=False)


def _not_in_the_books(books: Books) -> None:
    """Nobody says any more where sales go."""
    rows = Mapping.objects.filter(connection=books.connection, subject="income")
    [row] = rows
    rows.delete()
    make_invoice(company=books.company)
    books.run(get=False)
    row.pk = None
    row.save()


def _apart(books: Books) -> None:
    """Their accountant records a payment that has not come here yet."""
    theirs = books.their_invoice(_issued(books).number or "")
    books.server.act(books.realm, "record_payment", invoices={theirs["Id"]: "1"}, amount="1")
    assert not _compared(books)


def _lost(books: Books) -> None:
    books.server.tokens(books.realm, "revoke_grant")
    make_invoice(company=books.company)
    books.run()


def _issued(books: Books) -> Invoice:
    rows = Invoice.objects.filter(company=books.company, balance_due__gt=0, status="issued")
    return rows.filter(
        sync_records__connection=books.connection, sync_records__sent__gt=0
    ).earliest("pk")


def _compared(books: Books) -> Any:
    asked = comparisons.ask(books.connection, None)
    comparisons.carry_out(asked.pk)
    asked.refresh_from_db()
    return asked.agrees
