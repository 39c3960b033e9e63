"""What is handed over, under the real engine: not in the books before they say so, never sent twice."""

import dataclasses
import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.backoffice.frame import once
from apps.billing.models import Customer
from apps.connections.folders import FolderLine
from apps.connectors import registry
from apps.connectors.errors import CannotTell
from apps.connectors.port import Fate, Reply, Request
from apps.reconciliation.compare import compare
from apps.reconciliation.ours import ours_of
from apps.sync.calls import witness
from apps.sync.decide import acts
from apps.sync.decide.acts import retry
from apps.sync.models import Agreed, Attempt, Call, Intended, Reason, Run, State, SyncRecord
from tests.factories import make_invoice, make_item, make_payment
from tests.journal.books import JournalBooks

pytestmark = pytest.mark.django_db


def invoiced(books: JournalBooks) -> Any:
    """An invoice that is handed over: its item was confirmed first."""
    invoice = make_invoice(company=books.company)
    books.run()
    books.office.work(kind="item")
    books.run()
    return invoice


def test_it_is_found_by_its_entry_point_alone(books: JournalBooks) -> None:
    assert registry.system("journal").capabilities.name == "Journal"
    assert ("journal", "Journal") in registry.choices()
    assert books.connection.system_name == "Journal"


def test_what_is_handed_over_says_so_and_is_in_no_books(books: JournalBooks) -> None:
    invoice = invoiced(books)

    record = books.record(invoice)
    assert record.get_state_display() == "Handed over"
    assert record.sentence.startswith("Handed over on ")
    assert record.sentence.endswith(", not confirmed yet.")
    assert (record.sent, record.due_at) == (0, None)
    assert not Agreed.objects.filter(record=record).exists()
    assert record.attempts.get().result == Attempt.Result.HANDED_OVER
    missing = ours_of(books.connection).missing
    assert any(invoice.number in each and "not confirmed yet" in each for each in missing)


def test_what_is_handed_over_is_not_sent_again_and_an_idle_run_writes_nothing(
    books: JournalBooks,
) -> None:
    invoice = invoiced(books)
    before = list(SyncRecord.objects.values())

    books.run()
    books.run()

    assert [each["number"] for each in books.handed("invoice")] == [invoice.number]
    assert list(SyncRecord.objects.values()) == before
    assert retry([books.record(invoice)])[0] == 0


def test_what_is_confirmed_later_is_in_the_books(books: JournalBooks) -> None:
    invoice = invoiced(books)
    books.office.work()
    books.run()

    record = books.record(invoice)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, invoice.revision)
    assert Agreed.objects.filter(record=record).exists()
    assert not Intended.objects.filter(record=record).exists()
    assert list(record.attempts.order_by("pk").values_list("result", flat=True)) == [
        Attempt.Result.HANDED_OVER,
        Attempt.Result.DONE,
    ]
    assert record.remote_records.get().made_here
    assert not SyncRecord.objects.exclude(state=State.IN_THE_BOOKS).exists()
    calls = Call.objects.count()
    books.run()
    assert Call.objects.count() == calls


def test_what_is_turned_away_later_is_put_right_and_handed_over_as_another(
    books: JournalBooks,
) -> None:
    invoice = invoiced(books)
    books.office.work(refuse="The period is closed.", kind="invoice")
    books.run()

    record = books.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.REFUSED)
    assert record.sentence == "The period is closed."
    assert (record.sent, record.generation) == (0, 2)
    assert not record.remote_records.filter(retired=False).exists()

    assert retry([record])[0] == 1
    books.run()
    assert books.record(invoice).state == State.HANDED_OVER
    books.run()  # the old refusal lies there still, and is not taken for one of the new
    assert books.record(invoice).state == State.HANDED_OVER
    books.office.work()
    books.run()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert [each.head["number"] for each in books.office.booked if each.kind == "invoice"] == [
        invoice.number
    ]
    assert books.record(invoice).remote_records.filter(retired=False).count() == 1


