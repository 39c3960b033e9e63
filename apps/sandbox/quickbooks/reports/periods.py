"""The days a report covers: fiscal years, standard ranges by name, and dates that were sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from .. import faults
from ..book import Book
from ..fields import day
from ..switches import MONTHS

ONE_DAY = timedelta(days=1)
DEFAULT_RANGE = "This Fiscal Year-to-date"
MONTHS_OF = {"month": 1, "fiscal quarter": 3, "fiscal year": 12}


@dataclass(frozen=True)
class Period:
    """First and last day; `macro` is the name of the standard range, where one was meant."""

    start: date
    end: date
    macro: str = ""


def first_month(book: Book) -> int:
    """The month a fiscal year of this company begins in, from 1."""
    return MONTHS.index(book.settings["fiscal_year_starts"]) + 1


def fiscal_year_start(book: Book, on: date) -> date:
    """The first day of the fiscal year that `on` lies in."""
    return bounds("fiscal year", on, first_month(book))[0]


def period_of(book: Book, params: Mapping[str, str]) -> Period:
    """`start_date` and `end_date`, else the range `date_macro` names, else the fiscal year to date.

    Without a start it begins with the fiscal year of its end. Raises 2190 for an end before its
    start, 2170 for a range that has no such name.
    """
    if not (params.get("start_date") or params.get("end_date")):
        return standard(book, params.get("date_macro") or DEFAULT_RANGE)
    end = sent_day(params, "end_date", book.today)
    start = sent_day(params, "start_date", fiscal_year_start(book, end))
    if start > end:
        raise faults.Refused("2190", "start_date must be less than end_date.", "start_date")
    return Period(start, end)


def sent_day(params: Mapping[str, str], name: str, otherwise: date) -> date:
    given = params.get(name)
    return date.fromisoformat(day(given, name)) if given else otherwise


def standard(book: Book, macro: str) -> Period:
    """A standard range by its name, in whatever case, counted from the company's own today."""
    name, today = macro.strip().lower(), book.today
    single = {
        "today": (today, today),
        "yesterday": (today - ONE_DAY, today - ONE_DAY),
        "next 4 weeks": (today + ONE_DAY, today + 28 * ONE_DAY),
    }
    if name in single:
        return Period(*single[name], macro=name)
    to_date = name.endswith("-to-date")
    which, _, unit = name.removesuffix("-to-date").partition(" ")
    if (unit != "week" and unit not in MONTHS_OF) or which not in ("this", "last", "next"):
        raise faults.Refused("2170", f"{macro} is not a standard range", "date_macro")
    start, end = bounds(unit, today, first_month(book))
    if which == "last":
        start, end = bounds(unit, start - ONE_DAY, first_month(book))
    elif which == "next":
        start, end = bounds(unit, end + ONE_DAY, first_month(book))
    return Period(start, today if to_date else end, macro=name)


def bounds(unit: str, on: date, begins: int) -> tuple[date, date]:
    """The week (from Sunday), month, fiscal quarter or fiscal year that a day lies in."""
    if unit == "week":
        start = on - (on.isoweekday() % 7) * ONE_DAY
        return start, start + 6 * ONE_DAY
    months = MONTHS_OF[unit]
    since = on.year * 12 + on.month - begins
    first = since // months * months + begins - 1
    return month_at(first), month_at(first + months) - ONE_DAY


def month_at(index: int) -> date:
    """The first day of the month counted from January of the year 0."""
    return date(index // 12, index % 12 + 1, 1)
