"""Limits as rows: shared by all workers, never exceeded in any stretch, all or nothing."""

import json
import random
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import connection as database
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.connections.buckets import RowBuckets, owner_of
from apps.connections.models import Bucket, Connection
from apps.connectors.limits import MINUTE, ROLLING_DAY, CalendarMonth, Limit, Scope, Wait
from tests.connections.paper import Paper
from tests.connections.people import a_company, a_connection
from tests.connections.test_windows import most_within

pytestmark = pytest.mark.django_db

A_MINUTE = Limit(name="minute", amount=50, span=MINUTE)
BATCHES = Limit(name="batches", amount=40, span=MINUTE, counts="batch", unit="batches")
A_DAY = Limit(name="day", amount=60, span=ROLLING_DAY, left_header="x-day-left")
OF_THE_APP = Limit(
    name="app",
    amount=60,
    span=MINUTE,
    scope=Scope.APP,
    refusal=("x-problem", "appminute"),
)
BATCH = {"batch": 1}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def seconds(wait: Wait | None) -> float:
    return wait.seconds if wait else 0.0


def take(buckets: RowBuckets, costs: dict[str, int] | None = None) -> float:
    return seconds(buckets.spend(costs or {}, reserve=True))


def spent(connection: Connection, name: str) -> int:
    """By us, and elsewhere by their word."""
    row = Bucket.objects.get(owner=owner_of(connection, Scope.CONNECTION))
    slots = [*row.spent.get(name, []), *row.elsewhere.get(name, [])]
    return sum(calls for _, calls in slots)


@pytest.mark.parametrize("limit", [A_MINUTE, Limit(name="few", amount=3, span=MINUTE)])
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.variants
def test_no_window_ever_sees_more_than_the_limit_of_three_workers(
    connection: Connection, limit: Limit, seed: int
) -> None:
    chance = random.Random(seed)
    workers = [RowBuckets(connection, [limit]) for _ in range(3)]
    gone: list[float] = []
    moment = START
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(400):
            moment += timedelta(seconds=chance.choice([0, 0.01, 0.3, 2.0]))
            clock.move_to(moment)
            if not take(chance.choice(workers)):
                gone.append(moment.timestamp())
    assert len(gone) > limit.amount
    assert most_within(60, gone) <= limit.amount


