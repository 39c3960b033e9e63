"""What became of a call to the worked ledger whose answer was lost."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest

from apps.connectors.errors import (
    CannotTell,
    NeverArrived,
    OutcomeUnknown,
    RecordRefused,
    RemoteIsNewer,
)
from apps.connectors.snapshots import (
    AllocationSnapshot,
    Kind,
    differences,
)
from tests.contract.sending import Record
from tests.worked.records import (
    ONE_OF_EACH,
    allocated,
    allocation,
    allocation_of_credit,
    customer,
    great_payment,
    invoice,
    payment,
    refund,
)
from tests.worked.stage import Stage

LATER = date(2027, 1, 15)
# What a person of theirs copies of a receipt.
COPIED = ("contact", "dated", "currency", "rate", "amount", "method", "reference", "remark")

# --- Lost, and settled ------------------------------------------------------------------------

EVERY_STEP = [
    pytest.param(made.values[0], steps, place, id=f"{made.id}: {steps[place] or 'first'}")
    for made in ONE_OF_EACH
    for steps in [made.values[1]]
    for place in range(len(steps))
]


def _up_to(stage: Stage, made: Callable[[Stage], Record], steps: list[str], place: int) -> Record:
    record = made(stage)
    for step in steps[:place]:
        assert record.step == step
        stage.step(record)
    return record


@pytest.mark.variants(keep=6)
@pytest.mark.parametrize(("made", "steps", "place"), EVERY_STEP)
def test_a_step_whose_answer_is_lost_after_it_was_done_is_found(
    stage: Stage, made: Callable[[Stage], Record], steps: list[str], place: int
) -> None:
    record = _up_to(stage, made, steps, place)
    stage.fault("lose_after", "POST /")

    lost = stage.step(record)
    assert isinstance(lost.error, OutcomeUnknown)
    assert stage.settle(record, believe_absence=False).error is None

    left = stage.steps_of(record) if record.step else []
    assert left == steps[place + 1 :]
    _stands_once(stage, record, len(steps))


@pytest.mark.variants(keep=6)
@pytest.mark.parametrize(("made", "steps", "place"), EVERY_STEP)
def test_a_step_that_was_lost_on_its_way_never_arrived_and_is_sent_anew(
    stage: Stage, made: Callable[[Stage], Record], steps: list[str], place: int
) -> None:
    record = _up_to(stage, made, steps, place)
    stage.fault("lose_before", "POST /")

    assert isinstance(stage.step(record).error, OutcomeUnknown)
    assert isinstance(stage.settle(record, believe_absence=False).error, OutcomeUnknown)
    assert isinstance(stage.settle(record, believe_absence=True).error, NeverArrived)

    assert stage.steps_of(record) == steps[place:]
    _stands_once(stage, record, len(steps))


def _stands_once(stage: Stage, record: Record, number: int) -> None:
    if record.kind is Kind.ALLOCATION:
        parts = [
            stage.set_against(kind, remote_id)[part.partition(":")[2]]
            for kind, remote_id, part in record.stands
        ]
        assert sum(parts) == record.snapshot.amount
        return
    there = stage.of(record)
    assert len(there) == (1 if record.kind in (Kind.INVOICE, Kind.CREDIT_NOTE) else number)
    again = stage.connector.together(there)
    assert again.snapshot is not None
    assert differences(record.snapshot, again.snapshot) == ()


CHANGES = [
    pytest.param(customer, {"email": "new@brassandoak.example"}, "PUT /", id="customer"),
    pytest.param(invoice, {"due_date": LATER}, "PUT /", id="due date"),
    pytest.param(payment, {"amount": Decimal("90.00")}, "PUT /", id="amount of a payment"),
    pytest.param(great_payment, {"amount": Decimal("9000")}, "/cancel", id="receipt too many"),
    pytest.param(invoice, {"void": True}, "/void", id="void"),
    pytest.param(payment, {"cancelled": True}, "/cancel", id="cancelled payment"),
    pytest.param(refund, {"cancelled": True}, "/cancel", id="cancelled refund"),
    pytest.param(allocation, {"cancelled": True}, "DELETE /", id="un-application"),
    pytest.param(allocation_of_credit, {"amount": Decimal("20")}, "DELETE /", id="less applied"),
]


@pytest.mark.parametrize("fault", ["lose_after", "lose_before"])
@pytest.mark.parametrize(("made", "change", "match"), CHANGES)
def test_a_change_whose_answer_is_lost_is_settled_by_the_state_it_left(
    stage: Stage,
    made: Callable[[Stage], Record],
    change: dict[str, object],
    match: str,
    fault: str,
) -> None:
    record = made(stage)
    stage.send(record)
    stage.changed(record, **change)
    stage.fault(fault, match)

    for _ in range(5):
        outcome = stage.step(record)
        if outcome.error:
            break
    assert isinstance(outcome.error, OutcomeUnknown)
    settled = stage.settle(record, believe_absence=True)
    if fault == "lose_after":
        assert settled.error is None
    else:
        assert isinstance(settled.error, NeverArrived)
    stage.send(record)

    if record.kind is Kind.ALLOCATION:
        wanted = Decimal(0) if "cancelled" in change else record.snapshot.amount
        source = record.snapshot
        assert isinstance(source, AllocationSnapshot)
        kind = "receipt" if source.source == Kind.PAYMENT else "credit"
        assert sum(stage.set_against(kind, source.source_id).values()) == wanted
        return
    standing = [each for each in stage.of(record) if each.remote_id in record.ids]
    again = stage.connector.together(standing).snapshot
    assert again is not None
    assert differences(record.snapshot, again) == ()


def test_an_allocation_that_was_lost_while_somebody_set_the_same_pair_cannot_be_told(
    stage: Stage,
) -> None:
    record = allocated(stage, stage.payment, "120.00", "100.00", "40.00")
    stage.fault("lose_before", "POST /")
    stage.step(record)
    source = record.snapshot
    assert isinstance(source, AllocationSnapshot)
    said = {"invoice": source.target_id, "amount": "25.00", "dated": "2026-11-21"}
    stage.person("POST", f"/receipts/{source.source_id}/allocations", said)

    outcome = stage.settle(record, believe_absence=True)

    assert isinstance(outcome.error, CannotTell)
    assert "25.00 is set" in outcome.error.sentence


def test_what_the_feed_brought_meanwhile_does_not_make_a_lost_allocation_leave_twice(
    stage: Stage,
) -> None:
    """What stood is told by the call as it left, not by what is known when it is asked about; and
    they never hear of it."""
    record = allocation(stage)
    stage.fault("lose_after", "POST /")
    stage.step(record)
    (asked,) = [each for each in stage.courier.writes if each.path.endswith("/allocations")]
    assert json.loads(asked.evidence) == {"stood": "0.00"}
    assert {name for name, _ in asked.headers} == {"X-Organisation"}
    source = record.snapshot
    assert isinstance(source, AllocationSnapshot)
    part = next(each for each in stage.read("receipt", source.source_id) if each.part)
    record.stands[(part.kind, part.remote_id, part.part)] = part

    assert stage.settle(record, believe_absence=True).error is None
    assert stage.set_against("receipt", source.source_id) == {source.target_id: Decimal("120.00")}


def test_a_created_object_that_was_copied_there_is_settled_as_the_first(stage: Stage) -> None:
    record = payment(stage)
    stage.fault("lose_after", "POST /")
    stage.step(record)
    first = stage.of(record)[0]
    stage.person("POST", "/receipts", {name: first.raw[name] for name in COPIED})

    assert stage.settle(record, believe_absence=True).error is None
    assert record.ids == [first.remote_id]


def test_another_receipt_of_the_payment_is_not_taken_for_the_one_that_was_lost(
    stage: Stage,
) -> None:
    record = great_payment(stage)
    stage.step(record)
    first = stage.of(record)[0]
    stage.person("POST", "/receipts", {name: first.raw[name] for name in COPIED})
    stage.fault("lose_before", "POST /")
    stage.step(record)

    assert isinstance(stage.settle(record, believe_absence=True).error, NeverArrived)


def test_a_document_that_arrived_and_was_voided_there_since_stands_beside_the_refusal(
    stage: Stage,
) -> None:
    record = invoice(stage)
    stage.fault("lose_after", "POST /")
    stage.step(record)
    (arrived,) = stage.of(record)
    stage.person("POST", f"/invoices/{arrived.remote_id}/void")

    outcome = stage.settle(record, believe_absence=True)

    assert isinstance(outcome.error, RecordRefused)
    assert [each.remote_id for each in outcome.remote if not each.part] == [arrived.remote_id]


def test_a_draft_that_was_voided_while_its_sending_was_lost_is_read_again(stage: Stage) -> None:
    record = invoice(stage)
    stage.step(record)
    stage.fault("lose_after", "/send")
    stage.step(record)
    stage.person("POST", f"/invoices/{record.id}/void")

    assert isinstance(stage.settle(record, believe_absence=True).error, RemoteIsNewer)


@pytest.mark.parametrize("made", [payment, refund])
def test_money_that_arrived_and_was_cancelled_there_since_is_put_before_a_person(
    stage: Stage, made: Callable[[Stage], Record]
) -> None:
    """It may as well be one of before, that Tieout cancelled when the amount was another."""
    record = made(stage)
    stage.fault("lose_after", "POST /")
    stage.step(record)
    (arrived,) = stage.of(record)
    stage.person("POST", f"/{arrived.kind}s/{arrived.remote_id}/cancel")

    assert isinstance(stage.settle(record, believe_absence=True).error, CannotTell)
