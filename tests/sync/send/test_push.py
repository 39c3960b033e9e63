"""What stands in their books after runs of the engine, over real HTTP."""

import time
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import void
from apps.billing.models import Change
from apps.connectors.port import Purpose
from apps.connectors.quickbooks.connector import QuickBooks
from apps.mappings.choices import set_mapping
from apps.mappings.models import Mapping
from apps.sync.models import Call, Reason, RemoteRecord, State, SyncRecord
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item


def test_an_issued_invoice_is_in_their_books_once_and_equal(books: Books) -> None:
    lamp = make_item(books.company, code="LAMP", name="Brass lamp")
    delivery = make_item(books.company, code="POST", name="Delivery")
    invoice = make_invoice(company=books.company, lines=[(lamp, 3, "19.99"), (delivery, 1, "4.50")])

    books.run()

    theirs = books.their_invoice(invoice.number)
    assert Decimal(str(theirs["TotalAmt"])) == Decimal("64.47") == invoice.total
    assert theirs["TxnDate"] == invoice.issue_date.isoformat()
    assert books.record(invoice).state == State.IN_THE_BOOKS
    # Dr receivable 64.47, Cr sales 64.47, on top of the test invoice's 100.00.
    assert books.balance("Accounts Receivable (A/R)") == Decimal("164.47")
    assert books.balance("Sales of Product Income") == Decimal("-164.47")


def test_a_draft_never_leaves(books: Books) -> None:
    make_invoice(company=books.company, issued=False)
    before = len(books.theirs("Invoice"))

    books.run()

    assert len(books.theirs("Invoice")) == before


@pytest.mark.slow
def test_with_nothing_changed_a_run_costs_one_call_and_writes_no_row(books: Books) -> None:
    make_invoice(company=books.company)
    books.run()
    books.run()
    rows = _rows(books)

    runs = [books.run() for _ in range(10)]

    assert [run.calls for run in runs] == [1] * 10
    assert _rows(books) == rows


@pytest.mark.slow
def test_thirty_invoices_travel_in_one_call(books: Books) -> None:
    customer = make_customer(books.company)
    item = make_item(books.company)
    for _ in range(30):
        make_invoice(customer=customer, lines=[(item, 1, 10)])

    books.run()

    writes = Call.objects.filter(connection=books.connection, purpose="documents")
    assert [len(call.members) for call in writes.exclude(members=[]).order_by("id")][1:] == [30]
    assert len(books.theirs("Invoice")) == 31


