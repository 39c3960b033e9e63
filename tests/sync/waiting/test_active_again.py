"""What their books refused since something was inactive goes by itself once that is active again."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import change_open_fields, void
from apps.mappings.codes import read_codes
from apps.sync.decide.acts import recreate, retry
from apps.sync.models import Reason, State
from tests.books import Books
from tests.factories import make_credit_note, make_invoice, make_item, make_payment
from tests.sync.theirs import their_id

pytestmark = pytest.mark.slow


@pytest.fixture
def lamp(books: Books) -> Any:
    """An item that is in their books with an invoice."""
    lamp = make_item(books.company)
    make_invoice(company=books.company, lines=[(lamp, 1, 10)])
    books.run()
    return lamp


def _refused(books: Books, subject: Any) -> None:
    assert books.record(subject).state == State.NEEDS_PERSON, books.record(subject).sentence


@pytest.mark.parametrize("what", ["Customer", "Item"])
@pytest.mark.parametrize("make", ["invoice", "credit_note", "payment"])
def test_what_was_refused_goes_once_its_customer_or_item_is_active_there_again(
    books: Books, lamp: Any, make: str, what: str
) -> None:
    invoice = make_invoice(company=books.company, lines=[(lamp, 1, 10)])
    books.run()
    named = invoice.customer if what == "Customer" else lamp
    remote_id = their_id(books, named)
    books.server.act(books.realm, "deactivate", kind=what, id=remote_id)
    made: Any = {
        "invoice": lambda: make_invoice(customer=invoice.customer, lines=[(lamp, 2, 10)]),
        "credit_note": lambda: make_credit_note(customer=invoice.customer, lines=[(lamp, 1, 10)]),
        "payment": lambda: make_payment(invoice=invoice, method=books.method),
    }[make]()
    # It leaves before the news of the inactive one is read.
    books.run(get=False)
    if books.record(made).state == State.IN_THE_BOOKS:
        assert (make, what) == ("payment", "Item"), "a payment names no item"
        return
    _refused(books, made)
    books.run()

    books.server.act(books.realm, "activate", kind=what, id=remote_id)
    books.run()
    books.run()

    assert books.record(made).state == State.IN_THE_BOOKS, books.record(made).sentence


def test_retry_sends_again_what_was_refused_since_something_was_inactive(
    books: Books, lamp: Any
) -> None:
    """The remedy says: make it active there. It is not the record itself that is gone."""
    invoice = make_invoice(company=books.company, lines=[(lamp, 1, 10)])
    books.server.act(books.realm, "deactivate", kind="Item", id=their_id(books, lamp))
    books.run(get=False)
    _refused(books, invoice)
    books.server.act(books.realm, "activate", kind="Item", id=their_id(books, lamp))

    assert retry([books.record(invoice)]) == (1, [])
    books.run(get=False)

    assert books.record(invoice).state == State.IN_THE_BOOKS


def test_what_waits_for_an_account_goes_once_that_is_active_there_again(books: Books) -> None:
    account = books.code("Undeposited Funds")
    books.server.act(books.realm, "deactivate", kind="Account", id=account.remote_id)
    read_codes(books.connection)
    payment = make_payment(invoice=make_invoice(company=books.company), method=books.method)
    books.connection.refresh_from_db()
    books.run()
    _refused(books, payment)
    assert books.record(payment).waits_for.startswith("mapping:")

    books.server.act(books.realm, "activate", kind="Account", id=account.remote_id)
    read_codes(books.connection)
    books.run()

    assert books.record(payment).state == State.IN_THE_BOOKS


@pytest.mark.parametrize("fault", ["610", "2500", "named"])
@pytest.mark.parametrize("how", ["create", "change", "void"])
def test_what_names_something_inactive_is_never_offered_to_be_created_anew(
    books: Books, lamp: Any, how: str, fault: str
) -> None:
    """It stands there, or never came: sent as a new one, the invoice would be there twice."""
    books.server.set_up(books.realm, inactive_fault=fault)
    invoice = make_invoice(company=books.company, lines=[(lamp, 1, 10)])
    if how != "create":
        books.run()
        if how == "change":
            change_open_fields(invoice, message="Thank you for your order")
        else:
            void(invoice, reason="Typed twice")
        # What is named may be anything: the answer does not say, whatever it was.
        code = "610" if fault == "610" else "2500"
        books.server.arm(books.realm, "item_fault", code=code, index=0, match={"endpoint": "batch"})
    else:
        books.server.act(books.realm, "deactivate", kind="Item", id=their_id(books, lamp))
    books.run(get=False)
    record = books.record(invoice)
    _refused(books, invoice)
    assert record.reason == Reason.REFUSED
    assert "inactive or missing" in record.remedy
    with pytest.raises(ValidationError):
        recreate(record, user_id=books.fay.pk, reason="It says inactive")
    assert retry([record]) == (1, [])
    if how == "create":
        books.server.act(books.realm, "activate", kind="Item", id=their_id(books, lamp))
    books.run(get=False)

    assert books.record(invoice).state == State.IN_THE_BOOKS
    assert [each["DocNumber"] for each in books.theirs("Invoice")].count(invoice.number) == 1
