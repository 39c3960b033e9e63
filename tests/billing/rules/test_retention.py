"""Until when books are kept."""

from datetime import date

import pytest

from apps.billing.rules.retention import kept_until, still_kept, year_end


@pytest.mark.parametrize(
    ("day", "last_month", "end"),
    [
        (date(2026, 12, 31), 12, date(2026, 12, 31)),
        (date(2027, 1, 1), 12, date(2027, 12, 31)),
        (date(2026, 3, 31), 3, date(2026, 3, 31)),
        (date(2026, 4, 1), 3, date(2027, 3, 31)),
        (date(2027, 6, 1), 2, date(2028, 2, 29)),
    ],
)
def test_a_day_lies_in_the_year_that_ends_next(day: date, last_month: int, end: date) -> None:
    assert year_end(day, last_month=last_month) == end


def test_whole_years_after_the_year_of_the_last_entry() -> None:
    days = [date(2026, 5, 1), date(2024, 5, 1)]
    until = kept_until(days, last_month=12, years=10)
    assert until == date(2036, 12, 31)
    assert still_kept(until, date(2036, 12, 31))
    assert not still_kept(until, date(2037, 1, 1))
    assert kept_until([date(2027, 6, 1)], last_month=2, years=1) == date(2029, 2, 28)


def test_nothing_is_kept_of_whom_nothing_was_issued() -> None:
    until = kept_until([], last_month=12, years=10)
    assert until is None
    assert not still_kept(until, date(2026, 1, 1))
