"""What was called is counted once a call, by the provider's days, and told by books and registration."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.connections.buckets import RowBuckets, in_force
from apps.connections.budget import Budget, budget_of
from apps.connections.counted import Count, counted, with_more
from apps.connections.courier import ReadCourier
from apps.connections.models import Bucket, Connection
from apps.connectors.limits import MINUTE, READ, ROLLING_DAY, CalendarMonth, Limit, Scope
from apps.connectors.port import Purpose, Request
from apps.connectors.quickbooks.client import Books
from tests.connections.paper import Paper
from tests.connections.people import a_company, a_connection

NEW_YORK, UTC_ZONE = "America/New_York", "UTC"
NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
CALL = Count(1, 1, 100)
BY_ORGANISATION = Limit(name="minute", amount=60, span=MINUTE, scope=Scope.ORGANISATION)
A_DAY = Limit(name="day", amount=5000, span=ROLLING_DAY, left_header="x-day-left")


@pytest.mark.parametrize(
    ("zone", "later", "today", "month"),
    [
        (UTC_ZONE, datetime(2026, 11, 29, 23, 59, 59, tzinfo=UTC), 2, 2),
        (UTC_ZONE, datetime(2026, 11, 30, 0, 0, tzinfo=UTC), 1, 2),
        (NEW_YORK, datetime(2026, 11, 30, 4, 59, 59, tzinfo=UTC), 2, 2),
        (NEW_YORK, datetime(2026, 11, 30, 5, 0, tzinfo=UTC), 1, 2),
        (NEW_YORK, datetime(2026, 12, 1, 4, 59, 59, tzinfo=UTC), 1, 2),
        (NEW_YORK, datetime(2026, 12, 1, 5, 0, tzinfo=UTC), 1, 1),
    ],
)
def test_a_day_and_a_month_end_at_the_providers_midnight(
    zone: str, later: datetime, today: int, month: int
) -> None:
    kept = with_more({}, "id", NOON, zone, CALL)
    told = counted(with_more(kept, "id", later, zone, CALL), "id", later, zone)
    assert [each.calls for each in told] == [today, month]


def test_nothing_was_called_on_a_day_without_a_call() -> None:
    kept = with_more({}, "id", NOON, UTC_ZONE, CALL)
    assert counted(kept, "id", NOON + timedelta(days=1), UTC_ZONE) == (Count(), CALL)
    assert counted(kept, "id", NOON + timedelta(days=2), UTC_ZONE) == (Count(), Count())


def test_another_registration_is_counted_by_itself() -> None:
    kept = with_more({}, "id", NOON, UTC_ZONE, CALL)
    assert counted(kept, "other", NOON, UTC_ZONE) == (Count(), Count())
    again = with_more(kept, "other", NOON, UTC_ZONE, CALL)
    assert counted(again, "other", NOON, UTC_ZONE) == (CALL, CALL)


def test_of_two_hosts_around_midnight_none_begins_the_day_before_anew() -> None:
    after = datetime(2026, 11, 30, 0, 0, 1, tzinfo=UTC)
    kept = with_more({}, "id", after, UTC_ZONE, CALL)
    kept = with_more(kept, "id", after - timedelta(seconds=2), UTC_ZONE, CALL)
    assert counted(kept, "id", after, UTC_ZONE)[0].calls == 2


@pytest.mark.parametrize("limits", [[], [BY_ORGANISATION], [A_DAY]])
@pytest.mark.django_db
def test_a_call_is_counted_once_whatever_limits_there_are_and_by_whichever_process(
    connection: Connection, limits: Sequence[Limit]
) -> None:
    for costs in ({READ: 1}, {READ: 0}, {READ: 30}):
        assert RowBuckets(connection, limits).spend(costs, reserve=True) is None
    told = budget_of(connection)
    assert (told.today.calls, told.today.reads) == (3, 31)
    assert told.month == told.today


@pytest.mark.django_db
def test_counting_costs_no_statement_of_its_own(connection: Connection) -> None:
    buckets = RowBuckets(connection, [BY_ORGANISATION])
    with CaptureQueriesContext(database) as asked:
        buckets.spend({READ: 1}, reserve=True)
        buckets.noted({"x-day-left": "7"}, 4000)
    assert len(asked) == 2


@pytest.mark.django_db
def test_a_call_that_may_not_leave_is_not_counted(connection: Connection) -> None:
    one = Limit(name="one", amount=1, span=ROLLING_DAY)
    buckets = RowBuckets(connection, [one])
    assert buckets.spend({}, reserve=True) is None
    assert buckets.spend({}, reserve=True) is not None
    assert budget_of(connection).today.calls == 1


@pytest.mark.django_db
def test_what_books_called_is_summed_over_the_registration(
    paper: Paper, connection: Connection
) -> None:
    other = a_connection(paper, a_company("Alder Ltd"), remote_id="78")
    for each in (connection, other, other):
        RowBuckets(each, []).spend({READ: 1}, reserve=True)
    told = budget_of(connection)
    assert (told.today.calls, told.all_today.calls, told.books) == (1, 3, 2)


@pytest.mark.django_db
def test_real_calls_are_counted_with_what_their_answers_weigh(connection: Connection) -> None:
    read = Request(method="GET", path="/books/77/company", purpose=Purpose.READS)
    with ReadCourier(connection) as courier:
        replies = [reply for _, reply in courier.carry([read, read])]
    told = budget_of(connection)
    assert (told.today.calls, told.today.reads) == (2, 2)
    assert told.today.size == sum(len(reply.body) for reply in replies) > 0


def test_a_batch_of_statements_is_as_many_reads_and_a_batch_of_writes_is_none() -> None:
    books = Books("1")
    assert books.queries(["SELECT 1", "SELECT 2"], Purpose.READS).costs == {"batch": 1, READ: 2}
    assert books.batch([], key="k", purpose=Purpose.DOCUMENTS).costs == {"batch": 1, READ: 0}
    assert books.query("SELECT 1", Purpose.READS).costs == {READ: 1}


# --- What is left, and until when a block lasts -------------------------------------------------


def limited(monkeypatch: pytest.MonkeyPatch, *limits: Limit) -> None:
    monkeypatch.setattr("apps.connections.budget.published", lambda connection: limits)


@pytest.mark.django_db
def test_what_they_say_is_left_is_told_with_its_moment(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited(monkeypatch, A_DAY)
    with time_machine.travel(NOON, tick=False) as clock:
        buckets = RowBuckets(connection, [A_DAY])
        buckets.spend({}, reserve=True)
        buckets.noted({"x-day-left": "999"})
        buckets.keep()
        clock.shift(timedelta(minutes=5))
        (line,) = budget_of(connection).limits
    assert (line.said_left, line.said_at) == (999, NOON)
    # Their limit is a thousand a day, and not what is published.
    assert (line.amount, line.left) == (1000, 999)


@pytest.mark.django_db
def test_what_they_allow_is_known_until_they_say_otherwise(connection: Connection) -> None:
    """Of the Starter tier: 1,000, whatever we called meanwhile."""
    buckets = RowBuckets(connection, [A_DAY])
    for left in range(999, 989, -1):
        buckets.spend({}, reserve=True)
        buckets.noted({"x-day-left": str(left)})
    row = Bucket.objects.get()
    assert sum(each for _, each in row.spent["day"]) == 10
    assert sum(each for _, each in row.elsewhere["day"]) == 4000


@pytest.mark.django_db
def test_a_block_lasts_until_the_providers_month_ends(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    span = CalendarMonth("America/Los_Angeles")
    month = Limit(name="reads", amount=2, span=span, scope=Scope.APP, counts=READ, unit="reads")
    limited(monkeypatch, month)
    with time_machine.travel(NOON, tick=False):
        buckets = RowBuckets(connection, [month])
        buckets.spend({READ: 2}, reserve=True)
        assert buckets.spend({READ: 0}, reserve=True) is None  # what writes is not blocked
        told: Budget = budget_of(connection)
    (line,) = told.limits
    assert line.left == 0
    assert line.next_at is not None
    end = datetime(2026, 12, 1, 8, tzinfo=UTC)
    assert timedelta() <= line.next_at - end < timedelta(seconds=2)
    assert told.blocked_until == line.next_at


@pytest.mark.django_db
def test_what_they_asked_us_to_wait_for_is_a_block(connection: Connection) -> None:
    with time_machine.travel(NOON, tick=False):
        RowBuckets(connection, []).pause(5 * 3600, {})
        connection.refresh_from_db()
        assert budget_of(connection).blocked_until == NOON + timedelta(hours=5)


@pytest.mark.django_db
@pytest.mark.parametrize(("given", "amount"), [("1000", 1000), ("", 5000), ("many", 5000)])
def test_an_administrator_may_know_another_amount_than_is_published(
    connection: Connection, settings: object, given: str, amount: int
) -> None:
    settings.LEDGER_LIMITS = {"PAPER_TEST_DAY_LIMIT": given}  # type: ignore[attr-defined] # pytest's
    assert [each.amount for each in in_force(connection, [A_DAY])] == [amount]
