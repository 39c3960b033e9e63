"""What is switched off waits for a person, and loses nothing; QuickBooks, over real HTTP."""

import time
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.actions import void
from apps.billing.changes import made_by
from apps.billing.models import Customer
from apps.connections import lifecycle
from apps.connections.automation import Automation
from apps.connections.clock import now
from apps.connections.models import Connection
from apps.connectors.snapshots import Kind
from apps.sync.decide.acts import go_live, retry, send_now
from apps.sync.decide.automation import send_what_waits, waiting
from apps.sync.models import Call, On, Reason, State, SyncRecord
from apps.sync.send.automatic import Automatic
from apps.sync.send.plan import Planner
from apps.sync.tasks import sync_connection, tick
from apps.sync.want.wishes import raise_wish, take_changes
from tests.books import Books
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment
from tests.sync.by_hand import by_itself, forget_the_queue, switch_off, why_waits

ON_ISSUE, ON_CHANGE, ON_MONEY = Automation.ON_ISSUE, Automation.ON_CHANGE, Automation.ON_MONEY


def writes(books: Books) -> int:
    calls = Call.objects.filter(connection=books.connection).exclude(members=[])
    return sum(len(each.members) for each in calls)


def renamed(customer: Customer, name: str) -> None:
    customer.name = name
    customer.save()


@pytest.mark.slow
@pytest.mark.slow
def test_what_is_issued_waits_with_its_customer_until_a_person_sends_it_or_switches_it_on(
    books: Books,
) -> None:
    switch_off(books, ON_ISSUE)
    before = writes(books)
    customer = make_customer(books.company, name="Harbour Lights")
    first, second = make_invoice(customer=customer), make_invoice(customer=customer)
    note = make_credit_note(customer=customer)
    by_itself(books)
    first.message = "Thank you"  # an edit wakes them, and is no event of what is not there
    first.save()
    by_itself(books)

    assert writes(books) == before
    for each in (first, second, note):
        assert why_waits(books, each) == (
            "It is not in QuickBooks yet: sending what is issued is switched off."
        )
        assert "Send it now" in books.record(each).remedy
    assert waiting(books.connection) == {ON_ISSUE: {Kind.INVOICE: 2, Kind.CREDIT_NOTE: 1}}
    assert not SyncRecord.objects.filter(customer=customer).exists()

    send_now(books.connection, Kind.INVOICE, first.pk)
    books.run()
    assert books.record(first).state == State.IN_THE_BOOKS
    assert books.record(first).let_go_at is None  # used up
    why_waits(books, second)
    why_waits(books, note)

    assert switch_off(books) == 2
    by_itself(books)
    assert {books.record(each).state for each in (second, note)} == {State.IN_THE_BOOKS}
    assert waiting(books.connection) == {}


@pytest.mark.slow
def test_what_changes_waits_and_says_that_both_sides_differ_while_what_is_new_goes(
    books: Books, invoice: Any
) -> None:
    switch_off(books, ON_CHANGE)
    before = writes(books)
    renamed(invoice.customer, "Northgate Supplies")
    void(invoice, reason="Typed twice", on=invoice.issue_date)
    by_itself(books)

    assert writes(books) == before
    assert why_waits(books, invoice) == (
        "It was taken back here and still stands in QuickBooks: sending changes is switched off."
    )
    assert why_waits(books, invoice.customer) == (
        "It is otherwise here than in QuickBooks: sending changes is switched off."
    )
    new = make_invoice(customer=invoice.customer)
    by_itself(books)
    assert books.record(new).state == State.IN_THE_BOOKS
    why_waits(books, invoice.customer)

    assert send_what_waits(books.connection, ON_CHANGE) == 2
    by_itself(books)
    assert Decimal(str(books.their_invoice(invoice.number)["TotalAmt"])) == 0
    assert books.record(invoice.customer).state == State.IN_THE_BOOKS
    # The word was for that change: the next one waits again.
    renamed(invoice.customer, "Northgate Supplies and Sons")
    by_itself(books)
    why_waits(books, invoice.customer)


