"""Changes by hand of what stands in the simulated books: which are told, and whose note they bear."""

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import change_open_fields, reverse, void
from apps.billing.changes import made_by
from apps.connections.clock import now
from apps.reconciliation.models import ReviewKind
from apps.reconciliation.review.causes import causes_of
from apps.sync.decide.edit_notes import write_note
from apps.sync.models import Edit
from tests.books import Books
from tests.factories import make_payment
from tests.sync.theirs import change_there, pay_there, their_id

pytestmark = pytest.mark.django_db
S = Edit.State


def edits(subject: Any) -> list[Edit]:
    found = Edit.objects.filter(**{f"sync_record__{subject.kind}": subject.pk})
    return list(found.order_by("pk"))


def tasks(books: Books) -> list[str]:
    causes = causes_of(books.company)
    return [each.sentence for each in causes if each.kind == ReviewKind.EDIT]


def test_a_reason_given_here_is_the_note(books: Books, invoice: Any) -> None:
    why = "Bell asked for Christmas: their bank is closed between the years, and Mr Hart, who releases "
    why += "payments there, is back on the second of January only"
    with made_by(books.fay.pk):
        change_open_fields(invoice, due_date=date(2026, 12, 24), reason=why)
    books.run()

    (edit,) = edits(invoice)
    assert edit.side == Edit.Side.HERE
    assert edit.what.endswith("→ 24 December 2026")
    assert (edit.note, edit.by, edit.noted_by) == (why, books.fay, books.fay)
    assert tasks(books) == []

    books.run()
    assert len(edits(invoice)) == 1


def test_one_without_a_reason_is_a_task_until_somebody_writes_why(
    books: Books, invoice: Any
) -> None:
    with made_by(books.fay.pk):
        change_open_fields(invoice, message="Thank you")
    books.run()

    (edit,) = edits(invoice)
    assert (edit.state, edit.note) == (S.ASKS, "")
    assert tasks(books) == [
        "Changed by hand here: message to the customer empty → “Thank you”. Say why."
    ]
    write_note([edit], "  A word for\nthe season ", by=books.fay.pk)
    assert edit.note == "A word for the season"
    assert tasks(books) == []
    with pytest.raises(ValidationError, match="noted already"):
        write_note([edit], "Again", by=books.fay.pk)


@pytest.mark.slow
def test_what_a_task_changed_or_nothing_there_holds_is_no_edit(books: Books, invoice: Any) -> None:
    change_open_fields(invoice, message="Made by nobody")
    books.run()
    assert edits(invoice) == []

    with made_by(books.fay.pk):
        invoice.refresh_from_db()
        change_open_fields(invoice, purchase_order_number="")
    books.run()
    assert edits(invoice) == []


@pytest.mark.slow
def test_void_and_un_applied_bear_their_reasons(books: Books, invoice: Any) -> None:
    payment = make_payment(invoice=invoice, method=books.method)
    books.run()
    assert not Edit.objects.exists()  # it was set against what it came for

    why = "Paid twice by mistake; the second one was meant for the other invoice of the same week"
    with made_by(books.fay.pk):
        reverse(payment.allocations.get(), on=date(2026, 3, 20), reason=why)
    books.run()
    invoice.refresh_from_db()
    with made_by(books.fay.pk):
        void(invoice, reason="Issued to the wrong Bell")
    books.run()

    (un_applied,) = Edit.objects.exclude(sync_record__invoice=invoice.pk)
    assert (un_applied.what, un_applied.note) == ("100.00 GBP un-applied", why)
    (voided,) = edits(invoice)
    assert (voided.what, voided.note) == ("voided", "Issued to the wrong Bell")


def test_what_somebody_changed_over_there_asks_for_a_note_once(books: Books, invoice: Any) -> None:
    change_there(books, "Invoice", their_id(books, invoice), DueDate="2026-12-31")
    books.run()
    books.run()

    (edit,) = edits(invoice)
    assert (edit.side, edit.state, edit.by) == (Edit.Side.THERE, S.ASKS, None)
    assert edit.what.endswith("→ 31 December 2026")
    assert len(tasks(books)) == 1

    change_there(books, "Invoice", their_id(books, invoice), DueDate="2027-01-01")
    books.run()
    assert [each.what.rsplit("→ ")[-1] for each in edits(invoice)] == [
        "31 December 2026",
        "1 January 2027",
    ]


@pytest.mark.slow
def test_their_memo_and_their_money_are_no_edits(books: Books, invoice: Any) -> None:
    change_there(books, "Invoice", their_id(books, invoice), PrivateNote="Called twice")
    pay_there(books, invoice)
    books.run()
    assert not Edit.objects.exists()


@pytest.mark.slow
def test_a_conflict_is_an_edit_too(books: Books, invoice: Any) -> None:
    change_there(books, "Invoice", their_id(books, invoice), TxnDate="2026-03-30")
    books.run()
    (edit,) = edits(invoice)
    assert edit.what.startswith("date ")
    assert books.record(invoice).conflicts.filter(decision="").exists()


@pytest.mark.slow
def test_what_was_deleted_there_is_told_and_what_we_took_back_is_not(
    books: Books, invoice: Any
) -> None:
    key = their_id(books, invoice)
    books.server.act(books.realm, "delete", kind="Invoice", id=key)
    books.run()
    (edit,) = edits(invoice)
    assert edit.what.startswith("deleted in ")


@pytest.mark.slow
def test_what_they_changed_while_the_note_was_written_arrives(books: Books, invoice: Any) -> None:
    with made_by(books.fay.pk):
        change_open_fields(invoice, due_date=date(2026, 12, 24), reason="Bell asked for Christmas")
    # Sent, and not read: whoever changes it then is met by the note alone.
    books.run(get=False)
    Edit.objects.update(state=S.DUE, due_at=now(), reference="note-once-more")
    change_there(books, "Invoice", their_id(books, invoice), TxnDate="2026-03-30")
    books.run(get=False)

    books.run()
    told = [(each.side, each.state, each.what) for each in edits(invoice)]
    assert told[0][:2] == (Edit.Side.HERE, S.BOTH)
    assert told[1][:2] == (Edit.Side.THERE, S.ASKS)
    assert told[1][2].startswith("date ")
    assert books.record(invoice).conflicts.filter(decision="").exists()
