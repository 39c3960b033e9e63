"""Refusals, limits and damaged answers: each touches its own record and says what happens next."""

import dataclasses
from typing import Any

import pytest

from apps.connectors.errors import (
    ConnectionLost,
    ConnectorError,
    NameTaken,
    NeverArrived,
    NumberTaken,
    OutcomeUnknown,
    PeriodClosed,
    RecordRefused,
    RemoteGone,
    TryLater,
)
from apps.connectors.port import Fate, Purpose, Reply, Request, Unsettled
from apps.connectors.snapshots import Kind
from tests.contract.money import Money
from tests.contract.stage import Stage

BATCH = {"endpoint": "batch"}


def error_of(stage: Stage, snapshot: Any, known: Any = None) -> ConnectorError:
    error = stage.outcome(snapshot, known).error
    assert error is not None
    assert error.sentence
    return error


@pytest.mark.slow
def test_one_bad_document_of_a_batch_stops_itself_alone_in_each_of_thirty_places(
    stage: Stage,
) -> None:
    customer, item = stage.masters()
    lines = stage.lines(item, "10.00")
    for place in range(30):
        numbers = [f"INV-{place}-{at}" for at in range(30)]
        pushes = [stage.push_of(stage.invoice(number, customer, lines)) for number in numbers]
        bad = dataclasses.replace(pushes[place].snapshot, customer_id="999999")
        pushes[place] = dataclasses.replace(pushes[place], snapshot=bad)
        outcomes = stage.outcomes(pushes)
        refused = [at for at, each in enumerate(outcomes) if each.error is not None]
        assert refused == [place]
        assert isinstance(outcomes[place].error, RecordRefused)
        assert [each.remote[0].number for each in outcomes if not each.error] == [
            number for at, number in enumerate(numbers) if at != place
        ]
    assert stage.count(Kind.INVOICE) == 30 * 29


def test_thirty_go_in_a_call_and_the_thirty_first_in_another(stage: Stage) -> None:
    customer, item = stage.masters()
    lines = stage.lines(item, "10.00")
    calls = len(stage.courier.sent)
    stage.outcomes([stage.push_of(stage.invoice(f"I-{at}", customer, lines)) for at in range(31)])
    sent = stage.courier.sent[calls:]
    assert [len(each.members) for each in sent] == [30, 1]
    assert {each.purpose for each in sent} == {Purpose.DOCUMENTS}
    assert len({each.key for each in sent}) == 2


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("kind", [Kind.INVOICE, Kind.CREDIT_NOTE])
def test_a_number_that_is_taken_names_its_owner(stage: Stage, kind: Kind, language: str) -> None:
    """The id needs no language. The type does: where it is not read, the number itself tells."""
    stage.server.set_up(stage.realm, language=language)
    make = stage.invoice if kind is Kind.INVOICE else stage.credit_note
    customer, item = stage.masters()
    first = stage.send(make("N-1", customer, stage.lines(item, "10.00")))
    error = error_of(stage, make("N-1", customer, stage.lines(item, "11.00")))
    assert isinstance(error, NumberTaken)
    assert error.owner_id == first.remote_id
    assert error.owner_kind == (first.kind if language == "en" else "")
    (found,) = stage.connector.find(kind, ["N-1"], stage.courier)
    assert (found.kind, found.remote_id) == (first.kind, error.owner_id)


@pytest.mark.parametrize("entity", ["customer", "vendor", "employee"])
def test_a_name_that_is_taken_is_found_in_every_list(stage: Stage, entity: str) -> None:
    body: dict[str, Any] = {"DisplayName": "Brass & Oak Ltd"}
    if entity == "employee":
        body |= {"GivenName": "Brass", "FamilyName": "Oak"}
    made = next(iter(stage.courier.caller.post(entity, body).values()))
    assert isinstance(error_of(stage, stage.customer("Brass & Oak Ltd")), NameTaken)
    owners = stage.connector.who_has_name("Brass & Oak Ltd", stage.courier)
    assert [(each.kind.lower(), each.remote_id) for each in owners] == [(entity, made["Id"])]


def test_an_inactive_one_still_has_its_name(stage: Stage) -> None:
    ours = stage.customer("Sleeping Ltd")
    there = stage.send(ours)
    stage.send(dataclasses.replace(ours, active=False), there)
    (found,) = stage.connector.find(Kind.CUSTOMER, ["Sleeping Ltd"], stage.courier)
    assert (found.remote_id, found.name) == (there.remote_id, "Sleeping Ltd")


