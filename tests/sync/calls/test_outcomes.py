"""What each answer means for its record: one that is no answer about the call ends nothing."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.utils.timezone import now

from apps.connectors.errors import (
    CannotTell,
    ConnectionLost,
    ConnectorError,
    NeverArrived,
    OutcomeUnknown,
    PeriodClosed,
    RecordRefused,
    RemoteIsNewer,
    TryLater,
)
from apps.connectors.port import Fate, Purpose, Reply, Request
from apps.connectors.snapshots import PaymentSnapshot
from apps.sync.calls.courier import Answered, Settling
from apps.sync.calls.outcomes import Outcomes, Sent
from apps.sync.models import Call, Run, State, SyncRecord
from tests.factories import make_company, make_payment
from tests.sync.desk import Desk, PlainLedger

pytestmark = pytest.mark.django_db

GENERATION = 4
NO_ANSWERS: dict[str, ConnectorError] = {
    "429": TryLater("Too many calls.", code="429", retry_after=60, whole_connection=True),
    "503": TryLater("Busy.", code="503", whole_connection=True),
    "a lock": TryLater("Somebody else is at it.", code="5010"),
    "401": ConnectionLost("Not let in."),
    "lost again": OutcomeUnknown("The answer was lost."),
}


class Lost:
    """A payment on its way by a call whose answer was lost."""

    def __init__(self) -> None:
        company = make_company()
        desk = Desk(company)
        payment = make_payment(company=company, amount=50)
        run = Run.objects.create(connection=desk.connection, duty="sync", started_at=now())
        self.call = Call.objects.create(
            connection=desk.connection, run=run, method="POST", path="/", started_at=now(), key="k"
        )
        self.record = desk.there(
            payment, "", state=State.ON_ITS_WAY, sent=0, generation=GENERATION, call=self.call
        )
        self.call.members = [self.record.pk]
        ours = PaymentSnapshot(
            marker="m", customer_id="5", paid_on=date(2026, 3, 9), currency="GBP", amount=payment.amount
        )  # fmt: skip
        self.sent = Sent(self.record, payment.revision, ours, creates=True)

    def settled_with(self, error: ConnectorError, *, replay_left: bool = False) -> SyncRecord:
        settling = Settling(self.call, replay_left=replay_left)
        Outcomes(PlainLedger.capabilities, settling).failed(self.sent, error, None)
        return self.record

    def answered_with(self, error: ConnectorError, status: int) -> SyncRecord:
        request = Request(method="POST", path="/", purpose=Purpose.PAYMENTS, key="k", writes=True)
        answered = Answered(self.call, request, Reply(fate=Fate.ANSWERED, status=status))
        Outcomes(PlainLedger.capabilities).failed(self.sent, error, answered)
        return self.record


@pytest.mark.parametrize("said", NO_ANSWERS)
def test_what_is_no_answer_about_a_lost_call_leaves_it_unknown_under_its_key(said: str) -> None:
    lost = Lost()
    record = lost.settled_with(NO_ANSWERS[said])

    assert (record.state, record.call_id) == (State.UNKNOWN, lost.call.pk)
    assert record.generation == GENERATION
    assert record.due_at is not None
    assert record.sentence


def test_what_is_not_there_right_after_its_replay_left_may_still_arrive() -> None:
    absent = NeverArrived("It is not there.")
    assert Lost().settled_with(absent, replay_left=True).state == State.UNKNOWN
    believed = Lost().settled_with(absent)
    assert (believed.state, believed.generation) == (State.WAITING, GENERATION + 1)


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (RecordRefused("No."), State.NEEDS_PERSON),
        (PeriodClosed("Closed."), State.NEEDS_PERSON),
        (CannotTell("Nobody can."), State.NEEDS_PERSON),
        (RemoteIsNewer("Changed."), State.WAITING),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, ConnectorError) else None,
)
def test_an_answer_about_the_lost_call_itself_ends_it(error: ConnectorError, state: str) -> None:
    assert Lost().settled_with(error).state == state


@pytest.mark.parametrize("status", [401, 403, 429, 503])
def test_a_gateway_that_turns_a_new_record_away_may_have_let_it_through(status: int) -> None:
    make: Callable[..., Any] = ConnectionLost if status == 401 else TryLater
    record = Lost().answered_with(make("Not now."), status)

    assert (record.state, record.generation) == (State.UNKNOWN, GENERATION)


@pytest.mark.parametrize("creates", [True, False])
def test_a_lost_answer_leaves_the_generation_as_it_is(creates: bool) -> None:
    lost = Lost()
    lost.sent.creates = creates
    record = lost.answered_with(OutcomeUnknown("The answer was lost."), 200)

    assert (record.state, record.generation) == (State.UNKNOWN, GENERATION)
