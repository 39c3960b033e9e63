"""The connector of the worked ledger against the simulated service, over HTTP."""

import dataclasses
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from apps.connectors.errors import (
    CannotTell,
    NeverArrived,
    OutcomeUnknown,
    RecordRefused,
    RemoteGone,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.snapshots import (
    AllocationSnapshot,
    InvoiceSnapshot,
    Kind,
    differences,
)
from tests.worked.connector.capabilities import CAPABILITIES
from tests.worked.connector.plan import key_of
from tests.worked.service import Service
from tests.worked.stage import NothingKnown, Record, Stage, total

LATER = date(2027, 1, 15)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# What a person of theirs copies of a receipt.
COPIED = ("contact", "dated", "currency", "rate", "amount", "method", "reference", "remark")


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as running:
        yield running


@pytest.fixture
def stage(service: Service) -> Iterator[Stage]:
    """An organisation of its own, with no fault left armed."""
    yield Stage(service)
    service.disarm()


# --- Records to send, one of each kind --------------------------------------------------------


def customer(stage: Stage) -> Record:
    return stage.record(stage.customer())


def item(stage: Stage) -> Record:
    return stage.record(stage.item())


def invoice(stage: Stage, net: str = "100.00") -> Record:
    return stage.record(stage.invoice(_customer(stage), net))


def credit(stage: Stage) -> Record:
    return stage.record(stage.credit(_customer(stage)))


def payment(stage: Stage) -> Record:
    return stage.record(stage.payment(_customer(stage)))


def great_payment(stage: Stage) -> Record:
    return stage.record(stage.payment(_customer(stage), "25000.00"))


def refund(stage: Stage) -> Record:
    return stage.record(stage.refund(stage.sent(stage.payment(_customer(stage))), "30.00"))


def refund_of_great_payment(stage: Stage) -> Record:
    paid = stage.sent(stage.payment(_customer(stage), "25000.00"))
    return stage.record(stage.refund(paid, "12000.00"))


def allocation(stage: Stage) -> Record:
    return _allocated(stage, stage.payment, "120.00", "100.00", "120.00")


def great_allocation(stage: Stage) -> Record:
    return _allocated(stage, stage.payment, "25000.00", "20000.00", "22000.00")


def allocation_of_credit(stage: Stage) -> Record:
    return _allocated(stage, stage.credit, "50.00", "100.00", "45.00")


def _allocated(
    stage: Stage, of: Callable[..., object], source: str, net: str, amount: str
) -> Record:
    there = _customer(stage)
    target = stage.sent(stage.invoice(there, net))
    return stage.record(stage.allocation(stage.sent(of(there, source)), target, amount))  # type: ignore[arg-type] # a snapshot


def _customer(stage: Stage) -> str:
    return stage.sent(stage.customer()).id


ONE_OF_EACH = [
    pytest.param(customer, [""], id="customer"),
    pytest.param(item, [""], id="item"),
    pytest.param(invoice, ["", "send"], id="invoice"),
    pytest.param(credit, ["", "send"], id="credit note"),
    pytest.param(payment, [""], id="payment"),
    pytest.param(great_payment, ["", "receipt-2", "receipt-3"], id="payment of three receipts"),
    pytest.param(refund, [""], id="refund"),
    pytest.param(refund_of_great_payment, ["", "refund-2"], id="refund of two receipts"),
    pytest.param(allocation, [""], id="allocation"),
    pytest.param(great_allocation, ["", "part-2", "part-3"], id="allocation of three receipts"),
    pytest.param(allocation_of_credit, [""], id="allocation of a credit note"),
]


# --- Made, changed, taken back ----------------------------------------------------------------


@pytest.mark.parametrize(("made", "steps"), ONE_OF_EACH)
def test_what_was_sent_reads_back_without_a_difference_and_takes_no_further_call(
    stage: Stage, made: Callable[[Stage], Record], steps: list[str]
) -> None:
    record = made(stage)
    assert stage.connector.objections(record.snapshot) == ()
    assert stage.send(record) == steps

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
    before = _receivable(stage)
    stage.send(record)

    stage.send(stage.changed(record, **wish))

    assert all(each.void for each in stage.of(record))
    assert _receivable(stage) == before
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

    assert len(stage.send(stage.changed(record, cancelled=True))) == parts

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
    record = stage.sent(stage.payment(_customer(stage), first))

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

    steps = stage.send(stage.changed(record, number="N-BETTER"))

    assert steps == ["send", "send-again"]
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
    target = record.snapshot.target_id  # type: ignore[union-attr] # an allocation has one
    there = stage.read("invoice", target)[0]
    other = stage.sent(stage.payment(there.customer_id, "9000.00"))
    said = {"invoice": target, "amount": "9000.00", "dated": "2026-11-21"}
    stage.person("POST", f"/receipts/{other.id}/allocations", said)

    stage.step(record)
    outcome = stage.step(record)

    assert isinstance(outcome.error, RecordRefused)
    assert "not_open" in str(outcome.error)
    stage.person("DELETE", f"/receipts/{other.id}/allocations/{target}")
    assert stage.send(record)[-1].startswith("part-")
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


@pytest.mark.parametrize(("made", "steps", "place"), EVERY_STEP)
def test_a_step_whose_answer_is_lost_after_it_was_done_is_found(
    stage: Stage, made: Callable[[Stage], Record], steps: list[str], place: int
) -> None:
    record = _up_to(stage, made, steps, place)
    stage.fault("lose_after", "POST /")

    lost = stage.step(record)
    assert isinstance(lost.error, OutcomeUnknown)
    assert stage.settle(record, believe_absence=False).error is None

    left = stage.send(record) if record.step else []
    assert left == steps[place + 1 :]
    _stands_once(stage, record, len(steps))


@pytest.mark.parametrize(("made", "steps", "place"), EVERY_STEP)
def test_a_step_that_was_lost_on_its_way_never_arrived_and_is_sent_anew(
    stage: Stage, made: Callable[[Stage], Record], steps: list[str], place: int
) -> None:
    record = _up_to(stage, made, steps, place)
    stage.fault("lose_before", "POST /")

    assert isinstance(stage.step(record).error, OutcomeUnknown)
    assert isinstance(stage.settle(record, believe_absence=False).error, OutcomeUnknown)
    assert isinstance(stage.settle(record, believe_absence=True).error, NeverArrived)

    assert stage.send(record) == steps[place:]
    _stands_once(stage, record, len(steps))


def _stands_once(stage: Stage, record: Record, number: int) -> None:
    if record.kind is Kind.ALLOCATION:
        parts = [
            stage.set_against(kind, remote_id)[part.partition(":")[2]]
            for kind, remote_id, part in record.stands
        ]
        assert sum(parts) == record.snapshot.amount  # type: ignore[union-attr] # it has one
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
        wanted = Decimal(0) if "cancelled" in change else record.snapshot.amount  # type: ignore[union-attr]
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
    record = _allocated(stage, stage.payment, "120.00", "100.00", "40.00")
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
    """What stood is told by the call as it left, not by what is known when it is asked about."""
    record = allocation(stage)
    stage.fault("lose_after", "POST /")
    stage.step(record)
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


# --- Allocations ------------------------------------------------------------------------------


def test_a_second_allocation_of_one_source_to_one_invoice_is_refused_before_it_adds_up(
    stage: Stage,
) -> None:
    there = _customer(stage)
    paid, target = stage.sent(stage.payment(there)), stage.sent(stage.invoice(there))
    stage.sent(stage.allocation(paid, target, "40.00"))
    second = stage.record(stage.allocation(paid, target, "30.00"))

    outcome = stage.step(second)

    assert isinstance(outcome.error, RecordRefused)
    assert outcome.error.remedy.startswith("Un-apply the other one first")
    assert stage.set_against("receipt", paid.id) == {target.id: Decimal("40.00")}


def test_what_others_added_to_an_allocation_is_not_taken_off_with_it(stage: Stage) -> None:
    there = _customer(stage)
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
    paid = stage.sent(stage.payment(_customer(stage)))
    back = stage.sent(stage.refund(paid, "30.00"))
    record = stage.record(stage.allocation(paid, back, "30.00"))
    writes = len(stage.courier.writes)

    stage.send(record)

    assert len(stage.courier.writes) == writes
    assert [part for _, _, part in record.stands] == [f"receipt:{paid.id}"]


def test_a_refund_that_does_not_say_what_it_pays_back_is_objected_to(stage: Stage) -> None:
    paid = stage.sent(stage.payment(_customer(stage)))
    untold = dataclasses.replace(stage.refund(paid, "30.00"), sources=())

    assert "which payment or credit note" in stage.connector.objections(untold)[0]
    assert isinstance(stage.step(stage.record(untold)).error, RecordRefused)
    assert stage.there(Kind.REFUND) == []


# --- Somebody else ----------------------------------------------------------------------------


def test_a_change_on_an_older_version_is_refused_and_read_again(stage: Stage) -> None:
    record = stage.sent(stage.customer())
    stage.person("PUT", f"/contacts/{record.id}", {"phone": "1"})

    outcome = stage.step(stage.changed(record, email="new@brassandoak.example"))

    assert isinstance(outcome.error, RemoteIsNewer)
    assert stage.read("contact", record.id)[0].raw["email"] == "accounts@brassandoak.example"


def test_a_change_of_what_was_deleted_is_told_and_never_made_again(stage: Stage) -> None:
    record = stage.sent(stage.customer())
    stage.person("DELETE", f"/contacts/{record.id}")

    outcome = stage.step(stage.changed(record, email="new@brassandoak.example"))

    assert isinstance(outcome.error, RemoteGone)
    assert stage.of(record) == []


def test_a_draft_of_ours_shows_that_it_is_still_to_be_sent(stage: Stage) -> None:
    record = invoice(stage)
    stage.step(record)
    assert [each.next_step for each in stage.of(record)] == ["send"]

    stage.send(record)

    assert [each.next_step for each in stage.of(record)] == [""]


def test_a_draft_that_somebody_marked_as_sent_meanwhile_is_done(stage: Stage) -> None:
    record = invoice(stage)
    stage.step(record)
    stage.person("POST", f"/invoices/{record.id}/send")

    assert stage.send(record) == ["send"]


def test_a_draft_of_theirs_is_in_no_books(stage: Stage) -> None:
    there = _customer(stage)
    record = stage.sent(stage.invoice(there))
    sent = stage.read("invoice", record.id)[0]
    fields = ("number", "contact", "dated", "due", "currency", "rate", "lines")
    figures = ("net", "tax", "total")
    made = stage.person("POST", "/invoices", {n: sent.raw[n] for n in (*fields, *figures)})

    draft = stage.read("invoice", made["id"])[0]
    assert (draft.snapshot, draft.next_step) == (None, "")
    stage.person("POST", f"/invoices/{made['id']}/send")
    assert isinstance(stage.read("invoice", made["id"])[0].snapshot, InvoiceSnapshot)


# --- The feed, and what is read ---------------------------------------------------------------


def test_the_feed_brings_what_changed_with_its_parts_and_counts_what_stands(stage: Stage) -> None:
    record = great_allocation(stage)
    stage.send(record)

    *pages, last = stage.connector.changes(LONG_AGO, stage.courier, NothingKnown())

    found = {(each.kind, each.remote_id, each.part) for page in pages for each in page.objects}
    assert set(record.stands) <= found
    assert last.cursor is not None
    assert last.totals["receipt"] == 3
    again = list(
        stage.connector.changes(last.cursor + timedelta(seconds=1), stage.courier, NothingKnown())
    )
    assert [page.objects for page in again] == [()]


def test_a_long_feed_is_read_whole_and_each_object_once(stage: Stage) -> None:
    for place in range(120):
        stage.person("POST", "/contacts", {"name": f"Customer {place}"})
    versions: dict[str, str] = {}

    class Held(NothingKnown):
        def news(self, kind: str, found: object) -> list[str]:  # type: ignore[override]
            versions.update(found)  # type: ignore[call-overload] # id → version
            return []

    (last,) = stage.connector.changes(LONG_AGO, stage.courier, Held())

    assert len(versions) == last.totals["contact"] == 120


def test_what_was_deleted_is_missing_among_the_ids_and_read_as_gone(stage: Stage) -> None:
    kept, deleted = stage.sent(stage.customer()), stage.sent(stage.customer("Gone Ltd"))
    *_, before = stage.connector.changes(LONG_AGO, stage.courier, NothingKnown())
    stage.person("DELETE", f"/contacts/{deleted.id}")

    *_, last = stage.connector.changes(LONG_AGO, stage.courier, NothingKnown())

    assert last.totals["contact"] == before.totals["contact"] - 1
    assert stage.connector.ids(["contact"], stage.courier) == {"contact": {kept.id}}
    assert [each.gone for each in stage.read("contact", deleted.id)] == [True]


def test_a_survey_goes_on_behind_its_position_and_leaves_nothing_out(stage: Stage) -> None:
    for place in range(60):
        stage.person("POST", "/contacts", {"name": f"Customer {place}"})
    kinds = [Kind.CUSTOMER, Kind.ITEM, Kind.PAYMENT]
    first = next(stage.connector.survey(kinds, "", stage.courier))

    rest = list(stage.connector.survey(kinds, first.position, stage.courier))

    found = [each.remote_id for page in (first, *rest) for each in page.objects]
    assert len(found) == len(set(found)) == 60
    assert rest[-1].position == ""
    assert first.read_at is not None


@pytest.mark.parametrize("made", [customer, item, invoice, credit])
def test_it_is_found_by_name_code_or_number(stage: Stage, made: Callable[[Stage], Record]) -> None:
    record = made(stage)
    stage.send(record)
    snapshot = record.snapshot
    name = getattr(snapshot, "number", "") or getattr(snapshot, "code", "") or snapshot.name  # type: ignore[union-attr]

    found = list(stage.connector.find(record.kind, [name], stage.courier))

    assert [each.remote_id for each in found] == [record.id]


def test_the_receivable_is_what_the_effects_foretold(stage: Stage) -> None:
    there = _customer(stage)
    records = [
        stage.sent(stage.invoice(there, "10000.00")),
        stage.sent(stage.credit(there, "50.00")),
        stage.sent(stage.payment(there, "11000.00")),
    ]
    records.append(stage.sent(stage.refund(records[-1], "30.00")))
    postings = [each for one in records for each in stage.connector.effect(one.snapshot)]

    foretold = sum(each.debit - each.credit for each in postings if each.account_id == "receivable")
    assert _receivable(stage) == {"EUR": foretold}
    assert sum(each.debit for each in postings) == sum(each.credit for each in postings)


def test_a_session_that_ended_is_opened_again_and_a_full_minute_waits(stage: Stage) -> None:
    stage.service.end_session(stage.organisation)
    assert stage.connector.company(stage.courier).home_currency == "EUR"

    stage.fault("status", "GET /contacts", status=429, after_execution=False)
    with pytest.raises(TryLater) as later:
        stage.read("contact", "1")
    assert later.value.whole_connection


@pytest.mark.parametrize("status", [500, 503])
def test_a_server_that_fails_on_a_write_has_said_nothing_about_it(
    stage: Stage, status: int
) -> None:
    record = customer(stage)
    stage.fault("status", "POST /contacts", status=status, after_execution=True)

    assert isinstance(stage.step(record).error, OutcomeUnknown)
    assert stage.settle(record, believe_absence=True).error is None
    assert len(stage.of(record)) == 1


def _receivable(stage: Stage) -> dict[str, Decimal]:
    found = stage.connector.receivable(date(2027, 12, 31), stage.courier)
    return {currency: amount for currency, amount in found.items() if amount}


def test_every_kind_that_it_has_not_is_said_in_words() -> None:
    left_out = set(Kind) - CAPABILITIES.kinds
    assert left_out == {Kind.ADJUSTMENT, Kind.DEPOSIT}
    assert all(CAPABILITIES.cannot[kind] for kind in left_out)
