"""What happens here, or over there, between the plan of a record and its outcome."""

import logging
import time
import traceback
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from apps.billing.actions import receive_payment
from apps.connections.lifecycle import pause, refresh_company
from apps.connections.models import Connection
from apps.connections.transport import HttpLine
from apps.connectors.quickbooks import feed
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.record import Recorder
from apps.sync.decide.acts import retry
from apps.sync.models import Call, Reason, RemoteRecord, Run, State, SyncRecord
from apps.sync.run import RunBroken
from apps.sync.send.plan import Planner
from apps.sync.send.push import Pusher
from apps.sync.tasks import sync_connection
from apps.sync.want.wishes import sweep, take_changes
from tests.books import Books
from tests.factories import make_invoice
from tests.sync.theirs import pay_there


def once_before(monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, act: Any) -> None:
    """Let something happen just before the first call of a method that `act` does not decline."""
    original = getattr(owner, name)
    done: list[bool] = []

    def watched(self: Any, *arguments: Any, **more: Any) -> Any:
        if not done and act(*arguments) is not False:
            done.append(True)
        return original(self, *arguments, **more)

    monkeypatch.setattr(owner, name, watched)


def reworded(invoice: Any, books: Books) -> None:
    """Somebody changes the message to the customer, and a sweep wishes for it."""
    invoice.refresh_from_db()
    invoice.message = "Thank you, Amy"
    invoice.save()
    sweep(books.connection)


def test_a_change_made_while_the_older_one_is_on_its_way_goes_over_after_it(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)

    def meanwhile(outcomes: Any, sent: Any, answered: Any) -> bool:
        if not any(sent[each.ref].record.kind == "invoice" for each in outcomes):
            return False
        reworded(invoice, books)
        return True

    once_before(monkeypatch, Recorder, "record", meanwhile)
    books.run()
    books.run()

    record = books.record(invoice)
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, record.wanted)
    assert books.their_invoice(invoice.number)["CustomerMemo"]["value"] == "Thank you, Amy"


