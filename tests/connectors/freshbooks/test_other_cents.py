"""An invoice that came out with other cents there is asked about once, in its own words."""

import pytest

from apps.reconciliation.compare import compare
from apps.sync.models import Reason, RemoteRecord, State
from tests.connectors.freshbooks.live import FreshBooksBooks
from tests.factories import make_customer, make_invoice, make_item, make_tax_rate

pytestmark = pytest.mark.django_db


def test_what_stands_there_otherwise_is_read_again_and_is_no_second_question(
    books: FreshBooksBooks,
) -> None:
    """Three lines of 0.33 at 5 %: 0.05 by rate, as the company rounds, and three times 0.02 there."""
    books.server.act(books.business, "create", kind="taxes", body={"name": "Low", "amount": "5"})
    low = make_tax_rate(books.company, 5)
    books.company.tax_rounding = "rate"
    books.company.save()
    books.map()
    item = make_item(books.company)
    invoice = make_invoice(
        customer=make_customer(books.company), lines=[(item, 1, "0.33", low)] * 3
    )

    books.run()
    record = books.record(invoice)
    stands = RemoteRecord.objects.get(sync_record=record)
    told = {"kind": "invoices", "id": int(stands.remote_id), "body": {"po_number": "77"}}
    books.server.act(books.business, "edit", **told)
    books.run()

    record.refresh_from_db()
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.REFUSED)
    assert "tax is 0.06, not 0.05" in record.sentence
    there = RemoteRecord.objects.get(sync_record=record)
    assert there.number == invoice.number
    assert (there.arrival, there.sentence) == (RemoteRecord.Arrival.ECHO, "")


def test_which_cent_is_of_which_rate_is_not_told_and_no_difference(books: FreshBooksBooks) -> None:
    """By line 0.02 twice at 5 % and 0.06 twice at 20 %, by rate 0.03 and 0.13: 0.16 both ways."""
    rates = []
    for name, percent in (("Low", 5), ("High", 20)):
        told = {"name": name, "amount": str(percent)}
        books.server.act(books.business, "create", kind="taxes", body=told)
        rates.append(make_tax_rate(books.company, percent))
    books.company.tax_rounding = "line"
    books.company.save()
    books.map()
    item = make_item(books.company)
    low, high = rates
    lines = [(item, 1, "0.30", low)] * 2 + [(item, 1, "0.32", high)] * 2
    invoice = make_invoice(customer=make_customer(books.company), lines=lines)
    assert sorted(each["tax"] for each in invoice.taxes) == ["0.04", "0.12"]

    books.run()

    record = books.record(invoice)
    assert (record.state, record.sentence) == (State.IN_THE_BOOKS, "")
    assert compare(books.connection).differences == []
