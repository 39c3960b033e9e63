"""The same rules on the other ledgers: a customer, an item, and what may change on an invoice."""

from datetime import date

import pytest

from apps.billing.actions import change_open_fields
from apps.sync.models import Conflict, Side, State
from tests.sync.rules.conftest import Elsewhere
from tests.sync.rules.there import rule

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("place", [0, 1, 2], ids=["customer", "item", "invoice"])
@pytest.mark.parametrize("side", [Side.OURS, Side.THEIRS])
def test_both_sides_changed_it(elsewhere: Elsewhere, place: int, side: Side) -> None:
    books, case = elsewhere.books, elsewhere.cases[place]
    subject = case.of(elsewhere.invoice)
    rule(books, case, side)
    case.there(books, subject, "Theirs now")
    case.here(books, subject, "Ours now")

    for _ in range(3):
        books.run()

    wins, loses = ("Ours now", "Theirs now")[:: 1 if side == Side.OURS else -1]
    assert (case.ours(subject), case.theirs(books, subject)) == (wins, wins)
    kept = books.record(subject).conflicts.get()
    assert (kept.decision, kept.loser, kept.rule.side) == (side, loses, side)
    assert books.record(subject).state == State.IN_THE_BOOKS
    assert books.run().pushed == 0


@pytest.mark.parametrize("place", [0, 1, 2], ids=["customer", "item", "invoice"])
def test_theirs_alone_is_put_back_and_ours_alone_does_not_leave(
    elsewhere: Elsewhere, place: int
) -> None:
    books, case = elsewhere.books, elsewhere.cases[place]
    subject = case.of(elsewhere.invoice)
    stood = case.ours(subject)
    rule(books, case, Side.OURS)
    case.there(books, subject, "Theirs now")
    for _ in range(3):
        books.run()
    assert (case.ours(subject), case.theirs(books, subject)) == (stood, stood)

    rule(books, case, Side.THEIRS)
    case.here(books, subject, "Ours now")
    for _ in range(3):
        books.run()

    assert (case.ours(subject), case.theirs(books, subject)) == (stood, stood)
    told = books.record(subject).conflicts.order_by("pk")
    assert [(each.decision, each.loser) for each in told] == [
        ("ours", "Theirs now"),
        ("theirs", "Ours now"),
    ]
    assert books.record(subject).state == State.IN_THE_BOOKS


@pytest.mark.parametrize("place", [0, 1, 2], ids=["customer", "item", "invoice"])
def test_without_a_rule_ours_alone_goes_over_and_nothing_is_asked(
    elsewhere: Elsewhere, place: int
) -> None:
    books, case = elsewhere.books, elsewhere.cases[place]
    subject = case.of(elsewhere.invoice)
    for time in range(3):
        case.here(books, subject, f"Ours {time}")
        books.run()
        books.run()
        assert case.theirs(books, subject) == f"Ours {time}"
    assert not Conflict.objects.exists()


def test_a_due_date_moved_here_again_and_again_is_never_asked_about(elsewhere: Elsewhere) -> None:
    books, invoice = elsewhere.books, elsewhere.invoice
    for day in (10, 20, 30):
        change_open_fields(invoice, due_date=date(2026, 6, day), reason="They asked")
        books.run()
        books.run()
        assert books.record(invoice).state == State.IN_THE_BOOKS
    assert not Conflict.objects.exists()
