"""What a decision about one field must not do to the others, over real HTTP."""

from datetime import date
from typing import Any

import pytest

from apps.billing.actions import change_open_fields
from apps.billing.changes import made_by
from apps.sync.decide.acts import decide_conflict
from apps.sync.models import Conflict, Reason, State
from tests.books import Books
from tests.sync.theirs import change_there, their_id


@pytest.mark.parametrize("answer", ["ours", "theirs"])
def test_a_decision_about_one_field_leaves_no_other_change_of_ours_behind(
    books: Books, invoice: Any, answer: str
) -> None:
    customer = invoice.customer
    remote_id = their_id(books, customer)
    change_there(books, "Customer", remote_id, DisplayName="Harbour Books Ltd")
    customer.name = "Harbour Bookshop"
    customer.email = "books@example.com"
    customer.save()
    books.run()

    decide_conflict(books.record(customer).conflicts.get(decision=""), answer, user_id=books.fay.pk)
    books.run()

    (theirs,) = (each for each in books.theirs("Customer") if each["Id"] == remote_id)
    assert theirs["PrimaryEmailAddr"]["Address"] == "books@example.com"
    assert books.record(customer).state == State.IN_THE_BOOKS


LEFT = {
    "message": ({"CustomerMemo": {"value": "Theirs"}}, "Theirs", "Ours"),
    "due_date": ({"DueDate": "2026-07-31"}, "2026-07-31", "2026-08-31"),
}


@pytest.mark.parametrize("field", list(LEFT))
def test_what_was_left_there_is_not_lost_to_what_is_written_here_later(
    books: Books, invoice: Any, field: str
) -> None:
    body, theirs, ours = LEFT[field]
    change_there(books, "Invoice", their_id(books, invoice), **body)
    books.run()
    assert not Conflict.objects.exists()

    written: dict[str, Any] = {field: ours if field == "message" else date.fromisoformat(ours)}
    with made_by(books.fay.pk):
        change_open_fields(invoice, **written, reason="Agreed on the phone")
    books.run()

    record = books.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CHANGED_ON_BOTH_SIDES)
    asked = record.conflicts.get()
    assert (asked.path, asked.ours, asked.theirs) == (field, ours, theirs)
    there = books.their_invoice(invoice.number)
    assert theirs in (there["DueDate"], (there.get("CustomerMemo") or {}).get("value"))
