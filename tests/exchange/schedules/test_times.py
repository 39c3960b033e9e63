"""When it is due, by the wall clock of the company: once each where the clock is changed."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.models import Company
from apps.exchange.models import ScheduledExport
from apps.exchange.schedules.times import in_words, last_due, next_after, refuse_bad_cron


def plan(zone: str = "Europe/London", **fields: Any) -> ScheduledExport:
    company = Company(legal_name="Thornfield", time_zone=zone)
    return ScheduledExport(company=company, **{"at": time(7), **fields})


def due(schedule: ScheduledExport, start: datetime, end: datetime) -> list[str]:
    found, moment = [], next_after(schedule, start)
    while moment < end:
        found.append(f"{moment:%m-%d %H:%M}")
        moment = next_after(schedule, moment)
    return found


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc] # year, month, …


def test_a_time_that_exists_twice_comes_once() -> None:
    # London, 25 October 2026: 01:30 at 00:30 UTC and again at 01:30 UTC.
    assert due(plan(at=time(1, 30)), utc(2026, 10, 24), utc(2026, 10, 27)) == [
        "10-24 00:30", "10-25 00:30", "10-26 01:30",
    ]  # fmt: skip


@pytest.mark.parametrize("moment", [(0, 0), (0, 59), (1, 0), (1, 20)])
def test_a_time_that_does_not_exist_comes_as_much_later(moment: tuple[int, int]) -> None:
    # London, 29 March 2026: from 01:00 to 02:00; 01:30 comes at 02:30, which is 01:30 UTC.
    start = utc(2026, 3, 29, *moment)
    assert due(plan(at=time(1, 30)), start, utc(2026, 3, 31)) == ["03-29 01:30", "03-30 00:30"]


def test_hours_of_a_day_of_25_and_of_23_never_come_twice() -> None:
    hourly = plan(every="cron", cron="0 * * * *")
    autumn = due(hourly, utc(2026, 10, 24, 23), utc(2026, 10, 25, 4))
    spring = due(hourly, utc(2026, 3, 28, 23), utc(2026, 3, 29, 4))
    assert len(set(autumn)) == len(autumn) == 3  # 02:00, 03:00 … of a clock that was put back
    assert spring == ["03-29 00:00", "03-29 01:00", "03-29 02:00", "03-29 03:00"]


def test_weekly_monthly_and_the_last_day() -> None:
    year = utc(2026, 1, 1), utc(2027, 1, 1)
    sundays = due(plan("UTC", every="week", weekday=7), utc(2026, 11, 1), utc(2026, 11, 16))
    assert sundays == ["11-01 07:00", "11-08 07:00", "11-15 07:00"]
    last = due(plan("UTC", every="month", month_day=31), *year)
    assert [each[:5] for each in last[:4]] == ["01-31", "02-28", "03-31", "04-30"]
    assert len(last) == 12


def test_of_those_that_were_missed_the_last_is_made_up_for() -> None:
    daily = plan("UTC", next_due=utc(2026, 11, 1, 7))
    assert last_due(daily, utc(2026, 11, 5, 6)) == utc(2026, 11, 4, 7)
    each_minute = plan("UTC", every="cron", cron="* * * * *", next_due=utc(2026, 1, 1))
    assert last_due(each_minute, utc(2026, 11, 5, 6)) == utc(2026, 11, 5, 6)
    yearly = plan("UTC", every="cron", cron="0 7 29 2 *", next_due=utc(2024, 2, 29, 7))
    assert last_due(yearly, utc(2026, 11, 5)) == utc(2024, 2, 29, 7)


@pytest.mark.parametrize(
    "expression",
    ["", "x", "0 7 * *", "0 7 30 2 *", "61 * * * *", "* * * * * *", "@daily", "0 7 * * 9"],
)
def test_what_never_comes_is_refused(expression: str) -> None:
    with pytest.raises(ValidationError, match="no cron expression that ever comes"):
        refuse_bad_cron(expression)


@pytest.mark.parametrize(
    ("expression", "apart"),
    [
        ("* * * * *", "1 minute"),
        ("*/14 * * * *", "4 minutes"),  # 56 and the next hour's 0
        ("0,14 7 * * *", "14 minutes"),
        ("5,59 6-7 * * 1", "6 minutes"),  # 6:59 and 7:05
        ("50,0 0,23 * * *", "10 minutes"),  # 23:50 and the next day's 0:00
        ("59,0 0,23 * * 7,1", "1 minute"),  # Sunday night to Monday
        ("0,1 0 29 2 *", "1 minute"),
    ],
)
def test_what_comes_more_often_than_every_quarter_of_an_hour_is_refused(
    expression: str, apart: str
) -> None:
    with pytest.raises(ValidationError, match=f"comes again after {apart}. Leave at least 15"):
        refuse_bad_cron(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "*/15 * * * *", "0,15 7 * * *", "*/20 * * * *", "0 7 * * 1-5", "0 0 29 2 *",
        "5,59 6,8 * * *",  # hours that do not touch
        "59,0 0,23 * * 1",  # days that do not
        "59,0 0,23 1,15 * *",
    ],
)  # fmt: skip
def test_what_comes_each_quarter_of_an_hour_or_seldom_is_taken(expression: str) -> None:
    refuse_bad_cron(expression)


def test_it_is_said_in_words() -> None:
    refuse_bad_cron("0 7 * * 1-5")
    assert in_words(plan()) == "Every day at 07:00"
    assert in_words(plan(every="week", weekday=1)) == "Every Monday at 07:00"
    assert in_words(plan(every="month", month_day=31)) == "On the last day of the month at 07:00"
