"""What was told is read once, by the door of a pull; what is forged, old or told twice changes nothing."""

from datetime import timedelta
from typing import Any

import pytest

from apps.connections.clock import now
from apps.connections.models import Connection
from apps.sync.models import Call, Cursor, RemoteRecord
from apps.sync.tasks import read_deliveries
from apps.webhooks.models import Notice
from tests.books import Books
from tests.sync.theirs import all_rows, change_there, pay_there, row_of, their_id
from tests.webhooks.letters import cloud_event, deliver

State = Notice.State


def calls_of(books: Books) -> int:
    return Call.objects.filter(connection=books.connection).count()


def told(books: Books, *events: Any) -> int:
    """Deliver, let the duty look, run as the queue does; the number of calls."""
    before = calls_of(books)
    assert deliver(*events).status_code == 200
    read_deliveries()
    books.run(get=None)
    return calls_of(books) - before


def states() -> set[str]:
    return set(Notice.objects.values_list("state", flat=True))


@pytest.mark.slow
def test_many_events_of_one_object_are_one_call_and_it_arrives(books: Books, invoice: Any) -> None:
    books.run()
    payment = pay_there(books, invoice)
    events = [cloud_event(books.realm, "payment", payment) for _ in range(7)]
    assert told(books, *events) == 1
    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert states() == {State.READ}


def test_a_delivery_that_is_replayed_or_comes_late_makes_no_call_and_writes_nothing(
    books: Books, invoice: Any
) -> None:
    books.run()
    event = cloud_event(books.realm, "invoice", their_id(books, invoice))
    old = cloud_event(books.realm, "invoice", their_id(books, invoice), time="2020-01-01T00:00:00Z")
    assert told(books, event) == 1
    rows = all_rows(books)
    assert told(books, event) == 0
    assert told(books, old, event) == 0
    assert all_rows(books) == rows
    assert states() == {State.READ, State.KNOWN}


def test_what_is_forged_changes_nothing(books: Books, invoice: Any) -> None:
    books.run()
    change_there(books, "Customer", their_id(books, invoice.customer), DisplayName="Forged Ltd")
    rows, before = all_rows(books), calls_of(books)
    event = cloud_event(books.realm, "customer", their_id(books, invoice.customer))
    assert deliver(event, key="not ours").status_code == 401
    read_deliveries()
    books.run(get=None)
    assert (calls_of(books), all_rows(books)) == (before, rows)


def test_events_out_of_order_end_at_what_stands_there(books: Books, invoice: Any) -> None:
    books.run()
    customer = their_id(books, invoice.customer)
    for name in ("First Ltd", "Second Ltd"):
        change_there(books, "Customer", customer, DisplayName=name)
    later = cloud_event(books.realm, "customer", customer)
    sooner = cloud_event(books.realm, "customer", customer, time="2098-01-01T00:00:00Z")
    assert told(books, later) == 1
    told(books, sooner)
    assert row_of(books, "Customer", customer).name == "Second Ltd"


def test_what_is_not_wanted_is_left_alone(books: Books, invoice: Any) -> None:
    books.run()
    count = RemoteRecord.objects.count()
    deleted = cloud_event(books.realm, "invoice", "99999", type="qbo.invoice.deleted.v1")
    assert told(books, cloud_event(books.realm, "vendor", "1")) == 0
    assert told(books, deleted) == 1  # nothing gone is kept that was never held
    assert RemoteRecord.objects.count() == count
    assert states() == {State.NOT_WANTED, State.READ}


def test_a_pull_that_is_due_reads_it_with_the_rest(books: Books, invoice: Any) -> None:
    books.run()
    payment = pay_there(books, invoice)
    Cursor.objects.update(saved_at=now() - timedelta(hours=1))
    told(books, cloud_event(books.realm, "payment", payment))
    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert states() == {State.WITH_THE_FEED}


def test_books_that_are_paused_are_told_nothing(books: Books, invoice: Any) -> None:
    Connection.objects.filter(pk=books.connection.pk).update(stage=Connection.Stage.PAUSED)
    deliver(cloud_event(books.realm, "invoice", their_id(books, invoice)))
    assert read_deliveries() == "1 deliveries, 0 woken"
    assert states() == {State.NOT_LIVE}


@pytest.mark.parametrize("fault", ["lose_after_commit", "status"])
def test_a_call_that_fails_leaves_it_waiting_for_the_next_run(
    books: Books, invoice: Any, fault: str
) -> None:
    books.run()
    payment = pay_there(books, invoice)
    more = {"status": 503} if fault == "status" else {}
    books.server.arm(books.realm, fault, times=9, **more)
    told(books, cloud_event(books.realm, "payment", payment))
    books.server.disarm(books.realm)
    assert states() == {State.WAITING}
    Connection.objects.update(paused_until=None)
    books.run(get=None)
    invoice.refresh_from_db()
    assert (invoice.balance_due, states()) == (0, {State.READ})
