"""A restored company and its books over there: read before anything is sent, and nothing twice."""

import time

import pytest

from apps.connections.models import Connection
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import go_live
from apps.sync.run import run_connection
from tests.books import Books
from tests.exchange.archive.photograph import cleared
from tests.exchange.archive.world import archived, restored
from tests.factories import make_customer, make_invoice
from tests.older_database import begin_anew
from tests.sync.conftest import begun, books, ledger  # noqa: F401 - fixtures
from tests.sync.send.test_restored import (
    assert_in_the_books,
    counts,
    enter_everything,
    live,  # noqa: F401 - a fixture
    run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def brought_back(books: Books, packed: bytes) -> None:  # noqa: F811 - not the fixture
    """Everything here is gone; the company comes back, and Fay consents to the same books again."""
    cleared()
    books.company = restored(packed)
    books.connection = Connection.objects.get(company=books.company)
    assert run_connection(books.connection.pk) is None
    begin_anew()
    time.sleep(0.25)  # until nothing of what was sent can still arrive there
    assert books.consent_again().pk == books.connection.pk
    then = books.connection.found_older_at
    books.connection.refresh_from_db()
    assert books.connection.found_older_at > then  # what is read from now on was forgotten
    go_live(books.connection)
    books.connection.refresh_from_db()


@pytest.mark.parametrize("sent", ["after it was taken", "before the archive was taken"])
def test_connected_again_nothing_is_sent_twice(live: Books, sent: str) -> None:  # noqa: F811
    enter_everything(live)
    packed = archived(live.company) if sent.startswith("after") else b""
    run(live, times=2)
    assert_in_the_books(live)
    packed = packed or archived(live.company)
    before, money = counts(live), live.trial_balance()

    brought_back(live, packed)
    run(live)

    assert counts(live) == before
    assert live.trial_balance() == money
    assert_in_the_books(live)
    live.connection.refresh_from_db()
    assert live.connection.read_anew == []
    assert compare(live.connection).differences == []
    later = make_invoice(customer=make_customer(live.company, name="Someone else"))
    run(live, times=1)
    assert live.record(later).state == "in_the_books"
    assert len(live.theirs("Invoice")) == before["Invoice"] + 1
