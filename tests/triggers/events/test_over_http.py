"""What the engine did with a simulated ledger is told: what arrived there, what came from there."""

from decimal import Decimal

import pytest

from apps.billing.models import Payment
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item
from tests.sync.conftest import books as books  # the fixture
from tests.sync.conftest import ledger as ledger
from tests.sync.theirs import pay_there
from tests.triggers.events.ears import Ears

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_what_arrives_there_and_what_comes_from_there_is_told(books: Books) -> None:
    customer, item = make_customer(books.company), make_item(books.company)
    ears = Ears(books.company, "record.in_books", "payment.received", "invoice.paid")
    invoice = make_invoice(customer=customer, lines=[(item, 1, 100)])
    books.run()

    told = ears.heard()
    assert {each["type"] for each in told} == {"record.in_books"}
    assert {each["data"]["record"]["kind"] for each in told} == {"customer", "item", "invoice"}
    assert {each["data"]["state"] for each in told} == {State.IN_THE_BOOKS}
    assert all(each["data"]["their_id"] for each in told)
    assert {each["data"]["connection"]["id"] for each in told} == {str(books.connection.public_id)}
    books.run()
    assert ears.heard() == []

    pay_there(books, invoice)
    books.run()

    told = {each["type"]: each for each in ears.heard()}
    received, paid = told["payment.received"], told["invoice.paid"]
    assert received["source"] == paid["source"] == str(books.connection.public_id)
    assert (received["data"]["amount"], received["data"]["recorded_here"]) == ("100.00", False)
    assert (paid["data"]["number"], paid["data"]["balance_due"]) == (invoice.number, "0.00")
    assert Payment.objects.get().amount == Decimal(100)
    books.run()
    assert ears.heard() == []
