"""The connector of the worked ledger against the simulated service: what is sent."""

import dataclasses
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from apps.connectors.errors import (
    NeverArrived,
    OutcomeUnknown,
    RecordRefused,
)
from apps.connectors.snapshots import (
    Kind,
    differences,
)
from tests.contract.sending import Record
from tests.worked.connector.plan import key_of
from tests.worked.records import (
    ONE_OF_EACH,
    allocation,
    allocation_of_credit,
    credit,
    customer,
    customer_there,
    great_allocation,
    great_payment,
    invoice,
    item,
    payment,
    refund,
    refund_of_great_payment,
)
from tests.worked.stage import Stage, total

LATER = date(2027, 1, 15)

# --- Made, changed, taken back ----------------------------------------------------------------


@pytest.mark.parametrize(("made", "steps"), ONE_OF_EACH)
def test_what_was_sent_reads_back_without_a_difference_and_takes_no_further_call(
    stage: Stage, made: Callable[[Stage], Record], steps: list[str]
) -> None:
    record = made(stage)
    assert stage.connector.objections(record.snapshot) == ()
    assert stage.steps_of(record) == steps

    read = [
        each for key in dict.fromkeys(key[:2] for key in record.stands) for each in stage.read(*key)
    ]
    own = [each for each in read if key_of(each) in record.stands]
    one = stage.connector.together(own)

    assert {key_of(each) for each in own} == set(record.stands)
    assert one.snapshot is not None
    assert differences(record.snapshot, one.snapshot) == ()
    for each in (*read, one):  # what is stored of it is the same when it is read again
        assert stage.connector.parse(each.kind, each.raw) == each
    before = len(stage.courier.sent)
    assert stage.step(record).error is None
    assert len(stage.courier.sent) == before


@pytest.mark.parametrize(
    ("made", "change"),
    [
        pytest.param(customer, {"email": "new@brassandoak.example"}, id="customer"),
        pytest.param(customer, {"active": False}, id="customer made inactive"),
        pytest.param(item, {"unit_price": Decimal("85.50")}, id="item"),
        pytest.param(invoice, {"due_date": LATER}, id="invoice"),
        pytest.param(payment, {"reference": "BACS 18"}, id="payment"),
        pytest.param(great_payment, {"reference": "BACS 18"}, id="payment of three receipts"),
        pytest.param(refund, {"paid_on": LATER}, id="refund"),
    ],
)
def test_what_is_changed_here_is_changed_there(
    stage: Stage, made: Callable[[Stage], Record], change: dict[str, object]
) -> None:
    record = made(stage)
    stage.send(record)
    number = len(stage.of(record))

    stage.send(stage.changed(record, **change))

    now = stage.of(record)
    assert len(now) == number
    again = stage.connector.together(now).snapshot
    assert again is not None
    assert differences(record.snapshot, again) == ()


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"number": "N-OTHER"}, "number"),
        ({"issue_date": LATER}, "issue date"),
        ({"exchange_rate": Decimal("1.5")}, "exchange rate"),
    ],
)
@pytest.mark.parametrize("made", [invoice, credit])
def test_a_sent_document_takes_no_change_of_what_it_says_and_no_call_is_made(
    stage: Stage, made: Callable[[Stage], Record], change: dict[str, object], named: str
) -> None:
    record = made(stage)
    stage.send(record)
    before = len(stage.courier.sent)

    outcome = stage.step(stage.changed(record, **change))

    assert isinstance(outcome.error, RecordRefused)
    assert named in outcome.error.sentence
    assert len(stage.courier.sent) == before


TAKEN_BACK = [
    pytest.param(invoice, {"void": True}, id="invoice"),
    pytest.param(credit, {"void": True}, id="credit note"),
    pytest.param(payment, {"cancelled": True}, id="payment"),
    pytest.param(great_payment, {"cancelled": True}, id="payment of three receipts"),
    pytest.param(refund, {"cancelled": True}, id="refund"),
    pytest.param(refund_of_great_payment, {"cancelled": True}, id="refund of two receipts"),
]


@pytest.mark.parametrize(("made", "wish"), TAKEN_BACK)
def test_what_is_taken_back_here_is_taken_back_there(
    stage: Stage, made: Callable[[Stage], Record], wish: dict[str, object]
) -> None:
    record = made(stage)
    before = stage.owed()
    stage.send(record)

    stage.send(stage.changed(record, **wish))

    assert all(each.void for each in stage.of(record))
    assert stage.owed() == before
    assert stage.step(record).error is None


