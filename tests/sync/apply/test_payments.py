"""Payments that people record, change and cancel over there, over real HTTP."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, set_closing_date
from apps.billing.models import Allocation, Payment
from apps.sync.decide.acts import decide_candidate, decide_conflict
from apps.sync.decide.adopt import adopt_customer
from apps.sync.models import Candidate, Reason, RemoteRecord, State, SyncRecord
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_item, make_payment
from tests.sync.apply.test_credits import _apply_here, _lines
from tests.sync.theirs import all_rows, change_there, pay_there, row_of, their_id

PAYMENT = "Payment"


def test_a_payment_recorded_there_pays_the_invoice_here(books: Books, invoice: Any) -> None:
    pay_there(books, invoice, reference="BACS 77")

    books.run()

    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (payment.amount, payment.date, payment.reference) == (100, date(2026, 3, 16), "BACS 77")
    assert (invoice.paid, invoice.balance_due) == (100, 0)
    assert payment.made_in == books.connection.origin
    assert books.record(payment).state == State.IN_THE_BOOKS
    assert books.record(payment.allocations.get()).state == State.IN_THE_BOOKS
    # Undeposited Funds is mapped to one method, so the payment has it.
    assert payment.method == books.method


def test_a_payment_taken_over_is_not_sent_back(books: Books, invoice: Any) -> None:
    pay_there(books, invoice)

    books.run()
    books.run()

    assert len(books.theirs(PAYMENT)) == 1
    assert Payment.objects.count() == 1
    assert books.balance("Undeposited Funds") == Decimal(100)


def test_once_a_payment_is_applied_further_runs_write_nothing(books: Books, invoice: Any) -> None:
    pay_there(books, invoice)
    books.run()
    before = all_rows(books)

    books.run()
    books.run()

    assert all_rows(books) == before


def test_one_payment_over_two_invoices_with_a_rest_on_account(books: Books, invoice: Any) -> None:
    second = make_invoice(customer=invoice.customer, lines=[(make_item(books.company), 3, 10)])
    books.run()
    first_id, second_id = their_id(books, invoice), their_id(books, second)

    pay_there(books, invoices={first_id: 60, second_id: 30}, amount=120)
    books.run()

    payment = Payment.objects.get()
    invoice.refresh_from_db()
    second.refresh_from_db()
    assert (invoice.balance_due, second.balance_due) == (40, 0)
    assert (payment.amount, payment.on_account) == (120, 30)
    parts = RemoteRecord.objects.exclude(part="").filter(gone=False)
    assert {each.amount for each in parts} == {60, 30}
    assert all(each.sync_record is not None for each in parts)


def test_a_payment_voided_there_reopens_the_invoice(books: Books, invoice: Any) -> None:
    remote_id = pay_there(books, invoice)
    books.run()

    books.server.act(books.realm, "void_payment", id=remote_id)
    books.run()

    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert payment.status == Payment.Status.CANCELLED
    assert (invoice.paid, invoice.balance_due) == (0, 100)
    assert payment.cancel_reason == "Cancelled in QuickBooks"
    assert books.record(payment).state == State.IN_THE_BOOKS


def test_a_payment_deleted_there_reopens_the_invoice(books: Books, invoice: Any) -> None:
    remote_id = pay_there(books, invoice)
    books.run()

    books.server.act(books.realm, "delete_payment", id=remote_id)
    books.run()

    invoice.refresh_from_db()
    assert invoice.balance_due == 100
    assert books.record(Payment.objects.get()).state == State.GONE
    before = all_rows(books)
    books.run()
    assert all_rows(books) == before


def test_another_split_there_is_unapplied_and_applied_here(books: Books, invoice: Any) -> None:
    second = make_invoice(customer=invoice.customer)
    books.run()
    remote_id = pay_there(books, invoice)
    books.run()

    change_there(books, PAYMENT, remote_id, Line=_lines({their_id(books, second): 100}))
    books.run()

    invoice.refresh_from_db()
    second.refresh_from_db()
    assert (invoice.balance_due, second.balance_due) == (100, 0)
    ended = Allocation.objects.get(invoice=invoice)
    assert ended.reversal_reason == "Un-applied in QuickBooks"
    assert Payment.objects.count() == 1


def test_another_amount_there_is_received_anew_here(books: Books, invoice: Any) -> None:
    remote_id = pay_there(books, invoice)
    books.run()

    line = _lines({their_id(books, invoice): 80})
    change_there(books, PAYMENT, remote_id, TotalAmt=80, Line=line)
    books.run()

    old, new = Payment.objects.order_by("pk")
    invoice.refresh_from_db()
    assert (old.status, new.status, new.amount) == ("cancelled", "received", 80)
    assert invoice.balance_due == 20
    assert books.record(old).state == State.LEFT_OUT
    assert row_of(books, PAYMENT, remote_id).sync_record == books.record(new)
    books.run()
    assert len(books.theirs(PAYMENT)) == 1


@pytest.mark.slow
def test_what_was_set_here_and_had_not_left_is_set_by_what_is_received_anew(
    books: Books, invoice: Any
) -> None:
    """They change 100.00, of which they set 60.00, to 110.00 before 20.00 of ours have left."""
    other = make_invoice(customer=invoice.customer)
    books.run()
    line = _lines({their_id(books, invoice): 60})
    remote_id = pay_there(books, invoice)
    change_there(books, PAYMENT, remote_id, TotalAmt=100, Line=line)
    books.run()
    allocate(Payment.objects.get(), other, Decimal(20), on=date(2026, 3, 20))

    change_there(books, PAYMENT, remote_id, TotalAmt=110, Line=line)
    books.run()
    books.run()

    for each, paid in ((invoice, 60), (other, 20)):
        each.refresh_from_db()
        assert each.paid == paid
    anew = Payment.objects.get(status="received")
    assert (anew.amount, anew.on_account) == (110, 30)
    assert books.record(anew.allocations.get(invoice=other)).state == State.IN_THE_BOOKS
    (there,) = books.theirs(PAYMENT)
    assert sorted(each["Amount"] for each in there["Line"]) == [20, 60]


def test_a_payment_of_a_closed_month_is_listed_until_the_date_moves_back(
    books: Books, invoice: Any
) -> None:
    set_closing_date(books.company, date(2026, 3, 31), reason="Quarter closed")
    remote_id = pay_there(books, invoice)

    books.run()

    row = row_of(books, PAYMENT, remote_id)
    assert (row.arrival, row.waits_for) == ("waits", "closing_date")
    assert "31 March 2026" in row.sentence
    assert row.remedy
    assert not Payment.objects.exists()

    set_closing_date(books.company, None, reason="A payment was missing")
    books.run()
    assert Payment.objects.get().amount == 100


def test_what_is_dated_before_the_cut_off_is_only_listed(books: Books, invoice: Any) -> None:
    customer = their_id(books, invoice.customer)
    remote_id = pay_there(books, customer=customer, amount=50, date="2025-12-30")

    books.run()

    assert row_of(books, PAYMENT, remote_id).arrival == "only_theirs"
    assert not Payment.objects.exists()


def test_a_payment_of_a_customer_that_is_only_theirs_is_listed_and_taken_once_adopted(
    books: Books,
) -> None:
    theirs = books.server.act(books.realm, "create_customer", name="Walk-in Wendy")
    remote_id = pay_there(books, customer=theirs["Id"], amount=25)
    books.run()
    row = row_of(books, PAYMENT, remote_id)
    assert (row.arrival, Payment.objects.count()) == ("only_theirs", 0)
    assert "Walk-in Wendy" in row.sentence

    customer = adopt_customer(row_of(books, "Customer", theirs["Id"]), user_id=books.fay.pk)
    books.run()

    assert Payment.objects.get().customer == customer
    assert len(books.theirs("Customer")) == len({each["Id"] for each in books.theirs("Customer")})


def test_a_payment_that_settles_an_invoice_typed_there_keeps_its_total(
    books: Books, invoice: Any
) -> None:
    customer = their_id(books, invoice.customer)
    typed = books.server.act(
        books.realm, "create_invoice", customer=customer, amount=40, number="T-1"
    )
    pay_there(books, invoices={their_id(books, invoice): 100, typed["Id"]: 40})

    books.run()

    payment = Payment.objects.get()
    outside = payment.allocations.get(invoice=None)
    assert (payment.amount, payment.on_account) == (140, 0)
    assert (outside.amount, outside.outside_id) == (40, typed["Id"])
    assert "T-1" in outside.outside_label


def test_the_same_money_on_both_sides_is_proposed_and_both_wait(books: Books, invoice: Any) -> None:
    remote_id = pay_there(books, invoice, date="2026-03-18")
    ours = make_payment(customer=invoice.customer, amount=100, method=books.method)

    books.run()

    candidate = Candidate.objects.get()
    row = row_of(books, PAYMENT, remote_id)
    assert candidate.sync_record == books.record(ours)
    assert books.record(ours).reason == Reason.MAYBE_THE_SAME
    assert (row.arrival, row.waits_for) == ("waits", "decision")
    assert (Payment.objects.count(), len(books.theirs(PAYMENT))) == (1, 1)

    before = all_rows(books)
    books.run()
    assert all_rows(books) == before


def test_two_receipts_are_kept_apart_once_a_person_says_so(books: Books, invoice: Any) -> None:
    pay_there(books, invoice)
    make_payment(customer=invoice.customer, amount=100, method=books.method)
    books.run()
    candidate = Candidate.objects.get()

    decide_candidate(candidate, "keep_both", user_id=books.fay.pk, reason="Paid twice")
    books.run()

    assert (Payment.objects.count(), len(books.theirs(PAYMENT))) == (2, 2)
    invoice.refresh_from_db()
    assert invoice.balance_due == 0


def test_the_same_money_is_linked_once_a_person_says_so(books: Books, invoice: Any) -> None:
    remote_id = pay_there(books, invoice)
    ours = make_payment(invoice=invoice, method=books.method)
    books.run()

    decide_candidate(Candidate.objects.get(), "link", user_id=books.fay.pk)
    books.run()

    row = row_of(books, PAYMENT, remote_id)
    assert (row.sync_record, row.arrival, row.waits_for) == (books.record(ours), "applied", "")
    assert books.record(ours).state == State.IN_THE_BOOKS
    assert (Payment.objects.count(), len(books.theirs(PAYMENT))) == (1, 1)


@pytest.mark.parametrize(("side", "amount"), [("ours", 100), ("theirs", 130)])
def test_the_amount_that_a_person_chose_stands_on_both_sides(
    books: Books, invoice: Any, side: str, amount: int
) -> None:
    payment = make_payment(invoice=invoice, method=books.method)
    books.run()
    remote_id = their_id(books, payment)
    line = _lines({their_id(books, invoice): 100})
    change_there(books, PAYMENT, remote_id, TotalAmt=130, Line=line)
    books.run()

    decide_conflict(books.record(payment).conflicts.get(), side, user_id=books.fay.pk)
    books.run()

    assert [each["TotalAmt"] for each in books.theirs(PAYMENT)] == [amount]
    assert Payment.objects.get(status="received").amount == amount
    invoice.refresh_from_db()
    assert invoice.balance_due == 0


def test_a_payment_made_here_and_cancelled_there_is_asked(books: Books, invoice: Any) -> None:
    payment = make_payment(invoice=invoice, method=books.method)
    books.run()

    books.server.act(books.realm, "void_payment", id=their_id(books, payment))
    books.run()

    record = books.record(payment)
    payment.refresh_from_db()
    assert payment.status == Payment.Status.RECEIVED
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE)
    assert record.sentence
    assert record.remedy
    assert len(books.theirs(PAYMENT)) == 1


def test_money_on_account_made_here_and_applied_there_is_applied_here(
    books: Books, invoice: Any
) -> None:
    payment = make_payment(customer=invoice.customer, amount=100, method=books.method)
    books.run()

    lines = _lines({their_id(books, invoice): 100})
    change_there(books, PAYMENT, their_id(books, payment), TotalAmt=100, Line=lines)
    books.run()

    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (invoice.balance_due, payment.on_account) == (0, 0)
    before = all_rows(books)
    books.run()
    assert all_rows(books) == before


def test_another_amount_of_a_payment_made_here_is_asked(books: Books, invoice: Any) -> None:
    payment = make_payment(invoice=invoice, method=books.method)
    books.run()

    line = _lines({their_id(books, invoice): 100})
    change_there(books, PAYMENT, their_id(books, payment), TotalAmt=130, Line=line)
    books.run()

    record = books.record(payment)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CHANGED_ON_BOTH_SIDES)
    assert "100.00 GBP here and 130.00 GBP in QuickBooks" in record.sentence
    assert record.conflicts.get().path == "amount"


@pytest.mark.slow
def test_a_payment_beyond_what_is_due_here_waits_for_a_person_and_others_go_on(
    books: Books, invoice: Any
) -> None:
    other = make_invoice(company=books.company, lines=[(make_item(books.company), 3, 10)])
    books.run()
    note = make_credit_note(invoice=invoice)
    assert note.total == 100
    SyncRecord.objects.filter(credit_note=note).update(state=State.LEFT_OUT)
    _apply_here(note, invoice)
    remote_id = pay_there(books, invoice)
    pay_there(books, other)

    books.connection.refresh_from_db()
    books.run()

    row = row_of(books, PAYMENT, remote_id)
    assert row.arrival == "needs_person"
    assert row.sentence
    assert row.remedy
    assert [each.customer for each in Payment.objects.all()] == [other.customer]


def test_money_that_was_only_listed_there_is_asked_about_before_ours_leaves(
    books: Books, invoice: Any
) -> None:
    """It was typed there before the cut-off, and somebody types it here some days later."""
    customer = their_id(books, invoice.customer)
    remote_id = pay_there(books, customer=customer, amount=50, date="2025-12-30")
    books.run()
    assert row_of(books, PAYMENT, remote_id).arrival == "only_theirs"
    ours = make_payment(
        customer=invoice.customer, amount=50, method=books.method, date=date(2026, 1, 3)
    )

    books.run(get=False)

    assert books.record(ours).reason == Reason.MAYBE_THE_SAME
    assert row_of(books, PAYMENT, remote_id).waits_for == "decision"
    assert len(books.theirs(PAYMENT)) == 1
