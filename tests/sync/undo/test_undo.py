"""A run is undone over real HTTP: what it made there is taken back, what stays is named."""

import time
from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import (
    allocate,
    change_open_fields,
    credit_invoice,
    deduct,
    issue,
    make_deposit,
    pay_refund,
    receive_payment,
    set_closing_date,
)
from apps.billing.models import BankAccount, Invoice, Payment
from apps.connectors.snapshots import Kind
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import retry
from apps.sync.models import Reason, Run, State, SyncRecord, Undo
from apps.sync.undo import Fate, fates_of, leave_there, plan_of, undo_run
from tests.books import Books
from tests.factories import make_customer, make_invoice
from tests.sync.theirs import pay_there

pytestmark = pytest.mark.django_db

MARCH_20 = date(2026, 3, 20)


def paid(books: Books, invoice: Any, amount: str = "100.00", on: date = MARCH_20) -> Payment:
    money = Decimal(amount)
    return receive_payment(
        customer=invoice.customer,
        date=on,
        method=books.method,
        amount=money,
        apply=[(invoice, money)],
    )


def mixed(books: Books, times: int = 1) -> list[Invoice]:
    """Of each five: a paid invoice, one paid in part, a credited one, an open one, a payment."""
    found = []
    for _ in range(times):
        one, part, credited, free = (make_invoice(company=books.company) for _ in range(4))
        paid(books, one)
        paid(books, part, "40.00")
        note = credit_invoice(credited, reason="Sent back", on=MARCH_20)
        issue(note)
        allocate(note, credited, Decimal("100.00"), on=MARCH_20)
        found += [one, part, credited, free]
    return found


def sent(books: Books) -> Run:
    """A run that carried everything over."""
    run = books.run()
    left = SyncRecord.objects.filter(connection=books.connection).exclude(state=State.IN_THE_BOOKS)
    assert [(str(each), each.state, each.sentence) for each in left] == []
    return run


def undo(books: Books, run: Run) -> Undo:
    return undo_run(run, user_id=books.fay.pk, reason="Sent to the wrong year")


def fates(undone: Undo) -> set[Fate]:
    return {each.fate for each in fates_of(undone)}


def test_what_a_run_made_is_taken_back_to_the_penny_and_not_sent_again(books: Books) -> None:
    before = books.trial_balance()
    invoices = mixed(books)
    run = sent(books)
    assert books.trial_balance() != before
    plan = plan_of(run)
    assert plan.staying == []
    assert {kind: going for kind, going, _ in plan.counts()} == {
        Kind.ALLOCATION: 3, Kind.PAYMENT: 2, Kind.CREDIT_NOTE: 1, Kind.INVOICE: 4,
    }  # fmt: skip
    assert plan.owed() == [(books.company.home_currency, Decimal("160.00"), Decimal(0))]

    undone = undo(books, run)
    with pytest.raises(ValidationError):
        undo(books, run)  # pressed a second time
    books.run()

    assert [(each.fate, each.sentence) for each in fates_of(undone) if each.fate != Fate.DONE] == []
    assert books.trial_balance() == before
    writes = len(books.theirs("Invoice")), len(books.theirs("Payment"))
    for _ in range(2):
        books.run()
    assert books.trial_balance() == before
    assert (len(books.theirs("Invoice")), len(books.theirs("Payment"))) == writes
    # Our own books are as they were.
    one = Invoice.objects.get(pk=invoices[0].pk)
    assert (one.status, one.balance_due) == ("issued", Decimal(0))
    assert books.record(one).reason == Reason.UNDONE


def refused(books: Books, run: Run) -> dict[Any, str]:
    """What the plan names as staying: record of ours → the sentence."""
    return {
        each.record.subject: each.refusal.sentence for each in plan_of(run).lines if each.refusal
    }


def test_what_is_paid_changed_or_in_a_closed_month_stays_and_is_named(books: Books) -> None:
    paid_here, paid_there, banked, moved, closed, free = (
        make_invoice(company=books.company, issue_date=date(2026, month, 10))
        for month in (3, 3, 3, 3, 2, 3)
    )
    money = paid(books, banked)
    run = sent(books)
    paid(books, paid_here)
    pay_there(books, paid_there)
    books.run()
    change_open_fields(moved, due_date=date(2026, 6, 30), reason="Agreed by phone")
    books.run()
    set_closing_date(books.company, date(2026, 2, 28), reason="February is filed")
    account = BankAccount.objects.create(
        company=books.company, name="Main", currency=money.currency
    )
    make_deposit(account, date=MARCH_20, payments=[money])

    said = refused(books, run)

    assert set(said) == {
        paid_here,
        paid_there,
        banked,
        money,
        *money.allocations.all(),
        moved,
        closed,
    }
    assert "is paid by" in said[paid_here]
    assert "is paid by" in said[paid_there]
    assert "lies in the bank deposit" in said[money]
    assert "which stays" in said[banked]
    assert "a later run carried that" in said[moved]
    assert "that month is closed here" in said[closed]
    undone = undo(books, run)
    books.run()
    assert {
        each.part.sync_record.subject for each in fates_of(undone) if each.fate == Fate.DONE
    } == {free}
    assert {
        each.part.sync_record.subject for each in fates_of(undone) if each.fate == Fate.STAYS
    } == set(said)
    assert books.record(free).state == State.LEFT_OUT
    assert books.their_invoice(str(free.number))["TotalAmt"] == 0


