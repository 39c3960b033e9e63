"""What of a limit is left at a moment: never more than published, and hardly less."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.connections.courier import LONGEST_WAIT
from apps.connections.windows import Window
from apps.connectors.limits import (
    MINUTE,
    ROLLING_DAY,
    SECOND,
    SLOTS,
    CalendarMonth,
    Limit,
    Sliding,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()
BATCHES = Limit(name="batches", amount=40, span=MINUTE)
A_MINUTE = Limit(name="minute", amount=60, span=MINUTE)
A_DAY = Limit(name="day", amount=1000, span=ROLLING_DAY)
DAY = 86_400.0


class Spent:
    """What several limits have counted, as rows keep it."""

    def __init__(self, *limits: Limit) -> None:
        self.stored: dict[Limit, Sequence[tuple[float, int]]] = dict.fromkeys(limits, ())

    def take(self, now: float, cost: int = 1, *, reserve: bool = False) -> float:
        windows = [Window.of(limit, stored, now) for limit, stored in self.stored.items()]
        wait = max(window.wait(cost, reserve=reserve) for window in windows)
        for window in windows if not wait else ():
            window.spend(cost)
            self.stored[window.limit] = window.slots
        return wait

    def drained(
        self, seconds: float, *, each: float, most: int = 10**9, reserve: bool = False
    ) -> list[float]:
        """When calls left of a queue that never ends; each takes so many seconds."""
        now, gone = START, []
        while now < START + seconds and len(gone) < most:
            wait = self.take(now, reserve=reserve)
            if not wait:
                gone.append(now)
            now += wait or each
        return gone


def most_within(seconds: float, moments: Sequence[float]) -> int:
    """The most of them that lie in any stretch of so many seconds, its end not included."""
    found, begin = 0, 0
    for place, moment in enumerate(moments):
        while moments[begin] <= moment - seconds:
            begin += 1
        found = max(found, place - begin + 1)
    return found


@given(
    span=st.sampled_from([SECOND, MINUTE, Sliding(300, "in five minutes"), ROLLING_DAY]),
    amount=st.integers(1, 60),
    gaps=st.lists(st.floats(0, 0.3), min_size=40, max_size=300),
    ahead=st.lists(st.floats(-1 / 120, 1 / 120), min_size=3, max_size=3),
)
def test_no_stretch_of_the_span_ever_holds_more_than_the_limit(
    span: Sliding, amount: int, gaps: list[float], ahead: list[float]
) -> None:
    """Whatever the pattern in which three workers come, their clocks a little apart."""
    spent = Spent(Limit(name="any", amount=amount, span=span))
    now, gone = START, []
    for place, gap in enumerate(gaps):
        now += gap * span.seconds / 5
        # Clocks of workers differ by less than what calls may take to arrive.
        own = now + ahead[place % 3] * min(span.seconds, 60)
        if not spent.take(own, reserve=True):
            gone.append(now)
    assert gone
    assert most_within(span.seconds, gone) <= amount


@pytest.mark.parametrize("each", [0.05, 0.3, 1.3])
def test_a_queue_drains_at_the_published_rate(each: float) -> None:
    gone = Spent(BATCHES).drained(600, each=each)
    by_minute = [
        sum(START + 60 * minute <= moment < START + 60 * (minute + 1) for moment in gone)
        for minute in range(10)
    ]
    assert all(38 <= count <= 40 for count in by_minute), by_minute
    assert most_within(60, gone) <= 40


@pytest.mark.parametrize(("amount", "span"), [(each, MINUTE) for each in (5, 7, 14, 40, 60, 500)])
@pytest.mark.slow
def test_every_short_limit_drains_within_a_twentieth_and_waits_for_nobody_long(
    amount: int, span: Sliding
) -> None:
    gone = Spent(Limit(name="any", amount=amount, span=span)).drained(span.seconds * 20, each=0.001)
    assert len(gone) / 20 >= amount * 0.95
    # So short that a page that reads meanwhile is never sent away.
    waited = max(later - sooner for sooner, later in itertools.pairwise(gone))
    assert waited < LONGEST_WAIT


def test_what_is_published_by_the_second_lets_a_queue_drain_by_the_minute() -> None:
    """Of a second alone less goes: calls may arrive a fifth of it nearer than they left."""
    spent = Spent(
        Limit(name="minute", amount=500, span=MINUTE), Limit(name="second", amount=10, span=SECOND)
    )
    gone = spent.drained(300, each=0.02)
    assert len(gone) >= 5 * 500 * 0.95
    assert most_within(60, gone) <= 500
    assert most_within(1.199, gone) <= 10


def test_a_day_lets_all_go_as_fast_as_the_minute_allows_and_says_when_the_next_can() -> None:
    spent = Spent(A_MINUTE, A_DAY)
    gone = spent.drained(DAY, each=0.1, most=1000, reserve=True)
    assert len(gone) == 1000
    assert gone[-1] - START <= 1000 / (60 * 0.95) * 60

    wait = spent.take(gone[-1] + 5, reserve=True)
    next_at = gone[-1] + 5 + wait
    slot = DAY / SLOTS
    assert START + DAY <= next_at <= START + DAY + slot
    assert spent.take(next_at + 0.001, reserve=True) == 0


def test_a_day_that_began_earlier_lets_go_again_slot_by_slot() -> None:
    spent = Spent(A_DAY)
    for hour in (0, 1):
        for _ in range(500):
            assert spent.take(START + hour * 3600, reserve=True) == 0
    later = START + 2 * 3600
    assert spent.take(later, reserve=True) == pytest.approx(22 * 3600, abs=2)
    back = START + DAY + 2
    assert [spent.take(back, reserve=True) == 0 for _ in range(501)] == [True] * 500 + [False]


@pytest.mark.parametrize(
    ("limit", "kept"),
    [
        (A_DAY, 50),
        (Limit(name="month", amount=500_000, span=CalendarMonth("UTC")), 25_000),
        (Limit(name="small", amount=10, span=ROLLING_DAY), 0),
    ],
)
def test_what_is_kept_of_a_long_limit_goes_to_settling_and_payments_alone(
    limit: Limit, kept: int
) -> None:
    spent = Spent(limit)
    assert spent.take(START, limit.amount - kept) == 0
    assert spent.take(START) > 0
    if kept:
        assert spent.take(START, kept, reserve=True) == 0
    assert spent.take(START, reserve=True) > 0


@pytest.mark.parametrize("limit", [BATCHES, A_MINUTE])
def test_nothing_is_kept_of_a_minute(limit: Limit) -> None:
    assert limit.reserve == 0


@pytest.mark.parametrize(
    ("now", "first"),
    [
        ("2026-03-31T10:59:00+00:00", "2026-03-31T11:00:00+00:00"),  # April in Auckland
        ("2026-03-31T11:00:02+00:00", "2026-04-30T12:00:00+00:00"),  # winter time by then
        ("2026-12-31T10:00:00+00:00", "2026-12-31T11:00:00+00:00"),
    ],
)
def test_a_month_ends_with_the_providers_calendar(now: str, first: str) -> None:
    month = Limit(name="month", amount=2, span=CalendarMonth("Pacific/Auckland"))
    moment, spent = datetime.fromisoformat(now).timestamp(), Spent(month)
    assert [spent.take(moment, reserve=True) for _ in range(2)] == [0, 0]
    wait = spent.take(moment, reserve=True)
    assert moment + wait == pytest.approx(datetime.fromisoformat(first).timestamp(), abs=1.001)
    assert spent.take(moment + wait + 0.001, reserve=True) == 0


@pytest.mark.parametrize("dear", [41, 1000])
def test_a_call_dearer_than_the_limit_leaves_when_nothing_else_counts(dear: int) -> None:
    spent = Spent(BATCHES)
    assert spent.take(START, dear) == 0
    assert 60 < spent.take(START) < 62


@pytest.mark.parametrize("years", [1, 30])
def test_a_time_that_no_clock_of_ours_can_have_meant_counts_for_nothing(years: int) -> None:
    spent = Spent(BATCHES)
    spent.stored[BATCHES] = [(START + years * 365 * DAY, 40)]
    assert spent.take(START) == 0


def test_what_a_clock_a_little_ahead_wrote_counts_from_now() -> None:
    spent = Spent(BATCHES)
    spent.stored[BATCHES] = [(START + 50, 40)]
    assert 60 < spent.take(START) < 62


def test_what_is_stored_stays_small() -> None:
    spent = Spent(Limit(name="any", amount=500, span=MINUTE))
    spent.drained(300, each=0.05)
    (stored,) = spent.stored.values()
    assert len(stored) <= SLOTS + 3
