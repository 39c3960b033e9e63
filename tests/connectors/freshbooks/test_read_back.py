"""Many credit notes are read back in one list, and not by a call for each."""

import pytest

from apps.sync.models import Call, State
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.factories import make_credit_note, make_customer, make_item

pytestmark = pytest.mark.django_db
MANY = 8


def test_many_credit_notes_are_read_back_in_one_list(books: FreshBooksBooks) -> None:
    customer, item = make_customer(books.company), make_item(books.company)
    notes = [
        make_credit_note(customer=customer, lines=[(item, 1, 10 + nth)], reason="Late")
        for nth in range(MANY)
    ]

    run = books.run(get=False)

    assert {books.record(each).state for each in notes} == {State.IN_THE_BOOKS}
    asked = Call.objects.filter(run=run, purpose="documents").values_list("method", flat=True)
    assert sorted(asked) == ["GET", *["POST"] * MANY]
