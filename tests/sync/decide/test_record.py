"""One decision for all the sums of a document: half of it would make neither side true."""

import pytest
from django.core.exceptions import ValidationError

from apps.backoffice.ledgers.conflict_words import (
    asked_together,
    field_words,
    in_words,
    one_per_question,
)
from apps.reconciliation.compare import compare
from apps.sync.decide.acts import decide_record
from apps.sync.models import Conflict, State
from tests.books import Books
from tests.factories import make_invoice, make_payment
from tests.sync.theirs import change_there, their_id

pytestmark = pytest.mark.django_db


def test_an_amount_changed_there_is_one_question_and_one_answer(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    books.server.act(books.realm, "change_line", id=their_id(books, invoice), amount=1120)
    books.run()

    record = books.record(invoice)
    assert record.conflicts.filter(decision="").count() > 1
    question = one_per_question(Conflict.objects.filter(decision="")).get()
    assert (field_words(question), in_words(question, question.theirs)) == (
        "Total",
        "1,120.00 GBP",
    )
    assert len(asked_together(question)) == record.conflicts.count()

    decide_record(record, Conflict.Decision.OURS, user_id=books.fay.pk)
    books.run()
    assert books.their_invoice(invoice.number)["TotalAmt"] == 100
    assert books.record(invoice).state == State.IN_THE_BOOKS
    with pytest.raises(ValidationError, match="decided already"):
        decide_record(record, Conflict.Decision.THEIRS, user_id=books.fay.pk)


@pytest.mark.parametrize("answer", [Conflict.Decision.OURS, Conflict.Decision.THEIRS])
@pytest.mark.slow
def test_money_changed_there_is_dealt_with_once_it_is_decided(books: Books, answer: str) -> None:
    """Theirs is received anew here, ours is put back there: nothing of the arrival stays open."""
    money = make_payment(
        invoice=make_invoice(company=books.company), amount=100, method=books.method
    )
    books.run()
    change_there(books, "Payment", their_id(books, money), TotalAmt=140)
    books.run()
    assert compare(books.connection).refusals

    decide_record(books.record(money), Conflict.Decision(answer), user_id=books.fay.pk)
    books.run()
    books.run()

    assert compare(books.connection).refusals == []
