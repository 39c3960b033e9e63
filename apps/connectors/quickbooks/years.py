"""Their trial balance of all time, or at the end of a day, put together from one report for each
fiscal year.

A report shows income and expenses of the fiscal year of its last day only; what older years left is
in Retained Earnings, without any entry (Intuit's help, learn-support 185606 and 870174). Whether a
range counts from its first day or from its year's makes no difference for one that is a year. So
income and expenses are summed over the years, and every other account is taken from the last day,
Retained Earnings less what was closed into it. At the end of a day the last report is that of its
fiscal year as far as the day; what is dated later is in none that counts.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from apps.connectors.errors import TryLater
from apps.connectors.port import Courier, Purpose
from apps.connectors.quickbooks.client import PAGE, Answer, first_day, rows, select
from apps.connectors.quickbooks.feed import ANY_STATE, WATCHED, Reader
from apps.connectors.quickbooks.lists import balances_of
from apps.connectors.quickbooks.objects import CUSTOMER, ITEM
from apps.connectors.quickbooks.wire import day, mapping, text

Sums = dict[str, Decimal]  # account id → debit less credit, home currency

ACCOUNT = "Account"
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
PROFIT = frozenset({"Income", "Other Income", "Expense", "Other Expense", "Cost of Goods Sold"})
RETAINED = "RetainedEarnings"
DATED = tuple(each for each in WATCHED if each not in (CUSTOMER, ITEM))
LAST_YEAR = 2999  # nothing is dated in it: all that is dated ahead lies before
FIRST_YEAR = 1900
IN_A_ROW = 12  # so many years are asked one and all; of a longer time those that have entries
AHEAD = 3  # years looked at after the last entry that is known


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """What must be known before a year can be asked for."""

    month: int  # in which a fiscal year begins, from 1
    profit: frozenset[str]  # accounts of income and expense
    retained: str  # the account that years are closed into; "" where there is none
    first: date | None  # of what is dated there, as far as Tieout reads it
    last: date | None
    until: date | None  # the day at whose end it is asked

    def year_of(self, on: date) -> int:
        """Of the fiscal year that a day lies in, the year in which it begins."""
        return on.year if on.month >= self.month else on.year - 1

    def begins(self, year: int) -> date:
        return date(year, self.month, 1)

    def ends(self, year: int) -> date:
        """The last day of it that counts."""
        if year == LAST_YEAR:
            return date(year, 12, 31)
        last = self.begins(year + 1) - timedelta(days=1)
        return min(last, self.until) if self.until is not None else last

    def carried_on(self, report: Mapping[str, Decimal]) -> Sums:
        """What stands after a year's last day, before anything of the next one."""
        left = sum((report.get(each, Decimal(0)) for each in self.profit), Decimal(0))
        found = {account: each for account, each in report.items() if account not in self.profit}
        found[self.retained] = found.get(self.retained, Decimal(0)) + left
        return {account: each for account, each in found.items() if each}


