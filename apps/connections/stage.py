"""Moves a connection's stage: one conditional update, and a line in its history."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When

from apps.billing.changes import maker
from apps.connections.models import Connection

Stage = Connection.Stage


def moved(connection: Connection, *, when: Q, **fields: Any) -> bool:
    """Write `fields` where `when` still holds; refreshes `connection`. False: it did not hold.

    Only these columns are written, never the whole row: the engine's lease lives in it.
    """
    with transaction.atomic():
        done = bool(_row(connection).filter(when).update(**fields))
        if done:
            remember(connection)
    return done


def pausing(reason: str) -> dict[str, Any]:
    """Fields for an UPDATE that pauses a live connection in itself; others keep their stage."""
    live = Q(stage=Stage.LIVE)
    return {
        "stage": Case(When(live, then=Value(Stage.PAUSED.value)), default=F("stage")),
        "stage_reason": Case(When(live, then=Value(reason[:300])), default=F("stage_reason")),
    }


def remember(connection: Connection) -> None:
    """Leave the row as it stands now in its history, with the person behind it."""
    connection.refresh_from_db()
    made = maker()
    Connection.history.bulk_history_create(
        [connection],
        update=True,
        default_user=get_user_model()(pk=made.user_id) if made.user_id else None,
        default_change_reason=made.reason,
    )


def _row(connection: Connection) -> QuerySet[Connection]:
    return Connection.objects.filter(pk=connection.pk)