def test_what_hangs_on_it_waits_for_the_confirmation_unless_it_may_be_named_before(
    books: JournalBooks,
) -> None:
    """Their bookkeeper sets an item up first; a customer is opened by the entry that names it."""
    invoice = make_invoice(company=books.company)
    books.run()
    books.run()

    record = books.record(invoice)
    assert (record.state, record.reason) == (State.WAITING, Reason.WAITS_FOR_RECORD)
    assert "is not in Journal yet" in record.sentence
    assert record.waits_for.startswith("record:item:")
    assert books.handed("invoice") == []
    assert {books.record(each).state for each in Customer.objects.all()} == {State.HANDED_OVER}

    books.office.work(kind="item")
    books.run()
    assert books.record(invoice).state == State.HANDED_OVER
    assert {books.record(each).state for each in Customer.objects.all()} == {State.HANDED_OVER}


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", ["item", "invoice"])
@pytest.mark.variants
def test_what_was_handed_over_is_in_the_books_on_the_word_of_who_saw_it_there(
    books: JournalBooks, kind: str, late: bool
) -> None:
    invoice = make_invoice(company=books.company) if kind == "item" else invoiced(books)
    books.run()
    subject = invoice.lines.get().item if kind == "item" else invoice
    record = books.record(subject)
    if late:
        eight_days = timezone.now() - timedelta(days=8)
        Call.objects.filter(pk=record.call_id).rewrite(started_at=eight_days)
        witness.is_read(books.connection)
        books.run()
        assert books.record(subject).state == State.NEEDS_PERSON
    with pytest.raises(ValidationError, match="Say how you know"):
        acts.stands_there(record, user_id=books.fay.pk, reason=" ")

    acts.stands_there(record, user_id=books.fay.pk, reason="Page 7 of the journal")

    record = books.record(subject)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, subject.revision)
    assert Agreed.objects.filter(record=record).exists()
    last = record.attempts.first()
    assert last.result == Attempt.Result.DONE
    assert last.sentence == "Fay has seen it there: Page 7 of the journal"
    with pytest.raises(ValidationError, match="handed over and not confirmed"):
        acts.stands_there(record, user_id=books.fay.pk, reason="Twice")
    books.run()
    assert len(books.handed(kind)) == 1
    if kind == "item":  # what waited for it goes now
        assert books.record(invoice).state == State.HANDED_OVER


def test_the_page_of_a_record_takes_the_word_of_who_may_decide(
    books: JournalBooks, admin_client: Client
) -> None:
    record = books.record(invoiced(books))
    page = reverse("admin:sync_syncrecord_change", args=[record.pk])
    assert "It is in their books" in admin_client.get(page).content.decode()
    act = reverse("admin:sync_syncrecord_stands-there", args=[record.pk])
    shown = admin_client.get(act).content.decode()
    key = re.search(rf'name="{once.FIELD}" value="([^"]+)"', shown)
    assert key is not None
    answer = admin_client.post(act, {once.FIELD: key[1], "reason": "Page 7"}, follow=True)
    assert "It is in the books, on your word." in answer.content.decode()
    record.refresh_from_db()
    assert record.state == State.IN_THE_BOOKS
    assert "It is in their books" not in admin_client.get(page).content.decode()


@pytest.mark.parametrize("then", ["confirmed", "asked again", "sent again"])
@pytest.mark.variants
def test_what_is_not_confirmed_in_time_is_put_before_a_person(
    books: JournalBooks, then: str
) -> None:
    invoice = invoiced(books)
    books.office.work(kind="customer")
    books.run()
    record = books.record(invoice)
    Call.objects.filter(pk=record.call_id).rewrite(started_at=timezone.now() - timedelta(days=8))
    witness.is_read(books.connection)
    books.run()
    record = books.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.ANSWER_LOST)
    assert record.sentence.endswith(", and not confirmed within 7 days.")
    assert "Send it again" in record.remedy

    if then == "sent again":
        acts.send_anew(record, user_id=books.fay.pk, reason="They say that they never had it")
        books.run()
        assert books.record(invoice).state == State.HANDED_OVER
        assert len(books.handed("invoice")) == 2
        return
    if then == "asked again":
        assert retry([record])[0] == 1
        time.sleep(0.25)  # the provider's time-out, as the tests have it
        books.run()
        assert books.record(invoice).state == State.NEEDS_PERSON
        assert len(books.handed("invoice")) == 1
    books.office.work()
    books.run()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert len(books.handed("invoice")) == 1