def test_more_than_is_planned_at_once_goes_over_in_one_run(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(QuickBooks.capabilities, planned_at_once=3)
    monkeypatch.setattr(QuickBooks, "capabilities", few)
    customer = make_customer(books.company)
    invoices = [make_invoice(customer=customer) for _ in range(7)]

    run = books.run(get=False)

    assert {books.record(each).state for each in invoices} == {State.IN_THE_BOOKS}
    sent = Call.objects.filter(run=run, purpose=Purpose.DOCUMENTS).order_by("pk")
    assert [len(each.members) for each in sent] == [3, 3, 1]


@pytest.mark.slow
@pytest.mark.parametrize("place", [0, 13, 29])
def test_one_bad_document_stops_itself_alone(books: Books, place: int) -> None:
    customer, item = make_customer(books.company), make_item(books.company)
    invoices = [make_invoice(customer=customer, lines=[(item, 1, 10)]) for _ in range(30)]
    books.server.arm(
        books.realm,
        "item_fault",
        code="6000",
        index=place,
        match={"endpoint": "batch", "contains": "operation", "nth": 3},
    )

    books.run()

    states = [books.record(each).state for each in invoices]
    assert states.count(State.IN_THE_BOOKS) == 29
    held = next(
        books.record(each) for each in invoices if books.record(each).state != "in_the_books"
    )
    assert held.state == State.NEEDS_PERSON
    assert held.sentence
    assert held.remedy
    assert len(books.theirs("Invoice")) == 30


@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
def test_a_lost_answer_does_not_make_a_second_invoice(books: Books, fault: str) -> None:
    invoice = make_invoice(company=books.company)
    books.server.arm(books.realm, fault, match={"endpoint": "batch", "contains": '"Invoice"'})

    books.run()
    assert books.record(invoice).state == State.UNKNOWN
    time.sleep(0.3)
    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert books.server.state(books.realm)["doubles"] == {"numbers": [], "markers": []}
    assert len(books.theirs("Invoice")) == 2


def test_a_throttled_run_waits_and_goes_on(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.server.arm(
        books.realm, "status", status=429, match={"endpoint": "batch", "contains": "operation"}
    )

    books.run()
    books.connection.refresh_from_db()

    assert books.record(invoice).state == State.WAITING
    assert books.connection.paused_until is not None


def test_an_expired_token_is_renewed_once_and_the_run_goes_on(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.server.tokens(books.realm, "expire_access")

    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert books.server.state(books.realm)["refreshes"] == 1


def test_a_revoked_grant_stops_these_books_and_asks_for_a_person(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.server.tokens(books.realm, "revoke_grant")

    run = books.run()
    books.connection.refresh_from_db()

    assert run.outcome == "stopped"
    assert books.connection.stage == "paused"
    assert "onnect again" in books.connection.stage_reason
    assert books.record(invoice).state == State.WAITING


def test_a_missing_mapping_is_named_before_any_call_and_released_when_chosen(
    books: Books,
) -> None:
    Mapping.objects.filter(connection=books.connection, subject="income").delete()
    invoice = make_invoice(company=books.company)

    run = books.run(get=False)

    held = books.record(invoice)
    assert run.calls == 0
    assert held.state == State.NEEDS_PERSON
    assert held.reason == Reason.MAPPING_MISSING
    assert "account" in held.sentence

    set_mapping(books.connection, "income", code=books.code("Sales of Product Income"))
    books.run(get=False)
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_a_void_invoice_is_void_over_there_and_owes_nothing(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    void(invoice, reason="Wrong customer")

    books.run()

    theirs = books.their_invoice(invoice.number)
    assert Decimal(str(theirs["TotalAmt"])) == 0
    assert theirs["PrivateNote"].startswith("Voided")
    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert books.balance("Accounts Receivable (A/R)") == Decimal("100")


def test_an_invoice_voided_before_it_left_stays_out(books: Books) -> None:
    invoice = make_invoice(company=books.company)
    void(invoice, reason="Typed twice")

    books.run()

    assert not SyncRecord.objects.filter(invoice=invoice).exclude(state=State.LEFT_OUT).exists()
    assert len(books.theirs("Invoice")) == 1


def test_what_is_dated_before_the_cut_off_is_not_sent(books: Books) -> None:
    invoice = make_invoice(company=books.company, issue_date=date(2025, 12, 31))

    books.run()

    assert not SyncRecord.objects.filter(invoice=invoice).exists()
    assert len(books.theirs("Invoice")) == 1


def test_a_second_run_finds_the_lease_and_leaves(books: Books) -> None:
    from apps.sync.lease import Lease
    from apps.sync.run import run_connection

    lease = Lease.acquire(books.connection.pk)
    assert lease is not None
    assert run_connection(books.connection.pk) is None
    lease.release()
    assert run_connection(books.connection.pk) is not None


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_number_taken_over_there_names_its_owner(books: Books, language: str) -> None:
    books.server.set_up(books.realm, language=language)
    draft = make_invoice(company=books.company, issued=False)
    theirs = books.theirs("Customer")[0]
    books.server.act(
        books.realm, "create_invoice", number="INV-2026-00002", amount=12, customer=theirs["Id"]
    )
    from apps.billing.actions import issue

    issue(draft)
    books.run()

    held = books.record(draft)
    assert held.reason == Reason.NUMBER_TAKEN
    assert held.state == State.NEEDS_PERSON
    assert "INV-2026-00002" in held.sentence
    assert "12" in held.sentence
    assert held.candidates.count() == 1


def test_a_name_that_a_vendor_has_is_said_so(books: Books) -> None:
    books.server.act(books.realm, "create_vendor", name="Harbour Paper Ltd")
    invoice = make_invoice(customer=make_customer(books.company, name="Harbour Paper Ltd"))

    books.run()

    held = books.record(invoice.customer)
    assert held.state == State.NEEDS_PERSON
    assert held.reason == Reason.NAME_TAKEN
    assert "Vendor Harbour Paper Ltd" in held.sentence
    waiting = books.record(invoice)
    assert waiting.state == State.WAITING
    assert waiting.reason == Reason.WAITS_FOR_RECORD


def test_an_inactive_customer_of_that_name_is_proposed_as_the_same(books: Books) -> None:
    books.server.act(books.realm, "create_customer", name="Old Mill")
    theirs = next(each for each in books.theirs("Customer") if each["DisplayName"] == "Old Mill")
    books.server.act(books.realm, "deactivate", kind="Customer", id=theirs["Id"])
    invoice = make_invoice(customer=make_customer(books.company, name="Old Mill"))

    books.run()

    held = books.record(invoice.customer)
    assert held.state == State.NEEDS_PERSON
    assert held.sentence


def _rows(books: Books) -> tuple[object, ...]:
    return (
        Change.objects.count(),
        list(SyncRecord.objects.order_by("id").values_list("id", "changed_at", "state")),
        list(RemoteRecord.objects.order_by("id").values_list("id", "read_at", "arrival")),
    )
