"""The hour at which files are handed over, by the wall clock of the company."""

from datetime import UTC, datetime, time

import pytest

from apps.billing.models import Company
from apps.connections.models import Connection
from apps.connections.timetable import next_hour


def books(at: time | None, zone: str = "Europe/London") -> Connection:
    return Connection(company=Company(legal_name="Thornfield", time_zone=zone), files_at=at)


@pytest.mark.parametrize(
    ("at", "after", "found"),
    [
        (time(18), (2026, 11, 30, 17, 59), (2026, 11, 30, 18)),
        (time(18), (2026, 11, 30, 18), (2026, 12, 1, 18)),
        (time(18), (2026, 7, 1, 12), (2026, 7, 1, 17)),  # summer time
        (time(1, 30), (2026, 3, 28, 12), (2026, 3, 29, 1, 30)),  # 01:30 does not exist: 02:30
        (time(1, 30), (2026, 10, 24, 12), (2026, 10, 25, 0, 30)),  # it exists twice: its first
        (time(1, 30), (2026, 10, 25, 0, 30), (2026, 10, 26, 1, 30)),
    ],
)
def test_it_comes_once_a_day(at: time, after: tuple[int, ...], found: tuple[int, ...]) -> None:
    moment = datetime(*after, tzinfo=UTC)  # type: ignore[arg-type, misc] # year, month, …
    assert next_hour(books(at), moment) == datetime(*found, tzinfo=UTC)  # type: ignore[arg-type, misc]


def test_east_of_here_the_day_is_another_and_with_each_run_there_is_no_hour() -> None:
    moment = datetime(2026, 11, 30, 20, tzinfo=UTC)
    assert next_hour(books(time(8), "Pacific/Auckland"), moment) == datetime(
        2026, 12, 1, 19, tzinfo=UTC
    )
    assert next_hour(books(None), moment) is None
