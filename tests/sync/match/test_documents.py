"""Invoices that both sides have already are one on a person's word, and none goes over twice."""

import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from apps.backoffice.frame.once import new_key
from apps.connectors.snapshots import Kind
from apps.staff.access import add_member, set_up_roles
from apps.staff.roles import RoleName
from apps.sync.decide.documents_on_both import take_all
from apps.sync.decide.matching import take_documents
from apps.sync.match import documents
from apps.sync.match.documents import count_on_both, on_both
from apps.sync.match.standing import match_standing
from apps.sync.models import Call, Candidate, RemoteRecord, State
from apps.sync.tasks import match_many
from apps.sync.there import ties
from tests.backoffice.desk import Desk
from tests.backoffice.people import PASSWORD
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_payment
from tests.sync.theirs import their_id

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def customer(books: Books, invoice: Any) -> Any:
    """A customer of both sides."""
    return invoice.customer


def numbers_after(document: Any, many: int) -> list[str]:
    """Those that the next documents here will bear."""
    digits = re.search(r"\d+$", document.number)
    assert digits is not None
    start, width = int(digits.group()), len(digits.group())
    stem = document.number[: digits.start()]
    return [f"{stem}{start + place:0{width}d}" for place in range(1, many + 1)]


def typed_there(books: Books, of: Any, *numbers: str, **told: Any) -> None:
    """By somebody over there, and read here."""
    own = {"customer": their_id(books, of), "amount": 100, "date": "2026-03-02"}
    for number in numbers:
        books.server.act(books.realm, "create_invoice", **{**own, "number": number, **told})
    books.run()


def issued(customer: Any, many: int = 1) -> list[Any]:
    return [make_invoice(customer=customer, issue_date=DAY) for _ in range(many)]


def written(books: Books) -> int:
    """Calls that changed something there."""
    writing = Call.objects.filter(connection=books.connection, purpose__in=["documents", "masters"])
    return writing.exclude(members=[]).count()


def found(books: Books) -> set[str]:
    return {each.number for each in on_both(books.connection, Kind.INVOICE)}


def taken(books: Books, **given: Any) -> Any:
    return take_all(books.connection, Kind.INVOICE, user_id=books.fay.pk, **given)


def test_what_is_equal_is_taken_as_it_stands_there_and_nothing_is_sent(
    books: Books, invoice: Any, customer: Any
) -> None:
    typed_there(books, customer, *numbers_after(invoice, 3), note="As typed there")
    ours = issued(customer, 3)
    before, calls = len(books.theirs("Invoice")), written(books)
    assert count_on_both(books.connection, Kind.INVOICE) == 3
    assert match_standing(books.connection).note == "3 documents on both sides to decide"

    done = taken(books)

    assert (done.count, done.refused, done.after) == (3, [], None)
    assert {books.record(each).state for each in ours} == {State.IN_THE_BOOKS}
    books.run()
    assert len(books.theirs("Invoice")) == before
    assert written(books) == calls
    assert match_standing(books.connection).done
    # It is ours from now on: what is paid here settles what was typed there.
    make_payment(invoice=ours[0], method=books.method)
    books.run()
    typed = books.their_invoice(ours[0].number)
    assert (typed["Balance"], typed["PrivateNote"]) == (0, "As typed there")
    assert {str(each.decided_by) for each in Candidate.objects.all()} == {"Fay"}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"amount": 99}, "another amount"),
        ({"date": "2026-03-03"}, "another day"),
        ({"customer": "another"}, "another customer"),
    ],
)
def test_what_differs_in_any_of_the_four_is_none(
    books: Books, invoice: Any, customer: Any, told: dict[str, Any], why: str
) -> None:
    other = make_invoice(company=books.company)
    books.run()
    if "customer" in told:
        told = {"customer": their_id(books, other.customer)}
    typed_there(books, customer, *numbers_after(other, 1), **told)
    issued(customer)
    assert found(books) == set(), why


def test_a_number_that_two_of_them_bear_is_none(books: Books, invoice: Any, customer: Any) -> None:
    number, another = numbers_after(invoice, 2)
    typed_there(books, customer, number, another)
    RemoteRecord.objects.filter(number=another).update(number=number)
    issued(customer)
    assert found(books) == set()


