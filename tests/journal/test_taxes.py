"""Tax where nothing says how a line is taxed: an amount goes over, or the document stays here."""

import dataclasses
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.acts.amending import amend_invoice
from apps.billing.acts.drafting import DraftLine
from apps.connectors import registry
from apps.connectors.snapshots import CreditNoteSnapshot, InvoiceSnapshot, Snapshot
from apps.mappings.missing import missing
from apps.sync.models import Reason, State, SyncRecord
from tests.factories import make_customer, make_invoice, make_item, make_payment, make_tax_rate
from tests.journal.books import JournalBooks
from tests.journal.connector import CAPABILITIES, Journal

pytestmark = pytest.mark.django_db

NO_TAX = "Their cash book knows no tax: what bears some stays here."


class CashBook(Journal):
    """Like the journal, and without tax: a document is its net amounts."""

    capabilities = dataclasses.replace(
        CAPABILITIES, cannot={**CAPABILITIES.cannot, "line_tax": NO_TAX}
    )

    def project(self, snapshot: Snapshot) -> Snapshot:
        if not isinstance(snapshot, InvoiceSnapshot | CreditNoteSnapshot):
            return snapshot
        lines = tuple(dataclasses.replace(each, tax=Decimal(0)) for each in snapshot.lines)
        nil = Decimal(0)
        return dataclasses.replace(snapshot, lines=lines, tax=nil, total=snapshot.net)


def keep_as_cash_book(monkeypatch: pytest.MonkeyPatch) -> None:
    known = registry.systems()["journal"]
    cash_book = dataclasses.replace(known, capabilities=CashBook.capabilities, connect=CashBook)
    monkeypatch.setitem(registry.systems(), "journal", cash_book)


def invoiced(books: JournalBooks, *, percent: int) -> Any:
    lines = [(make_item(books.company), 1, 100, make_tax_rate(books.company, percent))]
    return make_invoice(customer=make_customer(books.company), lines=lines)


def worked_through(books: JournalBooks) -> None:
    for _ in range(3):
        books.run()
        books.office.work()


def test_tax_goes_over_as_an_amount_where_they_hold_one(books: JournalBooks) -> None:
    invoice = invoiced(books, percent=20)
    assert missing(books.connection) == []
    worked_through(books)
    books.run()

    assert books.record(invoice).state == State.IN_THE_BOOKS
    (there,) = books.handed("invoice")
    assert (there["net"], there["tax"], there["total"]) == ("100", "20", "120")


def test_what_they_would_hold_at_another_total_is_left_out_with_all_that_hangs_on_it(
    books: JournalBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """120.00 here would be 100.00 there; what bears no tax goes."""
    keep_as_cash_book(monkeypatch)
    free, taxed = invoiced(books, percent=0), invoiced(books, percent=20)
    payment = make_payment(invoice=taxed, method=books.method)
    worked_through(books)
    books.run()

    record = books.record(taxed)
    assert (record.state, record.reason) == (State.LEFT_OUT, Reason.CANNOT_HOLD)
    assert record.sentence == NO_TAX
    assert [each["number"] for each in books.handed("invoice")] == [free.number]
    assert books.record(payment.allocations.get()).state == State.LEFT_OUT
    assert books.record(payment).state == State.IN_THE_BOOKS
    assert not SyncRecord.objects.filter(state=State.NEEDS_PERSON).exists()


def test_what_is_amended_to_bear_tax_is_held_where_it_stands_without(
    books: JournalBooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """100.00 stand there; as 120.00 it would stay at 100.00: a person is told."""
    keep_as_cash_book(monkeypatch)
    books.company.amend_allowed = True
    books.company.save()
    invoice = invoiced(books, percent=0)
    worked_through(books)
    books.run()
    assert books.record(invoice).state == State.IN_THE_BOOKS

    item = invoice.lines.get().item
    line = DraftLine(
        item=item,
        quantity=Decimal(1),
        unit_price=Decimal(100),
        tax_rate=make_tax_rate(books.company),
    )
    amend_invoice(invoice, lines=[line], reason="Tax was forgotten")
    books.run()

    record = books.record(invoice)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.CANNOT_HOLD)
    assert record.sentence == NO_TAX
    assert len(books.handed("invoice")) == 1
