"""What Xero keeps with other figures than it was sent is not in the books by pressing Retry."""

from typing import Any

import pytest

from apps.sync.decide.acts import retry
from apps.sync.models import Reason, State
from tests.connectors.xero.live import XeroBooks
from tests.connectors.xero.test_agree import calm
from tests.factories import make_credit_note, make_customer, make_invoice, make_item

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["invoices", "creditnotes"])
@pytest.mark.slow
def test_it_is_held_until_what_stands_there_is_read_and_is_ours(
    books: XeroBooks, kind: str
) -> None:
    lines = [(make_item(books.company), 2, 50)]
    customer = make_customer(books.company)
    books.server.arm(
        books.realm,
        "drop_fields",
        match={"method": "PUT", "endpoint": kind},
        fields=["Date"],
    )
    document: Any = (
        make_invoice(customer=customer, lines=lines)
        if kind == "invoices"
        else make_credit_note(customer=customer, lines=lines, reason="Late")
    )
    books.run(get=False)
    held = books.record(document)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.AMOUNTS_DIFFER), held.sentence

    retry([held])
    books.run(get=False)

    held = books.record(document)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.AMOUNTS_DIFFER), held.sentence
    assert "other figures" in held.sentence

    there = {"kind": "Invoices" if kind == "invoices" else "CreditNotes"}
    books.server.act(
        books.realm, "edit", number=document.number, date=str(document.issue_date), **there
    )
    retry([held])
    calm(books)
    held = books.record(document)
    assert held.state == State.IN_THE_BOOKS, held.sentence
