"""The worst network there is: what the engine makes of answers that go wrong, over real HTTP."""

import time
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, receive_payment, reverse, void
from apps.connections.models import Connection
from apps.sync.models import Call, Reason, State, SyncRecord
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item

pytestmark = (
    pytest.mark.slow
)  # a lost answer waits for its time-out; the default run has one of each

INVOICES = {"endpoint": "batch", "contains": '"Invoice"'}


def invoices_of(books: Books, count: int) -> list[Any]:
    customer, item = make_customer(books.company), make_item(books.company)
    return [make_invoice(customer=customer, lines=[(item, 1, 10)]) for _ in range(count)]


def settled(books: Books, *, runs: int = 3) -> None:
    """Runs until nothing is due any more, as ticks would start them."""
    for _ in range(runs):
        time.sleep(0.25)
        books.run(get=False)


def assert_once(books: Books, invoices: list[Any]) -> None:
    """Each in the books, once, and nothing beside them but the test invoice."""
    assert {books.record(each).state for each in invoices} == {State.IN_THE_BOOKS}
    numbers = [each["DocNumber"] for each in books.theirs("Invoice")]
    assert sorted(numbers) == sorted(set(numbers))
    assert len(numbers) == len(invoices) + 1
    assert books.server.state(books.realm)["doubles"] == {"numbers": [], "markers": []}


@pytest.mark.parametrize("fault", ["missing_item", "doubled_item"])
def test_one_answer_left_out_of_a_batch_is_found_out_and_troubles_no_other(
    books: Books, fault: str
) -> None:
    invoices = invoices_of(books, 3)
    books.server.arm(books.realm, fault, index=1, match=INVOICES)

    books.run()
    states = sorted(books.record(each).state for each in invoices)
    assert states == [State.IN_THE_BOOKS, State.IN_THE_BOOKS, State.UNKNOWN]
    before = {
        each.pk: each.changed_at for each in SyncRecord.objects.filter(state=State.IN_THE_BOOKS)
    }

    settled(books)

    assert_once(books, invoices)
    after = SyncRecord.objects.filter(pk__in=before)
    assert {each.pk: each.changed_at for each in after} == before


def test_answers_in_another_order_find_their_records(books: Books) -> None:
    invoices = invoices_of(books, 5)
    books.server.arm(books.realm, "reordered_items", match=INVOICES)

    books.run()

    assert_once(books, invoices)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("status", {"status": 500}),
        ("status", {"status": 503, "after_commit": True}),
        ("status", {"status": 502, "body": "html"}),
        ("status", {"status": 504, "body": "html", "after_commit": True}),
        ("malformed", {"after_commit": True}),
        ("malformed", {"after_commit": True, "body": "html"}),
        ("malformed", {}),
        ("empty_200", {"after_commit": True}),
        ("empty_200", {}),
    ],
)
def test_an_answer_that_proves_nothing_is_found_out_before_anything_is_sent_again(
    books: Books, fault: str, told: dict[str, Any]
) -> None:
    invoices = invoices_of(books, 2)
    books.server.arm(books.realm, fault, match=INVOICES, **told)

    books.run()
    assert {books.record(each).state for each in invoices} == {State.UNKNOWN}
    assert all(books.record(each).sentence for each in invoices)

    settled(books)
    assert_once(books, invoices)


def test_an_answer_damaged_each_time_is_looked_up_instead(books: Books) -> None:
    invoices = invoices_of(books, 2)
    books.server.arm(books.realm, "empty_200", times=2, after_commit=True, match=INVOICES)

    books.run()
    settled(books)

    assert_once(books, invoices)


def test_a_limit_met_in_the_middle_of_the_batches_keeps_what_went_before_and_sends_the_rest_later(
    books: Books,
) -> None:
    invoices = invoices_of(books, 240)
    books.server.arm(books.realm, "status", status=429, retry_after=1, match={**INVOICES, "nth": 3})

    books.run()
    there = len(books.theirs("Invoice"))
    assert 60 <= there < 240
    time.sleep(1.3)
    settled(books, runs=2)

    assert_once(books, invoices)


