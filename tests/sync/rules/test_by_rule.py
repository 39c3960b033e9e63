"""A field that staff gave to one side: what the engine does with it, over real HTTP."""

from typing import Any

import pytest

from apps.billing.changes import made_by
from apps.connectors.snapshots import Kind
from apps.sync.decide.acts import decide_conflict
from apps.sync.models import Conflict, Reason, RemoteRecord, Side, State
from apps.sync.rules.choosing import choose
from tests.books import Books
from tests.factories import make_customer
from tests.sync.rules.there import CASES, Case, rule
from tests.sync.theirs import all_rows, change_there, their_id

each_kind = pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case, id=case.kind, marks=() if case.kind is Kind.INVOICE else pytest.mark.slow
        )
        for case in CASES
    ],
)


def settled(books: Books, subject: Any) -> None:
    """It stands in their books, and a further run writes nothing."""
    assert books.record(subject).state == State.IN_THE_BOOKS
    before = all_rows(books), list(Conflict.objects.values_list("pk", "decision"))
    run = books.run()
    assert (run.pushed, run.outcome) == (0, "done")
    assert (all_rows(books), list(Conflict.objects.values_list("pk", "decision"))) == before


@pytest.mark.slow
@each_kind
def test_changed_on_both_sides_ours_wins(books: Books, invoice: Any, case: Case) -> None:
    subject = case.of(invoice)
    before = case.ours(subject)
    rule(books, case, Side.OURS)
    case.there(books, subject, "Theirs now")
    case.here(books, subject, "Ours now")

    books.run()

    assert (case.ours(subject), case.theirs(books, subject)) == ("Ours now", "Ours now")
    kept = books.record(subject).conflicts.get()
    assert (kept.base, kept.ours, kept.theirs) == (before, "Ours now", "Theirs now")
    assert (kept.decision, kept.rule.side, kept.decided_by) == ("ours", "ours", None)
    assert kept.decided_at is not None
    assert kept.loser == "Theirs now"
    settled(books, subject)


@each_kind
def test_changed_on_both_sides_theirs_wins(books: Books, invoice: Any, case: Case) -> None:
    subject = case.of(invoice)
    rule(books, case, Side.THEIRS)
    case.there(books, subject, "Theirs now")
    case.here(books, subject, "Ours now")

    books.run()

    assert (case.ours(subject), case.theirs(books, subject)) == ("Theirs now", "Theirs now")
    kept = books.record(subject).conflicts.get()
    assert (kept.decision, kept.loser, kept.rule.side) == ("theirs", "Ours now", "theirs")
    made = subject.history.first()
    assert books.connection.origin in made.history_change_reason
    settled(books, subject)


@each_kind
def test_changed_there_alone_is_put_back_where_ours_wins_and_told(
    books: Books, invoice: Any, case: Case
) -> None:
    subject = case.of(invoice)
    ours = case.ours(subject)
    rule(books, case, Side.OURS)
    case.there(books, subject, "Theirs now")

    books.run()

    assert (case.ours(subject), case.theirs(books, subject)) == (ours, ours)
    kept = books.record(subject).conflicts.get()
    assert (kept.decision, kept.loser) == ("ours", "Theirs now")
    settled(books, subject)


@pytest.mark.slow
@each_kind
def test_changed_there_alone_is_taken_over_where_theirs_wins(
    books: Books, invoice: Any, case: Case
) -> None:
    subject = case.of(invoice)
    rule(books, case, Side.THEIRS)
    case.there(books, subject, "Theirs now")

    books.run()

    assert (case.ours(subject), case.theirs(books, subject)) == ("Theirs now", "Theirs now")
    settled(books, subject)


@each_kind
def test_changed_here_alone_follows_them_where_theirs_wins_and_nothing_leaves(
    books: Books, invoice: Any, case: Case
) -> None:
    subject = case.of(invoice)
    stood = case.ours(subject)
    rule(books, case, Side.THEIRS)
    case.here(books, subject, "Ours now")

    run = books.run()

    assert (case.ours(subject), case.theirs(books, subject)) == (stood, stood)
    assert run.pushed == 0
    kept = books.record(subject).conflicts.get()
    assert (kept.decision, kept.loser, kept.theirs) == ("theirs", "Ours now", stood)
    settled(books, subject)