class Years:
    """One reading of all their fiscal years, or of those as far as a day. `today` is a day of theirs,
    for books with nothing."""

    def __init__(
        self, reader: Reader, courier: Courier, today: date, until: date | None = None
    ) -> None:
        self.reader = reader
        self.courier = courier
        self.today = today
        self.until = until
        self.reports: dict[int, Sums] = {}

    def balances(self) -> Sums:
        """Account id → debit less credit of everything that was ever booked, or is dated ahead; as of
        a day, of everything dated until then.

        A call for what must be known, one a year, and two to see that nothing lies outside these
        years. Raises TryLater where something could not be read.
        """
        setting = self._setting()
        years = self._with_entries(setting)
        self._ask(setting, [years[0] - 1, *years, LAST_YEAR])
        end = LAST_YEAR if self.until is None else years[-1]
        if any(self.reports[LAST_YEAR].get(account) for account in setting.profit):
            return self.reports[end]  # reports that close no year say it all at once
        if self.until is not None:
            del self.reports[LAST_YEAR]  # it told whether years are closed
        self._look_before(setting)
        self._look_between(setting)
        if self.until is None:
            self._look_after(setting, years[-1])
        return self._summed(setting, end)

    # --- Which years ---

    def _setting(self) -> Setting:
        asked = ["SELECT * FROM CompanyInfo", select(ACCOUNT, [ANY_STATE])]
        asked += [first_day(entity) for entity in DATED]
        asked += [first_day(entity, last=True) for entity in DATED]
        company, chart, *dated = self.reader.ask_together(asked, Purpose.PROOF, self.courier)
        accounts = rows(chart, ACCOUNT)
        if len(accounts) >= PAGE:
            pages = self.reader.pages(ACCOUNT, [ANY_STATE], Purpose.PROOF, self.courier)
            accounts = [row for page, _ in pages for row in page]
        days = _days(dated)
        retained = [each for each in accounts if text(each, "AccountSubType") == RETAINED]
        return Setting(
            month=_month(company),
            profit=frozenset(
                text(each, "Id") for each in accounts if text(each, "AccountType") in PROFIT
            ),
            retained=text(min(retained, key=_place), "Id") if retained else "",
            first=min(days, default=None),
            last=max(days, default=None),
            until=self.until,
        )

    def _with_entries(self, setting: Setting) -> list[int]:
        """Fiscal years in which something is dated, and in a short time those between; as of a day,
        its own is the last of them."""
        own = setting.year_of(self.until or self.today)
        if setting.first is None or setting.last is None:
            return [own]
        first, last = setting.year_of(setting.first), setting.year_of(setting.last)
        end = last if self.until is None else own
        years = self._between(setting, first, min(last, end))
        return years if years[-1:] == [end] else [*years, end]

    def _between(self, setting: Setting, first: int, last: int) -> list[int]:
        if last - first < IN_A_ROW:
            return list(range(first, last + 1))
        years = [first]
        while years[-1] < last:
            asked = [first_day(entity, after=setting.ends(years[-1])) for entity in DATED]
            found = self.reader.ask_together(asked, Purpose.PROOF, self.courier)
            days = [each for each in _days(found) if setting.year_of(each) > years[-1]]
            years.append(min([last, *map(setting.year_of, days)]))
        return years

    # --- Reports ---

    def _ask(self, setting: Setting, years: Sequence[int]) -> None:
        requests = [
            self.reader.books.get(
                "reports/TrialBalance",
                Purpose.PROOF,
                (
                    ("start_date", setting.begins(year).isoformat()),
                    ("end_date", setting.ends(year).isoformat()),
                    ("accounting_method", "Accrual"),
                ),
            )
            for year in years
        ]
        answers = self.reader.ask(requests, self.courier)
        self.reports |= {
            year: _sums_of(answer) for year, answer in zip(years, answers, strict=True)
        }

    def _look_before(self, setting: Setting) -> None:
        """What Tieout does not read (a bill, wages) may be older than all that it does."""
        while any(self.reports[min(self.reports)].values()) and min(self.reports) > FIRST_YEAR:
            self._ask(setting, [min(self.reports) - 1])

    def _look_between(self, setting: Setting) -> None:
        """Years left out since nothing that is read is dated in them: they may leave nothing."""
        known = sorted(year for year in self.reports if year != LAST_YEAR)
        for before, after in itertools.pairwise(known):
            left = setting.carried_on(self.reports[before]).get(setting.retained)
            if after > before + 1 and left != (self.reports[after].get(setting.retained) or None):
                self._ask(setting, range(before + 1, after))

    def _look_after(self, setting: Setting, last: int) -> None:
        """Up to the year after which nothing changes any more."""
        end = {account: each for account, each in self.reports[LAST_YEAR].items() if each}
        for year in range(last + 1, min(last + 1 + AHEAD, LAST_YEAR)):
            if setting.carried_on(self.reports[year - 1]) == end:
                return
            self._ask(setting, [year])

    def _summed(self, setting: Setting, end: int) -> Sums:
        found = {
            account: each
            for account, each in self.reports[end].items()
            if account not in setting.profit
        }
        closed = Decimal(0)
        for year, report in self.reports.items():
            for account in setting.profit & report.keys():
                found[account] = found.get(account, Decimal(0)) + report[account]
                closed += report[account] if year != end else Decimal(0)
        if closed and setting.retained:
            found[setting.retained] = found.get(setting.retained, Decimal(0)) - closed
        return found


def _days(answers: Sequence[Answer]) -> list[date]:
    """Days of entries. One that cannot be read is left to the reading of the entry itself, which
    nobody can agree to."""
    found = []
    for entity, answer in zip([*DATED, *DATED], answers, strict=False):
        for row in rows(answer, entity):
            try:
                on = day(row, "TxnDate")
            except ValueError:
                continue
            if on is not None:
                found.append(on)
    return found


def _month(company: Answer) -> int:
    (information,) = rows(company, "CompanyInfo") or [{}]
    said = text(information, "FiscalYearStartMonth").lower()
    if said not in MONTHS:
        raise TryLater(
            "QuickBooks does not say in which month the fiscal year begins.",
            "Set the first month of the fiscal year in QuickBooks.",
            trace_id=company.trace_id,
        )
    return MONTHS.index(said) + 1


def _place(account: Mapping[str, Any]) -> tuple[int, str]:
    """The oldest first: the one that the company was opened with."""
    own = text(account, "Id")
    return len(own), own


def _sums_of(answer: Answer) -> Sums:
    if not mapping(answer.content, "Header"):
        raise TryLater("QuickBooks' trial balance could not be read.", trace_id=answer.trace_id)
    try:
        return balances_of(answer.content)
    except (ValueError, ArithmeticError):
        raise TryLater(
            "QuickBooks' trial balance holds something that is no figure.",
            trace_id=answer.trace_id,
        ) from None
