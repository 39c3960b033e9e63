"""A note of a closed month hangs on its transaction, also where that raises the version over there."""

from datetime import date
from typing import Any

import pytest

from apps.billing.actions import change_open_fields, set_closing_date
from apps.billing.changes import made_by
from apps.reconciliation.compare import compare
from apps.sync.decide.edit_notes import write_note
from apps.sync.models import Conflict, Edit, RemoteRecord
from tests.books import Books
from tests.sync.theirs import change_there, their_id

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


@pytest.mark.parametrize("raises", [False, True])
def test_an_attachment_disturbs_neither_side_whether_or_not_it_raises_the_version(
    books: Books, invoice: Any, raises: bool
) -> None:
    books.server.set_up(books.realm, attachable_raises_token=raises)
    key = their_id(books, invoice)
    change_there(books, "Invoice", key, DueDate="2026-12-31")
    books.run()
    set_closing_date(books.company, date(2026, 3, 31), reason="March is done")
    (edit,) = Edit.objects.all()
    version = books.their_invoice(str(invoice.number))["SyncToken"]
    write_note([edit], "They asked for it", by=books.fay.pk)
    for _ in range(2):
        books.run()

    edit.refresh_from_db()
    assert (edit.state, edit.where) == (Edit.State.BOTH, "in a note attached to it")
    raised = books.their_invoice(str(invoice.number))["SyncToken"] != version
    assert raised is raises
    # Nothing came back of it, and what we change next goes over at once.
    assert Edit.objects.count() == 1
    assert not Conflict.objects.exists()
    assert not RemoteRecord.objects.filter(arrival__in=["needs_person", "waits"]).exists()
    set_closing_date(books.company, None, reason="One more word")
    invoice.refresh_from_db()
    with made_by(books.fay.pk):
        change_open_fields(invoice, message="Thank you")
    books.run()
    assert books.their_invoice(str(invoice.number))["CustomerMemo"]["value"] == "Thank you"
    found = compare(books.connection)
    assert found.differences == []
