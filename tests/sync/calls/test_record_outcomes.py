"""What is noted of an answer: which of our allocations a line of their payment stands for."""

import dataclasses
from datetime import date
from decimal import Decimal

import pytest

from apps.billing.actions import allocate, hold_as_retainer
from apps.connectors.errors import ConnectorError, OutcomeUnknown, RecordRefused
from apps.connectors.port import Link, Outcome, RemoteObject
from apps.connectors.snapshots import AllocationSnapshot, Kind, PaymentSnapshot
from apps.sync.calls.outcomes import Sent
from apps.sync.calls.record import Recorder
from apps.sync.models import RemoteRecord, State, SyncRecord
from apps.sync.there.stands import of_records
from tests.factories import make_company, make_invoice, make_method, make_payment
from tests.sync.desk import Desk, PlainLedger

pytestmark = pytest.mark.django_db
MARCH_20 = date(2026, 3, 20)
SAME = "7"  # in this ledger invoices and journals are numbered each by themselves


class Held:
    """A lease that nobody else wants."""

    def confirm(self) -> None:
        return None


def part_of(allocation: AllocationSnapshot, target: str) -> RemoteObject:
    return RemoteObject(
        kind="Payment",
        remote_id="90",
        part=f"{target}:{allocation.target_id}",
        of_kind=Kind.ALLOCATION,
        snapshot=allocation,
        links=(Link(kind=target, remote_id=allocation.target_id, amount=allocation.amount),),
    )


def test_lines_of_a_payment_are_told_apart_by_kind_where_two_targets_have_one_id() -> None:
    company = make_company()
    desk = Desk(company)
    desk.map("retainer", "Retainers")
    card = make_method(company)
    desk.map("method_account", "Clearing", payment_method=card)
    payment = make_payment(company=company, amount=500, method=card)
    invoice = make_invoice(customer=payment.customer)
    retainer = hold_as_retainer(payment, amount=Decimal(400), on=MARCH_20)
    allocate(payment, invoice, Decimal(100), on=MARCH_20)
    desk.there(payment.customer, "C1")
    desk.there(retainer, SAME)
    desk.there(invoice, SAME)
    record = desk.there(payment, "90")
    made = desk.assembled(payment)
    assert isinstance(made.snapshot, PaymentSnapshot)
    assert {each[2:] for each in made.carried} == {("adjustment", SAME), ("invoice", SAME)}
    kinds = {"adjustment": "JournalEntry", "invoice": "Invoice"}
    # A line of a credit note to the same invoice lies in that payment too: it is no money of it.
    [money] = [each for each in made.snapshot.allocations if each.target_kind == Kind.INVOICE]
    credit = dataclasses.replace(money, source=Kind.CREDIT_NOTE, source_id="8")
    answer = (
        RemoteObject(kind="Payment", remote_id="90", of_kind=Kind.PAYMENT, snapshot=made.snapshot),
        *(part_of(each, kinds[each.target_kind]) for each in made.snapshot.allocations),
        dataclasses.replace(part_of(credit, "Invoice"), part="CreditMemo:8>Invoice:7"),
    )
    recorder = Recorder(desk.connection, PlainLedger(), Held(), None)

    recorder.record(
        [Outcome(ref=record.pk, remote=answer)],
        {record.pk: Sent(record, payment.revision, made.snapshot, made.carried)},
        [],
    )

    tied = RemoteRecord.objects.filter(sync_record__kind="allocation").select_related(
        "sync_record__allocation"
    )
    assert {
        each.part: each.sync_record.allocation.amount
        for each in tied
        if each.sync_record and each.sync_record.allocation
    } == {"JournalEntry:7": Decimal(400), "Invoice:7": Decimal(100)}


def test_what_their_answer_holds_is_an_echo_at_once_and_nothing_to_look_at() -> None:
    company = make_company()
    desk = Desk(company)
    invoice = make_invoice(company=company)
    desk.there(invoice.customer, "C1")
    desk.there(invoice.lines.get().item, "I1")
    record = SyncRecord.objects.create(
        connection=desk.connection, kind="invoice", invoice=invoice, wanted=invoice.revision
    )
    ours = desk.snapshot(invoice)
    answer = RemoteObject(
        kind="Invoice", remote_id="7", version="0", of_kind=Kind.INVOICE, snapshot=ours
    )
    recorder = Recorder(desk.connection, PlainLedger(), Held(), None)

    recorder.record(
        [Outcome(ref=record.pk, remote=(answer,))],
        {record.pk: Sent(record, invoice.revision, ours, creates=True)},
        [],
    )

    row = RemoteRecord.objects.get(kind="Invoice", remote_id="7")
    assert (row.sync_record, row.arrival) == (record, RemoteRecord.Arrival.ECHO)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RecordRefused("The allocation is not open."), State.NEEDS_PERSON),
        (OutcomeUnknown("The answer was lost."), State.UNKNOWN),
    ],
    ids=["refused", "unknown"],
)
def test_what_stands_beside_an_error_is_ours_and_is_known_to_the_next_push(
    error: ConnectorError, state: State
) -> None:
    """Half of a record is there: made a second time it would be money booked twice."""
    company = make_company()
    desk = Desk(company)
    invoice = make_invoice(company=company)
    desk.there(invoice.customer, "C1")
    desk.there(invoice.lines.get().item, "I1")
    record = SyncRecord.objects.create(
        connection=desk.connection, kind="invoice", invoice=invoice, wanted=invoice.revision
    )
    ours = desk.snapshot(invoice)
    half = RemoteObject(kind="Invoice", remote_id="7", version="0", of_kind=Kind.INVOICE)
    recorder = Recorder(desk.connection, PlainLedger(), Held(), None)

    recorder.record(
        [Outcome(ref=record.pk, remote=(half,), error=error)],
        {record.pk: Sent(record, invoice.revision, ours, creates=True)},
        [],
    )

    record.refresh_from_db()
    assert (record.state, record.sent) == (state, 0)
    (row,) = of_records([record])[record.pk].rows
    assert (row.remote_id, row.made_here) == ("7", True)
    assert not hasattr(record, "agreed")
