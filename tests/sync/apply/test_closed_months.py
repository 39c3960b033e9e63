"""What arrives for a closed month is listed and changes nothing; what was sent is never deleted."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import set_closing_date
from apps.billing.models import Allocation, Change, CreditNote, Invoice, Payment
from apps.sync.models import Attempt, Call, RemoteRecord, SyncRecord
from apps.sync.tasks import sync_connection
from tests.books import Books
from tests.factories import make_invoice
from tests.sync.theirs import change_there, pay_there, row_of, their_id

PAYMENT = "Payment"


def billing_rows() -> list[list[dict[str, Any]]]:
    models = (Invoice, CreditNote, Payment, Allocation, Change)
    return [list(each.objects.order_by("pk").values()) for each in models]


@pytest.mark.slow
@pytest.mark.parametrize("change", ["amount", "reference", "cancelled", "new", "invoice"])
def test_a_change_there_in_a_closed_month_waits_until_the_date_moves_back(
    books: Books, change: str
) -> None:
    invoice, other = make_invoice(company=books.company), make_invoice(company=books.company)
    books.run()
    paid = pay_there(books, invoice, reference="BACS 77")
    books.run()
    assert Payment.objects.get().reference == "BACS 77"
    set_closing_date(books.company, date(2026, 3, 31), reason="Quarter filed")
    before = billing_rows()

    if change == "amount":
        change_there(books, PAYMENT, paid, TotalAmt=150)
    elif change == "reference":
        change_there(books, PAYMENT, paid, PaymentRefNum="BACS 78")
    elif change == "cancelled":
        books.server.act(books.realm, "void_payment", id=paid)
    elif change == "new":
        paid = pay_there(books, other)
    else:
        change_there(books, "Invoice", their_id(books, other), DueDate="2026-05-05")
    books.run()
    sync_connection(books.connection.pk)  # the function of the task itself, once more

    assert billing_rows() == before
    if change != "invoice":
        row = row_of(books, PAYMENT, paid)
        assert (row.arrival, row.waits_for) == ("waits", "closing_date")
        assert "31 March 2026" in row.sentence


def test_what_was_sent_is_deleted_by_nobody(books: Books) -> None:
    kept = (SyncRecord, RemoteRecord, Call, Attempt)
    before = [model.objects.count() for model in kept]
    assert all(before)
    for model in kept:
        first = model.objects.first()
        assert first is not None
        with pytest.raises(ValidationError, match="statutory period"):
            first.delete()
    assert [model.objects.count() for model in kept] == before
