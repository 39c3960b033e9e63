"""The first of a kind where nothing can be read back: a named person has seen it, and it is open."""

import pytest
from django.core.exceptions import ValidationError

from apps.connectors.snapshots import Kind
from apps.sync.models import FirstOfKind, Reason, State
from apps.sync.trial.alone import Ended
from apps.sync.trial.firsts import confirm_first, run_first
from apps.sync.want.firsts import open_kinds
from tests.factories import make_credit_note, make_customer
from tests.journal.books import JournalBooks
from tests.sync.trial.first_of_each import shut

pytestmark = pytest.mark.django_db


def test_a_person_who_has_seen_it_opens_its_kind_and_nobody_before(books: JournalBooks) -> None:
    shut(books.connection)
    customer = make_customer(books.company)
    first, other = (make_credit_note(customer=customer) for _ in range(2))
    books.run()
    assert books.handed("credit_note") == []
    assert books.record(other).reason == Reason.FIRST_OF_ITS_KIND

    result = run_first(books.connection, first, user_id=books.fay.pk)
    for _ in range(3):
        if result.ended is Ended.ASKS_WORD:
            break
        with pytest.raises(ValidationError, match="has not confirmed"):
            confirm_first(books.connection, first, user_id=books.fay.pk, words="Seen")
        books.office.work()
        result = run_first(books.connection, first, user_id=books.fay.pk)
    assert result.asks_word, (result.ended, result.sentence)
    assert len(books.handed("credit_note")) == 1
    assert Kind.CREDIT_NOTE not in open_kinds(books.connection)
    with pytest.raises(ValidationError, match="Say how you know"):
        confirm_first(books.connection, first, user_id=books.fay.pk, words=" ")

    confirm_first(books.connection, first, user_id=books.fay.pk, words="Page 7 of the journal")

    row = FirstOfKind.objects.get(connection=books.connection, kind=Kind.CREDIT_NOTE)
    assert (row.opened_by, row.confirmation) == (books.fay, "Page 7 of the journal")
    assert Kind.CREDIT_NOTE in open_kinds(books.connection)
    for _ in range(2):  # its item is confirmed before it
        books.run()
        books.office.work()
    books.run()
    assert books.record(other).state == State.IN_THE_BOOKS
