"""Invoices, customers and items that people change over there, over real HTTP."""

from decimal import Decimal
from typing import Any

from apps.billing.actions import change_open_fields, void
from apps.billing.changes import made_by
from apps.billing.models import Customer
from apps.sync.decide.acts import decide_conflict
from apps.sync.models import Agreed, Candidate, Reason, State
from tests.books import Books
from tests.factories import make_customer, make_invoice, make_item
from tests.sync.theirs import change_there, row_of, their_id

INVOICE, CUSTOMER, ITEM = "Invoice", "Customer", "Item"


# --- Documents --------------------------------------------------------------------------------


def test_another_amount_of_a_line_there_is_asked_with_both_amounts(
    books: Books, invoice: Any
) -> None:
    books.server.act(books.realm, "change_line", id=their_id(books, invoice), amount=120)

    books.run()

    record = books.record(invoice)
    invoice.refresh_from_db()
    assert invoice.total == 100
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CHANGED_ON_BOTH_SIDES)
    assert "its total is 100.00 GBP here and 120.00 GBP in QuickBooks" in record.sentence
    assert record.remedy
    assert {each.path for each in record.conflicts.all()} >= {"total", "lines.1.net"}
    total = record.conflicts.get(path="total")
    assert (total.base, total.ours, total.theirs) == ("100", "100", "120")


def test_a_dispute_ends_by_itself_when_they_put_it_back(books: Books, invoice: Any) -> None:
    remote_id = their_id(books, invoice)
    books.server.act(books.realm, "change_line", id=remote_id, amount=120)
    books.run()

    books.server.act(books.realm, "change_line", id=remote_id, quantity=10, price=10)
    books.run()

    record = books.record(invoice)
    assert record.state == State.IN_THE_BOOKS
    assert {each.decision for each in record.conflicts.all()} == {"settled"}


def test_what_is_recoded_there_stays_there_and_nothing_frozen_changes_here(
    books: Books, invoice: Any
) -> None:
    remote_id = their_id(books, invoice)
    item = books.server.connect(books.realm).item("Consulting")
    of_class = books.server.act(books.realm, "create_class", name="North")
    books.server.act(
        books.realm, "change_line", id=remote_id, item=item["Id"], **{"class": of_class["Id"]}
    )
    change_there(books, INVOICE, remote_id, PrivateNote=_note(books, remote_id, "seen by Kim"))
    books.run()
    assert row_of(books, INVOICE, remote_id).arrival == "applied"

    for time in range(3):
        with made_by(books.fay.pk, reason="Wording"):
            change_open_fields(invoice, message=f"Thank you {time}")
        books.run()

    theirs = books.their_invoice(invoice.number)
    detail = theirs["Line"][0]["SalesItemLineDetail"]
    assert detail["ItemRef"]["value"] == item["Id"]
    assert detail["ClassRef"]["value"] == of_class["Id"]
    assert "seen by Kim" in theirs["PrivateNote"]
    assert theirs["CustomerMemo"]["value"] == "Thank you 2"
    invoice.refresh_from_db()
    assert invoice.lines.get().item.name != "Consulting"
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_a_due_date_moved_there_stays_there_and_is_shown(books: Books, invoice: Any) -> None:
    remote_id = their_id(books, invoice)
    change_there(books, INVOICE, remote_id, DueDate="2026-06-30")
    books.run()

    row = row_of(books, INVOICE, remote_id)
    assert row.arrival == "applied"
    assert "30 June 2026" in row.sentence
    with made_by(books.fay.pk, reason="Wording"):
        change_open_fields(invoice, message="Thank you")
    books.run()

    theirs = books.their_invoice(invoice.number)
    assert theirs["DueDate"] == "2026-06-30"
    assert theirs["CustomerMemo"]["value"] == "Thank you"


