"""Who is woken, how often, and that no wake is lost."""

from datetime import timedelta

import pytest
from django_q.models import OrmQ

from apps.connections.automation import Automation
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.sync.decide.acts import sync_now
from apps.sync.lease import Lease
from apps.sync.models import Cursor, Reason, State, SyncRecord
from apps.sync.tasks import read_companies, sweep_all, sync_connection, tick
from apps.sync.want.wake import wake
from apps.sync.want.wishes import take_changes
from tests.books import Books
from tests.factories import make_invoice
from tests.sync.by_hand import forget_the_queue, switch_off


@pytest.fixture
def queue(books: Books) -> type[OrmQ]:
    OrmQ.objects.all().delete()
    Connection.objects.update(woken_at=None)
    return OrmQ


@pytest.mark.slow
def test_many_wakes_enqueue_one_task(books: Books, queue: type[OrmQ]) -> None:
    assert [wake(books.connection.pk) for _ in range(5)] == [True, False, False, False, False]
    assert queue.objects.count() == 1


def test_a_wake_while_a_run_has_the_lease_is_not_lost(
    books: Books, queue: type[OrmQ], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task woken during a run finds the lease taken and leaves: the run that ends goes on."""
    from apps.sync import tasks

    run_connection = tasks.run_connection

    def with_a_change_at_its_end(connection_id: int) -> object:
        run = run_connection(connection_id)
        # The change and its wake arrive after the run's last look, while it still has the lease.
        make_invoice(company=books.company)
        wake(connection_id)
        return run

    monkeypatch.setattr(tasks, "run_connection", with_a_change_at_its_end)
    sync_connection(books.connection.pk)

    # One task of the wake (which will find nothing, or the work), one of the run that goes on.
    assert queue.objects.count() == 2
    assert Connection.objects.get().woken_at is not None


def test_a_task_that_finds_the_lease_taken_leaves(books: Books, queue: type[OrmQ]) -> None:
    lease = Lease.acquire(books.connection.pk)
    assert lease is not None
    assert "Another run" in sync_connection(books.connection.pk)
    lease.release()


def test_asking_for_their_changes_reads_them_though_they_were_read_just_now(
    books: Books, queue: type[OrmQ]
) -> None:
    books.run()
    assert books.run(get=None).calls == 0

    sync_now(books.connection)

    assert queue.objects.count() == 1
    assert books.run(get=None).calls == 1
    assert books.run(get=None).calls == 0


def test_the_tick_heals_a_lost_wake(books: Books, queue: type[OrmQ]) -> None:
    books.run()
    invoice = make_invoice(company=books.company)
    queue.objects.all().delete()
    Connection.objects.update(woken_at=None)

    assert tick() == "1 woken"
    sync_connection(books.connection.pk)

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert tick() == "0 woken"


# --- Without a schedule -------------------------------------------------------------------------


@pytest.fixture
def unscheduled(books: Books, queue: type[OrmQ]) -> Books:
    """Read once, an hour ago, and not by schedule since."""
    books.run()
    switch_off(books, Automation.BY_SCHEDULE)
    Cursor.objects.update(saved_at=now() - timedelta(hours=1))
    forget_the_queue()
    return books


def test_without_a_schedule_their_changes_are_read_when_something_happens_or_a_person_asks(
    unscheduled: Books,
) -> None:
    books = unscheduled
    assert tick() == "0 woken"
    read_companies()
    sweep_all()
    assert not OrmQ.objects.exists()
    assert tick() == "0 woken"

    make_invoice(company=books.company)  # an event, and what has changed there is read with it
    forget_the_queue()
    assert tick() == "1 woken"
    forget_the_queue()
    sync_connection(books.connection.pk)
    assert Cursor.objects.get().saved_at > now() - timedelta(minutes=1)

    Cursor.objects.update(saved_at=now() - timedelta(hours=1))
    sync_now(books.connection)
    forget_the_queue()  # the task of the button is lost
    assert tick() == "1 woken"
    forget_the_queue()
    sync_connection(books.connection.pk)
    assert tick() == "0 woken"


def test_without_a_schedule_what_they_put_off_goes_with_the_next_event_and_is_begun_by_no_clock(
    unscheduled: Books,
) -> None:
    books = unscheduled
    invoice = make_invoice(company=books.company)
    forget_the_queue()
    take_changes(books.company.pk)  # and the process died before it sent anything
    assert tick() == "1 woken"
    forget_the_queue()

    record = SyncRecord.objects.filter(invoice=invoice)
    record.update(reason=Reason.TRY_LATER)
    assert tick() == "0 woken"
    # Tried again, and on its way when the process was killed; or let go by a person.
    for fields, back in (
        ({"state": State.ON_ITS_WAY}, {"state": State.WAITING}),
        ({"let_go_at": now()}, {"let_go_at": None}),
    ):
        record.update(**fields)
        assert tick() == "1 woken"
        forget_the_queue()
        record.update(**back)
    switch_off(books)
    forget_the_queue()
    assert tick() == "1 woken"
