"""What was told of a change over there is not told again, and what nobody changed by hand never."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, change_open_fields, reverse
from apps.billing.changes import made_by
from apps.billing.models import Allocation
from apps.connections.clock import now
from apps.staff.models import User
from apps.sync.decide.acts import decide_record
from apps.sync.decide.edit_notes import write_note
from apps.sync.decide.merged_customers import follow
from apps.sync.models import CustomerMerge, Edit, Reason, RemoteRecord, State, SyncRecord
from tests.books import Books
from tests.factories import make_credit_note, make_customer, make_invoice, make_payment
from tests.sync.theirs import change_there, pay_there, row_of, their_id

pytestmark = pytest.mark.django_db
S = Edit.State
DAY = date(2026, 3, 20)
LATER = date(2026, 12, 24)


def told(books: Books) -> list[tuple[str, str]]:
    """Side and words of each edit, oldest first."""
    return list(Edit.objects.order_by("pk").values_list("side", "what"))


def test_what_is_left_as_it_is_there_is_told_once_and_its_way_back_as_well(
    books: Books, invoice: Any
) -> None:
    key = their_id(books, invoice)
    change_there(books, "Invoice", key, DueDate="2026-12-31")
    books.run()
    moved = ("there", "due date 2 March 2026 → 31 December 2026")
    assert told(books) == [moved]

    change_there(books, "Invoice", key, PrivateNote="Called twice")
    books.run()
    with made_by(books.fay.pk):
        invoice.refresh_from_db()
        change_open_fields(invoice, message="Thank you")
    books.run()
    change_there(books, "Invoice", key, PrivateNote="Called three times")
    books.run()
    pay_there(books, invoice)
    books.run()
    assert [what for side, what in told(books) if side == "there"] == [moved[1]]

    change_there(books, "Invoice", key, DueDate="2026-03-02")
    books.run()
    change_there(books, "Invoice", key, DueDate="2026-12-31")
    books.run()
    assert [what for side, what in told(books) if side == "there"] == [
        moved[1],
        "due date 31 December 2026 → 2 March 2026",
        moved[1],
    ]


def test_ours_put_back_is_no_change_of_whoever_made_it_and_theirs_once_more_is_one(
    books: Books,
) -> None:
    with made_by(books.fay.pk):
        invoice = make_invoice(company=books.company)
    books.run()
    moved = ("there", "date 2 March 2026 → 29 March 2026")
    for number in (1, 2):
        change_there(books, "Invoice", their_id(books, invoice), TxnDate="2026-03-29")
        books.run()
        decide_record(books.record(invoice), "ours", user_id=books.fay.pk)
        books.run()
        assert told(books) == [moved] * number


def test_a_note_deals_with_nothing_that_waits_for_a_person(books: Books, invoice: Any) -> None:
    key = their_id(books, invoice)
    change_there(books, "Invoice", key, TxnDate="2026-03-30")
    books.run()
    said = row_of(books, "Invoice", key).sentence
    edit = Edit.objects.get()
    write_note([edit], "Bell was billed late", by=books.fay.pk)
    books.run()

    edit.refresh_from_db()
    assert (edit.state, edit.where) == (S.BOTH, "in its private note")
    row = row_of(books, "Invoice", key)
    assert (row.arrival, row.sentence) == (RemoteRecord.Arrival.NEEDS_PERSON, said)
    assert said.startswith(f"Invoice {invoice.number} was changed in QuickBooks")

    change_there(books, "Invoice", key, PrivateNote="Called twice")
    books.run()
    assert Edit.objects.get() == edit
    decide_record(books.record(invoice), "ours", user_id=books.fay.pk)
    books.run()
    assert books.their_invoice(invoice.number)["TxnDate"] == "2026-03-02"


@pytest.mark.slow
def test_a_credit_taken_off_an_invoice_there_is_told(books: Books, invoice: Any) -> None:
    note = make_credit_note(company=books.company, customer=invoice.customer)
    books.run()
    with made_by(books.fay.pk):
        allocate(note, invoice, amount=Decimal(40), on=DAY)
    books.run()
    assert told(books) == []  # used for what it is there for

    (used,) = [each for each in books.theirs("Payment") if each["TotalAmt"] == 0]
    books.server.act(books.realm, "delete", kind="Payment", id=used["Id"])
    books.run()

    assert told(books) == [("there", "un-applied in QuickBooks")]
    assert Edit.objects.get().sync_record.allocation == Allocation.objects.get(credit_note=note)


@pytest.mark.slow
def test_what_was_changed_here_besides_what_was_decided_bears_its_reason(
    books: Books, invoice: Any
) -> None:
    with made_by(books.fay.pk):
        change_open_fields(invoice, message="Thanks", due_date=LATER, reason="Bell asked for it")
    change_there(books, "Invoice", their_id(books, invoice), DueDate="2026-11-11")
    books.run()
    decide_record(books.record(invoice), "theirs", user_id=books.fay.pk)
    books.run()

    here = Edit.objects.get(side=Edit.Side.HERE)
    assert here.what == "message to the customer empty → “Thanks”"
    assert (here.by, here.note) == (books.fay, "Bell asked for it")


@pytest.mark.slow
def test_of_two_people_between_two_runs_each_reason_is_kept(books: Books, invoice: Any) -> None:
    bob = User.objects.create(email="bob@example.com", name="Bob")
    with made_by(books.fay.pk):
        change_open_fields(invoice, due_date=date(2026, 11, 11), reason="Bell asked for it")
    with made_by(bob.pk):
        invoice.refresh_from_db()
        change_open_fields(invoice, due_date=LATER, reason="Until Christmas")
        invoice.refresh_from_db()
        change_open_fields(invoice, message="Thank you")
    books.run()

    edit = Edit.objects.get()
    assert (edit.by, edit.noted_by) == (bob, bob)
    assert edit.note == "Bell asked for it (Fay); Until Christmas (Bob)"


@pytest.mark.slow
def test_what_a_task_changed_bears_no_reason_of_an_older_change(books: Books, invoice: Any) -> None:
    payment = make_payment(invoice=invoice, method=books.method)
    books.run()
    with made_by(books.fay.pk):
        reverse(payment.allocations.get(), on=DAY, reason="Meant for the other invoice")
    books.run()
    assert told(books) == [("here", "100.00 GBP un-applied")]

    payment.refresh_from_db()
    payment.reference = "BACS 7"
    payment.save()
    books.run()
    assert len(told(books)) == 1


@pytest.mark.slow
def test_customers_merged_there_are_no_part_of_a_change_here(books: Books, invoice: Any) -> None:
    winner = make_customer(books.company)
    make_invoice(customer=winner)
    books.run()
    loser, winner = their_id(books, invoice.customer), their_id(books, winner)
    books.server.act(books.realm, "merge_customers", loser=loser, winner=winner)
    books.run()
    follow(CustomerMerge.objects.get(), user_id=books.fay.pk)
    books.run()
    assert told(books) == []

    with made_by(books.fay.pk):
        invoice.refresh_from_db()
        change_open_fields(invoice, message="Thank you")
    books.run()
    assert told(books) == [("here", "message to the customer empty → “Thank you”")]


@pytest.mark.slow
def test_a_note_beside_what_nobody_can_say_arrived_makes_room_for_the_next(
    books: Books, invoice: Any
) -> None:
    change_there(books, "Invoice", their_id(books, invoice), DueDate="2026-12-31")
    books.run()
    SyncRecord.objects.filter(invoice=invoice).update(
        state=State.NEEDS_PERSON, reason=Reason.ANSWER_LOST, sentence="Lost", remedy="Look"
    )
    edit = Edit.objects.get()
    write_note([edit], "Bell asked for Christmas", by=books.fay.pk)
    began = now()
    books.run(get=False)
    edit.refresh_from_db()
    assert edit.state == S.DUE
    assert edit.due_at is not None
    assert edit.due_at > began
