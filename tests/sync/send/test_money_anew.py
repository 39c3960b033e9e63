"""Money that is taken back here and received anew: the first leaves its invoice before the next comes."""

from decimal import Decimal

import pytest

from apps.billing.actions import cancel_payment
from apps.sync.models import State
from tests.books import Books
from tests.factories import make_invoice, make_payment

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_a_payment_is_taken_back_before_another_settles_its_invoice(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    wrong = make_payment(invoice=invoice, method=books.method)
    books.run()
    assert books.record(wrong).state == State.IN_THE_BOOKS
    cancel_payment(wrong, reason="The cheque was of another day")
    invoice.refresh_from_db()
    right = make_payment(invoice=invoice, method=books.method)

    books.run()

    assert [books.record(each).state for each in (wrong, right)] == [State.IN_THE_BOOKS] * 2
    assert books.their_invoice(invoice.number)["Balance"] == 0
    assert books.balance("Undeposited Funds") == Decimal(100)
