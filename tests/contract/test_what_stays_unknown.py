"""What a replay, a look-up and a batch answer prove about a call whose answer got lost."""

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest

from apps.connectors.errors import (
    CallRefused,
    ConnectionLost,
    NeverArrived,
    OutcomeUnknown,
    RecordRefused,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Fate, Outcome, Push, Reply, Request, Unsettled
from apps.connectors.snapshots import Kind
from tests.contract.money import Money
from tests.contract.stage import Stage
from tests.contract.test_what_goes_wrong import every_kind

BATCH = {"endpoint": "batch"}


def settled(
    stage: Stage, pushes: list[Push], request: Request, *, replay: bool
) -> dict[int, Outcome]:
    unsettled = Unsettled(
        request=request, pushes=tuple(pushes), may_replay=replay, believe_absence=True
    )
    found = list(stage.connector.settle(unsettled, stage.courier))
    assert sorted(each.ref for each in found) == sorted(each.ref for each in pushes)
    return {each.ref: each for each in found}


def refused_connection(_request: Request, _reply: Reply) -> Reply:
    return Reply(fate=Fate.UNSENT, problem="NewConnectionError")


# A replay that is no answer: how it comes about, and what is told of it where nothing arrived.
NO_ANSWERS: dict[str, tuple[str, dict[str, Any], type[Exception]]] = {
    "connection refused": ("", {}, TryLater),
    "lost before commit": ("lose_before_commit", {}, OutcomeUnknown),
    "lost after commit": ("lose_after_commit", {}, OutcomeUnknown),
    "429": ("status", {"status": 429}, TryLater),
    "403": ("status", {"status": 403}, ConnectionLost),
    "403 of a gateway": ("status", {"status": 403, "body": "html"}, TryLater),
    "401": ("status", {"status": 401}, ConnectionLost),
    "500": ("status", {"status": 500}, OutcomeUnknown),
    "malformed": ("malformed", {"after_commit": False}, OutcomeUnknown),
    "a system fault": ("fault_in_200", {"code": "10000"}, OutcomeUnknown),
}
ARRIVED = {"lost after commit"}


@pytest.mark.parametrize("answer", NO_ANSWERS)
@pytest.mark.parametrize("committed", [True, False], ids=["it arrived", "it did not"])
@pytest.mark.variants
def test_a_replay_without_an_answer_never_proves_that_a_record_of_any_kind_is_absent(
    stage: Stage, committed: bool, answer: str
) -> None:
    fault, told, expected = NO_ANSWERS[answer]
    for snapshot in every_kind(stage):
        push = stage.push_of(snapshot)
        stage.server.arm(
            stage.realm, "lose_after_commit" if committed else "lose_before_commit", match=BATCH
        )
        stage.outcomes([push])
        request = stage.courier.sent[-1]
        stage.server.arm(stage.realm, fault or "lose_before_commit", match=BATCH, **told)
        if not fault:
            stage.courier.meddle_once(refused_connection)
        outcome = settled(stage, [push], request, replay=True)[push.ref]

        # Found by looking, where anything could be asked; else nothing is known of it.
        looked = expected is OutcomeUnknown
        if looked and (committed or answer in ARRIVED):
            assert outcome.error is None, outcome.error
        else:
            assert type(outcome.error) is expected
        if outcome.error is None:
            continue
        # Their time-out has passed once more: what is looked for now is there, or never came.
        outcome = settled(stage, [push], request, replay=False)[push.ref]
        if committed:
            assert outcome.error is None, outcome.error
        else:
            assert isinstance(outcome.error, NeverArrived)
            (outcome,) = stage.outcomes([push])
            assert outcome.error is None, outcome.error


@pytest.mark.parametrize("replay", [True, False], ids=["replay", "look-up"])
def test_a_refusal_of_the_lost_call_is_believed_where_nothing_is_there(
    stage: Stage, replay: bool
) -> None:
    _, item = stage.masters()
    push = stage.push_of(stage.invoice("INV-1", "999999", stage.lines(item, "10.00")))
    stage.server.arm(stage.realm, "lose_before_commit", match=BATCH)
    stage.outcomes([push])
    outcome = settled(stage, [push], stage.courier.sent[-1], replay=replay)[push.ref]
    assert isinstance(outcome.error, RecordRefused if replay else NeverArrived)


def test_a_replay_that_is_refused_though_the_record_stands_there_is_done(stage: Stage) -> None:
    """As where the key died, and the number or the balance is taken by the record itself."""
    for snapshot in every_kind(stage):
        push = stage.push_of(snapshot)
        stage.server.arm(stage.realm, "lose_after_commit", match=BATCH)
        stage.outcomes([push])
        request = stage.courier.sent[-1]
        stage.server.arm(stage.realm, "status", status=400, body="fault", code="6000", match=BATCH)
        outcome = settled(stage, [push], request, replay=True)[push.ref]
        assert outcome.error is None, outcome.error


# --- A call that is refused as a whole -----------------------------------------------------------


def test_a_refusal_of_the_whole_call_is_told_of_no_record_in_particular(stage: Stage) -> None:
    stage.server.arm(stage.realm, "status", status=400, body="fault", code="2010", match=BATCH)
    outcomes = stage.outcomes([stage.push_of(stage.customer(name)) for name in ("A", "B")])
    assert [type(each.error) for each in outcomes] == [CallRefused] * 2
    assert all(each.error and each.error.sentence for each in outcomes)


def test_a_version_that_is_old_refuses_a_create_and_makes_a_change_be_read_again(
    stage: Stage,
) -> None:
    def stale() -> None:
        stage.server.arm(stage.realm, "item_fault", code="5010", index=0, match=BATCH)

    ours = stage.customer()
    stale()
    error = stage.outcome(ours).error
    assert type(error) is RecordRefused
    assert error.remedy
    there = stage.send(ours)
    stale()
    assert type(stage.outcome(dataclasses.replace(ours, name="New"), there).error) is RemoteIsNewer


# --- Whose answer it is --------------------------------------------------------------------------


def customers(stage: Stage) -> list[Any]:
    return [stage.customer(f"Customer {at}") for at in range(4)]


def items(stage: Stage) -> list[Any]:
    return [stage.item(f"CODE-{at}", f"Item {at}") for at in range(4)]


def invoices(stage: Stage) -> list[Any]:
    customer, item = stage.masters()
    return [stage.invoice(f"I-{at}", customer, stage.lines(item, "10.00")) for at in range(4)]


def credit_notes(stage: Stage) -> list[Any]:
    customer, item = stage.masters()
    return [stage.credit_note(f"C-{at}", customer, stage.lines(item, "10.00")) for at in range(4)]


def payments(stage: Stage) -> list[Any]:
    customer, _ = stage.masters()
    return [stage.payment(customer, "10.00") for _ in range(4)]


def allocations(stage: Stage) -> list[Any]:
    customer, item = stage.masters()
    credit = stage.send(stage.credit_note("C-1", customer, stage.lines(item, "40.00")))
    invoice = stage.send(stage.invoice("I-1", customer, stage.lines(item, "90.00")))
    return [
        stage.use_of_credit(customer, credit.remote_id, invoice.remote_id, "10.00")
        for _ in range(4)
    ]


def adjustments(stage: Stage) -> list[Any]:
    customer, _ = stage.masters()
    return [Money(stage).adjustment(customer, "3.00") for _ in range(4)]


def refunds(stage: Stage) -> list[Any]:
    customer, _ = stage.masters()
    return [Money(stage).refund(customer, "3.00") for _ in range(4)]


def deposits(stage: Stage) -> list[Any]:
    customer, _ = stage.masters()
    money = Money(stage)
    return [money.deposit([stage.send(money.payment(customer, "5.00"))]) for _ in range(4)]


MADE = [customers, items, invoices, credit_notes, payments, allocations, adjustments, refunds,
        deposits]  # fmt: skip


@pytest.mark.parametrize("make", MADE)
def test_answers_under_each_others_id_find_their_records(
    stage: Stage, make: Callable[[Stage], list[Any]]
) -> None:
    ours = make(stage)
    stage.server.arm(stage.realm, "swapped_ids", index=1, match=BATCH)
    outcomes = stage.outcomes([stage.push_of(each) for each in ours])
    assert [each.error for each in outcomes] == [None] * 4
    found = [stage.again(each.remote[0]) for each in outcomes]
    if make is items:
        assert [each.snapshot.code for each in found if each.snapshot] == [
            each.code for each in ours
        ]
    else:
        assert [each.marker for each in found] == [each.marker for each in ours]


def test_changes_answered_under_each_others_id_find_their_records(stage: Stage) -> None:
    ours = customers(stage)
    there = [stage.send(each) for each in ours]
    stage.server.arm(stage.realm, "swapped_ids", index=0, match=BATCH)
    outcomes = stage.outcomes(
        [
            stage.push_of(dataclasses.replace(each, phone="+44 20 7946 0001"), known)
            for each, known in zip(ours, there, strict=True)
        ]
    )
    assert [each.remote[0].remote_id for each in outcomes] == [each.remote_id for each in there]


def test_a_fault_under_anothers_id_is_believed_of_nobody(stage: Stage) -> None:
    stage.server.arm(stage.realm, "item_fault", code="6000", index=1, match=BATCH)
    stage.server.arm(stage.realm, "swapped_ids", index=1, match=BATCH)
    pushes = [stage.push_of(each) for each in customers(stage)]
    outcomes = stage.outcomes(pushes)
    # The second was refused and the third made: it is known only that the third was.
    assert [type(each.error) for each in outcomes] == [
        type(None),
        OutcomeUnknown,
        type(None),
        type(None),
    ]
    request = stage.courier.sent[-1]
    told = settled(stage, [pushes[1]], request, replay=False)[pushes[1].ref]
    assert isinstance(told.error, NeverArrived)
    assert stage.count(Kind.CUSTOMER) == 3
