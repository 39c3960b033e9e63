"""Calls, attempts, runs and decisions: nobody but the engine writes over what was."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.connections.models import Connection
from apps.core import deeds
from apps.core.deeds import Deed, What
from apps.sync.models import (
    Attempt,
    Call,
    Candidate,
    Conflict,
    CustomerMerge,
    MatchDecision,
    Run,
)
from apps.sync.tasks import KEEP_BAD_BODIES, KEEP_GOOD_BODIES, purge
from tests.alerts.trouble import live_connection

GUARDED = (Attempt, Call, Candidate, Conflict, CustomerMerge, MatchDecision, Run)


@pytest.fixture
def connection(db: None) -> Connection:
    return live_connection()


def a_call(connection: Connection, days: int, **fields: Any) -> Call:
    made = {
        "purpose": "push", "method": "POST", "path": "/invoice", "body": b"ask", "answer": b"got",
        "state": Call.State.ANSWERED, "status": 200,
        "started_at": timezone.now() - timedelta(days=days),
    }  # fmt: skip
    return Call.objects.create(connection=connection, **(made | fields))


@pytest.mark.parametrize("model", GUARDED)
@pytest.mark.django_db
def test_a_set_of_them_is_neither_updated_nor_deleted(model: Any) -> None:
    field = model._meta.concrete_fields[-1].attname
    for write in (
        lambda: model.objects.all().update(**{field: None}),
        lambda: model._default_manager.filter(pk=1).update(**{field: None}),
        lambda: model.objects.bulk_update([model()], [field]),
        lambda: model.objects.bulk_create([model()], update_conflicts=True),
    ):
        with pytest.raises(TypeError, match="written by the engine alone"):
            write()
    with pytest.raises(ValidationError, match="not deleted"):
        model.objects.all().delete()
    with pytest.raises(ValidationError, match="not deleted"):
        model(pk=1).delete()


def test_those_of_a_connection_are_guarded_too(connection: Connection) -> None:
    call = a_call(connection, days=1)
    related: tuple[Any, ...] = (connection.calls, connection.runs)
    for rows in related:
        with pytest.raises(TypeError):
            rows.update(connection=None)
        with pytest.raises(ValidationError):
            rows.all().delete()
    call.refresh_from_db()
    assert bytes(call.answer) == b"got"


def test_a_purge_tells_what_it_took_and_by_which_rule(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Deed] = []
    monkeypatch.setattr(deeds, "listeners", [heard.append])
    old, older = KEEP_GOOD_BODIES.days + 1, KEEP_BAD_BODIES.days + 1
    good = [a_call(connection, old).pk for _ in range(3)]
    bad = a_call(connection, older, status=500)
    kept = [a_call(connection, old, status=400), a_call(connection, 1)]

    assert ", 4 bodies" in purge()

    assert [(each.what, each.table, each.part) for each in heard] == [
        (What.PURGED, "sync.Call", "bodies")
    ] * 2
    assert [sorted(each.keys) for each in heard] == [good, [bad.pk]]
    assert heard[0].rule == "Bodies of good outcomes after 30 days"
    for call in kept:
        call.refresh_from_db()
        assert bytes(call.body) == b"ask"
    bad.refresh_from_db()
    assert (bytes(bad.body), bytes(bad.answer)) == (b"", b"")
    heard.clear()
    purge()
    assert heard == []