def test_a_comparison_names_what_was_taken_back_and_nothing_differs(books: Books) -> None:
    mixed(books)
    undo(books, sent(books))
    books.run()

    found = compare(books.connection)

    assert found.differences == []
    assert len(found.left_out) == 7  # four invoices, a credit note, two payments
    assert all("taken back over there" in each for each in found.left_out)
    owed = {each.name: (each.ours, each.theirs, each.unexplained) for each in found.customers}
    assert sorted(owed.values()) == [(60, 0, 0), (100, 0, 0), (100, 100, 0)]


@pytest.mark.slow
def test_of_five_hundred_mixed_records_what_may_go_goes_to_the_penny(books: Books) -> None:
    """Fifty times four invoices, a credit note, two payments and what they are set against; beside them
    one that is paid there since, and one of a month that is closed since."""
    before = books.trial_balance()
    mixed(books, times=50)
    settled = make_invoice(company=books.company)
    closed = make_invoice(company=books.company, issue_date=date(2026, 2, 10))
    run = sent(books)
    pay_there(books, settled)
    books.run()
    set_closing_date(books.company, date(2026, 2, 28), reason="February is filed")
    assert sum(going + stays for _, going, stays in plan_of(run).counts()) == 502
    said = refused(books, run)
    assert set(said) == {settled, closed}
    assert "is paid by" in said[settled]
    assert "that month is closed here" in said[closed]

    undone = undo(books, run)
    books.run()

    assert Counter(each.fate for each in fates_of(undone)) == {Fate.DONE: 500, Fate.STAYS: 2}
    after = books.trial_balance()
    moved = {name: after.get(name, 0) - before.get(name, 0) for name in before | after}
    # Of the two that stay: 200 sold, 100 owed, 100 received.
    assert sorted(each for each in moved.values() if each) == [-200, 100, 100]


@pytest.mark.slow
def test_sent_again_by_hand_it_arrives_as_a_new_one(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    money = paid(books, invoice)
    run = sent(books)
    before = books.trial_balance()
    undo(books, run)
    books.run()
    first = books.record(invoice).generation

    assert retry([books.record(invoice), books.record(money)]) == (2, [])
    books.run()

    # QuickBooks keeps the number of what is void: a person is told what to do there.
    held = books.record(invoice)
    assert held.reason == Reason.NUMBER_TAKEN
    assert "keeps the number of what was taken back" in held.remedy
    void = books.their_invoice(str(invoice.number))
    books.server.act(books.realm, "delete", kind="Invoice", id=void["Id"])
    assert retry([held]) == (1, [])
    books.run()
    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert books.record(invoice).generation > first
    assert books.record(money).state == State.IN_THE_BOOKS
    assert books.trial_balance() == before


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["lose_after_commit", "lose_before_commit"])
def test_a_lost_answer_in_the_middle_takes_nothing_back_twice(books: Books, fault: str) -> None:
    before = books.trial_balance()
    mixed(books)
    run = sent(books)
    undone = undo(books, run)
    books.server.arm(books.realm, fault, match={"endpoint": "batch"})

    books.run()
    assert Fate.UNDER_WAY in fates(undone)
    time.sleep(0.3)  # their time-out for a lost answer
    for _ in range(3):
        books.run()

    assert fates(undone) == {Fate.DONE}
    assert books.trial_balance() == before


@pytest.mark.slow
def test_what_is_paid_after_the_plan_is_not_taken_back(books: Books) -> None:
    invoice, free = make_invoice(company=books.company), make_invoice(company=books.company)
    run = sent(books)
    undone = undo(books, run)
    pay_there(books, invoice)  # before the run that carries it out

    books.run()

    held = {each.part.sync_record.subject: each for each in fates_of(undone)
            if each.fate == Fate.HELD}  # fmt: skip
    assert set(held) == {invoice}
    assert "stands against it by now" in held[invoice].sentence
    assert books.record(free).reason == Reason.UNDONE
    assert leave_there(undone, user_id=books.fay.pk) == 1
    books.run()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert [each.fate for each in fates_of(undone)].count(Fate.LEFT) == 1
    assert Decimal(str(books.their_invoice(str(invoice.number))["TotalAmt"])) == invoice.total


@pytest.mark.slow
def test_what_stayed_is_taken_back_by_a_second_undo_once_nothing_keeps_it(books: Books) -> None:
    before = books.trial_balance()
    invoice = make_invoice(company=books.company)
    run = sent(books)
    money = paid(books, invoice, "30.00")
    later = sent(books)
    with pytest.raises(ValidationError, match="Nothing of it can be taken back"):
        undo(books, run)

    undo(books, later)  # what pays it was made by another run, and goes first
    books.run()
    undone = undo(books, run)
    books.run()

    assert fates(undone) == {Fate.DONE}
    assert books.record(money).reason == Reason.UNDONE
    assert books.trial_balance() == before
    with pytest.raises(ValidationError, match="taken back already"):
        undo(books, run)


@pytest.mark.slow
def test_bank_deposits_refunds_and_deductions_go_in_their_order(live: Books) -> None:
    before = live.trial_balance()
    bank = BankAccount.objects.create(
        company=live.company, name="Checking", currency=live.company.home_currency
    )
    live.map_proposed()
    invoice = make_invoice(company=live.company)
    deduct(invoice, amount=Decimal(5), on=MARCH_20, reason="Short paid", role="small_difference")
    make_deposit(bank, date=MARCH_20, payments=[paid(live, invoice, "95.00")])
    on_account = receive_payment(
        customer=make_customer(live.company),
        amount=Decimal(50),
        date=MARCH_20,
        method=live.method,
    )
    pay_refund(on_account, amount=Decimal(50), on=MARCH_20, method=live.method, reason="Paid twice")
    run = sent(live)
    assert refused(live, run) == {}

    undone = undo(live, run)
    live.run()

    assert fates(undone) == {Fate.DONE}
    assert live.trial_balance() == before
