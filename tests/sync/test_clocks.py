"""Workers whose clocks are apart share one time, the database's: none stalls or hurries another."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from apps.connections import clock
from apps.connections.buckets import RowBuckets
from apps.connections.lifecycle import refresh_company
from apps.connections.models import Bucket, Connection, Grant
from apps.sync import lease
from apps.sync.decide.acts import sync_now
from apps.sync.lease import Lease
from apps.sync.models import Call, Cursor, State, SyncRecord
from apps.sync.run import is_due_to_get
from apps.sync.want.wake import wake
from tests.books import Books
from tests.factories import make_customer, make_invoice

pytestmark = pytest.mark.django_db

SPEND = RowBuckets.spend  # the fixtures let nobody wait for a limit
APART = [timedelta(hours=1), timedelta(hours=-1)]
INVOICES = {"endpoint": "batch", "contains": '"Invoice"'}


@contextmanager
def host(apart: timedelta) -> Iterator[None]:
    """A worker on a host whose clock is that far ahead of the database's."""
    with time_machine.travel(datetime.now(UTC) + apart, tick=True):
        yield


def near(moment: datetime | None, most: float = 0) -> bool:
    """Within `most` seconds ahead of the true time, and not half an hour ago (clocks are an hour apart)."""
    assert moment is not None
    ahead = (moment - datetime.now(UTC)).total_seconds()
    return -1800 < ahead < most + 5


def spent_at() -> list[datetime]:
    """When calls were counted, in whichever row, and until when one holds."""
    rows = Bucket.objects.all()
    counted = [last for row in rows for slots in row.spent.values() for last, _ in slots]
    holds = [row.held_until for row in rows if row.held_until]
    return [datetime.fromtimestamp(last, UTC) for last in counted] + holds


@pytest.mark.parametrize("apart", APART)
def test_a_worker_that_dies_with_a_wrong_clock_holds_its_lease_no_longer_than_any(
    books: Books, settings: Any, apart: timedelta
) -> None:
    with host(apart):
        taken = Lease.acquire(books.connection.pk)
        assert taken is not None
        taken.renew()
    books.connection.refresh_from_db()
    assert near(books.connection.lease_until, settings.SYNC_LEASE)


@pytest.mark.parametrize("apart", APART)
def test_a_worker_with_a_wrong_clock_does_not_take_a_lease_that_is_held(
    books: Books, apart: timedelta
) -> None:
    assert Lease.acquire(books.connection.pk) is not None
    with host(apart):
        assert Lease.acquire(books.connection.pk) is None


@pytest.mark.parametrize("field", ["lease_until", "woken_at"])
def test_a_time_that_no_clock_of_ours_can_have_meant_keeps_nobody_away(
    books: Books, field: str
) -> None:
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    Connection.objects.update(**{field: tomorrow})
    act = {"lease_until": Lease.acquire, "woken_at": wake}[field]
    assert act(books.connection.pk)


def test_what_was_read_tomorrow_is_read_again(books: Books) -> None:
    books.run()
    assert not is_due_to_get(books.connection)
    Cursor.objects.update(saved_at=datetime.now(UTC) + timedelta(days=1))
    assert is_due_to_get(books.connection)


@pytest.mark.parametrize("apart", APART)
@pytest.mark.parametrize("times", [1, 2], ids=["a first cursor", "one that moves"])
def test_a_cursor_says_in_the_one_time_when_it_was_read(
    books: Books, apart: timedelta, times: int
) -> None:
    """By the worker's own, its connection would be read again at once, or not for an hour."""
    for _ in range(times - 1):
        books.run()
        Cursor.objects.update(saved_at=datetime.now(UTC) - timedelta(days=1))
    with host(apart):
        books.run()
        assert not is_due_to_get(books.connection)

    assert near(Cursor.objects.get(connection=books.connection).saved_at)
    clock.measure()
    assert not is_due_to_get(books.connection)


@pytest.mark.parametrize("apart", APART)
def test_what_is_asked_for_by_a_host_with_a_wrong_clock_is_read_once(
    books: Books, apart: timedelta
) -> None:
    books.run()
    with host(apart):
        sync_now(books.connection)
    clock.measure()
    assert is_due_to_get(books.connection)
    books.run()
    assert not is_due_to_get(books.connection)


