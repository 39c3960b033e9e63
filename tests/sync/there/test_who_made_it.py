"""Who made an object over there is known from having made it, never from a mark that it bears."""

from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import allocate
from apps.billing.models import Allocation
from apps.sync.models import Reason, RemoteRecord, State
from tests.books import Books
from tests.factories import make_credit_note, make_customer, make_invoice, make_item
from tests.sync.apply.test_outside_sources import KINDS, set_against
from tests.sync.theirs import change_there, row_of, their_id

pytestmark = pytest.mark.django_db

CREDIT_MEMO = next(each for each in KINDS if each.name == "CreditMemo")


@pytest.fixture
def ours(books: Books) -> Allocation:
    """30 of a credit note set against an invoice here, and sent."""
    customer = make_customer(books.company)
    invoice = make_invoice(customer=customer)
    note = make_credit_note(
        customer=customer, lines=[(make_item(books.company), 3, 10)], reason="Loyalty"
    )
    part = allocate(note, invoice, Decimal(30), on=date(2026, 3, 20))
    books.run()
    return part


@pytest.mark.parametrize("marked", [True, False], ids=["with our mark", "its mark removed there"])
@pytest.mark.slow
def test_an_allocation_of_ours_that_is_taken_off_there_is_asked_about(
    books: Books, ours: Allocation, marked: bool
) -> None:
    there = their_id(books, ours)
    if not marked:
        change_there(books, "Payment", there, PrivateNote="Settled with them by telephone")
        books.run()
        assert row_of(books, "Payment", there).marker == ""

    books.server.act(books.realm, "delete_payment", id=there)
    books.run()

    record = books.record(ours)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE)
    ours.refresh_from_db()
    assert ours.stands


@pytest.mark.slow
def test_one_of_theirs_that_is_taken_off_there_ends_here(books: Books, ours: Allocation) -> None:
    invoice = make_invoice(customer=ours.invoice.customer)
    note = make_credit_note(
        customer=invoice.customer, lines=[(make_item(books.company), 2, 10)], reason="Loyalty"
    )
    books.run()
    used = set_against(books, CREDIT_MEMO, their_id(books, note), their_id(books, invoice), 20)
    books.run()
    made = Allocation.objects.get(credit_note=note)
    assert not books.record(made).remote_records.get().made_here

    books.server.act(books.realm, "delete_payment", id=used)
    books.run()

    made.refresh_from_db()
    assert not made.stands


def test_every_object_that_came_by_a_send_of_ours_is_made_here(
    books: Books, ours: Allocation
) -> None:
    standing = RemoteRecord.objects.filter(connection=books.connection, sync_record__isnull=False)
    assert standing.exists()
    assert not standing.filter(made_here=False).exists()
