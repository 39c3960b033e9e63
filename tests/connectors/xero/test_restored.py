"""A database that is older than Xero's books: payments and applications there bear no whole mark."""

import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import allocate, receive_payment
from apps.sync.models import Candidate, State, SyncRecord
from tests.connectors.xero.live import XeroBooks
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
)
from tests.older_database import Copy, begin_anew

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
DAY = date(2026, 3, 20)


@pytest.fixture(autouse=True)
def _another_process_afterwards() -> Iterator[None]:
    yield
    begin_anew()


def runs(books: XeroBooks, times: int = 4) -> None:
    for _ in range(times):
        books.run(get=None)


def left_open(books: XeroBooks) -> list[str]:
    """What is neither in the books nor ended, and what a person is asked."""
    rows = SyncRecord.objects.filter(connection=books.connection)
    open_ones = rows.exclude(state=State.IN_THE_BOOKS)
    asked = Candidate.objects.filter(sync_record__connection=books.connection, decision="")
    return [*(f"{each}: {each.state} {each.sentence}" for each in open_ones), *map(str, asked)]


@pytest.mark.parametrize("used", ["9.00", "15.00"])  # of 20: a second one fits, or does not
def test_an_application_that_the_database_forgot_is_not_made_again(
    books: XeroBooks, used: str
) -> None:
    customer, item = make_customer(books.company), make_item(books.company)
    invoice = make_invoice(customer=customer, lines=[(item, 1, "50.00")])
    note = make_credit_note(customer=customer, lines=[(item, 1, "20.00")], reason="Late")
    allocate(note, invoice, Decimal(used), on=DAY)
    copy = Copy(books)
    runs(books, 2)
    assert left_open(books) == []

    copy.restore()
    begin_anew()
    runs(books)

    assert left_open(books) == []
    (there,) = books.theirs("CreditNotes")
    assert [Decimal(str(each["Amount"])) for each in there["Allocations"]] == [Decimal(used)]
    assert books.their_invoice(str(invoice.number))["AmountDue"] == 50 - float(used)


def test_a_credit_of_ours_that_was_used_there_before_we_knew_that_it_arrived_is_used_here_too(
    books: XeroBooks,
) -> None:
    """The answer to its creation was lost; when it is found, its use is read with it."""
    customer, item = make_customer(books.company), make_item(books.company)
    invoice = make_invoice(customer=customer, lines=[(item, 1, "50.00")])
    books.run()
    note = make_credit_note(customer=customer, lines=[(item, 1, "20.00")], reason="Late")
    match = {"method": "write", "endpoint": "creditnotes"}
    books.server.arm(books.realm, "lose_after_commit", match=match)
    books.run(get=False)
    (there,) = books.theirs("CreditNotes")
    told = {"kind": "CreditNotes", "id": there["CreditNoteID"], "amount": "7.00"}
    theirs = books.their_invoice(str(invoice.number))["InvoiceID"]
    books.server.act(books.realm, "allocate", invoice=theirs, **told)
    time.sleep(0.25)  # nothing of what was sent can still arrive

    runs(books)

    assert left_open(books) == []
    assert [each.amount for each in note.allocations.all()] == [Decimal(7)]


def test_payments_that_the_database_forgot_are_taken_up_by_the_beginning_of_their_mark(
    books: XeroBooks,
) -> None:
    """A payment and a batch keep 80 bits of it; money on account keeps all."""
    customer, item = make_customer(books.company), make_item(books.company)
    one, two, three = (make_invoice(customer=customer, lines=[(item, 1, 50)]) for _ in range(3))
    how = {"customer": customer, "method": books.method, "date": DAY}
    for parts, rest in (([one], 0), ([two, three], 0), ([], 30)):
        apply = [(each, Decimal(25)) for each in parts]
        receive_payment(amount=sum((part for _, part in apply), Decimal(rest)), apply=apply, **how)
    copy = Copy(books)
    runs(books, 2)
    assert left_open(books) == []
    before = books.trial_balance()

    copy.restore()
    begin_anew()
    runs(books)

    assert left_open(books) == []
    assert books.trial_balance() == before


def test_a_payment_typed_there_under_the_reference_of_ours_is_another_one(books: XeroBooks) -> None:
    """The beginning of a mark proves nothing: another amount is other money."""
    invoice = make_invoice(company=books.company, lines=[(make_item(books.company), 1, 50)])
    mine = make_payment(invoice=invoice, amount="20.00", method=books.method)
    runs(books, 2)
    (payment,) = books.theirs("Payments")
    told = {"account": "090", "reference": payment["Reference"], "amount": "21.00"}
    theirs = payment["Invoice"]["InvoiceID"]
    books.server.act(books.realm, "record_payment", invoice=theirs, **told)
    for _ in range(2):
        books.run()

    assert left_open(books) == []
    invoice.refresh_from_db()
    assert invoice.balance_due == 50 - 20 - 21
    assert books.record(mine).remote_records.get(part="").remote_id == payment["PaymentID"]