@pytest.mark.parametrize(
    ("made", "parts"), [(allocation, 1), (great_allocation, 3), (allocation_of_credit, 1)]
)
def test_an_allocation_that_is_taken_back_is_off(
    stage: Stage, made: Callable[[Stage], Record], parts: int
) -> None:
    record = made(stage)
    stage.send(record)
    sources = list(record.stands)

    assert len(stage.steps_of(stage.changed(record, cancelled=True))) == parts

    assert [stage.set_against(kind, one) for kind, one, _ in sources] == [{}] * parts
    assert all(each.gone for each in record.stands.values())


# --- A payment that is several receipts -------------------------------------------------------


def test_a_great_payment_is_three_receipts_and_reads_back_as_one(stage: Stage) -> None:
    record = great_payment(stage)
    stage.send(record)

    receipts = stage.of(record)
    one = stage.connector.together(receipts)

    assert sorted(each.amount or 0 for each in receipts) == [
        Decimal("5000.02"),
        Decimal("9999.99"),
        Decimal("9999.99"),
    ]
    assert one.amount == one.balance == Decimal("25000.00")
    assert one.marker == record.snapshot.marker
    assert one.version.count("+") == 2


@pytest.mark.parametrize(
    ("first", "then", "receipts"),
    [
        ("25000.00", "12000.00", ["2000.01", "9999.99"]),
        ("25000.00", "500.00", ["500.00"]),
        ("500.00", "25000.00", ["5000.02", "9999.99", "9999.99"]),
        ("12000.00", "12001.00", ["2001.01", "9999.99"]),
    ],
)
def test_a_corrected_amount_makes_as_many_receipts_as_it_needs(
    stage: Stage, first: str, then: str, receipts: list[str]
) -> None:
    record = stage.sent(stage.payment(customer_there(stage), first))

    stage.send(stage.changed(record, amount=Decimal(then)))

    standing = [each for each in stage.of(record) if not each.void]
    assert sorted(str(each.amount) for each in standing) == receipts
    assert {each.remote_id for each in standing} == set(record.ids)
    assert stage.connector.together(list(record.stands.values())).amount == Decimal(then)


def test_an_amount_that_is_edited_between_two_steps_is_carried_along(stage: Stage) -> None:
    record = great_payment(stage)
    stage.step(record)
    assert record.step == "receipt-2"

    stage.send(stage.changed(record, amount=Decimal("700.00")))

    assert [each.amount for each in stage.of(record)] == [Decimal("700.00")]


def test_a_draft_that_is_edited_between_two_steps_is_changed_before_it_is_sent(
    stage: Stage,
) -> None:
    record = invoice(stage)
    stage.step(record)

    steps = stage.steps_of(stage.changed(record, number="N-BETTER"))

    assert steps == ["send", "send"]
    (there,) = stage.of(record)
    assert (there.number, there.raw["state"]) == ("N-BETTER", "sent")


def test_a_receipt_that_somebody_cancelled_is_not_made_again(stage: Stage) -> None:
    record = great_payment(stage)
    stage.send(record)
    second = stage.of(record)[1]
    stage.person("POST", f"/receipts/{second.remote_id}/cancel")
    for each in stage.of(record):
        record.stands[(each.kind, each.remote_id, "")] = each

    outcome = stage.step(stage.changed(record, reference="BACS 18"))

    assert isinstance(outcome.error, RecordRefused)
    assert "somebody cancelled" in outcome.error.sentence
    assert len(stage.of(record)) == 3
    now = stage.connector.together(list(record.stands.values()))
    assert now.amount == Decimal("15000.01")


def test_receipts_that_became_of_two_customers_are_no_one_payment(stage: Stage) -> None:
    record = great_payment(stage)
    stage.send(record)
    second = stage.of(record)[1]
    other = stage.sent(stage.customer("Another Ltd")).id
    stage.person("PUT", f"/receipts/{second.remote_id}", {"contact": other})

    one = stage.connector.together(stage.of(record))

    assert one.snapshot is None
    assert one.unreadable is not None
    assert one.unreadable.field == "customer_id"


# --- Half done, and refused -------------------------------------------------------------------