def test_what_differs_in_its_lines_becomes_a_question_and_is_not_taken(
    books: Books, invoice: Any, customer: Any
) -> None:
    typed_there(books, customer, *numbers_after(invoice, 1))
    ours = make_invoice(
        customer=customer,
        issue_date=DAY,
        lines=[(each.item, each.quantity / 2, each.unit_price) for each in invoice.lines.all()] * 2,
    )
    assert ours.total == Decimal(100)

    done = taken(books)

    assert done.count == 0
    (said,) = done.refused
    assert "It is among your questions now." in said
    record = books.record(ours)
    assert record.state == State.NEEDS_PERSON
    assert Candidate.objects.get(sync_record=record).decision == ""
    assert found(books) == set()
    books.run()
    assert ties.live_tie(record) is None


def test_many_go_on_in_the_background_a_slice_at_a_time(
    books: Books, invoice: Any, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.sync.decide.matching.AT_ONCE", 2)
    typed_there(books, customer, *numbers_after(invoice, 5))
    issued(customer, 5)

    done = take_documents(books.connection, Kind.INVOICE, user_id=books.fay.pk)

    assert (done.count, done.later) == (2, 3)
    assert done.after is not None
    left = taken(books, after=done.after, stop_at=0.0)
    assert (left.count, left.after) == (0, done.after)
    match_many(books.connection.pk, Kind.INVOICE.value, "accept", books.fay.pk, done.after)
    assert found(books) == set()
    assert RemoteRecord.objects.filter(
        connection=books.connection, of_kind=Kind.INVOICE, sync_record=None
    ).count() == 0  # fmt: skip


def test_credit_notes_too(books: Books, invoice: Any, customer: Any) -> None:
    first = make_credit_note(customer=customer)
    books.run()
    own = {"customer": their_id(books, customer), "amount": 100, "date": "2026-03-09"}
    (number,) = numbers_after(first, 1)
    books.server.act(books.realm, "create_invoice", kind="CreditMemo", number=number, **own)
    books.run()
    make_credit_note(customer=customer)
    done = take_all(books.connection, Kind.CREDIT_NOTE, user_id=books.fay.pk)
    assert (done.count, done.refused) == (1, [])


def test_the_count_is_made_anew_only_once_something_changed(
    books: Books, invoice: Any, customer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed_there(books, customer, *numbers_after(invoice, 2))
    issued(customer, 2)
    counted = []
    plain = documents.on_both
    monkeypatch.setattr(documents, "on_both", lambda *given: counted.append(given) or plain(*given))
    for _ in range(3):
        assert count_on_both(books.connection, Kind.INVOICE) == 2
    assert len(counted) == 1
    taken(books, at_most=1)
    assert count_on_both(books.connection, Kind.INVOICE) == 1
    assert len(counted) == 2
    taken(books)
    assert count_on_both(books.connection, Kind.INVOICE) == 0


def test_on_the_page_whoever_decides_takes_them_and_reads_what_was_done(
    books: Books, invoice: Any, customer: Any
) -> None:
    typed_there(books, customer, *numbers_after(invoice, 2))
    ours = issued(customer, 2)
    page = reverse("admin:connections_connection_match", args=[books.connection.pk])
    set_up_roles()
    vera, cora = Desk(), Desk()
    vera.force_login(add_member("vera@example.com", RoleName.VIEWER, PASSWORD))
    cora.force_login(add_member("cora@example.com", RoleName.ACCOUNTANT, PASSWORD))
    seen = vera.get(page, {"kind": "invoice"}).content.decode()
    assert all(each.number in seen for each in ours)
    assert 'value="take-documents"' not in seen
    asked = {"kind": "invoice", "act": "take-documents"}
    assert vera.post(page, {**asked, "one_time_key": new_key()}).status_code == 403

    told = cora.post(f"{page}?kind=invoice", asked, follow=True).content.decode()

    assert "2 linked; nothing was sent." in told
    assert "Nothing is left to decide" in told
    assert {books.record(each).state for each in ours} == {State.IN_THE_BOOKS}
