"""Entries whose answers got lost, that stand in a batch with others, and that are looked for."""

import dataclasses
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.connectors.errors import NeverArrived, OutcomeUnknown, RecordRefused, RemoteIsNewer
from apps.connectors.port import Outcome, Push, RemoteObject, Unsettled
from apps.connectors.snapshots import Kind
from tests.contract.money import Money
from tests.contract.stage import NothingKnown, Stage
from tests.contract.test_what_arrives import compared

BATCH = {"endpoint": "batch"}


@pytest.fixture
def money(stage: Stage) -> Money:
    return Money(stage)


def settled(stage: Stage, push: Push, *, replay: bool = False) -> Outcome:
    """What is found out about a push whose answer was lost last."""
    unsettled = Unsettled(
        request=stage.courier.sent[-1],
        pushes=(push,),
        may_replay=replay,
        believe_absence=True,
    )
    (outcome,) = stage.connector.settle(unsettled, stage.courier)
    return outcome


def lose(stage: Stage, push: Push, fault: str) -> None:
    stage.server.arm(stage.realm, fault, match=BATCH)
    (outcome,) = stage.outcomes([push])
    assert isinstance(outcome.error, OutcomeUnknown)


def sent(stage: Stage, money: Money, kind: Kind) -> tuple[Any, RemoteObject]:
    customer, _ = stage.masters()
    ours: Any
    match kind:
        case Kind.ADJUSTMENT:
            ours = money.adjustment(customer, "3.00")
        case Kind.REFUND:
            ours = money.refund(customer, "60.00", fee=Decimal(5))
        case _:
            ours = money.deposit([stage.send(money.payment(customer, "50.00"))])
    return ours, stage.send(ours)


@pytest.mark.parametrize("replay", [True, False], ids=["replay", "look-up"])
@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
@pytest.mark.parametrize("kind", [Kind.ADJUSTMENT, Kind.REFUND, Kind.DEPOSIT])
@pytest.mark.variants
def test_a_lost_cancellation_is_told_by_how_it_stands(
    stage: Stage, money: Money, kind: Kind, fault: str, replay: bool
) -> None:
    ours, there = sent(stage, money, kind)
    push = stage.push_of(dataclasses.replace(ours, cancelled=True), there)
    lose(stage, push, fault)
    outcome = settled(stage, push, replay=replay)
    if fault == "lose_before_commit" and not replay:
        assert isinstance(outcome.error, NeverArrived)
        (outcome,) = stage.outcomes([push])
    assert outcome.error is None
    own = stage.again(there)
    assert own.gone if kind is Kind.DEPOSIT else own.void
    assert outcome.remote[0].gone == own.gone
    assert money.books() == ({money.clearing: 50, money.receivable: -50} if own.gone else {})


def test_entries_travel_together_and_one_that_is_refused_stops_itself_alone(
    stage: Stage, money: Money
) -> None:
    customer, _ = stage.masters()
    payment = stage.send(money.payment(customer, "9.00"))
    pushes = [
        stage.push_of(each)
        for each in (
            money.adjustment(customer, "3.00"),
            money.adjustment(customer, "3.00", account_id="999999"),
            money.refund(customer, "60.00"),
            money.refund("999999", "60.00"),
            money.deposit([payment]),
            money.payment(customer, "4.00"),
        )
    ]
    calls = len(stage.courier.sent)
    outcomes = stage.outcomes(pushes)
    assert [len(each.members) for each in stage.courier.sent[calls:]] == [6]
    assert [isinstance(each.error, RecordRefused) for each in outcomes] == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    for push, outcome in zip(pushes, outcomes, strict=True):
        if not outcome.error:
            assert compared(stage.connector, push.snapshot, outcome.remote[0].snapshot) == []


def test_a_journal_that_somebody_renumbered_is_found_by_its_day(stage: Stage, money: Money) -> None:
    customer, _ = stage.masters()
    push = stage.push_of(money.adjustment(customer, "3.00"))
    lose(stage, push, "lose_after_commit")
    request = stage.courier.sent[-1]
    (there,) = stage.connector.everything([Kind.ADJUSTMENT], stage.courier)
    body = {
        "Id": there.remote_id,
        "SyncToken": there.version,
        "sparse": True,
        "DocNumber": "GJ-7",
        "Line": there.raw["Line"],
    }
    stage.courier.caller.post("journalentry", body)
    unsettled = Unsettled(request=request, pushes=(push,), may_replay=False, believe_absence=True)
    (outcome,) = stage.connector.settle(unsettled, stage.courier)
    assert [(each.remote_id, each.number) for each in outcome.remote] == [(there.remote_id, "GJ-7")]


