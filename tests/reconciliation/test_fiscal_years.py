"""Documents of three fiscal years, worked by hand: both sides agree, and a penny of an old year is
found. Their reports show income of one year only."""

import sqlite3
from contextlib import closing
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import pay_refund
from apps.connections.models import Connection
from apps.reconciliation.figures import Comparison
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_payment
from tests.kept_books import live_books
from tests.reconciliation.proven import compare_and_prove as compare
from tests.sandbox_server import SandboxServer
from tests.sync.conftest import ledger  # noqa: F401 - the simulated ledgers, as the engine's tests have them

pytestmark = pytest.mark.django_db(transaction=True)

SALES = "Sales of Product Income"
ADVICE = "Consulting Income"


@pytest.fixture(params=["January", "April"])
def books(ledger: SandboxServer, request: pytest.FixtureRequest) -> Books:  # noqa: F811
    """Live from 2023 on; the fiscal year begins in that month."""
    books = live_books(ledger, fiscal_year_starts=request.param)
    Connection.objects.filter(pk=books.connection.pk).update(starts_on=date(2023, 1, 1))
    books.connection.refresh_from_db()
    return books


def sold(books: Books, on: str) -> Any:
    """100.00 without tax."""
    return make_invoice(company=books.company, issue_date=date.fromisoformat(on))


def accounts(found: Comparison) -> dict[str, tuple[Decimal, Decimal]]:
    """Name → ours with what is explained, theirs; what is nil on both sides left out."""
    return {
        line.name: (line.ours + line.explained, line.theirs)
        for line in found.accounts
        if line.ours or line.explained or line.theirs
    }


def both(amount: str) -> tuple[Decimal, Decimal]:
    return Decimal(amount), Decimal(amount)


@pytest.fixture
def three_years(books: Books) -> dict[str, Any]:
    """Sales on both sides of both ends of a year; one returned and paid out in the year after, and
    a line of the first that somebody over there moved to another account."""
    made = {on: sold(books, on) for on in ("2024-03-31", "2024-04-01", "2024-12-31", "2025-01-01")}
    returned = made["2024-12-31"]
    make_payment(invoice=returned, date=date(2025, 1, 15), method=books.method)
    note = make_credit_note(invoice=returned, issue_date=date(2025, 4, 2))
    pay_refund(
        note, amount=Decimal(100), on=date(2025, 4, 3), method=books.method, reason="Sent back"
    )
    books.run()
    books.run()
    item = books.server.act(
        books.realm,
        "create_item",
        name="Advice",
        body={"Type": "Service", "IncomeAccountRef": {"value": books.code(ADVICE).remote_id}},
    )
    recoded = books.their_invoice(made["2024-03-31"].number)
    books.server.act(books.realm, "change_line", id=recoded["Id"], line=1, item=item["Id"])
    return made


@pytest.mark.slow
def test_both_sides_agree_over_three_fiscal_years_in_few_calls(
    books: Books, three_years: dict[str, Any]
) -> None:
    for profit in ("range", "year"):
        books.server.set_up(books.realm, trial_balance_profit=profit)

        found = compare(books.connection)

        assert found.tied_out, (found.differences, found.only_here, found.questions)
        # Four sales and the test invoice, less the one that came back; one of them is advice there.
        # All is open but what was paid and paid out again.
        assert accounts(found) == {
            "Accounts Receivable (A/R)": both("400"),
            SALES: both("-300"),
            ADVICE: both("-100"),
        }
        [recoded] = found.recoded
        assert three_years["2024-03-31"].number in recoded
        # A page with its count for each kind; of the trial balance three, and one a fiscal year.
        assert found.calls <= 15


def plant(books: Books, on: str, *moved: tuple[str, int]) -> None:
    """Cents in their ledger on that day that no document of theirs tells."""
    with closing(sqlite3.connect(books.server.file, timeout=20)) as there, there:
        for name, cents in moved:
            account = books.code(name).remote_id
            changed = there.execute(
                "UPDATE sandbox_posting SET cents = cents + ? WHERE id = (SELECT min(id) FROM "
                "sandbox_posting WHERE realm = ? AND account = ? AND txn_date = ?)",
                (cents, books.realm, account, on),
            )
            assert changed.rowcount == 1


@pytest.mark.slow
def test_a_penny_in_an_old_years_income_is_found(books: Books, three_years: dict[str, Any]) -> None:
    for on in ("2024-04-01", "2024-12-31", "2025-01-01"):
        plant(books, on, (SALES, -1), ("Accounts Receivable (A/R)", 1))

        found = compare(books.connection)

        assert not found.tied_out
        assert sorted(each.split(":")[0] for each in found.differences) == [
            "Account Accounts Receivable (A/R)",
            f"Account {SALES}",
        ]
        assert all("0.01 GBP apart" in each for each in found.differences)
        plant(books, on, (SALES, 1), ("Accounts Receivable (A/R)", -1))


@pytest.mark.slow
def test_a_penny_moved_between_incomes_of_an_old_year_is_found(
    books: Books, three_years: dict[str, Any]
) -> None:
    """What the year left is the same, so nothing but the report of that very year tells it."""
    old, older = "2024-04-01", "2024-03-31"
    plant(books, old, (SALES, -1))
    plant(books, older, (ADVICE, 1))

    found = compare(books.connection)

    assert not found.tied_out
    assert sorted(each.split(":")[0] for each in found.differences) == [
        f"Account {ADVICE}",
        f"Account {SALES}",
    ]
