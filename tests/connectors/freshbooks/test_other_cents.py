"""An invoice that came out with other cents there is asked about once, in its own words."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from apps.billing.actions import issue
from apps.connections.lifecycle import refresh_company
from apps.reconciliation.compare import compare
from apps.sync.assemble.foretold import foretold
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


def test_how_they_round_is_told_until_an_invoice_there_shows_it(books: FreshBooksBooks) -> None:
    """The same three lines, of ours by rate; then one like them that their people typed."""
    body = {"name": "Low", "amount": "5"}
    books.server.act(books.business, "create", kind="taxes", body=body)
    low = make_tax_rate(books.company, 5)
    books.company.tax_rounding = "rate"
    books.company.save()
    books.map()
    customer = make_customer(books.company)
    lines = [(make_item(books.company), 1, "0.33", low)] * 3
    invoice = make_invoice(customer=customer, lines=lines, issued=False)

    [told] = foretold(invoice)
    assert told.sentence.endswith("otherwise by 0.01 GBP at most. Tieout then asks about it.")

    line = {"name": "A", "qty": "1", "unit_cost": {"amount": "0.33"}, "taxName1": "Low"}
    theirs = {
        "customerid": books.theirs("clients")[0]["id"],
        "create_date": "2026-03-02",
        "status": 2,
        "lines": [line] * 3,
    }
    books.server.act(books.business, "create", kind="invoices", body=theirs)
    refresh_company(books.connection)
    [told] = foretold(invoice)
    assert "Tieout will hold it: FreshBooks works the tax out itself and would make it 0.06" in (
        told.sentence
    )
    with pytest.raises(ValidationError, match="round tax per line, as FreshBooks does"):
        issue(invoice)


def test_discounts_go_into_the_price_where_a_line_of_their_own_would_move_cents(
    books: FreshBooksBooks,
) -> None:
    """2.30 less 10 % is 2.07, and 0.10 of it tax at 5 %: 0.30 of three. 0.12 thrice, less 0.03 on a
    line of -0.69, would be 0.33."""
    body = {"name": "Low", "amount": "5"}
    books.server.act(books.business, "create", kind="taxes", body=body)
    low = make_tax_rate(books.company, 5)
    books.company.discount_item = make_item(books.company, code="DISC")
    books.company.save()
    books.map()
    line = (make_item(books.company), 1, "2.30", low, {"discount_percent": Decimal(10)})
    invoice = make_invoice(customer=make_customer(books.company), lines=[line] * 3)
    assert (invoice.discount_item, invoice.tax) == (books.company.discount_item, Decimal("0.30"))

    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    there = next(
        each for each in books.theirs("invoices") if each["invoice_number"] == invoice.number
    )
    assert [each["amount"]["amount"] for each in there["lines"]] == ["2.07"] * 3
    assert "1 × 2.3, less discount" in there["lines"][0]["name"]


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
