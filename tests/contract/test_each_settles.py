"""Every ledger: what became of a call whose answer was lost, at every step of every kind."""

import pytest

from apps.connectors.errors import NeverArrived, OutcomeUnknown
from apps.connectors.snapshots import Kind
from tests.contract.bench import System
from tests.contract.needs import has, of_divided_kinds, of_kinds, sets_against
from tests.contract.ours import Ours
from tests.contract.sending import MANY, Record
from tests.contract.test_each_sends import amounts, unlike

OBJECTS = tuple(each for each in Kind if each is not Kind.ALLOCATION)


def send_losing_each(ours: Ours, record: Record, *, executed: bool, replay: bool) -> int:
    """Every step of it, the answer of each lost once; how many there were."""
    for steps in range(1, MANY):
        ours.bench.lose(executed=executed)
        outcome = ours.step(record)
        assert isinstance(outcome.error, OutcomeUnknown), outcome
        settled = ours.settle(record, replay=replay)
        if isinstance(settled.error, NeverArrived):
            assert not executed
            assert not replay
            settled = ours.step(record)
        assert settled.error is None, settled.error
        if not record.step:
            return steps
    raise AssertionError("it comes to no end")


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@of_kinds(*OBJECTS)
def test_a_step_whose_answer_is_lost_is_looked_up_and_made_once(
    ours: Ours, kind: Kind, executed: bool
) -> None:
    record = ours.make(kind)
    before = len(ours.bench.standing(kind))

    send_losing_each(ours, record, executed=executed, replay=False)

    assert len(ours.bench.standing(kind)) == before + 1
    if ours.has.reads_back:
        assert unlike(ours, record.snapshot, ours.read(record)) == []


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@has(lambda can: can.keys)
@of_kinds(*OBJECTS)
def test_a_step_whose_answer_is_lost_is_sent_again_under_its_key_and_made_once(
    ours: Ours, kind: Kind, executed: bool
) -> None:
    record = ours.make(kind)
    before = len(ours.bench.standing(kind))

    send_losing_each(ours, record, executed=executed, replay=True)

    assert len(ours.bench.standing(kind)) == before + 1
    if ours.has.reads_back:
        assert unlike(ours, record.snapshot, ours.read(record)) == []


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@has(lambda can: Kind.CREDIT_NOTE in can.kinds)
@of_kinds(Kind.ALLOCATION)
def test_the_use_of_a_credit_note_by_a_lost_call_is_set_once(
    ours: Ours, kind: Kind, executed: bool
) -> None:
    record = ours.make(kind)
    send_losing_each(ours, record, executed=executed, replay=False)
    assert ours.bench.paid_off(record.snapshot.target_id) == 40


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@has(sets_against)
def test_what_is_set_against_an_invoice_by_a_lost_call_is_set_once(
    ours: Ours, executed: bool
) -> None:
    record, target = ours.paying("40.00")
    send_losing_each(ours, record, executed=executed, replay=False)
    assert ours.bench.paid_off(target) == 40


@pytest.mark.parametrize("executed", [True, False], ids=["it arrived", "it did not"])
@of_divided_kinds
def test_each_of_several_objects_whose_answer_is_lost_is_made_once(
    ours: Ours, bench_of: System, kind: Kind, executed: bool
) -> None:
    record = bench_of.divided[kind](ours)

    steps = send_losing_each(ours, record, executed=executed, replay=False)

    assert steps == len(amounts(ours, record)) > 1
    assert sum(filter(None, amounts(ours, record))) == record.snapshot.amount


@of_kinds(Kind.CUSTOMER, Kind.INVOICE, Kind.PAYMENT)
def test_absence_is_not_believed_before_their_time_out_has_passed(ours: Ours, kind: Kind) -> None:
    record = ours.make(kind)
    ours.bench.lose(executed=False)
    ours.step(record)

    settled = ours.settle(record, believe_absence=False, replay=False)

    assert isinstance(settled.error, OutcomeUnknown)
