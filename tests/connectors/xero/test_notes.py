"""Notes in the history of what Tieout made in the simulated Xero, where a person switched them on."""

import logging
from typing import Any

import pytest

from apps.billing.changes import made_by
from apps.connections.switching import switch
from apps.connectors.port import Purpose
from apps.connectors.xero import notes
from apps.sync.models import Call, HistoryNote, State
from tests.connectors.xero.live import XeroBooks
from tests.factories import make_invoice, make_payment

# Each goes through the engine and their books: seconds, not tenths.
pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ADDRESS = {"Invoice": "Invoices", "Payment": "Payments"}


@pytest.fixture
def noted(books: XeroBooks) -> XeroBooks:
    switch(books.connection, ["history_notes"])
    return books


def notes_on(books: XeroBooks, subject: Any) -> list[str]:
    """What the history of the object of theirs says that an app noted."""
    row = books.record(subject).remote_records.get(part="")
    caller = books.server.connect(books.realm)
    told = caller.done("GET", f"{ADDRESS[row.kind]}/{row.remote_id}/History")
    return [each["Details"] for each in told["HistoryRecords"] if each["Changes"] == "Note"]


def note_calls(books: XeroBooks) -> int:
    return Call.objects.filter(connection=books.connection, purpose=Purpose.NOTES).count()


def test_each_document_and_payment_gets_one_note_that_says_who_recorded_it(
    noted: XeroBooks,
) -> None:
    with made_by(user_id=noted.fay.pk):
        invoice = make_invoice(company=noted.company)
    payment = make_payment(invoice=invoice, method=noted.method)
    for _ in range(3):
        noted.run()

    assert notes_on(noted, invoice) == [f"Invoice {invoice.number}: recorded in Tieout by Fay."]
    (said,) = notes_on(noted, payment)
    assert said.startswith("The payment of ")
    assert note_calls(noted) == 2
    documents = Call.objects.filter(connection=noted.connection, purpose=Purpose.DOCUMENTS)
    assert not documents.filter(path__endswith="/History").exists()


def test_switched_off_nothing_is_noted(books: XeroBooks) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    assert notes_on(books, invoice) == []
    assert not HistoryNote.objects.exists()


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("lose_after_commit", {}),
        ("lose_before_commit", {}),
        ("status", {"status": 500, "body": "html"}),
        ("status", {"status": 400, "body": "json"}),
    ],
    ids=["lost, done", "lost, not done", "their fault", "refused"],
)
def test_a_note_that_fails_holds_nothing_up_and_is_never_sent_again(
    noted: XeroBooks, fault: str, told: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    invoice = make_invoice(company=noted.company)
    match = {"method": "write", "contains": "HistoryRecords"}
    noted.server.arm(noted.realm, fault, match=match, **told)
    with caplog.at_level(logging.WARNING, "apps.sync.send.notes"):
        noted.run()
    for _ in range(2):
        noted.run()

    assert noted.record(invoice).state == State.IN_THE_BOOKS
    assert note_calls(noted) == 1
    (note,) = HistoryNote.objects.all()
    assert note.state == HistoryNote.State.FAILED
    assert "was not written" in caplog.text
    assert invoice.number not in caplog.text


def test_a_note_that_meets_a_limit_follows_with_a_later_run(noted: XeroBooks) -> None:
    """A 429 says that surely nothing was done: the note is still due, and is written once."""
    invoice = make_invoice(company=noted.company)
    match = {"method": "write", "contains": "HistoryRecords"}
    noted.server.arm(
        noted.realm, "status", status=429, retry_after=1, problem="minute", match=match
    )
    noted.run()
    assert noted.record(invoice).state == State.IN_THE_BOOKS
    assert HistoryNote.objects.get().state == HistoryNote.State.DUE
    noted.connection.refresh_from_db()
    noted.connection.paused_until = None
    noted.connection.save(update_fields=["paused_until"])
    noted.run()
    assert notes_on(noted, invoice) == [f"Invoice {invoice.number}: recorded in Tieout by Tieout."]


def test_what_is_changed_is_not_noted_again(noted: XeroBooks) -> None:
    invoice = make_invoice(company=noted.company)
    noted.run()
    invoice.refresh_from_db()
    invoice.purchase_order_number = "PO-7"
    invoice.save()
    noted.run()
    assert len(notes_on(noted, invoice)) == note_calls(noted) == 1


def test_a_note_that_left_when_the_process_died_is_never_sent_again(
    noted: XeroBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=noted.company)
    as_it_is = notes.write

    def die_after_it(*given: Any) -> None:
        as_it_is(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(notes, "write", die_after_it)
        with pytest.raises(KeyboardInterrupt):
            noted.run()
    assert noted.record(invoice).state == State.IN_THE_BOOKS
    for _ in range(2):
        noted.run()
    assert len(notes_on(noted, invoice)) == note_calls(noted) == 1


def test_what_was_made_before_is_not_noted_when_it_is_changed(noted: XeroBooks) -> None:
    switch(noted.connection, [])
    invoice = make_invoice(company=noted.company)
    noted.run()
    switch(noted.connection, ["history_notes"])
    invoice.refresh_from_db()
    invoice.purchase_order_number = "PO-7"
    invoice.save()
    noted.run()
    assert noted.their_invoice(invoice.number)["Reference"] == "PO-7"
    assert notes_on(noted, invoice) == []
