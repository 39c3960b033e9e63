"""Their setting that applies credits and money on account by itself: warned of, followed, named."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, reverse
from apps.billing.models import Allocation
from apps.connections.lifecycle import refresh_company
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import retry
from apps.sync.models import RemoteRecord, State
from tests.books import Books
from tests.factories import make_credit_note, make_customer, make_invoice, make_item, make_payment
from tests.sync.books.test_money import in_the_books

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 20)


@pytest.fixture
def by_itself(books: Books) -> Books:
    books.server.set_up(books.realm, auto_apply_credit=True, auto_apply_payments=True)
    refresh_company(books.connection)
    return books


def agrees(books: Books) -> None:
    books.run()
    books.run()
    in_the_books(books)
    assert compare(books.connection).refusals == []


@pytest.mark.parametrize("source", ["credit note", "money on account"])
@pytest.mark.parametrize("ours", [False, True], ids=["left open here", "applied here too"])
def test_what_they_apply_by_themselves_is_an_allocation_here_once(
    by_itself: Books, source: str, ours: bool
) -> None:
    books = by_itself
    customer = make_customer(books.company)
    invoice = make_invoice(customer=customer)
    credit: Any = (
        make_credit_note(
            customer=customer, lines=[(make_item(books.company), 3, 10)], reason="Loyalty"
        )
        if source == "credit note"
        else make_payment(customer=customer, amount="30", method=books.method)
    )
    if ours:
        allocate(credit, invoice, Decimal(30), on=DAY)

    agrees(books)

    part = Allocation.objects.get()
    assert (part.source, part.invoice, part.amount) == (credit, invoice, 30)
    assert books.their_invoice(invoice.number)["Balance"] == 70
    invoice.refresh_from_db()
    assert invoice.balance_due == 70


@pytest.mark.parametrize("undone", ["here", "there"])
def test_a_credit_that_they_used_for_another_invoice_names_the_setting(
    by_itself: Books, undone: str
) -> None:
    """Neither is undone for the other: both say why they wait, and one un-applying ends both."""
    books = by_itself
    customer = make_customer(books.company)
    note = make_credit_note(
        customer=customer, lines=[(make_item(books.company), 3, 10)], reason="Loyalty"
    )
    books.run()
    other = make_invoice(customer=customer, issue_date=date(2026, 3, 19))  # it arrives first
    meant = make_invoice(customer=customer, issue_date=date(2026, 1, 5))
    part = allocate(note, meant, Decimal(30), on=DAY)
    books.run()

    held = books.record(part)
    assert held.state == State.NEEDS_PERSON
    assert "QuickBooks applies credits by itself in this company" in held.sentence
    assert compare(books.connection).refusals
    books.run()
    row = RemoteRecord.objects.get(connection=books.connection, arrival="waits")
    assert row.sentence.startswith(
        f"30.00 GBP of credit note {note.number} were set against {other.number} in QuickBooks, and "
        f"are set against {meant.number} here. QuickBooks applies credits by itself"
    )
    before = list(RemoteRecord.objects.order_by("pk").values())
    books.run()
    assert list(RemoteRecord.objects.order_by("pk").values()) == before

    if undone == "here":
        reverse(part, on=DAY, reason="They used it")
    else:
        books.server.act(books.realm, "delete_payment", id=row.remote_id)
        books.run()
        retry([held])
    agrees(books)
    for invoice in (other, meant):
        invoice.refresh_from_db()
    settled = {other.balance_due, books.their_invoice(other.number)["Balance"]}
    assert settled == {Decimal(70) if undone == "here" else Decimal(100)}


def test_their_setting_is_warned_of_and_the_warning_ends_with_it(by_itself: Books) -> None:
    books = by_itself
    assert len(books.connection.warnings) == 2
    assert all("by itself in this company" in each for each in books.connection.warnings)
    books.server.set_up(books.realm, auto_apply_credit=False, auto_apply_payments=False)
    refresh_company(books.connection)
    assert books.connection.warnings == []
