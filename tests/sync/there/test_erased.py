"""A customer that was erased here does not come back by a reading of its books, nor go there again."""

from apps.billing.models import Change, Customer
from apps.sync.models import RemoteRecord, State, SyncRecord, unpacked
from tests.all_rights import make_almighty
from tests.books import Books
from tests.exchange.erasing.erased import erased
from tests.sync.theirs import an_invoice_in_their_books, change_there, pay_there, row_of, their_id


def test_what_their_books_say_of_it_is_neither_kept_nor_taken_over(books: Books) -> None:
    invoice = an_invoice_in_their_books(books)
    pay_there(books, invoice)
    books.run()
    customer = Customer.objects.get(pk=invoice.customer_id)
    key, name = their_id(books, customer), customer.name
    asker, second = (make_almighty(f"{name}@example.com") for name in ("asker", "second"))
    erased(customer, asker, second)
    row = row_of(books, "Customer", key)
    assert name not in str(unpacked(row.packed_raw)), "what was read of it is gone too"
    count = Customer.objects.filter(company=books.company).count()
    changes = Change.objects.filter(kind="customer").count()

    change_there(books, "Customer", key, PrimaryEmailAddr={"Address": "anna@bell.example"})
    books.run()
    row = row_of(books, "Customer", key)
    assert unpacked(row.packed_raw) == {}
    assert (row.name, row.arrival) == ("", RemoteRecord.Arrival.APPLIED)
    assert "erased here" in row.sentence
    customer = Customer.objects.get(pk=customer.pk)
    assert (customer.email, customer.active) == ("", False)
    assert Change.objects.filter(kind="customer").count() == changes
    assert Customer.objects.filter(company=books.company).count() == count

    # Nor by hand: somebody presses “Send again”.
    record = SyncRecord.objects.get(customer=customer)
    record.plan_again()
    record.save()
    books.run()
    record.refresh_from_db()
    assert record.state == State.NEEDS_PERSON
    assert "erased here" in record.sentence
    there = next(each for each in books.theirs("Customer") if each["Id"] == key)
    assert (there["DisplayName"], there["Active"]) == (name, True)


def test_what_is_read_of_its_documents_says_no_more_how_to_reach_it(books: Books) -> None:
    invoice = an_invoice_in_their_books(books)
    pay_there(books, invoice)
    books.run()
    asker, second = (make_almighty(f"{name}@example.com") for name in ("asker", "second"))
    erased(Customer.objects.get(pk=invoice.customer_id), asker, second)
    key = their_id(books, invoice)
    change_there(books, "Invoice", key, BillEmail={"Address": "anna@bell.example"})
    books.run()
    row = row_of(books, "Invoice", key)
    said = unpacked(row.packed_raw)
    assert said["BillEmail"] == {"Address": ""}
    assert said["CustomerRef"]["value"]
    assert row.balance == 0
    read_at = row.read_at
    books.run()
    assert row_of(books, "Invoice", key).read_at == read_at, "what did not change is no news"