def test_a_change_that_their_ledger_has_no_place_for_waits_for_nobody(
    books: Books, invoice: Any
) -> None:
    switch_off(books, ON_CHANGE)
    customer = invoice.customer
    customer.save()  # raises the revision, and says nothing that would be sent
    by_itself(books)
    record = books.record(customer)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, customer.revision)


def test_what_was_voided_before_it_was_sent_waits_for_nobody(books: Books) -> None:
    switch_off(books, ON_ISSUE)
    invoice = make_invoice(company=books.company)
    by_itself(books)
    why_waits(books, invoice)
    void(invoice, reason="Typed twice", on=invoice.issue_date)
    by_itself(books)
    assert books.record(invoice).state == State.LEFT_OUT


def test_money_waits_and_goes_whole_with_what_it_is_set_against(books: Books, invoice: Any) -> None:
    switch_off(books, ON_MONEY)
    payments = [
        make_payment(invoice=invoice, method=books.method, amount=amount) for amount in (30, 20)
    ]
    by_itself(books)

    assert books.theirs("Payment") == []
    allocations = [payment.allocations.get() for payment in payments]
    for each in (*payments, *allocations):
        assert "sending money is switched off" in why_waits(books, each)

    retry([books.record(payments[0])])
    retry([books.record(allocations[1])])
    by_itself(books)

    assert sorted(each["TotalAmt"] for each in books.theirs("Payment")) == [20, 30]
    assert all(each["UnappliedAmt"] == 0 for each in books.theirs("Payment"))
    for each in (*payments, *allocations):
        assert books.record(each).state == State.IN_THE_BOOKS
    assert waiting(books.connection) == {}


@pytest.mark.slow
def test_what_hangs_on_a_record_that_waits_waits_too_and_takes_it_along_when_it_is_sent(
    books: Books,
) -> None:
    switch_off(books, ON_ISSUE)
    invoice = make_invoice(company=books.company)
    payment = make_payment(invoice=invoice, method=books.method)
    by_itself(books)
    why_waits(books, invoice)
    waits = books.record(payment)
    assert (waits.state, waits.reason) == (State.WAITING, Reason.WAITS_FOR_RECORD)

    retry([waits])
    by_itself(books)
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert books.record(payment).state == State.IN_THE_BOOKS


def test_money_that_another_set_of_books_made_is_told_whatever_is_switched_off(
    books: Books, invoice: Any
) -> None:
    switch_off(books, ON_MONEY)
    with made_by(None, origin="connection:77"):
        payment = make_payment(invoice=invoice, method=books.method)
    by_itself(books)
    assert books.record(payment).state == State.IN_THE_BOOKS


@pytest.mark.slow
def test_what_became_of_a_lost_call_is_found_out_though_all_is_switched_off(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    lost = {"endpoint": "batch", "contains": '"Invoice"'}
    books.server.arm(books.realm, "lose_before_commit", match=lost)
    books.run()
    assert books.record(invoice).state == State.UNKNOWN
    switch_off(books, *Automation)
    other = make_invoice(company=books.company)

    time.sleep(0.3)
    forget_the_queue()
    assert tick() == "1 woken"
    by_itself(books)

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert [each["DocNumber"] for each in books.theirs("Invoice")].count(invoice.number) == 1
    why_waits(books, other)


@pytest.mark.slow
def test_a_word_to_send_outlives_a_crash_a_refusal_for_now_and_an_edit(books: Books) -> None:
    switch_off(books, *Automation)
    invoice = make_invoice(company=books.company)
    by_itself(books)
    assert send_what_waits(books.connection, ON_ISSUE) == 1
    forget_the_queue()  # every process died before the run
    assert tick() == "1 woken"

    forget_the_queue()
    books.server.arm(
        books.realm, "status", status=503, match={"endpoint": "batch", "contains": "operation"}
    )
    sync_connection(books.connection.pk)
    invoice.message = "Thank you"
    invoice.save()
    Connection.objects.update(paused_until=None)
    time.sleep(0.3)
    by_itself(books)
    record = books.record(invoice)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, invoice.revision)


