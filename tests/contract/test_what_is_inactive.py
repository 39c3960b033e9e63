"""A refusal since something is inactive says nothing of the record itself: never "gone" by that."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from apps.connectors.errors import (
    ConnectionLost,
    NamesInactive,
    OutcomeUnknown,
    RemoteGone,
    TryLater,
)
from apps.connectors.port import Outcome, RemoteObject, Unsettled
from apps.connectors.snapshots import Kind
from tests.contract.money import Money
from tests.contract.stage import Stage
from tests.contract.test_what_goes_wrong import every_kind

BATCH = {"endpoint": "batch"}
# What a change of a kind is made of; an allocation is only ever taken back.
CHANGES: dict[Kind, dict[str, Any]] = {
    Kind.CUSTOMER: {"name": "Renamed Ltd"},
    Kind.ITEM: {"description": "Another one"},
    Kind.INVOICE: {"message": "Anybody there?"},
    Kind.CREDIT_NOTE: {"message": "Anybody there?"},
    Kind.PAYMENT: {"reference": "TRX-2"},
    Kind.ADJUSTMENT: {"dated": date(2026, 11, 21)},
    Kind.REFUND: {"paid_on": date(2026, 11, 21)},
    Kind.DEPOSIT: {"dated": date(2026, 11, 21)},
}
TAKEN_BACK: dict[Kind, dict[str, Any]] = {
    Kind.CUSTOMER: {"active": False},
    Kind.ITEM: {"active": False},
    Kind.INVOICE: {"void": True},
    Kind.CREDIT_NOTE: {"void": True},
}
KINDS = [each.value for each in Kind]


def of_kind(stage: Stage, kind: str) -> Any:
    """A new record of this kind."""
    return next(each for each in every_kind(stage) if stage.push_of(each).kind.value == kind)


def changed(snapshot: Any, kind: str, how: str) -> Any:
    taken_back = TAKEN_BACK.get(Kind(kind), {"cancelled": True})
    what = CHANGES.get(Kind(kind), taken_back) if how == "change" else taken_back
    return dataclasses.replace(snapshot, **what)


def refuse(stage: Stage, code: str) -> None:
    stage.server.arm(stage.realm, "item_fault", code=code, index=0, match=BATCH)


def settled(stage: Stage, push: Any) -> Outcome:
    """Found out by a replay, which is refused."""
    stage.server.arm(stage.realm, "lose_before_commit", match=BATCH)
    (lost,) = stage.outcomes([push])
    assert isinstance(lost.error, OutcomeUnknown)
    unsettled = Unsettled(
        request=stage.courier.sent[-1], pushes=(push,), may_replay=True, believe_absence=True
    )
    refuse(stage, "610")
    (outcome,) = stage.connector.settle(unsettled, stage.courier)
    return outcome


def delete(stage: Stage, there: RemoteObject) -> None:
    now = stage.again(there)
    stage.server.act(stage.realm, "delete", kind=there.kind, id=now.remote_id)


def assert_names_inactive(error: Any) -> None:
    assert type(error) is NamesInactive
    assert error.sentence
    assert "inactive or missing" in error.remedy
    assert "created anew" not in error.remedy
    assert len(error.remedy) <= 300


@pytest.mark.slow
@pytest.mark.parametrize("by", ["answer", "replay"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_create_that_names_something_inactive_is_never_gone(
    stage: Stage, kind: str, by: str
) -> None:
    push = stage.push_of(of_kind(stage, kind))
    if by == "replay":
        error = settled(stage, push).error
    else:
        refuse(stage, "610")
        error = stage.outcomes([push])[0].error
    assert_names_inactive(error)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["answer", "replay"])
@pytest.mark.parametrize("how", ["change", "void"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_change_that_names_something_inactive_is_never_gone_while_it_stands_there(
    stage: Stage, kind: str, how: str, by: str
) -> None:
    ours = of_kind(stage, kind)
    there = stage.send(ours)
    push = stage.push_of(changed(ours, kind, how), there)
    if by == "replay":
        error = settled(stage, push).error
    else:
        refuse(stage, "610")
        error = stage.outcomes([push])[0].error
    assert_names_inactive(error)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["change", "void"])
@pytest.mark.parametrize("kind", KINDS[2:])  # customers and items are never deleted there
def test_a_change_of_what_is_absent_is_gone(stage: Stage, kind: str, how: str) -> None:
    ours = of_kind(stage, kind)
    there = stage.send(ours)
    delete(stage, there)
    outcome = stage.outcome(changed(ours, kind, how), there)
    no_document = kind not in ("invoice", "credit_note", "payment")
    if no_document and (how == "void" or kind == "allocation"):
        assert outcome.error is None, "it was to be taken back, and is"
        assert outcome.remote[0].gone
    else:
        assert type(outcome.error) is RemoteGone


@pytest.mark.parametrize("stopped", ["429", "lost", "401"])
def test_what_cannot_be_looked_at_now_is_not_called_gone(stage: Stage, stopped: str) -> None:
    ours = of_kind(stage, "invoice")
    there = stage.send(ours)
    push = stage.push_of(changed(ours, "invoice", "change"), there)
    refuse(stage, "610")
    query = {"endpoint": "query"}
    if stopped == "lost":
        stage.server.arm(stage.realm, "lose_before_commit", match=query)
    else:
        stage.server.arm(stage.realm, "status", status=int(stopped), match=query)
    outcomes = stage.connector.push([push], stage.courier)
    told = next(outcomes)
    with pytest.raises((TryLater, ConnectionLost)):
        next(outcomes)
    assert type(told.error) is TryLater
    assert "could not be asked" in told.error.sentence


@pytest.mark.parametrize("fault", ["610", "2500", "named"])
@pytest.mark.parametrize("what", ["customer", "item", "account"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_reading_of_what_inactive_is_answered_with_is_understood(
    stage: Stage, language: str, what: str, fault: str
) -> None:
    customer, item = stage.masters()
    money = Money(stage)
    stage.server.set_up(stage.realm, inactive_fault=fault, language=language)
    inactive = {
        "customer": ("Customer", customer),
        "item": ("Item", item),
        "account": ("Account", money.clearing),
    }
    kind, remote_id = inactive[what]
    stage.server.act(stage.realm, "deactivate", kind=kind, id=remote_id)
    ours = (
        money.payment(customer, "3.00")
        if what == "account"
        else stage.invoice("INV-1", customer, stage.lines(item, "10.00"))
    )
    assert_names_inactive(stage.outcome(ours).error)
