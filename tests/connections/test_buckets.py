"""Limits as rows: shared by all workers, never exceeded in any window, all or nothing."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.connections.buckets import RowBuckets
from apps.connections.models import Bucket, Connection
from apps.connectors.limits import Limit

pytestmark = pytest.mark.django_db

MINUTE = Limit(name="call", amount=50, seconds=60)
BATCHES = Limit(name="batch", amount=10, seconds=60)
START = datetime.fromisoformat("2026-03-02T09:00:00+00:00")


def taken_within(buckets: list[RowBuckets], seconds: int, costs: dict[str, int]) -> int:
    """How many calls leave when several workers try each tenth of a second."""
    count = 0
    with time_machine.travel(START, tick=False) as clock:
        for step in range(seconds * 10):
            clock.move_to(START + timedelta(seconds=step / 10))
            count += sum(buckets[step % len(buckets)].take(costs) == 0 for _ in range(3))
    return count


def test_no_window_ever_sees_more_than_the_limit(connection: Connection) -> None:
    with time_machine.travel(START - timedelta(hours=1), tick=False):
        workers = [RowBuckets(connection, [MINUTE]) for _ in range(3)]
    first_minute = taken_within(workers, 60, {})
    assert 48 <= first_minute <= 50


def test_a_limit_other_than_call_is_spent_only_by_who_names_it(connection: Connection) -> None:
    buckets = RowBuckets(connection, [MINUTE, BATCHES])
    buckets.take({})
    held = dict(Bucket.objects.values_list("name", "tokens"))
    assert held["call"] == pytest.approx(9)
    assert held["batch"] == pytest.approx(2)


def test_nothing_is_taken_when_one_of_the_limits_is_used_up(connection: Connection) -> None:
    with time_machine.travel(START, tick=False):
        buckets = RowBuckets(connection, [MINUTE, BATCHES])
        assert [buckets.take({"batch": 1}) for _ in range(2)] == [0, 0]
        wait = buckets.take({"batch": 1})
        held = dict(Bucket.objects.values_list("name", "tokens"))
    assert wait == pytest.approx(60 / 8)
    assert held["call"] == pytest.approx(8)


def test_a_wait_is_long_enough(connection: Connection) -> None:
    with time_machine.travel(START, tick=False) as clock:
        buckets = RowBuckets(connection, [BATCHES])
        while buckets.take({"batch": 1}) == 0:
            pass
        clock.shift(timedelta(seconds=buckets.take({"batch": 1}) + 0.001))
        assert buckets.take({"batch": 1}) == 0


def test_a_call_dearer_than_the_burst_leaves_from_a_full_bucket(connection: Connection) -> None:
    with time_machine.travel(START, tick=False):
        buckets = RowBuckets(connection, [BATCHES])
        assert buckets.take({"batch": 6}) == 0
        assert buckets.take({"batch": 1}) > 30


def test_another_worker_that_was_faster_is_noticed(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets = RowBuckets(connection, [MINUTE])
    honest = RowBuckets._available

    def with_a_rival(self: RowBuckets, row: Bucket, now: datetime) -> float:
        Bucket.objects.filter(pk=row.pk).update(
            tokens=5.0, refilled_at=row.refilled_at + timedelta(microseconds=5)
        )
        monkeypatch.setattr(RowBuckets, "_available", honest)
        return honest(self, row, now)

    monkeypatch.setattr(RowBuckets, "_available", with_a_rival)
    assert buckets._try({}) is None  # nothing was taken on a reading that is stale
    assert buckets.take({}) == 0


def test_a_pause_holds_every_call_and_is_never_shortened(connection: Connection) -> None:
    buckets = RowBuckets(connection, [MINUTE])
    buckets.pause(60)
    buckets.pause(5)
    connection.refresh_from_db()
    assert connection.paused_until is not None
    assert connection.paused_until > timezone.now() + timedelta(seconds=50)
    assert 50 < RowBuckets(connection, [MINUTE]).take({}) <= 60
    assert Bucket.objects.get().tokens == pytest.approx(10)


def test_a_bucket_filled_by_a_clock_that_was_ahead_refills_again(connection: Connection) -> None:
    """Else it would give nothing until that time has come."""
    with time_machine.travel(START + timedelta(hours=5), tick=False):
        while RowBuckets(connection, [BATCHES]).take({"batch": 1}) == 0:
            pass
    with time_machine.travel(START, tick=False):
        assert RowBuckets(connection, [BATCHES]).take({"batch": 1}) == 0
    assert Bucket.objects.get().refilled_at == START
