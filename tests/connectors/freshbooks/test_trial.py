"""The test invoice, whichever way an invoice comes to stand there."""

import pytest

from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.freshbooks_twin import FreshBooksTwin

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kept_as", ["kept", "draft"])
def test_a_test_invoice_of_several_steps_goes_over_whole_when_it_is_asked_for_once(
    twin: FreshBooksTwin, kept_as: str
) -> None:
    """Made as a draft, it counts only once it is marked as sent: two calls."""
    books = FreshBooksBooks(twin, status_on_create=kept_as)
    invoice = books.go_live()

    (there,) = books.theirs("invoices")
    assert there["invoice_number"] == invoice.number
    assert there["v3_status"] == "overdue"  # sent, in March
