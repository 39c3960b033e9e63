"""A run whose lease another one took writes nothing more, and sends nothing more: whatever it is at.

The other run takes the connection over just before the step that is looked at, as one does when a
process was stopped for longer than its lease lasts.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from apps.connections.models import Connection
from apps.sync.apply import apply_arrivals
from apps.sync.calls.courier import SyncCourier
from apps.sync.calls.record import Recorder
from apps.sync.lease import Lease, LeaseLost
from apps.sync.models import Call, Run, State, SyncRecord
from apps.sync.send.plan import Planner
from tests.books import Books
from tests.factories import make_company, make_invoice
from tests.sync.apply.test_meanwhile import once_before
from tests.sync.stage import Stage

TAKEN_OVER = (Run.Outcome.STOPPED, "Another run took this connection over.")


def take_over(connection: Connection) -> Lease:
    """The lease has run out, and another run takes it."""
    Connection.objects.filter(pk=connection.pk).update(lease_until=None)
    lease = Lease.acquire(connection.pk)
    assert lease is not None
    return lease


def test_what_a_run_learnt_is_not_written_once_another_has_the_lease(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)

    def meanwhile(outcomes: Any, sent: Any, answered: Any) -> bool:
        if not any(sent[each.ref].record.kind == "invoice" for each in outcomes):
            return False
        take_over(books.connection)
        return True

    once_before(monkeypatch, Recorder, "record", meanwhile)
    run = books.run()

    record = books.record(invoice)
    assert (run.outcome, run.sentence) == TAKEN_OVER
    assert (record.state, record.sent) == (State.ON_ITS_WAY, 0)
    assert record.call is not None
    assert record.call.answered_at is None
    assert not record.attempts.exists()


def test_what_needs_no_call_is_not_written_once_another_has_the_lease(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)
    books.run()
    SyncRecord.objects.filter(invoice=invoice).update(state=State.WAITING, due_at=now())

    def meanwhile(records: Any, *_: Any) -> bool:
        if records:
            take_over(books.connection)
        return bool(records)

    once_before(monkeypatch, Planner, "_save_settled", meanwhile)
    run = books.run(get=False)

    assert (run.outcome, run.sentence) == TAKEN_OVER
    assert books.record(invoice).state == State.WAITING


def test_no_write_leaves_once_another_has_the_lease(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = make_invoice(company=books.company)

    def meanwhile(request: Any) -> bool:
        if b'"Invoice"' not in request.body or not request.writes:
            return False
        take_over(books.connection)
        return True

    once_before(monkeypatch, SyncCourier, "_intend", meanwhile)
    run = books.run()

    assert (run.outcome, run.sentence) == TAKEN_OVER
    assert len(books.theirs("Invoice")) == 1  # the test invoice of before
    assert books.record(invoice).state == State.WAITING
    assert not Call.objects.filter(pk=books.record(invoice).call_id).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["renew", "confirm"])
def test_only_the_newest_lease_is_kept(act: str) -> None:
    connection = Connection.objects.create(
        company=make_company(),
        system="quickbooks",
        environment="simulated",
        remote_company_id="1",
        name="Thornfield",
        home_currency="GBP",
    )
    first = Lease.acquire(connection.pk)
    assert first is not None
    second = take_over(connection)

    with pytest.raises(LeaseLost):
        getattr(first, act)()
    first.release()

    getattr(second, act)()  # the first one's end has not ended it


def test_a_long_look_at_arrivals_keeps_its_lease(db: None) -> None:
    """Whoever has the lease for longer than it lasts renews it on the way."""
    stage = Stage()
    stage.put(stage.pays("100"))
    lease = Lease.acquire(stage.connection.pk)
    assert lease is not None
    soon = now() + timedelta(seconds=1)
    Connection.objects.filter(pk=stage.connection.pk).update(lease_until=soon)

    apply_arrivals(stage.connection, stage.connector, lease=lease)

    stage.connection.refresh_from_db()
    assert stage.connection.lease_until is not None
    assert stage.connection.lease_until > soon