def test_a_closed_period_is_told(stage: Stage) -> None:
    customer, item = stage.masters()
    stage.server.set_up(stage.realm, book_close_date="2026-11-30")
    error = error_of(stage, stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    assert isinstance(error, PeriodClosed)


def test_what_was_deleted_is_gone_and_not_made_again(stage: Stage) -> None:
    customer, item = stage.masters()
    ours = stage.invoice("INV-1", customer, stage.lines(item, "10.00"))
    there = stage.send(ours)
    stage.courier.caller.post(
        "invoice", {"Id": there.remote_id, "SyncToken": there.version}, operation="delete"
    )
    changed = dataclasses.replace(ours, message="Anybody there?")
    assert isinstance(error_of(stage, changed, there), RemoteGone)
    assert isinstance(error_of(stage, changed, stage.again(there)), RemoteGone)
    assert stage.count(Kind.INVOICE) == 0


@pytest.mark.parametrize(
    ("fault", "told", "expected"),
    [
        ("status", {"status": 429, "retry_after": 7}, TryLater),
        ("status", {"status": 500}, OutcomeUnknown),
        ("status", {"status": 503, "after_commit": True}, OutcomeUnknown),
        ("malformed", {"after_commit": True}, OutcomeUnknown),
        ("malformed", {}, OutcomeUnknown),
        ("empty_200", {"after_commit": True}, OutcomeUnknown),
        ("lose_before_commit", {}, OutcomeUnknown),
        ("lose_after_commit", {}, OutcomeUnknown),
    ],
)
def test_a_call_that_goes_wrong_is_never_taken_for_done(
    stage: Stage, fault: str, told: dict[str, Any], expected: type[ConnectorError]
) -> None:
    stage.server.arm(stage.realm, fault, match=BATCH, **told)
    error = error_of(stage, stage.customer())
    assert type(error) is expected
    if isinstance(error, TryLater):
        assert (error.whole_connection, error.retry_after) == (True, 7)


@pytest.mark.parametrize("fault", ["missing_item", "doubled_item"])
def test_an_answer_that_leaves_out_or_doubles_one_leaves_that_one_unknown(
    stage: Stage, fault: str
) -> None:
    stage.server.arm(stage.realm, fault, index=1, match=BATCH)
    pushes = [stage.push_of(stage.customer(f"Customer {at}")) for at in range(3)]
    outcomes = stage.outcomes(pushes)
    unknown = [isinstance(each.error, OutcomeUnknown) for each in outcomes]
    assert unknown == [False, True, False]


def test_answers_in_another_order_find_their_records(stage: Stage) -> None:
    stage.server.arm(stage.realm, "reordered_items", match=BATCH)
    names = [f"Customer {at}" for at in range(5)]
    outcomes = stage.outcomes([stage.push_of(stage.customer(name)) for name in names])
    assert [each.remote[0].name for each in outcomes] == names


def test_a_limit_met_inside_a_batch_holds_back_that_record_alone(stage: Stage) -> None:
    stage.server.arm(stage.realm, "item_fault", code="3001", index=0, match=BATCH)
    first, second = stage.outcomes([stage.push_of(stage.customer(name)) for name in ("A", "B")])
    assert isinstance(first.error, TryLater)
    assert not first.error.whole_connection
    assert second.error is None


def test_an_authorisation_that_is_gone_is_told_for_every_record(stage: Stage) -> None:
    stage.courier.caller.tokens["access_token"] = "expired"
    assert isinstance(error_of(stage, stage.customer()), ConnectionLost)
    with pytest.raises(ConnectionLost):
        stage.connector.codes(stage.courier)


# --- What became of it --------------------------------------------------------------------------


def every_kind(stage: Stage) -> list[Any]:
    """One new record of each kind, ready to be sent."""
    customer, item = stage.masters()
    lines = stage.lines(item, "100.00")
    invoice = stage.send(stage.invoice("INV-0", customer, lines))
    credit = stage.send(stage.credit_note("CN-0", customer, stage.lines(item, "30.00")))
    money = Money(stage)
    journal = stage.send(money.adjustment(customer, "5.00"))
    payment = stage.send(money.payment(customer, "9.00"))
    return [
        stage.customer("New Customer"),
        stage.item("NEW", "New item"),
        stage.invoice("INV-1", customer, lines),
        stage.credit_note("CN-1", customer, lines),
        stage.payment(customer, "50.00", {invoice.remote_id: "50.00"}),
        stage.use_of_credit(customer, credit.remote_id, invoice.remote_id, "30.00"),
        money.adjustment(customer, "3.00"),
        money.use(customer, (Kind.ADJUSTMENT, journal), (Kind.INVOICE, invoice), "5.00"),
        money.refund(customer, "20.00"),
        money.deposit([payment]),
        money.deposit([], (money.income, "7.00", "Found in the till")),
    ]


def test_a_replay_of_what_was_deleted_since_is_told(stage: Stage) -> None:
    customer, item = stage.masters()
    push = stage.push_of(stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    stage.server.arm(stage.realm, "lose_after_commit", match=BATCH)
    stage.outcomes([push])
    request = stage.courier.sent[-1]
    (there,) = stage.connector.find(Kind.INVOICE, ["INV-1"], stage.courier)
    stage.courier.caller.post(
        "invoice", {"Id": there.remote_id, "SyncToken": there.version}, operation="delete"
    )
    unsettled = Unsettled(request=request, pushes=(push,), may_replay=True, believe_absence=True)
    (settled,) = stage.connector.settle(unsettled, stage.courier)
    assert isinstance(settled.error, RemoteGone)


@pytest.mark.parametrize("fault", ["lose_before_commit", "lose_after_commit"])
def test_a_lost_change_is_told_by_how_it_stands(stage: Stage, fault: str) -> None:
    ours = stage.customer()
    there = stage.send(ours)
    push = stage.push_of(dataclasses.replace(ours, name="Renamed Ltd"), there)
    stage.server.arm(stage.realm, fault, match=BATCH)
    stage.outcomes([push])
    unsettled = Unsettled(
        request=stage.courier.sent[-1], pushes=(push,), may_replay=False, believe_absence=True
    )
    (settled,) = stage.connector.settle(unsettled, stage.courier)
    if fault == "lose_after_commit":
        assert settled.remote[0].name == "Renamed Ltd"
    else:
        assert isinstance(settled.error, NeverArrived)


def test_a_number_that_another_took_meanwhile_is_no_success(stage: Stage) -> None:
    customer, item = stage.masters()
    push = stage.push_of(stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    stage.server.arm(stage.realm, "lose_before_commit", match=BATCH)
    stage.outcomes([push])
    request = stage.courier.sent[-1]
    other = stage.send(stage.invoice("INV-1", customer, stage.lines(item, "10.00")))
    unsettled = Unsettled(request=request, pushes=(push,), may_replay=False, believe_absence=True)
    (settled,) = stage.connector.settle(unsettled, stage.courier)
    assert isinstance(settled.error, NumberTaken)
    assert settled.error.owner_id == other.remote_id


def test_a_call_that_never_left_is_tried_again(stage: Stage) -> None:
    def unsent(_request: Request, _reply: Reply) -> Reply:
        return Reply(fate=Fate.UNSENT, problem="NewConnectionError")

    stage.courier.meddle_once(unsent)
    assert isinstance(error_of(stage, stage.customer()), TryLater)


def test_another_payment_of_that_customer_day_and_amount_is_not_taken_for_the_lost_one(
    stage: Stage,
) -> None:
    customer, _ = stage.masters()
    stage.send(stage.payment(customer, "50.00", {}))
    push = stage.push_of(stage.payment(customer, "50.00", {}))
    stage.server.arm(stage.realm, "lose_before_commit", match=BATCH)
    stage.outcomes([push])
    unsettled = Unsettled(
        request=stage.courier.sent[-1], pushes=(push,), may_replay=False, believe_absence=True
    )

    (settled,) = stage.connector.settle(unsettled, stage.courier)

    assert isinstance(settled.error, NeverArrived)


def test_a_document_typed_there_under_the_number_of_the_lost_one_is_not_taken_for_it(
    stage: Stage,
) -> None:
    customer, item = stage.masters()
    push = stage.push_of(stage.invoice("INV-9", customer, stage.lines(item, "100.00")))
    stage.server.arm(stage.realm, "lose_before_commit", match=BATCH)
    stage.outcomes([push])
    unsettled = Unsettled(
        request=stage.courier.sent[-1], pushes=(push,), may_replay=False, believe_absence=True
    )
    stage.server.act(stage.realm, "create_invoice", customer=customer, amount=100, number="INV-9")

    (settled,) = stage.connector.settle(unsettled, stage.courier)

    assert isinstance(settled.error, NumberTaken)