def test_a_token_that_ends_under_several_calls_at_once_is_renewed_once(books: Books) -> None:
    invoices_of(books, 1)
    books.run()  # the customer and the item are there
    before = books.server.state(books.realm)["refreshes"]
    invoices = invoices_of(books, 90)
    books.server.tokens(books.realm, "expire_access")

    books.run(get=False)

    assert {books.record(each).state for each in invoices} == {State.IN_THE_BOOKS}
    assert books.server.state(books.realm)["refreshes"] == before + 1


def test_a_fault_of_a_code_nobody_knows_ends_before_a_person_with_their_words(
    books: Books,
) -> None:
    (invoice,) = invoices_of(books, 1)
    books.server.arm(books.realm, "fault_in_200", code="10000", times=1000, match=INVOICES)

    for _ in range(40):
        books.run(get=False)
        if books.record(invoice).state == State.NEEDS_PERSON:
            break
        time.sleep(0.25)

    held = books.record(invoice)
    assert held.state == State.NEEDS_PERSON
    assert held.reason == Reason.REFUSED
    assert "application error" in held.sentence
    assert held.remedy
    assert len(books.theirs("Invoice")) == 1


def test_an_authorisation_refused_in_the_middle_of_sending_pauses_and_asks_for_a_person(
    books: Books,
) -> None:
    invoices = invoices_of(books, 2)
    books.server.arm(books.realm, "status", status=401, times=1000, match=INVOICES)

    run = books.run()
    books.connection.refresh_from_db()

    assert run.outcome == "stopped"
    assert books.connection.stage == "paused"
    assert "onnect again" in books.connection.stage_reason
    # Who refused may have stood before or behind the books: that is found out after connecting.
    assert {books.record(each).state for each in invoices} == {State.UNKNOWN}
    assert not Call.objects.filter(connection=books.connection, state="intended").exists()

    books.server.disarm(books.realm)
    Connection.objects.filter(pk=books.connection.pk).update(stage=Connection.Stage.LIVE)
    settled(books)
    assert_once(books, invoices)


@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
def test_an_invoice_voided_here_while_its_answer_is_lost_ends_void_there_once(
    books: Books, fault: str
) -> None:
    (invoice,) = invoices_of(books, 1)
    books.server.arm(books.realm, fault, match=INVOICES)
    books.run()

    void(invoice, reason="Typed twice")
    settled(books)

    assert_once(books, [invoice])
    assert Decimal(str(books.their_invoice(invoice.number)["TotalAmt"])) == 0


@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
def test_money_applied_here_while_its_answer_is_lost_is_applied_there_too(
    books: Books, fault: str
) -> None:
    (invoice,) = invoices_of(books, 1)
    books.run()
    payment = receive_payment(
        customer=invoice.customer,
        amount=invoice.total,
        date=invoice.issue_date,
        method=books.method,
        apply=[],
    )
    books.server.arm(books.realm, fault, match={"endpoint": "batch", "contains": '"Payment"'})
    books.run()
    assert books.record(payment).state == State.UNKNOWN

    allocate(payment, invoice, invoice.total, on=invoice.issue_date)
    settled(books)

    assert books.record(payment).state == State.IN_THE_BOOKS
    assert len(books.theirs("Payment")) == 1
    assert Decimal(str(books.their_invoice(invoice.number)["Balance"])) == 0
    open_records = SyncRecord.objects.exclude(state=State.IN_THE_BOOKS)
    assert not open_records.exists()


@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
def test_money_taken_back_from_an_invoice_while_its_answer_is_lost_is_open_there_too(
    books: Books, fault: str
) -> None:
    (invoice,) = invoices_of(books, 1)
    books.run()
    payment = receive_payment(
        customer=invoice.customer,
        amount=invoice.total,
        date=invoice.issue_date,
        method=books.method,
        apply=[(invoice, invoice.total)],
    )
    books.server.arm(books.realm, fault, match={"endpoint": "batch", "contains": '"Payment"'})
    books.run()
    assert books.record(payment).state == State.UNKNOWN

    reverse(payment.allocations.get(), on=invoice.issue_date, reason="Of another invoice")
    settled(books)

    assert len(books.theirs("Payment")) == 1
    assert Decimal(str(books.their_invoice(invoice.number)["Balance"])) == invoice.total
    assert not SyncRecord.objects.exclude(state=State.IN_THE_BOOKS).exists()
