"""Both sides compared on the simulated FreshBooks, and the official client beside."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, cancel_payment, pay_refund, write_off
from apps.connectors.totals import ControlTotal
from apps.reconciliation.compare import compare
from apps.sync.models import Reason, State
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)
from tests.sandbox_server import CLIENT_ID, CLIENT_SECRET, REDIRECT

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 20)


def calm(books: FreshBooksBooks) -> None:
    for _ in range(4):
        books.run()


def apart(books: FreshBooksBooks) -> list[str]:
    found = compare(books.connection)
    return [*found.differences, *found.only_here, *found.doubles, *map(str, found.questions)]


@pytest.fixture
def month(books: FreshBooksBooks) -> Any:
    """Standard rate 20 %: invoice A 100 + 20, paid; B 50 + 10, of which 30 are paid, 24 credited
    and 6 written off."""
    books.server.act(books.business, "create", kind="taxes", body={"name": "VAT", "amount": "20"})
    vat = make_tax_rate(books.company, 20)
    books.map()
    item, customer = make_item(books.company), make_customer(books.company)
    one = make_invoice(customer=customer, lines=[(item, 1, 100, vat)])
    two = make_invoice(customer=customer, lines=[(item, 1, 50, vat)])
    paid = [
        make_payment(invoice=each, amount=amount, method=books.method, date=DAY)
        for each, amount in ((one, 120), (two, 30))
    ]
    note = make_credit_note(customer=customer, lines=[(item, 1, 20, vat)], reason="Late")
    allocate(note, two, Decimal(24), on=DAY)
    write_off(two, amount=Decimal(6), on=DAY, reason="Gone")
    calm(books)
    return one, two, paid, note


@pytest.mark.slow
def test_a_month_agrees_with_a_trial_balance_worked_by_hand(
    books: FreshBooksBooks, month: Any
) -> None:
    """A: 1200 120, 4000 -100, tax -20; B: 60, -50, -10; cash 150, 1200 -150; the credit takes back 20
    and 4 of tax, the write-off 6 of revenue. Both are used up, so that nothing stands on 1201. And
    the test invoice over 100.00: 1200 100, 4000 -100."""
    assert apart(books) == []
    for credits, explained in (("subtracted", []), ("left_out", [Decimal(4)])):
        books.server.set_up(books.business, tax_summary_credits=credits)
        found = compare(books.connection)
        assert found.refusals == []
        tax = next(each for each in found.totals if each.total == ControlTotal.TAX)
        assert (tax.ours, tax.unexplained) == (26, 0)
        assert [each.amount for each in tax.explanations] == explained
    held = books.trial_balance()
    assert held["1000-1"] == Decimal(150)
    assert held["1200-1"] == Decimal(100)
    assert held["4000-1"] == Decimal(-100 - 50 + 20 + 6 - 100)
    assert held.get("1201-1", Decimal(0)) == 0
    taxes = sum(amount for number, amount in held.items() if number.startswith("2310"))
    assert taxes == Decimal(-20 - 10 + 4)
    assert sum(held.values()) == 0


@pytest.mark.slow
def test_a_payment_cancelled_here_is_deleted_there_and_one_deleted_there_is_asked_about(
    books: FreshBooksBooks, month: Any
) -> None:
    one, two, (first, second), _ = month
    cancel_payment(first, reason="Entered twice", on=DAY)
    mine = books.record(second).remote_records.get(part="", retired=False)
    books.server.act(books.business, "delete", kind="payments", id=int(mine.remote_id))
    calm(books)

    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.balance_due, two.balance_due) == (120, 0)
    deleted = {each["id"] for each in books.theirs("payments") if each["vis_state"] == 1}
    assert len(deleted) == 2
    record = books.record(second)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE), record.sentence
    assert any(str(two) in each for each in apart(books))


@pytest.mark.slow
def test_what_it_has_not_is_left_out_with_its_sentence_and_no_payment_is_deleted_for_it(
    books: FreshBooksBooks, month: Any
) -> None:
    _, _, (first, _), _ = month
    one = first.allocations.get().invoice
    note = make_credit_note(invoice=one, reason="Sent back")
    refund = pay_refund(
        note, amount=Decimal(50), on=DAY, method=books.method, reason="Asked for it"
    )
    calm(books)

    record = books.record(refund)
    assert record.state == State.LEFT_OUT
    assert record.sentence.startswith("FreshBooks has no refunds")
    assert all(each["vis_state"] == 0 for each in books.theirs("payments"))
    assert any("FreshBooks has no refunds" in each for each in apart(books))


@pytest.mark.slow
def test_the_official_client_sees_what_was_written_to_the_penny(
    books: FreshBooksBooks, month: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("freshbooks", reason="freshbooks-sdk is not installed")
    from freshbooks import Client, PaginateBuilder

    monkeypatch.setenv("FRESHBOOKS_API_URL", books.server.url)
    monkeypatch.setenv("FRESHBOOKS_AUTH_URL", books.server.url)
    client = Client(CLIENT_ID, CLIENT_SECRET, REDIRECT, auto_retry=False)
    client.get_access_token(books.server.consent(_person(books))["code"])

    found = client.invoices.list(books.realm, [PaginateBuilder(1, 50)])
    listed = {
        each.invoice_number: (each.amount.amount, each.outstanding.amount, each.v3_status)
        for each in found
    }
    one, two, _, _ = month
    assert listed[one.number] == ("120.00", "0.00", "paid")
    assert listed[two.number] == ("60.00", "0.00", "paid")
    amounts = [each.amount.amount for each in client.payments.list(books.realm)]
    assert sorted(amounts, key=Decimal) == ["6.00", "24.00", "30.00", "120.00"]
    assert (
        sum(Decimal(each.outstanding.amount) for each in found) == books.trial_balance()["1200-1"]
    )


def _person(books: FreshBooksBooks) -> str:
    rows = books.server.control("GET", "businesses")
    return next(str(each["person"]) for each in rows if each["account_id"] == books.realm)


@pytest.mark.slow
def test_a_pull_of_nothing_new_takes_eleven_calls(books: FreshBooksBooks) -> None:
    calm(books)
    assert books.run().calls <= 11