@pytest.mark.slow
def test_what_is_edited_meanwhile_leaves_after_the_confirmation_and_not_before(
    books: JournalBooks,
) -> None:
    invoice = invoiced(books)
    books.office.work()
    books.run()
    customer = invoice.customer
    customer.email = "first@example.com"
    customer.save()
    make_invoice(customer=customer)
    books.run()
    assert books.record(customer).state == State.HANDED_OVER
    customer.email = "second@example.com"
    customer.save()
    books.run()

    record = books.record(customer)
    assert (record.state, record.wanted) == (State.HANDED_OVER, customer.revision)
    assert [each["email"] for each in books.handed("customer")][1:] == ["first@example.com"]

    books.office.work()
    books.run()
    books.office.work()
    books.run()
    record = books.record(customer)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, customer.revision)
    assert [each["email"] for each in books.handed("customer")][1:] == [
        "first@example.com",
        "second@example.com",
    ]


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@pytest.mark.variants
def test_a_file_whose_writing_is_in_doubt_is_written_again_under_its_name_and_stands_once(
    books: JournalBooks, monkeypatch: pytest.MonkeyPatch, settings: Any, executed: bool
) -> None:
    """The name is the key, it lives as long as the file, and the condition that keeps it from being
    written twice is a header."""
    settings.SYNC_KEY_LIFE = 0  # of keys whose life is not published
    invoice = make_invoice(company=books.company)
    books.run()
    books.office.work(kind="item")
    exchange = FolderLine.exchange
    left: list[Request] = []

    def lost(self: FolderLine, request: Request, *, until: float) -> Reply:
        if not request.writes:
            return exchange(self, request, until=until)
        left.append(request)
        if len(left) == 1 and not executed:
            return Reply(fate=Fate.LOST, problem="OSError")
        reply = exchange(self, request, until=until)
        return Reply(fate=Fate.LOST, problem="OSError") if len(left) == 1 else reply

    monkeypatch.setattr(FolderLine, "exchange", lost)
    books.run()
    assert books.record(invoice).state == State.UNKNOWN
    time.sleep(0.25)  # the provider's time-out, as the tests have it
    books.run()

    assert books.record(invoice).state == State.HANDED_OVER
    assert dataclasses.replace(left[1], purpose=left[0].purpose) == left[0]
    assert ("If-None-Match", "*") in left[1].headers
    assert len(books.handed("invoice")) == 1


def test_what_they_have_not_is_left_out_with_its_sentence(books: JournalBooks) -> None:
    invoice = make_invoice(company=books.company)
    payment = make_payment(invoice=invoice, method=books.method)
    for _ in range(3):
        books.run()
        books.office.work()
    books.run()

    part = books.record(payment.allocations.get())
    assert (part.state, part.sentence) == (
        State.LEFT_OUT,
        "Journal does not say what a payment is set against: that stays here.",
    )
    assert books.record(payment).state == State.IN_THE_BOOKS
    assert not SyncRecord.objects.filter(state=State.NEEDS_PERSON).exists()
    assert len(books.handed("payment")) == 1


def test_a_document_that_comes_to_nothing_is_left_out(books: JournalBooks) -> None:
    item = make_item(books.company)
    invoice = make_invoice(company=books.company, lines=[(item, 1, 10), (item, -1, 10)])
    books.run()
    record = books.record(invoice)
    assert (record.state, record.sentence) == (
        State.LEFT_OUT,
        "Journal takes no document that comes to nothing.",
    )
    assert books.handed("invoice") == []


def test_books_that_cannot_be_read_are_not_compared_and_say_why(books: JournalBooks) -> None:
    invoiced(books)
    why = (
        "Our figures can be held against nothing in Journal: what stands in Journal cannot be read"
    )
    with pytest.raises(CannotTell, match=why):
        compare(books.connection)
    assert not Run.objects.filter(duty="proof").exists()


def test_nothing_is_handed_over_without_the_revision_that_left(books: JournalBooks) -> None:
    record = books.record(invoiced(books))
    with pytest.raises(IntegrityError), transaction.atomic():
        SyncRecord.objects.filter(pk=record.pk).update(intent_revision=None)


def test_a_database_of_before_hands_over_nothing_twice(books: JournalBooks) -> None:
    """The name of a file is made of what it says: what was forgotten here is found there."""
    invoice = invoiced(books)
    record = books.record(invoice)
    record.remote_records.all().update(retired=True, sync_record=None)
    SyncRecord.objects.filter(pk=record.pk).update(state=State.WAITING, due_at=timezone.now())
    books.run()
    assert books.record(invoice).state == State.HANDED_OVER
    assert len(books.handed("invoice")) == 1