def test_a_deposit_whose_payment_lies_in_another_is_refused(stage: Stage, money: Money) -> None:
    customer, _ = stage.masters()
    payment = stage.send(money.payment(customer, "50.00"))
    push = stage.push_of(money.deposit([payment]))
    lose(stage, push, "lose_before_commit")
    request = stage.courier.sent[-1]
    other = stage.send(money.deposit([payment]))
    unsettled = Unsettled(request=request, pushes=(push,), may_replay=False, believe_absence=True)
    (outcome,) = stage.connector.settle(unsettled, stage.courier)
    assert isinstance(outcome.error, RecordRefused)
    assert (outcome.error.owner_kind, outcome.error.owner_id) == (other.kind, other.remote_id)


def test_what_changed_there_meanwhile_is_read_first(stage: Stage, money: Money) -> None:
    ours, there = sent(stage, money, Kind.REFUND)
    stage.send(dataclasses.replace(ours, amount=Decimal("61.00")), there)
    error = stage.outcome(dataclasses.replace(ours, amount=Decimal("62.00")), there).error
    assert isinstance(error, RemoteIsNewer)


def test_one_call_tells_every_entry_that_changed(stage: Stage, money: Money) -> None:
    since = datetime.now(UTC) - timedelta(minutes=5)
    ours = [sent(stage, money, kind)[1] for kind in (Kind.ADJUSTMENT, Kind.REFUND, Kind.DEPOSIT)]
    customer, item = stage.masters()
    line = {
        "Amount": 20,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}},
    }
    body = {
        "CustomerRef": {"value": customer},
        "DepositToAccountRef": {"value": money.bank},
        "Line": [line],
    }
    theirs = {
        (entity, stage.courier.caller.post(entity.lower(), body)[entity]["Id"])
        for entity in ("SalesReceipt", "RefundReceipt")
    }
    calls = len(stage.courier.sent)
    (page,) = stage.connector.changes(since, stage.courier, NothingKnown())
    assert len(stage.courier.sent) == calls + 1
    found = {(each.kind, each.remote_id): each for each in page.objects if not each.part}
    assert {(each.kind, each.remote_id) for each in ours} <= set(found)
    assert [found[each.kind, each.remote_id].of_kind for each in ours] == [
        Kind.ADJUSTMENT,
        Kind.REFUND,
        Kind.DEPOSIT,
    ]
    # Theirs alone: counted and shown, never ours.
    assert [(found[key].of_kind, found[key].amount) for key in sorted(theirs)] == [(None, 20)] * 2


def test_an_entry_is_found_by_its_number_and_its_page_opens(stage: Stage, money: Money) -> None:
    web = (
        f"{stage.server.url}/{stage.connector.capabilities.system}/app/{{company}}/{{kind}}/{{id}}"
    )
    for kind in (Kind.ADJUSTMENT, Kind.REFUND, Kind.DEPOSIT):
        _, there = sent(stage, money, kind)
        if kind is not Kind.DEPOSIT:
            (found,) = stage.connector.find(kind, [there.number], stage.courier)
            assert found.remote_id == there.remote_id
        page = stage.connector.address_of(there, "https://books.example/")
        assert page.endswith(f"={there.remote_id}")
        opened = stage.server.http.get(stage.connector.address_of(there, web), timeout=20)
        assert opened.status_code == 200


@pytest.mark.parametrize("profile", ["uk", "us_manual_tax", "us_sales_tax"])
@pytest.mark.variants
def test_entries_bear_no_tax_in_any_regime(open_stage: Callable[..., Stage], profile: str) -> None:
    stage = open_stage(profile)
    money = Money(stage, stage.home)
    customer = stage.send(stage.customer()).remote_id
    charge, refund = money.adjustment(customer, "3.00"), money.refund(customer, "60.00")
    paid = money.payment(customer, "100.00")
    payment = stage.send(paid)
    deposit = money.deposit([payment], (money.expense, "-4.00", "Fees"))
    for ours in (charge, refund, deposit):
        there = stage.send(ours)
        assert compared(stage.connector, ours, there.snapshot) == []
    assert money.books() == money.effects(charge, refund, paid, deposit)
    said = [
        body.get("GlobalTaxCalculation")
        for item in stage.courier.writes
        for entity, body in item.items()
        if entity in ("JournalEntry", "Purchase", "Deposit")
    ]
    # Outside the US a line of an expense wants a tax code, unless the whole is out of tax. A
    # journal knows no such word, and no line of it needs a code.
    assert said == [None, *(["NotApplicable"] if profile == "uk" else [None]) * 2]