@pytest.mark.slow
def test_a_queue_of_batches_drains_at_the_published_rate(connection: Connection) -> None:
    buckets = RowBuckets(connection, [A_MINUTE, BATCHES])
    by_minute = [0] * 10
    moment = START
    with time_machine.travel(START, tick=False) as clock:
        while moment < START + timedelta(minutes=10):
            wait = take(buckets, BATCH)
            if not wait:
                by_minute[int((moment - START).total_seconds() // 60)] += 1
            moment += timedelta(seconds=wait + 0.001 if wait else 0.4)  # clocks tick by the µs
            clock.move_to(moment)
    assert all(38 <= count <= 40 for count in by_minute), by_minute


def test_a_limit_of_something_else_is_spent_only_by_who_names_it(connection: Connection) -> None:
    buckets = RowBuckets(connection, [A_MINUTE, BATCHES])
    take(buckets)
    assert (spent(connection, "minute"), spent(connection, "batches")) == (1, 0)
    take(buckets, {"batch": 3})
    assert (spent(connection, "minute"), spent(connection, "batches")) == (2, 3)


def test_nothing_is_taken_when_one_of_the_limits_is_used_up(connection: Connection) -> None:
    buckets = RowBuckets(connection, [A_MINUTE, BATCHES])
    with time_machine.travel(START, tick=False):
        assert take(buckets, {"batch": 8}) == 0  # a fifth leaves at once
        wait = buckets.spend(BATCH, reserve=True)
    assert wait is not None
    assert wait.limit == BATCHES
    assert wait.seconds == pytest.approx(60 / 40 / 1.1)
    assert spent(connection, "minute") == 1


def test_a_wait_is_long_enough(connection: Connection) -> None:
    buckets = RowBuckets(connection, [BATCHES])
    with time_machine.travel(START, tick=False) as clock:
        while take(buckets, BATCH) == 0:
            pass
        clock.shift(timedelta(seconds=take(buckets, BATCH) + 0.001))
        assert take(buckets, BATCH) == 0


def test_another_worker_that_was_faster_is_noticed(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets = RowBuckets(connection, [A_DAY])
    honest = RowBuckets._window

    def with_a_rival(self: RowBuckets, *given: Any) -> Any:
        monkeypatch.setattr(RowBuckets, "_window", honest)
        for _ in range(59):
            take(RowBuckets(connection, [A_DAY]))
        return honest(self, *given)

    monkeypatch.setattr(RowBuckets, "_window", with_a_rival)
    assert take(buckets) == 0  # the last one, by the row as the rival left it
    assert take(buckets) > 0
    assert spent(connection, "day") == 60


@pytest.fixture
def threads(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    transactional_db: None,
    connection: Connection,
) -> Iterator[ThreadPoolExecutor]:
    """Three workers, each with its own connection: SQLite's is to a file, as outside of tests."""
    if database.vendor == "sqlite":
        file = tmp_path / "shared.sqlite3"
        with closing(sqlite3.connect(file)) as copy:
            database.ensure_connection()
            database.connection.backup(copy)
        monkeypatch.setitem(connections.settings["default"], "NAME", str(file))
    with ThreadPoolExecutor(3) as pool:
        yield pool


def test_three_workers_at_once_take_no_more_than_there_is(
    connection: Connection, threads: ThreadPoolExecutor
) -> None:
    together = threading.Barrier(3, timeout=30)

    def work(_: int) -> tuple[int, int]:
        buckets = RowBuckets(connection, [A_DAY])
        together.wait()
        taken = sum(take(buckets) == 0 for _ in range(40))
        together.wait()
        counted = spent(connection, "day")
        database.close()
        return taken, counted

    taken, counted = zip(*threads.map(work, range(3)), strict=True)
    assert set(counted) == {sum(taken)}
    assert 40 <= sum(taken) <= 60


def test_a_pause_holds_every_call_and_is_never_shortened(connection: Connection) -> None:
    buckets = RowBuckets(connection, [A_MINUTE])
    buckets.pause(60, {})
    buckets.pause(5, {})
    connection.refresh_from_db()
    assert connection.paused_until is not None
    assert connection.paused_until > timezone.now() + timedelta(seconds=50)
    assert 50 < take(RowBuckets(connection, [A_MINUTE])) <= 60
    assert spent(connection, "minute") == 0


@pytest.mark.parametrize("limits", [[], [A_MINUTE], [OF_THE_APP, A_MINUTE]])
def test_a_pause_holds_whatever_limits_there_are(
    connection: Connection, limits: Sequence[Limit]
) -> None:
    RowBuckets(connection, limits).pause(60, {})
    assert 50 < take(RowBuckets(connection, limits)) <= 60


def test_what_was_counted_by_a_clock_that_was_ahead_keeps_nobody_away(
    connection: Connection,
) -> None:
    """Else nothing would leave until that time has come."""
    with time_machine.travel(START + timedelta(hours=5), tick=False):
        while take(RowBuckets(connection, [BATCHES]), BATCH) == 0:
            pass
    with time_machine.travel(START, tick=False):
        assert take(RowBuckets(connection, [BATCHES]), BATCH) == 0
    ((last, calls),) = Bucket.objects.get().spent["batches"]
    assert (last, calls) == (START.timestamp(), 1)


# --- Whose calls are counted together -----------------------------------------------------------


def test_calls_of_our_app_are_counted_over_all_connections(
    paper: Paper, connection: Connection
) -> None:
    other = a_connection(paper, a_company("Alder Ltd"), remote_id="78")
    limit = Limit(name="app", amount=3, span=ROLLING_DAY, scope=Scope.APP)
    for each in (connection, other, connection):
        assert take(RowBuckets(each, [limit])) == 0
    assert take(RowBuckets(other, [limit])) > 80_000


@pytest.mark.parametrize("scope", [Scope.CONNECTION, Scope.ORGANISATION])
def test_other_calls_are_counted_by_themselves(
    paper: Paper, connection: Connection, scope: Scope
) -> None:
    other = a_connection(paper, a_company("Alder Ltd"), remote_id="78")
    limit = Limit(name="day", amount=1, span=ROLLING_DAY, scope=scope)
    assert [take(RowBuckets(each, [limit])) for each in (connection, other)] == [0, 0]
    assert take(RowBuckets(connection, [limit])) > 80_000


def test_an_organisation_is_the_same_whoever_connected_it(connection: Connection) -> None:
    again = Connection(pk=connection.pk + 1, system="paper", environment="test")
    again.remote_company_id = connection.remote_company_id
    assert owner_of(again, Scope.ORGANISATION) == owner_of(connection, Scope.ORGANISATION)
    assert owner_of(again, Scope.CONNECTION) != owner_of(connection, Scope.CONNECTION)


@pytest.mark.parametrize(
    ("headers", "held"),
    [
        ({"x-problem": "AppMinute"}, True),
        ({"x-problem": "minute"}, False),
        ({}, False),
    ],
)
def test_a_refusal_that_names_a_wider_limit_holds_all_that_it_counts(
    paper: Paper, connection: Connection, headers: dict[str, str], held: bool
) -> None:
    other = a_connection(paper, a_company("Alder Ltd"), remote_id="78")
    RowBuckets(connection, [OF_THE_APP]).pause(40, headers)
    assert 35 < take(RowBuckets(connection, [OF_THE_APP])) <= 40
    assert (take(RowBuckets(other, [OF_THE_APP])) > 0) == held


# --- What their answers say ---------------------------------------------------------------------


def test_less_left_by_their_answer_is_believed(connection: Connection) -> None:
    buckets = RowBuckets(connection, [A_DAY])
    take(buckets)
    buckets.noted({"x-day-left": "2"})
    assert [take(RowBuckets(connection, [A_DAY])) == 0 for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("begun", [False, True], ids=["a new process", "one that took"])
@pytest.mark.parametrize("said", ["60", "57", "1000", "", "soon", "-1"])
def test_more_left_by_their_answer_is_not_and_what_says_nothing_changes_nothing(
    connection: Connection, said: str, begun: bool
) -> None:
    buckets = RowBuckets(connection, [A_DAY])
    for _ in range(3):
        take(buckets)
    asked = buckets if begun else RowBuckets(connection, [A_DAY])
    asked.noted({"x-day-left": said})
    assert spent(connection, "day") == 3


def test_nothing_left_by_their_answer_stops_who_has_taken_nothing_yet(
    connection: Connection,
) -> None:
    buckets = RowBuckets(connection, [A_DAY])
    buckets.noted({"x-day-left": "0"})
    assert take(buckets) > 80_000


def test_an_answer_lowers_the_limit_that_it_names_alone(connection: Connection) -> None:
    buckets = RowBuckets(connection, [A_MINUTE, A_DAY])
    take(buckets)
    buckets.noted({"x-day-left": "7"})
    assert (spent(connection, "minute"), spent(connection, "day")) == (1, 53)


# --- What is kept -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "limit", [A_DAY, Limit(name="month", amount=60, span=CalendarMonth("Australia/Sydney"))]
)
def test_the_last_twentieth_is_for_settling_and_payments(
    connection: Connection, limit: Limit
) -> None:
    buckets = RowBuckets(connection, [limit])
    assert [buckets.spend({}, reserve=False) for _ in range(57)] == [None] * 57
    waits = buckets.spend({}, reserve=False)
    assert waits is not None
    assert (waits.limit, waits.reserve_left) == (limit, True)
    assert [buckets.spend({}, reserve=True) for _ in range(3)] == [None] * 3
    for reserve in (True, False):
        waits = buckets.spend({}, reserve=reserve)
        assert waits is not None
        assert not waits.reserve_left


# --- What it costs ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limits", "most"),
    [
        ([A_MINUTE], 2),
        ([A_MINUTE, BATCHES, A_DAY], 2),
        ([A_MINUTE, OF_THE_APP], 5),  # two rows are one transaction
    ],
)
def test_a_call_costs_one_read_and_one_write_for_each_scope(
    connection: Connection, limits: Sequence[Limit], most: int
) -> None:
    buckets = RowBuckets(connection, limits)
    with CaptureQueriesContext(database) as asked:
        assert take(buckets, BATCH) == 0
    assert len(asked) == most, [each["sql"] for each in asked]


def test_an_answer_that_says_nothing_new_costs_no_statement(connection: Connection) -> None:
    buckets = RowBuckets(connection, [A_DAY])
    take(buckets)
    with CaptureQueriesContext(database) as asked:
        buckets.noted({})
        buckets.noted({"x-day-left": "59"})
    assert len(asked) == 0


def test_a_row_stays_small(connection: Connection) -> None:
    buckets = RowBuckets(connection, [Limit(name="minute", amount=500, span=MINUTE), BATCHES])
    with time_machine.travel(START, tick=False) as clock:
        for _ in range(400):
            clock.shift(timedelta(seconds=take(buckets, BATCH) + 0.001))
    assert len(json.dumps(Bucket.objects.get().spent)) < 3000
