"""Reads their chart of accounts and lists into remote codes."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from apps import mappings
from apps.connections.courier import ReadCourier
from apps.connections.lifecycle import open_connector
from apps.connections.models import Connection
from apps.connectors.port import Code, CodePart
from apps.core.rows import update_rows
from apps.mappings.fingerprint import refresh
from apps.mappings.models import RemoteCode

KEPT = (
    "name", "number", "currency", "roles", "detail", "parts", "active", "named_before", "renamed_at",
)  # fmt: skip


def read_codes(connection: Connection) -> int:
    """Read all their codes afresh; how many there are.

    A code that is no longer in their answer becomes inactive and keeps its mappings, so that a
    person sees what it was. Raises what the courier and the connector raise; then nothing changed.
    """
    with ReadCourier(connection) as courier:
        theirs = open_connector(connection).codes(courier)
    keep_codes(connection, theirs)
    connection.refresh_from_db(fields=["codes_read_at"])
    return len(theirs)


def keep_codes(connection: Connection, theirs: tuple[Code, ...]) -> None:
    """Keep their codes as just read."""
    with transaction.atomic():
        if _stored(connection, theirs):
            transaction.on_commit(lambda: mappings.tell(connection.pk))
        now = timezone.now()
        RemoteCode.objects.filter(connection=connection).update(read_at=now)
        Connection.objects.filter(pk=connection.pk).update(codes_read_at=now)
        refresh(connection)


def _stored(connection: Connection, theirs: tuple[Code, ...]) -> bool:
    """Write what differs; whether anything did."""
    held = {
        (row.kind, row.remote_id): row for row in RemoteCode.objects.filter(connection=connection)
    }
    now = timezone.now()
    new, changed = [], []
    for code in theirs:
        row = held.pop((code.kind.value, code.remote_id), None)
        fields = _fields(code)
        if row is None:
            new.append(
                RemoteCode(
                    connection=connection,
                    kind=code.kind.value,
                    remote_id=code.remote_id,
                    read_at=now,
                    **fields,
                )
            )
        elif any(getattr(row, name) != value for name, value in fields.items()):
            called = str(row)
            for name, value in fields.items():
                setattr(row, name, value)
            if str(row) != called:
                row.named_before, row.renamed_at = called, now
            changed.append(row)
    for row in held.values():
        if row.active:
            row.active = False
            changed.append(row)
    RemoteCode.objects.bulk_create(new, batch_size=500)
    update_rows(RemoteCode, changed, KEPT)
    return bool(new or changed)


def _fields(code: Code) -> dict[str, Any]:
    return {
        "name": code.name,
        "number": code.number,
        "currency": code.currency,
        "roles": sorted(role.value for role in code.roles),
        "detail": dict(code.detail),
        "parts": [
            {
                "remote_id": part.remote_id,
                "name": part.name,
                "percent": format(part.percent.normalize(), "f"),
                "agency": part.agency,
                **_dated(part),
            }
            for part in code.parts
        ],
        "active": code.active,
    }


def _dated(part: CodePart) -> dict[str, Any]:
    """Its percentages of other days, where it has any."""
    if not part.dated:
        return {}
    return {
        "dated": [
            {
                "percent": format(each.percent.normalize(), "f"),
                "since": each.since.isoformat() if each.since else "",
                "until": each.until.isoformat() if each.until else "",
            }
            for each in part.dated
        ]
    }
