"""Over the engine and HTTP: why money was un-applied is read over there, though FreshBooks deletes it."""

import pytest

from apps.billing.models import Payment
from apps.sync.decide.edit_notes import write_note
from apps.sync.models import Edit
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.factories import make_customer, make_invoice, make_payment
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_on
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger as ledger  # the fixture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
WHY = "It was meant for the other Bell"


@pytest.fixture
def books(ledger: SandboxServer, transactional_db: None) -> Books:
    books, _ = live_on(FreshBooksBooks, FreshBooksTwin(ledger))
    return books


@pytest.fixture
def payment(books: Books) -> Payment:
    invoice = make_invoice(customer=make_customer(books.company))
    books.run()
    paid = make_payment(invoice=invoice, method=books.method)
    books.run()
    return paid


def notes_there(books: Books) -> list[str]:
    """What their staff read of clients and payments."""
    kinds = ("clients", "payments")
    return [str(each.get("note") or "") for kind in kinds for each in books.theirs(kind)]


def test_un_applied_there_and_so_deleted_it_is_noted_with_its_client_once(
    books: Books, payment: Payment
) -> None:
    (key,) = [each["id"] for each in books.theirs("payments") if int(each["vis_state"]) == 0]
    books.server.act(books.realm, "delete", kind="payments", id=key)
    books.run()
    for edit in Edit.objects.filter(state=Edit.State.ASKS):
        write_note([edit], WHY, by=books.fay.pk)
    for _ in range(2):
        books.run()

    found = list(Edit.objects.all())
    assert found
    assert [(each.state, each.note) for each in found] == [(Edit.State.BOTH, WHY)] * len(found)
    assert {each.where for each in found} == {"in the internal note of the client"}
    for each in found:
        assert sum(note.count(each.reference) for note in notes_there(books)) == 1