def test_half_of_a_payment_cancelled_and_the_next_receipt_refused(stage: Stage) -> None:
    record = great_payment(stage)
    stage.send(record)
    second = sorted(stage.of(record), key=lambda each: int(each.remote_id))[1]
    target = stage.sent(stage.invoice(second.customer_id, "100.00"))
    said = {"invoice": target.id, "amount": "100.00", "dated": "2026-11-21"}
    stage.person("POST", f"/receipts/{second.remote_id}/allocations", said)

    with pytest.raises(RecordRefused) as refused:
        stage.send(stage.changed(record, cancelled=True))

    assert refused.value.remedy == "Un-apply what is set against it first."
    assert sorted(each.void for each in stage.of(record)) == [False, False, True]
    stage.person("DELETE", f"/receipts/{second.remote_id}/allocations/{target.id}")
    stage.send(record)
    assert all(each.void for each in stage.of(record))


def test_half_of_an_allocation_set_and_the_next_part_refused_tells_what_stands(
    stage: Stage,
) -> None:
    record = great_allocation(stage)
    stage.step(record)
    target = record.snapshot.target_id
    there = stage.read("invoice", target)[0]
    other = stage.sent(stage.payment(there.customer_id, "9000.00"))
    said = {"invoice": target, "amount": "9000.00", "dated": "2026-11-21"}
    stage.person("POST", f"/receipts/{other.id}/allocations", said)

    stage.step(record)
    outcome = stage.step(record)

    assert isinstance(outcome.error, RecordRefused)
    assert "not_open" in str(outcome.error)
    stage.person("DELETE", f"/receipts/{other.id}/allocations/{target}")
    assert stage.steps_of(record)[-1].startswith("part-")
    assert total(each for each in record.stands.values()) == Decimal("22000.00")


def test_the_marked_half_of_a_payment_stands_beside_the_refusal_of_the_rest(stage: Stage) -> None:
    record = great_payment(stage)
    stage.step(record)
    stage.fault("status", "POST /receipts", status=409, after_execution=False)

    outcome = stage.step(record)

    assert outcome.error is not None
    assert [each.amount for each in outcome.remote] == [Decimal("9999.99")]
    if isinstance(outcome.error, OutcomeUnknown):
        assert isinstance(stage.settle(record, believe_absence=True).error, NeverArrived)
    stage.send(record)
    assert total(stage.of(record)) == Decimal("25000.00")


# --- Allocations ------------------------------------------------------------------------------


def test_a_second_allocation_of_one_source_to_one_invoice_is_refused_before_it_adds_up(
    stage: Stage,
) -> None:
    there = customer_there(stage)
    paid, target = stage.sent(stage.payment(there)), stage.sent(stage.invoice(there))
    stage.sent(stage.allocation(paid, target, "40.00"))
    second = stage.record(stage.allocation(paid, target, "30.00"))

    outcome = stage.step(second)

    assert isinstance(outcome.error, RecordRefused)
    assert outcome.error.remedy.startswith("Un-apply the other one first")
    assert stage.set_against("receipt", paid.id) == {target.id: Decimal("40.00")}


def test_what_others_added_to_an_allocation_is_not_taken_off_with_it(stage: Stage) -> None:
    there = customer_there(stage)
    paid, target = stage.sent(stage.payment(there)), stage.sent(stage.invoice(there))
    record = stage.sent(stage.allocation(paid, target, "40.00"))
    said = {"invoice": target.id, "amount": "30.00", "dated": "2026-11-21"}
    stage.person("POST", f"/receipts/{paid.id}/allocations", said)

    outcome = stage.step(stage.changed(record, cancelled=True))

    assert isinstance(outcome.error, RecordRefused)
    assert stage.set_against("receipt", paid.id) == {target.id: Decimal("70.00")}


def test_an_allocation_to_a_refund_is_what_the_refund_says_and_takes_no_write(
    stage: Stage,
) -> None:
    paid = stage.sent(stage.payment(customer_there(stage)))
    back = stage.sent(stage.refund(paid, "30.00"))
    record = stage.record(stage.allocation(paid, back, "30.00"))
    writes = len(stage.courier.writes)

    stage.send(record)

    assert len(stage.courier.writes) == writes
    assert [part for _, _, part in record.stands] == [f"receipt:{paid.id}"]


def test_a_refund_that_does_not_say_what_it_pays_back_is_objected_to(stage: Stage) -> None:
    paid = stage.sent(stage.payment(customer_there(stage)))
    untold = dataclasses.replace(stage.refund(paid, "30.00"), sources=())

    assert "which payment or credit note" in stage.connector.objections(untold)[0]
    assert isinstance(stage.step(stage.record(untold)).error, RecordRefused)
    assert stage.there(Kind.REFUND) == []
