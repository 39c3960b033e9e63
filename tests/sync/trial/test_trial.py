"""What staff read after a test invoice: names and amounts, never an id of theirs."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.connectors.snapshots import InvoiceSnapshot, Line
from apps.sync.trial.compared import Names, compared
from apps.sync.trial.running import run_trial
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item

NAMES = Names({("customer", "1"): "Bell & Daughters", ("customer", "2"): "Bell & Daughters"})
LINE = Line(key="1", net=Decimal("1234.5"), item_id="7", account_id="16")
OURS = InvoiceSnapshot(
    marker="m",
    number="INV-1",
    customer_id="1",
    issue_date=date(2026, 11, 2),
    currency="GBP",
    lines=(LINE,),
    net=Decimal("1234.5"),
    tax=Decimal(0),
    total=Decimal("1234.5"),
)


@pytest.mark.django_db
def test_the_table_names_the_customer_the_items_and_the_accounts(books: Books) -> None:
    customer = make_customer(books.company, name="Bell & Daughters")
    item = make_item(books.company, code="LAN-1", name="Brass lantern")
    invoice = make_invoice(customer=customer, lines=[(item, 4, "312.50")])
    result = run_trial(books.connection, invoice, user_id=books.fay.pk)
    assert result.matched, result.sentence
    shown = {row.field: (row.ours, row.theirs) for row in result.rows}
    assert shown["Customer"] == ("Bell & Daughters", "Bell & Daughters")
    assert "lantern" in shown["Line 1: item"][0] or "LAN-1" in shown["Line 1: item"][0]
    assert shown["Line 1: account"][0].endswith("Sales of Product Income")
    assert shown["Total"] == ("1,250.00", "1,250.00")


def test_two_of_their_customers_with_one_name_are_told_apart_and_differ() -> None:
    rows = compared(OURS, replace(OURS, customer_id="2"), NAMES)
    row = next(each for each in rows if each.field == "Customer")
    assert not row.agrees
    assert (row.ours, row.theirs) == ("Bell & Daughters (id 1)", "Bell & Daughters (id 2)")


def test_what_has_no_known_name_is_said_to_be_an_id() -> None:
    rows = {row.field: row for row in compared(OURS, OURS, NAMES)}
    assert rows["Line 1: account"].ours == "id 16"


def test_an_amount_that_differs_below_the_penny_is_shown_whole() -> None:
    rows = {row.field: row for row in compared(OURS, replace(OURS, tax=Decimal("0.004")), NAMES)}
    assert (rows["Tax"].ours, rows["Tax"].theirs, rows["Tax"].agrees) == ("0.00", "0.004", False)
