"""What a first invoice may be like that nobody thought of, in three ledgers: it goes over as it is, or
ends with a sentence that says what to do; never in an error, and never half.

By hand: 249 lines of 1.20 with 20 % in them and one of 7.20 are 306.00, of which 51.00 are tax.
"""

import time
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.sync.models import State
from apps.sync.trial.running import Ended, TrialResult, run_trial
from tests.books import Books
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_customer, make_invoice, make_item, make_tax_rate
from tests.freshbooks_twin import FreshBooksTwin
from tests.kept_books import live_books, live_on
from tests.sandbox_server import SandboxServer
from tests.xero_twin import XeroTwin

pytestmark = pytest.mark.django_db
NAME = "Käse: Bell 🧀 שלום مرحبا"
NUMBER = "N" * 40
LONGEST = {"quickbooks": 21, "xero": 255, "freshbooks": 30}  # characters of a number


def live(system: str, ledger: SandboxServer) -> Any:
    """Live books of the sort, in which 20 % is a tax."""
    if system == "quickbooks":
        return live_books(ledger, profile="uk")
    if system == "xero":
        return live_on(XeroBooks, XeroTwin(ledger))[0]
    books = live_on(FreshBooksBooks, FreshBooksTwin(ledger))[0]
    body = {"name": "VAT", "amount": "20"}
    books.server.act(books.realm, "create", kind="taxes", body=body)
    return books


def tried(books: Books, invoice: Any) -> TrialResult:
    return run_trial(books.connection, invoice, user_id=books.fay.pk)


def wrong_in(result: TrialResult) -> tuple[Any, ...]:
    rows = [(row.field, row.ours, row.theirs) for row in result.rows if not row.agrees]
    return result.ended, result.sentence, result.remedy, rows


@pytest.mark.parametrize("system", ["quickbooks", "xero", "freshbooks"])
@pytest.mark.slow
def test_names_lines_numbers_and_sums_that_nobody_thought_of(
    system: str, ledger: SandboxServer
) -> None:
    books = live(system, ledger)
    rate = make_tax_rate(books.company, 20, code="S20")
    books.map()
    customer = make_customer(books.company, name=NAME)
    # With its code no longer than the oldest schemas let a name of an item be.
    item = make_item(books.company, code="A:1 🧀", name="Käse: 🧀 שלום")
    lines = [(item, 1, "1.20", rate)] * 249 + [(item, 6, "1.20", rate)]
    many = make_invoice(customer=customer, lines=lines, tax_mode="inclusive")
    assert (many.total, many.tax) == (Decimal("306.00"), Decimal("51.00"))
    result = tried(books, many)
    assert result.matched, wrong_in(result)
    shown = {row.field: row.theirs for row in result.rows}
    assert (shown["Number of lines"], shown["Total"], shown["Customer"]) == (
        "250",
        "306.00",
        NAME.replace(":", " -") if system == "quickbooks" else NAME,
    )

    nil = make_invoice(customer=customer, lines=[(item, 1, "0.00")])
    result = tried(books, nil)
    assert result.matched, wrong_in(result)

    line = [(item, 1, "5.00")]
    if LONGEST[system] < len(NUMBER):
        said = f"has 40 characters; the connected ledger holds {LONGEST[system]}. Give it a shorter"
        with pytest.raises(ValidationError, match=said):
            make_invoice(customer=customer, lines=line, on_number=NUMBER)
        return
    result = tried(books, make_invoice(customer=customer, lines=line, on_number=NUMBER))
    assert result.matched, wrong_in(result)


@pytest.mark.slow
def test_an_answer_that_never_came_and_pressing_again_make_one_invoice(
    ledger: SandboxServer,
) -> None:
    """The browser was closed, or the line went down, after it was sent: opened again, it goes on."""
    books = live_books(ledger, profile="uk")
    books.map()
    invoice = make_invoice(company=books.company)
    match = {"endpoint": "batch", "contains": invoice.number}
    ledger.arm(books.realm, "lose_after_commit", match=match)
    result = tried(books, invoice)
    assert result.ended is Ended.UNKNOWN, wrong_in(result)
    assert "did not answer" in result.headline("QuickBooks")
    assert "finds out before it sends again" in result.remedy
    for _ in range(5):
        if result.matched:
            break
        time.sleep(0.3)  # their time-out runs, in these tests, that long
        books.run()
        result = tried(books, invoice)
    assert result.matched, wrong_in(result)
    there = [each for each in books.theirs("Invoice") if each["DocNumber"] == invoice.number]
    assert len(there) == 1
    assert books.record(invoice).state == State.IN_THE_BOOKS
