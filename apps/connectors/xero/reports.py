"""Their trial balance of all time, put together from one report for each fiscal year.

A report shows income and expenses from the first day of its fiscal year, and every other account
since ever; what older years left stands in Retained Earnings, without an entry. So income and
expenses are summed over the years, and Retained Earnings is taken less what was closed into it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from apps.connectors.errors import TryLater
from apps.connectors.port import Courier, Purpose
from apps.connectors.xero.capabilities import NAME
from apps.connectors.xero.client import Answer, Calls, read_answer
from apps.connectors.xero.lists import PROFIT, RETAINED, account_id
from apps.connectors.xero.wire import NIL, Raw, Unread, figure, members, text

Sums = dict[str, Decimal]  # their account's guid → debit less credit, home currency

FIRST_YEAR = 1970
AHEAD = 2  # fiscal years looked at after today's, for what is dated ahead
YEAR_TO_DATE = ("YTD Debit", "YTD Credit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Chart:
    """`ids`: guid → our id of the account (its code). `profit` and `retained` are guids."""

    ids: Mapping[str, str]
    profit: frozenset[str]
    retained: str
    year_ends: tuple[int, int]  # month and day

    def end(self, year: int) -> date:
        month, last = self.year_ends
        try:
            return date(year, month, last)
        except ValueError:  # the 29th of February
            return date(year, month + 1, 1) - timedelta(days=1)

    def year_of(self, on: date) -> int:
        """The year in which the fiscal year of a day ends."""
        return on.year if on <= self.end(on.year) else on.year + 1


def chart_of(accounts: Sequence[Raw], organisation: Raw) -> Chart:
    retained = [each for each in accounts if text(each, "SystemAccount").upper() == RETAINED]
    month = organisation.get("FinancialYearEndMonth") or 12
    last = organisation.get("FinancialYearEndDay") or 31
    if not isinstance(month, int) or not isinstance(last, int):
        raise TryLater(f"{NAME} does not say when the fiscal year ends.")
    return Chart(
        ids={text(each, "AccountID"): account_id(each) for each in accounts},
        profit=frozenset(
            text(each, "AccountID") for each in accounts if text(each, "Type").upper() in PROFIT
        ),
        retained=text(retained[0], "AccountID") if retained else "",
        year_ends=(month, last),
    )


def balances(
    chart: Chart, calls: Calls, courier: Courier, today: date, as_of: date | None = None
) -> dict[str, Decimal]:
    """Account → debit less credit of everything that was ever booked, or is dated soon; or at the
    end of a day, whose fiscal year is told as far as that day.

    A call a fiscal year, back to the first of which the report is empty. Raises TryLater where a
    report cannot be read.
    """
    this = chart.year_of(as_of or today)
    last = {this: as_of} if as_of else {each: chart.end(each) for each in _with_ahead(this)}
    reports = {year: _report(on, calls, courier) for year, on in last.items()}
    for year in range(this - 1, FIRST_YEAR, -1):
        reports[year] = _report(chart.end(year), calls, courier)
        if not any(reports[year].values()):
            break
    return summed(chart, reports)


def _with_ahead(this: int) -> range:
    return range(this, this + AHEAD + 1)


def summed(chart: Chart, reports: Mapping[int, Sums]) -> dict[str, Decimal]:
    """By our id of each account."""
    last = reports[max(reports)]
    found = {each: amount for each, amount in last.items() if each not in chart.profit}
    closed = NIL
    for year, report in reports.items():
        for each in chart.profit & report.keys():
            found[each] = found.get(each, NIL) + report[each]
            if year != max(reports):
                closed += report[each]
    if closed and chart.retained:
        found[chart.retained] = found.get(chart.retained, NIL) - closed
    by_id: dict[str, Decimal] = {}
    for each, amount in found.items():
        name = chart.ids.get(each, each)
        by_id[name] = by_id.get(name, NIL) + amount
    return by_id


def _report(on: date, calls: Calls, courier: Courier) -> Sums:
    request = calls.get("Reports/TrialBalance", Purpose.PROOF, exact=False, date=on.isoformat())
    for asked, reply in courier.carry([request]):
        return sums_of(read_answer(asked, reply))
    raise TryLater(f"{NAME} was not asked for its trial balance.")


def sums_of(answer: Answer) -> Sums:
    """Their account's guid → debit less credit of the year to date, by the columns of that name."""
    try:
        (report,) = answer.rows("Reports")
        rows = list(_rows(report))
        head = next(each for each in rows if text(each, "RowType") == "Header")
        columns = [text(each, "Value") for each in members(head, "Cells")]
        debit, credit = (columns.index(name) for name in YEAR_TO_DATE)
        found: Sums = {}
        for row in rows:
            cells = members(row, "Cells")
            own = _account_in(cells[0]) if cells and text(row, "RowType") == "Row" else ""
            if own:
                amount = _cell(cells[debit]) - _cell(cells[credit])
                found[own] = found.get(own, NIL) + amount
    except (Unread, ValueError, StopIteration, IndexError):
        raise TryLater(
            f"{NAME}'s trial balance could not be read.", trace_id=answer.trace_id
        ) from None
    return found


def _rows(source: Raw) -> Iterator[Raw]:
    for row in members(source, "Rows"):
        yield row
        yield from _rows(row)


def _account_in(cell: Raw) -> str:
    for each in members(cell, "Attributes"):
        if text(each, "Id") == "account":
            return text(each, "Value")
    return ""


def _cell(cell: Raw) -> Decimal:
    """An empty cell is nil; one that is missing, or is no figure, is not."""
    return NIL if cell.get("Value") == "" else figure(cell, "Value")
