"""The witness outside the database: what left is noted before it leaves, and asked before more does."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import now

from apps.sync.calls import witness
from apps.sync.calls.courier import SyncCourier
from apps.sync.models import Call, Run
from apps.sync.pull.reread import doubted
from tests.books import Books
from tests.factories import make_company, make_invoice
from tests.sync.desk import Desk, PlainLedger


@pytest.mark.django_db
def test_a_database_that_lacks_a_call_that_was_made_is_doubted_until_all_is_read() -> None:
    connection = Desk(make_company()).connection
    ledger: Any = PlainLedger()
    run = Run.objects.create(connection=connection, duty="sync", started_at=now())
    call = Call.objects.create(
        connection=connection, run=run, method="POST", path="/", started_at=now()
    )
    witness.note_leaving(call)
    assert not doubted(connection, ledger)

    # It was made as well, and the copy that was restored is older than it.
    witness.note_leaving(Call(pk=call.pk + 1, connection=connection, started_at=now()))

    assert doubted(connection, ledger)
    connection.refresh_from_db()
    assert connection.found_older_at is not None
    assert connection.read_anew


def test_a_call_is_known_outside_the_database_before_it_leaves(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[tuple[int, int]] = []
    send = SyncCourier._send

    def watched(self: SyncCourier, flight: Any) -> Any:
        if flight.request.writes:
            seen = witness._seen.get(books.connection.public_id.hex)
            known.append((flight.call.pk, seen.call if seen else 0))
        return send(self, flight)

    monkeypatch.setattr(SyncCourier, "_send", watched)
    make_invoice(company=books.company)
    books.run()

    assert known
    assert all(left == noted for left, noted in known)


@pytest.mark.django_db
def test_a_run_that_sent_nothing_does_not_put_off_when_what_was_sent_is_over() -> None:
    """Else who keeps pressing a button would wait for their time-out for ever."""
    connection = Desk(make_company()).connection
    run = Run.objects.create(connection=connection, duty="sync", started_at=now())
    call = Call.objects.create(
        connection=connection,
        run=run,
        method="POST",
        path="/",
        started_at=now(),
        may_have_left_until=now() + timedelta(seconds=60),
    )
    witness.note_leaving(call)
    witness.note_over(connection)
    over = witness._seen[connection.public_id.hex].left_by
    assert over is not None
    assert over <= now()

    witness.note_over(connection)

    assert witness._seen[connection.public_id.hex].left_by == over
