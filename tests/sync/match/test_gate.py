"""What may stand there already is held until a person decides; deciding frees it at once."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.billing.changes import made_by
from apps.billing.models import Change, Customer
from apps.connections.lifecycle import open_connector
from apps.connectors.snapshots import Kind
from apps.sync.decide.acts import decide_candidate, retry
from apps.sync.decide.matching import accept, bring_in, create_there, reject
from apps.sync.dry.first_run import first_run
from apps.sync.match.gate import Gate
from apps.sync.match.pairs import matches
from apps.sync.models import Candidate, MatchDecision, Reason, RemoteRecord, State, SyncRecord
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item
from tests.sync.theirs import all_rows, change_there, row_of, their_id

pytestmark = pytest.mark.django_db


def there(books: Books, name: str, **fields: Any) -> RemoteRecord:
    """A customer that somebody made over there, as read."""
    made = books.server.connect(books.realm).customer(name, **fields)
    books.run()
    return row_of(books, "Customer", made["Id"])


def called_so(books: Books, *names: str) -> list[str]:
    return sorted(each["DisplayName"] for each in books.theirs("Customer")
                  if each["DisplayName"] in names)  # fmt: skip


@pytest.mark.slow
def test_a_new_customer_is_held_for_a_likeness_and_goes_once_it_is_told_apart(books: Books) -> None:
    row = there(books, "Kestrel and Daughters")
    ours = make_customer(books.company, name="Kestrel & Daughters Ltd")
    invoice = make_invoice(customer=ours)
    books.run()
    record = books.record(ours)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.MAYBE_THE_SAME)
    assert record.sentence == "It may be the same as “Kestrel and Daughters” in QuickBooks."
    assert "page “Match”" in record.remedy
    assert called_so(books, ours.name) == []
    assert books.record(invoice).state == State.WAITING
    assert retry([record])[0] == 0, "decided on another page"

    before = all_rows(books)
    books.run()
    assert all_rows(books) == before, "a run with nothing new wrote something"

    pair, fay = (books.connection, Kind.CUSTOMER, ours.pk, row.pk), books.fay.pk
    with pytest.raises(ValidationError, match=r"Say why .* are two\. For instance"):
        reject(*pair, user_id=fay, reason="  ")
    reject(*pair, user_id=fay, reason="Another branch")
    assert MatchDecision.objects.get().reason == "Another branch"
    record.refresh_from_db()
    assert record.state == State.WAITING, "not freed at once"
    books.run()
    assert called_so(books, ours.name, row.name) == sorted([row.name, ours.name])
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_what_was_told_apart_is_not_asked_about_again_when_theirs_changes(books: Books) -> None:
    rows = [there(books, name) for name in ("Kestrel Cycles", "Copper Bakery")]
    apart, chosen = (make_customer(books.company, name=each.name) for each in rows)
    said = {"user_id": books.fay.pk, "reason": "Another branch"}
    reject(books.connection, Kind.CUSTOMER, apart.pk, rows[0].pk, **said)
    create_there(books.connection, Kind.CUSTOMER, [chosen.pk], **said)
    for each in rows:
        change_there(
            books, "Customer", each.remote_id, PrimaryPhone={"FreeFormNumber": "020 7946 0000"}
        )
    books.run()
    assert not Candidate.objects.exists()


def test_accepting_ties_them_and_the_invoice_goes_to_theirs(books: Books) -> None:
    row = there(books, "Kestrel and Daughters", PrimaryEmailAddr={"Address": "k@kestrel.example"})
    ours = make_customer(books.company, name="Kestrel & Daughters", phone="020 7946 0000")
    invoice = make_invoice(customer=ours)
    books.run()
    assert first_run(books.connection).customers == 1
    accept(books.connection, Kind.CUSTOMER, ours.pk, row.pk, user_id=books.fay.pk)
    assert first_run(books.connection).customers == 0, "one that stands there is told as new"
    books.run()
    assert books.their_invoice(invoice.number)["CustomerRef"]["value"] == row.remote_id
    [theirs] = [each for each in books.theirs("Customer") if each["Id"] == row.remote_id]
    assert theirs["PrimaryEmailAddr"]["Address"] == "k@kestrel.example", "linking wiped it"
    assert theirs["PrimaryPhone"]["FreeFormNumber"] == "020 7946 0000"
    assert theirs["DisplayName"] == "Kestrel & Daughters"
    ours.refresh_from_db()
    assert ours.email == "k@kestrel.example"


@pytest.mark.slow
def test_a_change_on_either_side_that_ends_the_likeness_frees_it(books: Books) -> None:
    row = there(books, "Kestrel and Daughters")
    other = there(books, "Copper Bakery")
    first = make_customer(books.company, name="Kestrel & Daughters")
    second = make_customer(books.company, name="Copper Bakery Ltd")
    for each in (first, second):
        make_invoice(customer=each)
    books.run()
    assert {books.record(each).reason for each in (first, second)} == {Reason.MAYBE_THE_SAME}
    books.server.act(books.realm, "rename_customer", id=row.remote_id, name="Zephyr Joinery")
    with made_by(books.fay.pk):
        second.name = "Obsidian Textiles"
        second.save()
    books.run()
    books.run()
    assert {books.record(each).state for each in (first, second)} == {State.IN_THE_BOOKS}
    assert their_id(books, second) != other.remote_id


@pytest.mark.slow
def test_two_of_theirs_and_an_archived_one_are_likely_at_most_and_say_why(books: Books) -> None:
    for name in ("Kestrel and Daughters", "Kestrel & Daughters Ltd"):
        there(books, name, PrimaryEmailAddr={"Address": "k@kestrel.example"})
    old = there(books, "Copper Bakery", PrimaryEmailAddr={"Address": "c@copper.example"})
    books.server.act(books.realm, "deactivate", kind="Customer", id=old.remote_id)
    books.run()
    make_customer(books.company, name="Kestrel & Daughters", email="k@kestrel.example")
    ours = make_customer(books.company, name="Copper Bakery Ltd", email="c@copper.example")
    found = matches(books.connection, open_connector(books.connection), Kind.CUSTOMER)
    against = {(found.there[each.theirs].name, each.likeness.against) for each in found.likely}
    twice = ("2 of theirs fit it equally well",)
    assert against >= {
        ("Kestrel and Daughters", twice),
        ("Kestrel & Daughters Ltd", twice),
        ("Copper Bakery", ("it is archived there",)),
    }
    assert found.exact == ()
    invoice = make_invoice(customer=ours)
    books.run()
    assert "“Copper Bakery” in QuickBooks" in books.record(ours).sentence
    accept(books.connection, Kind.CUSTOMER, ours.pk, old.pk, user_id=books.fay.pk)
    books.run()
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_a_name_that_a_vendor_has_ends_in_a_sentence(books: Books) -> None:
    books.server.connect(books.realm).post("vendor", {"DisplayName": "Kestrel Cycles"})
    books.run()
    ours = make_customer(books.company, name="Kestrel Cycles")
    make_invoice(customer=ours)
    books.run()
    record = books.record(ours)
    assert record.state == State.NEEDS_PERSON
    assert "taken in QuickBooks by Vendor Kestrel Cycles" in record.sentence
    assert "another name" in record.remedy


def test_create_there_sends_it_whatever_is_like_it(books: Books) -> None:
    there(books, "Kestrel and Daughters")
    ours = make_customer(books.company, name="Kestrel & Daughters Ltd")
    make_invoice(customer=ours)
    books.run()
    alone = make_customer(books.company, name="Obsidian Textiles")
    keys = [ours.pk, alone.pk]
    with pytest.raises(ValidationError, match="Say why Kestrel & Daughters Ltd is created beside"):
        create_there(books.connection, Kind.CUSTOMER, keys, user_id=books.fay.pk)
    assert create_there(books.connection, Kind.CUSTOMER, [alone.pk], user_id=books.fay.pk) == 1
    said = {"user_id": books.fay.pk, "reason": "Another branch"}
    assert create_there(books.connection, Kind.CUSTOMER, [ours.pk], **said) == 1
    books.run()
    assert books.record(ours).state == State.IN_THE_BOOKS


def test_create_there_is_of_what_stood_before_the_eyes(books: Books) -> None:
    """What of theirs is read later and is like it is asked about all the same."""
    ours = make_customer(books.company, name="Copper Bakery")
    first = there(books, "Copper Bakery Ltd")
    why = "Another branch"
    create_there(books.connection, Kind.CUSTOMER, [ours.pk], user_id=books.fay.pk, reason=why)
    assert pairs_of(books) == set()
    second = there(books, "Copper Bakery Limited London")
    assert pairs_of(books) == {(ours.pk, second.pk)}
    assert first.pk != second.pk


def pairs_of(books: Books) -> set[tuple[int, int]]:
    told = matches(books.connection, open_connector(books.connection), Kind.CUSTOMER)
    return {(each.ours, each.theirs) for each in told.pairs}


def test_what_is_brought_in_sends_nothing_back(books: Books) -> None:
    row = there(books, "Kestrel Cycles", PrimaryPhone={"FreeFormNumber": "020 7946 0000"})
    versions = {each["Id"]: each["SyncToken"] for each in books.theirs("Customer")}
    alike = make_customer(books.company, name="Kestrel Cycles Ltd")
    with pytest.raises(
        ValidationError, match=r"may be the same as Kestrel Cycles Ltd here\. Decide"
    ):
        bring_in(books.connection, Kind.CUSTOMER, [row.pk], user_id=books.fay.pk)
    reject(
        books.connection,
        Kind.CUSTOMER,
        alike.pk,
        row.pk,
        user_id=books.fay.pk,
        reason="Another branch",
    )
    done = bring_in(books.connection, Kind.CUSTOMER, [row.pk], user_id=books.fay.pk)
    assert (done.count, done.refused) == (1, [])
    brought = Customer.objects.get(name="Kestrel Cycles")
    assert Change.objects.get(kind="customer", subject_id=brought.pk).quiet
    run = books.run()
    assert run.pushed == 0
    assert {each["Id"]: each["SyncToken"] for each in books.theirs("Customer")} == versions


def test_a_thousand_records_are_a_bounded_number_of_questions(books: Books) -> None:
    there(books, "Kestrel and Daughters")
    gate = Gate(books.connection, open_connector(books.connection))

    def asked(number: int) -> int:
        records = []
        for _ in range(number):
            item = make_item(books.company)
            records.append(
                SyncRecord(connection=books.connection, kind="item", item=item, wanted=1)
            )
        with CaptureQueriesContext(database) as told:
            gate.held(Kind.ITEM, records)
        return len(told)

    assert asked(1) <= 8  # theirs are read once a run
    assert asked(1) == asked(300) <= 6


@pytest.mark.slow
def test_a_sale_that_was_typed_there_under_another_number_is_asked_about(books: Books) -> None:
    first = make_invoice(company=books.company)
    books.run()
    customer = first.customer
    server, to = books.server.connect(books.realm), their_id(books, customer)
    server.invoice(to, 250, DocNumber="1037", TxnDate="2026-03-05")
    server.invoice(to, 250, DocNumber="1038", TxnDate="2026-05-05")
    books.run()
    number = len(books.theirs("Invoice"))
    ours = make_invoice(customer=customer, lines=[(make_item(books.company), 1, 250)])
    books.run()
    record = books.record(ours)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.MAYBE_THE_SAME)
    assert "It may be the same sale as one that stands there" in record.sentence
    assert "1037 of 5 March 2026 over 250.00 GBP there" in record.sentence
    candidate = Candidate.objects.get(sync_record=record)
    assert len(books.theirs("Invoice")) == number
    books.run()
    assert Candidate.objects.filter(sync_record=record).count() == 1
    decide_candidate(
        candidate, Candidate.Decision.KEEP_BOTH, user_id=books.fay.pk, reason="Two visits"
    )
    books.run()
    assert books.record(ours).state == State.IN_THE_BOOKS
    assert len(books.theirs("Invoice")) == number + 1


def test_a_sale_that_was_typed_there_is_linked_and_not_sent(books: Books) -> None:
    first = make_invoice(company=books.company)
    books.run()
    server = books.server.connect(books.realm)
    typed = server.invoice(
        their_id(books, first.customer), 250, DocNumber="1037", TxnDate="2026-03-02"
    )
    books.run()
    ours = make_invoice(customer=first.customer, lines=[(make_item(books.company), 1, 250)])
    books.run()
    number = len(books.theirs("Invoice"))
    candidate = Candidate.objects.get(sync_record=books.record(ours))
    decide_candidate(candidate, Candidate.Decision.LINK, user_id=books.fay.pk)
    books.run()
    assert their_id(books, ours) == str(typed.get("Id", typed.get("Invoice", {}).get("Id")))
    assert len(books.theirs("Invoice")) == number
    # Its number is another one there: a person says which stands.
    assert books.record(ours).reason == Reason.CHANGED_ON_BOTH_SIDES