def test_an_invoice_voided_there_is_put_before_a_person(books: Books, invoice: Any) -> None:
    books.server.act(books.realm, "void_invoice", id=their_id(books, invoice))

    books.run()

    record = books.record(invoice)
    invoice.refresh_from_db()
    assert invoice.is_issued
    assert record.state == State.NEEDS_PERSON
    assert "was voided in QuickBooks" in record.sentence
    assert record.conflicts.get().path == "void"


def test_an_invoice_voided_there_is_voided_here_once_a_person_says_so(
    books: Books, invoice: Any
) -> None:
    books.server.act(books.realm, "void_invoice", id=their_id(books, invoice))
    books.run()

    decide_conflict(books.record(invoice).conflicts.get(), "theirs", user_id=books.fay.pk)
    books.run()

    invoice.refresh_from_db()
    assert invoice.status == "void"
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_an_amount_changed_there_is_put_back_once_a_person_says_so(
    books: Books, invoice: Any
) -> None:
    books.server.act(books.realm, "change_line", id=their_id(books, invoice), amount=120)
    books.run()

    for conflict in books.record(invoice).conflicts.filter(decision=""):
        decide_conflict(conflict, "ours", user_id=books.fay.pk)
    books.run()

    assert books.their_invoice(invoice.number)["TotalAmt"] == 100
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_an_invoice_voided_on_both_sides_agrees(books: Books, invoice: Any) -> None:
    books.server.act(books.realm, "void_invoice", id=their_id(books, invoice))
    void(invoice, reason="Wrong customer")

    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert not books.record(invoice).conflicts.exists()


def test_an_invoice_deleted_there_is_never_made_again_by_itself(books: Books, invoice: Any) -> None:
    books.server.act(books.realm, "delete_invoice", id=their_id(books, invoice))

    books.run()
    books.run()

    record = books.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE)
    assert invoice.number in record.sentence
    assert invoice.number not in {each["DocNumber"] for each in books.theirs(INVOICE)}


def test_an_invoice_typed_there_is_listed_and_never_taken(books: Books, invoice: Any) -> None:
    customer = their_id(books, invoice.customer)
    typed = books.server.act(
        books.realm, "create_invoice", customer=customer, amount=40, number="T-1"
    )

    books.run()

    row = row_of(books, INVOICE, typed["Id"])
    assert (row.arrival, row.sync_record) == ("only_theirs", None)
    assert row.sentence


def test_a_copy_made_there_with_our_mark_in_it_is_no_second_invoice_of_ours(
    books: Books, invoice: Any
) -> None:
    copied = books.server.act(
        books.realm,
        "create_invoice",
        customer=their_id(books, invoice.customer),
        amount=100,
        number="COPY-1",
        note=f"Tieout {invoice.public_id.hex}",
    )

    books.run()

    row = row_of(books, INVOICE, copied["Id"])
    assert (row.arrival, row.waits_for, row.sync_record) == ("waits", "decision", None)
    assert invoice.number in row.sentence
    candidate = row.candidates.get()
    assert (candidate.double, candidate.decision) == (True, "")
    # Under another number it was not sent by us: ours goes on.
    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_a_payment_bumping_an_invoice_is_an_echo(books: Books, invoice: Any) -> None:
    before = Agreed.objects.get(record=books.record(invoice)).at
    books.server.act(books.realm, "record_payment", invoices=[their_id(books, invoice)])

    books.run()

    row = row_of(books, INVOICE, their_id(books, invoice))
    assert row.arrival == "echo"
    assert row.balance == Decimal(0)
    assert Agreed.objects.get(record=books.record(invoice)).at >= before


# --- Customers and items ----------------------------------------------------------------------


def test_a_customer_renamed_there_is_renamed_here_and_not_sent_back(
    books: Books, invoice: Any
) -> None:
    remote_id = their_id(books, invoice.customer)
    change_there(books, CUSTOMER, remote_id, DisplayName="Harbour Books Ltd")
    version = _version(books, CUSTOMER, remote_id)

    books.run()
    books.run()

    customer = Customer.objects.get(pk=invoice.customer_id)
    assert customer.name == "Harbour Books Ltd"
    assert _version(books, CUSTOMER, remote_id) == version
    invoice.refresh_from_db()
    assert invoice.customer_name != "Harbour Books Ltd"
    made = customer.history.first()
    assert books.connection.origin in made.history_change_reason