@pytest.mark.slow
@each_kind
def test_without_a_rule_both_changes_are_asked(books: Books, invoice: Any, case: Case) -> None:
    subject = case.of(invoice)
    case.there(books, subject, "Theirs now")
    case.here(books, subject, "Ours now")

    books.run()

    record = books.record(subject)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CHANGED_ON_BOTH_SIDES)
    assert (case.ours(subject), case.theirs(books, subject)) == ("Ours now", "Theirs now")


@pytest.mark.slow
def test_a_rule_of_one_field_leaves_the_others_as_they_were(books: Books, invoice: Any) -> None:
    """The name is theirs; an e-mail address written here leaves, and the name stays theirs."""
    case, customer = CASES[0], invoice.customer
    rule(books, case, Side.THEIRS)
    stood = customer.name
    customer.name, customer.email = "Harbour Bookshop", "books@example.com"
    customer.save()

    books.run()

    customer.refresh_from_db()
    (theirs,) = (
        each for each in books.theirs("Customer") if each["Id"] == their_id(books, customer)
    )
    assert (customer.name, theirs["DisplayName"]) == (stood, stood)
    assert theirs["PrimaryEmailAddr"]["Address"] == customer.email == "books@example.com"
    settled(books, customer)


@pytest.mark.slow
def test_a_rule_decides_one_field_and_a_person_the_other(books: Books, invoice: Any) -> None:
    customer = invoice.customer
    with made_by(books.fay.pk):
        choose(books.connection, Kind.CUSTOMER, "email", Side.OURS)
    change_there(
        books,
        "Customer",
        their_id(books, customer),
        DisplayName="Harbour Books Ltd",
        PrimaryEmailAddr={"Address": "theirs@example.com"},
    )
    customer.name, customer.email = "Harbour Bookshop", "ours@example.com"
    customer.save()
    books.run()
    record = books.record(customer)
    assert record.conflicts.get(decision="").path == "name"
    assert record.conflicts.get(path="email").decision == "ours"

    decide_conflict(record.conflicts.get(decision=""), "theirs", user_id=books.fay.pk)
    books.run()

    customer.refresh_from_db()
    (theirs,) = (
        each for each in books.theirs("Customer") if each["Id"] == their_id(books, customer)
    )
    assert (customer.name, theirs["DisplayName"]) == ("Harbour Books Ltd", "Harbour Books Ltd")
    assert customer.email == theirs["PrimaryEmailAddr"]["Address"] == "ours@example.com"
    settled(books, customer)


@pytest.mark.slow
def test_what_sets_it_again_and_again_there_is_put_before_a_person(
    books: Books, invoice: Any
) -> None:
    case, customer = CASES[0], invoice.customer
    ours = customer.name
    rule(books, case, Side.OURS)
    for _ in range(3):
        case.there(books, customer, "Set by a robot")
        books.run()
        assert case.theirs(books, customer) == ours

    case.there(books, customer, "Set by a robot")
    books.run()

    record = books.record(customer)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CHANGED_ON_BOTH_SIDES)
    assert "put its name back 3 times within a day" in record.sentence
    assert case.theirs(books, customer) == "Set by a robot"


def test_what_theirs_wins_and_ours_may_not_be_is_put_before_a_person(
    books: Books, invoice: Any
) -> None:
    case, customer = CASES[0], invoice.customer
    make_customer(books.company, name="Taken Here")
    rule(books, case, Side.THEIRS)
    case.there(books, customer, "Taken Here")
    case.here(books, customer, "Ours now")

    books.run()

    record = books.record(customer)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CANNOT_HOLD)
    assert (case.ours(customer), case.theirs(books, customer)) == ("Ours now", "Taken Here")
    assert not record.conflicts.exists()


def test_what_arrived_says_what_the_rule_did(books: Books, invoice: Any) -> None:
    case, customer = CASES[0], invoice.customer
    rule(books, case, Side.THEIRS)
    case.there(books, customer, "Theirs now")
    case.here(books, customer, "Ours now")
    books.run()

    row = RemoteRecord.objects.get(
        connection=books.connection, kind="Customer", remote_id=their_id(books, customer)
    )
    assert (row.arrival, row.sentence) == (
        "applied",
        "As in QuickBooks now, since QuickBooks wins: name.",
    )
