"""The test invoice, whichever way an invoice comes to stand there."""

from decimal import Decimal

import pytest

from apps.sync.trial.running import run_trial
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.factories import make_invoice, make_item
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


def test_a_line_discount_goes_into_its_price_and_the_test_invoice_matches(
    books: FreshBooksBooks,
) -> None:
    """Three of 3.33 less 5 % are 9.49: one of 9.49 there, as its text says."""
    item = make_item(books.company)
    line = (item, 3, "3.33", None, {"discount_percent": Decimal(5)})
    result = run_trial(
        books.connection, make_invoice(company=books.company, lines=[line]), user_id=books.fay.pk
    )
    assert result.matched, (result.sentence, [row for row in result.rows if not row.agrees])
    shown = {row.field: (row.ours, row.theirs) for row in result.rows}
    assert shown["Line 1: quantity"] == ("1", "1")
    assert shown["Line 1: unit price"] == ("9.49", "9.49")
    (there,) = [each for each in books.theirs("invoices") if each["amount"]["amount"] == "9.49"]
    assert "(3 × 3.33, less discount)" in str(there["lines"][0])