def test_changes_of_different_fields_on_both_sides_are_merged(books: Books, invoice: Any) -> None:
    customer = invoice.customer
    remote_id = their_id(books, customer)
    change_there(books, CUSTOMER, remote_id, DisplayName="Harbour Books Ltd")
    customer.email = "books@example.com"
    customer.save()

    books.run()

    customer.refresh_from_db()
    theirs = _theirs(books, CUSTOMER, remote_id)
    assert (customer.name, customer.email) == ("Harbour Books Ltd", "books@example.com")
    assert theirs["DisplayName"] == "Harbour Books Ltd"
    assert theirs["PrimaryEmailAddr"]["Address"] == "books@example.com"
    assert books.record(customer).state == State.IN_THE_BOOKS


def test_the_same_field_changed_on_both_sides_is_asked(books: Books, invoice: Any) -> None:
    customer = invoice.customer
    remote_id = their_id(books, customer)
    change_there(books, CUSTOMER, remote_id, DisplayName="Harbour Books Ltd")
    customer.name = "Harbour Bookshop"
    customer.save()

    books.run()

    record = books.record(customer)
    assert record.reason == Reason.CHANGED_ON_BOTH_SIDES
    assert "“Harbour Bookshop” here and “Harbour Books Ltd” in QuickBooks" in record.sentence
    assert _theirs(books, CUSTOMER, remote_id)["DisplayName"] == "Harbour Books Ltd"


def test_a_name_that_is_taken_here_is_put_before_a_person(books: Books, invoice: Any) -> None:
    make_customer(books.company, name="Harbour Books Ltd")
    change_there(
        books, CUSTOMER, their_id(books, invoice.customer), DisplayName="Harbour Books Ltd"
    )

    books.run()

    record = books.record(invoice.customer)
    assert record.state == State.NEEDS_PERSON
    assert "There is a customer of this name already" in record.sentence


def test_an_item_made_inactive_there_is_inactive_here(books: Books) -> None:
    lamp = make_item(books.company, code="LAMP", name="Brass lamp")
    make_invoice(company=books.company, lines=[(lamp, 1, 20)])
    books.run()

    books.server.act(books.realm, "deactivate", kind=ITEM, id=their_id(books, lamp))
    books.run()

    lamp.refresh_from_db()
    assert not lamp.active
    assert lamp.name == "Brass lamp"


def test_a_customer_of_theirs_is_listed_and_never_made_here(books: Books) -> None:
    theirs = books.server.act(books.realm, "create_customer", name="Walk-in Wendy")

    books.run()

    assert row_of(books, CUSTOMER, theirs["Id"]).arrival == "only_theirs"
    assert not Customer.objects.filter(name="Walk-in Wendy").exists()


def test_a_customer_of_the_same_name_on_both_sides_is_proposed(books: Books) -> None:
    ours = make_customer(books.company, name="Harbour Books")
    theirs = books.server.act(books.realm, "create_customer", name="harbour books")
    make_invoice(customer=ours)

    books.run()

    candidate = Candidate.objects.get()
    assert candidate.sync_record == books.record(ours)
    assert candidate.remote_record == row_of(books, CUSTOMER, theirs["Id"])
    assert books.record(ours).reason == Reason.MAYBE_THE_SAME
    assert len([each for each in books.theirs(CUSTOMER) if "arbour" in each["DisplayName"]]) == 1


def _theirs(books: Books, kind: str, remote_id: str) -> dict[str, Any]:
    return next(each for each in books.theirs(kind) if each["Id"] == remote_id)


def _version(books: Books, kind: str, remote_id: str) -> str:
    return str(_theirs(books, kind, remote_id)["SyncToken"])


def _note(books: Books, remote_id: str, more: str) -> str:
    return f"{_theirs(books, INVOICE, remote_id)['PrivateNote']}\n{more}"
