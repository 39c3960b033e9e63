"""How long books are kept: until when what was issued has to say to whom."""

import calendar
from datetime import date


def year_end(day: date, *, last_month: int) -> date:
    """The last day of the fiscal year that holds this day; `last_month` is 1 to 12."""
    year = day.year + (day.month > last_month)
    return date(year, last_month, calendar.monthrange(year, last_month)[1])


def kept_until(days: list[date], *, last_month: int, years: int) -> date | None:
    """The last day on which entries of these days are kept; None where there are none.

    Whole years count from the end of the fiscal year in which the last of them falls.
    """
    if not days:
        return None
    end = year_end(max(days), last_month=last_month)
    there = end.year + years
    return date(there, last_month, calendar.monthrange(there, last_month)[1])


def still_kept(until: date | None, today: date) -> bool:
    return until is not None and today <= until