@pytest.mark.parametrize("apart", APART)
def test_the_cursor_is_in_their_time_whatever_ours_says(books: Books, apart: timedelta) -> None:
    """By ours, what changes there next would lie before it, or be read for an hour again."""
    assert not Cursor.objects.exists()
    books.server.move_clock(apart.total_seconds())
    try:
        books.run()
    finally:
        books.server.move_clock(0)

    assert near(Cursor.objects.get(connection=books.connection).read_until - apart)


@pytest.mark.parametrize("apart", APART)
def test_a_run_with_a_wrong_clock_leaves_no_time_that_others_stumble_over(
    books: Books, settings: Any, apart: timedelta
) -> None:
    make_invoice(customer=make_customer(books.company))
    books.server.arm(books.realm, "status", status=429, retry_after=30, match=INVOICES)
    with host(apart):
        books.run()
        RowBuckets(books.connection, [])

    books.connection.refresh_from_db()
    assert near(books.connection.paused_until, 40)
    assert books.connection.lease_until is None
    due = SyncRecord.objects.exclude(due_at=None).values_list("due_at", flat=True)
    assert due
    assert all(near(each, 60) for each in due)
    assert all(near(each) for each in spent_at())
    assert all(near(each) for each in Call.objects.values_list("started_at", flat=True))


@pytest.mark.parametrize("apart", APART)
def test_what_a_page_reads_at_a_wrong_clock_is_noted_at_the_one_time(
    books: Books, apart: timedelta, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page reads their company outside a run, where nobody measured yet."""
    Bucket.objects.all().delete()
    clock.forget()
    with host(apart), monkeypatch.context() as counting:
        counting.setattr(RowBuckets, "spend", SPEND)
        refresh_company(books.connection)
    assert spent_at()
    assert all(near(each) for each in spent_at())


@pytest.mark.parametrize("apart", APART)
def test_a_lost_answer_is_not_asked_about_early_by_a_clock_that_is_ahead(
    books: Books, settings: Any, apart: timedelta
) -> None:
    settings.SYNC_PROVIDER_TIMEOUT = 120
    invoice = make_invoice(customer=make_customer(books.company))
    books.server.arm(books.realm, "lose_after_commit", match=INVOICES)
    books.run()
    assert books.record(invoice).state == State.UNKNOWN
    before = Call.objects.count()

    with host(apart):
        books.run(get=False)

    assert books.record(invoice).state == State.UNKNOWN
    assert Call.objects.count() == before
    assert near(books.record(invoice).due_at, 125)


@pytest.mark.parametrize("apart", APART)
def test_what_a_worker_with_a_wrong_clock_left_unknown_is_settled_in_time_by_another(
    books: Books, apart: timedelta
) -> None:
    invoice = make_invoice(customer=make_customer(books.company))
    books.server.arm(books.realm, "lose_after_commit", match=INVOICES)
    with host(apart):
        books.run()
    assert books.record(invoice).state == State.UNKNOWN

    time.sleep(0.3)
    books.run(get=False)

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert len([e for e in books.theirs("Invoice") if e["DocNumber"] == invoice.number]) == 1


def test_the_lease_on_a_token_is_in_the_same_time(books: Books, settings: Any) -> None:
    from apps.connections.tokens import _lease_taken

    grant = Grant.objects.get()
    with host(timedelta(hours=1)):
        assert _lease_taken(grant, "a worker that dies")
    grant.refresh_from_db()
    assert near(grant.refresh_lease_until, settings.SYNC_REFRESH_LEASE)


def test_the_engine_asks_no_other_clock() -> None:
    """Days of a calendar, what is told, and the daily duties may go by the host's."""
    engine = Path(lease.__file__).parent
    own = {
        file.name
        for file in engine.rglob("*.py")
        if "import now" in (text := file.read_text()) and "from django.utils.timezone" in text
    }
    assert own <= {"tasks.py", "running.py", "books.py"}
