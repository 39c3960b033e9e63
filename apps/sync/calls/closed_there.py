"""Months that are closed over there: what an act here would come to, and what a refusal tells us."""

from collections.abc import Iterator

from apps.billing.models import Payment
from apps.connections.lifecycle import take_company
from apps.connections.models import Connection
from apps.connectors.port import Connector
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.record import Recorder
from apps.sync.calls.time_given import Yielding
from apps.sync.models import Attempt, Reason, Run
from apps.sync.wording import day


def doubts_about(payment: Payment) -> list[str]:
    """What becomes of applying, un-applying or returning this payment now, where a ledger keeps
    what a payment is set against inside it and has closed the payment's month. No call is made."""
    return list(_doubts(payment))


def _doubts(payment: Payment) -> Iterator[str]:
    held = Connection.objects.filter(
        company=payment.company_id, remote_closing_date__gte=payment.date
    ).exclude(stage=Connection.Stage.DISCONNECTED)
    for connection in held:
        capabilities = connection.capabilities
        if not capabilities.payments_carry_allocations:
            continue
        until = connection.remote_closing_date
        assert until is not None  # asked for in the query
        yield (
            f"This payment is dated {day(payment.date)}, and {capabilities.name}'s books are closed "
            f"up to {day(until)}. {capabilities.name} keeps what a payment is set against inside "
            "the payment, so this stands here at once and is held there until somebody moves "
            f"{capabilities.name}'s closing date back; it then goes over by itself."
        )


def was_told_of_a_closed_period(run: Run) -> bool:
    """Whether their books refused something in this run because its month is closed."""
    refused = Attempt.objects.filter(call__run=run, result=Attempt.Result.REFUSED)
    return refused.filter(sync_record__reason=Reason.PERIOD_CLOSED).exists()


def read_their_closing_date(
    connection: Connection, connector: Connector, courier: SyncCourier, recorder: Recorder
) -> None:
    """They closed a month since their company was last read: read it now, so that what waits for
    it is held in our own words, and acts here know. Raises `Yielding` where that pauses these books.
    """
    theirs = connector.company(courier)
    recorder.record([], {}, courier.collect_answered())
    take_company(connection, theirs)
    if not connection.is_live:
        raise Yielding("These books were paused while the run was on; nothing more is sent.")
