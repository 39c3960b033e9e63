"""Whatever is taken back before it left, or waits for what will never go, comes to an end by itself."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import (
    allocate,
    cancel_adjustment,
    cancel_payment,
    cancel_refund,
    deduct,
    hold_as_retainer,
    make_deposit,
    pay_refund,
    reverse,
    undo_deposit,
    void,
    write_off,
)
from apps.billing.models import BankAccount, Payment
from apps.mappings.models import Mapping
from apps.sync.apply.waiting import ready_again
from apps.sync.decide.acts import retry
from apps.sync.models import Candidate, Reason, RemoteRecord, State, SyncRecord
from apps.sync.tasks import sweep_all
from apps.sync.waiting.stranded import end_the_stranded
from apps.sync.want.wishes import take_changes
from tests.books import Books
from tests.factories import (
    make_company,
    make_credit_note,
    make_invoice,
    make_payment,
)
from tests.sync.desk import Desk
from tests.sync.theirs import pay_there
from tests.sync.waiting.left import waiting

MARCH_20 = date(2026, 3, 20)
WHY = "Typed in error"
Taken = tuple[list[Any], Callable[[], None]]  # what was made, and the act that takes it back


def a_payment(books: Books, invoice: Any) -> Taken:
    payment = make_payment(invoice=invoice, method=books.method)
    return [payment, payment.allocations.get()], lambda: cancel_payment(payment, reason=WHY)


def two_payments_of_one_invoice(books: Books, invoice: Any) -> Taken:
    both = [make_payment(invoice=invoice, amount=each, method=books.method) for each in (40, 60)]

    def back() -> None:
        for each in both:
            cancel_payment(each, reason=WHY)

    return [*both, *(each.allocations.get() for each in both)], back


def money_on_account_applied_later(books: Books, invoice: Any) -> Taken:
    payment = make_payment(customer=invoice.customer, amount=100, method=books.method)
    applied = allocate(payment, invoice, Decimal(100), on=MARCH_20)
    return [payment, applied], lambda: cancel_payment(payment, reason=WHY)


def a_deduction(books: Books, invoice: Any) -> Taken:
    made = deduct(invoice, role="bank_charge", amount=Decimal(3), on=MARCH_20, reason="Kept")
    return [made, made.allocations.get()], lambda: cancel_adjustment(made, reason=WHY)


def a_write_off(books: Books, invoice: Any) -> Taken:
    made = write_off(invoice, amount=Decimal(100), on=MARCH_20, reason="Insolvent")
    return [made, made.allocations.get()], lambda: cancel_adjustment(made, reason=WHY)


def a_retainer(books: Books, invoice: Any) -> Taken:
    payment = make_payment(customer=invoice.customer, amount=100, method=books.method)
    held = hold_as_retainer(payment, amount=Decimal(100), on=MARCH_20)

    def back() -> None:
        cancel_adjustment(held, reason=WHY)
        payment.refresh_from_db()
        cancel_payment(payment, reason=WHY)

    return [payment, held, held.settled_by.get()], back


def a_refund_of_money_on_account(books: Books, invoice: Any) -> Taken:
    payment = make_payment(customer=invoice.customer, amount=100, method=books.method)
    assert books.method is not None
    refund = pay_refund(
        payment, amount=Decimal(40), on=MARCH_20, method=books.method, reason="Too much"
    )

    def back() -> None:
        cancel_refund(refund, reason=WHY)
        payment.refresh_from_db()
        cancel_payment(payment, reason=WHY)

    return [payment, refund, refund.allocations.get()], back


def a_refund_of_a_credit_note(books: Books, invoice: Any) -> Taken:
    note = make_credit_note(customer=invoice.customer)
    assert books.method is not None
    refund = pay_refund(
        note, amount=Decimal(40), on=MARCH_20, method=books.method, reason="Sent back"
    )

    def back() -> None:
        cancel_refund(refund, reason=WHY)
        note.refresh_from_db()
        void(note, reason=WHY)

    return [note, refund, refund.allocations.get()], back


def a_credit_note_applied(books: Books, invoice: Any) -> Taken:
    note = make_credit_note(customer=invoice.customer)
    applied = allocate(note, invoice, Decimal(100), on=MARCH_20)

    def back() -> None:
        reverse(applied, on=MARCH_20, reason=WHY)
        note.refresh_from_db()
        void(note, reason=WHY)

    return [note, applied], back


def a_paid_invoice(books: Books, invoice: Any) -> Taken:
    own = make_invoice(customer=invoice.customer)
    payment = make_payment(invoice=own, method=books.method)
    applied = payment.allocations.get()

    def back() -> None:
        cancel_payment(payment, reason=WHY)
        own.refresh_from_db()
        void(own, reason=WHY)

    return [own, payment, applied], back


def a_bank_deposit(books: Books, invoice: Any) -> Taken:
    account = BankAccount.objects.create(company=books.company, name="Current", currency="GBP")
    payment = make_payment(invoice=invoice, method=books.method)
    deposit = make_deposit(account, date=MARCH_20, payments=[payment])

    def back() -> None:
        undo_deposit(deposit, reason=WHY)
        cancel_payment(payment, reason=WHY)

    return [payment, payment.allocations.get(), deposit], back


EVERY_PAIR = [
    a_payment,
    two_payments_of_one_invoice,
    money_on_account_applied_later,
    a_deduction,
    a_write_off,
    a_retainer,
    a_refund_of_money_on_account,
    a_refund_of_a_credit_note,
    a_credit_note_applied,
    a_paid_invoice,
    a_bank_deposit,
]


@pytest.fixture
def received(books: Books, invoice: Any) -> None:
    """What may be paid out to its customer was received before."""
    make_payment(invoice=make_invoice(customer=invoice.customer), method=books.method)
    books.run()


@pytest.mark.slow
@pytest.mark.usefixtures("received")
@pytest.mark.parametrize("when", ["held up", pytest.param("wished for", marks=pytest.mark.slow)])
@pytest.mark.parametrize("make", EVERY_PAIR)
def test_what_is_taken_back_before_it_left_is_left_out_with_all_that_hung_on_it(
    books: Books, invoice: Any, make: Callable[[Books, Any], Taken], when: str
) -> None:
    before = books.trial_balance()
    if when == "held up":
        Mapping.objects.filter(
            connection=books.connection, subject__in=["method_account", "income"]
        ).delete()
    made, take_back = make(books, invoice)
    take_changes(books.company.pk)
    if when == "held up":
        books.run()
    for each in made:
        each.refresh_from_db()
    take_back()

    books.run()
    books.run()

    # An item without an account stays on the list: the next document needs it.
    assert [each for each in waiting(books) if each[0] != "item"] == []
    assert {books.record(each).state for each in made} <= {State.LEFT_OUT, State.IN_THE_BOOKS}
    assert books.trial_balance() == before


@pytest.mark.parametrize("there", ["un-applied", "un-applied and applied again"])
@pytest.mark.slow
def test_money_unapplied_before_that_left_ends_with_its_payment_that_is_in_the_books(
    books: Books, invoice: Any, there: str
) -> None:
    """The payment says all that its allocation could say: nothing is sent, and nothing waits."""
    payment = make_payment(customer=invoice.customer, amount=100, method=books.method)
    books.run()
    applied = allocate(payment, invoice, Decimal(100), on=MARCH_20)
    take_changes(books.company.pk)
    if there == "un-applied and applied again":
        books.run()
    reverse(applied, on=MARCH_20, reason=WHY)
    if there == "un-applied and applied again":
        payment.refresh_from_db()
        allocate(payment, invoice, Decimal(100), on=MARCH_20)

    books.run()
    books.run()

    assert waiting(books) == []
    invoice.refresh_from_db()
    assert Decimal(str(books.their_invoice(invoice.number)["Balance"])) == invoice.balance_due


@pytest.mark.parametrize("target", ["before the cut-off", "left out"])
@pytest.mark.slow
def test_what_hangs_on_a_record_that_never_goes_is_put_before_a_person_with_the_reason(
    books: Books, target: str
) -> None:
    early = make_invoice(company=books.company, issue_date=date(2025, 12, 30))
    payment = make_payment(invoice=early, method=books.method)
    books.run()
    if target == "left out":
        late = make_invoice(customer=early.customer)
        Mapping.objects.filter(connection=books.connection, subject="income").delete()
        payment = make_payment(invoice=late, method=books.method)
        books.run()
        assert books.record(payment).state == State.WAITING
        # Somebody decides that this set of books does without it, after the fact.
        its = books.record(late)
        its.leave_out(its.reason, "Kept out by hand.")
        its.save()
        books.run()

    record = books.record(payment)
    assert record.state == State.NEEDS_PERSON
    assert record.remedy
    said = "before the cut-off" if target == "before the cut-off" else "Kept out by hand"
    assert said in record.sentence

    books.map()
    retry([record])
    books.run()
    books.run()
    # What it waits for goes before it; what is before the cut-off goes by nobody's press.
    went = State.NEEDS_PERSON if target == "before the cut-off" else State.IN_THE_BOOKS
    assert books.record(payment).state == went


@pytest.mark.slow
@pytest.mark.usefixtures("received")
@pytest.mark.parametrize(
    "make", [a_payment, a_deduction, a_refund_of_a_credit_note, a_paid_invoice]
)
def test_what_was_deleted_there_and_is_taken_back_here_too_has_ended(
    books: Books, invoice: Any, make: Callable[[Books, Any], Taken]
) -> None:
    """The remedy that staff read says: take it back here too."""
    books.map_role("bank_charge", "Bank Charges")
    made, take_back = make(books, invoice)
    books.run()
    for each in reversed(made):  # what is set against something before what it is set against
        _delete_there(books, each)
    books.run()
    assert waiting(books)
    for each in made:
        each.refresh_from_db()

    take_back()
    books.run()
    books.run()

    assert waiting(books) == []


KINDS_THERE = ("Invoice", "CreditMemo", "Payment", "JournalEntry", "Purchase", "Deposit")


def _delete_there(books: Books, subject: Any) -> None:
    there = {(row["Id"]) for kind in KINDS_THERE for row in books.theirs(kind)}
    for row in books.record(subject).remote_records.filter(part="", remote_id__in=there):
        books.server.act(books.realm, "delete", kind=row.kind, id=row.remote_id)


# --- Decisions that nobody can take any more -------------------------------------------------------


@pytest.fixture
def doubt(books: Books, invoice: Any) -> Any:
    """A payment of ours and one typed there that may be the same money."""
    payment = make_payment(invoice=invoice, method=books.method)
    pay_there(books, invoice)
    books.run()
    assert books.record(payment).reason == Reason.MAYBE_THE_SAME
    return payment


@pytest.mark.parametrize("which", ["ours", "theirs"])
def test_a_possible_double_of_which_one_has_ended_holds_up_the_other_no_longer(
    books: Books, invoice: Any, doubt: Any, which: str
) -> None:
    (theirs,) = books.theirs("Payment")
    if which == "ours":
        cancel_payment(doubt, reason=WHY)
    else:
        books.server.act(books.realm, "delete_payment", id=theirs["Id"])

    books.run()
    books.run()

    assert waiting(books) == []
    assert len(books.theirs("Payment")) == 1
    invoice.refresh_from_db()
    assert invoice.balance_due == 0
    assert Payment.objects.filter(status="received").count() == 1


def test_a_wait_for_a_decision_that_was_taken_is_looked_at_again(
    books: Books, invoice: Any, doubt: Any
) -> None:
    candidate = Candidate.objects.get()
    Candidate.objects.rewrite(decision=Candidate.Decision.KEEP_BOTH, reason="Two cheques")

    books.run()

    candidate.remote_record.refresh_from_db()
    assert candidate.remote_record.arrival != "waits"
    assert books.record(doubt).reason != Reason.MAYBE_THE_SAME


@pytest.mark.slow
def test_arrivals_that_wait_for_each_other_are_looked_at(books: Books, invoice: Any) -> None:
    other = make_invoice(company=books.company)
    books.run()
    for each in (invoice, other):
        pay_there(books, each)
    books.run()
    first, second = RemoteRecord.objects.filter(kind="Payment", part="")
    for one, other in ((first, second), (second, first)):
        one.arrival, one.waits_for = "waits", f"remote_record:{other.pk}"
        one.save()

    assert set(ready_again(books.connection)) == {first.pk, second.pk}


@pytest.mark.slow
def test_the_sweep_heals_a_wait_that_names_nothing(books: Books, invoice: Any) -> None:
    record = books.record(invoice)
    record.wait(None, Reason.WAITS_FOR_RECORD, "It waits.", waits_for="customer:7")
    record.save()

    assert sweep_all() == "1 healed"
    books.run()
    assert waiting(books) == []


@pytest.mark.django_db
@pytest.mark.parametrize("reason", [Reason.NUMBER_TAKEN, Reason.REFUSED, Reason.AMOUNTS_DIFFER])
def test_what_a_person_was_asked_about_and_took_back_here_instead_is_planned_again(
    reason: Reason,
) -> None:
    """Nothing of it is over there, and the next plan leaves it out; nobody presses Retry for it."""
    company = make_company()
    invoice = make_invoice(company=company)
    record = SyncRecord(
        connection=Desk(company).connection, kind="invoice", invoice=invoice, wanted=1
    )
    record.hold(reason, "It cannot go as it is.", "Decide.")
    record.save()
    assert end_the_stranded(record.connection) == 0
    void(invoice, reason=WHY)

    end_the_stranded(record.connection)

    record.refresh_from_db()
    assert (record.state, record.reason) == (State.WAITING, Reason.NONE)
    assert record.due_at is not None
