"""What a gateway turned away after Xero had made it: an invoice there bears no mark of ours, and its
number lets no second one be made. It is looked up by that number, and never sent again meanwhile."""

import time

import pytest

from apps.connections.models import Connection
from apps.sync.models import Candidate, State
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_customer, make_invoice, make_item
from tests.sync.theirs import their_id

pytestmark = pytest.mark.django_db
GATE = {"method": "PUT", "endpoint": "invoices"}


def a_minute_later(books: XeroBooks) -> None:
    books.run()
    Connection.objects.filter(pk=books.connection.pk).update(paused_until=None)
    time.sleep(0.25)  # what left may not be on its way any more
    for _ in range(3):
        books.run()


@pytest.mark.slow
def test_what_was_made_behind_a_refusal_of_the_gateway_is_ours(books: XeroBooks) -> None:
    customer, item = make_customer(books.company), make_item(books.company)
    invoices = [make_invoice(customer=customer, lines=[(item, 1, each)]) for each in (10, 20, 30)]
    books.server.arm(books.realm, "status", match=GATE, status=403, after_commit=True)

    a_minute_later(books)

    assert [books.record(each).state for each in invoices] == [State.IN_THE_BOOKS] * 3
    assert not Candidate.objects.exists()
    numbers = [each["InvoiceNumber"] for each in books.theirs("Invoices")]
    assert all(numbers.count(each.number) == 1 for each in invoices)


@pytest.mark.slow
def test_what_somebody_changed_of_it_meanwhile_is_asked_about(books: XeroBooks) -> None:
    invoice = make_invoice(
        customer=make_customer(books.company), lines=[(make_item(books.company), 1, 10)]
    )
    books.server.arm(books.realm, "status", match=GATE, status=403, after_commit=True)
    books.run()
    books.server.act(books.realm, "edit", kind="Invoices", number=invoice.number, date="2026-03-09")

    a_minute_later(books)

    record = books.record(invoice)
    assert record.state == State.NEEDS_PERSON
    assert "its date is 2 March 2026 here and 9 March 2026 in Xero" in record.sentence


@pytest.mark.slow
def test_typed_there_alike_and_never_sent_it_is_asked_about(books: XeroBooks) -> None:
    """The very same invoice, by hand: whether it is one is a person's to say."""
    sent = make_invoice(company=books.company)
    books.run()
    assert books.record(sent).state == State.IN_THE_BOOKS
    mine = make_invoice(customer=sent.customer, lines=[(sent.lines.get().item, 1, 100)])
    body = {
        "Type": "ACCREC",
        "Contact": {"ContactID": their_id(books, sent.customer)},
        "InvoiceNumber": mine.number,
        "Date": str(mine.issue_date),
        "DueDate": str(mine.due_date),
        "LineItems": [
            {"Description": "Lantern", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200"}
        ],
        "Status": "AUTHORISED",
    }
    books.server.act(books.realm, "create", kind="Invoices", body=body)

    books.run()

    record = books.record(mine)
    assert record.state == State.NEEDS_PERSON
    assert "Tieout did not make it" in record.sentence