@pytest.mark.slow
def test_paused_and_resumed_the_switches_are_as_they_were(books: Books) -> None:
    switch_off(books, ON_ISSUE)
    invoice = make_invoice(company=books.company)
    by_itself(books)
    lifecycle.pause(books.connection, "The month is being closed")
    assert send_what_waits(books.connection, ON_ISSUE) == 1
    assert tick() == "0 woken"
    go_live(books.connection)
    assert not books.connection.on_issue
    assert books.connection.on_change
    by_itself(books)
    assert books.record(invoice).state == State.IN_THE_BOOKS  # it was let go while paused
    other = make_invoice(company=books.company)
    by_itself(books)
    why_waits(books, other)


def test_switched_off_while_a_run_is_on_nothing_of_it_leaves_any_more(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_invoice(company=books.company)
    books.run()
    customer = make_customer(books.company)
    invoice = make_invoice(customer=customer)
    plan = Planner.plan

    def and_switched_off(self: Planner, kind: Kind, *given: Any, **more: Any) -> Any:
        if kind == Kind.INVOICE:
            Connection.objects.update(on_issue=False)
        return plan(self, kind, *given, **more)

    monkeypatch.setattr(Planner, "plan", and_switched_off)
    before = len(books.theirs("Invoice"))
    assert books.run().outcome == "yielded"
    books.connection.refresh_from_db()
    by_itself(books)
    assert len(books.theirs("Invoice")) == before
    why_waits(books, invoice)


def test_what_is_voided_while_a_run_plans_it_waits_for_nobody(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It came to be due after the run had looked for what is new; the run of another set of books
    took the void."""
    switch_off(books, ON_ISSUE)
    monkeypatch.setattr(Automatic, "keep_back_the_new", lambda *_: None)
    customer = make_customer(books.company)
    stays, goes = make_invoice(customer=customer), make_invoice(customer=customer)
    plan = Planner.plan

    def and_voided(self: Planner, kind: Kind, *given: Any, **more: Any) -> Any:
        found = plan(self, kind, *given, **more)
        if kind == Kind.INVOICE and goes.is_issued:
            void(goes, reason="Typed twice", on=goes.issue_date)
            take_changes(books.company.pk)
        return found

    monkeypatch.setattr(Planner, "plan", and_voided)
    before = len(books.theirs("Invoice"))
    books.run()
    assert len(books.theirs("Invoice")) == before
    assert "not in QuickBooks yet" in why_waits(books, stays)
    assert books.record(goes).state == State.LEFT_OUT


def test_a_word_is_for_what_was_seen_and_for_what_is_changed_before_it_comes_to_rest() -> None:
    at_rest = SyncRecord(wanted=1, sent=1, state=State.IN_THE_BOOKS, let_go_at=now())
    assert raise_wish(at_rest, 2).let_go_at is None
    waits = SyncRecord(wanted=1, state=State.WAITING, let_go_at=now())
    assert raise_wish(waits, 2).let_go_at is not None


def test_a_wait_written_after_it_was_switched_on_ends_by_itself(books: Books) -> None:
    """By a run that began before."""
    switch_off(books, ON_ISSUE)
    invoice = make_invoice(company=books.company)
    by_itself(books)
    Connection.objects.update(on_issue=True)
    assert books.record(invoice).waits_for == On.BY_HAND.of("on_issue")
    books.connection.refresh_from_db()
    books.run()
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_what_is_kept_back_costs_an_idle_run_one_question_and_the_tick_none(books: Books) -> None:
    books.run()
    forget_the_queue()
    before = _questions(books)
    switch_off(books, ON_ISSUE)
    customer = make_customer(books.company)
    for _ in range(5):
        make_invoice(customer=customer)
    by_itself(books)
    assert waiting(books.connection)[ON_ISSUE] == {Kind.INVOICE: 5}
    forget_the_queue()
    assert _questions(books) == (before[0] + 1, before[1])


def _questions(books: Books) -> tuple[int, int]:
    """Of an idle run that reads nothing, and of a tick."""
    with CaptureQueriesContext(database) as run:
        assert books.run(get=False).calls == 0
    with CaptureQueriesContext(database) as of_tick:
        assert tick() == "0 woken"
    return len(run), len(of_tick)
