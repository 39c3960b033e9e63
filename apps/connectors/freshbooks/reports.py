"""Their own sums: what a proof is held against. A report is believed only where it names the days,
and the currency, that were asked: what is put wrongly is answered for today, without a word."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from apps.connectors.errors import TryLater
from apps.connectors.freshbooks.capabilities import NAME
from apps.connectors.freshbooks.client import Calls, Query
from apps.connectors.freshbooks.reader import Reader
from apps.connectors.freshbooks.wire import NIL, Raw, Unread, amount, members, text
from apps.connectors.port import Courier

EVER = date(1970, 1, 1)
# Numbers of a fresh account [L]: accounts receivable, and customer deposits.
OWED = ("1200", "1201")
AGEING, BALANCES, SHEET, TAXES = "accounts_aging", "trial_balance", "balance_sheet", "taxsummary"


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxSum:
    """Of one tax and its percentage: what was collected on what."""

    name: str
    collected: Decimal
    paid: Decimal


class Reports:
    """Asks one account for its reports. Each answer that cannot be believed raises TryLater."""

    def __init__(self, calls: Calls, reader: Reader) -> None:
        self.calls = calls
        self.reader = reader

    def asked(self, name: str, query: Query, courier: Courier) -> Raw:
        answer = self.reader.answer(self.calls.report(name, query), courier)
        found = answer.one(name)
        if found is None:
            raise TryLater(f"{NAME}'s report {name} could not be read.")
        return found

    # --- Receivable ---

    def receivable(self, dated: date, currency: str, courier: Courier) -> Decimal:
        """What customers owe at the end of a day, less what lies there for them. Credits and money on
        account may stand in an account of their own, and in the ageing or not: the trial balance of
        all days tells both accounts. The ageing tells it where there is neither."""
        days = {"start_date": EVER.isoformat(), "end_date": dated.isoformat()}
        query = (*days.items(), ("currency_code", currency))
        report = self.asked(BALANCES, query, courier)
        with _reading(BALANCES):
            _believed(BALANCES, report, days | {"currency_code": currency})
            rows = [
                amount(row, "debit") - amount(row, "credit")
                for row in members(report, "data")
                if text(row, "account_number") in OWED
            ]
        return sum(rows, NIL) if rows else self.owed(dated, currency, courier)

    def owed(self, dated: date, currency: str, courier: Courier) -> Decimal:
        """What customers owe in a currency at the end of a day, by their ageing."""
        query = (("end_date", dated.isoformat()), ("currency_code", currency))
        report = self.asked(AGEING, query, courier)
        with _reading(AGEING):
            _believed(AGEING, report, {"end_date": dated.isoformat(), "currency_code": currency})
            totals = report.get("totals")
            total = amount(totals if isinstance(totals, Mapping) else {}, "total")
            rows = sum((amount(each, "total") for each in members(report, "accounts")), NIL)
        if rows != total:
            raise TryLater(f"{NAME}'s ageing does not add up: {rows} by customer, {total} in all.")
        return total

    # --- By account ---

    def trial_balance(
        self, start: date, end: date, currency: str, courier: Courier
    ) -> dict[str, Decimal]:
        """Number of each account or sub-account → debit less credit within these days."""
        days = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        query = (*days.items(), ("currency_code", currency))
        report = self.asked(BALANCES, query, courier)
        found: dict[str, Decimal] = {}
        with _reading(BALANCES):
            _believed(BALANCES, report, days | {"currency_code": currency})
            for row in members(report, "data"):
                number = text(row, "account_sub_number") or text(row, "account_number")
                found[number] = (
                    found.get(number, NIL) + amount(row, "debit") - amount(row, "credit")
                )
        if sum(found.values(), NIL):
            raise TryLater(f"{NAME}'s trial balance does not come to nil.")
        return found

    def balance_sheet(self, dated: date, currency: str, courier: Courier) -> dict[str, Decimal]:
        """Number of each account or sub-account → its balance at the end of a day."""
        query = (("dates[]", dated.isoformat()), ("currency_code", currency))
        report = self.asked(SHEET, query, courier)
        found: dict[str, Decimal] = {}
        with _reading(SHEET):
            _believed(SHEET, report, {"currency_code": currency})
            if report.get("dates") != [dated.isoformat()]:
                raise Unread("dates", report.get("dates"))
            for group in members(report, "data"):
                for account in members(group, "accounts"):
                    found |= dict(_balances(account, dated))
        return found

    # --- Tax ---

    def tax_summary(
        self, start: date, end: date, currency: str, courier: Courier
    ) -> tuple[TaxSum, ...]:
        """By invoice, not by cash: what is due on what was issued within these days."""
        days = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        query = (*days.items(), ("currency_code", currency), ("cash_based", "false"))
        report = self.asked(TAXES, query, courier)
        with _reading(TAXES):
            _believed(TAXES, report, days | {"currency_code": currency})
            if report.get("cash_based") is True:
                raise Unread("cash_based", True)
            return tuple(
                TaxSum(
                    name=text(each, "tax_name"),
                    collected=amount(each, "tax_collected"),
                    paid=amount(each, "tax_paid"),
                )
                for each in members(report, "taxes")
            )

    def home(self, today: date, courier: Courier) -> tuple[str, str]:
        """Name and currency of the company, by the head of a report: nothing else tells the latter."""
        day = today.isoformat()
        report = self.asked(BALANCES, (("start_date", day), ("end_date", day)), courier)
        with _reading(BALANCES):
            return text(report, "company_name"), text(report, "currency_code")


@contextmanager
def _reading(name: str) -> Iterator[None]:
    """What cannot be read of a report is no figure of theirs."""
    try:
        yield
    except Unread as problem:
        words = f"{NAME}'s report {name} is not the one that was asked for, or cannot be read"
        raise TryLater(f"{words}: {problem.field} is {problem.value}.") from None


def _believed(name: str, report: Raw, asked: Mapping[str, str]) -> None:
    for field, value in asked.items():
        if text(report, field) != value:
            raise Unread(field, report.get(field))


def _balances(account: Raw, dated: date) -> Iterator[tuple[str, Decimal]]:
    subs = account.get("sub_accounts")
    rows = members(account, "sub_accounts") if subs else []
    for each in rows:
        yield text(each, "sub_account_number"), _on(each, dated)
    if not rows:
        yield text(account, "account_number"), _on(account, dated)


def _on(source: Raw, dated: date) -> Decimal:
    for each in members(source, "balances"):
        if text(each, "date") == dated.isoformat():
            return amount(each, "balance")
    raise Unread("balances", source.get("balances"))