def test_a_wish_that_another_run_noted_meanwhile_is_not_written_over(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its change was taken from the outbox, for all books of the company: nobody wishes it again."""
    invoice = make_invoice(company=books.company)

    def meanwhile(outcomes: Any, sent: Any, answered: Any) -> bool:
        if not any(sent[each.ref].record.kind == "invoice" for each in outcomes):
            return False
        reworded(invoice, books)
        return take_changes(books.company.pk) > 0

    once_before(monkeypatch, Recorder, "record", meanwhile)
    books.run()

    invoice.refresh_from_db()
    assert books.record(invoice).wanted == invoice.revision


def test_a_change_made_while_the_plan_finds_nothing_to_send_is_not_forgotten(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    SyncRecord.objects.filter(invoice=invoice).update(state=State.WAITING, due_at=now())

    def meanwhile(records: Any, *_: Any) -> bool:
        if not records:
            return False
        reworded(invoice, books)
        return True

    once_before(monkeypatch, Planner, "_save_settled", meanwhile)
    books.run()
    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert books.their_invoice(invoice.number)["CustomerMemo"]["value"] == "Thank you, Amy"


def test_retry_pressed_on_an_old_page_does_not_send_again_what_is_on_its_way(
    books: Books,
) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    SyncRecord.objects.filter(invoice=invoice).update(state=State.NEEDS_PERSON, sentence="No.")
    page = list(SyncRecord.objects.filter(invoice=invoice))
    SyncRecord.objects.filter(invoice=invoice).update(state=State.ON_ITS_WAY)

    done, refused = retry(page)

    assert (done, len(refused)) == (0, 1)
    assert books.record(invoice).state == State.ON_ITS_WAY


def test_books_paused_between_plan_and_send_get_nothing_more(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)

    def meanwhile(leaving: Any) -> bool:
        if not any(each.record.kind == "invoice" for each in leaving.values()):
            return False
        pause(Connection.objects.get(pk=books.connection.pk), "The mapping is wrong")
        return True

    once_before(monkeypatch, SyncCourier, "intends", meanwhile)
    run = books.run()

    assert (run.outcome, "paused" in run.sentence) == (Run.Outcome.YIELDED, True)
    assert len(books.theirs("Invoice")) == 1
    assert books.record(invoice).state == State.WAITING


@pytest.mark.slow
def test_a_call_that_comes_to_its_turn_too_late_is_not_sent(
    books: Books, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)
    settings.SYNC_CALL_DEADLINE = 1.5
    send = SyncCourier._send

    def stopped(self: Any, flight: Any) -> Any:
        if b'"Invoice"' in flight.request.body:
            time.sleep(1.6)  # as a process that was stopped and goes on
        return send(self, flight)

    monkeypatch.setattr(SyncCourier, "_send", stopped)
    books.run()

    assert len(books.theirs("Invoice")) == 1
    call = Call.objects.filter(connection=books.connection, state=Call.State.UNSENT).get()
    assert call.purpose == "documents"
    assert books.record(invoice).state == State.WAITING


@pytest.mark.slow
def test_bytes_sent_once_more_under_a_new_token_have_their_whole_time(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_invoice(company=books.company)
    books.server.arm(
        books.realm, "status", status=401, match={"endpoint": "batch", "contains": '"Invoice"'}
    )
    times = []
    renew = HttpLine.renew

    def slowly(self: Any, **how: Any) -> None:
        time.sleep(0.5)
        renew(self, **how)
        times.append(now())

    monkeypatch.setattr(HttpLine, "renew", slowly)
    noted = []
    note = SyncCourier._note_leaving

    def watched(self: Any, call: Call, request: Any) -> None:
        note(self, call, request)
        noted.append(Call.objects.get(pk=call.pk).may_have_left_until)

    monkeypatch.setattr(SyncCourier, "_note_leaving", watched)
    books.run()

    assert len(times) == len(noted) == 1
    assert noted[0] is not None
    assert noted[0] >= times[0] + timedelta(seconds=4.9)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_number_taken_by_ours_of_an_earlier_send_is_found_in_any_language(
    books: Books, language: str
) -> None:
    books.server.set_up(books.realm, language=language)
    invoice = make_invoice(company=books.company)
    books.run()
    # As after a restore of our database to the hour before: they have it, we do not know.
    record = books.record(invoice)
    record.agreed.delete()
    RemoteRecord.objects.filter(sync_record=record).delete()
    SyncRecord.objects.filter(pk=record.pk).update(state=State.WAITING, due_at=now(), sent=0)

    books.run(get=False)

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert len(books.theirs("Invoice")) == 2


@pytest.mark.slow
def test_a_month_closed_between_plan_and_send_holds_the_invoice_until_it_is_open_again(
    books: Books,
) -> None:
    invoice = make_invoice(company=books.company)
    books.server.set_up(books.realm, book_close_date="2026-12-31")

    books.run()
    held = books.record(invoice)
    assert (held.state, held.reason) == (State.NEEDS_PERSON, Reason.PERIOD_CLOSED)
    assert held.sentence
    assert held.remedy

    books.server.set_up(books.realm, book_close_date=None)
    books.connection.refresh_from_db()
    refresh_company(books.connection)
    books.run()
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_money_for_an_invoice_of_before_the_cut_off_waits_for_a_person_and_says_so(
    books: Books,
) -> None:
    old = make_invoice(company=books.company, issue_date=date(2025, 12, 30))
    payment = receive_payment(
        customer=old.customer,
        amount=old.total,
        date=date(2026, 3, 16),
        method=books.method,
        apply=[(old, old.total)],
    )

    books.run()

    held = books.record(payment)
    assert held.state == State.NEEDS_PERSON
    assert "invoice is not in QuickBooks" in held.sentence
    assert held.remedy


@pytest.mark.slow
def test_what_the_feed_could_not_say_was_deleted_is_found_by_comparing_ids(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, cancelled = (make_invoice(company=books.company) for _ in range(2))
    books.run()
    pay_there(books, kept)
    payment = pay_there(books, cancelled)
    books.run()
    cancelled.refresh_from_db()
    assert cancelled.balance_due == 0
    books.server.act(books.realm, "delete_payment", id=payment)

    monkeypatch.setattr(feed, "REACH", timedelta(0))  # as after a month without a run
    books.run()

    for invoice in (kept, cancelled):
        invoice.refresh_from_db()
    assert (kept.balance_due, cancelled.balance_due) == (0, cancelled.total)
    gone = RemoteRecord.objects.filter(connection=books.connection, gone=True, part="")
    assert [row.remote_id for row in gone] == [payment]


def test_a_fault_of_ours_ends_the_run_in_words_without_anybodys_data(
    books: Books, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    name = " ".join(["Secret", "Sam"])

    def fail(self: Pusher) -> None:
        raise KeyError(name)

    monkeypatch.setattr(Pusher, "push_all", fail)
    with caplog.at_level(logging.ERROR), pytest.raises(RunBroken) as broken:
        sync_connection(books.connection.pk)
    told = "".join(traceback.format_exception(broken.value))

    run = Run.objects.filter(connection=books.connection, duty="sync").latest("started_at")
    books.connection.refresh_from_db()
    assert run.outcome == Run.Outcome.STOPPED
    assert "KeyError" in run.sentence
    assert "KeyError" in books.connection.last_error
    assert books.connection.lease_until is None
    assert "KeyError" in caplog.text
    for text in (told, run.sentence, books.connection.last_error, caplog.text):
        assert name not in text


def test_a_run_whose_process_was_killed_is_not_shown_as_running_for_ever(books: Books) -> None:
    dead = Run.objects.create(connection=books.connection, duty="sync", started_at=now())

    books.run()

    dead.refresh_from_db()
    assert dead.outcome == Run.Outcome.STOPPED
    assert dead.sentence
