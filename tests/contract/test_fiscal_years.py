"""The trial balance of all time, though reports show income and expenses of one fiscal year only."""

import dataclasses
import itertools
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import TryLater
from apps.connectors.port import Purpose, Reply, Request
from tests.contract.money import Money
from tests.contract.stage import Stage

NUMBERS = itertools.count(1)


@pytest.fixture(params=["January", "April", "October"])
def stage(open_stage: Callable[..., Stage], request: pytest.FixtureRequest) -> Stage:
    """Books whose fiscal year begins in that month."""
    return open_stage(fiscal_year_starts=request.param)


def sell(stage: Stage, amount: str, *days: str) -> None:
    """An invoice of that amount on each of these days."""
    customer, item = stage.masters()
    sent = [
        stage.push_of(
            stage.invoice(
                f"Y-{next(NUMBERS)}",
                customer,
                stage.lines(item, amount),
                issue_date=date.fromisoformat(each),
                due_date=None,
            )
        )
        for each in days
    ]
    assert not [each.error for each in stage.outcomes(sent) if each.error]


def posted_until(stage: Stage, day: str) -> dict[str, Decimal]:
    """The postings of their ledger dated until then, added up: no year is closed in them."""
    with closing(sqlite3.connect(stage.server.file, timeout=20)) as there:
        rows = there.execute(
            "SELECT account, sum(cents) FROM sandbox_posting WHERE realm = ? AND txn_date <= ? "
            "GROUP BY account",
            (stage.realm, day),
        )
        return {str(account): Decimal(cents) / 100 for account, cents in rows if cents}


def ledger(stage: Stage) -> dict[str, Decimal]:
    """What was posted there and nothing else: no year is closed in it."""
    rows = stage.server.trial_balance(stage.realm)["rows"]
    return {
        row["account"]: Decimal(str(row["debit"])) - Decimal(str(row["credit"])) for row in rows
    }


def balances(stage: Stage, as_of: str = "") -> tuple[dict[str, Decimal], int]:
    """What is not nil, and how many calls that took."""
    before = len(stage.courier.sent)
    found = stage.connector.balances(stage.courier, date.fromisoformat(as_of) if as_of else None)
    asked = stage.courier.sent[before:]
    assert {each.purpose for each in asked} == {Purpose.PROOF}
    assert sum(found.values()) == 0
    return {account: amount for account, amount in found.items() if amount}, len(asked)


def journal(stage: Stage, dated: str, debit: str, credit: str, amount: str) -> None:
    def line(side: str, account: str) -> dict[str, Any]:
        detail = {"PostingType": side, "AccountRef": {"value": account}}
        return {
            "Amount": float(amount),
            "DetailType": "JournalEntryLineDetail",
            "JournalEntryLineDetail": detail,
        }

    lines = [line("Debit", debit), line("Credit", credit)]
    stage.courier.caller.post("journalentry", {"TxnDate": dated, "Line": lines})


@pytest.mark.slow
@pytest.mark.parametrize("profit", ["range", "year"])
@pytest.mark.parametrize("closing", [True, False], ids=["years are closed", "they are not"])
def test_income_and_expenses_of_every_year_are_in_the_balances(
    stage: Stage, closing: bool, profit: str
) -> None:
    stage.server.set_up(stage.realm, fiscal_closing=closing, trial_balance_profit=profit)
    money = Money(stage)
    customer, _ = stage.masters()
    sell(stage, "100.00", "2024-03-31", "2024-04-01", "2024-09-30", "2024-12-31")
    sell(stage, "7.01", "2025-01-01", "2026-03-31", "2026-11-20", "2027-06-30")
    stage.send(money.refund(customer, "20.00", paid_on=date(2025, 4, 1)))
    stage.send(money.adjustment(customer, "3.00", dated=date(2024, 5, 5)))
    # By their accountant: out of retained earnings, and income moved to another account.
    retained = money.account("Retained Earnings").remote_id
    journal(stage, "2025-06-30", retained, money.bank, "40.00")
    other = money.account("Consulting Income").remote_id
    journal(stage, "2026-02-01", money.income, other, "50.00")

    found, calls = balances(stage)

    assert found == ledger(stage)
    assert found[money.income] == Decimal("-378.04")
    assert (found[other], found[retained], found[money.expense]) == (-50, 40, 3)
    assert calls <= 8, "one, one a year, one before them, and one for all that is dated ahead"

    # As of a day: its own last, the first of a year and the one before, and before and after it all.
    for day in (*("2024-01-01", "2024-09-30", "2025-07-15", "2026-03-31", "2029-01-01"),):
        then, asked = balances(stage, day)
        assert then == posted_until(stage, day), day
        assert asked <= calls + (day > "2028"), "no more than of all that there is"


@pytest.mark.slow
def test_books_with_nothing_in_them_are_nil(stage: Stage) -> None:
    assert balances(stage) == ({}, 4)


@pytest.mark.slow
def test_a_day_typed_wrong_a_century_ago_costs_a_few_calls_and_no_report_a_year(
    stage: Stage,
) -> None:
    sell(stage, "100.00", "1926-11-20", "1999-01-01", "2026-11-20")
    found, calls = balances(stage)
    assert found == ledger(stage)
    assert calls <= 9


@pytest.mark.slow
@pytest.mark.parametrize("hidden", ["2011-05-05", "2019-05-05", "2028-05-05", "1999-05-05"])
def test_what_is_dated_in_a_year_that_nothing_else_is_of_is_found(
    stage: Stage, hidden: str
) -> None:
    """Bills and wages, which Tieout does not read, stand in the reports alone."""
    sell(stage, "100.00", "2012-02-02", "2026-11-20")
    money = Money(stage)
    # Nobody says that there is an expense of that day.
    line = {
        "Amount": 30.0,
        "DetailType": "AccountBasedExpenseLineDetail",
        "AccountBasedExpenseLineDetail": {"AccountRef": {"value": money.expense}},
    }
    body = {"AccountRef": {"value": money.bank}, "PaymentType": "Cash", "Line": [line]}
    stage.courier.caller.post("purchase", {**body, "TxnDate": hidden})

    def without_expenses(request: Request, reply: Reply) -> Reply:
        if not request.path.endswith("/batch"):
            return reply
        answer = json.loads(reply.body)
        for each in answer["BatchItemResponse"]:
            each["QueryResponse"].pop("Purchase", None)
        return dataclasses.replace(reply, body=json.dumps(answer).encode())

    stage.courier.meddle = without_expenses
    found, _ = balances(stage)

    assert found == ledger(stage)
    assert found[money.expense] == 30
    for day in (hidden, "2019-12-31", "2029-12-31"):
        assert balances(stage, day)[0] == posted_until(stage, day), day


@pytest.mark.slow
def test_a_company_that_does_not_say_when_its_year_begins_is_not_guessed_at(stage: Stage) -> None:
    def without_month(_request: Request, reply: Reply) -> Reply:
        body = reply.body.replace(b'"FiscalYearStartMonth"', b'"SomethingElse"')
        return dataclasses.replace(reply, body=body)

    stage.courier.meddle_once(without_month)
    with pytest.raises(TryLater, match="in which month the fiscal year begins"):
        stage.connector.balances(stage.courier)
