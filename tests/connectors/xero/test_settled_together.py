"""What became of a lost call of many is found out in a few calls, and not in one for each."""

import time

import pytest

from apps.sync.models import Call, State
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_customer, make_invoice, make_item

pytestmark = pytest.mark.django_db
MANY = 12


@pytest.mark.parametrize("endpoint", ["items", "invoices"])
@pytest.mark.slow
def test_many_whose_answer_was_lost_are_read_together(books: XeroBooks, endpoint: str) -> None:
    customer = make_customer(books.company)
    items = [make_item(books.company) for _ in range(MANY)]
    invoices = [make_invoice(customer=customer, lines=[(each, 1, 10)]) for each in items]
    books.server.arm(
        books.realm, "lose_after_commit", match={"method": "PUT", "endpoint": endpoint}
    )
    before = Call.objects.latest("pk").pk

    for _ in range(5):
        books.run(get=False)
        time.sleep(0.1)  # what was lost may not be on its way any more when it is asked about

    assert {books.record(each).state for each in invoices} == {State.IN_THE_BOOKS}
    asked = Call.objects.filter(pk__gt=before, method="GET", path__icontains=f"/{endpoint}")
    assert len(asked) <= 4, [each.path for each in asked]
    numbers = [each["InvoiceNumber"] for each in books.theirs("Invoices")]
    assert all(numbers.count(each.number) == 1 for each in invoices)
    assert len(books.theirs("Items")) == MANY + 1  # with that of the test invoice
