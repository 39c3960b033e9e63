"""Every ledger, under the real engine: what of ours stands there, once, and who made it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.actions import allocate, change_open_fields, write_off
from apps.billing.changes import made_by
from apps.billing.models import Allocation, Company
from apps.connections.clock import now
from apps.connectors.port import LineTax
from apps.connectors.registry import system
from apps.connectors.snapshots import Kind
from apps.mappings.missing import missing
from apps.sync.models import Call, Edit, Reason, RemoteRecord, State, SyncRecord
from tests.contract.live import Live
from tests.contract.needs import has, of_kinds
from tests.factories import (
    make_credit_note,
    make_customer,
    make_invoice,
    make_item,
    make_payment,
    make_tax_rate,
)

pytestmark = pytest.mark.django_db
RUNS = 6  # within which everything is told, their confirmations included


def until_calm(live: Live) -> None:
    for _ in range(RUNS):
        live.run()


def rows() -> list[Any]:
    return [list(each.objects.order_by("pk").values()) for each in (SyncRecord, RemoteRecord)]


@pytest.mark.variants
def test_each_record_stands_once_and_a_further_run_writes_nothing(live: Live) -> None:
    """And what they have not is left out with its sentence, with what hangs on it."""
    invoice = make_invoice(company=live.company, lines=[(make_item(live.company), 1, "123.45")])
    payment = make_payment(invoice=invoice, amount="67.89", method=live.method)
    loss = write_off(invoice, amount=Decimal(30), on=date(2026, 3, 20), reason="Gone")
    until_calm(live)

    can = system(live.connection.system).capabilities
    for each in (payment.allocations.get(), loss, loss.allocations.get()):
        if Kind(each.kind) not in can.kinds:
            record = live.record(each)
            assert (record.state, record.sentence) == (State.LEFT_OUT, can.cannot[each.kind])
    for each, amount in ((invoice, invoice.total), (payment, payment.amount)):
        record = live.record(each)
        assert record.state == State.IN_THE_BOOKS, record.sentence
        there = [one for one in live.standing(Kind(each.kind)) if one.amount == amount]
        assert [one.remote_id for one in there] == [record.remote_records.get().remote_id]
    made = RemoteRecord.objects.filter(sync_record__in=[live.record(invoice), live.record(payment)])
    assert all(made.values_list("made_here", flat=True))

    known, calls = rows(), Call.objects.exclude(members=[]).count()
    live.run()
    assert rows() == known
    assert Call.objects.exclude(members=[]).count() == calls


@has(lambda can: can.line_tax is LineTax.UNTAXED)
def test_a_document_with_tax_is_left_out_where_none_bears_any(live: Live) -> None:
    """And nobody is asked for a code. What pays it stays here with it."""
    item, rate = make_item(live.company), make_tax_rate(live.company)
    plain = make_invoice(company=live.company, lines=[(item, 1, "50.00")])
    taxed = make_invoice(customer=plain.customer, lines=[(item, 1, "50.00", rate)])
    payment = make_payment(invoice=taxed, amount="60.00", method=live.method)
    assert missing(live.connection) == []
    until_calm(live)

    said = system(live.connection.system).capabilities.cannot["line_tax"]
    record = live.record(taxed)
    assert (record.state, record.sentence) == (State.LEFT_OUT, said)
    assert live.record(plain).state == State.IN_THE_BOOKS
    assert [each.amount for each in live.standing(Kind.INVOICE)] == [Decimal(50)]
    assert live.record(payment).state == State.LEFT_OUT
    assert live.standing(Kind.PAYMENT) == []


@has(lambda can: can.reads_back and Kind.CREDIT_NOTE in can.kinds)
@of_kinds(Kind.ALLOCATION)
@pytest.mark.variants
@pytest.mark.slow
def test_an_allocation_of_ours_that_is_taken_off_there_is_asked_about(
    live: Live, kind: Kind
) -> None:
    """Whether it bears a mark of ours there or none: it is ours because we made it."""
    customer = make_customer(live.company)
    invoice = make_invoice(customer=customer)
    note = make_credit_note(
        customer=customer, lines=[(make_item(live.company), 3, 10)], reason="Loyalty"
    )
    part: Allocation = allocate(note, invoice, Decimal(30), on=date(2026, 3, 20))
    until_calm(live)
    assert live.record(part).state == State.IN_THE_BOOKS

    live.taken_off(part)
    until_calm(live)

    record = live.record(part)
    assert (record.state, record.reason) == (State.NEEDS_PERSON, Reason.GONE), record.sentence
    part.refresh_from_db()
    assert part.stands


@has(lambda can: can.edit_notes)
@pytest.mark.slow
def test_why_it_was_changed_by_hand_is_read_there_and_comes_back_as_no_change(live: Live) -> None:
    """In an open month, and in a closed one beside an object that keeps its version."""
    invoice = make_invoice(company=live.company)
    live.run()
    with made_by(live.fay.pk):
        change_open_fields(invoice, due_date=date(2026, 12, 24), reason="Bell asked for it")
    for _ in range(2):
        live.run()

    edit = Edit.objects.get()
    said = read_there(live, invoice)
    assert said.count(f"{edit.what}. Bell asked for it") == said.count(edit.reference) == 1
    assert (edit.state, edit.sentence) == (Edit.State.BOTH, "")

    company = Company.objects.get(pk=live.company.pk)
    company.closing_date = date(2026, 3, 31)
    company.save()
    Edit.objects.update(reference="note-of-another-day", state=Edit.State.DUE, due_at=now())
    before = [each.version for each in live.record(invoice).remote_records.all()]
    live.run()

    assert Edit.objects.get().state == Edit.State.BOTH
    assert read_there(live, invoice).count("note-of-another-day") == 1
    known = rows()
    live.run()
    assert rows() == known
    assert [each.version for each in live.record(invoice).remote_records.all()] == before
    assert Edit.objects.count() == 1


def read_there(live: Live, subject: Any) -> str:
    there = live.record(subject).remote_records.get(part="")
    return "\n".join(live.notes_beside(there.kind, there.remote_id))
