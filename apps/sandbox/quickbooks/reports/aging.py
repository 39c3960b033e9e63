"""Aged receivables: what is open as of a day by how long it has been due, in sums and in detail."""

from dataclasses import dataclass
from datetime import date

from .. import faults, fields
from ..book import Book
from . import details, frame, people
from .frame import Json, Params
from .periods import period_of, sent_day
from .receivables import Item, items_as_of, opened

MOST_PERIODS = 100


@dataclass(frozen=True)
class Ages:
    """Periods of so many days each; the last one has no end. `on` is the day that is counted to."""

    on: date
    days: int
    periods: int
    by_txn_date: bool = False

    @classmethod
    def asked(cls, book: Book, params: Params, day: date) -> "Ages":
        """From `aging_period`, `num_periods` and `aging_method`; 2170 for a method that is none."""
        return cls(
            on=book.today if method(params) == "Current" else day,
            days=fields.whole(1, 365)(params.get("aging_period") or 30, "aging_period"),
            periods=fields.whole(1, MOST_PERIODS)(params.get("num_periods") or 4, "num_periods"),
            by_txn_date=book.settings["aging_from_txn_date"],
        )

    def of(self, item: Item) -> int:
        """0: not yet due; else the number of its period, from 1."""
        late = (self.on - (item.dated if self.by_txn_date else item.due)).days
        return 0 if late <= 0 else min((late - 1) // self.days + 1, self.periods)

    def titles(self) -> list[str]:
        return ["Current", *(self.title(number) for number in range(1, self.periods + 1))]

    def title(self, number: int) -> str:
        first = (number - 1) * self.days + 1
        return f"{first} and over" if number == self.periods else f"{first} - {number * self.days}"

    def section(self, number: int) -> str:
        if not number:
            return "Current"
        words = "or more days past due" if number == self.periods else "days past due"
        return f"{self.title(number).removesuffix(' and over')} {words}"


def method(params: Params) -> str:
    asked = params.get("aging_method") or "Report_Date"
    if asked not in ("Report_Date", "Current"):
        raise faults.Refused("2170", f"{asked} is not a method of aging", "aging_method")
    return asked


def day_asked(book: Book, params: Params) -> tuple[date, date, str]:
    """As of which day: `report_date`, else the end of the range that was asked for, else today."""
    ranged = any(params.get(name) for name in ("start_date", "end_date", "date_macro"))
    if params.get("report_date") or not ranged:
        day = sent_day(params, "report_date", book.today)
        return day, day, ""
    period = period_of(book, params)
    return period.start, period.end, period.macro


def open_items(book: Book, params: Params, day: date) -> list[Item]:
    wanted = frame.customers_asked(book, params)
    items = items_as_of(book, day, settled_since=method(params) == "Current")
    return [one for one in opened(items) if wanted is None or one.customer in wanted]


def aged_summary(book: Book, params: Params) -> Json:
    """`reports/AgedReceivables?report_date=`: a row a customer, in the home currency."""
    start, day, macro = day_asked(book, params)
    ages = Ages.asked(book, params, day)
    width = ages.periods + 2
    figures: people.Figures = {}
    for item in open_items(book, params, day):
        row = figures.setdefault(item.customer, [0] * width)
        row[ages.of(item)] += item.open_home
        row[-1] += item.open_home
    figures = {customer: row for customer, row in figures.items() if any(row)}
    return frame.report(
        book,
        "AgedReceivables",
        [("", "Customer"), *((title, "Money") for title in [*ages.titles(), "Total"])],
        [
            *people.by_customer(book, figures, backwards=frame.order(params)),
            people.grand_total(figures, width),
        ],
        empty=not figures,
        options=[("report_date", day.isoformat())],
        Customer=params.get("customer", ""),
        DateMacro=macro,
        StartPeriod=start.isoformat(),
        EndPeriod=day.isoformat(),
    )


def aged_detail(book: Book, params: Params) -> Json:
    """`reports/AgedReceivableDetail?report_date=`: every open document, the longest due first."""
    _, day, _ = day_asked(book, params)
    ages = Ages.asked(book, params, day)
    columns = details.shown(book, params, "cust_name")
    items = [one for one in open_items(book, params, day) if due_between(params, one)]
    if params.get("past_due"):
        least = fields.whole(0, 9999)(params["past_due"], "past_due")
        items = [one for one in items if (ages.on - one.due).days >= least]
    rows = []
    for number in range(ages.periods, -1, -1):
        found = sorted((one for one in items if ages.of(one) == number), key=lambda one: one.due)
        if found:
            rows.append(details.section(ages.section(number), found, columns))
    rows.append(frame.total_row(*details.sums("TOTAL", items, columns), group=""))
    return frame.report(
        book,
        "AgedReceivableDetail",
        details.heading(columns),
        rows,
        empty=not items,
        options=[("report_date", day.isoformat())],
        Customer=params.get("customer", ""),
        EndPeriod=day.isoformat(),
    )


def due_between(params: Params, item: Item) -> bool:
    """Whether it is due within `start_duedate` and `end_duedate`, as far as they were sent."""
    first = sent_day(params, "start_duedate", date.min)
    last = sent_day(params, "end_duedate", date.max)
    return first <= item.due <= last
