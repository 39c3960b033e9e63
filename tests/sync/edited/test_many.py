"""One note for many changes: what it costs."""

from datetime import date
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.sync.decide.edit_notes import write_note
from apps.sync.models import Edit, SyncRecord
from tests.factories import make_invoice
from tests.sync.stage import Stage

pytestmark = pytest.mark.django_db


def asking(stage: Stage, number: int) -> list[Edit]:
    """So many changes of one invoice here, none with a reason."""
    invoice = make_invoice(customer=stage.customer)
    stage.tie(invoice)
    record = SyncRecord.objects.get(invoice=invoice)
    made = [
        Edit(
            connection=stage.connection,
            sync_record=record,
            side=Edit.Side.HERE,
            what="date",
            dated=date(2026, 3, 2),
            revision=revision,
        )
        for revision in range(1, number + 1)
    ]
    return list(Edit.objects.bulk_create(made))


def queries_of(edits: list[Edit], by: int) -> int:
    with CaptureQueriesContext(database) as told:
        assert write_note(edits, "Bell’s year ends in June", by=by) == len(edits)
    return len(told)


def test_a_note_for_hundreds_costs_no_query_for_each(django_user_model: Any) -> None:
    fay = django_user_model.objects.create(email="fay@example.com", name="Fay")
    few = queries_of(asking(Stage(), 3), fay.pk)
    edits = asking(Stage(), 400)
    # Some dozens go by one statement.
    assert queries_of(edits, fay.pk) <= few + 400 / 20
    assert {(each.state, each.noted_by_id) for each in edits} == {(Edit.State.DUE, fay.pk)}
    assert Edit.objects.filter(noted_by=fay, note="Bell’s year ends in June").count() == 403
