"""What bears our mark is ours, also where the database does not know that it was ever sent."""

from datetime import date

import pytest

from apps.billing.models import Payment
from apps.sync.models import Candidate, State, SyncRecord
from tests.factories import make_payment
from tests.sync.stage import Stage

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("known", ["due", "no row"])
def test_what_bears_our_mark_is_tied_to_ours_and_neither_made_again_nor_asked_about(
    known: str,
) -> None:
    """As after a restore: it left, and the copy of the database is of before."""
    stage = Stage()
    ours = make_payment(
        customer=stage.customer, amount=100, date=date(2026, 3, 16), method=stage.cards
    )
    if known == "due":
        SyncRecord.objects.create(
            connection=stage.connection, kind="payment", payment=ours, wanted=ours.revision
        )
    row = stage.put(stage.pays("100", marker=ours.public_id.hex))

    stage.apply()

    row.refresh_from_db()
    record = stage.record(ours)
    assert row.sync_record == record
    assert (record.state, record.sent) == (State.IN_THE_BOOKS, ours.revision)
    assert Payment.objects.count() == 1
    assert not Candidate.objects.exists()
